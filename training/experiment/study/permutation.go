package study

import "gonum.org/v1/gonum/mathext/prng"

// permutation is numpy's RandomState(seed).permutation(n).
func permutation(seed uint32, n int) []int {
	numbers := prng.NewMT19937()
	numbers.Seed(uint64(seed))
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	for i := n - 1; i > 0; i-- {
		j := upTo(numbers, uint32(i))
		order[i], order[j] = order[j], order[i]
	}
	return order
}

// upTo draws from 0…highest inclusive, discarding greater numbers.
func upTo(numbers *prng.MT19937, highest uint32) uint32 {
	mask := highest
	for shift := 1; shift < 32; shift *= 2 {
		mask |= mask >> shift
	}
	for {
		if v := numbers.Uint32() & mask; v <= highest {
			return v
		}
	}
}
