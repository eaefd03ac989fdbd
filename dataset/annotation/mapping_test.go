package annotation

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

func named(label string) Segment { return Segment{Number: 7, Label: label} }

func coded(scheme, value, label string) Segment {
	return Segment{Number: 7, Label: label, Type: classes.Code{Scheme: scheme, Value: value}}
}

func TestGuesses(t *testing.T) {
	for _, c := range []struct {
		s    Segment
		want Choice
	}{
		{named("Ground-glass opacity"), As(classes.GroundGlass)},
		{named("GGO"), As(classes.GroundGlass)},
		{named("Milchglastrübung"), As(classes.GroundGlass)},
		{named("Consolidation (right)"), As(classes.Consolidation)},
		{named("Konsolidierung"), As(classes.Consolidation)},
		{named("lung_upper_lobe_left"), As(classes.LungsOther)},
		{named("infection"), As(classes.Lesion)},
		{named("COVID-19 lesion"), As(classes.Lesion)},
		{named("Lesions left"), As(classes.Lesion)},
		{coded("SCT", "52988006", "Segment_1"), As(classes.Lesion)},
		{coded("SRT", "M-01100", "Segment_1"), As(classes.Lesion)},
		{named("Linker Oberlappen"), As(classes.LungsOther)},
		{named("Right lung"), As(classes.LungsOther)},
		{named("lung_vessels"), LeaveOut},
		{named("lung nodule"), LeaveOut},
		{named("liver"), LeaveOut},
		{named(""), LeaveOut},
		{coded("DCM", "112120", "Segment_1"), As(classes.GroundGlass)},
		{coded("SCT", "9656002", "Segment_1"), As(classes.Consolidation)},
		{coded("SCT", "266005", "RLL"), As(classes.LungsOther)},
		// Tissue: what Slicer says where nobody has said anything
		{coded("SCT", "85756007", "GGO"), As(classes.GroundGlass)},
	} {
		if got := Guess(c.s, []Segment{c.s}); got != c.want {
			t.Errorf("%+v is guessed as %q, want %q", c.s, got, c.want)
		}
	}
	nameless := []Segment{{Number: 1}, {Number: 2}}
	if got := Guess(nameless[1], nameless); got != As(classes.Consolidation) {
		t.Errorf("value 2 of 1 and 2 is guessed as %q", got)
	}
}

// What was chosen once is known again under another case, another name of the same code,
// and not for another code or a code that says nothing.
func TestChoicesAreRemembered(t *testing.T) {
	m := Mapping{
		SegmentKey(named("Left Lung")):                     As(classes.LungsOther),
		SegmentKey(coded("SCT", "10200004", "Liver")):      LeaveOut,
		SegmentKey(coded("SCT", "85756007", "GGO")):        As(classes.GroundGlass),
		SegmentKey(coded("SCT", "4147007", "Mass, left")):  As(classes.Consolidation),
		SegmentKey(coded("SCT", "4147007", "Mass, right")): LeaveOut,
		SegmentKey(Segment{Number: 3}):                     As(classes.LungsOther),
	}
	for _, c := range []struct {
		s    Segment
		want Choice
	}{
		{named("left_lung"), As(classes.LungsOther)},
		{named("right_lung"), ""},
		{coded("SCT", "10200004", "Segment_4"), LeaveOut},
		{coded("99X", "10200004", "Liver"), ""},
		{coded("SCT", "85756007", "Vessel"), ""},
		{coded("SCT", "4147007", "Mass, right"), LeaveOut},
		{coded("SCT", "4147007", "Mass, both"), ""},
		{Segment{Number: 3}, As(classes.LungsOther)},
		{Segment{Number: 4}, ""},
		// Our own need no question.
		{named("Ground glass"), As(classes.GroundGlass)},
		{coded("SCT", "39607008", "Lung"), As(classes.LungsOther)},
		{coded("DCM", "112120", "x"), As(classes.GroundGlass)},
	} {
		if got, ok := m.Of(c.s); got != c.want || ok != (c.want != "") {
			t.Errorf("%+v is %q, %v; want %q", c.s, got, ok, c.want)
		}
	}
	if n := len(m.Missing([]Segment{
		named("a"), named("A"), named("b"),
		named("left lung"),
	})); n != 2 {
		t.Errorf("%d segments to ask about, want 2", n)
	}
}

