// Package glasswork_test holds the arrows between the packages: what may import what,
// and which calls stand in one place only.
package glasswork_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
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
	{"glasswork/dataset", []string{fyne, gl, gotch}, "data is read without a window and without a network"},
	{"glasswork/viewer", []string{fyne, gl, gotch}, "rendering is tested to the pixel without a window"},
	{"glasswork/training", []string{fyne, gl, gotch, "glasswork/model"}, "training declares the network it needs and knows none"},
	{"glasswork/ui", []string{gotch, "glasswork/model"}, "a crash of the network must not cost a brush stroke"},
	{"glasswork/ui", []string{fyne + "/fyne/v2/app"}, "ui builds and tests without a display"},
	{"glasswork/ui/session", []string{fyne, gl}, "what the window shows is plain Go that a test can call"},
	{"glasswork/cmd/glasswork", []string{gotch, "glasswork/model"}, "the desktop starts without libtorch"},
	{"glasswork/cmd/glasswork-trainer", []string{fyne, gl, "glasswork/ui"}, "the trainer runs where there is no display"},
	{"glasswork/cmd/glasswork-codec", []string{fyne, gl, gotch, "glasswork/ui", "glasswork/model"}, "the decoding program starts in milliseconds"},
	{"glasswork/model", []string{fyne, gl, "glasswork/ui", "glasswork/viewer"}, "a network knows tensors and labels"},
	{
		"glasswork/model",
		[]string{"glasswork/dataset/project", "glasswork/dataset/dicom", "glasswork/training/job", sqlite, dicom},
		"a network knows no store and no file format of images",
	},
	{
		"glasswork/ui/session",
		[]string{"glasswork/training/job", "glasswork/training/inference", "glasswork/training/experiment"},
		"the window asks the trainer and does not train",
	},
}

