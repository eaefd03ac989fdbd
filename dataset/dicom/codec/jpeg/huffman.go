package jpeg

import "encoding/binary"

const fastBits = 10

// huffman is one Huffman table. Codes of up to fastBits bits are looked up. Longer ones are found
// by comparing with the largest code of each length.
type huffman struct {
	fast   [1 << fastBits]uint16 // length<<8 | value; 0: no such short code
	limit  [18]int32             // first code of 16 bits, left-aligned, that is longer than i bits
	offset [17]int32             // added to a code of i bits it gives its place in values
	values [256]byte
	count  int32
}

// newHuffman reads a table from the 16 counts and the values at the beginning of b. It returns how
// many bytes the table has.
func newHuffman(b []byte) (*huffman, int, error) {
	if len(b) < 16 {
		return nil, 0, damaged("a Huffman table is cut short")
	}
	h := &huffman{}
	code, at := int32(0), int32(0)
	for bits := 1; bits <= 16; bits++ {
		n := int32(b[bits-1])
		if at+n > 256 || int(16+at+n) > len(b) || code+n > 1<<bits {
			return nil, 0, damaged("a Huffman table has more codes than there can be")
		}
		copy(h.values[at:], b[16+at:16+at+n])
		h.offset[bits] = at - code
		for i := range n {
			h.fill(code+i, bits, h.values[at+i])
		}
		code, at = code+n, at+n
		h.limit[bits] = code << (16 - bits)
		code <<= 1
	}
	h.count = at
	return h, int(16 + at), nil
}

// fill enters a short code for all values of the next fastBits bits that begin with it.
func (h *huffman) fill(code int32, bits int, value byte) {
	if bits > fastBits {
		return
	}
	first := code << (fastBits - bits)
	for i := range int32(1) << (fastBits - bits) {
		h.fast[first+i] = uint16(bits)<<8 | uint16(value)
	}
}

// bitReader reads the entropy-coded bits of one restart interval. After their end it returns zeros
// and counts them, so that decoding stays simple and always ends. Method ended reports this.
type bitReader struct {
	b     []byte
	pos   int
	acc   uint64 // the next bits, at its upper end
	n     int    // how many of them there are
	zeros int    // how many bits after the end were returned or are in acc
}

// fill makes sure that acc holds at least 56 bits.
func (r *bitReader) fill() {
	if r.pos+8 <= len(r.b) {
		next := binary.BigEndian.Uint64(r.b[r.pos:])
		// true if no byte is 0xFF
		if none := ^next; (none-0x0101_0101_0101_0101)&next&0x8080_8080_8080_8080 == 0 {
			whole := (63 - r.n) / 8
			r.acc |= next >> r.n // the part of the last byte is written again with the whole byte
			r.n += 8 * whole
			r.pos += whole
			return
		}
	}
	for r.n <= 56 {
		c := byte(0)
		switch {
		case r.pos >= len(r.b) || r.b[r.pos] == 0xFF && (r.pos+1 >= len(r.b) || r.b[r.pos+1] != 0):
			r.zeros += 8
		case r.b[r.pos] == 0xFF:
			c = 0xFF
			r.pos += 2
		default:
			c = r.b[r.pos]
			r.pos++
		}
		r.acc |= uint64(c) << (56 - r.n)
		r.n += 8
	}
}

// ended reports whether more bits were read than there are.
func (r *bitReader) ended() bool { return r.zeros > r.n }

// bits reads n bits, at most 16.
func (r *bitReader) bits(n int) int32 {
	if r.n < n {
		r.fill()
	}
	v := int32(r.acc >> 1 >> (63 - n))
	r.acc <<= n
	r.n -= n
	return v
}

// decode reads one code of h; ok is false if there is no such code.
func (r *bitReader) decode(h *huffman) (value byte, ok bool) {
	if r.n < 16 {
		r.fill()
	}
	if e := h.fast[r.acc>>(64-fastBits)]; e != 0 {
		r.acc <<= e >> 8
		r.n -= int(e >> 8)
		return byte(e), true
	}
	next := int32(r.acc >> 48)
	for bits := fastBits + 1; bits <= 16; bits++ {
		if next < h.limit[bits] {
			at := next>>(16-bits) + h.offset[bits]
			r.acc <<= bits
			r.n -= bits
			return h.values[at&0xFF], at >= 0 && at < h.count
		}
	}
	return 0, false
}

// signed reads n bits as the difference that they represent (T.81, F.2.2.1).
func (r *bitReader) signed(n int) int32 {
	if n == 0 {
		return 0
	}
	v := r.bits(n)
	if v < 1<<(n-1) {
		v += -1<<n + 1
	}
	return v
}

// restart reads the i-th restart marker and starts again after it.
func (r *bitReader) restart(i int) error {
	if r.ended() {
		return ErrShort
	}
	for r.pos+2 < len(r.b) && r.b[r.pos] == 0xFF && r.b[r.pos+1] == 0xFF {
		r.pos++
	}
	if r.pos+2 > len(r.b) {
		return ErrShort
	}
	if r.b[r.pos] != 0xFF || r.b[r.pos+1] != markerRST0+byte(i&7) {
		return damaged("a restart marker is missing")
	}
	*r = bitReader{b: r.b, pos: r.pos + 2}
	return nil
}
