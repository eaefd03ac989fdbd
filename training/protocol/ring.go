package protocol

import (
	"slices"
	"sync"
)

// Sizes of the log ring: enough to see what happened, too little to fill memory.
const (
	ringLines    = 1000
	ringLineSize = 4 << 10
)

// ring keeps the last lines of the child's log. Safe for concurrent use.
type ring struct {
	mu    sync.Mutex
	lines []string
	added int // how many there ever were
}

// add appends a line, cut to a length a person would read.
func (r *ring) add(line string) {
	if len(line) > ringLineSize {
		line = line[:ringLineSize] + " …"
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.lines) == ringLines {
		r.lines = slices.Delete(r.lines, 0, 1)
	}
	r.lines = append(r.lines, line)
	r.added++
}

// mark is the place in the log where it stands now, for since.
func (r *ring) mark() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.added
}

// since returns what was added after mark and is still kept.
func (r *ring) since(mark int) []string {
	return r.last(max(r.mark()-mark, 0))
}

// last returns the newest n lines, oldest first; n < 0 means all.
func (r *ring) last(n int) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n < 0 || n > len(r.lines) {
		n = len(r.lines)
	}
	return slices.Clone(r.lines[len(r.lines)-n:])
}
