package object

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/internal/walk"
)

const (
	// maxValues is how many bytes of memory the elements of one object may take. Large pixels add
	// half of their size.
	maxValues = 48 << 20
	// elementCost and itemCost are the bytes that one takes besides its value.
	elementCost, itemCost = 176, 136
	chunk                 = 16 << 10
)

var errTooMuch = fmt.Errorf("it holds more than %d MiB besides its pixels", maxValues>>20)

// reader converts what a walker finds to elements.
type reader struct {
	data   walk.DataSet
	walker *walk.Walker
	budget int64
	pixels *Pixels
	// keep says which elements are read, and stops the reading at the pixels. If it is nil, all are
	// read.
	keep func(walk.Element) bool
}

// scope is what elements inherit from the data set around them.
type scope struct {
	top    bool
	depth  int
	text   textDecoder
	signed bool // PixelRepresentation, which decides between US and SS
}

func (r *reader) spend(n int64) error {
	if r.budget -= n; r.budget < 0 {
		return errTooMuch
	}
	return nil
}

// set reads elements from off to end, or up to the delimiter if the item is open. It returns the
// offset after them. The elements are sorted by tag. Of two with the same tag, it keeps the first.
func (r *reader) set(off, end int64, open bool,
	in scope,
) (all []*dicom.Element, next int64, err error) {
	defer func() {
		slices.SortStableFunc(all, func(a, b *dicom.Element) int { return a.Tag.Compare(b.Tag) })
		all = slices.CompactFunc(all, func(a, b *dicom.Element) bool { return a.Tag == b.Tag })
	}()
	for open || off < end {
		if in.top && end-off < 8 {
			break // trailing padding shorter than any element
		}
		e, err := r.walker.Next(off)
		if err != nil {
			return all, 0, err
		}
		if open && e.Tag == walk.ItemEnd {
			return all, e.Value, nil
		}
		if !open && !e.Open() && e.End() > end && !r.isPixels(e, in) {
			return all, 0, fmt.Errorf("%w: element (%04X,%04X) is longer than what holds it",
				walk.ErrDamaged, e.Tag>>16, e.Tag&0xFFFF)
		}
		if r.keep != nil && r.isPixels(e, in) {
			r.keep(e)
			return all, off, nil
		}
		read, next, err := r.element(e, in)
		if err != nil {
			return all, 0, err
		}
		if off = next; read == nil {
			continue
		}
		all = append(all, read)
		in = in.after(read)
	}
	return all, off, nil
}

// after returns the scope that holds after element e.
func (in scope) after(e *dicom.Element) scope {
	switch e.Tag {
	case tag.SpecificCharacterSet:
		in.text = newTextDecoder(texts(e))
	case tag.PixelRepresentation:
		n := ints(e)
		in.signed = len(n) > 0 && n[0] == 1
	}
	return in
}

func (r *reader) isPixels(e walk.Element, in scope) bool {
	return in.top && (e.Tag == walk.PixelData || e.Tag == walk.PixelData-1 ||
		e.Tag == walk.PixelData-2)
}

// element reads one element and returns the offset after it. The element is nil if it is not kept.
func (r *reader) element(e walk.Element, in scope) (*dicom.Element, int64, error) {
	t := tag.Tag{Group: uint16(e.Tag >> 16), Element: uint16(e.Tag)}
	switch {
	case r.isPixels(e, in):
		return nil, r.foundPixels(e, t), nil
	// pixels of an icon, whose other elements are useless without them
	case e.Open() && e.Tag == walk.PixelData:
		next, err := r.skipFragments(e)
		return nil, next, err
	case e.Tag>>16 == 0xFFFE:
		return nil, 0, fmt.Errorf("%w: a delimiter stands where an element belongs",
			walk.ErrDamaged)
	}
	unknown := e.VR == "UN"
	if e.VR == "" || unknown || t == tag.SpecificCharacterSet {
		e.VR = dictionaryVR(t, in.signed)
	} else {
		e.VR = r.mended(e, t, in)
	}
	if unknown {
		defer r.walker.Unknown()()
	}
	if r.keep != nil && !r.keep(e) {
		next, err := r.walker.Skip(e)
		return nil, next, err
	}
	vr := e.VR
	if err := r.spend(elementCost); err != nil {
		return nil, 0, err
	}
	if vr == "SQ" || vr == "UN" && e.Open() {
		items, next, err := r.items(e, in)
		switch {
		case err == nil:
			return newElement(t, "SQ", items), next, nil
		case !unknown || e.Open() || errors.Is(err, errTooMuch):
			return nil, 0, err
		}
		vr = "UN" // not what the dictionary expects
	}
	if e.Open() {
		return nil, 0, fmt.Errorf("%w: element (%04X,%04X) has no end", walk.ErrDamaged, t.Group,
			t.Element)
	}
	if e.Tag&0xFFFF == 0 || e.Tag == 0xFFFC_FFFC { // group lengths and trailing padding
		return nil, e.End(), nil
	}
	value, err := r.value(e, vr, in.text)
	if err != nil {
		return nil, 0, err
	}
	return newElement(t, vr, value), e.End(), nil
}

