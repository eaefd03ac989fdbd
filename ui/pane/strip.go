package pane

import (
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"glasswork/dataset/classes"
)

// Survey is the study at a glance, one entry a slice. Slices that are too long or too
// short are treated as if the missing values were zero.
type Survey struct {
	Slices int
	// GroundGlass, Consolidation and Lesion, whose kind nobody has told, are areas in mm².
	GroundGlass, Consolidation, Lesion []float64
	Reviewed, Loaded                   []bool
	// Ends are what lies beyond the first and the last slice, such as "feet" and "head".
	Ends [2]string
	// Uncertainty of the model, 0 to 1; NaN where it is not known.
	Uncertainty []float64
	// Colors are the overlay palette's.
	Colors [classes.Labels]color.RGBA
}

// Strip is the map of the study and its slice slider: per slice a bar of lesions by their
// kind, a mark below where reviewed, a faint line for the model's
// uncertainty. A click or a drag goes to the slice under the pointer.
type Strip struct {
	widget.BaseWidget
	look    Look
	goTo    func(z int)
	survey  Survey
	current int
	pressed bool
	raster  *canvas.Raster
	ends    [2]*caption
	here    *canvas.Rectangle
	pixels  *image.RGBA
	dirty   bool
}

var (
	_ desktop.Mouseable = (*Strip)(nil)
	_ fyne.Draggable    = (*Strip)(nil)
)

// NewStrip returns a strip that asks goTo for the slice that was pointed at.
func NewStrip(look Look, goTo func(z int)) *Strip {
	s := &Strip{
		look: look, goTo: goTo, here: canvas.NewRectangle(color.Transparent),
		pixels: image.NewRGBA(image.Rect(0, 0, 1, 1)),
	}
	for i := range s.ends {
		s.ends[i] = newCaption(look, fyne.TextAlignLeading, false)
		s.ends[i].text.TextSize *= endsSize
	}
	s.here.StrokeColor, s.here.StrokeWidth = look.Current, 1
	s.raster = canvas.NewRaster(s.frame)
	s.raster.ScaleMode = canvas.ImageScalePixels
	s.here.Hide()
	s.ExtendBaseWidget(s)
	return s
}

// Set draws a survey. Its slices are read until the next call.
func (s *Strip) Set(survey Survey) {
	s.survey, s.dirty = survey, true
	s.raster.Refresh()
	s.placeHere()
	s.placeEnds()
}

// endsSize is the size of the words at the ends, in parts of the captions'.
const endsSize = 0.85

// placeEnds writes what lies beyond the ends of the strip.
func (s *Strip) placeEnds() {
	const margin = 5
	s.ends[0].write(s.survey.Ends[0], margin, 0, 0, 0)
	s.ends[1].write(s.survey.Ends[1], s.Size().Width-margin, 0, -1, 0)
}

// Mark moves the marker to slice z.
func (s *Strip) Mark(z int) {
	s.current = z
	s.placeHere()
}

// placeHere frames the current slice, at least three units wide so that it is seen.
func (s *Strip) placeHere() {
	n := s.survey.Slices
	if n == 0 {
		s.here.Hide()
		return
	}
	width := s.Size().Width / float32(n)
	x := (float32(s.current) + 0.5) * width
	width = max(width, 3)
	x = min(max(x-width/2, 0), s.Size().Width-width)
	s.here.Resize(fyne.NewSize(width, s.Size().Height))
	s.here.Move(fyne.NewPos(x, 0))
	s.here.Show()
}

// MouseDown goes to the slice under the pointer.
func (s *Strip) MouseDown(ev *desktop.MouseEvent) {
	if s.pressed = ev.Button == desktop.MouseButtonPrimary; s.pressed {
		s.point(ev.Position)
	}
}

// MouseUp ends a drag.
func (s *Strip) MouseUp(*desktop.MouseEvent) { s.pressed = false }

// Dragged goes along with the pointer.
func (s *Strip) Dragged(ev *fyne.DragEvent) {
	if s.pressed {
		s.point(ev.Position)
	}
}

// DragEnd ends a drag.
func (s *Strip) DragEnd() { s.pressed = false }

func (s *Strip) point(at fyne.Position) {
	n := s.survey.Slices
	if n == 0 || s.Size().Width <= 0 {
		return
	}
	z := int(math.Floor(float64(at.X / s.Size().Width * float32(n))))
	if z = min(max(z, 0), n-1); z != s.current {
		s.goTo(z)
	}
}

// MinSize is as low as bars can be read.
func (s *Strip) MinSize() fyne.Size { return fyne.NewSize(120, 44) }

// Resize draws the bars for the new width.
func (s *Strip) Resize(size fyne.Size) {
	if size == s.Size() {
		return
	}
	s.BaseWidget.Resize(size)
	s.dirty = true
	s.placeHere()
	s.placeEnds()
}

// CreateRenderer is called by Fyne.
func (s *Strip) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewStack(s.raster,
		container.NewWithoutLayout(s.ends[0].plate, s.ends[0].text, s.ends[1].plate,
			s.ends[1].text, s.here)))
}

// frame is called by the painter with the size in device pixels.
func (s *Strip) frame(w, h int) image.Image {
	if size := image.Pt(w, h); s.pixels.Rect.Size() != size {
		s.pixels, s.dirty = image.NewRGBA(image.Rectangle{Max: size}), true
	}
	if s.dirty {
		s.survey.draw(s.pixels, s.look)
		s.dirty = false
	}
	return s.pixels
}
