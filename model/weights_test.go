package model

import (
	"bytes"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/model/internal/pytorch"
	"glasswork/model/internal/torch"
	"glasswork/training/network"
)

// pythonWithTorch runs a program in a Python that has PyTorch; without one the test is skipped.
func pythonWithTorch(t *testing.T, program string, arguments ...string) {
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

// filled is a network whose values are the reference's.
func filled(t *testing.T, spec network.Spec) *Learner {
	t.Helper()
	l, err := Networks{Threads: 1}.learner(spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	fillFromNames(l.net.store)
	return l
}

// stateDictOf is l's state_dict as a file, with a prefix before every name that keep wants.
func stateDictOf(t *testing.T, l *Learner, prefix string, keep func(name string) bool) []byte {
	t.Helper()
	var arrays []pytorch.Array
	for _, p := range l.net.params {
		if keep(p.name) {
			arrays = append(arrays, pytorch.Array{
				Name: prefix + p.name, Shape: p.shape, Values: p.in(l.net.values),
			})
		}
	}
	var b bytes.Buffer
	if err := pytorch.Write(&b, arrays); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func everything(string) bool { return true }

// TestIdentify holds that every network is found by the names and shapes of its parameters.
func TestIdentify(t *testing.T) {
	for arch := range architectures {
		for encoder := range encoders {
			spec := network.Spec{
				Arch: arch, Encoder: encoder, InChannels: 3, Classes: 5, Size: network.DefaultSize,
				Window: network.DefaultWindow,
			}
			n, err := plan(spec)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Networks{}.identify(shapes(n.params))
			if err != nil || got != spec {
				t.Errorf("%s over %s was taken for %+v (%v)", arch, encoder, got, err)
			}
		}
	}
}

// shapes are weights without values.
type shapes []*param

func (s shapes) names() (names []string) {
	for _, p := range s {
		names = append(names, p.name)
	}
	return names
}

func (s shapes) shape(name string) ([]int64, bool) {
	i := slices.IndexFunc(s, func(p *param) bool { return p.name == name })
	if i < 0 {
		return nil, false
	}
	return s[i].shape, true
}

func (s shapes) read(string, []float32) {}

func TestLoadStateDict(t *testing.T) {
	spec := smallSpec
	spec.Encoder = "mobilenet_v2"
	l := filled(t, spec)
	for _, prefix := range []string{"", "module.", "model.", "module.model."} {
		loaded, info, err := Networks{Threads: 1}.LoadBytes("m.pth",
			stateDictOf(t, l, prefix, everything))
		if err != nil {
			t.Fatalf("prefix %q: %v", prefix, err)
		}
		if !slices.Equal(loaded.(*Learner).net.values, l.net.values) ||
			info.Encoder != "mobilenet_v2" || info.Name != "m" || len(info.Classes) != 4 {
			t.Errorf("prefix %q: it was loaded as %+v, or with other values", prefix, info)
		}
		loaded.Close()
	}
}

func TestLoadStateDictRefuses(t *testing.T) {
	l := filled(t, smallSpec)
	whole := stateDictOf(t, l, "", everything)
	without := func(part string) []byte {
		return stateDictOf(t, l, "", func(name string) bool { return name != part })
	}
	tests := []struct {
		name string
		nets Networks
		file []byte
		want string
	}{
		{
			"missing",
			Networks{},
			without("decoder.blocks.2.conv1.0.weight"),
			"parameter decoder.blocks.2.conv1.0.weight is missing",
		},
		{
			"no head",
			Networks{},
			without("segmentation_head.0.weight"),
			"segmentation_head.0.weight is missing",
		},
		{
			"other encoder",
			Networks{Encoder: "resnet34"},
			whole,
			"parameter encoder.layer1.2.conv1.weight is missing",
		},
		{
			"other architecture",
			Networks{Arch: "manet"},
			whole,
			"parameter decoder.center.top_conv.weight is missing",
		},
		{"unknown encoder", Networks{Encoder: "vgg"}, whole, `no encoder "vgg"`},
		{"encoder alone", Networks{}, stateDictOf(t, l, "", func(name string) bool {
			return strings.HasPrefix(name, "encoder.")
		}), "is missing"},
		{
			"another network's",
			Networks{},
			stateDictOf(t, l, "other.", everything),
			"no parameter of a known network; the first it holds is other.",
		},
		{
			"neither kind of file",
			Networks{},
			bytes.Repeat([]byte("junk"), 50),
			"nor one that PyTorch saved",
		},
		{"cut", Networks{}, whole[:len(whole)/2], "cut"},
	}
	before := torch.Live()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			loaded, _, err := tt.nets.LoadBytes("m.pth", tt.file)
			if err == nil {
				loaded.Close()
				t.Fatal("it was loaded")
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "m.pth") {
				t.Errorf("the error is %q, want one with %q", err, tt.want)
			}
		})
	}
	if got := torch.Live(); got != before {
		t.Errorf("refused files left %d tensors", got-before)
	}
}

