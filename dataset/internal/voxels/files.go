package voxels

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// maxFiles bounds how many data files one header may name.
const maxFiles = 1 << 14

// Beside returns the paths of the data files that a header names. They must lie in its folder or
// below it, because a header from elsewhere must not open any other file.
func Beside(header string, names []string) ([]string, error) {
	if len(names) == 0 || len(names) > maxFiles {
		return nil, fmt.Errorf("its header names %d data files", len(names))
	}
	paths := make([]string, len(names))
	for i, name := range names {
		name = filepath.FromSlash(name)
		if !filepath.IsLocal(name) {
			return nil, fmt.Errorf(
				"its data file %.60q lies outside its folder and is not opened", name,
			)
		}
		paths[i] = filepath.Join(filepath.Dir(header), name)
		if info, err := os.Lstat(paths[i]); err != nil || !info.Mode().IsRegular() {
			return nil, fmt.Errorf("its data file %.60q is not beside it", name)
		}
	}
	return paths, nil
}

// Numbered expands "slice%03d.raw 1 64 1": a pattern with one number, then from, to and step.
func Numbered(words []string) ([]string, error) {
	wrong := fmt.Errorf("its data files are named as %.60q, which cannot be read",
		strings.Join(words, " "))
	before, rest, _ := strings.Cut(words[0], "%")
	width, after, ok := strings.Cut(rest, "d")
	digits, err := strconv.Atoi("0" + width)
	if !ok || err != nil || digits > 20 || strings.Contains(after, "%") || len(words) < 4 {
		return nil, wrong
	}
	pad := " "
	if strings.HasPrefix(width, "0") {
		pad = "0"
	}
	var n [3]int
	for i := range n {
		if n[i], err = strconv.Atoi(words[i+1]); err != nil || n[i] > 1<<30 || n[i] < -1<<30 {
			return nil, wrong
		}
	}
	if n[2] == 0 || (n[1]-n[0])/n[2] < 0 || (n[1]-n[0])/n[2] >= maxFiles {
		return nil, wrong
	}
	var names []string
	for k := range (n[1]-n[0])/n[2] + 1 {
		number := strconv.Itoa(n[0] + k*n[2])
		names = append(names, before+strings.Repeat(pad, max(digits-len(number), 0))+number+after)
	}
	return names, nil
}
