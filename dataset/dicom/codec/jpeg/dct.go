package jpeg

import "math"

// zigzag holds the place of the i-th coefficient of a scan in a block of 8 × 8 (T.81, figure A.6).
var zigzag = [64]byte{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}

// block holds the quantised coefficients of 8 × 8 pixels in the order of a scan.
type block [64]int16

// blocks holds the coefficients of a picture with a DCT. Sequential pictures need one block at a
// time, progressive ones need all.
type blocks struct {
	across, down int
	all          []block // of a progressive picture
	basis        [8][4]float32
}

func newBlocks(h Header) *blocks {
	b := &blocks{across: (h.Columns + 7) / 8, down: (h.Rows + 7) / 8}
	if h.Process == Progressive {
		b.all = make([]block, b.across*b.down)
	}
	for u := range b.basis {
		scale := 0.5
		if u == 0 {
			scale = math.Sqrt(0.125)
		}
		for x := range b.basis[u] {
			b.basis[u][x] = float32(scale * math.Cos(float64(2*x+1)*float64(u)*math.Pi/16))
		}
	}
	return b
}

// entropy decodes the blocks of one scan.
type entropy struct {
	scanHeader
	r        *bitReader
	lastDC   int32
	eobRun   int32 // how many blocks of this band, from here on, are empty
	onBlock  func(*block) bool
	restarts int
}

// scan decodes a scan into coefficients, or into pixels if it is the only scan.
func (b *blocks) scan(d *decoder, s scanHeader, r *bitReader) error {
	e := &entropy{scanHeader: s, r: r}
	if err := e.choose(d.Process); err != nil {
		return err
	}
	table := d.quant[d.component.table&3]
	if b.all == nil && table == nil {
		return damaged("the quantisation table is missing")
	}
	var one block
	for i := range b.across * b.down {
		if d.interval > 0 && i > 0 && i%d.interval == 0 {
			if err := e.restart(); err != nil {
				return err
			}
		}
		at := &one
		if b.all != nil {
			at = &b.all[i]
		} else {
			one = block{}
		}
		if !e.onBlock(at) {
			return damaged("block %d has an invalid code", i+1)
		}
		if r.ended() {
			return ErrShort
		}
		if b.all == nil {
			b.render(d, i, at, table)
		}
	}
	return nil
}

// choose selects how the blocks of this scan are decoded.
func (e *entropy) choose(p Process) error {
	needDC, needAC := e.first == 0 && e.high == 0, e.last > 0
	switch {
	case p != Progressive:
		e.onBlock, needDC = e.sequential, true
		needAC = true
		e.first, e.last, e.high, e.low = 0, 63, 0, 0
	case e.first > e.last || e.last > 63 || e.low > 13 || e.high != 0 && e.high != e.low+1 ||
		e.first == 0 && e.last != 0:
		return damaged("a progressive scan's header does not fit")
	case e.first == 0 && e.high == 0:
		e.onBlock = e.firstDC
	case e.first == 0:
		e.onBlock = e.refineDC
	case e.high == 0:
		e.onBlock = e.firstAC
	default:
		e.onBlock = e.refineAC
	}
	if needDC && e.dc == nil || needAC && e.ac == nil {
		return damaged("a Huffman table is missing")
	}
	return nil
}

func (e *entropy) restart() error {
	e.lastDC, e.eobRun = 0, 0
	e.restarts++
	return e.r.restart(e.restarts - 1)
}

// difference reads a DC coefficient.
func (e *entropy) difference() bool {
	n, ok := e.r.decode(e.dc)
	if !ok || n > 15 {
		return false
	}
	e.lastDC += e.r.signed(int(n))
	return true
}

// sequential reads all coefficients of a block (T.81, F.2.2).
func (e *entropy) sequential(b *block) bool {
	if !e.difference() {
		return false
	}
	b[0] = int16(e.lastDC)
	for k := 1; k < 64; k++ {
		rs, ok := e.r.decode(e.ac)
		if !ok {
			return false
		}
		run, size := int(rs>>4), int(rs&15)
		if size == 0 {
			if run < 15 {
				return true
			}
			k += 15
			continue
		}
		if k += run; k > 63 {
			return false
		}
		b[k] = int16(e.r.signed(size))
	}
	return true
}

// render computes the pixels of block i.
func (b *blocks) render(d *decoder, i int, coefficients *block, table *[64]uint16) {
	var pixels [64]float32
	b.inverse(&pixels, coefficients, table)
	middle, highest := float32(int(1)<<(d.Precision-1)), float32(int(1)<<d.Precision-1)
	x0, y0 := i%b.across*8, i/b.across*8
	width, height := min(8, d.Columns-x0), min(8, d.Rows-y0)
	for y := range height {
		row := d.pix[(y0+y)*d.Columns+x0:][:width]
		for x := range row {
			row[x] = uint16(min(max(pixels[8*y+x]+middle, 0), highest) + 0.5)
		}
	}
}

// pixels renders all blocks of a progressive picture.
func (b *blocks) pixels(d *decoder) error {
	table := d.quant[d.component.table&3]
	if table == nil {
		return damaged("the quantisation table is missing")
	}
	for i := range b.all {
		b.render(d, i, &b.all[i], table)
	}
	return nil
}

// inverse computes the inverse DCT of a block: rows, then columns.
func (b *blocks) inverse(out *[64]float32, coefficients *block, table *[64]uint16) {
	var rows [64]float32
	used := 0
	for i, c := range coefficients {
		if c != 0 {
			at := int(zigzag[i])
			rows[at] = float32(c) * float32(table[i])
			used = max(used, at/8+1)
		}
	}
	for y := range used {
		b.line(rows[8*y:], 1, rows[8*y:])
	}
	for x := range 8 {
		b.line(rows[x:], 8, out[x:])
	}
}

// line transforms eight numbers that are step apart. The even and the odd ones give two halves. The
// results are the sums and differences of these.
func (b *blocks) line(in []float32, step int, out []float32) {
	var even, odd [4]float32
	for x := range 4 {
		even[x] = in[0]*b.basis[0][x] + in[2*step]*b.basis[2][x] + in[4*step]*b.basis[4][x] +
			in[6*step]*b.basis[6][x]
		odd[x] = in[step]*b.basis[1][x] + in[3*step]*b.basis[3][x] + in[5*step]*b.basis[5][x] +
			in[7*step]*b.basis[7][x]
	}
	for x := range 4 {
		out[x*step] = even[x] + odd[x]
		out[(7-x)*step] = even[x] - odd[x]
	}
}
