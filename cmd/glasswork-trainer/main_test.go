package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"glasswork/assets/baseline"
	"glasswork/dataset/dicom"
	"glasswork/dataset/inventory"
	"glasswork/dataset/nifti"
	"glasswork/dataset/phantom"
	"glasswork/training/protocol"
	"glasswork/training/release"
)

// command runs the program with args and returns what it prints.
func command(t *testing.T, stdin string, args ...string) (stdout string, err error) {
	t.Helper()
	var out, log bytes.Buffer
	a := &app{stdin: strings.NewReader(stdin), stdout: &out, stderr: &log}
	c := a.command()
	c.SetArgs(args)
	err = c.ExecuteContext(t.Context())
	return out.String(), err
}

// must is command, which must not fail.
func must(t *testing.T, args ...string) string {
	t.Helper()
	out, err := command(t, "", args...)
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return out
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

// study writes a small synthetic CT as DICOM.
func study(t *testing.T) string {
	t.Helper()
	p, err := phantom.Generate(t.Context(), phantom.Options{Seed: 3, Slices: 5, Size: 96})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "dicom")
	if err := dicom.Write(t.Context(), dir, p.CT,
		dicom.Info{PatientID: "x", PatientName: "Some^One", Description: "Chest"}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// The commands one after another, as a person would use them, on a network of random
// weights that makes two steps.
func TestTrainPredictEvaluateExport(t *testing.T) {
	dir, ct := t.TempDir(), study(t)
	run := filepath.Join(dir, "run")
	out := must(t, "train", "--data", "phantom:4@1", "--val", "phantom:2@2", "--size", "32",
		"--steps", "2", "--batch", "2", "--out", run, "--json")
	var trained trainResult
	if err := json.Unmarshal([]byte(lastLine(out)), &trained); err != nil || trained.Steps != 2 ||
		trained.Report == nil {
		t.Fatalf("train ended with %s: %v", lastLine(out), err)
	}
	model := filepath.Join(run, "model.safetensors")
	must(t, "train", "--data", "phantom:4@1", "--size", "32", "--steps", "1", "--batch", "2",
		"--density-names", "0.5", "--paste", "0.5", "--out", filepath.Join(dir, "pasted"))

	labels := filepath.Join(dir, "labels.nii.gz")
	must(t, "predict", "--model", model, "--out", labels, ct)
	mask, err := nifti.ReadLabels(t.Context(), labels)
	if err != nil {
		t.Fatal(err)
	}
	if mask.Size != [3]int{5, 96, 96} {
		t.Errorf("labels of %v", mask.Size)
	}
	if out := must(t, "lungs", labels, ct); !strings.Contains(out, "Dice") {
		t.Errorf("lungs says %q", out)
	}
	checkEvaluation(t, lastLine(must(t, "evaluate", "--model", model, "--data", "phantom:3@5",
		"--json")))
	if out := must(t, "evaluate", "--model", model, "--data", "phantom:3@5"); !strings.Contains(out,
		"consolidation") {
		t.Errorf("evaluate says %q", out)
	}

	checkPacked(t, model)

	project := filepath.Join(dir, "project")
	if out := must(t, "import", "--project", project, ct); !strings.Contains(out, "5 slices") {
		t.Errorf("import says %q", out)
	}
	if _, err := command(t, "", "finetune", "--project", project, "--base", model); err == nil ||
		!strings.Contains(err.Error(), "reviewed") {
		t.Errorf("a project without reviewed slices: %v", err)
	}
	if out := must(t, "finetune", "--project", project, "--base", model,
		"--estimate"); !strings.Contains(out, "reviewed") {
		t.Errorf("the estimate says %q", out)
	}
}

// checkPacked packs a model and holds the card to the file beside it.
func checkPacked(t *testing.T, model string) {
	t.Helper()
	dir := t.TempDir()
	must(t, "pack", "--model", model, "--name", "packed-1", "--data", "phantom:2@9", "--out", dir)
	b, err := os.ReadFile(filepath.Join(dir, "baseline.json"))
	if err != nil {
		t.Fatal(err)
	}
	var c release.Card
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	packed, err := os.ReadFile(filepath.Join(dir, baseline.Name))
	sum, size := fmt.Sprintf("%x", sha256.Sum256(packed)), int64(len(packed))
	if err != nil || sum != c.SHA256 || size != c.Bytes || c.Name != "packed-1" || !c.Model.Half ||
		c.Scores["phantom:2@9"].Cases != 1 {
		t.Errorf("card %+v of a file of %d bytes, %s: %v", c, size, sum, err)
	}
	if whole, err := os.Stat(model); err != nil || size > whole.Size()*6/10 {
		t.Errorf("%d bytes as float16: %v", size, err)
	}
}

// The shipped model is the one that its card describes.
func TestShippedModel(t *testing.T) {
	model, err := baseline.Model()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile("../../assets/baseline/baseline.json")
	if err != nil {
		t.Fatal(err)
	}
	var c release.Card
	if err := json.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(model); hex.EncodeToString(sum[:]) != c.SHA256 ||
		int64(len(model)) != c.Bytes || len(model) > 32<<20 {
		t.Errorf("the shipped model has %d bytes and SHA-256 %x, its card says %d and %s",
			len(model), sum, c.Bytes, c.SHA256)
	}
	l, info, err := (&app{}).networks().LoadBytes("the shipped model", model)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if info.Name != c.Name || info.Encoder != "resnet18" || info.Arch != "unet" {
		t.Errorf("the shipped model is %+v", info)
	}
}

// checkEvaluation holds the last line of evaluate --json to its documented form.
func checkEvaluation(t *testing.T, line string) {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal([]byte(line), &got); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	if got["cases"] == nil || got["accuracy"] == nil || got["patients"] == nil ||
		got["confusion"] == nil {
		t.Errorf("keys of %s", line)
	}
	var names []string
	for _, c := range got["classes"].([]any) {
		class := c.(map[string]any)
		names = append(names, class["name"].(string))
		for _, key := range []string{
			"iou_pooled", "dice_pooled", "accuracy_pooled", "precision_pooled", "recall_pooled",
			"iou_interval", "dice_interval",
			"iou_mean", "dice_mean", "accuracy_mean", "precision_mean", "recall_mean",
			"iou_mean_interval", "dice_mean_interval",
		} {
			if _, ok := class[key]; !ok || len(class) != 16 {
				t.Errorf("%s of %v", key, class)
			}
		}
	}
	if want := []string{"ground glass", "consolidation", "lungs other"}; !reflect.DeepEqual(names,
		want) {
		t.Errorf("classes %v, want %v", names, want)
	}
}

func TestInfo(t *testing.T) {
	ct := study(t)
	var got inventory.Inventory
	out := must(t, "info", ct)
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	if len(got.Series) != 1 {
		t.Fatalf("%d series", len(got.Series))
	}
	s := got.Series[0]
	if s.Format != "DICOM" || s.Slices != 5 || s.Orientation != "LPS" || s.HURange[0] > -900 ||
		s.HURange[1] < 100 || !s.Calibrated {
		t.Errorf("info %+v", s)
	}
	if strings.Contains(out, "Some") {
		t.Error("info prints the patient's name")
	}
}

func TestServe(t *testing.T) {
	request, err := json.Marshal(protocol.Request{
		Type: protocol.TypeStart, ID: "7",
		Job: &protocol.Job{
			Predict: &protocol.PredictJob{Path: "nowhere", Model: "nothing.safetensors"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := command(t, string(request)+"\n", "serve")
	if err != nil {
		t.Fatal(err)
	}
	var hello, last protocol.Event
	if err := json.Unmarshal([]byte(strings.Split(out, "\n")[0]), &hello); err != nil ||
		hello.Hello == nil || hello.Hello.Libtorch == "" {
		t.Errorf("first line of %s: %v", out, err)
	}
	if err := json.Unmarshal([]byte(lastLine(out)), &last); err != nil || last.Error == nil ||
		last.ID != "7" {
		t.Errorf("last line of %s: %v", out, err)
	}
}

func TestEveryCommandHelpsWithAnExample(t *testing.T) {
	a := &app{}
	for _, c := range a.command().Commands() {
		if c.Short == "" || c.Long == "" && c.Name() != "info" ||
			!strings.Contains(c.Example, "glasswork-trainer "+c.Name()) {
			t.Errorf("%s lacks an example or a description", c.Name())
		}
	}
}

func TestMistakesAreSentences(t *testing.T) {
	dir := t.TempDir()
	project := filepath.Join(dir, "p")
	must(t, "import", "--project", project, study(t))
	for name, args := range map[string][]string{
		"no such path": {"info", filepath.Join(dir, "nothing")},
		"no dataset":   {"train", "--data", dir, "--out", dir},
		"odd size":     {"train", "--data", "phantom:2", "--size", "100", "--out", dir},
		"weights":      {"train", "--data", "phantom:2", "--weight", "1,2", "--out", dir},
		"no model": {
			"evaluate", "--model", filepath.Join(dir, "m.safetensors"), "--data",
			"phantom:2",
		},
		"no NIfTI":         {"predict", "--model", "m", "--out", "x.txt", dir},
		"no project":       {"export", "--project", filepath.Join(dir, "a", "b"), "--out", dir},
		"unknown format":   {"export", "--project", project, "--format", "tiff", "--out", dir},
		"missing required": {"predict"},
		"no path":          {"info"},
		"two paths":        {"predict", "--out", "x.nii.gz", dir, dir},
		"no window":        {"train", "--data", "phantom:2", "--window-width", "0", "--out", dir},
		"no epochs":        {"train", "--data", "phantom:2", "--epochs", "0", "--out", dir},
		"no workers":       {"train", "--data", "phantom:2", "--workers", "-1", "--out", dir},
		"negative": {
			"train", "--data", "phantom:2", "--checkpoint-every", "-1", "--out",
			dir,
		},
		"no folder":      {"train", "--data", "phantom:2", "--out", ""},
		"file as folder": {"train", "--data", "phantom:2", "--out", "main_test.go"},
		"no first model": {
			"train", "--data", "phantom:2", "--init", filepath.Join(dir, "m"),
			"--out", dir,
		},
		"density names": {
			"train", "--data", "phantom:2", "--density-names", "-0.1", "--out",
			dir,
		},
		"pasted too often": {
			"train", "--data", "phantom:2", "--size", "32", "--paste", "2",
			"--out", dir,
		},
		"odd precision": {
			"train", "--data", "phantom:2", "--size", "32", "--precision",
			"double", "--out", dir,
		},
		"no step":       {"train", "--data", "phantom:2", "--resume=later", "--out", dir},
		"no checkpoint": {"train", "--data", "phantom:2", "--resume=40", "--out", dir},
		"negative keeping": {
			"train", "--data", "phantom:2", "--keep-checkpoints", "-1", "--out",
			dir,
		},
		"negative steps":   {"finetune", "--project", project, "--steps", "-4"},
		"negative rate":    {"finetune", "--project", project, "--lr", "-4"},
		"negative demo":    {"demo", "--steps", "-3", "--out", dir},
		"negative threads": {"evaluate", "--threads", "-1", "--data", "phantom:2"},
	} {
		_, err := command(t, "", args...)
		if err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
			continue
		}
		t.Logf("%s: %v", name, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "a")); err == nil {
		t.Error("an export made the project that it should have read")
	}
}

// An output that cannot be written is told before the network has worked for minutes.
func TestPredictRefusesAnUnwritableOutputAtOnce(t *testing.T) {
	dir := t.TempDir()
	ct, folder := study(t), filepath.Join(dir, "f.nii.gz")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{filepath.Join(dir, "missing", "x.nii.gz"), folder} {
		printed, err := command(t, "", "predict", "--json", "--out", out, ct)
		if err == nil || printed != "" || strings.Contains(err.Error(), ".tmp") {
			t.Errorf("%s: %v after %q", out, err, printed)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%d files left, want the folder only", len(left))
	}
}

func TestDeidentifyKeepsNamesOfAProject(t *testing.T) {
	scan, dir := study(t), filepath.Join(t.TempDir(), "project")
	must(t, "import", "--project", dir, scan)
	var patients []string
	for _, args := range [][]string{
		{"--project", dir},
		{"--project", dir, "--dates", "remove"},
		{},
	} {
		out := filepath.Join(t.TempDir(), "clean")
		if got := must(t, append([]string{"deidentify", "--out", out, scan},
			args...)...); !strings.Contains(got, "5 files written, 0 left out") {
			t.Errorf("deidentify prints %q", got)
		}
		entries, err := os.ReadDir(out)
		if err != nil || len(entries) != 1 {
			t.Fatalf("%v %v", entries, err)
		}
		patients = append(patients, entries[0].Name())
	}
	if patients[0] != patients[1] || patients[0] == patients[2] {
		t.Errorf("the patient is called %q", patients)
	}
	for _, args := range [][]string{
		{"--out", t.TempDir(), t.TempDir()},
		{"--out", t.TempDir(), "--dates", "keep", scan},
		{"--out", t.TempDir(), "--project", t.TempDir(), scan},
	} {
		if _, err := command(t, "", append([]string{"deidentify"}, args...)...); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
