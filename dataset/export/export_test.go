package export

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset"
	"glasswork/dataset/classes"
	"glasswork/dataset/example"
	"glasswork/dataset/nifti"
	"glasswork/dataset/volume"
)

// study is n slices of random HU and labels; every slice but the first and the last is reviewed.
func study(name string, n, h, w int) Study {
	r := rand.New(rand.NewPCG(uint64(n), uint64(w)))
	g := volume.NewGeometry([3]int{n, h, w}, [3]float64{3.3463, 0.7122204, 0.7122204},
		volume.Point{-181.97231, -170.5, -538.17286})
	s := Study{
		Name: name, CT: volume.New(g), Labels: volume.NewLabelMap(g),
		Reviewed: make([]bool, n),
	}
	for i := range s.CT.HU {
		s.CT.HU[i] = int16(r.IntN(4000) - 1024)
		s.Labels.Labels[i] = uint8(r.IntN(classes.Labels))
	}
	for z := 1; z < n-1; z++ {
		s.Reviewed[z] = true
	}
	return s
}

func sequence(studies ...Study) iter.Seq2[Study, error] {
	return func(yield func(Study, error) bool) {
		for _, s := range studies {
			if !yield(s, nil) {
				return
			}
		}
	}
}

// checkExamples compares a reopened export with the studies: reviewed slices only.
func checkExamples(t *testing.T, dir string, studies map[string]Study) {
	t.Helper()
	e, err := example.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for _, s := range studies {
		for _, r := range s.Reviewed {
			if r {
				want++
			}
		}
	}
	if e.Len() != want {
		t.Errorf("%d slices come back, %d were reviewed", e.Len(), want)
	}
	for i := range e.Len() {
		x, err := e.At(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		s, ok := studies[x.Case]
		if !ok {
			t.Fatalf("slice of an unknown case %q", x.Case)
		}
		if !slices.Equal(x.HU, s.CT.Slice(x.Z)) || !bytes.Equal(x.Labels, s.Labels.Slice(x.Z)) ||
			!s.Reviewed[x.Z] {
			t.Errorf("slice %d of %s came back changed", x.Z, x.Case)
		}
		if x.Known != classes.All() || x.W != s.CT.Size[2] ||
			x.H != s.CT.Size[1] {
			t.Errorf("slice %d of %s: known %v, %d × %d", x.Z, x.Case, x.Known, x.W, x.H)
		}
		if d := x.Spacing[0] - s.CT.Spacing()[1]; d > 1e-6 || d < -1e-6 {
			t.Errorf("spacing %v", x.Spacing)
		}
		if patient, caseID, z := e.Key(i); patient != x.Patient || caseID != x.Case || z != x.Z {
			t.Errorf("Key(%d) = %s, %s, %d; At says %s, %s, %d", i, patient, caseID, z, x.Patient,
				x.Case, x.Z)
		}
	}
}

func TestExportReopens(t *testing.T) {
	a, b, other := study("A0001", 5, 12, 16), study("B/2 ü", 3, 12, 16), study("C", 4, 8, 10)
	for _, format := range []string{"nnunet", "kaggle"} {
		for _, only := range []bool{true, false} {
			for _, more := range []bool{false, true} {
				dir, in := t.TempDir(), []Study{a, b}
				want := map[string]Study{"A0001": a, "B_2": b}
				if more { // another size
					in, want["C"] = append(in, other), other
				}
				if err := Write(t.Context(), dir, sequence(in...), Options{
					Format:       format,
					OnlyReviewed: only,
				}); err != nil {
					t.Fatal(err)
				}
				where := dir
				if format == "nnunet" {
					where = filepath.Join(dir, "Dataset001_Glasswork")
				}
				checkExamples(t, where, want)
				left, _ := filepath.Glob(filepath.Join(dir, ".*"))
				left = slices.DeleteFunc(left, func(path string) bool {
					return filepath.Base(path) == markName
				})
				if len(left) > 0 {
					t.Errorf("%s: left behind %v", format, left)
				}
			}
		}
	}
}

func TestExportedPairHasTheSameGeometry(t *testing.T) {
	s := study("A", 4, 6, 8)
	dir := filepath.Join(t.TempDir(), "Dataset042_Mine")
	if err := Write(t.Context(), dir, sequence(s), Options{Format: "nnunet"}); err != nil {
		t.Fatal(err)
	}
	all, skipped, err := dataset.Open(t.Context(), filepath.Join(dir, "imagesTr", "A_0000.nii.gz"))
	if err != nil || len(all) != 1 || len(skipped) > 0 {
		t.Fatalf("Open: %d series, skipped %q, %v", len(all), skipped, err)
	}
	defer all[0].Close()
	v, err := all[0].Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !v.SameGrid(s.CT.Geometry) || !slices.Equal(v.HU, s.CT.HU) {
		t.Errorf("geometry %v, want %v; or voxels differ", v.Geometry, s.CT.Geometry)
	}
	l, err := nifti.ReadLabels(t.Context(), filepath.Join(dir, "labelsTr", "A.nii.gz"))
	if err != nil || !l.SameGrid(s.CT.Geometry) || !bytes.Equal(l.Labels, s.Labels.Labels) {
		t.Errorf("labels differ, %v", err)
	}
}

func TestExportOfUnreviewedSlicesIsIgnored(t *testing.T) {
	s := study("A", 4, 6, 8)
	dir := t.TempDir()
	if err := Write(t.Context(), dir, sequence(s), Options{
		Format:       "nnunet",
		OnlyReviewed: true,
	}); err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, "Dataset001_Glasswork")
	var info struct {
		Labels      map[string]int
		NumTraining int
		FileEnding  string `json:"file_ending"`
	}
	b, err := os.ReadFile(filepath.Join(dir, "dataset.json"))
	if err == nil {
		err = json.Unmarshal(b, &info)
	}
	if err != nil {
		t.Fatal(err)
	}
	if info.Labels["ignore"] != 5 || info.Labels["lungs other"] != 3 || len(info.Labels) != 6 ||
		info.NumTraining != 1 || info.FileEnding != ".nii.gz" {
		t.Errorf("dataset.json = %+v", info)
	}
	_, err = nifti.ReadLabels(t.Context(), filepath.Join(dir, "labelsTr", "A.nii.gz"))
	if err == nil || !strings.Contains(err.Error(), "label 5") {
		t.Errorf("labels with unreviewed slices were taken for an annotation: %v", err)
	}
}

