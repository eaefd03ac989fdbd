package example

import (
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/dataset/dicom"
	"glasswork/dataset/internal/fixture"
	"glasswork/dataset/picture"
	"glasswork/dataset/shared"
)

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// row writes a picture of one row.
func row(t *testing.T, values []uint16, path ...string) {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	var img image.Image
	if strings.Contains(name, "images") {
		deep := image.NewGray16(image.Rect(0, 0, len(values), 1))
		for x, v := range values {
			deep.SetGray16(x, 0, color.Gray16{Y: v})
		}
		img = deep
	} else {
		flat := image.NewGray(image.Rect(0, 0, len(values), 1))
		for x, v := range values {
			flat.SetGray(x, 0, color.Gray{Y: uint8(v)})
		}
		img = flat
	}
	if err := picture.Write(name, img); err != nil {
		t.Fatal(err)
	}
}

func TestMasksOfInfectionAreLesionsOfUntoldKind(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a1", "a2", "a3"} {
		row(t, []uint16{0, 257, 514, 65535}, dir, "images", name+".png")
		row(t, []uint16{0, 0, 1, 1}, dir, "infection", name+".png")
		row(t, []uint16{0, 1, 1, 0}, dir, "lungs", name+".png")
	}
	const index = "file,volume,patient,slice_in_crop_order,hu_slope,hu_intercept\n" +
		"a1,v1,p,1,10,-1000\na2,v1,p,2,10,-1000\na3,v1,p,3,99,500\n"
	writeText(t, filepath.Join(dir, "index.csv"), index)
	e, err := Open(t.Context(), dir)
	if err != nil || e.Len() != 3 {
		t.Fatal(err)
	}
	x, err := e.At(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	if patient, volume, z := e.Key(2); patient != "p" || volume != "v1" || z != 3 ||
		x.Patient != patient || x.Case != volume || x.Z != z {
		t.Errorf("%s %s %d; %+v", patient, volume, z, x)
	}
	if !slices.Equal(x.Labels, []uint8{0, 3, 4, 4}) ||
		x.Known != classes.Knows(classes.Lesion, classes.LungsOther) ||
		!slices.Equal(x.HU, []int16{-1000, -990, -980, 1550}) {
		t.Errorf("%+v", x)
	}
	for text, want := range map[string]string{
		"file,volume\na1,v": `no column "patient"`,
		strings.Replace(index, "a2,v1,p,2", "a2,v1,p,two", 1): `"two" of a2 is not a number`,
		strings.Replace(index, "a2,", "../a2,", 1):            "is not a file name",
		"\"": "is not a table",
	} {
		writeText(t, filepath.Join(dir, "index.csv"), text)
		if _, err := Open(t.Context(), dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestLungMasksSayNothingOfLesions(t *testing.T) {
	dir := t.TempDir()
	row(t, []uint16{0, 1024, 174, 3071}, dir, "images", "ID_0007_Z_0042.png")
	row(t, []uint16{0, 0, 1, 1}, dir, "masks", "ID_0007_Z_0042.png")
	e, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	x, err := e.At(t.Context(), 0)
	if err != nil || x.Patient != "ID_0007" || !x.Known.LungAlone() ||
		!slices.Equal(x.HU, []int16{-1024, 0, -850, 2047}) ||
		!slices.Equal(x.Labels, []uint8{0, 0, 3, 3}) {
		t.Errorf("%+v, %v", x, err)
	}
}

func TestSlicesWithoutFindingsHoldNoLesion(t *testing.T) {
	dir := t.TempDir()
	ct := fixture.Ramp(3, 6, 8)
	if err := dicom.Write(t.Context(), filepath.Join(dir, "P1"), ct, dicom.Info{}); err != nil {
		t.Fatal(err)
	}
	const findings = "file,infection\nCT0003.dcm,0\nCT0001.dcm,0\nCT0002.dcm,1\n"
	writeText(t, filepath.Join(dir, "P1.csv"), findings)
	e, err := Open(t.Context(), dir)
	if err != nil || e.Len() != 2 {
		t.Fatalf("%v, %v", e, err)
	}
	for i, z := range []int{0, 2} {
		x, err := e.At(t.Context(), i)
		if err != nil || x.Z != z || x.Patient != "P1" || !slices.Equal(x.HU, ct.Slice(z)) ||
			x.Known != classes.Knows(classes.GroundGlass, classes.Consolidation) ||
			slices.Max(x.Labels) != 0 {
			t.Errorf("%+v, %v", x, err)
		}
	}
	for text, want := range map[string]string{
		strings.Replace(findings, "2.dcm,1", "2.dcm,yes", 1): `is "yes", not 0 or 1`,
		"file,infection\nCT0001.dcm,0\n":                     "does not say whether CT0002.dcm",
		"file,infection\n":                                   "lists no slice",
	} {
		writeText(t, filepath.Join(dir, "P1.csv"), text)
		if _, err := Open(t.Context(), dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// The real datasets open as they lie in their folders.
func TestRealDatasetsOfForeignForm(t *testing.T) {
	for _, c := range []struct {
		folder           string
		slices, patients int
		known            classes.Known
	}{
		{"covid19-ct-seg", 913, 12, classes.Knows(classes.Lesion, classes.LungsOther)},
		{"lungs-kmader", 267, 0, classes.Knows(classes.LungsOther)},
		{"covid-ct-md", 68 + 52, 2, classes.Knows(classes.GroundGlass, classes.Consolidation)},
	} {
		e, err := Open(t.Context(), shared.Data(t, c.folder))
		if err != nil || e.Len() != c.slices {
			t.Errorf("%s: %v", c.folder, err)
			continue
		}
		patients := map[string]bool{}
		for i := range e.Len() {
			patient, _, _ := e.Key(i)
			patients[patient] = true
		}
		if len(patients) != c.patients && c.patients > 0 {
			t.Errorf("%s: %d patients, want %d", c.folder, len(patients), c.patients)
		}
		for i := 0; i < e.Len(); i += 40 {
			if x, err := e.At(t.Context(), i); err != nil || x.Known != c.known ||
				x.Check() != nil {
				t.Errorf("%s, slice %d: %v", c.folder, i, err)
			}
		}
	}
}
