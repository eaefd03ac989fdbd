// Package tiff reads stacks of slices from TIFF files: several pages in one file, or one page in
// each file. Unsigned whole numbers are grey values, as in pictures. Signed and floating-point
// numbers are taken as HU.
package tiff

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"glasswork/dataset/internal/osfile"
)

const (
	largestSide = 1 << 14
	maxPages    = 1 << 14
	magic       = 42      // of a TIFF file, after its byte order
	bigMagic    = 43      // of a BigTIFF file
	maxEntries  = 1 << 10 // of a page's directory
	maxStrips   = 1 << 16
	// maxPixelsPerByte is how many pixels one byte of a file can become. The largest number comes
	// from CCITT's packing of white rows.
	maxPixelsPerByte = 1 << 14
)

// The tags of TIFF 6.0 that are used here.
const (
	tagWidth, tagHeight, tagBits, tagCompression, tagPhotometric = 256, 257, 258, 259, 262
	tagStrips, tagSamples, tagRowsPerStrip, tagStripBytes        = 273, 277, 278, 279
	tagPredictor, tagTileWidth, tagFormat                        = 317, 322, 339
)

// page is one picture in a file, as its directory describes it.
type page struct {
	offset                         uint32 // of the directory
	width, height                  int
	bits, samples, compression     int
	photometric, predictor, format int
	tiled                          bool
	rowsPerStrip                   int
	strips, stripBytes             []uint32
}

// IsName reports whether a file name has an extension of TIFF.
func IsName(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".tif", ".tiff":
		return true
	}
	return false
}

// readPages reads the directories of all pages.
func readPages(path string) ([]page, binary.ByteOrder, error) {
	f, size, err := osfile.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	return scan(f, size)
}

func scan(src io.ReaderAt, size int64) ([]page, binary.ByteOrder, error) {
	head := make([]byte, 8)
	if _, err := src.ReadAt(head, 0); err != nil {
		return nil, nil, errors.New("it is not a TIFF file")
	}
	var o binary.ByteOrder
	switch string(head[:2]) {
	case "II":
		o = binary.LittleEndian
	case "MM":
		o = binary.BigEndian
	default:
		return nil, nil, errors.New("it is not a TIFF file")
	}
	switch o.Uint16(head[2:]) {
	case magic:
	case bigMagic:
		return nil, nil, errors.New(
			"it is a BigTIFF file, which cannot be read; save it as TIFF or as single slices",
		)
	default:
		return nil, nil, errors.New("it is not a TIFF file")
	}
	d := directory{src: src, size: size, o: o}
	var pages []page
	seen := map[uint32]bool{}
	for at := o.Uint32(head[4:]); at != 0; {
		if seen[at] || len(pages) == maxPages {
			return nil, nil, errors.New("its pages have no end")
		}
		seen[at] = true
		p, next, err := d.page(at)
		if err != nil {
			return nil, nil, fmt.Errorf("its page %d is damaged: %w", len(pages)+1, err)
		}
		pages = append(pages, p)
		at = next
	}
	if len(pages) == 0 {
		return nil, nil, errors.New("it has no page")
	}
	return pages, o, nil
}

// directory reads the directories of pages.
type directory struct {
	src  io.ReaderAt
	size int64
	o    binary.ByteOrder
}

// page reads the directory at an offset and returns where the next one is.
func (d directory) page(at uint32) (p page, next uint32, err error) {
	count := make([]byte, 2)
	if _, err := d.src.ReadAt(count, int64(at)); err != nil {
		return p, 0, errors.New("it lies beyond the file's end")
	}
	n := int(d.o.Uint16(count))
	if n > maxEntries {
		return p, 0, fmt.Errorf("it has %d entries", n)
	}
	b := make([]byte, 12*n+4)
	if _, err := d.src.ReadAt(b, int64(at)+2); err != nil && !(errors.Is(err, io.EOF) &&
		int64(at)+2+int64(12*n) <= d.size) {
		return p, 0, errors.New("it is cut short")
	}
	p = page{offset: at, bits: 1, samples: 1, compression: 1, predictor: 1, format: 1}
	for i := range n {
		if err := d.entry(&p, b[12*i:12*i+12]); err != nil {
			return p, 0, err
		}
	}
	if p.rowsPerStrip == 0 {
		p.rowsPerStrip = p.height
	}
	return p, d.o.Uint32(b[12*n:]), p.check(d.size)
}

// entry reads one field of a directory. Fields that are not needed are ignored.
func (d directory) entry(p *page, e []byte) error {
	into := map[uint16]*int{
		tagWidth: &p.width, tagHeight: &p.height, tagBits: &p.bits, tagCompression: &p.compression,
		tagPhotometric: &p.photometric,
		tagSamples:     &p.samples, tagRowsPerStrip: &p.rowsPerStrip, tagPredictor: &p.predictor,
		tagFormat: &p.format,
	}
	tag := d.o.Uint16(e)
	switch to := into[tag]; {
	case tag == tagTileWidth:
		p.tiled = true
	case tag == tagStrips || tag == tagStripBytes || to != nil:
		v, err := d.numbers(e)
		if err != nil {
			return err
		}
		switch {
		case tag == tagStrips:
			p.strips = v
		case tag == tagStripBytes:
			p.stripBytes = v
		case len(v) > 0:
			*to = int(min(v[0], 1<<30))
		}
	}
	return nil
}

// numbers reads the values of a field of 16- or 32-bit numbers.
func (d directory) numbers(e []byte) ([]uint32, error) {
	count := d.o.Uint32(e[4:])
	size := map[uint16]uint32{1: 1, 3: 2, 4: 4}[d.o.Uint16(e[2:])]
	if size == 0 || count > maxStrips {
		return nil, errors.New("it has a field with a wrong type or length")
	}
	b := e[8:12]
	if count*size > 4 {
		b = make([]byte, count*size)
		if _, err := d.src.ReadAt(b, int64(d.o.Uint32(e[8:]))); err != nil {
			return nil, errors.New("it is cut short")
		}
	}
	v := make([]uint32, count)
	for i := range v {
		switch at := b[uint32(i)*size:]; size {
		case 1:
			v[i] = uint32(at[0])
		case 2:
			v[i] = uint32(d.o.Uint16(at))
		default:
			v[i] = d.o.Uint32(at)
		}
	}
	return v, nil
}

// check refuses pages that claim more pixels than their file can hold.
func (p *page) check(size int64) error {
	if p.width < 1 || p.height < 1 || p.width > largestSide || p.height > largestSide ||
		int64(p.width)*int64(p.height) > size*maxPixelsPerByte {
		return fmt.Errorf("it claims %d × %d pixels, more than it can hold", p.width, p.height)
	}
	if p.bits > 64 || p.samples < 1 || p.samples > 8 {
		return fmt.Errorf("it has %d values of %d bits a pixel", p.samples, p.bits)
	}
	return nil
}

// numeric reports whether a page holds numbers other than grey values: signed or floating-point
// ones.
func (p *page) numeric() bool {
	return p.samples == 1 && (p.format == 2 || p.format == 3 || p.bits > 16)
}