func TestExportRefuses(t *testing.T) {
	unreviewed := study("A", 3, 4, 4)
	unreviewed.Reviewed = make([]bool, 3)
	misfit := study("B", 3, 4, 4)
	misfit.Reviewed = misfit.Reviewed[:2]
	noVoxels := Study{Name: "C"}
	broken := func(yield func(Study, error) bool) {
		yield(Study{},
			errors.New("the store is damaged"))
	}
	for _, c := range []struct {
		name string
		in   iter.Seq2[Study, error]
		o    Options
		want string
	}{
		{
			"nothing reviewed", sequence(unreviewed),
			Options{Format: "kaggle", OnlyReviewed: true},
			"no slice has been reviewed",
		},
		{
			"nothing at all", sequence(),
			Options{Format: "nnunet", OnlyReviewed: false},
			"nothing to export",
		},
		{"misfit", sequence(misfit), Options{Format: "nnunet", OnlyReviewed: false}, "do not fit"},
		{
			"no voxels", sequence(noVoxels),
			Options{Format: "kaggle", OnlyReviewed: false},
			"not stored",
		},
		{"store", broken, Options{Format: "kaggle", OnlyReviewed: false}, "damaged"},
		{"format", sequence(), Options{Format: "zip"}, "not an export format"},
	} {
		dir := t.TempDir()
		err := Write(t.Context(), dir, c.in, c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
			t.Errorf("%s: left behind %v", c.name, left)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Write(ctx, t.TempDir(), sequence(study("A", 3, 4, 4)), Options{
		Format:       "kaggle",
		OnlyReviewed: false,
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled export: %v", err)
	}
}

const nibabelCheck = `
import sys
try:
    import nibabel, numpy
except ImportError:
    sys.exit(42)
ct, lab = nibabel.load(sys.argv[1]), nibabel.load(sys.argv[2])
assert ct.get_data_dtype() == numpy.int16 and lab.get_data_dtype() == numpy.uint8
assert numpy.allclose(ct.affine, lab.affine) and ct.shape == lab.shape
assert numpy.allclose(ct.get_qform(), ct.get_sform(), atol=1e-3), (ct.get_qform(), ct.get_sform())
a, b = numpy.asanyarray(ct.dataobj), numpy.asanyarray(lab.dataobj)
print(" ".join("%.4f" % v for v in ct.affine[:3].ravel()))
print(ct.header.get_xyzt_units()[0], int(ct.header["qform_code"]), int(ct.header["sform_code"]))
sys.stdout.flush()
sys.stdout.buffer.write(a.astype("<i2").tobytes(order="F") + b.astype("u1").tobytes(order="F"))
`

func TestNibabelReadsTheExportedPair(t *testing.T) {
	s := study("A", 4, 6, 8)
	dir := t.TempDir()
	if err := Write(t.Context(), dir, sequence(s), Options{Format: "nnunet"}); err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, "Dataset001_Glasswork")
	cmd := exec.Command("/usr/bin/python3", "-c", nibabelCheck, filepath.Join(dir, "imagesTr",
		"A_0000.nii.gz"), filepath.Join(dir, "labelsTr", "A.nii.gz"))
	out, err := cmd.Output()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() != 42:
		t.Fatalf("nibabel: %s", exit.Stderr)
	case err != nil:
		t.Skip("python3 with nibabel is not installed")
	}
	lines := bytes.SplitN(out, []byte("\n"), 3)
	if want := "-0.7122 0.0000 0.0000 181.9723 0.0000 -0.7122 0.0000 170.5000 0.0000 0.0000 " +
		"3.3463 -538.1729"; strings.ReplaceAll(string(lines[0]), "-0.0000", "0.0000") != want {
		t.Errorf("nibabel's affine %s, want %s", lines[0], want)
	}
	if string(lines[1]) != "mm 1 1" {
		t.Errorf("units and codes %q", lines[1])
	}
	var voxels []byte
	for _, v := range s.CT.HU {
		voxels = append(voxels, byte(v), byte(uint16(v)>>8))
	}
	if !bytes.Equal(lines[2], append(voxels, s.Labels.Labels...)) {
		t.Error("nibabel reads other voxels")
	}
}

// What export wrote can be named as it was named to
func TestExportReopensUnderTheNameItWasGiven(t *testing.T) {
	dir := t.TempDir()
	if err := Write(t.Context(), dir, sequence(study("A0001", 5, 8, 8)),
		Options{Format: "nnunet"}); err != nil {
		t.Fatal(err)
	}
	e, err := example.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if e.Len() == 0 {
		t.Error("no slices")
	}
}

func TestExportIntoAFileIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"nnunet", "kaggle", "nifti", "nrrd", "png"} {
		err := Write(t.Context(), path, sequence(study("A", 3, 4, 4)), Options{Format: format})
		if err == nil || !strings.Contains(err.Error(), "cannot create "+path) {
			t.Errorf("%s: %v", format, err)
		}
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "precious" {
		t.Errorf("the file holds %q now, %v", b, err)
	}
}

