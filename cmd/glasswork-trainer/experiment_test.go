package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// suiteFile writes a suite of two small columns.
func suiteFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mine.yaml")
	text := "defaults: {encoder: resnet18, size: 64, epochs: 1, batch: 4}\ncolumns:\n- {name: " +
		"plain}\n- {name: flipped, augment: \"V{0.5}H{0.5}\"}\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// An experiment as a job array does it: one column, then the other, with real networks.
func TestExperiment(t *testing.T) {
	suite, data := suiteFile(t), "phantom:12@3"
	for _, protocol := range []string{"published", "patient"} {
		dir := filepath.Join(t.TempDir(), "study")
		args := []string{
			"experiment", "--suite", suite, "--data", data, "--protocol", protocol,
			"--out", dir,
		}
		if out := must(t, "experiment", "--list", "--suite", suite, "--out",
			dir); !strings.Contains(out, "2  flipped") {
			t.Errorf("columns:\n%s", out)
		}
		if out := must(t, append(args, "--column", "2")...); !strings.Contains(out,
			"1 of 2 runs are finished") {
			t.Errorf("%s:\n%s", protocol, out)
		}
		if out := must(t, "experiment", "--list", "--out", dir); !strings.Contains(out,
			"plain    seed 1  not begun") || !strings.Contains(out, "flipped  seed 1  finished") {
			t.Errorf("states:\n%s", out)
		}
		out := must(t, append(args, "--json")...)
		var r experimentResult
		if err := json.Unmarshal([]byte(lastLine(out)), &r); err != nil || r.Finished != 2 ||
			r.Missing != 0 {
			t.Fatalf("%s ended with %s: %v", protocol, lastLine(out), err)
		}
		model := filepath.Join(dir, "runs", "02-flipped-seed1", "model.safetensors")
		for _, path := range []string{
			r.Report, model, filepath.Join(dir, "tables.tex"),
			filepath.Join(dir, "curves", "loss.svg"),
			filepath.Join(dir, "examples", "01-plain.png"),
		} {
			if info, err := os.Stat(path); err != nil || info.Size() == 0 {
				t.Errorf("%s: %v", path, err)
			}
		}
		before, _ := os.Stat(model)
		if out := must(t, append(args, "--report")...); !strings.Contains(out,
			"2 of 2 runs are finished") {
			t.Errorf("report:\n%s", out)
		}
		must(t, args...)
		if after, err := os.Stat(model); err != nil || !after.ModTime().Equal(before.ModTime()) {
			t.Errorf("a finished run was done again: %v", err)
		}
		must(t, "evaluate", "--model", model, "--data", "phantom:2@9")
	}
}

func TestExperimentMistakes(t *testing.T) {
	suite, dir := suiteFile(t), filepath.Join(t.TempDir(), "out")
	wrong := filepath.Join(t.TempDir(), "wrong.yaml")
	if err := os.WriteFile(wrong, []byte("- name: a\n  augment: V{2}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"--suite nothing --data phantom:12 --protocol patient", "nothing is neither a suite"},
		{
			"--suite " + suite + " --data phantom:12 --protocol honest",
			`there is no protocol "honest"`,
		},
		{"--suite " + suite + " --protocol patient", "no dataset was named"},
		{
			"--suite " + suite + " --data phantom:12 --protocol patient --column 3",
			"there is no column 3; the suite has 2",
		},
		{
			"--suite " + suite + " --data phantom:12 --protocol patient --size 33",
			"size 33 is not a multiple of 32",
		},
		{
			"--suite " + suite + " --data phantom:12 --protocol patient --encoder vgg16",
			`no encoder "vgg16"`,
		},
		{
			"--suite " + wrong + " --data phantom:12 --protocol patient",
			"cannot be read at character 3",
		},
		{
			"--suite " + suite + " --data phantom:12 --protocol patient --seeds 0",
			"0 seeds are not between",
		},
		{"--report", "holds no experiment"},
		{"--list", "holds no experiment; name its --suite"},
	} {
		_, err := command(t, "", append([]string{
			"experiment", "--out",
			filepath.Join(dir, strings.ReplaceAll(c.want, "/", "-")),
		},
			strings.Fields(c.args)...)...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.args, err, c.want)
		}
	}
}
