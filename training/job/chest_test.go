package job

import (
	"testing"

	"glasswork/dataset/classes"
	"glasswork/dataset/project"
	"glasswork/dataset/series"
	"glasswork/dataset/volume"
	"glasswork/training/internal/fake"
	"glasswork/training/protocol"
)

// abdomen is a body of 20 slices with gas in the lowest, and two lungs in the upper ten if there
// are to be any.
func abdomen(lungs bool) *volume.Volume {
	g := volume.NewGeometry([3]int{20, 64, 64}, [3]float64{6, 5, 5}, volume.Point{})
	v := volume.New(g)
	for i := range v.HU {
		z, y, x := i/(64*64), i/64%64, i%64
		inside := func(cy, cx, r int) bool { return (y-cy)*(y-cy)+(x-cx)*(x-cx) < r*r }
		switch {
		case !inside(32, 32, 28):
			v.HU[i] = -1000
		case z < 4 && inside(25, 32, 6):
			v.HU[i] = -1000
		case lungs && z >= 10 && (inside(32, 20, 9) || inside(32, 44, 9)):
			v.HU[i] = -850
		default:
			v.HU[i] = 40
		}
	}
	return v
}

// stored is a project that keeps a volume as its only study.
func stored(t *testing.T, v *volume.Volume) (dir, id string) {
	t.Helper()
	ctx := t.Context()
	dir = t.TempDir()
	p, err := project.Open(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	study, err := p.AddStudy(ctx, &series.Series{
		ID: "one", PatientID: "one", Geometry: v.Geometry, Calibrated: true, Measurable: true,
		Source: memorySource{v},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.StoreVoxels(ctx, study.ID, v); err != nil {
		t.Fatal(err)
	}
	return dir, study.ID
}

// A network that calls everything a lesion is believed only where a lung can be.
func TestProposalsLieWhereALungCanBe(t *testing.T) {
	runner := &Runner{Networks: fake.Factory{}, Baseline: fake.Always(classes.Consolidation)}
	for _, test := range []struct {
		name            string
		lungs, anywhere bool
		slices, limited int
		noLung          bool
		upper, lowest   bool // whether anything is proposed there
	}{
		{name: "chest", lungs: true, slices: 20, limited: 20, upper: true},
		{
			name: "chest, anywhere", lungs: true, anywhere: true,
			slices: 20, upper: true, lowest: true,
		},
		{name: "abdomen", noLung: true},
		{name: "abdomen, anywhere", anywhere: true, slices: 20, upper: true, lowest: true},
	} {
		dir, id := stored(t, abdomen(test.lungs))
		var lesions [20]int
		got, err := runner.Run(t.Context(), protocol.Job{Predict: &protocol.PredictJob{
			Project: dir, Study: id, Model: BaselineModel, Anywhere: test.anywhere,
		}}, func(e protocol.Event) {
			if e.Slice == nil {
				return
			}
			for _, class := range e.Slice.Labels {
				if class == classes.Consolidation {
					lesions[e.Slice.Z]++
				}
			}
		})
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		p := got.Predict
		if p.Slices != test.slices || p.Limited != test.limited || p.NoLung != test.noLung {
			t.Errorf("%s: %+v", test.name, p)
		}
		if lesions[15] > 0 != test.upper || lesions[1] > 0 != test.lowest {
			t.Errorf("%s: lesions %v", test.name, lesions)
		}
	}
}