// items reads the items of sequence e.
func (r *reader) items(e walk.Element, in scope) (all [][]*dicom.Element, next int64, err error) {
	in.top = false
	if in.depth++; in.depth > walk.MaxDepth {
		return nil, 0, fmt.Errorf("%w: sequences are nested deeper than %d levels", walk.ErrDamaged,
			walk.MaxDepth)
	}
	off := e.Value
	for e.Open() || off < e.End() {
		item, err := r.walker.Next(off)
		if err != nil {
			return nil, 0, err
		}
		if item.Tag == walk.SequenceEnd && e.Open() {
			return all, item.Value, nil
		}
		if item.Tag != walk.Item {
			return nil, 0, fmt.Errorf("%w: a sequence holds something that is not an item",
				walk.ErrDamaged)
		}
		if !e.Open() && !item.Open() && item.End() > e.End() {
			return nil, 0, fmt.Errorf("%w: an item is longer than its sequence", walk.ErrDamaged)
		}
		if err := r.spend(itemCost); err != nil {
			return nil, 0, err
		}
		elements, next, err := r.set(item.Value, item.End(), item.Open(), in)
		if err != nil {
			return nil, 0, err
		}
		all, off = append(all, elements), next
	}
	return all, off, nil
}

// foundPixels notes where the pixels are. A value that reaches past the end of the file is cut
// there.
func (r *reader) foundPixels(e walk.Element, t tag.Tag) (next int64) {
	p := &Pixels{
		Tag: t, VR: e.VR, src: r.data.Src,
		BigEndian: r.walker.Order == binary.BigEndian || r.data.BigPixels,
		off:       e.Value,
	}
	if p.VR == "" {
		p.VR = "OW"
	}
	if r.pixels == nil {
		r.pixels = p
	}
	if !e.Open() {
		p.Claimed = int64(e.Length)
		p.Size = min(p.Claimed, r.data.Size-e.Value)
		return e.Value + p.Size
	}
	p.Compressed = true
	next, err := r.skipFragments(e)
	if err != nil { // a missing value is reported when the pixels are read
		p.Size = r.data.Size - e.Value
		return r.data.Size
	}
	p.Size = next - e.Value
	p.Claimed = p.Size
	return next
}

// skipFragments returns the offset after encapsulated pixel data.
func (r *reader) skipFragments(e walk.Element) (int64, error) {
	for off := e.Value; ; {
		item, err := r.walker.Next(off)
		switch {
		case err != nil:
			return 0, err
		case item.Tag == walk.SequenceEnd:
			return item.Value, nil
		case item.Tag != walk.Item || item.Open():
			return 0, fmt.Errorf("%w: its pixels hold something that is not a fragment",
				walk.ErrDamaged)
		}
		off = item.End()
	}
}

// value reads the value of e, whose representation is vr, in the library's form: []int, []float64,
// []byte, or one string in which backslashes separate values.
func (r *reader) value(e walk.Element, vr string, text textDecoder) (any, error) {
	n := int64(e.Length)
	switch width := numberWidth(vr); {
	case vr == "FL" || vr == "FD":
		if err := r.spend(n * 8 / int64(width)); err != nil {
			return nil, err
		}
		return r.floats(e, width)
	case isInteger(vr):
		if err := r.spend(n * 8 / int64(width)); err != nil {
			return nil, err
		}
		return r.integers(e, vr, width)
	case isBytes(vr):
		if err := r.spend(n); err != nil {
			return nil, err
		}
		return r.bytes(e, width)
	}
	if err := r.spend(n); err != nil {
		return nil, err
	}
	s, err := r.text(e)
	if err != nil || !usesCharacterSet(vr) || isASCII(s) {
		return []string{s}, err
	}
	if err := r.spend(5 * n); err != nil {
		return nil, err
	}
	return []string{text.decode(s, vr)}, nil
}

// text reads a value as one string without its padding. It reads in chunks, so that the text is in
// memory only once.
func (r *reader) text(e walk.Element) (string, error) {
	if e.Length <= chunk {
		b, err := r.walker.Bytes(e.Value, int(e.Length))
		return string(bytes.TrimRight(b, " \x00")), err
	}
	var s strings.Builder
	s.Grow(int(e.Length))
	err := r.chunks(e, func(b []byte) { s.Write(b) })
	return strings.TrimRight(s.String(), " \x00"), err
}

// bytes reads a value as little endian numbers of width bytes.
func (r *reader) bytes(e walk.Element, width int) ([]byte, error) {
	out := make([]byte, 0, e.Length)
	if err := r.chunks(e, func(b []byte) { out = append(out, b...) }); err != nil {
		return nil, err
	}
	if r.walker.Order == binary.BigEndian {
		swap(out, width)
	}
	return out, nil
}

func (r *reader) integers(e walk.Element, vr string, width int) ([]int, error) {
	out := make([]int, 0, int(e.Length)/width)
	order := r.walker.Order
	err := r.chunks(e, func(b []byte) {
		for ; len(b) >= width; b = b[width:] {
			out = append(out, integer(b, vr, order))
		}
	})
	return out, err
}

func (r *reader) floats(e walk.Element, width int) ([]float64, error) {
	out := make([]float64, 0, int(e.Length)/width)
	order := r.walker.Order
	err := r.chunks(e, func(b []byte) {
		for ; len(b) >= width; b = b[width:] {
			out = append(out, float(b, width, order))
		}
	})
	return out, err
}

// chunks calls use for the bytes of e's value. Each time it gets a multiple of 8 bytes.
func (r *reader) chunks(e walk.Element, use func([]byte)) error {
	for off, left := e.Value, int64(e.Length); left > 0; {
		n := min(left, chunk)
		b, err := r.walker.Bytes(off, int(n))
		if err != nil {
			return err
		}
		use(b)
		off, left = off+n, left-n
	}
	return nil
}
