package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// generatedFile holds gotch's generated wrappers. There is one C function for each function of the
// libtorch that gotch was written for.
const generatedFile = "torch_api_generated.cpp.h"

// wrapper is one function of the generated file; lines count from 1 and are inclusive.
type wrapper struct {
	Name        string
	Void        bool
	First, Last int
}

var (
	wrapperHead = regexp.MustCompile(`^(\w+ \*?)(atg_\w+)\(.*\) \{$`)
	diagnostic  = regexp.MustCompile(`(?:^|[\s/])` + regexp.QuoteMeta(generatedFile) +
		`:(\d+)(?::\d+)?:\s+(?:fatal )?(?:error:|required from)`)
)

// parseWrappers lists the functions of the generated file in their order.
func parseWrappers(source string) []wrapper {
	var found []wrapper
	var open *wrapper
	for i, line := range strings.Split(source, "\n") {
		switch m := wrapperHead.FindStringSubmatch(line); {
		case m != nil:
			open = &wrapper{Name: m[2], Void: m[1] == "void ", First: i + 1}
		case line == "}" && open != nil:
			open.Last = i + 1
			found = append(found, *open)
			open = nil
		}
	}
	return found
}

// brokenWrappers returns the names of wrappers that a compiler's output complains about, directly
// or as the place from which a template was instantiated.
func brokenWrappers(output string, wrappers []wrapper) []string {
	var names []string
	for line := range strings.Lines(output) {
		m := diagnostic.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		n, err := strconv.Atoi(m[1])
		if err != nil {
			continue
		}
		i, found := slices.BinarySearchFunc(wrappers, n, func(w wrapper, n int) int {
			switch {
			case w.Last < n:
				return -1
			case w.First > n:
				return 1
			}
			return 0
		})
		if found && !slices.Contains(names, wrappers[i].Name) {
			names = append(names, wrappers[i].Name)
		}
	}
	return names
}

// replaceBodies gives the named wrappers a body that raises an error at run time. The number of
// lines may change, so the source must be parsed again before the next pass.
func replaceBodies(source string, names []string, version string) string {
	lines := strings.Split(source, "\n")
	var out []string
	next := 0
	for _, w := range parseWrappers(source) {
		if !slices.Contains(names, w.Name) {
			continue
		}
		out = append(out, lines[next:w.First]...)
		out = append(out, fmt.Sprintf("  PROTECT(throw std::runtime_error(%q);)",
			strings.TrimPrefix(w.Name, "atg_")+" needs a newer libtorch than "+version))
		if !w.Void {
			out = append(out, "  return {};")
		}
		next = w.Last - 1
	}
	return strings.Join(append(out, lines[next:]...), "\n")
}
