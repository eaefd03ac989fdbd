package glasswork_test

import (
	"bytes"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const (
	lineWidth = 100 // columns of the longest line
	tabWidth  = 4   // columns of a tab
)

var (
	generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)
	address   = regexp.MustCompile(`^(//|#|-|\s)*https?://\S+$`)
)

// isStyled reports whether the lines of a file are held to lineWidth: Go, Markdown, shell
// scripts and the Makefile are, and what other programs or tests read is not.
func isStyled(name string) bool {
	switch {
	case slices.Contains(strings.Split(name, "/"), "testdata"):
		return path.Base(name) == "README.md"
	case strings.HasPrefix(name, ".ci/"):
		return true
	case path.Base(name) == "Makefile":
		return true
	}
	return slices.Contains([]string{".go", ".md", ".sh"}, path.Ext(name))
}

// columns is the width of a line, counted in runes, with tabs as tabWidth.
func columns(line string) int {
	return utf8.RuneCountInString(line) + (tabWidth-1)*strings.Count(line, "\t")
}

func TestColumns(t *testing.T) {
	for line, want := range map[string]int{"": 0, "abc": 3, "\t\ta": 9, "é — ×": 5} {
		if got := columns(line); got != want {
			t.Errorf("columns(%q) = %d, want %d", line, got, want)
		}
	}
}

func TestIsStyled(t *testing.T) {
	for _, name := range []string{
		"ui/window.go", "docs/formats.md", "Makefile", "scripts/packages.sh", ".ci/run",
		"dataset/dicom/codec/testdata/README.md",
	} {
		if !isStyled(name) {
			t.Errorf("%s is not checked", name)
		}
	}
	for _, name := range []string{
		"go.sum", "NOTICE", "LICENSE", "dataset/dicom/deident/profile.txt", "viewer/testdata/a.go",
	} {
		if isStyled(name) {
			t.Errorf("%s is checked", name)
		}
	}
}

// TestLinesEndByColumn100 leaves out generated files, and addresses that stand alone on a line.
func TestLinesEndByColumn100(t *testing.T) {
	out, err := exec.Command("git", "ls-files", "-co", "--exclude-standard").Output()
	if err != nil {
		t.Skipf("this is no checkout of git: %v", err)
	}
	checked := 0
	for name := range strings.Lines(string(out)) {
		name = strings.TrimSuffix(name, "\n")
		if !isStyled(name) {
			continue
		}
		text, err := os.ReadFile(name)
		if os.IsNotExist(err) { // deleted, and not committed yet
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		checked++
		if strings.HasSuffix(name, ".go") && generated.Match(text) {
			continue
		}
		number := 0
		for line := range bytes.Lines(text) {
			number++
			line := strings.TrimRight(string(line), "\r\n")
			if n := columns(line); n > lineWidth && !address.MatchString(line) {
				t.Errorf("%s:%d: the line has %d columns: break it by column %d",
					name, number, n, lineWidth)
			}
		}
	}
	if checked == 0 {
		t.Error("no file was checked: this test looks for the wrong thing")
	}
}
