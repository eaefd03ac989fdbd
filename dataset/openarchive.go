package dataset

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"glasswork/dataset/archive"
	"glasswork/dataset/series"
)

// openArchive opens what the zip file at path holds. The unpacked files are removed when the
// last series is closed.
func openArchive(
	ctx context.Context, path string,
) (series []*series.Series, skipped []string, err error) {
	if info, err := os.Stat(path); err == nil && info.Size() == 0 {
		return nil, nil, fmt.Errorf("%s is empty", path)
	}
	u, err := archive.Open(ctx, path)
	switch {
	case ctx.Err() != nil:
		return nil, nil, ctx.Err()
	case err != nil:
		return nil, nil, fmt.Errorf("%s cannot be opened: %w", path, err)
	}
	series, skipped, err = openFiles(ctx, u.Dir)
	skipped = append(u.Skipped, skipped...)
	switch {
	case len(series) > 0:
		shareArchive(series, path, u)
		return series, skipped, nil
	case ctx.Err() == nil:
		err = nothingPacked(path, skipped)
	}
	if closing := u.Close(); err == nil {
		err = closing
	}
	return nil, skipped, err
}

// shareArchive makes the last series that is closed remove the files.
func shareArchive(series []*series.Series, path string, u *archive.Unpacked) {
	var mu sync.Mutex
	left := len(series)
	for _, s := range series {
		s.Path = path
		s.OnClose(func() error {
			mu.Lock()
			defer mu.Unlock()
			if left--; left > 0 {
				return nil
			}
			return u.Close()
		})
	}
}

// nothingPacked says why nothing in an archive can be opened.
func nothingPacked(path string, skipped []string) error {
	if len(skipped) == 0 {
		return fmt.Errorf("%s holds no file that Glasswork opens", path)
	}
	return fmt.Errorf("%s holds no CT that can be opened; the first of %d reasons: %s", path,
		len(skipped), strings.TrimSuffix(skipped[0], "."))
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// packed separates archives from other files and says that they have to be opened one by one.
func packed(files []string) (left, skipped []string) {
	for _, file := range files {
		if archive.IsName(file) {
			skipped = append(skipped, filepath.Base(file)+
				": it is a zip archive; open it on its own.")
			continue
		}
		left = append(left, file)
	}
	return left, skipped
}
