package ui

import (
	"image"
	"image/color"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"glasswork/dataset/project"
	"glasswork/training/protocol"
	"glasswork/training/score"
	"glasswork/ui/session"
	"glasswork/viewer"
)

func TestAbout(t *testing.T) {
	for d, want := range map[time.Duration]string{
		100 * time.Millisecond: "about 1 s", 42 * time.Second: "about 42 s",
		3*time.Minute + 40*time.Second: "about 4 min",
		100 * time.Minute:              "about 1 h 40 min",
	} {
		if got := about(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestDifference(t *testing.T) {
	up, down, none := 0.0312, -0.002, 0.0
	in := &score.Interval{Low: -0.01, High: 0.0721}
	for _, c := range []struct {
		v    *float64
		in   *score.Interval
		want string
	}{
		{nil, nil, "–"},
		{&up, nil, "+0.031"},
		{&down, nil, "−0.002"},
		{&none, nil, "0.000"},
		{&up, in, "+0.031 (−0.010 … +0.072)"},
	} {
		if got := difference(c.v, c.in); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestLabelCutsWhatDoesNotFit(t *testing.T) {
	test.NewTempApp(t)
	l := newLabel("a rather long series description", color.White)
	l.Resize(fyne.NewSize(80, 20))
	if !strings.HasSuffix(l.text.Text, "…") || l.text.MinSize().Width > 80 {
		t.Errorf("it shows %q, %v wide", l.text.Text, l.text.MinSize().Width)
	}
	l.Resize(fyne.NewSize(800, 20))
	if l.text.Text != l.full {
		t.Errorf("with room it shows %q", l.text.Text)
	}
}

func TestFlowUsesTheRoom(t *testing.T) {
	var all []fyne.CanvasObject
	for range 4 {
		r := canvas.NewRectangle(color.White)
		r.SetMinSize(fyne.NewSize(100, 50))
		all = append(all, r)
	}
	f := &flow{gap: 10}
	for _, c := range []struct {
		width   float32
		columns int
	}{{100, 1}, {215, 2}, {430, 4}} {
		at, _ := f.arrange(all, c.width)
		xs := map[float32]bool{}
		for _, p := range at {
			xs[p.X] = true
			if p.X+100 > c.width {
				t.Errorf("in a width of %v a group lies at %v", c.width, p.X)
			}
		}
		if len(xs) != c.columns {
			t.Errorf("a width of %v gives %d columns, want %d", c.width, len(xs), c.columns)
		}
	}
}

func TestKeyNames(t *testing.T) {
	for want, k := range map[string]key{
		"Ctrl+Z": ctrl(fyne.KeyZ), "Shift+P": shift(fyne.KeyP), "?": char('?'),
		"↑": plain(fyne.KeyUp), "Page Up": plain(fyne.KeyPageUp),
	} {
		if got := k.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestPlanText(t *testing.T) {
	ready := session.Plan{Base: "baseline-1", Estimate: &protocol.EstimateSummary{
		Studies: []protocol.StudyUse{
			{Alias: "A0001", Slices: 12},
			{Alias: "A0002", Slices: 1, Holdout: true},
		},
		TrainSlices: 12, ReplaySlices: 36, ChosenHoldout: "A0002", Ready: true, Steps: 240,
		SecondsPerStep: 0.83, Seconds: 210,
		Missing: []string{
			"One held-out patient is too few to prove anything.",
			"No patient is held out yet: A0002 will be chosen.",
		},
	}}
	for _, want := range []string{
		"baseline-1 will be trained further on 12 reviewed slices",
		"Trained on: A0001 (12 slices).", "To be held out, only for scoring: A0002 (1 slice).",
		"No patient is held out yet: A0002 will be chosen", "One held-out patient is too few",
		"It takes about 4 min on this machine: 240 training steps of 0.83 s each",
	} {
		if got := planText(ready); !strings.Contains(got, want) {
			t.Errorf("the plan does not say %q:\n%s", want, got)
		}
	}
	measuring := session.Plan{Base: "baseline-1", Measuring: true, Reviewed: ready.Estimate.Studies}
	if got := planText(measuring); !strings.Contains(got, "Trained on: A0001 (12 slices)") ||
		!strings.Contains(got, "Held out, only for scoring: A0002") {
		t.Errorf("while it is measured the plan says %q", got)
	}
	nothing := protocol.EstimateSummary{Missing: []string{"Nothing is reviewed yet."}}
	missing := session.Plan{Estimate: &nothing}
	if got := planText(missing); got != "Nothing is reviewed yet." {
		t.Errorf("a plan that cannot run says %q", got)
	}
}

func TestChartDrawsCurves(t *testing.T) {
	c := curves{width: 200, height: 150, scale: 1, colors: viewer.Palettes()[0].Colors}
	before, err := c.image()
	if err != nil {
		t.Fatal(err)
	}
	for step := range 1000 {
		c.loss = append(c.loss, session.CurvePoint{Step: step, Value: 1 / float64(step+1)})
	}
	c.iou[1] = []session.CurvePoint{{Step: 500, Value: 0.4}, {Step: 999, Value: 0.6}}
	c.iou[2] = []session.CurvePoint{{Step: 500, Value: 0.5}}
	after, err := c.image()
	if err != nil {
		t.Fatal(err)
	}
	if before.Bounds() != after.Bounds() || after.Bounds().Dx() != 200 {
		t.Fatalf("bounds %v and %v", before.Bounds(), after.Bounds())
	}
	red := 0
	for y := range 150 {
		for x := range 200 {
			r, g, b, _ := after.At(x, y).RGBA()
			if r > 0x9000 && g < 0x7000 && b < 0x7000 {
				red++
				if y < 75 {
					t.Fatalf("ground glass is drawn among the loss, at %d,%d", x, y)
				}
			}
		}
	}
	if red < 20 {
		t.Errorf("the IoU of ground glass covers %d pixels", red)
	}
	if got := len(sparse(c.loss)); got > mostPoints+1 {
		t.Errorf("%d points are drawn", got)
	}
	if got := sparse(c.loss); got[len(got)-1].X != 999 {
		t.Error("the last point is left out")
	}
}

func TestChartEndsWhileItIsFed(t *testing.T) {
	test.NewTempApp(t)
	var mu sync.Mutex
	drawn := 0
	c := newChart(func(func()) { mu.Lock(); drawn++; mu.Unlock() })
	for step := range 50 {
		c.draw(session.Job{Loss: []session.CurvePoint{{Step: step, Value: 1}}},
			viewer.Palettes()[0])
	}
	c.close()
	c.draw(session.Job{}, viewer.Palettes()[0]) // after the end it does nothing
	mu.Lock()
	defer mu.Unlock()
	if drawn == 0 || drawn > 2 {
		t.Errorf("%d pictures were drawn of 50 that came at once", drawn)
	}
}

func TestAbsolute(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	for typed, want := range map[string]string{
		"": "", "  /a/b ": "/a/b", "~": home, "~/x": home + "/x", `"/a b"`: "/a b",
		"file:///c": "/c",
	} {
		if got := absolute(typed); got != want {
			t.Errorf("%q is %q, want %q", typed, got, want)
		}
	}
}

func TestLabelledPartOfASample(t *testing.T) {
	blank := make([]byte, 100*80)
	s := protocol.Sample{Width: 100, Height: 80, Reference: blank, Current: blank, New: blank}
	if got := labelled(s); got != image.Rect(0, 0, 100, 80) {
		t.Errorf("with nothing marked: %v", got)
	}
	one, other := slices.Clone(blank), slices.Clone(blank)
	one[30*100+40] = 1
	other[50*100+96] = 2
	s.Reference, s.New = one, other
	if got := labelled(s); got != image.Rect(32, 22, 100, 59) {
		t.Errorf("marked at (40,30) and (96,50): %v", got)
	}
}

func TestSeriesOfAPatientAreTogether(t *testing.T) {
	all := []project.Study{
		{Alias: "study-0001", PatientKey: "a"},
		{Alias: "study-0002", PatientKey: "b"},
		{Alias: "study-0003", PatientKey: "a"},
	}
	var order []string
	for _, st := range together(all) {
		order = append(order, st.Alias)
	}
	if got := strings.Join(order, " "); got != "study-0001 study-0003 study-0002" {
		t.Errorf("the order is %s", got)
	}
	row := newStudyRow()
	row.show(all[2], false, true)
	if !strings.Contains(row.state.full, "same patient") {
		t.Errorf("the row says %q", row.state.full)
	}
}
