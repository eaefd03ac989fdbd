package jpeg

import "fmt"

// lossless decodes a scan of process 14 into d.pix (T.81, annex H).
func (d *decoder) lossless(s scanHeader, r *bitReader) error {
	switch {
	case s.dc == nil:
		return damaged("a Huffman table is missing")
	case s.first < 1 || s.first > 7 || s.last != 0 || s.high != 0 || s.low >= d.Precision:
		return damaged("selection value %d with point transform %d is none", s.first, s.low)
	case d.interval%d.Columns != 0:
		return fmt.Errorf("its JPEG restart interval of %d pixels is not a whole number of rows",
			d.interval)
	}
	restartRows := d.interval / d.Columns
	for y := range d.Rows {
		row := d.pix[y*d.Columns:][:d.Columns]
		first := y == 0
		if restartRows > 0 && y > 0 && y%restartRows == 0 {
			if err := r.restart(y/restartRows - 1); err != nil {
				return err
			}
			first = true
		}
		if !r.differences(row, s.dc) {
			return damaged("row %d has an invalid code", y+1)
		}
		if r.ended() {
			return ErrShort
		}
		if first {
			row[0] += 1 << (d.Precision - s.low - 1)
			addLeft(row)
		} else {
			predict(s.first, row, d.pix[(y-1)*d.Columns:][:d.Columns])
		}
	}
	if s.low > 0 {
		for i := range d.pix {
			d.pix[i] <<= s.low
		}
	}
	return nil
}

// differences reads the differences of one row, modulo 2^16.
func (r *bitReader) differences(row []uint16, h *huffman) bool {
	for x := range row {
		n, ok := r.decode(h)
		switch {
		case !ok || n > 16:
			return false
		case n == 16:
			row[x] = 1 << 15 // no bits follow, T.81 H.1.2.2
		default:
			row[x] = uint16(r.signed(int(n)))
		}
	}
	return true
}

func addLeft(row []uint16) {
	for x := 1; x < len(row); x++ {
		row[x] += row[x-1]
	}
}

// predict adds the prediction to a row of differences. above is the row above it. The first pixel
// of a row is predicted from the pixel above it (T.81, table H.1).
func predict(selection int, row, above []uint16) {
	row[0] += above[0]
	a := int32(row[0])
	switch selection {
	case 1:
		addLeft(row)
	case 2:
		for x := 1; x < len(row); x++ {
			row[x] += above[x]
		}
	case 3:
		for x := 1; x < len(row); x++ {
			row[x] += above[x-1]
		}
	case 4:
		for x := 1; x < len(row); x++ {
			row[x] += row[x-1] + above[x] - above[x-1]
		}
	case 5:
		for x := 1; x < len(row); x++ {
			a = int32(uint16(int32(row[x]) + a + (int32(above[x])-int32(above[x-1]))>>1))
			row[x] = uint16(a)
		}
	case 6:
		for x := 1; x < len(row); x++ {
			a = int32(uint16(int32(row[x]) + int32(above[x]) + (a-int32(above[x-1]))>>1))
			row[x] = uint16(a)
		}
	case 7:
		for x := 1; x < len(row); x++ {
			a = int32(uint16(int32(row[x]) + (a+int32(above[x]))>>1))
			row[x] = uint16(a)
		}
	}
}
