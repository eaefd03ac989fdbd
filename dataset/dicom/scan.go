// Package dicom reads CT series from DICOM files and writes CT slices. It reads headers first. The
// pixels of a slice are read from the file when they are asked for.
//
// Package object reads the elements, and only those before the pixels of a slice. Native pixels are
// read straight from the file.
package dicom

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"glasswork/dataset/dicom/internal/walk"
	"glasswork/dataset/series"
)

// Result is the outcome of a scan.
type Result struct {
	Series []*series.Series
	// Skipped says, in one sentence per reason, which files are not offered and why.
	Skipped []string
	// Foreign holds the files that are not DICOM, in the given order.
	Foreign []string
}

// Scan reads the headers of files and groups them into series, sorted by description. A file that
// cannot be offered is not an error: Result.Skipped names it. err is only ever that of ctx. root is
// the path that the user opened. It becomes Series.Path.
func Scan(ctx context.Context, root string, files []string) (Result, error) {
	seen := make([]scanned, len(files))
	g, reading := errgroup.WithContext(ctx)
	g.SetLimit(2 * runtime.GOMAXPROCS(0)) // half of them wait for the disk
	for i, file := range files {
		g.Go(func() error {
			seen[i] = look(file)
			return reading.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return Result{}, err
	}
	var r Result
	var usable []*header
	reasons := newReasons()
	for i, s := range seen {
		switch {
		case errors.Is(s.err, walk.ErrNotDICOM):
			r.Foreign = append(r.Foreign, files[i])
			continue
		case s.err != nil:
			reasons.add(files[i], s.err.Error())
		}
		for _, why := range s.refused {
			reasons.add(files[i], why)
		}
		usable = append(usable, s.images...)
	}
	r.Skipped = reasons.sentences()
	var dropped []string
	r.Series, dropped = build(ctx, root, usable)
	r.Skipped = append(r.Skipped, dropped...)
	return r, nil
}

// scanned is what one file holds: its images, and clauses that say why others are not offered.
type scanned struct {
	images  []*header
	refused []string
	err     error
}

// look reads the header of a file and refuses what is not an image of a CT. A table of contents
// holds nothing. Directory opens the files that it lists.
func look(file string) (s scanned) {
	s.err = useHeader(file, func(h *header, data walk.DataSet) (err error) {
		switch {
		case h.sopClass == uidMediaDirectory || len(h.directoryRecords) > 0:
		case h.refusal() != "":
			s.refused = []string{h.refusal()}
		default:
			s.images, s.refused, err = h.images(data)
		}
		return err
	})
	return s
}

// reasons collects files that share a reason, so that 300 compressed slices give one sentence.
type reasons struct {
	order []string
	files map[string][]string
}

func newReasons() *reasons { return &reasons{files: map[string][]string{}} }

func (r *reasons) add(file, why string) {
	key := filepath.Dir(file) + "\x00" + why
	if r.files[key] == nil {
		r.order = append(r.order, key)
	}
	r.files[key] = append(r.files[key], filepath.Base(file))
}

// sentences returns one sentence for each folder and reason.
func (r *reasons) sentences() []string {
	out := make([]string, 0, len(r.order))
	for _, key := range r.order {
		_, why, _ := strings.Cut(key, "\x00")
		files := r.files[key]
		slices.Sort(files)
		name := files[0]
		if len(files) > 1 {
			name = fmt.Sprintf("%s and %d more", files[0], len(files)-1)
			if len(files) == 2 {
				name = files[0] + " and " + files[1]
			}
		}
		out = append(out, oneLine(fmt.Sprintf("%s: %s.", name, why)))
	}
	return out
}

// oneLine removes line breaks and control characters that come from damaged files.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F || r == '\uFFFD' {
			return ' '
		}
		return r
	}, s)
}

// limit cuts a text to n characters and removes what would separate values.
func limit(s string, n int) string {
	r := []rune(strings.ReplaceAll(oneLine(s), `\`, "/"))
	return string(r[:min(len(r), n)])
}
