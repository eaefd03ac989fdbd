package tiff

import (
	"compress/zlib"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"math"
	"os"
	"path/filepath"

	"golang.org/x/image/tiff"

	"glasswork/dataset/internal/osfile"
	"glasswork/dataset/picture"
)

// readHU decodes a page as HU, [y,x]. Grey values are mapped into the assumed lung window. Other
// numbers are rounded and clamped.
func readHU(path string, p page, o binary.ByteOrder) ([]int16, error) {
	f, size, err := osfile.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if p.numeric() {
		return numbers(f, p, o)
	}
	return grey(f, size, p, o)
}

// grey decodes a page with the library.
func grey(f io.ReaderAt, size int64, p page, o binary.ByteOrder) (hu []int16, err error) {
	img, err := decode(io.NewSectionReader(pageOf{f, p.offset, o}, 0, size))
	if err != nil || img.Bounds().Dx() != p.width || img.Bounds().Dy() != p.height {
		return nil, errors.New("its pixels are damaged or compressed in a way that cannot be read")
	}
	g, _, _ := picture.Grey(img)
	hu = make([]int16, len(g))
	picture.HU(hu, g)
	return hu, nil
}

// decode calls the library and turns its panics into errors.
func decode(r io.Reader) (img image.Image, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("damaged")
		}
	}()
	return tiff.Decode(r)
}

// pageOf presents a file as if another page were its first. The library reads only the first page.
type pageOf struct {
	io.ReaderAt
	offset uint32
	o      binary.ByteOrder
}

func (p pageOf) ReadAt(b []byte, off int64) (int, error) {
	n, err := p.ReaderAt.ReadAt(b, off)
	first := make([]byte, 4)
	p.o.PutUint32(first, p.offset)
	for i := range n {
		if at := off + int64(i) - 4; at >= 0 && at < 4 {
			b[i] = first[at]
		}
	}
	return n, err
}

// numbers reads signed and floating-point pixels, which the library does not support.
func numbers(f io.ReaderAt, p page, o binary.ByteOrder) ([]int16, error) {
	if p.tiled || p.predictor != 1 || p.compression != 1 && p.compression != 8 &&
		p.compression != 32946 {
		return nil, errors.New("its numbers are compressed in a way that cannot be read; save " +
			"them uncompressed or deflated, in strips")
	}
	value, err := valueOf(p, o)
	if err != nil {
		return nil, err
	}
	row := p.width * p.bits / 8
	if p.rowsPerStrip < 1 || len(p.strips) != (p.height+p.rowsPerStrip-1)/p.rowsPerStrip ||
		len(p.stripBytes) != len(p.strips) {
		return nil, errors.New("its strips do not fit its size")
	}
	hu := make([]int16, 0, p.width*p.height)
	for i := range p.strips {
		rows := min(p.rowsPerStrip, p.height-i*p.rowsPerStrip)
		b := make([]byte, rows*row)
		if err := strip(f, p, i, b); err != nil {
			return nil, err
		}
		for at := 0; at < len(b); at += p.bits / 8 {
			v := value(b[at:])
			if math.IsNaN(v) {
				v = -1024
			}
			hu = append(hu, int16(math.Round(min(max(v, math.MinInt16), math.MaxInt16))))
		}
	}
	return hu, nil
}

// strip fills b with a strip's pixels.
func strip(f io.ReaderAt, p page, i int, b []byte) error {
	var r io.Reader = io.NewSectionReader(f, int64(p.strips[i]), int64(p.stripBytes[i]))
	if p.compression != 1 {
		z, err := zlib.NewReader(r)
		if err != nil {
			return errors.New("its pixels are damaged")
		}
		r = z
	}
	if _, err := io.ReadFull(r, b); err != nil {
		return errors.New("its pixels are cut short or damaged")
	}
	return nil
}

// valueOf returns the function that reads one number.
func valueOf(p page, o binary.ByteOrder) (func(b []byte) float64, error) {
	switch [2]int{p.format, p.bits} {
	case [2]int{1, 32}:
		return func(b []byte) float64 { return float64(o.Uint32(b)) }, nil
	case [2]int{2, 8}:
		return func(b []byte) float64 { return float64(int8(b[0])) }, nil
	case [2]int{2, 16}:
		return func(b []byte) float64 { return float64(int16(o.Uint16(b))) }, nil
	case [2]int{2, 32}:
		return func(b []byte) float64 { return float64(int32(o.Uint32(b))) }, nil
	case [2]int{3, 32}:
		return func(b []byte) float64 { return float64(math.Float32frombits(o.Uint32(b))) }, nil
	case [2]int{3, 64}:
		return func(b []byte) float64 { return math.Float64frombits(o.Uint64(b)) }, nil
	}
	return nil, fmt.Errorf("its numbers have %d bits of the kind %d, which cannot be read", p.bits,
		p.format)
}

// source reads one page per slice.
type source []place

// place is a page of a file.
type place struct {
	path  string
	page  page
	order binary.ByteOrder
}

// ReadSlice fills hu ([y,x]) with page z.
func (s source) ReadSlice(ctx context.Context, z int, hu []int16) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if z < 0 || z >= len(s) {
		return fmt.Errorf("page %d was asked for, there are %d", z+1, len(s))
	}
	read, err := readHU(s[z].path, s[z].page, s[z].order)
	if err == nil && len(read) != len(hu) {
		err = errors.New("its size has changed since it was opened")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(s[z].path), err)
	}
	copy(hu, read)
	return nil
}

func (s source) Close() error { return nil }

// fileSize is part of a series' identity. It is 0 if the file no longer exists.
func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
