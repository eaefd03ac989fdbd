package sampling

import (
	"context"
	"sync"

	"glasswork/dataset/example"
)

// Cache keeps the examples that are read first in memory, up to about limit bytes. The others
// are read again each time.
func Cache(e example.Set, limit int64) example.Set {
	return &cached{Set: e, kept: map[int]example.Example{}, left: limit}
}

type cached struct {
	example.Set
	mu   sync.Mutex
	kept map[int]example.Example
	left int64
}

func (c *cached) At(ctx context.Context, i int) (example.Example, error) {
	c.mu.Lock()
	e, ok := c.kept[i]
	c.mu.Unlock()
	if ok {
		return e, nil
	}
	e, err := c.Set.At(ctx, i)
	if err != nil {
		return e, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	size := int64(len(e.Labels) + 2*len(e.HU) + 4*len(e.Scaled))
	if _, ok := c.kept[i]; !ok && size <= c.left {
		c.kept[i] = e
		c.left -= size
	}
	return e, nil
}

// Join is one dataset after the other; nil ones are left out.
func Join(parts ...example.Set) example.Set {
	var j joined
	for _, p := range parts {
		if p != nil && p.Len() > 0 {
			j = append(j, p)
		}
	}
	if len(j) == 1 {
		return j[0]
	}
	return j
}

type joined []example.Set

func (j joined) Len() int {
	n := 0
	for _, p := range j {
		n += p.Len()
	}
	return n
}

func (j joined) At(ctx context.Context, i int) (example.Example, error) {
	p, i := j.find(i)
	return p.At(ctx, i)
}

func (j joined) Key(i int) (patient, caseID string, z int) {
	p, i := j.find(i)
	return p.Key(i)
}

func (j joined) find(i int) (example.Set, int) {
	for _, p := range j[:len(j)-1] {
		if i < p.Len() {
			return p, i
		}
		i -= p.Len()
	}
	return j[len(j)-1], i
}

// pick is a part of a dataset: examples at these indices.
type pick struct {
	example.Set
	at []int
}

func (p pick) Len() int { return len(p.at) }

func (p pick) At(ctx context.Context, i int) (example.Example, error) {
	return p.Set.At(ctx, p.at[i])
}

func (p pick) Key(i int) (patient, caseID string, z int) { return p.Set.Key(p.at[i]) }

// Pick is the part of a dataset at these indices, in this order.
func Pick(e example.Set, at []int) example.Set { return pick{e, at} }
