// Command notice writes NOTICE: the licences of everything that Glasswork's programs link or
// ship. With -check it reports whether NOTICE is what it would write, and writes nothing.
//
//	go run ./scripts/notice
package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// native is what does not come as a Go module: C and C++ libraries, and the model.
//
//go:embed native.txt
var native string

func main() {
	check := flag.Bool("check", false, "report whether NOTICE is up to date instead of writing it")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "notice:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	modules, err := linked()
	if err != nil {
		return err
	}
	text, err := compose(modules)
	if err != nil {
		return err
	}
	if !check {
		return os.WriteFile("NOTICE", text, 0o644)
	}
	if old, err := os.ReadFile("NOTICE"); err != nil || !bytes.Equal(old, text) {
		return errors.New("NOTICE does not fit what is linked; run: go run ./scripts/notice")
	}
	return nil
}

// module is one that a program links, with the folders of the packages that are linked.
type module struct {
	path, version, dir string
	packages           []string
}

// linked are the modules in the programs, sorted by path, and Go's own library first. It asks for
// Linux and with go.mod alone, so that the answer is the same on every machine.
func linked() ([]module, error) {
	cmd := exec.Command("go", "list", "-deps", "-json=Dir,Standard,Module",
		"./cmd/glasswork", "./cmd/glasswork-trainer", "./cmd/glasswork-codec")
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	byPath := map[string]*module{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			Dir      string
			Standard bool
			Module   *struct {
				Path, Version, Dir string
				Main               bool
			}
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if p.Standard || p.Module == nil || p.Module.Main {
			continue
		}
		m := byPath[p.Module.Path]
		if m == nil {
			m = &module{path: p.Module.Path, version: p.Module.Version, dir: p.Module.Dir}
			byPath[m.path] = m
		}
		m.packages = append(m.packages, p.Dir)
	}
	var all []module
	for _, m := range byPath {
		all = append(all, *m)
	}
	slices.SortFunc(all, func(a, b module) int { return strings.Compare(a.path, b.path) })
	return all, nil
}

// licenceFile matches the names under which modules keep licences and notices.
var licenceFile = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying|notice|ofl)([-._].*)?$`)

// licence is the text of one file in a module; name is its path in there.
type licence struct{ name, text string }

// licences are those that hold for the linked packages: at or above the folder of one, or below
// it, where C code that it compiles keeps its own.
func (m module) licences() (found []licence, err error) {
	err = filepath.WalkDir(m.dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{"testdata", "example", "examples"}, d.Name()):
			return fs.SkipDir
		case d.IsDir() || !licenceFile.MatchString(d.Name()) || strings.HasSuffix(path, ".go"):
			return nil
		case !m.concerns(filepath.Dir(path)):
			return nil
		}
		text, err := os.ReadFile(path)
		name, relErr := filepath.Rel(m.dir, path)
		found = append(found, licence{filepath.ToSlash(name), tidy(string(text))})
		return errors.Join(err, relErr)
	})
	return found, err
}

func (m module) concerns(dir string) bool {
	return slices.ContainsFunc(m.packages, func(p string) bool {
		return within(p, dir) || within(dir, p)
	})
}

// within reports whether path is dir or lies below it.
func within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, dir+string(filepath.Separator))
}

// tidy drops what editors leave at the ends of lines and of the file.
func tidy(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\f")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// compose writes the list of modules, and each licence text once, with those that it holds for.
func compose(modules []module) ([]byte, error) {
	var list, texts bytes.Buffer
	holders := map[string][]string{}
	var order []string
	for _, m := range modules {
		found, err := m.licences()
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("%s %s has no licence file; find its terms before linking it",
				m.path, m.version)
		}
		fmt.Fprintf(&list, "%s %s: %s\n", m.path, m.version, names(found))
		for _, l := range found {
			if holders[l.text] == nil {
				order = append(order, l.text)
			}
			holder := m.path
			if strings.Contains(l.name, "/") {
				holder += ", " + l.name
			}
			holders[l.text] = append(holders[l.text], holder)
		}
	}
	for _, text := range order {
		fmt.Fprintf(&texts, "\n%s\n%s\n\n%s\n",
			strings.Repeat("-", 80), strings.Join(holders[text], "\n"), text)
	}
	return fmt.Appendf(nil, "%s\n%s%s", tidy(native), &list, &texts), nil
}

// names are the licences that the files hold, by their SPDX identifiers.
func names(files []licence) string {
	var all []string
	for _, f := range files {
		for _, match := range licensecheck.Scan([]byte(f.text)).Match {
			if !slices.Contains(all, match.ID) {
				all = append(all, match.ID)
			}
		}
	}
	if len(all) == 0 {
		return "see below"
	}
	return strings.Join(all, ", ")
}