func BenchmarkWrite(b *testing.B) {
	s := study("A", 64, 512, 512)
	for _, format := range []string{"nnunet", "kaggle"} {
		b.Run(format, func(b *testing.B) {
			for b.Loop() {
				if err := Write(b.Context(), b.TempDir(), sequence(s),
					Options{Format: format}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func TestLabelNamesDecideInNNUNetFolders(t *testing.T) {
	s := study("A", 4, 6, 8)
	for i := range s.Labels.Labels {
		s.Labels.Labels[i] %= classes.Count
	}
	dir := t.TempDir()
	if err := Write(t.Context(), dir, sequence(s), Options{
		Format:       "nnunet",
		OnlyReviewed: true,
	}); err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, "Dataset001_Glasswork")
	for name, c := range map[string]struct {
		json  string
		known classes.Known
		class [5]uint8 // of the values 0 to 3
		err   string
	}{
		"other order": {
			`{"labels":{"background":0,"Consolidation":1,"GGO":2,"lung":3,"ignore":5},
			"file_ending":".nii.gz"}`, classes.All(), [5]uint8{0, 2, 1, 3}, "",
		},
		"no lungs": {
			`{"labels":{"background":0,"ground_glass":1,"effusion":2,"nodule":3,"ignore":5}}`,
			classes.Knows(classes.GroundGlass),
			[5]uint8{0, 1, 0, 0},
			"",
		},
		"unnamed": {
			`{"labels":{"background":0,"ground glass":1,"ignore":5}}`,
			classes.Known{},
			[5]uint8{},
			"does not name",
		},
		"regions": {
			`{"labels":{"background":0,"lung":[1,2]}}`,
			classes.Known{},
			[5]uint8{},
			"not a single number",
		},
		"none ours": {
			`{"labels":{"background":0,"liver":1}}`, classes.Known{}, [5]uint8{}, "names none of",
		},
		"no JSON": {`{`, classes.Known{}, [5]uint8{}, "not nnU-Net v2's"},
	} {
		if err := os.WriteFile(filepath.Join(dir, "dataset.json"), []byte(c.json),
			0o600); err != nil {
			t.Fatal(err)
		}
		e, err := example.Open(t.Context(), dir)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v, want %q", name, err, c.err)
			}
			continue
		}
		if err != nil || e.Len() != 2 {
			t.Fatalf("%s: %v", name, err)
		}
		x, err := e.At(t.Context(), 0)
		if err != nil || x.Known != c.known || x.Z != 1 {
			t.Errorf("%s: known %v, slice %d, %v", name, x.Known, x.Z, err)
		}
		for i, v := range s.Labels.Slice(1) {
			if x.Labels[i] != c.class[v] {
				t.Fatalf("%s: label %d became %d, want %d", name, v, x.Labels[i], c.class[v])
			}
		}
	}
}
