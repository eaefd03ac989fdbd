package export

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"glasswork/dataset/atomicfile"
	"glasswork/dataset/classes"
	"glasswork/dataset/internal/kaggle"
	"glasswork/dataset/internal/osfile"
	"glasswork/dataset/npy"
)

// kaggleExporter writes the layout of the Kaggle arrays: images.npy float32 [n,h,w,1] in
// HU, masks.npy uint8 [n,h,w,4] one-hot (ground glass, consolidation, lungs other,
// background; both kinds of lesion for an unspecified lesion), reviewed.npy uint8 [n], and
// index.csv that says whose slices they are. Studies of different sizes go into arrays of their
// own, images_512x512.npy.
type kaggleExporter struct {
	dir          string
	onlyReviewed bool
	names        map[string]bool
	stacks       []*kaggleOut
}

// kaggleOut collects the slices of one size. The numbers are kept in temporary files until their
// count, which the header needs, is known.
type kaggleOut struct {
	h, w          int
	images, masks *os.File
	imagesTo      *bufio.Writer
	masksTo       *bufio.Writer
	rows          []kaggle.Row
}

func newKaggle(dir string, o Options) (exporter, error) {
	return &kaggleExporter{dir: dir, onlyReviewed: o.OnlyReviewed, names: map[string]bool{}}, nil
}

func (e *kaggleExporter) add(ctx context.Context, s Study) error {
	name := safeName(s.Name, e.names)
	out, err := e.stack(s.CT.Size[1], s.CT.Size[2])
	if err != nil {
		return err
	}
	spacing := s.CT.Spacing()
	for z, reviewed := range s.Reviewed {
		if err := ctx.Err(); err != nil {
			return err
		}
		if e.onlyReviewed && !reviewed {
			continue
		}
		if err := out.slice(s.CT.Slice(z), s.Labels.Slice(z)); err != nil {
			return fmt.Errorf("cannot write the slices of %s: %w", s.Name, osfile.Reason(err))
		}
		out.rows = append(out.rows, kaggle.Row{
			Case: name, Z: z, Reviewed: reviewed,
			Spacing: [2]float64{spacing[1], spacing[2]},
		})
	}
	return nil
}

// stack returns the arrays for slices of a size.
func (e *kaggleExporter) stack(h, w int) (*kaggleOut, error) {
	for _, s := range e.stacks {
		if s.h == h && s.w == w {
			return s, nil
		}
	}
	s := &kaggleOut{h: h, w: w}
	for _, f := range []**os.File{&s.images, &s.masks} {
		made, err := os.CreateTemp(e.dir, ".export-*.tmp")
		if err != nil {
			return nil, fmt.Errorf("cannot write into %s: %w", e.dir, osfile.Reason(err))
		}
		*f = made
	}
	s.imagesTo, s.masksTo = bufio.NewWriterSize(s.images, 1<<20),
		bufio.NewWriterSize(s.masks, 1<<20)
	e.stacks = append(e.stacks, s)
	return s, nil
}

// slice appends one slice.
func (s *kaggleOut) slice(hu []int16, labels []uint8) error {
	b := make([]byte, 0, 4*len(hu))
	for _, v := range hu {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
	}
	if _, err := s.imagesTo.Write(b); err != nil {
		return err
	}
	channelOf := [classes.Count]int{}
	for channel, class := range classes.KaggleChannels() {
		channelOf[class] = channel
	}
	hot := make([]byte, 4*len(labels))
	for i, c := range labels {
		if c == classes.Lesion {
			hot[4*i+channelOf[classes.GroundGlass]] = 1
			c = classes.Consolidation
		}
		hot[4*i+channelOf[c]] = 1
	}
	_, err := s.masksTo.Write(hot)
	return err
}

// finish puts headers before the numbers and gives the files their names.
func (e *kaggleExporter) finish() error {
	defer e.abandon()
	for _, s := range e.stacks {
		suffix := ""
		if len(e.stacks) > 1 {
			suffix = fmt.Sprintf("_%dx%d", s.w, s.h)
		}
		if err := s.finish(e.dir, suffix); err != nil {
			return err
		}
	}
	return nil
}

func (s *kaggleOut) finish(dir, suffix string) error {
	n := len(s.rows)
	path := func(kind, ext string) string { return filepath.Join(dir, kind+suffix+ext) }
	if err := s.array(path("images", ".npy"), s.images, s.imagesTo, "<f4", n, s.h, s.w,
		1); err != nil {
		return err
	}
	if err := s.array(path("masks", ".npy"), s.masks, s.masksTo, "|u1", n, s.h, s.w,
		4); err != nil {
		return err
	}
	err := atomicfile.WriteFile(path("reviewed", ".npy"), func(w io.Writer) error {
		flags := make([]byte, n)
		for i, r := range s.rows {
			if r.Reviewed {
				flags[i] = 1
			}
		}
		if err := npy.WriteHeader(w, "|u1", n); err != nil {
			return err
		}
		_, err := w.Write(flags)
		return err
	})
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(path("index", ".csv"),
		func(w io.Writer) error { return kaggle.WriteIndex(w, s.rows) })
}

// array writes a header and the numbers collected in from.
func (s *kaggleOut) array(
	path string, from *os.File, buffered *bufio.Writer, kind string, shape ...int,
) error {
	if err := buffered.Flush(); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, osfile.Reason(err))
	}
	if _, err := from.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, osfile.Reason(err))
	}
	return atomicfile.WriteFile(path, func(w io.Writer) error {
		if err := npy.WriteHeader(w, kind, shape...); err != nil {
			return err
		}
		_, err := io.Copy(w, from)
		return err
	})
}

// abandon removes the temporary files.
func (e *kaggleExporter) abandon() {
	for _, s := range e.stacks {
		for _, f := range []*os.File{s.images, s.masks} {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}
	e.stacks = nil
}
