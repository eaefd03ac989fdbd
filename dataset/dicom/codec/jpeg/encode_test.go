package jpeg

import (
	"encoding/binary"
	"math/bits"
)

// lossless is a picture for tests and how it is to be compressed.
type lossless struct {
	rows, columns, precision int
	selection, transform     int
	restartRows              int
	pix                      []uint16 // without the bits that the point transform drops
}

// encode returns the picture as JPEG lossless. Its Huffman codes have 5 bits each. Those of the
// last categories have up to 16, so that long codes are decoded too.
func (l lossless) encode() []byte {
	// a comment and fill bytes
	out := []byte{0xFF, markerSOI, 0xFF, 0xFE, 0, 4, 'h', 'i', 0xFF, 0xFF}
	out = append(out[:len(out)-1], 0xFF, markerDHT, 0, 2+1+16+17, 0)
	counts := [16]byte{4: 15, 14: 1, 15: 1}
	out = append(out, counts[:]...)
	for n := range byte(17) {
		out = append(out, n)
	}
	out = append(out, 0xFF, markerSOF3, 0, 11, byte(l.precision))
	out = binary.BigEndian.AppendUint16(out, uint16(l.rows))
	out = binary.BigEndian.AppendUint16(out, uint16(l.columns))
	out = append(out, 1, 1, 0x11, 0)
	if l.restartRows > 0 {
		out = append(out, 0xFF, markerDRI, 0, 4)
		out = binary.BigEndian.AppendUint16(out, uint16(l.restartRows*l.columns))
	}
	out = append(out, 0xFF, markerSOS, 0, 8, 1, 1, 0, byte(l.selection), 0, byte(l.transform))
	w := bitWriter{out: out}
	for y := range l.rows {
		if l.restartRows > 0 && y > 0 && y%l.restartRows == 0 {
			w.flush()
			w.out = append(w.out, 0xFF, markerRST0+byte((y/l.restartRows-1)&7))
		}
		for x := range l.columns {
			w.difference(int16(l.at(y, x) - l.prediction(y, x)))
		}
	}
	w.flush()
	return append(w.out, 0xFF, markerEOI)
}

func (l lossless) at(y, x int) int { return int(l.pix[y*l.columns+x]) >> l.transform }

// prediction follows T.81, H.1.2.1.
func (l lossless) prediction(y, x int) int {
	first := y == 0 || l.restartRows > 0 && y%l.restartRows == 0
	switch {
	case first && x == 0:
		return 1 << (l.precision - l.transform - 1)
	case first:
		return l.at(y, x-1)
	case x == 0:
		return l.at(y-1, x)
	}
	a, b, c := l.at(y, x-1), l.at(y-1, x), l.at(y-1, x-1)
	return []int{0, a, b, c, a + b - c, a + (b-c)>>1, b + (a-c)>>1, (a + b) >> 1}[l.selection]
}

// bitWriter writes entropy-coded bits with stuffed zeros.
type bitWriter struct {
	out  []byte
	acc  uint32
	free int // bits in acc
}

func (w *bitWriter) put(v uint32, n int) {
	for n--; n >= 0; n-- {
		w.acc, w.free = w.acc<<1|v>>n&1, w.free+1
		if w.free == 8 {
			w.out = append(w.out, byte(w.acc))
			if byte(w.acc) == 0xFF {
				w.out = append(w.out, 0)
			}
			w.acc, w.free = 0, 0
		}
	}
}

func (w *bitWriter) flush() {
	for w.free > 0 {
		w.put(1, 1)
	}
}

// difference writes the code of d's category and d's bits.
func (w *bitWriter) difference(d int16) {
	size := bits.Len16(uint16(max(d, -d)))
	if d == -1<<15 {
		size = 16
	}
	switch size {
	case 15:
		w.put(0b01111<<10, 15)
	case 16:
		w.put((0b01111<<10+1)<<1, 16)
	default:
		w.put(uint32(size), 5)
	}
	if size == 16 {
		return
	}
	if d < 0 {
		d--
	}
	w.put(uint32(uint16(d))&(1<<size-1), size)
}
