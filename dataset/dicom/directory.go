package dicom

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"glasswork/dataset/dicom/internal/walk"
	"glasswork/dataset/internal/osfile"
)

// Directory returns the files that a DICOMDIR lists (PS3.10). Only regular files
// inside the DICOMDIR's own folder are returned; references that lead out of it,
// through "..", an absolute path or a symbolic link, are named in refused.
// ok is false if path is no DICOMDIR.
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