// rooms is which packages of ours each package may import itself.
var rooms = map[string][]string{
	"glasswork/dataset/classes":             nil,
	"glasswork/dataset/words":               nil,
	"glasswork/dataset/volume":              {"glasswork/dataset/classes"},
	"glasswork/dataset/series":              {"glasswork/dataset/volume"},
	"glasswork/dataset/annotation":          {"glasswork/dataset/classes", "glasswork/dataset/series", "glasswork/dataset/volume"},
	"glasswork/dataset/internal/kaggle":     {"glasswork/dataset/internal/osfile"},
	"glasswork/dataset/internal/fixture":    {"glasswork/dataset/volume", "glasswork/dataset/atomicfile", "glasswork/dataset/picture"},
	"glasswork/dataset/atomicfile":          nil,
	"glasswork/dataset/internal/osfile":     nil,
	"glasswork/dataset/shared":              nil,
	"glasswork/dataset/archive":             {"glasswork/dataset/internal/osfile"},
	"glasswork/dataset/dicom/internal/walk": nil,
	"glasswork/dataset/dicom": {
		"glasswork/dataset/dicom/internal/walk", "glasswork/dataset/dicom/codec", "glasswork/dataset/dicom/encapsulated", "glasswork/dataset/dicom/object",
		"glasswork/dataset/series", "glasswork/dataset/volume", "glasswork/dataset/atomicfile", "glasswork/dataset/internal/osfile",
	},
	"glasswork/dataset/dicom/encapsulated":          nil,
	"glasswork/dataset/dicom/codec":                 {"glasswork/dataset/dicom/codec/jpeg", "glasswork/dataset/dicom/codec/internal/wire"},
	"glasswork/dataset/dicom/codec/jpeg":            nil,
	"glasswork/dataset/dicom/codec/internal/wire":   nil,
	"glasswork/dataset/dicom/codec/internal/native": nil,
	"glasswork/dataset/dicom/codec/worker":          {"glasswork/dataset/dicom/codec/internal/wire", "glasswork/dataset/dicom/codec/internal/native"},
	"glasswork/dataset/internal/voxels":             {"glasswork/dataset/annotation", "glasswork/dataset/series", "glasswork/dataset/volume", "glasswork/dataset/internal/osfile"},
	"glasswork/dataset/dicom/seg":                   {"glasswork/dataset/dicom/object", "glasswork/dataset/dicom/source", "glasswork/dataset/dicom/codec", "glasswork/dataset/dicom/encapsulated", "glasswork/dataset/annotation", "glasswork/dataset/classes", "glasswork/dataset/series", "glasswork/dataset/volume"},
	"glasswork/dataset/nifti":                       {"glasswork/dataset/annotation", "glasswork/dataset/classes", "glasswork/dataset/series", "glasswork/dataset/volume", "glasswork/dataset/atomicfile", "glasswork/dataset/internal/osfile", "glasswork/dataset/internal/voxels"},
	"glasswork/dataset/nrrd":                        {"glasswork/dataset/annotation", "glasswork/dataset/classes", "glasswork/dataset/series", "glasswork/dataset/volume", "glasswork/dataset/atomicfile", "glasswork/dataset/internal/osfile", "glasswork/dataset/internal/voxels"},
	"glasswork/dataset/metaimage":                   {"glasswork/dataset/annotation", "glasswork/dataset/series", "glasswork/dataset/volume", "glasswork/dataset/internal/osfile", "glasswork/dataset/internal/voxels"},
	"glasswork/dataset/tiff":                        {"glasswork/dataset/series", "glasswork/dataset/volume", "glasswork/dataset/internal/osfile", "glasswork/dataset/picture"},
	"glasswork/dataset/npy":                         {"glasswork/dataset/annotation", "glasswork/dataset/classes", "glasswork/dataset/series", "glasswork/dataset/volume", "glasswork/dataset/atomicfile", "glasswork/dataset/internal/osfile"},
	"glasswork/dataset/picture":                     {"glasswork/dataset/classes", "glasswork/dataset/series", "glasswork/dataset/volume", "glasswork/dataset/atomicfile", "glasswork/dataset/internal/osfile"},
	"glasswork/dataset/phantom":                     {"glasswork/dataset/classes", "glasswork/dataset/volume"},
	"glasswork/dataset/project":                     {"glasswork/dataset/annotation", "glasswork/dataset/classes", "glasswork/dataset/example", "glasswork/dataset/export", "glasswork/dataset/series", "glasswork/dataset/volume", "glasswork/dataset/atomicfile"},
	"glasswork/dataset/dicom/object":                {"glasswork/dataset/dicom/internal/walk", "glasswork/dataset/atomicfile", "glasswork/dataset/internal/osfile"},
	"glasswork/dataset/dicom/source":                {"glasswork/dataset/dicom/object", "glasswork/dataset/volume"},
	"glasswork/dataset/dicom/rtstruct":              {"glasswork/dataset/dicom/object", "glasswork/dataset/dicom/source", "glasswork/dataset/annotation", "glasswork/dataset/classes", "glasswork/dataset/volume"},
	"glasswork/dataset/dicom/deident":               {"glasswork/dataset/dicom/object"},
	"glasswork/dataset/dicom/report": {
		"glasswork/dataset/dicom/object", "glasswork/dataset/dicom/source", "glasswork/dataset/measure", "glasswork/dataset/classes",
	},
	"glasswork/dataset/measure": {"glasswork/dataset/classes", "glasswork/dataset/volume"},
	"glasswork/dataset": {
		"glasswork/dataset/annotation", "glasswork/dataset/series", "glasswork/dataset/archive", "glasswork/dataset/phantom",
		"glasswork/dataset/internal/osfile", "glasswork/dataset/dicom", "glasswork/dataset/dicom/object",
		"glasswork/dataset/dicom/seg", "glasswork/dataset/dicom/rtstruct", "glasswork/dataset/nifti", "glasswork/dataset/nrrd",
		"glasswork/dataset/metaimage", "glasswork/dataset/tiff", "glasswork/dataset/npy", "glasswork/dataset/picture",
	},
	"glasswork/dataset/example": {
		"glasswork/dataset/classes", "glasswork/dataset/volume", "glasswork/dataset/internal/kaggle",
		"glasswork/dataset/internal/osfile", "glasswork/dataset/nifti", "glasswork/dataset/npy", "glasswork/dataset/phantom",
		"glasswork/dataset/picture",
	},
	"glasswork/dataset/export": {
		"glasswork/dataset", "glasswork/dataset/classes", "glasswork/dataset/series", "glasswork/dataset/volume",
		"glasswork/dataset/atomicfile", "glasswork/dataset/measure", "glasswork/dataset/internal/kaggle",
		"glasswork/dataset/internal/osfile", "glasswork/dataset/nifti", "glasswork/dataset/nrrd", "glasswork/dataset/npy",
		"glasswork/dataset/picture", "glasswork/dataset/dicom", "glasswork/dataset/dicom/object",
		"glasswork/dataset/dicom/source", "glasswork/dataset/dicom/seg", "glasswork/dataset/dicom/rtstruct",
		"glasswork/dataset/dicom/report", "glasswork/dataset/dicom/deident",
	},
	"glasswork/dataset/importing": {
		"glasswork/dataset", "glasswork/dataset/annotation", "glasswork/dataset/project",
		"glasswork/dataset/series", "glasswork/dataset/volume",
	},

	"glasswork/dataset/inventory": {
		"glasswork/dataset", "glasswork/dataset/series", "glasswork/dataset/volume",
	},
	"glasswork/viewer":            {"glasswork/dataset/classes", "glasswork/dataset/volume"},
	"glasswork/training/score":    {"glasswork/dataset/classes"},
	"glasswork/training/augment":  nil,
	"glasswork/training/protocol": {"glasswork/training/score"},
	"glasswork/training/network":  {"glasswork/dataset/classes"},
	"glasswork/training/anatomy":  {"glasswork/dataset/classes", "glasswork/dataset/volume"},
	"glasswork/training/input": {
		"glasswork/dataset/classes", "glasswork/dataset/series", "glasswork/training/anatomy",
		"glasswork/training/augment", "glasswork/training/network",
	},
	"glasswork/training/sampling": {
		"glasswork/dataset/classes", "glasswork/dataset/example", "glasswork/training/anatomy",
		"glasswork/training/augment", "glasswork/training/input", "glasswork/training/network",
	},
	"glasswork/training/inference": {
		"glasswork/dataset/classes", "glasswork/dataset/example", "glasswork/dataset/npy", "glasswork/training/input",
		"glasswork/training/network", "glasswork/training/score",
	},
	"glasswork/training": {
		"glasswork/dataset/atomicfile", "glasswork/dataset/classes", "glasswork/dataset/example",
		"glasswork/training/augment", "glasswork/training/inference", "glasswork/training/network",
		"glasswork/training/protocol", "glasswork/training/sampling", "glasswork/training/score",
	},
	"glasswork/training/job": {
		"glasswork/dataset", "glasswork/dataset/classes", "glasswork/dataset/example",
		"glasswork/dataset/project", "glasswork/dataset/series", "glasswork/dataset/volume",
		"glasswork/training", "glasswork/training/augment", "glasswork/training/inference",
		"glasswork/training/input", "glasswork/training/network", "glasswork/training/protocol",
		"glasswork/training/sampling", "glasswork/training/score",
		"glasswork/dataset/atomicfile", "glasswork/dataset/nifti", "glasswork/training/anatomy",
	},
	"glasswork/training/recipe": {
		"glasswork/dataset/atomicfile", "glasswork/dataset/classes", "glasswork/dataset/example",
		"glasswork/training", "glasswork/training/augment", "glasswork/training/network",
		"glasswork/training/protocol", "glasswork/training/sampling",
	},
	"glasswork/training/release": {
		"glasswork/dataset/atomicfile", "glasswork/training/job", "glasswork/training/network",
		"glasswork/training/protocol", "glasswork/training/recipe", "glasswork/training/score",
	},
	"glasswork/training/demo": {
		"glasswork/dataset", "glasswork/dataset/atomicfile", "glasswork/dataset/classes",
		"glasswork/dataset/dicom", "glasswork/dataset/export", "glasswork/dataset/importing",
		"glasswork/dataset/nifti", "glasswork/dataset/phantom", "glasswork/dataset/project",
		"glasswork/dataset/volume", "glasswork/training/job", "glasswork/training/protocol",
		"glasswork/viewer",
	},
	"glasswork/training/preview": {
		"glasswork/dataset/atomicfile", "glasswork/dataset/example", "glasswork/training/augment",
		"glasswork/training/sampling", "glasswork/viewer",
	},
	"glasswork/training/internal/fake": {
		"glasswork/dataset/atomicfile", "glasswork/dataset/classes", "glasswork/dataset/example",
		"glasswork/dataset/series", "glasswork/training/network",
	},
	"glasswork/training/experiment/study": nil,
	"glasswork/training/experiment": {
		"glasswork/dataset/atomicfile", "glasswork/dataset/classes", "glasswork/dataset/example",
		"glasswork/training", "glasswork/training/augment", "glasswork/training/experiment/study",
		"glasswork/training/inference", "glasswork/training/network",
		"glasswork/training/protocol", "glasswork/training/sampling", "glasswork/training/score",
	},
	"glasswork/training/experiment/report": {
		"glasswork/dataset/atomicfile", "glasswork/dataset/classes",
		"glasswork/training/experiment", "glasswork/training/experiment/study",
		"glasswork/training/score",
	},
	"glasswork/model": {
		"glasswork/dataset/atomicfile", "glasswork/dataset/classes",
		"glasswork/model/internal/pytorch", "glasswork/model/internal/torch",
		"glasswork/training/network",
	},
	"glasswork/model/internal/torch":   {"glasswork/model/internal/capi", "glasswork/training/network"},
	"glasswork/model/internal/capi":    nil,
	"glasswork/model/internal/pytorch": nil,
	"glasswork/assets/baseline":        nil,
}

