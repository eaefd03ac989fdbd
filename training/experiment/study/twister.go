package study

const (
	twisterWords = 624
	twisterShift = 397
)

// twister is MT19937 (Matsumoto and Nishimura, ACM TOMACS 8(1), 1998) as numpy's
// RandomState seeds and reads it.
type twister struct {
	words [twisterWords]uint32
	at    int
}

func newTwister(seed uint32) *twister {
	t := &twister{at: twisterWords}
	for i := range t.words {
		t.words[i] = seed
		seed = 1812433253*(seed^seed>>30) + uint32(i) + 1
	}
	return t
}

// next is the next 32 bits.
func (t *twister) next() uint32 {
	if t.at == twisterWords {
		t.refill()
	}
	y := t.words[t.at]
	t.at++
	y ^= y >> 11
	y ^= y << 7 & 0x9d2c5680
	y ^= y << 15 & 0xefc60000
	return y ^ y>>18
}

func (t *twister) refill() {
	for i := range t.words {
		y := t.words[i]&0x80000000 | t.words[(i+1)%twisterWords]&0x7fffffff
		t.words[i] = t.words[(i+twisterShift)%twisterWords] ^ y>>1
		if y&1 != 0 {
			t.words[i] ^= 0x9908b0df
		}
	}
	t.at = 0
}

// upTo draws from 0…highest inclusive, by throwing away what is greater.
func (t *twister) upTo(highest uint32) uint32 {
	mask := highest
	for shift := 1; shift < 32; shift *= 2 {
		mask |= mask >> shift
	}
	for {
		if v := t.next() & mask; v <= highest {
			return v
		}
	}
}

// permutation is numpy's RandomState.permutation(n).
func (t *twister) permutation(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	for i := n - 1; i > 0; i-- {
		j := t.upTo(uint32(i))
		order[i], order[j] = order[j], order[i]
	}
	return order
}
