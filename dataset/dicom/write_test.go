package dicom

import (
	"context"
	"math"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"glasswork/dataset/series"
	"glasswork/dataset/volume"
)

// noisy returns a volume of random HU over the whole range of int16.
func noisy(g volume.Geometry) *volume.Volume {
	v := volume.New(g)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range v.HU {
		v.HU[i] = int16(r.IntN(1 << 16))
	}
	return v
}

// tilted returns a grid sheared by 18.5 degrees.
func tilted(size [3]int) volume.Geometry {
	g := volume.NewGeometry(size, [3]float64{2.5, 0.48, 0.48}, volume.Point{
		-100.123456, -200.5, -1234.567891,
	})
	angle := 18.5 * math.Pi / 180
	g.Affine[1][1], g.Affine[2][1] = 0.48*math.Cos(angle), -0.48*math.Sin(angle)
	return g
}

// scanDir scans all files of dir.
func scanDir(t *testing.T, dir string) Result {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Scan(t.Context(), dir, files)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// one does what scanDir does and expects exactly one series, besides the same on a straight grid.
func one(t *testing.T, dir string) *series.Series {
	t.Helper()
	r := scanDir(t, dir)
	r.Series = slices.DeleteFunc(r.Series, func(s *series.Series) bool { return s.Resampled })
	if len(r.Series) != 1 || len(r.Skipped) > 0 {
		t.Fatalf("found %d series, skipped %q; want 1 and none", len(r.Series), r.Skipped)
	}
	return r.Series[0]
}

func near(a, b volume.Geometry, mm float64) bool {
	for r := range 3 {
		for c := range 4 {
			if !(math.Abs(a.Affine[r][c]-b.Affine[r][c]) <= mm) {
				return false
			}
		}
	}
	return a.Size == b.Size
}

func TestWrittenFilesReadBackExactly(t *testing.T) {
	oblique := volume.Geometry{Size: [3]int{4, 6, 5}, Affine: volume.Affine{
		{0.6, 0.1, 0, 10}, {-0.1, 0.6, 0.2, 20}, {0, -0.05, 3, -30},
	}}
	for name, g := range map[string]volume.Geometry{
		"axial": volume.NewGeometry([3]int{5, 7, 9}, [3]float64{
			3.3463019947001054, 0.7122204084346939, 0.7122204084346939,
		}, volume.Point{-181.9723143550643, -181.9723143550643, -538.1728589003737}),
		"tilted":   tilted([3]int{5, 7, 8}),
		"oblique":  oblique,
		"one wide": volume.NewGeometry([3]int{2, 1, 3}, [3]float64{1, 0.5, 0.7}, volume.Point{}),
	} {
		v := noisy(g)
		dir := t.TempDir()
		info := Info{
			PatientID: "P1", PatientName: "Äußerst^Groß", Description: "CHEST 5.0",
			Date: "2026-01-31", Thickness: 4,
		}
		if err := Write(t.Context(), dir, v, info); err != nil {
			t.Fatal(err)
		}
		s := one(t, dir)
		back, err := s.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(back.HU, v.HU) {
			t.Errorf("%s: HU changed", name)
		}
		tolerance := 1e-9
		if name == "oblique" { // its axes are not orthogonal and keep their directions
			tolerance = 1e-4
		}
		if !near(back.Geometry, g, tolerance) {
			t.Errorf("%s: geometry %v, want %v", name, back.Geometry, g)
		}
		if s.PatientName != info.PatientName || s.PatientID != "P1" ||
			s.Description != "CHEST 5.0" || s.Date != "2026-01-31" ||
			s.Thickness != 4 || s.Modality != "CT" || !s.Calibrated || !s.Measurable {
			t.Errorf("%s: series = %+v", name, s)
		}
	}
}

func TestWritingTwiceGivesTheSameSeries(t *testing.T) {
	v := noisy(volume.NewGeometry([3]int{2, 4, 4}, [3]float64{1, 1, 1}, volume.Point{}))
	a, b := t.TempDir(), t.TempDir()
	for _, dir := range []string{a, b} {
		if err := Write(t.Context(), dir, v, Info{}); err != nil {
			t.Fatal(err)
		}
	}
	first, second := one(t, a), one(t, b)
	if first.ID != second.ID || first.StudyUID != second.StudyUID || first.ID == "" {
		t.Errorf("IDs %q and %q", first.ID, second.ID)
	}
	v.HU[0]++
	if err := Write(t.Context(), b, v, Info{}); err != nil {
		t.Fatal(err)
	}
	if other := one(t, b); other.ID == first.ID {
		t.Error("another volume has the same ID")
	}
}

func TestWriteStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	v := noisy(volume.NewGeometry([3]int{2, 4, 4}, [3]float64{1, 1, 1}, volume.Point{}))
	if err := Write(ctx, t.TempDir(), v, Info{}); err == nil {
		t.Error("a cancelled write reported success")
	}
}

const pydicomCheck = `
import sys, glob
try:
    import pydicom
except ImportError:
    sys.exit(42)
for f in sorted(glob.glob(sys.argv[1] + "/*.dcm")):
    d = pydicom.dcmread(f)
    a = d.pixel_array
    print(d.InstanceNumber, [float(x) for x in d.ImagePositionPatient], d.PatientName,
        int(a.astype("int64").sum()), a.shape)
`

func TestPydicomReadsWhatIsWritten(t *testing.T) {
	v := noisy(volume.NewGeometry([3]int{2, 4, 6}, [3]float64{2.5, 1, 1},
		volume.Point{-10.5, 20, 30}))
	dir := t.TempDir()
	if err := Write(t.Context(), dir, v, Info{PatientName: "Äußerst^Groß"}); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("/usr/bin/python3", "-c", pydicomCheck, dir).CombinedOutput()
	if err != nil {
		t.Skipf("pydicom is not installed: %v: %s", err, out)
	}
	for z, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		sum := 0
		for _, hu := range v.Slice(z) {
			sum += int(hu)
		}
		position := v.ToMM(float64(z), 0, 0)
		want := strings.NewReplacer("Z", itoa(z+1), "P", pythonList(position), "S",
			itoa(sum)).Replace("Z P Äußerst^Groß S (4, 6)")
		if line != want {
			t.Errorf("pydicom reads %q, want %q", line, want)
		}
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

func pythonList(p volume.Point) string {
	var parts []string
	for _, v := range p {
		s := strconv.FormatFloat(v, 'f', -1, 64)
		if !strings.Contains(s, ".") {
			s += ".0"
		}
		parts = append(parts, s)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}
