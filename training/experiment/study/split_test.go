package study

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"glasswork/dataset/shared"
)

// Permutations that numpy 1.24 prints for RandomState(51).permutation(n).
func TestSplitIsNumpys(t *testing.T) {
	train, test := Split(10)
	if !slices.Equal(test, []int{3, 4}) || !slices.Equal(train, []int{2, 6, 7, 8, 1, 0, 5, 9}) {
		t.Errorf("10 slices are split into %v and %v", train, test)
	}
	train, test = Split(78)
	if len(train) != 62 || len(test) != 16 ||
		!slices.Equal(test[:6], []int{67, 66, 15, 0, 12, 61}) ||
		!slices.Equal(train[57:], []int{21, 16, 69, 73, 57}) {
		t.Errorf("78 slices are split into %v and %v", train, test)
	}
}

func TestSplitOfAnyNumberIsAPartition(t *testing.T) {
	for n := range 40 {
		train, test := Split(n)
		all := slices.Concat(train, test)
		slices.Sort(all)
		for i, v := range all {
			if i != v {
				t.Fatalf("%d slices are split into %v and %v", n, train, test)
			}
		}
		if len(all) != n || len(train) != n*4/5 {
			t.Errorf("%d slices: %d train, %d test", n, len(train), len(test))
		}
	}
}

// The study's own 743 and 186 slices, in its order.
func TestSplitIsTheStudys(t *testing.T) {
	path := shared.Path(t, "reference", "split-929-seed51.json")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want struct{ Train, Test []int }
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	train, test := Split(929)
	if !slices.Equal(train, want.Train) || !slices.Equal(test, want.Test) {
		t.Errorf("the split differs from %s", path)
	}
}
