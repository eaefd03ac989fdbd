// Package glasswork_test holds the rules for all packages: what imports what, and which calls
// are made in one place only.
package glasswork_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pkg is one package as go list knows it; Imports are without those of tests.
type pkg struct {
	ImportPath string
	Imports    []string
	Standard   bool
	Error      *struct{ Err string }
}

// graph is every package of the program by its import path.
type graph map[string]pkg

const (
	fyne  = "fyne.io"
	gl    = "github.com/go-gl"
	gotch = "github.com/sugarme/gotch"

	sqlite = "modernc.org/sqlite"
	dicom  = "github.com/suyashkumar"
)

// never is what a package and everything below it must not reach, however far away.
var never = []struct {
	from      string
	forbidden []string
	why       string
}{
	{
		"glasswork/dataset",
		[]string{fyne, gl, gotch},
		"data is read without a window and without a network",
	},
	{
		"glasswork/viewer",
		[]string{fyne, gl, gotch},
		"rendering is tested to the pixel without a window",
	},
	{
		"glasswork/training",
		[]string{fyne, gl, gotch, "glasswork/model"},
		"training declares the network it needs and knows none",
	},
	{
		"glasswork/ui",
		[]string{gotch, "glasswork/model"},
		"a crash of the network must not cost a brush stroke",
	},
	{
		"glasswork/ui",
		[]string{fyne + "/fyne/v2/app"},
		"ui builds and tests without a display",
	},
	{
		"glasswork/ui/session",
		[]string{fyne, gl},
		"what the window shows is plain Go that a test can call",
	},
	{
		"glasswork/cmd/glasswork",
		[]string{gotch, "glasswork/model"},
		"the desktop starts without libtorch",
	},
	{
		"glasswork/cmd/glasswork-trainer",
		[]string{fyne, gl, "glasswork/ui"},
		"the trainer runs where there is no display",
	},
	{
		"glasswork/cmd/glasswork-codec",
		[]string{fyne, gl, gotch, "glasswork/ui", "glasswork/model"},
		"the decoding program starts in milliseconds",
	},
	{
		"glasswork/model",
		[]string{fyne, gl, "glasswork/ui", "glasswork/viewer"},
		"a network knows tensors and labels",
	},
	{
		"glasswork/model",
		[]string{
			"glasswork/dataset/project", "glasswork/dataset/dicom", "glasswork/training/job",
			sqlite, dicom,
		},
		"a network knows no store and no file format of images",
	},
	{
		"glasswork/ui/session",
		[]string{
			"glasswork/training/job", "glasswork/training/inference",
			"glasswork/training/experiment",
		},
		"the window asks the trainer and does not train",
	},
}

// architecture is the document that lists every package of ours and what it imports of ours.
const architecture = "docs/architecture.md"

// room is one entry of that list.
type room struct {
	path    string
	imports []string
}

var (
	entry      = regexp.MustCompile("^- \\*\\*`([^`]+)`\\*\\*: ")
	importList = regexp.MustCompile("Imports: (nothing|`[^`]+`(?:, `[^`]+`)*)\\.$")
	quoted     = regexp.MustCompile("`([^`]+)`")
)

// parseRooms reads the section "Packages" of the document. An entry has the form
//
//   - **`dataset/volume`**: voxels, label maps, geometry and patches.
//     Imports: `dataset/classes`.
//
// with "Imports: nothing." where there is none.
func parseRooms(document string) ([]room, error) {
	_, section, found := strings.Cut(document, "\n## Packages\n")
	if !found {
		return nil, errors.New(`there is no section "## Packages"`)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var texts []string
	for line := range strings.Lines(section) {
		switch line = strings.TrimRight(line, "\n"); {
		case entry.MatchString(line):
			texts = append(texts, line)
		case strings.HasPrefix(line, "  ") && len(texts) > 0:
			texts[len(texts)-1] += " " + strings.TrimSpace(line)
		case strings.HasPrefix(line, "- "):
			return nil, fmt.Errorf("%q does not begin as \"- **`dataset/volume`**: \" does", line)
		}
	}
	rooms := make([]room, len(texts))
	for i, text := range texts {
		rooms[i].path = entry.FindStringSubmatch(text)[1]
		list := importList.FindStringSubmatch(text)
		if list == nil {
			return nil, fmt.Errorf("the entry of %s does not end as \"Imports: `a`, `b`.\" or "+
				"\"Imports: nothing.\" does", rooms[i].path)
		}
		for _, path := range quoted.FindAllStringSubmatch(list[1], -1) {
			rooms[i].imports = append(rooms[i].imports, path[1])
		}
	}
	return rooms, nil
}

// list asks the go command for all packages and what they depend on. It works from
// go.mod alone, so that nothing has to be set up for libtorch.
func list(t *testing.T) graph {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-e",
		"-json=ImportPath,Imports,Standard,Error", "./...")
	cmd.Env = append(os.Environ(), "GOWORK=off")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	all := graph{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all[p.ImportPath] = p
	}
}

