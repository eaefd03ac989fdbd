package encapsulated

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
)

// Frames returns the bytes of each of n frames. It trusts an offset table that points at fragments.
// If the table is empty or damaged, or has a number of frames other than n, it assumes one fragment
// per frame if there are n fragments. Otherwise each frame begins at a fragment that begins like a
// picture.
func (d *Data) Frames(n int) ([][]Span, error) {
	switch {
	case n < 1 || n > max(len(d.fragments), 1):
		return nil, fmt.Errorf("it claims %d frames but holds %d fragments of compressed pixels", n,
			len(d.fragments))
	case len(d.fragments) == 0:
		return nil, fmt.Errorf("%w: there are none", errDamaged)
	case n == 1 && len(d.lengths) != 1:
		return [][]Span{d.fragments}, nil
	}
	if frames := d.byTable(n); frames != nil {
		return frames, nil
	}
	if n == len(d.fragments) {
		return d.cut(indices(n)), nil
	}
	starts, err := d.pictures()
	if err != nil {
		return nil, err
	}
	if len(starts) != n || starts[0] != 0 {
		return nil, fmt.Errorf("its %d fragments of compressed pixels cannot be split into "+
			"%d frames", len(d.fragments), n)
	}
	return d.cut(starts), nil
}

// byTable splits fragments into frames by the offset table. It returns nil if the table cannot be
// right.
func (d *Data) byTable(n int) [][]Span {
	if len(d.table) != n {
		return nil
	}
	starts := make([]int, n)
	for i, off := range d.table {
		at, ok := slices.BinarySearchFunc(d.fragments, d.first+int64(off&(1<<62-1))+itemHeader,
			func(s Span, off int64) int {
				return int(min(max(s.Offset-off, -1), 1))
			})
		if !ok || i > 0 && at <= starts[i-1] || i == 0 && at > 0 {
			return nil
		}
		starts[i] = at
	}
	frames := d.cut(starts)
	for i, length := range d.lengths {
		if !shorten(frames[i], length) {
			return nil
		}
	}
	return frames
}

// shorten removes the padding of a frame of one fragment whose length is known.
func shorten(frame []Span, length uint64) bool {
	if len(frame) != 1 || length == 0 || length > uint64(frame[0].Length) {
		return false
	}
	frame[0].Length = int64(length)
	return true
}

// cut makes a frame of the fragments from each start to the next.
func (d *Data) cut(starts []int) [][]Span {
	frames := make([][]Span, len(starts))
	for i, from := range starts {
		to := len(d.fragments)
		if i+1 < len(starts) {
			to = starts[i+1]
		}
		frames[i] = slices.Clone(d.fragments[from:to])
	}
	return frames
}

// pictures returns the fragments that begin a picture.
func (d *Data) pictures() ([]int, error) {
	var starts []int
	var head [12]byte
	for i, s := range d.fragments {
		b := head[:min(s.Length, int64(len(head)))]
		if n, err := d.src.ReadAt(b, s.Offset); n < len(b) {
			return nil, fmt.Errorf("it could not be read: %w", err)
		}
		if beginsPicture(b) {
			starts = append(starts, i)
		}
	}
	return starts, nil
}

// beginsPicture recognises the first bytes of JPEG and JPEG-LS (SOI), JPEG 2000 (SOC and SIZ, or a
// JP2 file) and RLE (number of segments and offset of the first one).
func beginsPicture(b []byte) bool {
	for _, magic := range []string{"\xFF\xD8\xFF", "\xFF\x4F\xFF\x51", "\x00\x00\x00\x0CjP  "} {
		if bytes.HasPrefix(b, []byte(magic)) {
			return true
		}
	}
	if len(b) < 8 {
		return false
	}
	segments, first := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
	return segments >= 1 && segments <= 15 && first == 64
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
