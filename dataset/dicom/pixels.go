package dicom

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"

	"glasswork/dataset/dicom/codec"
	"glasswork/dataset/dicom/internal/walk"
	"glasswork/dataset/internal/osfile"
)

// slicePixels returns the number of pixels of one slice.
func (h *header) slicePixels() int { return h.rows * h.columns }

// pixelBytes returns how many bytes the pixels of one slice take.
func (h *header) pixelBytes() int { return h.slicePixels() * h.bitsAllocated / 8 }

// workspace holds what reading one slice needs besides the slice. It is reused for the next slice,
// so that reading a series produces no garbage.
type workspace struct {
	raw   []byte          // one slice as it is stored, compressed or not
	frame []byte          // one compressed slice decoded
	table *[1 << 16]int16 // HU by stored value with all allocated bits, for the scaling made
	made  scaling
	// inflated is shared by the workspaces of a source.
	inflated *inflated
}

// inflated holds the data set of the deflated multi-frame file that was read last.
type inflated struct {
	mu   sync.Mutex
	path string
	src  io.ReaderAt
}

// readPixels fills hu ([y,x]) with the slice of h in HU. d decodes compressed pixels.
func (h *header) readPixels(ctx context.Context, d *codec.Decoder, hu []int16, w *workspace) error {
	if len(hu) != h.slicePixels() {
		return fmt.Errorf("a slice of %d pixels was asked for, it has %d", len(hu), h.slicePixels())
	}
	f, err := os.Open(h.path)
	if err != nil {
		return osfile.Plain(err)
	}
	defer f.Close()
	if err := h.unchanged(f); err != nil {
		return err
	}
	if h.Compressed {
		return h.readFrame(ctx, d, f, h.frame, hu, w)
	}
	src, err := h.dataSet(f, w)
	if err != nil {
		return err
	}
	if h.inPlace() {
		if err := h.readStored(src, bytesOf(hu)); err != nil {
			return err
		}
		if h.toHUInPlace(hu) {
			return nil
		}
	}
	n := h.pixelBytes()
	if cap(w.raw) < n {
		w.raw = make([]byte, n)
	}
	w.raw = w.raw[:n]
	if err := h.readStored(src, w.raw); err != nil {
		return err
	}
	h.toHU(hu, w.raw, w)
	return nil
}

// dataSet is what the pixels of h stand in: its file f, or what that inflates to.
func (h *header) dataSet(f *os.File, w *workspace) (io.ReaderAt, error) {
	if h.Deflated {
		return w.inflated.of(h, f)
	}
	return f, nil
}

// unchanged returns an error if the file is no longer the one whose header was read, because its
// pixels may be elsewhere.
func (h *header) unchanged(f *os.File) error {
	info, err := f.Stat()
	switch {
	case err != nil:
		return osfile.Plain(err)
	case info.Size() < h.fileSize:
		return errors.New("it has become shorter since it was opened")
	case info.Size() != h.fileSize || !info.ModTime().Equal(h.modified):
		return errors.New("it has changed since it was opened; open the series again")
	}
	return nil
}

// readStored fills raw with the pixels as they are stored.
func (h *header) readStored(src io.ReaderAt, raw []byte) error {
	_, err := src.ReadAt(raw, h.pixels.Value+int64(h.frame)*int64(h.pixelBytes()))
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("it has become shorter since it was opened")
	case err != nil:
		return osfile.Plain(err)
	}
	return nil
}