// within reports whether path is root or lies below it.
func within(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }

// below returns the packages at or below root, sorted.
func (g graph) below(root string) []string {
	var found []string
	for path := range g {
		if within(path, root) {
			found = append(found, path)
		}
	}
	slices.Sort(found)
	return found
}

// chain returns how from comes to import something at or below forbidden, nil if it does not.
func (g graph) chain(from, forbidden string) []string {
	came := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at != from && within(at, forbidden) {
			var way []string
			for ; at != ""; at = came[at] {
				way = append(way, at)
			}
			slices.Reverse(way)
			return way
		}
		for _, next := range g[at].Imports {
			if _, seen := came[next]; !seen {
				came[next] = at
				queue = append(queue, next)
			}
		}
	}
	return nil
}

// exists reports whether a package's folder is there; rules for others wait for it.
func exists(path string) bool {
	info, err := os.Stat(strings.TrimPrefix(path, "glasswork/"))
	return err == nil && info.IsDir()
}

func TestChainFindsAndOnlyFindsWhatIsReached(t *testing.T) {
	g := graph{
		"a": {Imports: []string{"b", "c"}},
		"b": {Imports: []string{"a"}},
		"c": {Imports: []string{"x.io/y/z"}},
		"d": {Imports: []string{"x.io/yy"}},
	}
	if way := g.chain("a", "x.io/y"); !slices.Equal(way, []string{"a", "c", "x.io/y/z"}) {
		t.Errorf("chain = %v", way)
	}
	for _, from := range []string{"d", "nowhere"} {
		if way := g.chain(from, "x.io/y"); way != nil {
			t.Errorf("chain from %s = %v", from, way)
		}
	}
}

func TestArrowsThatMustNeverBe(t *testing.T) {
	all := list(t)
	for _, rule := range never {
		packages := all.below(rule.from)
		if len(packages) == 0 && exists(rule.from) {
			t.Errorf("%s has a folder and no package: its rules hold nothing", rule.from)
		}
		for _, from := range packages {
			for _, forbidden := range rule.forbidden {
				if way := all.chain(from, forbidden); way != nil {
					t.Errorf("%s reaches %s, but %s: %s",
						from, forbidden, rule.why, strings.Join(way, " → "))
				}
			}
		}
	}
}

func TestParseRooms(t *testing.T) {
	const document = "# A\n\n- x\n\n## Packages\n\nText.\n\n- **`a`**: does\n  this.\n  Imports: " +
		"`b`,\n  `b/c`.\n- **`b`**: that.\n  Imports: nothing.\n\n## Next\n\n- y\n"
	got, err := parseRooms(document)
	want := []room{{"a", []string{"b", "b/c"}}, {"b", nil}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("parseRooms = %v, %v, want %v", got, err, want)
	}
	for _, wrong := range []string{
		"\n## Rooms\n- **`a`**: x.\n  Imports: nothing.\n",
		"\n## Packages\n- `a`: x.\n  Imports: nothing.\n",
		"\n## Packages\n- **`a`**: x.\n",
		"\n## Packages\n- **`a`**: x.\n  Imports: b.\n",
		"\n## Packages\n- **`a`**: x.\n  Imports: `b` `c`.\n",
	} {
		if got, err := parseRooms(wrong); err == nil {
			t.Errorf("parseRooms(%q) = %v, want an error", wrong, got)
		}
	}
}

// TestPackagesAreAsTheDocumentListsThem holds the document and the code to each other, in both
// directions.
func TestPackagesAreAsTheDocumentListsThem(t *testing.T) {
	document, err := os.ReadFile(architecture)
	if err != nil {
		t.Fatal(err)
	}
	rooms, err := parseRooms(string(document))
	if err != nil {
		t.Fatalf("%s: %v", architecture, err)
	}
	if !slices.IsSortedFunc(rooms, func(a, b room) int { return strings.Compare(a.path, b.path) }) {
		t.Errorf("%s: sort the list of packages by path", architecture)
	}
	listed := map[string][]string{}
	for _, r := range rooms {
		if _, twice := listed[r.path]; twice {
			t.Errorf("%s: remove one of the two entries of %s", architecture, r.path)
		}
		listed[r.path] = r.imports
	}
	all := list(t)
	for _, path := range all.below("glasswork") {
		if path == "glasswork" { // tests only
			continue
		}
		name := strings.TrimPrefix(path, "glasswork/")
		imports, ok := listed[name]
		delete(listed, name)
		if !ok {
			t.Errorf("%s: add an entry \"- **`%s`**: …\" that says what the package is for and "+
				"ends with %q", architecture, name, importsOf(all[path]))
			continue
		}
		if want := importsOf(all[path]); written(imports) != want {
			t.Errorf("%s: the entry of %s says %q. If the code is right, write %q; if the list is "+
				"right, change the imports", architecture, name, written(imports), want)
		}
	}
	for name := range listed {
		t.Errorf("%s: remove the entry of %s, there is no such package", architecture, name)
	}
}

