package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"glasswork/dataset"
	"glasswork/dataset/annotation"
	"glasswork/dataset/project"
	"glasswork/dataset/series"
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
	s.StringArrayVar(&l.maps, "map", nil, `what a segment is, as in "GGO left=ground glass"; may be repeated; "*" means all others`)
	s.BoolVar(&l.reviewed, "reviewed", false, "the slices that the annotation marks count as reviewed")
	s.StringVar(&l.touched, "touched", "", `what becomes of slices that somebody has corrected or reviewed: "keep" or "replace"`)
}

// unused refuses flags that mean nothing without --labels.
func (l *labelFlags) unused() error {
	if len(l.maps) > 0 || l.reviewed || l.touched != "" {
		return errors.New("--map, --reviewed and --touched are about annotation; name its file with --labels")
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

// importLabels imports the study that a file's annotation belongs to, and the annotation.
// Nothing is changed before all of it is known to work.
func (a *app) importLabels(ctx context.Context, dir, path, id string, l labelFlags) error {
	on, err := l.onTouched()
	if err != nil {
		return err
	}
	s, err := dataset.OpenSegmentation(ctx, l.file)
	if err != nil {
		return err
	}
	chosen, err := parseMaps(s, l.maps)
	if err != nil {
		return err
	}
	known, err := knownMapping(ctx, dir)
	if err != nil {
		return err
	}
	m := known.With(chosen)
	if missing := m.Missing(s.Segments); len(missing) > 0 {
		return a.listMissing(s, missing)
	}
	all, _, err := dataset.Open(ctx, path)
	if err != nil {
		return err
	}
	defer closeAll(all)
	series, marked, err := match(ctx, path, id, all, s, m)
	if err != nil {
		return err
	}
	p, err := project.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer p.Close()
	study, err := addStudy(ctx, p, series)
	if err != nil {
		return err
	}
	done, err := enter(ctx, p, study, s, marked, on, l.reviewed)
	if err != nil {
		return err
	}
	if err := p.Remember(ctx, chosen); err != nil {
		return err
	}
	return a.printImport(study, l.file, marked, done)
}

// knownMapping is what a project remembers; one that does not exist yet remembers nothing.
func knownMapping(ctx context.Context, dir string) (annotation.Mapping, error) {
	if _, err := os.Stat(filepath.Join(dir, "project.db")); err != nil {
		return annotation.Mapping{}, nil
	}
	p, err := project.Open(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	return p.Mapping(ctx)
}

// parseMaps reads --map flags. "*" is for what no other names.
func parseMaps(s *annotation.Segmentation, maps []string) (annotation.Mapping, error) {
	m, others := annotation.Mapping{}, annotation.Mapping{}
	for _, text := range maps {
		i := strings.LastIndex(text, "=")
		if i < 0 {
			return nil, fmt.Errorf(`--map %q lacks an "="; write "segment name=ground glass"`, text)
		}
		choice, err := annotation.ParseChoice(text[i+1:])
		if err != nil {
			return nil, fmt.Errorf("--map %q: %w", text, err)
		}
		name := strings.TrimSpace(text[:i])
		found := annotation.Select(s.Segments, name)
		if len(found) == 0 {
			return nil, fmt.Errorf("--map %q: %s has no segment %q; it has %s", text, filepath.Base(s.Path), name, someNames(s.Segments))
		}
		to := m
		if name == "*" {
			to = others
		}
		for _, segment := range found {
			to[annotation.SegmentKey(segment)] = choice
		}
	}
	return others.With(m), nil
}

// someNames lists the first segments of a file.
func someNames(all []annotation.Segment) string {
	const most = 8
	var names []string
	for i, s := range all {
		if i == most {
			return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), len(all)-most)
		}
		names = append(names, annotation.SegmentName(s))
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// listMissing prints the --map flags that are missing, with what they suggest.
func (a *app) listMissing(s *annotation.Segmentation, missing []annotation.Segment) error {
	for _, segment := range missing {
		line := fmt.Sprintf("  --map %q", annotation.SegmentName(segment)+"="+string(annotation.Guess(segment, s.Segments)))
		if segment.ML > 0 {
			line += fmt.Sprintf("   (%.1f ml)", segment.ML)
		}
		fmt.Fprintln(a.stderr, line)
	}
	return fmt.Errorf("nothing was imported: say with the flags above what %s of %s %s: ground glass, consolidation, lungs other or leave out",
		count(len(missing), "segment", "segments"), filepath.Base(s.Path), map[bool]string{true: "is", false: "are"}[len(missing) == 1])
}

// match finds the series that annotation belongs to: the one it names, else the only one in
// which something of it lies.
func match(ctx context.Context, path, id string, all []*series.Series, s *annotation.Segmentation, m annotation.Mapping) (*series.Series, *annotation.Marked, error) {
	var found *series.Series
	var marked *annotation.Marked
	failed := fmt.Errorf("%s does not hold the series %s", path, id)
	for _, series := range all {
		if id != "" && series.ID != id {
			continue
		}
		err := annotation.Belongs(ctx, s, series)
		var here *annotation.Marked
		if err == nil {
			here, err = annotation.Mark(ctx, s, m, series.Geometry)
		}
		switch {
		case err != nil:
			failed = err
		case annotation.NamesSeries(s, series.ID):
			return series, here, nil
		case found != nil:
			return nil, nil, fmt.Errorf("%s fits %q and %q in %s; name one with --series, whose ID %q prints", filepath.Base(s.Path), found.Description, series.Description, path, "glasswork-trainer info")
		default:
			found, marked = series, here
		}
	}
	if found == nil {
		return nil, nil, failed
	}
	return found, marked, nil
}

// entered says what an import did.
type entered struct {
	// slices changed, kept were left as they are because somebody had touched them.
	slices int
	kept   []int
}

// enter writes what is marked into the journal of a study and saves it as a revision, so
// that it can be exported and trained on.
func enter(ctx context.Context, p *project.Project, study project.Study, s *annotation.Segmentation, marked *annotation.Marked, on project.OnTouched, reviewed bool) (done entered, err error) {
	now, err := p.Annotation(ctx, study.ID)
	if err != nil {
		return done, err
	}
	slices, kept, err := now.Imports(marked, filepath.Base(s.Path), on, reviewed)
	var touched *project.TouchedError
	if errors.As(err, &touched) {
		return done, fmt.Errorf(`%s was not imported into %s: %w; add --touched keep or --touched replace`, filepath.Base(s.Path), study.Alias, err)
	} else if err != nil {
		return done, err
	}
	var entries []project.Entry
	for _, e := range slices {
		entries = append(entries, e...)
	}
	if len(entries) == 0 {
		return entered{kept: kept}, nil
	}
	if err := p.Append(ctx, study.ID, entries...); err != nil {
		return done, err
	}
	_, err = p.Save(ctx, study.ID, project.SystemUser())
	return entered{len(slices), kept}, err
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

func (a *app) printImport(study project.Study, file string, marked *annotation.Marked, done entered) error {
	line := importedLabels{
		Study: study.ID, Alias: study.Alias, Labels: filepath.Base(file), Slices: done.slices,
		Kept: append([]int{}, done.kept...), Warnings: append([]string{}, marked.Warnings...), Segments: []string{},
	}
	for _, s := range marked.Segments {
		line.Segments = append(line.Segments, annotation.SegmentName(s))
	}
	if a.json {
		return printJSON(a.stdout, line)
	}
	for _, w := range line.Warnings {
		fmt.Fprintln(a.stderr, w)
	}
	if done.slices == 0 && len(done.kept) == 0 {
		_, err := fmt.Fprintf(a.stdout, "%s: what %s marks is there already\n", study.Alias, line.Labels)
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "%s: imported %s (%s) onto %s from %s\n", study.Alias, count(len(line.Segments), "segment", "segments"), someNames(marked.Segments),
		count(done.slices, "slice", "slices"), line.Labels)
	if err == nil && len(done.kept) > 0 {
		_, err = fmt.Fprintf(a.stdout, "%s: %s that somebody had corrected or reviewed left as before\n", study.Alias, count(len(done.kept), "slice", "slices"))
	}
	return err
}

// count is "1 slice" or "3 slices".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
