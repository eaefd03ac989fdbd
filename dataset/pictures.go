package dataset

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"glasswork/dataset/internal/natural"
	"glasswork/dataset/picture"
	"glasswork/dataset/series"
)

// pictureGroup is what pictures must have in common to be slices of one stack.
type pictureGroup struct {
	dir           string
	width, height int
}

// takePictures makes one series of all pictures of one size in one folder, in natural
// order of their names: a stack only has slices of one size.
func takePictures(ctx context.Context, root string, files []string) (f found, err error) {
	groups := map[pictureGroup][]string{}
	sizes := map[string]int{} // folder to how many sizes it has
	for _, file := range files {
		dir := filepath.Dir(file)
		switch {
		case ctx.Err() != nil:
			return f, ctx.Err()
		case !picture.IsName(file):
			f.left = append(f.left, file)
			continue
		case isMaskFolder(dir, files):
			f.skipped = appendOnce(f.skipped, fmt.Sprintf("%s: it holds the masks of the "+
				"pictures beside it, not slices.", filepath.Base(dir)))
			continue
		}
		w, h, err := picture.Size(file)
		if err != nil {
			f.skipped = append(f.skipped, fmt.Sprintf("%s: %v.", filepath.Base(file), err))
			continue
		}
		group := pictureGroup{dir, w, h}
		if groups[group] == nil {
			sizes[dir]++
		}
		groups[group] = append(groups[group], file)
	}
	for group, list := range groups {
		f.series = append(f.series, group.series(root, list, sizes[group.dir]))
	}
	slices.SortFunc(f.series,
		func(a, b *series.Series) int { return natural.Compare(a.Files[0], b.Files[0]) })
	return f, nil
}

// series is the group's pictures as slices; sizes is how many sizes its folder has.
func (g pictureGroup) series(root string, files []string, sizes int) *series.Series {
	slices.SortFunc(files, natural.Compare)
	folder := filepath.Base(g.dir)
	name := folder
	if len(files) == 1 {
		name = filepath.Base(files[0])
	} else if sizes > 1 {
		name = fmt.Sprintf("%s (%d × %d)", folder, g.width, g.height)
	}
	s := picture.Series(root, name, files, g.width, g.height)
	if sizes > 1 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("The pictures in %s have %d different sizes, "+
			"so they are not slices of one volume; those of %d × %d are shown together.",
			folder, sizes, g.width, g.height))
	}
	return s
}

// isMaskFolder reports whether dir holds the masks of a folder of images beside it. files lists
// both.
func isMaskFolder(dir string, files []string) bool {
	for _, pair := range picture.Folders() {
		if filepath.Base(dir) != pair[1] {
			continue
		}
		images := filepath.Join(filepath.Dir(dir), pair[0])
		if slices.ContainsFunc(files, func(f string) bool { return filepath.Dir(f) == images }) {
			return true
		}
	}
	return false
}

func appendOnce(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