// of inflates the data set of h's file f, once for all its frames.
func (in *inflated) of(h *header, f *os.File) (io.ReaderAt, error) {
	if h.frames == 1 {
		return h.inflate(f)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.path == h.path {
		return in.src, nil
	}
	src, err := h.inflate(f)
	if err == nil {
		in.path, in.src = h.path, src
	}
	return src, err
}

// inflate inflates the data set of f again.
func (h *header) inflate(f *os.File) (io.ReaderAt, error) {
	data, err := walk.Find(f, h.fileSize)
	return data.Src, err
}

// toHU converts the stored pixels raw to HU.
func (h *header) toHU(hu []int16, raw []byte, w *workspace) {
	switch {
	case h.pixels.Tag == walk.FloatPixels || h.pixels.Tag == walk.DoublePixels:
		h.floatsToHU(hu, raw)
	case h.bitsAllocated == 16 && len(hu) >= 1<<14: // fewer pixels are not worth a table
		h.toHUByTable(hu, raw, w)
	default:
		stored := h.storedReader(raw)
		for i := range hu {
			hu[i] = h.hu(stored(i))
		}
	}
}

// toHUByTable looks up every 16-bit pixel, which is several times as fast as computing it.
func (h *header) toHUByTable(hu []int16, raw []byte, w *workspace) {
	table := h.table(w)
	raw = raw[:2*len(hu)]
	if h.BigEndian {
		for i := range hu {
			hu[i] = table[binary.BigEndian.Uint16(raw[2*i:])]
		}
		return
	}
	for i := range hu {
		hu[i] = table[binary.LittleEndian.Uint16(raw[2*i:])]
	}
}

// table returns the HU of each stored value of 16 bits. It is computed again only if the scaling
// changes.
func (h *header) table(w *workspace) *[1 << 16]int16 {
	if w.table == nil || w.made != h.scaling {
		if w.table == nil {
			w.table = new([1 << 16]int16)
		}
		w.made = h.scaling
		for i := range w.table {
			w.table[i] = h.hu(int64(i))
		}
	}
	return w.table
}

// storedReader returns a function that reads pixel i with all its allocated bits.
func (h *header) storedReader(raw []byte) func(i int) int64 {
	order := binary.ByteOrder(binary.LittleEndian)
	if h.BigEndian {
		order = binary.BigEndian
	}
	switch h.bitsAllocated {
	case 8:
		if h.BigEndian && h.pixels.VR == "OW" { // bytes swapped within words, PS3.5 annex D
			return func(i int) int64 { return int64(raw[min(i^1, len(raw)-1)]) }
		}
		return func(i int) int64 { return int64(raw[i]) }
	case 32:
		return func(i int) int64 { return int64(order.Uint32(raw[4*i:])) }
	default:
		return func(i int) int64 { return int64(order.Uint16(raw[2*i:])) }
	}
}

// floatsToHU converts floating-point pixels to HU. NaN becomes air.
func (h *header) floatsToHU(hu []int16, raw []byte) {
	order := binary.ByteOrder(binary.LittleEndian)
	if h.BigEndian {
		order = binary.BigEndian
	}
	for i := range hu {
		var v float64
		if h.bitsAllocated == 64 {
			v = math.Float64frombits(order.Uint64(raw[8*i:]))
		} else {
			v = float64(math.Float32frombits(order.Uint32(raw[4*i:])))
		}
		if math.IsNaN(v) || h.hasPadding && v >= h.floatPadding[0] && v <= h.floatPadding[1] {
			hu[i] = defaultPaddingHU
			continue
		}
		hu[i] = clamp(math.Round(v*h.slope + h.intercept))
	}
}

// scaling determines how a stored value becomes HU.
type scaling struct {
	bitsAllocated, bitsStored, highBit int
	signed, inverted, hasRescale       bool
	slope, intercept                   float64
	// lowest and highest stored value that means "no data"
	padding      [2]int
	hasPadding   bool
	floatPadding [2]float64 // the same of floating-point pixels
	// instead of slope and intercept; nil if there is none
	lut *lookup
}

// hu returns the value of a pixel from all its allocated bits (PS3.3 C.7.6.3.1 and C.11.1). The
// stored bits are cut out and sign-extended, padding becomes air, slope and intercept are applied,
// and the result is rounded and clamped to int16.
//
// The output of the rescale is HU, whatever the photometric interpretation says, because that only
// governs the display. MONOCHROME1's grey values are inverted only if there is no rescale, because
// then nothing else says which end is dark.
func (s *scaling) hu(whole int64) int16 {
	v := s.cut(whole)
	if s.isPadding(v) || s.isPadding(int(whole)) {
		return defaultPaddingHU
	}
	if s.lut != nil {
		return clamp(float64(s.lut.at(v)))
	}
	if s.inverted && !s.hasRescale {
		low, high := s.limits()
		v = low + high - v
	}
	return clamp(math.Round(float64(v)*s.slope + s.intercept))
}

// cut extracts the stored bits from the allocated ones.
func (s *scaling) cut(whole int64) int {
	shift, unused := max(s.highBit+1-s.bitsStored, 0), 64-s.bitsStored
	if s.signed {
		return int(whole>>shift) << unused >> unused
	}
	return int(uint64(whole>>shift) << unused >> unused)
}

// limits returns the lowest and the highest value that the stored bits can hold.
func (s *scaling) limits() (low, high int) {
	if s.signed {
		return -1 << (s.bitsStored - 1), 1<<(s.bitsStored-1) - 1
	}
	return 0, 1<<s.bitsStored - 1
}

func (s *scaling) isPadding(v int) bool {
	return s.hasPadding && v >= s.padding[0] && v <= s.padding[1]
}

func clamp(v float64) int16 {
	return int16(min(max(v, math.MinInt16), math.MaxInt16))
}
