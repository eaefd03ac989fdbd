package study

import "math"

// Resize resamples src ([y,x] of w columns and h rows) to size × size as Pillow resizes
// pictures of mode F by default: bicubic with a = −0.5, stretched by the factor of
// reduction so that nothing aliases, rows first, single precision between the passes.
func Resize(src []float32, w, h, size int) []float32 {
	rows := src
	if w != size {
		rows = resampleRows(src, w, h, weigh(w, size))
	}
	if h == size {
		return append([]float32(nil), rows...)
	}
	return resampleColumns(rows, size, weigh(h, size))
}

// weights are which inputs make one output, and how much.
type weights struct {
	first  int
	values []float64
}

// weigh gives the weights of each of out pixels that are made from in pixels.
func weigh(in, out int) []weights {
	scale := float64(in) / float64(out)
	stretch := max(scale, 1)
	reach := 2 * stretch
	all := make([]weights, out)
	for i := range all {
		centre := (float64(i) + 0.5) * scale
		first := max(int(centre-reach+0.5), 0)
		last := min(int(centre+reach+0.5), in)
		k := make([]float64, last-first)
		sum := 0.0
		for j := range k {
			k[j] = cubic((float64(first+j) - centre + 0.5) / stretch)
			sum += k[j]
		}
		for j := range k {
			k[j] /= sum
		}
		all[i] = weights{first, k}
	}
	return all
}

// cubic is Keys' convolution kernel with a = −0.5.
func cubic(x float64) float64 {
	const a = -0.5
	switch x = math.Abs(x); {
	case x < 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return (((x-5)*x+8)*x - 4) * a
	}
	return 0
}

// resampleRows makes len(k) columns of w.
func resampleRows(src []float32, w, h int, k []weights) []float32 {
	out := make([]float32, len(k)*h)
	for y := range h {
		row := src[y*w : (y+1)*w]
		for x, o := range k {
			sum := 0.0
			for j, v := range row[o.first : o.first+len(o.values)] {
				sum += float64(v) * o.values[j]
			}
			out[y*len(k)+x] = float32(sum)
		}
	}
	return out
}

// resampleColumns makes len(k) rows; src has w columns.
func resampleColumns(src []float32, w int, k []weights) []float32 {
	out := make([]float32, w*len(k))
	sums := make([]float64, w)
	for y, o := range k {
		clear(sums)
		for j, weight := range o.values {
			for x, v := range src[(o.first+j)*w : (o.first+j+1)*w] {
				sums[x] += float64(v) * weight
			}
		}
		for x, s := range sums {
			out[y*w+x] = float32(s)
		}
	}
	return out
}
