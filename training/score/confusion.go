package score

import "glasswork/dataset/volume"

// Confusion counts pixels: Confusion[reference][predicted].
type Confusion [volume.NumClasses][volume.NumClasses]int64

// Known says which classes were annotated. Those that were not are merged into
// background on both sides before counting.
type Known = [volume.NumClasses]bool

// Count returns the confusion of two label arrays of equal length and any shape.
func Count(reference, predicted []uint8, known Known) Confusion {
	var merged [256]uint8
	for c := range volume.NumClasses {
		if known[c] {
			merged[c] = uint8(c)
		}
	}
	var m Confusion
	for i, r := range reference {
		m[merged[r]][merged[predicted[i]]]++
	}
	return m
}

// Plus is the sum of two confusions.
func (m Confusion) Plus(o Confusion) Confusion {
	for r := range m {
		for p := range m[r] {
			m[r][p] += o[r][p]
		}
	}
	return m
}

// outcome are one class's true positive, false positive and false negative pixels.
type outcome struct{ tp, fp, fn int64 }

func (m Confusion) outcome(class int) outcome {
	o := outcome{tp: m[class][class]}
	for other := range m {
		if other != class {
			o.fp += m[other][class]
			o.fn += m[class][other]
		}
	}
	return o
}

func (o outcome) plus(q outcome) outcome { return outcome{o.tp + q.tp, o.fp + q.fp, o.fn + q.fn} }

// iou is TP/(TP+FP+FN), nil for a class absent from both.
func (o outcome) iou() *float64 { return ratio(o.tp, o.tp+o.fp+o.fn) }

// dice is 2TP/(2TP+FP+FN), nil for a class absent from both.
func (o outcome) dice() *float64 { return ratio(2*o.tp, 2*o.tp+o.fp+o.fn) }

// accuracy is the share of pixels on the diagonal, nil without pixels.
func (m Confusion) accuracy() *float64 {
	var right, all int64
	for r := range m {
		right += m[r][r]
		for _, n := range m[r] {
			all += n
		}
	}
	return ratio(right, all)
}

func ratio(a, b int64) *float64 {
	if b == 0 {
		return nil
	}
	q := float64(a) / float64(b)
	return &q
}
