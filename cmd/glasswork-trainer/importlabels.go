package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/pflag"

	"glasswork/dataset/annotation"
	"glasswork/dataset/importing"
	"glasswork/dataset/project"
	"glasswork/dataset/words"
)

// labelFlags say which annotation is imported, and how.
type labelFlags struct {
	file     string
	maps     []string
	reviewed bool
	touched  string
}

func (l *labelFlags) add(s *pflag.FlagSet) {
	s.StringVar(&l.file, "labels", "", "file with annotation made elsewhere")
	s.StringArrayVar(&l.maps, "map", nil,
		`what a segment is, as in "GGO left=ground glass"; may be repeated; "*" means all others`)
	s.BoolVar(&l.reviewed, "reviewed", false,
		"the slices that the annotation marks count as reviewed")
	s.StringVar(&l.touched, "touched", "",
		`what becomes of slices that somebody has corrected or reviewed: "keep" or "replace"`)
}

// unused refuses flags that mean nothing without --labels.
func (l *labelFlags) unused() error {
	if len(l.maps) > 0 || l.reviewed || l.touched != "" {
		return errors.New("--map, --reviewed and --touched are about annotation; " +
			"name its file with --labels")
	}
	return nil
}

func (l *labelFlags) onTouched() (project.OnTouched, error) {
	switch l.touched {
	case "":
		return project.Ask, nil
	case "keep":
		return project.Keep, nil
	case "replace":
		return project.Replace, nil
	}
	return project.Ask, fmt.Errorf(`--touched %q is neither "keep" nor "replace"`, l.touched)
}

// importLabels imports annotation and the study that it belongs to.
func (a *app) importLabels(ctx context.Context, dir, path, id string, l labelFlags) error {
	on, err := l.onTouched()
	if err != nil {
		return err
	}
	done, err := importing.Import(ctx, importing.Request{
		Project: dir, Path: path, Series: id, Labels: l.file, Choices: l.maps, Touched: on,
		Reviewed: l.reviewed,
	})
	var unknown *importing.UnknownError
	var touched *project.TouchedError
	switch {
	case errors.As(err, &unknown):
		return a.listUnknown(unknown)
	case errors.As(err, &touched):
		return fmt.Errorf("%w; add --touched keep or --touched replace", err)
	case errors.Is(err, importing.ErrSeveral):
		return fmt.Errorf("%w with --series, by the ID that %q prints",
			err, "glasswork-trainer info")
	case err != nil:
		return err
	}
	return a.printImport(filepath.Base(l.file), done)
}

// listUnknown prints the --map flags that are missing, with what they suggest.
func (a *app) listUnknown(e *importing.UnknownError) error {
	for _, s := range e.Segments {
		line := fmt.Sprintf("  --map %q", s.Name+"="+string(s.Choice))
		if s.ML > 0 {
			line += fmt.Sprintf("   (%.1f ml)", s.ML)
		}
		fmt.Fprintln(a.stderr, line)
	}
	return fmt.Errorf("nothing was imported: %w; say it with the flags above", e)
}

// importedLabels is the line of import --json that is about annotation.
type importedLabels struct {
	Study    string   `json:"study"`
	Alias    string   `json:"alias"`
	Labels   string   `json:"labels"`
	Segments []string `json:"segments"`
	Slices   int      `json:"slices"`
	Kept     []int    `json:"kept"`
	Warnings []string `json:"warnings"`
}

func (a *app) printImport(file string, done *importing.Result) error {
	line := importedLabels{
		Study: done.Study.ID, Alias: done.Study.Alias, Labels: file, Slices: done.Slices,
		Kept: append([]int{}, done.Kept...), Segments: []string{},
		Warnings: append([]string{}, done.Marked.Warnings...),
	}
	for _, s := range done.Marked.Segments {
		line.Segments = append(line.Segments, annotation.SegmentName(s))
	}
	if a.json {
		return printJSON(a.stdout, line)
	}
	for _, w := range line.Warnings {
		fmt.Fprintln(a.stderr, w)
	}
	if done.Slices == 0 && len(done.Kept) == 0 {
		_, err := fmt.Fprintf(a.stdout, "%s: what %s marks is there already\n", line.Alias, file)
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "%s: imported %s (%s) onto %s from %s\n", line.Alias,
		words.Count(len(line.Segments), "segment", "segments"),
		importing.Names(done.Marked.Segments),
		words.Count(done.Slices, "slice", "slices"), file)
	if err == nil && len(done.Kept) > 0 {
		_, err = fmt.Fprintf(a.stdout,
			"%s: %s that somebody had corrected or reviewed left as before\n",
			line.Alias, words.Count(len(done.Kept), "slice", "slices"))
	}
	return err
}
