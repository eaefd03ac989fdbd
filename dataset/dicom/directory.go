package dicom

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"glasswork/dataset/dicom/internal/walk"
	"glasswork/dataset/internal/osfile"
)

// Directory returns the files that a DICOMDIR lists (PS3.10). It returns only regular files inside
// the DICOMDIR's own folder. refused names references that lead out of it through "..", an absolute
// path or a symbolic link. ok is false if path is not a DICOMDIR.
func Directory(path string) (files, refused []string, ok bool, err error) {
	h, err := readHeader(path)
	if errors.Is(err, walk.ErrNotDICOM) {
		return nil, nil, false, nil
	}
	if err != nil {
		return nil, nil, strings.EqualFold(filepath.Base(path), "DICOMDIR"), err
	}
	if h.sopClass != uidMediaDirectory && len(h.directoryRecords) == 0 {
		return nil, nil, false, nil
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, nil, true, osfile.Plain(err)
	}
	defer root.Close()
	seen := map[string]bool{}
	for _, record := range h.directoryRecords {
		name := filepath.Join(strings.Split(record, "\\")...)
		if record == "" || seen[name] {
			continue
		}
		seen[name] = true
		name = spelled(root, name)
		switch info, err := root.Stat(name); {
		case !filepath.IsLocal(name) || (err != nil && !errors.Is(err, os.ErrNotExist)):
			refused = append(refused, oneLine(fmt.Sprintf("DICOMDIR names %.100q, which does not "+
				"lie in its folder; it was not opened.", name)))
		case err != nil:
			refused = append(refused,
				oneLine(fmt.Sprintf("DICOMDIR names %.100q, which is not there.", name)))
		case info.Mode().IsRegular():
			files = append(files, filepath.Join(filepath.Dir(path), name))
		}
	}
	return files, refused, true, nil
}

// spelled is the name by which a file that a DICOMDIR names lies below root: copying may have
// changed the case of a name, given it an extension, or a version as on old discs. It is name
// itself where there is no such file, or more than one.
func spelled(root *os.Root, name string) string {
	if !filepath.IsLocal(name) {
		return name
	}
	if _, err := root.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		return name
	}
	found := ""
	for part := range strings.SplitSeq(filepath.ToSlash(name), "/") {
		folder, err := root.Open(filepath.FromSlash(cmp.Or(found, ".")))
		if err != nil {
			return name
		}
		entries, err := folder.ReadDir(-1)
		_ = folder.Close()
		if err != nil {
			return name
		}
		entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
			return !spellsAs(e.Name(), part)
		})
		if len(entries) != 1 {
			return name
		}
		found = filepath.Join(found, entries[0].Name())
	}
	return found
}

// spellsAs says whether the name of a file is that of a File ID, which is in capitals and has no
// extension.
func spellsAs(file, id string) bool {
	file, _, _ = strings.Cut(file, ";")
	bare := strings.TrimSuffix(file, filepath.Ext(file))
	return strings.EqualFold(file, id) || strings.EqualFold(bare, id) ||
		strings.EqualFold(strings.TrimSuffix(file, "."), id)
}

// Is says whether a file is surely DICOM by how it begins, whatever it is called.
func Is(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 132)
	n, _ := io.ReadFull(f, head) // a shorter file shows less
	return walk.Begins(head[:n])
}
