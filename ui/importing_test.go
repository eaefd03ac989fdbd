package ui

import (
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"glasswork/dataset/classes"
	"glasswork/dataset/nrrd"
	"glasswork/dataset/volume"
)

func TestForeignSegmentsAreAskedAboutInASheet(t *testing.T) {
	r := newRig(t)
	r.open()
	g, _ := r.s.Reading.Grid()
	l := volume.NewLabelMap(g)
	for i := range l.Slice(3)[:40] {
		l.Slice(3)[i], l.Slice(2)[i] = 1, 2
	}
	path := filepath.Join(t.TempDir(), "foreign.seg.nrrd")
	code := classes.Code{Scheme: "SCT", Value: "10200004", Meaning: "Liver"}
	if err := nrrd.WriteLabels(path, l,
		[]nrrd.Segment{
			{Value: 1, Name: "GGO left"},
			{Value: 2, Name: "Liver", Type: code},
		}); err != nil {
		t.Fatal(err)
	}
	r.s.Opening.Drop(path)
	r.until("the sheet", func() bool { return len(r.sheets) == 1 })
	said := texts(r.sheets[0].popup)
	for _, want := range []string{
		"What are these segments?", "foreign.seg.nrrd", "GGO left",
		"Liver (SCT 10200004)", "0.2 ml", "Becomes",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("the sheet does not say %q: %s", want, said)
		}
	}
	r.press(fyne.KeyEscape)
	if len(r.sheets) != 0 || r.s.Opening.Text() != "" {
		t.Error("Esc does not give the import up")
	}
	r.s.Opening.Drop(path)
	r.until("the sheet again", func() bool { return len(r.sheets) == 1 })
	tapButton(t, r.sheets[0].popup, "Import")
	r.until("the import", func() bool {
		_,
			by := r.s.Reading.Captions()
		return by == "imported from foreign.seg.nrrd"
	})
	_, labels := r.s.Reading.Voxels(3)
	if labels[0] != classes.GroundGlass || r.s.Reading.Slice() != 3 {
		t.Errorf("slice %d, label %d; what the name suggests was not taken", r.s.Reading.Slice()+1,
			labels[0])
	}
	if _, labels := r.s.Reading.Voxels(2); labels[0] != classes.Background {
		t.Error("the liver was imported")
	}
	r.until("the sheet is gone", func() bool { return len(r.sheets) == 0 })
}
