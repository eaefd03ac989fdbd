package experiment

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const goodSuite = `name: sizes
defaults: {encoder: resnet18, augment: "C3", epochs: 5}
columns:
  - name: small
    size: 128
  - name: large
    size: 256
    lr: 5e-4
    epochs: 9
`

func TestParseSuite(t *testing.T) {
	s, err := ParseSuite([]byte(goodSuite))
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "sizes" || len(s.Columns) != 2 {
		t.Fatalf("suite %+v", s)
	}
	a, b := s.Columns[0], s.Columns[1]
	if a.Name != "small" || a.Size != 128 || a.Encoder != "resnet18" || a.Augment != "C3" ||
		a.Epochs != 5 {
		t.Errorf("first column %+v", a)
	}
	if b.Rate != 5e-4 || b.Epochs != 9 || b.Arch != "" {
		t.Errorf("second column %+v", b)
	}
}

func TestParseSuiteReadsJSON(t *testing.T) {
	s, err := ParseSuite([]byte(`[{"name": "a", "arch": "manet", "batch": 4}, {"name": "b"}]`))
	if err != nil || len(s.Columns) != 2 || s.Columns[0].Arch != "manet" ||
		s.Columns[0].Batch != 4 {
		t.Fatalf("%+v, %v", s, err)
	}
}

// What is wrong is said with its place.
func TestParseSuiteErrors(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":      {"", "it is empty"},
		"no columns": {"name: x\n", "it holds no columns"},
		"a number":   {"7\n", "line 1, column 1: a list of columns is expected here"},
		"empty list": {"columns: []\n", "line 1, column 10: a list of columns"},
		"unknown at top": {
			"naem: x\ncolumns: []\n",
			`line 1, column 7: "naem" is not known here; name, defaults and columns are`,
		},
		"unknown key": {
			"- name: a\n  archh: unet\n", `line 2, column 10: "archh" is not known here`,
		},
		"no name": {"- arch: unet\n", "line 1, column 3: this column has no name"},
		"two of one name": {
			"- name: a\n- name: a\n", `line 2, column 3: another column is called "a" already`,
		},
		"key twice": {
			"- name: a\n  size: 64\n  size: 96\n", `line 3, column 3: "size" stands here twice`,
		},
		"text for number": {
			"- name: a\n  epochs: many\n",
			`line 2, column 11: epochs is a whole number greater than 0, not "many"`,
		},
		"fraction": {
			"- name: a\n  batch: 1.5\n", `line 2, column 10: batch is a whole number`,
		},
		"negative": {
			"- name: a\n  lr: -1\n", `line 2, column 7: lr is a number greater than 0, not "-1"`,
		},
		"list for text": {
			"- name: a\n  arch: [unet]\n", "line 2, column 9: a text of one line is expected " +
				"here, not a list",
		},
		"null": {
			"- name:\n", "line 1, column 8: a text of one line is expected here, not nothing",
		},
		"column a text": {
			"- unet\n", `line 1, column 3: names and values are expected here, not "unet"`,
		},
		"alias": {"- &a {name: x}\n- *a\n", "line 2, column 3"},
		"alias of text": {
			"- {name: &n x, arch: *n}\n", "line 1, column 22: aliases are not read",
		},
		"YAML": {"- name: a\n\tarch: unet\n", "line 2"},
		"JSON": {`[{"name": "a"`, "line 1"},
	} {
		if _, err := ParseSuite([]byte(c.text)); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}

func TestOpenSuite(t *testing.T) {
	for name, columns := range map[string]int{
		"augmentations": 9, "architectures": 5, "two-class": 1,
	} {
		s, err := OpenSuite(name)
		if err != nil || len(s.Columns) != columns || s.Columns[0].Published == nil {
			t.Errorf("%s: %d columns, %v", name, len(s.Columns), err)
		}
	}
	path := filepath.Join(t.TempDir(), "mine.yaml")
	if _, err := OpenSuite(path); err == nil ||
		!strings.Contains(err.Error(), "is neither a suite (augmentations, architectures, "+
			"two-class) nor a file") {
		t.Errorf("a missing file: %v", err)
	}
	if err := os.WriteFile(path, []byte("- name: a\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if s, err := OpenSuite(path); err != nil || s.Name != "mine" {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestSlug(t *testing.T) {
	for name, want := range map[string]string{
		"V{0.5}S{1}": "v-0-5-s-1", "Unet++": "unetplusplus", "../../etc": "etc", "größe": "gr-e",
		"—": "",
	} {
		if got := Slug(name); got != want {
			t.Errorf("Slug(%q) = %q, want %q", name, got, want)
		}
	}
}

func FuzzParseSuite(f *testing.F) {
	f.Add([]byte(goodSuite))
	f.Add([]byte(`[{"name": "a", "lr": 0.1}]`))
	f.Add([]byte("- &a {name: x}\n- <<: *a\n"))
	f.Add([]byte("? [a]\n: b\n"))
	f.Add([]byte("%YAML 1.1\n---\n- name: !!binary aGk=\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ParseSuite(text)
		if err != nil {
			if strings.TrimSpace(err.Error()) == "" {
				t.Error("an error says nothing")
			}
			return
		}
		if len(s.Columns) == 0 {
			t.Error("a suite without columns")
		}
		for _, c := range s.Columns {
			if c.Name == "" || c.Size < 0 || c.Rate < 0 {
				t.Errorf("column %+v", c)
			}
		}
	})
}
