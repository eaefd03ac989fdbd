package dataset

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"glasswork/dataset/npy"
	"glasswork/dataset/picture"
	"glasswork/dataset/volume"
)

func openNPY(ctx context.Context, _ string, files []string) (f found, err error) {
	for _, file := range files {
		if !strings.EqualFold(filepath.Ext(file), ".npy") {
			f.left = append(f.left, file)
			continue
		}
		if err := ctx.Err(); err != nil {
			return f, err
		}
		s, err := npy.Series(file)
		if err != nil {
			f.skipped = append(f.skipped, sentence(err))
			continue
		}
		f.series = append(f.series, s)
	}
	return f, nil
}

// openPictures makes one series of all pictures of one size in one folder, in natural
// order of their names: a stack only has slices of one size.
func openPictures(ctx context.Context, root string, files []string) (f found, err error) {
	type key struct {
		dir           string
		width, height int
	}
	groups := map[key][]string{}
	var order []key
	sizes := map[string]int{} // folder to how many sizes it has
	for _, file := range files {
		if !picture.IsName(file) {
			f.left = append(f.left, file)
			continue
		}
		if err := ctx.Err(); err != nil {
			return f, err
		}
		if isMaskFolder(filepath.Dir(file), files) {
			f.skipped = appendOnce(f.skipped, fmt.Sprintf("%s: it holds the masks of the pictures beside it, not slices.", filepath.Base(filepath.Dir(file))))
			continue
		}
		w, h, err := picture.Size(file)
		if err != nil {
			f.skipped = append(f.skipped, fmt.Sprintf("%s: %v.", filepath.Base(file), err))
			continue
		}
		k := key{filepath.Dir(file), w, h}
		if groups[k] == nil {
			order = append(order, k)
			sizes[k.dir]++
		}
		groups[k] = append(groups[k], file)
	}
	for _, k := range order {
		list := groups[k]
		slices.SortFunc(list, picture.CompareNatural)
		name := filepath.Base(k.dir)
		if len(list) == 1 {
			name = filepath.Base(list[0])
		} else if sizes[k.dir] > 1 {
			name = fmt.Sprintf("%s (%d × %d)", name, k.width, k.height)
		}
		s := picture.Series(root, name, list, k.width, k.height)
		if sizes[k.dir] > 1 {
			s.Warnings = append(s.Warnings, fmt.Sprintf("The pictures in %s have %d different sizes, so they are not slices of one volume; those of %d × %d are shown together.",
				filepath.Base(k.dir), sizes[k.dir], k.width, k.height))
		}
		f.series = append(f.series, s)
	}
	slices.SortStableFunc(f.series, func(a, b *volume.Series) int { return picture.CompareNatural(a.Files[0], b.Files[0]) })
	return f, nil
}

// isMaskFolder says whether dir holds the masks of a folder of images beside it,
// which files then lists too.
func isMaskFolder(dir string, files []string) bool {
	for _, pair := range pictureFolders() {
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
