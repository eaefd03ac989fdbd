package main

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/disintegration/imaging"

	"glasswork/training/augment"
)

func TestAugmentDrawsItsPreview(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.png")
	args := []string{
		"augment", "--augment", "V{.5}(S{1}|G{1}){0.30}", "--data", "phantom:2@1",
		"--size", "64", "--preview", path,
	}
	if out := must(t, args...); out != "V{0.5}(S{1}|G{1}){0.3}\n" {
		t.Errorf("printed %q", out)
	}
	picture, err := imaging.Open(path)
	if err != nil || picture.Bounds().Dx() < 4*64 ||
		picture.Bounds().Dx() != picture.Bounds().Dy() {
		t.Fatalf("the preview: %v, %v", picture, err)
	}
}

func TestAugmentRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"nothing": {nil, "nothing to do"},
		"no slice": {
			[]string{
				"--augment", "E", "--preview",
				filepath.Join(t.TempDir(), "p.png"), "--data", "phantom:2", "--slice", "3",
			},
			"does not exist",
		},
		"a wrong size": {[]string{"--augment", "E", "--size", "0"}, "--size 0"},
		"no folder":    {[]string{"--preview", filepath.Join(t.TempDir(), "no", "p.png")}, "p.png"},
	} {
		if _, err := command(t, "", append([]string{"augment"}, c.args...)...); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want …%s…", name, err, c.want)
		}
	}
	var bad *augment.SyntaxError
	for _, args := range [][]string{
		{"augment", "--augment", "V{2}"},
		{"train", "--data", "phantom:2", "--out", t.TempDir(), "--augment", "V{2}"},
		{"finetune", "--project", t.TempDir(), "--augment", "V{2}"},
	} {
		if _, err := command(t, "", args...); !errors.As(err, &bad) || bad.At != 2 {
			t.Errorf("%v: %v, want an error that points at the 2", args, err)
		}
	}
}
