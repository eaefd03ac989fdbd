package jpeg

// Scans of progressive pictures (T.81, annex G). Each scan gives a band of coefficients or one more
// bit of them.

func (e *entropy) firstDC(b *block) bool {
	if !e.difference() {
		return false
	}
	b[0] = int16(e.lastDC << e.low)
	return true
}

func (e *entropy) refineDC(b *block) bool {
	b[0] |= int16(e.r.bits(1) << e.low)
	return true
}

func (e *entropy) firstAC(b *block) bool {
	if e.eobRun > 0 {
		e.eobRun--
		return true
	}
	for k := e.first; k <= e.last; k++ {
		rs, ok := e.r.decode(e.ac)
		if !ok {
			return false
		}
		run, size := int(rs>>4), int(rs&15)
		if size == 0 {
			if run < 15 {
				e.eobRun = 1<<run - 1 + e.r.bits(run)
				return true
			}
			k += 15
			continue
		}
		if k += run; k > e.last {
			return false
		}
		b[k] = int16(e.r.signed(size) << e.low)
	}
	return true
}

// refineAC reads one more bit of the coefficients that are already nonzero, and those that become
// nonzero (T.81, G.1.2.3).
func (e *entropy) refineAC(b *block) bool {
	bit := int16(1) << e.low
	k := e.first
	for ; k <= e.last && e.eobRun == 0; k++ {
		rs, ok := e.r.decode(e.ac)
		if !ok {
			return false
		}
		run, size := int(rs>>4), int(rs&15)
		value := int16(0)
		switch {
		case size == 1:
			value = -bit
			if e.r.bits(1) == 1 {
				value = bit
			}
		case size != 0:
			return false
		case run < 15:
			e.eobRun = 1<<run + e.r.bits(run)
		}
		if e.eobRun > 0 {
			break
		}
		k = e.refine(b, k, run, bit)
		if value != 0 {
			if k > e.last {
				return false
			}
			b[k] = value
		}
	}
	if e.eobRun > 0 {
		e.eobRun--
		e.refine(b, k, -1, bit)
	}
	return true
}

// refine corrects the nonzero coefficients from k on and returns where it stopped: at the zero that
// follows run other zeros, or after the band if run is negative.
func (e *entropy) refine(b *block, k, run int, bit int16) int {
	for ; k <= e.last; k++ {
		if b[k] == 0 {
			if run == 0 {
				break
			}
			run--
			continue
		}
		if e.r.bits(1) == 1 && b[k]&bit == 0 {
			if b[k] > 0 {
				b[k] += bit
			} else {
				b[k] -= bit
			}
		}
	}
	return k
}