// importsOf returns the sentence that the document has to say about p.
func importsOf(p pkg) string {
	var ours []string
	for _, path := range p.Imports {
		if name, ok := strings.CutPrefix(path, "glasswork/"); ok {
			ours = append(ours, name)
		}
	}
	slices.Sort(ours)
	return written(ours)
}

// written returns the sentence that names imports.
func written(imports []string) string {
	if len(imports) == 0 {
		return "Imports: nothing."
	}
	return "Imports: `" + strings.Join(imports, "`, `") + "`."
}

func TestLibrariesOfLeaves(t *testing.T) {
	all := list(t)
	for _, path := range []string{
		"glasswork/dataset/classes", "glasswork/dataset/volume", "glasswork/dataset/atomicfile",
		"glasswork/training/network", "glasswork/training/anatomy",
	} {
		for _, imported := range all[path].Imports {
			if !all[imported].Standard && !within(imported, "glasswork") {
				t.Errorf("%s imports %s, but needs the standard library only", path, imported)
			}
		}
	}
	for _, imported := range all["glasswork/training/experiment/study"].Imports {
		if !all[imported].Standard && imported != "gonum.org/v1/gonum/mathext/prng" {
			t.Errorf("study imports %s, but it is plain arithmetic", imported)
		}
	}
}

func TestLibrariesWithOneImporter(t *testing.T) {
	all := list(t)
	for library, importer := range map[string]string{
		gotch:                     "glasswork/model",
		fyne + "/fyne/v2/app":     "glasswork/cmd/glasswork",
		sqlite:                    "glasswork/dataset/project",
		dicom:                     "glasswork/dataset/dicom",
		"github.com/sbinet/npyio": "glasswork/dataset/npy",

		// C decoders run in a process of their own: bad data can crash or stall them.
		"glasswork/dataset/dicom/codec/internal/native": "glasswork/dataset/dicom/codec/worker",
		"glasswork/dataset/dicom/codec/worker":          "glasswork/cmd/glasswork-codec",
	} {
		for _, path := range all.below("glasswork") {
			for _, imported := range all[path].Imports {
				if within(imported, library) && !within(path, importer) {
					t.Errorf("%s imports %s, which only %s may", path, imported, importer)
				}
			}
		}
	}
}

// sourceFiles visits our Go files, tests left out.
func sourceFiles(t *testing.T, visit func(path string, file *ast.File)) {
	t.Helper()
	n := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." &&
			(strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		n++
		visit(filepath.ToSlash(path), file)
		return nil
	})
	if err != nil || n == 0 {
		t.Fatalf("%d source files: %v", n, err)
	}
}

// calls returns which of the functions (as package.Name) file mentions.
func calls(file *ast.File, functions ...string) (found []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && slices.Contains(functions, x.Name+"."+s.Sel.Name) {
				found = append(found, x.Name+"."+s.Sel.Name)
			}
		}
		return true
	})
	return found
}

func TestThreadsAreHoppedInOneFile(t *testing.T) {
	var files []string
	sourceFiles(t, func(path string, file *ast.File) {
		if calls(file, "fyne.Do", "fyne.DoAndWait") != nil {
			files = append(files, path)
		}
	})
	if len(files) > 1 || len(files) == 1 && filepath.Dir(files[0]) != "ui" {
		t.Errorf("fyne.Do stands in %v, it belongs into one file of ui", files)
	}
	if len(files) == 0 && exists("glasswork/ui") {
		t.Error("fyne.Do stands nowhere: this test looks for the wrong thing")
	}
}

// TestFilesAreWrittenAtomically leaves os.CreateTemp alone: scratch files use it.
func TestFilesAreWrittenAtomically(t *testing.T) {
	allowed := []string{
		"dataset/atomicfile/",       // its temporary files follow the umask
		"dataset/shared/",           // tests add a line to a list
		"dataset/internal/fixture/", // test data
		"scripts/notice/",           // writes what git keeps
		"cmd/gotch-setup/",          // makes what is made again if it is missing
	}
	used := make([]bool, len(allowed))
	sourceFiles(t, func(path string, file *ast.File) {
		found := calls(file, "os.Create", "os.WriteFile", "os.OpenFile")
		if found == nil {
			return
		}
		i := slices.IndexFunc(allowed, func(prefix string) bool {
			return strings.HasPrefix(path, prefix)
		})
		if i < 0 {
			t.Errorf("%s calls %v: what a user would miss is written with atomicfile.WriteFile",
				path, found)
			return
		}
		used[i] = true
	})
	for i, u := range used {
		if !u {
			t.Errorf("%s is allowed to write files and does not", allowed[i])
		}
	}
}
