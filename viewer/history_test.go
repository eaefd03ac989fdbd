package viewer

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestHistory plays random actions against two plain stacks.
func TestHistory(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	var h History[int]
	var done, undone []int
	for n := range 5000 {
		switch rng.IntN(4) {
		case 0, 1:
			h.Do(n)
			done, undone = append(done, n), nil
		case 2:
			got, ok := h.Undo()
			if ok != (len(done) > 0) || (ok && got != done[len(done)-1]) {
				t.Fatalf("step %d: undo gives %d, %v", n, got, ok)
			}
			if ok {
				done, undone = done[:len(done)-1], append(undone, got)
			}
		case 3:
			got, ok := h.Redo()
			if ok != (len(undone) > 0) || (ok && got != undone[len(undone)-1]) {
				t.Fatalf("step %d: redo gives %d, %v", n, got, ok)
			}
			if ok {
				done, undone = append(done, got), undone[:len(undone)-1]
			}
		}
		if h.CanUndo() != (len(done) > 0) || h.CanRedo() != (len(undone) > 0) {
			t.Fatalf("step %d: can undo %v, can redo %v", n, h.CanUndo(), h.CanRedo())
		}
	}
	var rest []int
	for item, ok := h.Undo(); ok; item, ok = h.Undo() {
		rest = append(rest, item)
	}
	slices.Reverse(rest)
	if !slices.Equal(rest, done) {
		t.Error("what is left to undo differs")
	}
	h.Clear()
	if h.CanUndo() || h.CanRedo() {
		t.Error("a cleared history remembers")
	}
}
