package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glasswork/dataset"
	"glasswork/dataset/classes"
	"glasswork/dataset/nifti"
	"glasswork/dataset/project"
	"glasswork/dataset/volume"
)

// TestImportLabels is the way of a mask that somebody else made: refused while nobody has
// said what it is, entered, remembered, and not put over what somebody has touched.
func TestImportLabels(t *testing.T) {
	dir, ct := t.TempDir(), study(t)
	all, _, err := dataset.Open(t.Context(), ct)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		defer s.Close()
	}
	l := volume.NewLabelMap(all[0].Geometry)
	for i := range l.Slice(2) {
		l.Slice(2)[i] = uint8(i % 2)
	}
	mask := filepath.Join(dir, "left_upper_opacity.nii.gz")
	if err := nifti.WriteLabels(mask, l); err != nil {
		t.Fatal(err)
	}
	p := filepath.Join(dir, "p")
	run := func(args ...string) (stdout, stderr string, err error) {
		var out, log bytes.Buffer
		c := (&app{stdout: &out, stderr: &log}).command()
		c.SetArgs(append([]string{"import", "--project", p, ct, "--labels", mask}, args...))
		err = c.ExecuteContext(t.Context())
		return out.String(), log.String(), err
	}
	_, hints, err := run()
	if err == nil || !strings.Contains(hints, `--map "left_upper_opacity=leave out"`) {
		t.Fatalf("unmapped: %v after %q", err, hints)
	}
	if _, err := os.Stat(p); err == nil {
		t.Error("a refused import made a project")
	}
	for _, wrong := range [][]string{
		{"--map", "x=ggo"},
		{"--map", "left_upper_opacity=heart"},
		{"--map", "left_upper_opacity"},
		{"--touched", "burn"},
	} {
		if out, _, err := run(wrong...); err == nil || out != "" ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: %v", wrong, err)
		}
	}
	out, _, err := run("--map", "left_upper_opacity=ggo", "--reviewed", "--json")
	var line importedLabels
	if err != nil || json.Unmarshal([]byte(out), &line) != nil || line.Slices != 1 ||
		line.Alias != "study-0001" || len(line.Segments) != 1 {
		t.Fatalf("mapped: %s, %v", out, err)
	}
	a := annotationOf(t, p)
	if a.Revision != 1 {
		t.Errorf("revision %d after the import", a.Revision)
	}
	if c := a.Labels.Counts(2); c[classes.GroundGlass] != l.Counts(2)[1] || !a.Slices[2].Reviewed ||
		a.Slices[2].Source != "left_upper_opacity.nii.gz" {
		t.Errorf("slice 3 holds %v, state %+v", c, a.Slices[2])
	}
	// remembered, and there already
	if out, _, err := run(); err != nil || !strings.Contains(out, "is there already") {
		t.Errorf("again: %s, %v", out, err)
	}
	l.Slice(2)[0] = 1
	if err := nifti.WriteLabels(mask, l); err != nil {
		t.Fatal(err)
	}
	if _, _, err := run(); err == nil || !strings.Contains(err.Error(), "slice 3") ||
		!strings.Contains(err.Error(), "--touched keep") {
		t.Errorf("over a reviewed slice: %v", err)
	}
	if out, _, err := run("--touched", "keep"); err != nil ||
		!strings.Contains(out, "left as before") {
		t.Errorf("keep: %s, %v", out, err)
	}
	if out, _, err := run("--touched", "replace"); err != nil ||
		!strings.Contains(out, "onto 1 slice ") {
		t.Errorf("replace: %s, %v", out, err)
	}
	if a := annotationOf(t, p); a.Slices[2].Reviewed ||
		a.Labels.Slice(2)[0] != classes.GroundGlass {
		t.Errorf("after replacing: %+v", a.Slices[2])
	}
}

func annotationOf(t *testing.T, dir string) *project.Annotation {
	t.Helper()
	p, err := project.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	all, err := p.Studies(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatalf("%d studies, %v", len(all), err)
	}
	a, err := p.Annotation(t.Context(), all[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
