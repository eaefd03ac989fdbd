package pytorch

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// python is an interpreter that has PyTorch; without one the test is skipped.
func python(t *testing.T, program string, arguments ...string) {
	t.Helper()
	for _, name := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(name, "-c", "import torch").Run() != nil {
			continue
		}
		script := filepath.Join(t.TempDir(), "program.py") // TorchScript wants to see its source
		if err := os.WriteFile(script, []byte(program), 0o644); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(name, append([]string{script}, arguments...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return
	}
	t.Skip("no Python with PyTorch is here")
}

// saveAll writes the same tensors in every way that people do.
const saveAll = `
import sys, torch, collections
out = sys.argv[1]
base = torch.arange(24, dtype=torch.float32)
state = collections.OrderedDict(
    a=base.view(2, 3, 4), part=base[6:12].view(2, 3), turned=base.view(4, 6).t(),
    half=torch.tensor([0.5, -2], dtype=torch.float16),
    brain=torch.tensor([1.5, -3], dtype=torch.bfloat16),
    double=torch.tensor([0.25], dtype=torch.float64), count=torch.tensor(7),
    flags=torch.tensor([True, False]),
    wide=torch.tensor([3.0]).expand(4), none=torch.zeros(0, 3))
state._metadata = collections.OrderedDict({'': {'version': 1}})
torch.save(state, out + '/zip.pth')
torch.save(state, out + '/legacy.pth', _use_new_zipfile_serialization=False)
torch.save(state, out + '/protocol4.pth', pickle_protocol=4)
torch.save({'epoch': 3, 'best': 0.5, 'state_dict': state,
            'optimizer': {'state': {0: {'m': torch.ones(2)}}}}, out + '/nested.pth')
torch.save({'epoch': 3, 'model_state_dict': dict(state)}, out + '/nested-legacy.pth',
           _use_new_zipfile_serialization=False)
torch.save({k: torch.nn.Parameter(v) for k, v in state.items() if v.is_floating_point()},
           out + '/parameters.pth')
torch.save(torch.nn.Conv2d(1, 2, 3), out + '/module.pth')
torch.jit.script(torch.nn.ReLU()).save(out + '/script.pt')
`

var saved = map[string][]float32{
	"part": {6, 7, 8, 9, 10, 11}, "half": {0.5, -2}, "brain": {1.5, -3}, "double": {0.25},
	"wide": {3, 3, 3, 3}, "none": {},
	"turned": {
		0, 6, 12, 18, 1, 7, 13, 19, 2, 8, 14, 20, 3, 9, 15, 21, 4, 10, 16, 22, 5, 11, 17, 23,
	},
}

func TestWhatPyTorchSaves(t *testing.T) {
	dir := t.TempDir()
	python(t, saveAll, dir)
	for _, name := range []string{
		"zip", "legacy", "protocol4", "nested", "nested-legacy", "parameters",
	} {
		t.Run(name, func(t *testing.T) {
			file, err := os.ReadFile(filepath.Join(dir, name+".pth"))
			if err != nil {
				t.Fatal(err)
			}
			if Sniff(file) != Weights {
				t.Error("it is not recognised")
			}
			s, err := Parse(file)
			if err != nil {
				t.Fatal(err)
			}
			checkSaved(t, s)
			if name != "parameters" {
				if got := values(s.Tensors["count"]); !slices.Equal(got, []float32{7}) ||
					s.Names[0] != "a" {
					t.Errorf("the counter is %v, the first name %q", got, s.Names[0])
				}
			}
		})
	}
	refuseModule(t, filepath.Join(dir, "module.pth"))
	if file, err := os.ReadFile(filepath.Join(dir, "script.pt")); err != nil ||
		Sniff(file) != Script {
		t.Errorf("a TorchScript module is taken for %v (%v)", Sniff(file), err)
	}
}

func checkSaved(t *testing.T, s *State) {
	t.Helper()
	for name, want := range saved {
		if s.Tensors[name] == nil {
			t.Fatalf("%s is missing from %v", name, s.Names)
		}
		if got := values(s.Tensors[name]); !slices.Equal(got, want) {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if a := s.Tensors["a"]; !slices.Equal(a.Shape, []int64{2, 3, 4}) || a.Kind() != "float32" {
		t.Errorf("a is %v of %s", a.Shape, a.Kind())
	}
}

func values(t *Tensor) []float32 {
	n := int64(1)
	for _, d := range t.Shape {
		n *= d
	}
	v := make([]float32, n)
	t.Read(v)
	return v
}

// refuseModule holds that a whole saved module is refused by the first class it names.
func refuseModule(t *testing.T, path string) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(file); err == nil || !strings.Contains(err.Error(),
		"torch.nn.modules.conv.Conv2d") {
		t.Errorf("a whole module: %v, want an error with its class", err)
	}
}

// TestPyTorchReadsWhatWasWritten loads a written file with torch.load.
func TestPyTorchReadsWhatWasWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.pth")
	var b bytes.Buffer
	err := Write(&b, []Array{
		{Name: "x.weight", Shape: []int64{2, 3}, Values: []float32{1, 2, 3, 4, 5, 6.5}},
		{Name: "x.num_batches_tracked", Counter: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Parse(b.Bytes())
	if err != nil || !slices.Equal(values(s.Tensors["x.weight"]), []float32{1, 2, 3, 4, 5, 6.5}) ||
		len(s.Names) != 2 {
		t.Fatalf("read back as %+v (%v)", s, err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	python(t, `
import sys, torch, collections
s = torch.load(sys.argv[1])
assert type(s) is collections.OrderedDict and list(s) == ['x.weight', 'x.num_batches_tracked']
assert s['x.weight'].tolist() == [[1, 2, 3], [4, 5, 6.5]] and s['x.weight'].is_contiguous()
assert s['x.num_batches_tracked'].dtype == torch.int64 and s['x.num_batches_tracked'].shape == ()
`, path)
}

// archive is a file in the zip format with this description and one storage of data.
func archive(t testing.TB, description string, data []byte, method uint16) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range map[string][]byte{
		"m/data.pkl": []byte(description), "m/data/0": data,
	} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tensorOf is the description of {"a": tensor} with one storage of 4 numbers.
func tensorOf(key, offset, shape, strides string) string {
	text := func(s string) string {
		return "X" + string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s
	}
	return "\x80\x02}" + text("a") + "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") +
		"ctorch\nFloatStorage\n" +
		text(key) + text("cpu") + "K\x04tQ" + offset + shape + strides + "\x89}tRs."
}

const maxInt = "J\xff\xff\xff\x7f"

func TestParseRefuses(t *testing.T) {
	good := tensorOf("0", "K\x00", "K\x04\x85", "K\x01\x85")
	data := make([]byte, 16)
	if _, err := Parse(archive(t, good, data, zip.Store)); err != nil {
		t.Fatalf("the description that the others are made from is refused: %v", err)
	}
	whole := archive(t, good, data, zip.Store)
	tests := []struct {
		name string
		file []byte
		want string
	}{
		{
			"command", archive(t, "\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R.", data,
				zip.Store), `Python's "os.system"`,
		},
		{
			"command by STACK_GLOBAL",
			archive(t, "\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.", data,
				zip.Store), `"builtins.eval"`,
		},
		{
			"command by NEWOBJ",
			archive(t, "\x80\x02csubprocess\nPopen\nX\x04\x00\x00\x00true\x85\x81.", data,
				zip.Store), `"subprocess.Popen"`,
		},
		{
			"command by INST", archive(t, "(X\x04\x00\x00\x00trueios\nsystem\n.", data, zip.Store),
			"0x69",
		},
		{"name that is no function", archive(t, "\x80\x02ctorch\nFloatStorage\n)R.", data,
			zip.Store), "FloatStorage"},
		{
			"legacy command", []byte("\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R."),
			`"os.system"`,
		},
		{"other pickle", []byte("\x80\x02K\x01."), "not one of PyTorch"},
		{"nothing", archive(t, "N.", data, zip.Store), "no tensors"},
		{"no end", archive(t, "\x80\x02}", data, zip.Store), "cut"},
		{"empty stack", archive(t, "R.", data, zip.Store), "garbled"},
		{"text beyond the end", archive(t, "X\xff\xff\xff\xff.", data, zip.Store), "cut"},
		{
			"endless stack", archive(t, strings.Repeat("N", maxStack+1)+".", data, zip.Store),
			"garbled",
		},
		{"huge shape", archive(t, tensorOf("0", "K\x00", maxInt+maxInt+"\x86", "K\x00K\x00\x86"),
			data, zip.Store), "fit together"},
		{"more than the storage", archive(t, tensorOf("0", "K\x00", "K\x05\x85", "K\x01\x85"), data,
			zip.Store), "fit together"},
		{"beyond the storage", archive(t, tensorOf("0", maxInt, "K\x01\x85", "K\x01\x85"), data,
			zip.Store), "fit together"},
		{"before the storage", archive(t, tensorOf("0", "J\xff\xff\xff\xff", "K\x01\x85",
			"K\x01\x85"), data, zip.Store), "fit together"},
		{"negative stride", archive(t, tensorOf("0", "K\x02", "K\x02\x85", "J\xff\xff\xff\xff\x85"),
			data, zip.Store), "fit together"},
		{"shape without strides", archive(t, tensorOf("0", "K\x00", "K\x04\x85", ")"), data,
			zip.Store), "garbled"},
		{"path as storage", archive(t, tensorOf("../../etc/passwd", "K\x00", "K\x04\x85",
			"K\x01\x85"), data, zip.Store), `no "m/data/../../etc/passwd"`},
		{"short storage", archive(t, good, data[:15], zip.Store), "cut"},
		{"compressed", archive(t, good, data, zip.Deflate), "compressed"},
		{"cut archive", whole[:len(whole)-30], "cut"},
		{"half an archive", whole[:len(whole)/2], "cut"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse(tt.file)
			if err == nil || !strings.Contains(err.Error(), tt.want) ||
				strings.Contains(err.Error(), "\n") {
				t.Errorf("Parse: %v, want one sentence with %q", err, tt.want)
			}
		})
	}
}

// TestLaughs holds that a pickle of lists in lists a billion times costs nothing.
func TestLaughs(t *testing.T) {
	var p bytes.Buffer
	p.WriteString("\x80\x02]q\x00")
	for i := range 60 {
		fmt.Fprintf(&p, "](h%ch%ch%ceq%c", i, i, i, i+1)
	}
	p.WriteString(".")
	if _, err := Parse(archive(t, p.String(), nil, zip.Store)); err == nil ||
		!strings.Contains(err.Error(), "no tensors") {
		t.Errorf("lists in lists: %v", err)
	}
	loop := "\x80\x02}q\x00X\x05\x00\x00\x00modelh\x00s."
	if _, err := Parse(archive(t, loop, nil, zip.Store)); err == nil {
		t.Error("a dictionary that holds itself was read")
	}
}

// TestScriptsThatTouchFiles are refused before libtorch sees them.
func TestScriptsThatTouchFiles(t *testing.T) {
	for code, refused := range map[string]bool{
		"def forward(self, x):\n  return torch.relu(x)\n":                    false,
		"def forward(self, x):\n  torch.save(x, \"f\")\n":                    true,
		"def forward(self, x):\n  return torch.from_file(\"/etc/passwd\")\n": true,

		// The same by other spellings.
		"def forward(self, x):\n  return torch.from_file (\"f\", True, 9)\n":            true,
		"def forward(self, x):\n  return torch . from_file(\"f\", True, 9)\n":           true,
		"def forward(self, x):\n  return torch.\\\n    from_file(\"f\", True, 9)\n":     true,
		"def forward(self, x):\n  f = torch.from_file\n  return f(\"f\", True, 9)\n":    true,
		"def forward(self, x):\n  return getattr(torch, \"from_file\")(\"f\")\n":        true,
		"def forward(self, x):\n  return (torch.from_file)(\"f\", True, 9)\n":           true,
		"def forward(self, x):\n  return ops.aten.from_file(\"f\", True, 9)\n":          true,
		"def forward(self, x):\n  return \"f\".from_file(True, 9)\n":                    true,
		"def forward(self, x):\n  t = torch\n  return t.from_file(\"f\", True, 9)\n":    true,
		"def from_file(x):\n  return x\ndef forward(self, x):\n  return from_file(x)\n": true,
		// What never ends, and what fills the memory.
		"def forward(self, x):\n  while True:\n    x = torch.relu(x)\n  return x\n": true,
		"def forward(self, x):\n  return torch.zeros([1000000, 1000000])\n":         true,
		// What networks do.
		"import __torch__\n": true,
		"class M(Module):\n  __parameters__ = [\"w\", ]\n  w : Tensor\n  conv : __torch__.C\n" +
			"  def forward(self: __torch__.M, x: Tensor) -> Tensor:\n    conv = self.conv\n" +
			"    _0 = (conv).forward(x, )\n    # torch.from_file(\n" +
			"    return torch.add(" +
			"torch._convolution(_0, self.w, None, [1, 1]), x, alpha=1)\n": false,
	} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for name, content := range map[string]string{
			"m/constants.pkl": "\x80\x02).", "m/code/__torch__.py": code,
		} {
			w, err := z.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(content)); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if Sniff(b.Bytes()) != Script {
			t.Error("it is not taken for a program")
		}
		if err := CheckScript(b.Bytes()); (err != nil) != refused {
			t.Errorf("%q: %v", code, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(archive(f, tensorOf("0", "K\x00", "K\x04\x85", "K\x01\x85"), make([]byte, 16), zip.Store))
	for _, name := range []string{"zip.pth", "legacy.pth"} {
		file, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) { readAll(t, file) })
}

// FuzzDescription fuzzes the pickle inside an archive that is whole.
func FuzzDescription(f *testing.F) {
	f.Add(tensorOf("0", "K\x00", "K\x04\x85", "K\x01\x85"))
	f.Add("\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01a\x94K\x01u.")
	f.Fuzz(func(t *testing.T, description string) {
		readAll(t, archive(t, description, make([]byte, 64), zip.Store))
	})
}

func readAll(t *testing.T, file []byte) {
	s, err := Parse(file)
	if err != nil {
		return
	}
	for _, name := range s.Names {
		n := int64(1)
		for _, d := range s.Tensors[name].Shape {
			n *= d
		}
		if n < 1<<20 {
			values(s.Tensors[name])
		}
	}
}

// TestCommittedFiles reads small files that PyTorch 1.13 wrote, so that machines without it test
// too.
func TestCommittedFiles(t *testing.T) {
	for _, name := range []string{"zip.pth", "legacy.pth"} {
		file, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		s, err := Parse(file)
		if err != nil {
			t.Fatal(err)
		}
		checkSaved(t, s)
	}
}
