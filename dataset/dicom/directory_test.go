package dicom

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/dicom/internal/walk"
)

// dicomdir encodes a DICOMDIR that lists files. Each name consists of parts joined by \.
func dicomdir(open bool, names ...string) []byte {
	s, _ := walk.FindSyntax(walk.ExplicitLE)
	var items []byte
	for _, name := range names {
		set := file{0x0004_1430: "IMAGE ", tagReferencedFile: name}.dataset(s)
		items = append(items, "\xFE\xFF\x00\xE0"...)
		items = binary.LittleEndian.AppendUint32(items, uint32(len(set)))
		items = append(items, set...)
	}
	length := uint32(len(items))
	if open {
		length = walk.UndefinedLength
		items = append(items, "\xFE\xFF\xDD\xE0\x00\x00\x00\x00"...)
	}
	out := file{0x0004_1130: "DISC"}.encode(walk.ExplicitLE)
	out = append(out, "\x04\x00\x20\x12SQ\x00\x00"...)
	out = binary.LittleEndian.AppendUint32(out, length)
	return append(out, items...)
}

func TestDirectoryListsItsFiles(t *testing.T) {
	for _, open := range []bool{false, true} {
		root := dir(t, run(2)...)
		if err := os.Mkdir(filepath.Join(root, "A"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(root, "02.dcm"),
			filepath.Join(root, "A", "02.dcm")); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(root, "DICOMDIR")
		save(t, path, dicomdir(open, "01.dcm", `A\02.dcm`, "01.dcm", "GONE"))
		files, refused, ok, err := Directory(path)
		want := []string{filepath.Join(root, "01.dcm"), filepath.Join(root, "A", "02.dcm")}
		if err != nil || !ok || !slices.Equal(files, want) {
			t.Errorf("files %q, %v, %v; want %q", files, ok, err, want)
		}
		if len(refused) != 1 || !strings.Contains(refused[0], "GONE") {
			t.Errorf("refused %q", refused)
		}
	}
}

// File IDs are in capitals and have no extension; copies of a disc often differ.
func TestDirectoryFindsFilesSpelledOtherwise(t *testing.T) {
	for _, name := range []string{"im1", "IM1.dcm", "im1.DCM", "IM1;1", "Im1.IMA"} {
		root := t.TempDir()
		if err := os.Mkdir(filepath.Join(root, "series"), 0o700); err != nil {
			t.Fatal(err)
		}
		want := filepath.Join(root, "series", name)
		save(t, want, slice(1).encode(walk.ExplicitLE))
		path := filepath.Join(root, "dicomdir.dcm")
		save(t, path, dicomdir(false, `SERIES\IM1`))
		files, refused, ok, err := Directory(path)
		if err != nil || !ok || !slices.Equal(files, []string{want}) || len(refused) > 0 {
			t.Errorf("%s: files %q, refused %q, %v, %v", name, files, refused, ok, err)
		}
	}
}

func TestDirectoryStaysInItsFolder(t *testing.T) {
	outside := dir(t, run(2)...)
	root := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(root, "LINK")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	path := filepath.Join(root, "DICOMDIR")
	up := `..\` + filepath.Base(outside) + `\01.dcm`
	save(t, path, dicomdir(false, up, `LINK\01.dcm`, filepath.Join(outside, "01.dcm"), `A\..\..\x`))
	files, refused, ok, err := Directory(path)
	if err != nil || !ok || len(files) != 0 || len(refused) != 4 {
		t.Errorf("files %q, refused %q, %v, %v; want none and 4", files, refused, ok, err)
	}
}

func TestDirectoryOfOtherFiles(t *testing.T) {
	root := dir(t, run(1)...)
	if _, _, ok, err := Directory(filepath.Join(root, "01.dcm")); ok || err != nil {
		t.Errorf("a slice is taken for a DICOMDIR: %v, %v", ok, err)
	}
	save(t, filepath.Join(root, "notes"), []byte("this is no DICOM file at all"))
	if _, _, ok, err := Directory(filepath.Join(root, "notes")); ok || err != nil {
		t.Errorf("a text is taken for a DICOMDIR: %v, %v", ok, err)
	}
}