// list asks the go command for all packages and what they depend on. It works from
// go.mod alone, so that nothing has to be set up for libtorch.
func list(t *testing.T) graph {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-e", "-json=ImportPath,Imports,Standard,Error", "./...")
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
	g := graph{"a": {Imports: []string{"b", "c"}}, "b": {Imports: []string{"a"}}, "c": {Imports: []string{"x.io/y/z"}}, "d": {Imports: []string{"x.io/yy"}}}
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
					t.Errorf("%s reaches %s, but %s: %s", from, forbidden, rule.why, strings.Join(way, " → "))
				}
			}
		}
	}
}

func TestEveryRoomImportsItsNeighboursOnly(t *testing.T) {
	all := list(t)
	for room, may := range rooms {
		p, ok := all[room]
		if !ok {
			if exists(room) {
				t.Errorf("%s has a folder and no package", room)
			}
			continue
		}
		for _, path := range p.Imports {
			if within(path, "glasswork") && !slices.Contains(may, path) {
				t.Errorf("%s imports %s, docs/architecture.md does not let it", room, path)
			}
		}
	}
	for _, path := range []string{
		"glasswork/dataset/classes", "glasswork/dataset/volume", "glasswork/dataset/atomicfile",
		"glasswork/training/network", "glasswork/training/anatomy",
	} {
		for _, imported := range all[path].Imports {
			if !all[imported].Standard && !within(imported, "glasswork") {
				t.Errorf("%s imports %s, but it needs no library beside the standard one", path, imported)
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
		case d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
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

// TestFilesAreWrittenAtomically leaves os.CreateTemp alone: atomicfile and scratch files use it.
func TestFilesAreWrittenAtomically(t *testing.T) {
	allowed := []string{
		"dataset/shared/",  // tests add a line to a list
		"scripts/notice/",  // writes what git keeps
		"cmd/gotch-setup/", // makes what is made again if it is missing
	}
	used := make([]bool, len(allowed))
	sourceFiles(t, func(path string, file *ast.File) {
		found := calls(file, "os.Create", "os.WriteFile", "os.OpenFile")
		if found == nil {
			return
		}
		i := slices.IndexFunc(allowed, func(prefix string) bool { return strings.HasPrefix(path, prefix) })
		if i < 0 {
			t.Errorf("%s calls %v: what a user would miss is written with atomicfile.WriteFile", path, found)
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
