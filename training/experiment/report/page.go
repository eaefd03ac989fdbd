package report

import (
	"bytes"
	"fmt"
	"image"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"glasswork/dataset/classes"
	"glasswork/training/experiment"
)

// A page of examples shows, for every slice, two lines of panels: the reference above,
// the prediction below; first the image with all classes, then each class alone.

// Measures of a page in points; a PNG has pageDPI/72 pixels a point.
const (
	panelSide = vg.Length(118)
	panelGap  = vg.Length(5)
	pageHead  = vg.Length(40)
	pageLeft  = vg.Length(16)
	pageDPI   = 120
)

// classColor is the window's colours for overlays.
func classColor(class uint8) color.RGBA {
	c := classes.Colors()[class%classes.Count]
	return color.RGBA{c[0], c[1], c[2], 255}
}

// Page draws the examples of one run as PNG; nil if it has none.
func (s Study) Page(r experiment.Result) ([]byte, error) {
	if len(r.Examples) == 0 {
		return nil, nil
	}
	shown := s.shownClasses(r.Examples)
	columns := 2 + len(shown)
	w := pageLeft + vg.Length(columns)*(panelSide+panelGap)
	h := pageHead + vg.Length(len(r.Examples))*(2*panelSide+3*panelGap)
	c := vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(pageDPI),
		vgimg.UseBackgroundColor(color.White))
	p := page{Canvas: draw.New(c), top: h}
	p.text(pageLeft, h-18, 11, 0, fmt.Sprintf("%s, seed %d", r.Column.Name, r.Seed))
	heads := []string{"Image", "All classes"}
	for _, class := range shown {
		heads = append(heads, s.className(class))
	}
	for i, head := range heads {
		p.text(p.left(i), h-pageHead+6, 9, 0, head)
	}
	for i, e := range r.Examples {
		p.example(i, e, shown)
	}
	var b bytes.Buffer
	_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(&b)
	return b.Bytes(), err
}

// shownClasses are the foreground classes that occur in references or predictions.
func (s Study) shownClasses(examples []experiment.Sample) []classes.Class {
	var seen [256]bool
	for _, e := range examples {
		for i := range e.Reference {
			seen[e.Reference[i]], seen[e.Predicted[i]] = true, true
		}
	}
	var shown []classes.Class
	for class := classes.GroundGlass; class < classes.Count; class++ {
		if seen[class] {
			shown = append(shown, class)
		}
	}
	return shown
}

type page struct {
	draw.Canvas
	top vg.Length
}

// left is the left edge of panel column i.
func (p page) left(i int) vg.Length { return pageLeft + vg.Length(i)*(panelSide+panelGap) }

// example draws slice i: the image, then reference above prediction.
func (p page) example(i int, e experiment.Sample, shown []classes.Class) {
	top := p.top - pageHead - vg.Length(i)*(2*panelSide+3*panelGap)
	p.panel(0, top, e, picture(e, nil))
	p.text(p.left(0), top-panelSide-11, 8, 0, e.Name)
	for line, labels := range [][]byte{e.Reference, e.Predicted} {
		y := top - vg.Length(line)*(panelSide+panelGap)
		p.text(pageLeft-6, y-panelSide/2, 8, 1.5708, []string{"reference", "prediction"}[line])
		p.panel(1, y, e, picture(e, labels))
		for k, class := range shown {
			p.panel(2+k, y, e, mask(e, labels, class))
		}
	}
}

// panel puts a picture into panel column i below y, as large as fits.
func (p page) panel(i int, y vg.Length, e experiment.Sample, img image.Image) {
	scale := panelSide / vg.Length(max(e.W, e.H))
	w, h := scale*vg.Length(e.W), scale*vg.Length(e.H)
	x := p.left(i) + (panelSide-w)/2
	y -= (panelSide - h) / 2
	p.DrawImage(vg.Rectangle{Min: vg.Point{X: x, Y: y - h}, Max: vg.Point{X: x + w, Y: y}}, img)
}

// text writes at (x, y), turned by rotation; turned text is centred.
func (p page) text(x, y, size vg.Length, rotation float64, s string) {
	style := draw.TextStyle{
		Color: color.Black, Font: font.From(plot.DefaultFont, size), Rotation: rotation,
		XAlign: draw.XLeft, YAlign: draw.YBottom, Handler: text.Plain{Fonts: font.DefaultCache},
	}
	style.Font.Variant = "Sans"
	if rotation != 0 {
		style.XAlign, style.YAlign = draw.XCenter, draw.YCenter
	}
	p.FillText(style, vg.Point{X: x, Y: y}, s)
}

// picture is the slice with labels over it: lesions filled, the rest of the lung by
// its border only. labels may be nil.
func picture(e experiment.Sample, labels []byte) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, e.W, e.H))
	for i, v := range e.Grey {
		c := color.RGBA{v, v, v, 255}
		if labels != nil && labels[i] != 0 {
			switch tint := classColor(labels[i]); {
			case labels[i] != classes.LungsOther:
				c = mix(c, tint, 0.55)
			case border(labels, i, e.W):
				c = mix(c, tint, 0.9)
			}
		}
		img.SetRGBA(i%e.W, i/e.W, c)
	}
	return img
}

// border says whether pixel i has a neighbour of the background.
func border(labels []byte, i, w int) bool {
	for _, k := range [4]int{i - 1, i + 1, i - w, i + w} {
		if k < 0 || k >= len(labels) || labels[k] == 0 {
			return true
		}
	}
	return false
}

func mix(a, b color.RGBA, share float64) color.RGBA {
	m := func(x, y uint8) uint8 { return uint8(float64(x)*(1-share) + float64(y)*share + 0.5) }
	return color.RGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), 255}
}

// mask is one class alone, in its colour on black.
func mask(e experiment.Sample, labels []byte, class classes.Class) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, e.W, e.H))
	for i, l := range labels {
		c := color.RGBA{A: 255}
		if l == class {
			c = classColor(l)
		}
		img.SetRGBA(i%e.W, i/e.W, c)
	}
	return img
}
