package dataset

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"glasswork/dataset/dicom"
	"glasswork/dataset/internal/fixture"
	"glasswork/dataset/nifti"
	"glasswork/dataset/nrrd"
	"glasswork/dataset/series"
	"glasswork/dataset/shared"
	"glasswork/dataset/volume"
)

func TestOpenFindsEverythingInAFolder(t *testing.T) {
	dir, v := t.TempDir(), fixture.Ramp(4, 6, 8)
	if err := dicom.Write(t.Context(), filepath.Join(dir, "deep", "er"), v,
		dicom.Info{Description: "CHEST"}); err != nil {
		t.Fatal(err)
	}
	if err := nifti.WriteCT(filepath.Join(dir, "other.nii.gz"), v); err != nil {
		t.Fatal(err)
	}
	if err := nrrd.WriteCT(filepath.Join(dir, "other.nrrd"), v); err != nil {
		t.Fatal(err)
	}
	if err := nrrd.WriteLabels(filepath.Join(dir, "other.seg.nrrd"), volume.NewLabelMap(v.Geometry),
		[]nrrd.Segment{{Value: 1, Name: "x"}}); err != nil {
		t.Fatal(err)
	}
	raw := make([]byte, 4*6*8*2)
	meta := "NDims = 3\nDimSize = 8 6 4\nElementType = MET_SHORT\nElementDataFile = other.raw\n"
	fixture.Grey(t, filepath.Join(dir, "png", "s10.png"), 8, 6, 255)
	fixture.Grey(t, filepath.Join(dir, "png", "s9.png"), 8, 6, 0)
	for name, text := range map[string]string{
		"notes.txt": "nothing", "broken.nii": "nothing",
		"broken.npy": "nothing", ".hidden.nii": "nothing", "other.mhd": meta,
		"other.raw": string(raw),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, skipped, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(all)
	formats := map[string]*series.Series{}
	for _, s := range all {
		formats[s.Format] = s
	}
	if len(all) != 5 || len(formats) != 5 || len(skipped) != 3 {
		t.Fatalf("formats %v, skipped %q", formats, skipped)
	}
	for _, format := range []string{"DICOM", "NIfTI", "NRRD"} {
		back, err := formats[format].Read(t.Context())
		if err != nil || !slices.Equal(back.HU, v.HU) || !back.SameGrid(v.Geometry) {
			t.Errorf("%s: changed, %v", format, err)
		}
	}
	back, err := formats["pictures"].Read(t.Context())
	if err != nil || back.Slice(0)[0] != -1100 || back.Slice(1)[0] != 300 {
		t.Errorf("pictures are not in natural order: %v", err)
	}
}

func TestOpenOneFile(t *testing.T) {
	dir, v := t.TempDir(), fixture.Ramp(3, 6, 8)
	if err := dicom.Write(t.Context(), dir, v, dicom.Info{}); err != nil {
		t.Fatal(err)
	}
	series, _, err := Open(t.Context(), filepath.Join(dir, "CT0002.dcm"))
	if err != nil || len(series) != 1 || series[0].Geometry.Size[0] != 1 {
		t.Fatalf("%v, %v", series, err)
	}
	back, err := series[0].Read(t.Context())
	if err != nil || !slices.Equal(back.HU, v.Slice(1)) {
		t.Errorf("HU differ, %v", err)
	}
}

func TestPicturesOfDifferentSizesAreNoVolume(t *testing.T) {
	dir := t.TempDir()
	fixture.Grey(t, filepath.Join(dir, "images", "1.png"), 8, 6, 1)
	fixture.Grey(t, filepath.Join(dir, "images", "2.png"), 8, 6, 1)
	fixture.Grey(t, filepath.Join(dir, "images", "3.png"), 9, 6, 1)
	fixture.Grey(t, filepath.Join(dir, "masks", "1.png"), 8, 6, 1)
	series, skipped, err := Open(t.Context(), dir)
	if err != nil || len(series) != 2 || len(skipped) != 1 {
		t.Fatalf("%d series, skipped %q, %v", len(series), skipped, err)
	}
	for i, want := range []int{2, 1} {
		if s := series[i]; s.Geometry.Size[0] != want ||
			!strings.Contains(strings.Join(s.Warnings, " "), "2 different sizes") {
			t.Errorf("series %d: %d slices, %q", i, s.Geometry.Size[0], s.Warnings)
		}
	}
}

func TestOpenSaysWhyNothingCanBeOpened(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	empty := filepath.Join(dir, "nothing")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ path, want string }{
		"missing":    {filepath.Join(dir, "gone"), "does not exist"},
		"empty file": {write("a.dcm", ""), "is empty"},
		"text": {
			write("notes.txt", "some text that is no image"),
			"not a kind of file that Glasswork opens",
		},
		"broken NIfTI": {
			write("b.nii", "some text that is no image"),
			"b.nii: it does not begin with a NIfTI header",
		},
		"broken picture": {
			write("c.png", "some text that is no image"), "c.png: it is not a PNG or JPEG",
		},
		"empty folder": {
			empty, "holds no DICOM, NIfTI, NRRD, MetaImage, TIFF, NPY, PNG or JPEG file",
		},
		"two broken": {
			filepath.Dir(write("d/1.nii", "x") + write("d/2.nii", "x"))[:len(dir)+2],
			"first of 2 reasons: 1.nii:",
		},
		"DICOMDIR": {write("DICOMDIR", "DICM"), "not a kind of file that Glasswork opens"},
	} {
		series, _, err := Open(t.Context(), c.path)
		if err == nil || series != nil || !strings.Contains(err.Error(), c.want) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	if err := dicom.Write(t.Context(), dir, fixture.Ramp(3, 6, 8), dicom.Info{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Open(ctx, dir); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want canceled", err)
	}
}

func TestSymbolicLinksAreNotFollowed(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	if err := dicom.Write(t.Context(), outside, fixture.Ramp(3, 6, 8), dicom.Info{}); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	if series, _, err := Open(t.Context(), dir); err == nil {
		t.Errorf("%d series were opened through a link", len(series))
	}
}

// extremes returns the lowest and highest value.
func extremes(hu []int16) (low, high int16) { return slices.Min(hu), slices.Max(hu) }

func TestSampleIsReadSliceBySlice(t *testing.T) {
	s := Sample()
	defer s.Close()
	hu, again := make([]int16, s.Geometry.SliceVoxels()), make([]int16, s.Geometry.SliceVoxels())
	for _, to := range [][]int16{hu, again} {
		if err := s.ReadSlice(t.Context(), 40, to); err != nil {
			t.Fatal(err)
		}
	}
	low, high := extremes(hu)
	if s.Geometry.Size[0] != 96 || !slices.Equal(hu, again) || low > -900 || high < 200 {
		t.Errorf("%d slices, HU %d to %d", s.Geometry.Size[0], low, high)
	}
	if err := s.ReadSlice(t.Context(), 96, hu); err == nil {
		t.Error("slice 97 of 96 was read")
	}
}

// Every file of the collections of damaged and rare files either opens or is refused
// with one sentence that names it, quickly and without taking memory.
func TestOddFiles(t *testing.T) {
	for _, collection := range []string{"dicom-fuzz", "nifti-odd", "dicom-syntaxes"} {
		err := filepath.WalkDir(shared.Data(t, collection), func(path string, d os.DirEntry,
			err error,
		) error {
			if err == nil && d.Type().IsRegular() {
				checkOdd(t, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func checkOdd(t *testing.T, path string) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := shared.Processor()
	series, skipped, err := Open(t.Context(), path)
	held := uint64(64 << 20)
	for _, s := range series {
		held += uint64(10 * s.Geometry.Voxels())
		_, readErr := s.Read(t.Context())
		checkSentence(t, path, readErr)
		_ = s.Close()
		skipped = append(skipped, s.Warnings...)
	}
	took := shared.Processor() - start
	runtime.ReadMemStats(&after)
	if took > 2*time.Second {
		t.Errorf("%s took %v", path, took)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > held {
		t.Errorf("%s allocated %d bytes", path, got)
	}
	checkSentence(t, path, err)
	if err != nil && !strings.Contains(err.Error(), filepath.Base(path)) {
		t.Errorf("%s is not named in %q", path, err)
	}
	for _, s := range skipped {
		if strings.ContainsAny(s, "\n\r") || len(s) > 500 {
			t.Errorf("%s: no sentence: %q", path, s)
		}
	}
}

func checkSentence(t *testing.T, path string, err error) {
	t.Helper()
	if err != nil && (strings.ContainsAny(err.Error(), "\n\r") || len(err.Error()) > 500+
		len(path)) {
		t.Errorf("%s: no sentence: %q", path, err)
	}
}

func BenchmarkOpen300(b *testing.B) {
	dir := big(b)
	b.Run("headers", func(b *testing.B) {
		for b.Loop() {
			all, _, err := Open(b.Context(), dir)
			if err != nil || len(all) != 1 {
				b.Fatal(len(all), err)
			}
		}
	})
	b.Run("first-slice", func(b *testing.B) {
		hu := make([]int16, 512*512)
		for b.Loop() {
			all, _, err := Open(b.Context(), dir)
			if err == nil {
				err = all[0].ReadSlice(b.Context(), 150, hu)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("all", func(b *testing.B) {
		b.SetBytes(300 * 512 * 512 * 2)
		for b.Loop() {
			all, _, err := Open(b.Context(), dir)
			if err != nil {
				b.Fatal(err)
			}
			l := series.NewLoader(b.Context(), all[0], nil)
			err = l.Wait(b.Context())
			l.Close()
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkOpen300NIfTI(b *testing.B) {
	v := fixture.Ramp(300, 512, 512)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range v.HU { // seven bits of noise, as CT has
		v.HU[i] = int16(r.IntN(128) - 900)
	}
	for _, name := range []string{"ct.nii", "ct.nii.gz"} {
		path := filepath.Join(b.TempDir(), name)
		if err := nifti.WriteCT(path, v); err != nil {
			b.Fatal(err)
		}
		for what, upTo := range map[string]int{"first-slice": 1, "all": 300} {
			b.Run(name+"/"+what, func(b *testing.B) {
				hu := make([]int16, 512*512)
				for b.Loop() {
					series, _, err := Open(b.Context(), path)
					for z := 0; err == nil && z < upTo; z++ {
						err = series[0].ReadSlice(b.Context(), (150+z)%300, hu)
					}
					if err != nil {
						b.Fatal(err)
					}
					closeAll(series)
				}
			})
		}
	}
}

// big writes 300 slices of 512 × 512 as DICOM.
func big(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	if err := dicom.Write(b.Context(), dir, fixture.Ramp(300, 512, 512),
		dicom.Info{Description: "CHEST"}); err != nil {
		b.Fatal(err)
	}
	return dir
}

// Several readers share one gzip stream: each must get its own slice.
func TestLoaderReadsAGzippedVolume(t *testing.T) {
	v := fixture.Ramp(60, 40, 50)
	path := filepath.Join(t.TempDir(), "ct.nii.gz")
	if err := nifti.WriteCT(path, v); err != nil {
		t.Fatal(err)
	}
	all, _, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer closeAll(all)
	for range 2 { // the second pass inflates again
		l := series.NewLoader(t.Context(), all[0], nil)
		l.Want(59)
		if err := l.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		l.Close()
		if !slices.Equal(l.Volume().HU, v.HU) {
			t.Error("slices were mixed up")
		}
	}
}
