package project

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/series"
	"glasswork/dataset/volume"
)

// noisyVolume is a volume of the series' grid with every kind of value in it.
func noisyVolume(s *series.Series) *volume.Volume {
	v := volume.New(s.Geometry)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range v.HU {
		v.HU[i] = int16(r.IntN(1 << 16))
	}
	return v
}

func TestPatientsAreKeysAndNeverNames(t *testing.T) {
	dir := t.TempDir()
	p := open(t, dir)
	first := testSeries("1", "HOSPITAL-XQZ")
	second := testSeries("2", " HOSPITAL-XQZ ") // DICOM pads
	other := testSeries("3", "HOSPITAL-4712")
	unknown, sameStudy, alone := testSeries("4", ""), testSeries("5", ""), testSeries("6", "")
	unknown.StudyUID, sameStudy.StudyUID, alone.StudyUID = "1.2", "1.2", ""
	var keys []string
	for i, s := range []*series.Series{first, second, other, unknown, sameStudy, alone} {
		study := addStudy(t, p, s)
		if want := []string{
			"study-0001", "study-0002", "study-0003", "study-0004", "study-0005",
			"study-0006",
		}[i]; study.Alias != want {
			t.Errorf("alias %s, want %s", study.Alias, want)
		}
		keys = append(keys, study.PatientKey)
	}
	if keys[0] != keys[1] || keys[3] != keys[4] {
		t.Error("studies of one patient have different keys")
	}
	slices.Sort(keys)
	if n := len(slices.Compact(keys)); n != 4 {
		t.Errorf("%d patients, want 4", n)
	}
	salted := open(t, t.TempDir())
	if addStudy(t, salted, first).PatientKey == addStudy(t, p, first).PatientKey {
		t.Error("two projects give one patient the same key: it is not salted")
	}
	p.Close()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		for _, secret := range []string{"HOSPITAL", "XQZ", "Doe", "Jane"} {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s contains %q", d.Name(), secret)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheSameSeriesIsTheSameStudyOnTheSameGridOnly(t *testing.T) {
	p := open(t, t.TempDir())
	s := testSeries("1", "P")
	study := addStudy(t, p, s)
	moved := *s
	moved.Path = "/elsewhere"
	if again := addStudy(t, p, &moved); again.ID != study.ID || again.Source != "/elsewhere" {
		t.Errorf("moved: %+v", again)
	}
	cut := *s
	cut.Geometry.Size[0]--
	if _, err := p.AddStudy(t.Context(), &cut); err == nil ||
		!strings.Contains(err.Error(), "study-0001") {
		t.Errorf("a series with a slice less: %v", err)
	}
	flat := *testSeries("2", "P")
	flat.Geometry.Size[1] = 0
	if _, err := p.AddStudy(t.Context(), &flat); err == nil {
		t.Error("a series without rows was added")
	}
	all, err := p.Studies(t.Context())
	if err != nil || len(all) != 1 || all[0].Geometry != s.Geometry {
		t.Errorf("studies: %+v, %v", all, err)
	}
	if _, err := p.Study(t.Context(), "nobody"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown study: %v", err)
	}
}

func TestVoxelsComeBackBitForBitAndStay(t *testing.T) {
	dir := t.TempDir()
	p := open(t, dir)
	s := testSeries("1", "P")
	study := addStudy(t, p, s)
	if _, err := p.Voxels(t.Context(), study.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("before: %v", err)
	}
	v := noisyVolume(s)
	for _, give := range []*volume.Volume{v, volume.New(s.Geometry)} { // the second is not stored
		if err := p.StoreVoxels(t.Context(), study.ID, give); err != nil {
			t.Fatal(err)
		}
	}
	p.Close()
	moved := filepath.Join(t.TempDir(), "a copy")
	if err := os.CopyFS(moved, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	p = open(t, moved)
	got, err := p.Voxels(t.Context(), study.ID)
	if err != nil || !slices.Equal(got.HU, v.HU) || got.Geometry != s.Geometry {
		t.Errorf("Voxels differ (%v)", err)
	}
	if s, err := p.Study(t.Context(), study.ID); err != nil || !s.HasVoxels {
		t.Errorf("HasVoxels = %v, %v", s.HasVoxels, err)
	}
	damageVoxels(t, p, study.ID)
	if _, err := p.Voxels(t.Context(), study.ID); !errors.Is(err, ErrDamaged) ||
		!strings.Contains(err.Error(), "study-0001") {
		t.Errorf("damaged: %v", err)
	}
	if err := p.StoreVoxels(t.Context(), study.ID, v); err != nil {
		t.Fatal(err)
	}
	if got, err := p.Voxels(t.Context(), study.ID); err != nil || !slices.Equal(got.HU, v.HU) {
		t.Errorf("mended by the same voxels: %v", err)
	}
	wrong := volume.New(volume.NewGeometry([3]int{1, 2, 3}, [3]float64{1, 1, 1}, volume.Point{}))
	other := addStudy(t, p, testSeries("2", "P"))
	if err := p.StoreVoxels(t.Context(), other.ID, wrong); err == nil {
		t.Error("voxels of another grid were stored")
	}
}

// damageVoxels flips one bit of a study's stored voxels.
func damageVoxels(t *testing.T, p *Project, study string) {
	t.Helper()
	var sum string
	if err := p.db.QueryRow(`SELECT voxels FROM studies WHERE id = ?`,
		study).Scan(&sum); err != nil {
		t.Fatal(err)
	}
	path := p.blobPath(sum, plain)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/3] ^= 1
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestSettings(t *testing.T) {
	dir := t.TempDir()
	p := open(t, dir)
	for _, want := range []string{"", "−600/1500", "40/400"} {
		if want != "" {
			if err := p.SetSetting(t.Context(), "window", want); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := open(t, dir).Setting(t.Context(), "window"); err != nil || got != want {
			t.Errorf("Setting = %q, %v; want %q", got, err, want)
		}
	}
}