func TestParseChoice(t *testing.T) {
	for text, want := range map[string]Choice{
		"ground glass": As(classes.GroundGlass), "Ground-Glass": As(classes.GroundGlass),
		"GGO": As(classes.GroundGlass), "consolidation": As(classes.Consolidation),
		"cons":        As(classes.Consolidation),
		"lungs other": As(classes.LungsOther), "lung": As(classes.LungsOther),
		"lesion": As(classes.Lesion), "infection": As(classes.Lesion),
		"leave out": LeaveOut, "Leave-out": LeaveOut, "background": LeaveOut,
	} {
		if got, err := ParseChoice(text); got != want || err != nil {
			t.Errorf("%q is %q, %v; want %q", text, got, err, want)
		}
	}
	if _, err := ParseChoice("heart"); err == nil || !strings.Contains(err.Error(), "heart") {
		t.Errorf("heart: %v", err)
	}
}

// overlapping is a segmentation of one row whose segments are given by strings.
type overlapping []string

func (o overlapping) Rasterise(
	_ context.Context, i int, _ volume.Geometry, mask []uint8,
) ([]string, error) {
	for x, c := range o[i] {
		if c != '.' {
			mask[x] = 1
		}
	}
	return []string{"A warning."}, nil
}

func TestConsolidationWinsOverGroundGlassOverLungs(t *testing.T) {
	grid := volume.NewGeometry([3]int{1, 1, 6}, [3]float64{1, 1, 1}, volume.Point{})
	s := &Segmentation{
		Path: "x.seg.nrrd", Segments: []Segment{
			named("lung"), named("ground glass"),
			named("consolidation"), named("heart"), named("GGO 2"),
		},
		Rasteriser: overlapping{"xxxxx.", ".xxx..", "...xx.", "xxxxxx", ".....x"},
	}
	m := Mapping{
		"name lung": As(classes.LungsOther), "name heart": LeaveOut,
		"name ggo2": As(classes.GroundGlass),
	}
	got, err := Mark(t.Context(), s, m, grid)
	if err != nil {
		t.Fatal(err)
	}
	if want := []uint8{3, 1, 1, 2, 2, 1}; !bytes.Equal(got.Labels.Labels, want) {
		t.Errorf("labels %v, want %v", got.Labels.Labels, want)
	}
	if len(got.Segments) != 4 || len(got.Warnings) != 2 || !strings.Contains(got.Warnings[1],
		"marks 1 voxels as ground glass and as consolidation") {
		t.Errorf("%d segments, warnings %q", len(got.Segments), got.Warnings)
	}
	if _, err := Mark(t.Context(), s, Mapping{}, grid); err == nil ||
		!strings.Contains(err.Error(), `what "lung" is`) {
		t.Errorf("without a mapping: %v", err)
	}
	leave := Mapping{}
	for _, o := range s.Segments {
		leave[SegmentKey(o)] = LeaveOut
	}
	if _, err := Mark(t.Context(), s, leave, grid); err == nil ||
		!strings.Contains(err.Error(), "left out") {
		t.Errorf("all left out: %v", err)
	}
}

// What a file marks replaces what stood there of its classes only.
func TestOver(t *testing.T) {
	row := func(s string) []uint8 {
		return []byte(strings.Map(func(r rune) rune { return r - '0' }, s))
	}
	for _, c := range []struct{ name, marked, now, want string }{
		{"lungs below findings", "033330", "012000", "012330"},
		{"findings over lungs", "011220", "333333", "311223"},
		{"a finding no longer marked is lung", "100000", "011333", "133333"},
		{"and background where there are no lungs", "100000", "011000", "100000"},
		{"ground glass keeps consolidation", "111000", "020000", "121000"},
		{"consolidation over ground glass", "220000", "111000", "221000"},
		{"lungs replace lungs", "003000", "330000", "003000"},
		{"a lesion leaves the kind that is known", "444000", "120333", "124333"},
		{"and takes away what it does not mark", "400000", "121333", "133333"},
		{"both kinds replace lesions", "120000", "004433", "123333"},
		{"one kind does not", "110000", "044433", "114433"},
	} {
		m := Marked{Labels: volume.NewLabelMap(volume.NewGeometry([3]int{1, 1, 6},
			[3]float64{1, 1, 1}, volume.Point{}))}
		copy(m.Labels.Labels, row(c.marked))
		for _, class := range m.Labels.Labels {
			m.Marks[class] = class != 0
		}
		if got := m.Over(0, row(c.now)); !bytes.Equal(got, row(c.want)) {
			t.Errorf("%s: %v, want %v", c.name, got, row(c.want))
		}
	}
}
