package dataset

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/dicom"
	"glasswork/dataset/internal/fixture"
	"glasswork/dataset/nifti"
)

func TestOpenArchive(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dir, v := t.TempDir(), fixture.Ramp(4, 6, 8)
	if err := dicom.Write(t.Context(), filepath.Join(dir, "DISC", "IMAGES"), v,
		dicom.Info{Description: "CHEST"}); err != nil {
		t.Fatal(err)
	}
	if err := nifti.WriteCT(filepath.Join(dir, "other.nii.gz"), v); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"inner.zip": "PK", "viewer.exe": "MZ"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := fixture.Zip(t, dir, "study.zip")
	var ids [2][]string
	for round := range ids {
		series, skipped, err := Open(t.Context(), path)
		if err != nil || len(series) != 2 {
			t.Fatalf("%d series, %v", len(series), err)
		}
		if len(skipped) != 1 || !strings.Contains(skipped[0], "archive inside an archive") {
			t.Errorf("skipped %q", skipped)
		}
		for i, s := range series {
			if left, _ := os.ReadDir(os.TempDir()); len(left) != 1 {
				t.Errorf("temporary files are %v while %d series are open", left, len(series)-i)
			}
			back, err := s.Read(t.Context())
			if err != nil || !slices.Equal(back.HU, v.HU) || !back.SameGrid(v.Geometry) ||
				s.Path != path {
				t.Errorf("%s of %s: changed, %v", s.Format, s.Path, err)
			}
			ids[round] = append(ids[round], s.ID)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		if left, _ := os.ReadDir(os.TempDir()); len(left) != 0 {
			t.Errorf("%v is left behind", left)
		}
	}
	if !slices.Equal(ids[0], ids[1]) {
		t.Errorf("opened again the series are %q, they were %q", ids[1], ids[0])
	}
}

func TestOpenSaysWhyNothingInAnArchiveCanBeOpened(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	write := func(name, text string) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, c := range map[string]struct{ path, want string }{
		"empty file": {write("a.zip", ""), "a.zip is empty"},
		"text": {
			write("b.zip", "nothing that is packed"),
			"b.zip cannot be opened: it is not a zip archive",
		},
		"missing": {filepath.Join(t.TempDir(), "c.zip"), "c.zip does not exist"},
		"nothing to us": {
			fixture.Zip(t, filepath.Dir(write("notes.txt", "some text that is no image")), "d.zip"),
			"d.zip holds no file that Glasswork opens",
		},
		"broken": {
			fixture.Zip(t, filepath.Dir(write("x.nii", "some text that is no image")), "e.zip"),
			"e.zip holds no CT that can be opened; the first of 1 reasons: x.nii:",
		},
		"in a folder": {
			filepath.Dir(fixture.Zip(t, filepath.Dir(write("x.nii", "x")), "f.zip")),
			"f.zip: it is a zip archive; open it on its own",
		},
	} {
		series, _, err := Open(t.Context(), c.path)
		if err == nil || series != nil || !strings.Contains(err.Error(), c.want) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if left, _ := os.ReadDir(os.TempDir()); len(left) != 0 {
			t.Errorf("%s: %v is left behind", name, left)
		}
	}
}
