package natural

import (
	"slices"
	"testing"
)

func TestNaturalOrder(t *testing.T) {
	got := []string{"slice10", "slice2", "b", "a10b2", "a10b1", "a9", "007", "7a", "10"}
	slices.SortFunc(got, Compare)
	if want := []string{
		"007", "7a", "10", "a9", "a10b1", "a10b2", "b", "slice2",
		"slice10",
	}; !slices.Equal(got, want) {
		t.Errorf("order %v, want %v", got, want)
	}
}
