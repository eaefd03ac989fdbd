package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/dicom"
	"glasswork/dataset/internal/fixture"
	"glasswork/dataset/shared"
)

// chest writes a CT series of three slices into a new folder.
func chest(t *testing.T) (folder string, files []string) {
	t.Helper()
	folder = t.TempDir()
	if err := dicom.Write(t.Context(), folder, fixture.Ramp(3, 6, 8), dicom.Info{}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(files) != 3 {
		t.Fatalf("%q, %v", files, err)
	}
	return folder, files
}

// slicesIn are how many slices each series has that a path holds.
func slicesIn(t *testing.T, path string) (out []int, skipped []string) {
	t.Helper()
	all, skipped, err := Open(t.Context(), path)
	if err != nil {
		return nil, append(skipped, err.Error())
	}
	defer closeAll(all)
	for _, s := range all {
		out = append(out, s.Geometry.Size[0])
	}
	return out, skipped
}

func TestDICOMUnderAnyName(t *testing.T) {
	for _, ext := range []string{
		".IMG", ".img", ".hdr", ".jpg", ".png", ".tif", ".nii", ".nrrd", ".mha", ".npy", ".npz",
		".zip", ".dcm", "", ".img.gz",
	} {
		folder, files := chest(t)
		for i, file := range files {
			if err := os.Rename(file, filepath.Join(folder, fmt.Sprintf("IM%03d%s", i,
				ext))); err != nil {
				t.Fatal(err)
			}
		}
		if got, skipped := slicesIn(t, folder); !slices.Equal(got, []int{3}) || len(skipped) > 0 {
			t.Errorf("%q: %v slices, %q", ext, got, skipped)
		}
		if got, skipped := slicesIn(t, filepath.Join(folder, "IM001"+ext)); !slices.Equal(got,
			[]int{1}) {
			t.Errorf("%q alone: %v slices, %q", ext, got, skipped)
		}
	}
}

func TestLinksToFoldersAreNamed(t *testing.T) {
	folder, files := chest(t)
	links := t.TempDir()
	link, farm, file := filepath.Join(links, "link"), filepath.Join(links, "farm"),
		filepath.Join(links, "file")
	if err := os.Mkdir(farm, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, to := range [][2]string{
		{folder, link},
		{files[0], file},
		{files[0], farm + "/a"},
		{files[1], farm + "/b"},
		{files[2], farm + "/c"},
	} {
		if err := os.Symlink(to[0], to[1]); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
	}
	if got, skipped := slicesIn(t, link); !slices.Equal(got, []int{3}) {
		t.Errorf("a link to a folder: %v, %q", got, skipped)
	}
	if got, skipped := slicesIn(t, file); !slices.Equal(got, []int{1}) {
		t.Errorf("a link to a file: %v, %q", got, skipped)
	}
	got, skipped := slicesIn(t, farm)
	if text := strings.Join(skipped, " "); len(got) > 0 ||
		!strings.Contains(text, "3 symbolic links were left out") {
		t.Errorf("a folder of links: %v, %q", got, skipped)
	}
	all, _, err := Open(t.Context(), link)
	if err != nil || !strings.HasPrefix(all[0].Files[0], link) {
		t.Errorf("files %q are not below the link, %v", all[0].Files, err)
	}
	closeAll(all)
}

func TestCasesOfNames(t *testing.T) {
	path := shared.Path(t, "cases", "09-dicom-named-img", "study")
	if got, skipped := slicesIn(t, path); !slices.Equal(got, []int{12}) {
		t.Errorf("%v, %q", got, skipped)
	}
	if got, skipped := slicesIn(t, filepath.Join(path, "IM000.IMG")); !slices.Equal(got, []int{1}) {
		t.Errorf("%v, %q", got, skipped)
	}
	for _, part := range []string{"names-only", "slice-location"} {
		all, _, err := Open(t.Context(), shared.Path(t, "cases", "20-order-without-numbers", part))
		if err != nil || len(all) != 1 {
			t.Fatalf("%s: %d series, %v", part, len(all), err)
		}
		defer closeAll(all)
		v, err := all[0].Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for z := range v.Size[0] {
			name := filepath.Base(all[0].Files[z])
			if want := fmt.Sprintf("%d.dcm", z); part == "names-only" && name != want {
				t.Errorf("%s: slice %d is %s", part, z, name)
			}
			if part == "slice-location" && z > 0 && v.Slice(z)[0] < v.Slice(z - 1)[0] {
				t.Errorf("%s: slice %d begins with %d, the one before with %d", part, z,
					v.Slice(z)[0], v.Slice(z - 1)[0])
			}
		}
		if all[0].Measurable {
			t.Errorf("%s is measurable", part)
		}
	}
}