// TestGreyStem holds that a network of three channels with its stem summed answers to a grey
// picture as it does to three equal channels.
func TestGreyStem(t *testing.T) {
	spec := smallSpec
	spec.InChannels = 3
	rgb := filled(t, spec)
	file := stateDictOf(t, rgb, "", everything)
	loaded, info, err := Networks{Threads: 1, Channels: 1}.LoadBytes("m.pth", file)
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Close()
	if info.InChannels != 1 {
		t.Fatalf("it sees %d channels", info.InChannels)
	}
	x := quarters(1, 3).X
	want, got := make([]float32, 4*small*small), make([]float32, 4*small*small)
	if err := rgb.Logits(t.Context(), slices.Concat(x, x, x), 1, small, small, want); err != nil {
		t.Fatal(err)
	}
	if err := loaded.(*Learner).Logits(t.Context(), x, 1, small, small, got); err != nil {
		t.Fatal(err)
	}
	sameValues(t, got, want, 1e-4)
}

func TestStartFromEncoder(t *testing.T) {
	spec := smallSpec
	spec.InChannels = 3
	l := filled(t, spec)
	path := filepath.Join(t.TempDir(), "resnet18.pth")
	var arrays []pytorch.Array // as torchvision has them, with a classifier
	for _, p := range l.net.params {
		if name, ok := strings.CutPrefix(p.name, "encoder."); ok {
			arrays = append(arrays, pytorch.Array{
				Name: name, Shape: p.shape, Values: p.in(l.net.values),
			})
		}
	}
	arrays = append(arrays, pytorch.Array{
		Name: "fc.weight", Shape: []int64{2, 1}, Values: []float32{1, 2},
	})
	var b bytes.Buffer
	if err := pytorch.Write(&b, arrays); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	d, err := Networks{}.Inspect(path)
	if err != nil || !d.EncoderOnly || d.Encoder != "resnet18" || d.InChannels != 3 {
		t.Errorf("it is described as %+v (%v)", d, err)
	}
	started, _, err := Networks{Threads: 1}.Start(path, smallSpec, 7)
	if err != nil {
		t.Fatal(err)
	}
	defer started.Close()
	fresh := newLearner(t, 7)
	for i, p := range started.(*Learner).net.params {
		got := p.in(started.(*Learner).net.values)
		switch {
		case i == 0:
			sum := l.net.values[0] + l.net.values[49] + l.net.values[98]
			if math.Abs(float64(got[0]-sum)) > 1e-6 {
				t.Errorf("the first weight is %g, want the sum %g", got[0], sum)
			}
		case strings.HasPrefix(p.name, "encoder."):
			if !slices.Equal(got, l.net.params[i].in(l.net.values)) {
				t.Errorf("%s is not the file's", p.name)
			}
		case !slices.Equal(got, fresh.net.params[i].in(fresh.net.values)):
			t.Errorf("%s is not drawn by the seed", p.name)
		}
	}
	spec = smallSpec
	spec.Encoder = "resnet34"
	if _, _, err := (Networks{Threads: 1}).Start(path, spec, 7); err == nil ||
		!strings.Contains(err.Error(), "encoder.layer1.2.conv1.weight is missing") {
		t.Errorf("resnet18's weights for resnet34: %v", err)
	}
}

