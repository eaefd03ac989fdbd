package volume

import "testing"

func TestFromEdge(t *testing.T) {
	for _, c := range []struct {
		name        string
		slice, want string // 5 columns; # is a wall, * is reached
	}{
		{
			"a ring keeps its inside", "....." + ".###." + ".#.#." + ".###.", "*****" + "*...*" +
				"*...*" + "*...*",
		},
		{
			"corners do not connect", "#####" + "#..##" + "##.##" + "###.#" + "###.#", "....." +
				"....." + "....." + "...*." + "...*.",
		},
		{"nothing is open", "#####" + "#####", "....." + "....."},
		{"one row is all edge", "..#..", "**.**"},
	} {
		got := FromEdge(5, len(c.slice)/5, func(i int) bool { return c.slice[i] != '#' })
		for i := range got {
			if got[i] != (c.want[i] == '*') {
				t.Errorf("%s: pixel %d reached is %v", c.name, i, got[i])
			}
		}
	}
}
