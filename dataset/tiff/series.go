package tiff

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"glasswork/dataset/internal/natural"
	"glasswork/dataset/series"
	"glasswork/dataset/volume"
)

// group is what pages must have in common to be slices of one volume.
type group struct {
	// from is the file, or, for files of one page, their folder.
	from          string
	width, height int
	numeric       bool
}

// Open makes series of files. In a file of several pages, the pages of one size are a series. In a
// folder, the files that have one page of the same size are a series, in natural order of their
// names. skipped says in one sentence each why files are not offered. err is only ever that of ctx.
// root is what the user opened.
func Open(
	ctx context.Context, root string, files []string,
) (series []*series.Series, skipped []string, err error) {
	files = slices.SortedFunc(slices.Values(files), natural.Compare)
	var order []group
	pages := map[group]source{}
	for _, file := range files {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		found, o, err := readPages(file)
		if err != nil {
			skipped = append(skipped, fmt.Sprintf("%s: %v.", filepath.Base(file), err))
			continue
		}
		for _, p := range found {
			g := group{file, p.width, p.height, p.numeric()}
			if len(found) == 1 {
				g.from = filepath.Dir(file)
			}
			if pages[g] == nil {
				order = append(order, g)
			}
			pages[g] = append(pages[g], place{file, p, o})
		}
	}
	for _, g := range order {
		series = append(series, g.series(root, pages[g]))
	}
	return series, skipped, nil
}

// series offers pages as the slices of a volume without positions.
func (g group) series(root string, pages source) *series.Series {
	name := filepath.Base(g.from)
	if len(pages) == 1 {
		name = filepath.Base(pages[0].path)
	}
	s := &series.Series{
		ID: g.identity(pages), Format: "TIFF", Path: root, Files: pages.files(),
		Description: strings.TrimSuffix(name, filepath.Ext(name)),
		Geometry: volume.NewGeometry([3]int{len(pages), g.height, g.width}, [3]float64{1, 1, 1},
			volume.Point{}),
		Calibrated: g.numeric, Source: pages,
	}
	if g.numeric {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%s holds numbers without a unit; they are "+
			"taken as HU and rounded to whole HU.", name))
	} else {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%s holds grey values, not HU; it is shown "+
			"in an assumed lung window (center %d, width %d), so nothing can be measured by HU.",
			name, series.AssumedCenter, series.AssumedWidth))
	}
	s.Warnings = append(s.Warnings, fmt.Sprintf("%s does not say how large a pixel is or how the "+
		"patient lies; lengths, areas and volumes cannot be measured, and sides are assumed.",
		name))
	return s
}

// identity does not change when the files are moved.
func (g group) identity(pages source) string {
	sum := sha256.New()
	for _, p := range pages {
		fmt.Fprintf(sum, "%s|%d|%d\n", filepath.Base(p.path), fileSize(p.path), p.page.offset)
	}
	fmt.Fprintf(sum, "tiff %d×%d", g.width, g.height)
	return hex.EncodeToString(sum.Sum(nil))
}

// files returns the files of the pages, each once.
func (s source) files() (all []string) {
	for _, p := range s {
		if len(all) == 0 || all[len(all)-1] != p.path {
			all = append(all, p.path)
		}
	}
	return all
}