func sameValues(t *testing.T, got, want []float32, tolerance float64) {
	t.Helper()
	for i := range want {
		d, size := math.Abs(float64(got[i]-want[i])), math.Abs(float64(want[i]))
		if !(d <= tolerance*(1+size)) {
			t.Fatalf("value %d is %g, want %g", i, got[i], want[i])
		}
	}
}

// TestTorchScript writes networks as TorchScript and runs that on a picture of another size.
func TestTorchScript(t *testing.T) {
	for _, name := range []string{
		"unetplusplus-mobilenet_v2", "manet-resnet18", "deeplabv3plus-resnet18",
	} {
		t.Run(name, func(t *testing.T) {
			arch, encoder, _ := strings.Cut(name, "-")
			l := filled(t, network.Spec{Arch: arch, Encoder: encoder, InChannels: 1, Classes: 3})
			path := filepath.Join(t.TempDir(), "m.pt")
			if err := l.SaveTorchScript(path); err != nil {
				t.Fatal(err)
			}
			loaded, info, err := Networks{Threads: 1}.Load(path)
			if err != nil {
				t.Fatal(err)
			}
			defer loaded.Close()
			if info.InChannels != 1 || info.Spec.Classes != 3 {
				t.Fatalf("it sees %d channels and %d classes", info.InChannels, info.Spec.Classes)
			}
			x := referenceBatch([4]int{2, 1, 64, 96}).X
			want, got := make([]float32, 2*3*64*96), make([]float32, 2*3*64*96)
			if err := l.Logits(t.Context(), x, 2, 64, 96, want); err != nil {
				t.Fatal(err)
			}
			if err := loaded.(*scripted).Logits(t.Context(), x, 2, 64, 96, got); err != nil {
				t.Fatal(err)
			}
			sameValues(t, got, want, 1e-3)
			if _, err := loaded.Step(t.Context(), quarters(2, 0), 1e-3); err == nil {
				t.Error("a program was trained")
			}
		})
	}
}

// TestPyTorchRunsWhatWasExported loads both exports in Python and compares the logits.
func TestPyTorchRunsWhatWasExported(t *testing.T) {
	dir := t.TempDir()
	l := filled(t, smallSpec)
	if err := l.SaveTorchScript(filepath.Join(dir, "m.pt")); err != nil {
		t.Fatal(err)
	}
	if err := l.SaveStateDict(filepath.Join(dir, "m.pth")); err != nil {
		t.Fatal(err)
	}
	pythonWithTorch(t, `
import sys, torch
m = torch.jit.load(sys.argv[1] + '/m.pt').eval()
s = torch.load(sys.argv[1] + '/m.pth')
assert m(torch.zeros(3, 1, 64, 32)).shape == (3, 4, 64, 32)
names = list(s)
assert names[0] == 'encoder.conv1.weight'
assert s['encoder.bn1.num_batches_tracked'].dtype == torch.int64
assert names.index('encoder.bn1.num_batches_tracked') == names.index('encoder.bn1.running_var') + 1
torch.save({'state_dict': {'model.' + k: v.double() for k, v in s.items()}},
           sys.argv[1] + '/again.pth')
`, dir)
	loaded, _, err := Networks{Threads: 1}.Load(filepath.Join(dir, "again.pth"))
	if err != nil {
		t.Fatal(err)
	}
	defer loaded.Close()
	if !slices.Equal(loaded.(*Learner).net.values, l.net.values) {
		t.Error("the values changed on the way through PyTorch")
	}
}

// TestScriptsThatAreNoNetworks are refused with a sentence.
func TestScriptsThatAreNoNetworks(t *testing.T) {
	dir := t.TempDir()
	pythonWithTorch(t, `
import sys, torch
class Two(torch.nn.Module):
    def forward(self, x): return x, x
class Shape(torch.nn.Module):
    def forward(self, x): return x.view(3)
torch.jit.script(Two()).save(sys.argv[1] + '/two.pt')
torch.jit.script(Shape()).save(sys.argv[1] + '/shape.pt')
`, dir)
	for name, want := range map[string]string{"two": "two.pt", "shape": "does not answer"} {
		loaded, _, err := Networks{Threads: 1}.Load(filepath.Join(dir, name+".pt"))
		if err == nil {
			loaded.Close()
			t.Fatalf("%s was loaded", name)
		}
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q, want one sentence with %q", name, err, want)
		}
	}
}
