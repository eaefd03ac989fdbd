package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/npy"
	"glasswork/model"
	"glasswork/training/network"
)

// TestModelOnAnArray exports the shipped model in every format and holds that all give the
// same logits on one array.
func TestModelOnAnArray(t *testing.T) {
	dir := t.TempDir()
	in := filepath.Join(dir, "in.npy")
	x := make([]float32, 2*64*32)
	for i := range x {
		x[i] = float32(i%97) / 97
	}
	if err := npy.WriteFloats(in, x, 2, 1, 64, 32); err != nil {
		t.Fatal(err)
	}
	want := rawLogits(t, in, "baseline")
	for format, name := range map[string]string{
		"torchscript": "m.pt", "pth-names": "m.pth",
		"safetensors": "m.safetensors",
	} {
		path := filepath.Join(dir, name)
		must(t, "model", "export", "--model", "baseline", "--format", format, "--out", path)
		got := rawLogits(t, in, path)
		for i := range want {
			if d := got[i] - want[i]; d > 1e-3 || d < -1e-3 {
				t.Fatalf("%s: logit %d is %g, want %g", format, i, got[i], want[i])
			}
		}
		var d model.Description
		classes, channels := 4, 1
		if format == "torchscript" { // info runs no program
			classes, channels = 0, 0
		}
		if err := json.Unmarshal([]byte(must(t, "model", "info", path, "--json")),
			&d); err != nil || d.Spec.Classes != classes || d.InChannels != channels ||
			len(d.SHA256) != 64 {
			t.Errorf("%s is described as %+v (%v)", format, d, err)
		}
	}
	if out := must(t, "model", "info", "baseline"); !strings.Contains(out, "unet over resnet18") ||
		!strings.Contains(out, "14322372 trainable") ||
		!strings.Contains(out, "pictures levelled") {
		t.Errorf("model info says %q", out)
	}
}

func rawLogits(t *testing.T, in, model string) []float32 {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out.npy")
	must(t, "predict", "--raw", in, "--logits", out, "--model", model)
	a, err := npy.Open(out)
	if err != nil || !slices.Equal(a.Shape, []int{2, 4, 64, 32}) {
		t.Fatalf("the logits cannot be read, or have another shape: %v", err)
	}
	values, err := a.Floats()
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func TestModelCommandsRefuse(t *testing.T) {
	dir := t.TempDir()
	evil := filepath.Join(dir, "evil.pth")
	if err := os.WriteFile(evil, []byte("\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R."),
		0o644); err != nil {
		t.Fatal(err)
	}
	wide := filepath.Join(dir, "wide.npy")
	if err := npy.WriteFloats(wide, make([]float32, 2*32*32), 1, 2, 32, 32); err != nil {
		t.Fatal(err)
	}
	odd := filepath.Join(dir, "odd.npy")
	if err := npy.WriteFloats(odd, make([]float32, 33*32), 1, 1, 33, 32); err != nil {
		t.Fatal(err)
	}
	logits := filepath.Join(dir, "out.npy")
	for want, args := range map[string][]string{
		"os.system":       {"model", "info", evil},
		"--format onnx":   {"model", "export", "--format", "onnx", "--out", logits},
		"has 2 channels":  {"predict", "--raw", wide, "--logits", logits},
		"multiples of 32": {"predict", "--raw", odd, "--logits", logits},
		"cannot be read":  {"predict", "--raw", evil, "--logits", logits},
		"[raw logits]":    {"predict", "--raw", odd},
		"--out names no":  {"predict", "scan"},
	} {
		if _, err := command(t, "", args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want an error with %q", args, err, want)
		}
	}
	if _, err := os.Stat(logits); err == nil {
		t.Error("a refused command left a file")
	}
}

// TestTrainFromAnotherSize holds that a network trained from a file at another size says the
// size, and the levelling, at which it was trained and at which it therefore predicts.
func TestTrainFromAnotherSize(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
	must(t, "train", "--data", "phantom:2@1", "--size", "32", "--steps", "1", "--batch", "2",
		"--out", first)
	must(t, "train", "--init", filepath.Join(first, "model.safetensors"), "--level",
		"--data", "phantom:2@1", "--size", "64", "--steps", "1", "--batch", "2", "--out", second)
	var info network.Info
	out := must(t, "model", "info", filepath.Join(second, "model.safetensors"), "--json")
	if err := json.Unmarshal([]byte(lastLine(out)), &info); err != nil {
		t.Fatal(err)
	}
	if info.Size != 64 || !info.Level {
		t.Errorf("trained at 64 pixels with levelling; the file says %s", out)
	}
}
