package pane

import (
	"image"
	"image/color"
	"math"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"glasswork/viewer"
)

// drawn is a strip's pixel columns as text, top to bottom: . ground, g, c and u findings,
// - the line of the uncertainty or of what is loaded, R reviewed.
func drawn(s Survey, w, h int) (columns []string) {
	look := testLook()
	s.Colors = viewer.DefaultStyle().Palette.Colors
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	s.draw(dst, look)
	rgba := func(c color.Color) color.RGBA { return color.RGBAModel.Convert(c).(color.RGBA) }
	names := map[color.RGBA]byte{
		rgba(look.Ground): '.', s.Colors[1]: 'g', s.Colors[2]: 'c', s.Colors[4]: 'u',
		rgba(look.Quiet): '-', rgba(look.Text): 'R',
	}
	for x := range w {
		var column []byte
		for y := range h {
			column = append(column, names[dst.RGBAAt(x, y)])
		}
		columns = append(columns, string(column))
	}
	return columns
}

func TestSurvey(t *testing.T) {
	loaded := []bool{true, true, true}
	nan := math.NaN()
	tests := []struct {
		name string
		s    Survey
		w    int
		want []string
	}{
		{"nothing open", Survey{}, 1, []string{"................"}},
		{
			"loading",
			Survey{Slices: 3, Loaded: loaded[:1]},
			3,
			[]string{"..........-.....", "................", "................"},
		},
		{
			"stacked on consolidation",
			Survey{
				Slices: 3, Loaded: loaded, GroundGlass: []float64{500, 0, 300},
				Consolidation: []float64{500, 200},
			},
			3,
			[]string{"gggggccccc-.....", "........cc-.....", ".......ggg-....."},
		},
		{
			"lesions of untold kind above both kinds",
			Survey{
				Slices: 1, Loaded: loaded, GroundGlass: []float64{200},
				Consolidation: []float64{500}, Lesion: []float64{300},
			},
			1,
			[]string{"uuuggccccc-....."},
		},
		{
			"little stays little",
			Survey{Slices: 1, Loaded: loaded, GroundGlass: []float64{10}},
			1,
			[]string{".........g-....."},
		},
		{
			"reviewed",
			Survey{Slices: 2, Loaded: loaded, Reviewed: []bool{false, true}},
			2,
			[]string{"..........-.....", "..........-.RRRR"},
		},
		{
			"uncertainty",
			Survey{Slices: 3, Loaded: loaded, Uncertainty: []float64{1, nan, 1.0 / 9}},
			3,
			[]string{"-.........-.....", "..........-.....", "........-.-....."},
		},
		{
			"two columns a slice",
			Survey{Slices: 2, Loaded: loaded, GroundGlass: []float64{100, 0}},
			4,
			[]string{
				"gggggggggg-.....", "gggggggggg-.....", "..........-.....", "..........-.....",
			},
		},
		{"two slices a column: the larger, reviewed only if both are", Survey{
			Slices: 4, Loaded: []bool{true, true, true, false},
			GroundGlass: []float64{0, 100, 50, 0},
			Reviewed:    []bool{false, true, true, true},
		}, 2, []string{"gggggggggg-.....", ".....ggggg..RRRR"}},
		{
			"broken values",
			Survey{Slices: 2, Loaded: loaded, GroundGlass: []float64{nan, -5}},
			2,
			[]string{"..........-.....", "..........-....."},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := drawn(tt.s, tt.w, 16); !slices.Equal(got, tt.want) {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
	if got := drawn(Survey{Slices: 5, GroundGlass: []float64{1}}, 2, 3); len(got) != 2 {
		t.Error("a strip that is too low")
	}
}

func stripOf(t *testing.T, n int) (*Strip, *[]int) {
	t.Helper()
	test.NewTempApp(t)
	var asked []int
	var s *Strip
	s = NewStrip(testLook(), func(z int) { asked = append(asked, z); s.Mark(z) })
	w := test.NewTempWindow(t, s)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(200, 50))
	s.Set(Survey{Slices: n})
	return s, &asked
}

func pointAt(x float32) *desktop.MouseEvent {
	ev := &desktop.MouseEvent{Button: desktop.MouseButtonPrimary}
	ev.Position = fyne.NewPos(x, 10)
	return ev
}

func dragTo(x float32) *fyne.DragEvent {
	ev := &fyne.DragEvent{}
	ev.Position = fyne.NewPos(x, 10)
	return ev
}

func TestStripIsASlider(t *testing.T) {
	s, asked := stripOf(t, 10)
	s.MouseDown(pointAt(45))
	s.Dragged(dragTo(47)) // the same slice: nothing new
	s.Dragged(dragTo(199))
	s.Dragged(dragTo(900))
	s.Dragged(dragTo(-50))
	s.MouseUp(pointAt(-50))
	s.DragEnd()
	s.Dragged(dragTo(100))
	if want := []int{2, 9, 0}; !slices.Equal(*asked, want) {
		t.Errorf("went to %v, want %v", *asked, want)
	}
	right := pointAt(100)
	right.Button = desktop.MouseButtonSecondary
	s.MouseDown(right)
	if len(*asked) != 3 {
		t.Error("the right button moves, too")
	}
}

func TestStripMarksTheSlice(t *testing.T) {
	s, _ := stripOf(t, 10)
	s.Mark(3)
	if x, w := s.here.Position().X, s.here.Size().Width; x != 60 || w != 20 || !s.here.Visible() {
		t.Errorf("slice 4 of 10 is marked at %v, %v wide", x, w)
	}
	s.Set(Survey{Slices: 1000})
	s.Mark(999)
	if x, w := s.here.Position().X, s.here.Size().Width; x != 197 || w != 3 {
		t.Errorf("slice 1000 of 1000 is marked at %v, %v wide", x, w)
	}
	s.Set(Survey{})
	if s.here.Visible() {
		t.Error("a marker without a study")
	}
	s.MouseDown(pointAt(45))
}
