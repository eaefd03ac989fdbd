package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"glasswork/dataset/export"
	"glasswork/dataset/words"
)

// Exporting writes the corrected dataset for others.
type Exporting struct {
	*hub
	saving *Saving
	jobs   *Jobs
}

// Export writes the corrected dataset into dir, or of it the studies with the given IDs, as a
// job that can be cancelled. The project's secret and the program's version are filled in.
func (e *Exporting) Export(dir string, o export.Options, ids ...string) {
	if e.jobs.busy() {
		return
	}
	settle := e.saving.settle()
	r, ctx := e.jobs.begin(JobExport, "Exporting")
	background(e.hub, ctx, func(ctx context.Context) (exported, error) {
		if err := settle(ctx); err != nil {
			return exported{}, err
		}
		return e.write(ctx, r, dir, o, ids)
	}, func(wrote exported, err error) {
		e.jobs.end(r)
		switch {
		case errors.Is(err, context.Canceled):
			e.messages.Toast("Exporting was cancelled.")
		case err != nil:
			again := Action{"Try again", func() { e.Export(dir, o, ids...) }}
			e.messages.fail("The export to "+dir+" did not work", err, again)
		default:
			e.messages.Toast(fmt.Sprintf("exported %s to %s",
				words.Count(wrote.studies, "study", "studies"), dir))
			e.messages.warnOf(nil, "The export is written", wrote.warnings)
		}
	})
}

// exported is what an export wrote, and what a person should look at.
type exported struct {
	studies  int
	warnings []string
}

// write writes every study that is asked for and has voxels and labels, and counts them.
func (e *Exporting) write(
	ctx context.Context, r *runningJob, dir string, o export.Options, ids []string,
) (wrote exported, err error) {
	all, err := e.project.Studies(ctx)
	if err != nil {
		return wrote, err
	}
	many := len(all)
	if len(ids) > 0 {
		many = len(ids)
	}
	o.Key, o.Software = e.project.DeidentificationKey(), e.config.Version
	o.Warn = func(sentence string) { wrote.warnings = append(wrote.warnings, sentence) }
	counted := func(yield func(export.Study, error) bool) {
		for study, err := range e.project.ExportStudies(ctx, ids...) {
			if err == nil {
				e.progress(r, wrote.studies, many)
				wrote.studies++
			}
			if !yield(study, err) {
				return
			}
		}
	}
	if err := export.Write(ctx, dir, counted, o); err != nil {
		return wrote, err
	}
	if wrote.studies == 0 {
		return wrote, errors.New("there is nothing to export yet; " +
			"open a study and save its labels first")
	}
	return wrote, nil
}

// progress shows that done of all studies are written. The time left follows from what
// they took.
func (e *Exporting) progress(r *runningJob, done, all int) {
	e.poster.post(func() {
		r.Text = fmt.Sprintf("Study %d of %d", done+1, all)
		r.Fraction = float64(done) / float64(all)
		if done > 0 {
			r.Left = time.Since(r.Started) / time.Duration(done) * time.Duration(all-done)
		}
		e.changed(TopicJob)
	})
}
