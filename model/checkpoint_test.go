package model

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/model/internal/torch"
	"glasswork/training/network"
)

// rawFile is a safetensors file with this header and so many bytes of data.
func rawFile(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func TestSafetensorsRoundTrip(t *testing.T) {
	arrays := []array{
		{name: "a", shape: []int64{2, 3}, data: []float32{1, -2, 3.5, 0, 1e-30, 65504}},
		{name: "b", shape: []int64{2}, half: true, data: []float32{0.5, -65504}},
		{name: "empty", shape: []int64{0}, data: nil},
		{name: "number", shape: []int64{}, data: []float32{7}},
	}
	var file bytes.Buffer
	if err := writeSafetensors(&file, map[string]string{"k": "v"}, arrays); err != nil {
		t.Fatal(err)
	}
	s, err := parseSafetensors(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if s.metadata["k"] != "v" || len(s.entries) != len(arrays) {
		t.Errorf("metadata %v and %d tensors came back", s.metadata, len(s.entries))
	}
	for _, a := range arrays {
		got := make([]float32, len(a.data))
		s.read(a.name, got)
		if !slices.Equal(got, a.data) || !slices.Equal(s.entries[a.name].Shape, a.shape) {
			t.Errorf("%s came back as %v %v, want %v %v", a.name, s.entries[a.name].Shape, got,
				a.shape, a.data)
		}
	}
}

func TestHalfRefusesWhatItCannotHold(t *testing.T) {
	for _, v := range []float32{65505, float32(math.Inf(-1)), float32(math.NaN())} {
		err := writeSafetensors(&bytes.Buffer{}, nil,
			[]array{{name: "w", shape: []int64{1}, half: true, data: []float32{v}}})
		if err == nil || !strings.Contains(err.Error(), "half precision") {
			t.Errorf("%g was stored in half precision: %v", v, err)
		}
	}
}

func TestParseSafetensorsRefuses(t *testing.T) {
	tests := []struct {
		name string
		file []byte
		want string
	}{
		{"nothing", nil, "too short"},
		{"header beyond the end", rawFile("{}", 0)[:9], "cut"},
		{"huge header", binary.LittleEndian.AppendUint64(nil, math.MaxUint64), "cut"},
		{"no JSON", rawFile("hello", 0), "not JSON"},
		{"metadata of another kind", rawFile(`{"__metadata__":{"a":1}}`, 0), "metadata"},
		{"entry of another kind", rawFile(`{"a":5}`, 0), `entry "a"`},
		{
			"unknown kind", rawFile(`{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}`, 8),
			"I64",
		},
		{"cut", rawFile(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 7), "cut"},
		{
			"too long", rawFile(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 9),
			"belong to no parameter",
		},
		{"shape and bytes differ", rawFile(`{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`,
			8), "bytes that its shape"},
		{
			"negative shape", rawFile(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}}`, 0),
			"impossible",
		},
		{
			"overflowing shape",
			rawFile(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`,
				0), "impossible",
		},
		{
			"overlap",
			rawFile(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},`+
				`"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 8), `"b"`,
		},
		{"hole", rawFile(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), `"a"`},
		{"backwards", rawFile(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,-4]}}`, 0), `"a"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parseSafetensors(tt.file)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("parseSafetensors: %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func FuzzParseSafetensors(f *testing.F) {
	f.Add(rawFile(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"__metadata__":{"k":"v"}}`,
		8))
	f.Add(rawFile(`{"a":{"dtype":"F16","shape":[1,2],"data_offsets":[0,4]}}`, 4))
	f.Add(rawFile(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0))
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := parseSafetensors(file)
		if err != nil {
			return
		}
		for name, e := range s.entries {
			n, err := size(e.Shape)
			if err != nil || n > int64(len(file)) {
				t.Fatalf("%s with shape %v was accepted in %d bytes", name, e.Shape, len(file))
			}
			s.read(name, make([]float32, n))
		}
	})
}

// savedModel is a checkpoint's bytes.
func savedModel(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "m.safetensors")
	if err := newLearner(t, 1).Save(path, network.Info{Name: "m", Half: true}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// edit changes a file's header in place of the text of the same length.
func edit(t *testing.T, file []byte, old, text string) []byte {
	t.Helper()
	if len(old) != len(text) || bytes.Count(file, []byte(old)) == 0 {
		t.Fatalf("%q cannot take the place of %q", text, old)
	}
	return bytes.Replace(file, []byte(old), []byte(text), 1)
}

func TestLoadNamesWhatDoesNotFit(t *testing.T) {
	file := savedModel(t)
	nan := bytes.Clone(file)
	copy(nan[len(nan)-16*4:], bytes.Repeat([]byte{0xff}, 4))
	tests := []struct {
		name string
		file []byte
		want string
	}{
		{"cut", file[:len(file)-100], "cut"},
		{"half", file[:len(file)/2], "cut"},
		{
			"renamed", edit(t, file, `"encoder.conv1.weight"`, `"encoder.conv1.height"`),
			"parameter encoder.conv1.weight is missing",
		},
		{"shape", edit(t, file, `[64,1,7,7]`, `[64,7,1,7]`), "parameter encoder.conv1.weight has " +
			"the shape [64 7 1 7]"},
		{
			"other encoder", edit(t, file, `\"encoder\":\"resnet18\"`, `\"encoder\":\"resnet34\"`),
			"layer1.2.conv1.weight is missing",
		},
		{
			"unknown encoder", edit(t, file, `\"encoder\":\"resnet18\"`,
				`\"encoder\":\"resnet99\"`), `no encoder "resnet99"`,
		},
		{"other format", edit(t, file, modelFormat, "glasswork-model-9"), "Glasswork wrote it"},
		{"not a number", nan, "not a number"},
		{
			"not ours", rawFile(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8),
			"Glasswork wrote it",
		},
	}
	before := torch.Live()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, _, err := Networks{}.LoadBytes("m.safetensors", tt.file)
			if err == nil {
				l.Close()
				t.Fatal("it was loaded")
			}
			if !strings.Contains(err.Error(), tt.want) ||
				!strings.Contains(err.Error(), "m.safetensors") ||
				strings.Contains(err.Error(), "\n") {
				t.Errorf("the error is %q, want one sentence with %q", err, tt.want)
			}
		})
	}
	if got := torch.Live(); got != before {
		t.Errorf("refused files left %d tensors", got-before)
	}
}

func TestLoadRefusesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "missing")} {
		if l, _, err := (Networks{}).Load(path); err == nil {
			l.Close()
			t.Errorf("%s was loaded", path)
		}
	}
}

func TestLoadOptimiserRefusesOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "o")
	spec := smallSpec
	spec.Classes = 2
	other, err := Networks{Threads: 1}.New(spec, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := other.(*Learner).SaveOptimiser(path); err != nil {
		t.Fatal(err)
	}
	l := newLearner(t, 1)
	before := slices.Clone(l.net.values)
	if err := l.LoadOptimiser(path); err == nil ||
		!strings.Contains(err.Error(), "another network's") {
		t.Errorf("LoadOptimiser of another network: %v", err)
	}
	if !slices.Equal(before, l.net.values) {
		t.Error("a refused optimiser changed the weights")
	}
}

// TestHeaderIsForOthers holds the format: any safetensors reader finds the parameters
// under their names, and the description is JSON.
func TestHeaderIsForOthers(t *testing.T) {
	s, err := parseSafetensors(savedModel(t))
	if err != nil {
		t.Fatal(err)
	}
	var info map[string]any
	if err := json.Unmarshal([]byte(s.metadata[infoKey]), &info); err != nil {
		t.Fatal(err)
	}
	if info["arch"] != "unet" || info["encoder"] != "resnet18" || info["in_channels"] != 1.0 {
		t.Errorf("the description is %v", info)
	}
	if e := s.entries["encoder.conv1.weight"]; e.DType != "F16" ||
		!slices.Equal(e.Shape, []int64{64, 1, 7, 7}) {
		t.Errorf("encoder.conv1.weight is %+v", e)
	}
	if e := s.entries["encoder.bn1.running_var"]; e.DType != "F32" {
		t.Errorf("running variances are stored as %s, want F32", e.DType)
	}
}
