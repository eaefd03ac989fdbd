package project

import (
	"context"
	"image"
	"slices"
	"strings"
	"sync"
	"testing"

	"glasswork/dataset/example"
	"glasswork/dataset/volume"
)

// reviewedProject has studies of three patients, the last one held out, each with stored
// voxels, slices 1 and 3 reviewed and one revision.
func reviewedProject(t testing.TB) (*Project, []Study, []*volume.Volume) {
	t.Helper()
	p := open(t, t.TempDir())
	var studies []Study
	var voxels []*volume.Volume
	for i, id := range []string{"a", "b", "c"} {
		s := testSeries(id, "patient "+id)
		study := addStudy(t, p, s)
		v := noisyVolume(s)
		v.HU[0] = int16(i)
		if err := p.StoreVoxels(t.Context(), study.ID, v); err != nil {
			t.Fatal(err)
		}
		a := annotated(t, p, study.ID)
		do(t, p, study.ID, a, a.Stroke(paint(a, 1, image.Rect(i, 0, i+4, 5), uint8(i+1))))
		do(t, p, study.ID, a, a.Review(1, true))
		do(t, p, study.ID, a, a.Review(3, true))
		if _, err := p.Save(t.Context(), study.ID, "reader"); err != nil {
			t.Fatal(err)
		}
		studies, voxels = append(studies, study), append(voxels, v)
	}
	if err := p.SetHoldout(t.Context(), studies[2].PatientKey, true); err != nil {
		t.Fatal(err)
	}
	return p, studies, voxels
}

func TestExamplesAreTheReviewedSlicesOfTheSplit(t *testing.T) {
	p, studies, voxels := reviewedProject(t)
	// What is not saved yet is not an example.
	a := annotated(t, p, studies[0].ID)
	do(t, p, studies[0].ID, a, a.Review(2, true))
	for _, c := range []struct {
		holdout bool
		studies []int
	}{{false, []int{0, 1}}, {true, []int{2}}} {
		x, err := p.Examples(t.Context(), c.holdout)
		if err != nil || x.Len() != 2*len(c.studies) {
			t.Fatalf("holdout %v: %v, want %d examples", c.holdout, err, 2*len(c.studies))
		}
		for i := range x.Len() {
			k := c.studies[i/2]
			checkExample(t, x, i, studies[k], voxels[k], []int{1, 3}[i%2], uint8(k+1))
		}
	}
}

func checkExample(
	t *testing.T, x example.Set, i int, s Study, v *volume.Volume, z int, class uint8,
) {
	t.Helper()
	e, err := x.At(t.Context(), i)
	if err != nil {
		t.Fatal(err)
	}
	if patient, name, keyZ := x.Key(i); patient != s.PatientKey || name != s.Alias || keyZ != z ||
		e.Patient != patient || e.Case != name || e.Z != z {
		t.Errorf("example %d is slice %d of %s, key says %d of %s; want %d of %s", i, e.Z, e.Case,
			keyZ, name, z, s.Alias)
	}
	if e.W != 32 || e.H != 24 || e.Spacing != [2]float64{0.8, 0.7} || e.Reference != s.Alias+
		" revision 1" || !e.Known.Kinds() {
		t.Errorf("example %d: %+v", i, e)
	}
	if !slices.Equal(e.HU, v.Slice(z)) {
		t.Errorf("example %d has the voxels of another slice", i)
	}
	n := 0
	for _, c := range e.Labels {
		if c == class {
			n++
		}
	}
	if want := map[int]int{1: 20, 3: 0}[z]; n != want || len(e.Labels) != 24*32 {
		t.Errorf("example %d has %d voxels of class %d, want %d", i, n, class, want)
	}
}

func TestExamplesCanBeReadAtTheSameTime(t *testing.T) {
	p, _, _ := reviewedProject(t)
	x, err := p.Examples(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	x.(*examples).limit = 1 // nothing but the last study fits: loading and forgetting all the time
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			for i := range 24 {
				e, err := x.At(context.Background(), (i*(g+1))%x.Len())
				if err != nil || len(e.HU) != 24*32 {
					t.Errorf("At: %v", err)
				}
			}
		})
	}
	wait.Wait()
	if _, err := x.At(t.Context(), x.Len()); err == nil {
		t.Error("an example after the last was read")
	}
}

func TestExamplesNeedTheVoxels(t *testing.T) {
	p := open(t, t.TempDir())
	study := addStudy(t, p, testSeries("a", "P"))
	a := annotated(t, p, study.ID)
	do(t, p, study.ID, a, a.Review(0, true))
	if _, err := p.Save(t.Context(), study.ID, "reader"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Examples(t.Context(), false); err == nil ||
		!strings.Contains(err.Error(), "study-0001") {
		t.Errorf("Examples = %v", err)
	}
	if x, err := p.Examples(t.Context(), true); err != nil || x.Len() != 0 {
		t.Errorf("held out: %v", err)
	}
}
