package session

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"glasswork/dataset"
	"glasswork/dataset/project"
	"glasswork/dataset/series"
	"glasswork/dataset/words"
	"glasswork/viewer"
)

// Opening finds studies and opens them. A new request cancels the one before it, and
// whatever is being imported into the open study.
type Opening struct {
	*hub
	reading   *Reading
	studies   *Studies
	importing *Importing
	jobs      *Jobs

	text   string // what is being opened; empty: nothing
	cancel context.CancelFunc
	turn   int // of the latest request
	choice []*series.Series
}

// Text says what is being opened or imported, or is empty.
func (o *Opening) Text() string { return cmp.Or(o.text, o.importing.text) }

// Cancel gives up what is being opened, imported or chosen.
func (o *Opening) Cancel() {
	o.stop()
	o.changed(TopicStudy | TopicChoice)
}

// stop ends the latest request and any import.
func (o *Opening) stop() {
	o.importing.stop()
	if o.cancel != nil {
		o.cancel()
	}
	for _, series := range o.choice {
		_ = series.Close() // nothing was written through it
	}
	o.text, o.cancel, o.choice = "", nil, nil
	o.turn++
}

// begin makes way for something new to open.
func (o *Opening) begin(text string) (ctx context.Context, turn int) {
	o.stop()
	o.text = text
	ctx, o.cancel = context.WithCancel(o.ctx)
	o.changed(TopicStudy | TopicChoice)
	return ctx, o.turn
}

// found is what dataset.Open returns.
type found struct {
	series  []*series.Series
	skipped []string
}

// Open opens what path holds. Where that is several series, Choice lists them.
func (o *Opening) Open(path string) {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs // the project remembers it beyond this working folder
	}
	ctx, turn := o.begin("Opening " + path)
	background(o.hub, ctx, func(ctx context.Context) (found, error) {
		series, skipped, err := dataset.Open(ctx, path)
		return found{series, skipped}, err
	}, func(f found, err error) {
		o.offer(turn, path, f, err)
	})
}

// offer opens the only series found, or asks which.
func (o *Opening) offer(turn int, path string, f found, err error) {
	if turn != o.turn {
		for _, series := range f.series {
			_ = series.Close() // a newer request has taken its place
		}
		return
	}
	if err != nil {
		o.Cancel()
		o.messages.refuse(err, f.skipped...)
		return
	}
	if len(f.skipped) > 0 {
		o.messages.tell(Message{
			Severity: Warning, Log: f.skipped,
			Text: fmt.Sprintf("%s in %s cannot be opened: %s",
				words.Count(len(f.skipped), "item", "items"), path, f.skipped[0]),
		})
	}
	if len(f.series) == 1 {
		o.openSeries(f.series[0])
		return
	}
	o.choice, o.text = f.series, ""
	o.changed(TopicStudy | TopicChoice)
}

// Choice lists the series to choose from, or is empty. Answer with Choose or Cancel.
func (o *Opening) Choice() []*series.Series { return o.choice }

// Choose opens series i of Choice.
func (o *Opening) Choose(i int) {
	if i < 0 || i >= len(o.choice) {
		return
	}
	chosen := o.choice[i]
	o.choice = slices.Delete(o.choice, i, i+1)
	o.openSeries(chosen)
}

// OpenSample opens the embedded sample study.
func (o *Opening) OpenSample() { o.openSeries(dataset.Sample()) }

// OpenStudy opens a study of the project again: from where it came from, or, if that is
// gone, from the copy that the project keeps.
func (o *Opening) OpenStudy(id string) {
	study, ok := o.studies.find(id)
	if !ok || o.reading.StudyID() == id {
		return
	}
	ctx, turn := o.begin("Opening " + study.Alias)
	background(o.hub, ctx, func(ctx context.Context) (*series.Series, error) {
		return findSeries(ctx, o.project, study)
	}, func(series *series.Series, err error) {
		switch {
		case turn != o.turn:
			if series != nil {
				_ = series.Close() // a newer request has taken its place
			}
		case err != nil:
			o.Cancel()
			o.messages.fail(study.Alias+" cannot be opened", err)
		default:
			o.openSeries(series)
		}
	})
}

// registered is what the project knows of a series.
type registered struct {
	study    project.Study
	labels   *project.Annotation
	measures *viewer.Measures
	last     *project.Revision
	unsaved  bool // the labels have changed since
}

// openSeries registers a series in the project and begins to read it.
func (o *Opening) openSeries(series *series.Series) {
	if st := o.reading.open; st != nil && st.SeriesID == series.ID {
		_ = series.Close() // it is open already, and its labels change under the user's hand
		o.Cancel()
		o.messages.Toast(st.Alias + " is open already.")
		return
	}
	// What is proposed for a study while its labels are being read would be missed.
	o.jobs.cancelFor(series.ID)
	ctx, turn := o.begin("Opening " + series.Description)
	background(o.hub, ctx, func(ctx context.Context) (registered, error) {
		return register(ctx, o.project, series)
	}, func(reg registered, err error) {
		switch {
		case turn != o.turn:
			_ = series.Close() // a newer request has taken its place
		case err != nil:
			_ = series.Close() // the error at hand matters more
			o.Cancel()
			o.messages.refuse(err)
		default:
			o.stop()
			o.show(series, reg)
		}
	})
}

// register adds a series to the project and reads its labels.
func register(
	ctx context.Context, p *project.Project, series *series.Series,
) (reg registered, err error) {
	if reg.study, err = p.AddStudy(ctx, series); err != nil {
		return reg, err
	}
	if reg.labels, err = p.Annotation(ctx, reg.study.ID); err != nil {
		return reg, err
	}
	reg.measures = viewer.NewMeasures(reg.labels.Labels)
	all, err := p.Revisions(ctx, reg.study.ID)
	if err != nil {
		return reg, err
	}
	if n := len(all); n > 0 {
		reg.last, reg.unsaved = &all[n-1], !all[n-1].Holds(reg.labels)
		return reg, nil
	}
	reg.unsaved = slices.ContainsFunc(reg.labels.Slices, func(state project.SliceState) bool {
		return state != project.SliceState{}
	})
	return reg, nil
}

// show makes a series the one being read.
func (o *Opening) show(series *series.Series, reg registered) {
	st := newStudy(series, reg)
	o.reading.begin(st)
	if series.Format == "phantom" && len(series.Warnings) > 0 {
		o.messages.Toast(series.Warnings[0])
	} else {
		o.messages.warnOf(st, "", series.Warnings)
	}
	o.studies.refresh()
	o.changed(TopicAll &^ (TopicMessages | TopicJob | TopicPlan | TopicVerdict | TopicModels))
}

// Drop takes a file that was dropped onto the window: annotation is entered into the open
// study, anything else is opened. Where only the user can tell, they are asked.
func (o *Opening) Drop(path string) {
	st := o.reading.open
	if st == nil {
		o.Open(path)
		return
	}
	background(o.hub, o.ctx, func(ctx context.Context) (dataset.Annotates, error) {
		return dataset.LooksLikeAnnotation(path), ctx.Err()
	}, func(a dataset.Annotates, _ error) {
		switch {
		case o.reading.open != st || a == dataset.No:
			o.Open(path)
		case a == dataset.Yes:
			o.importing.Import(path, false)
		default:
			o.askDropped(st, path)
		}
	})
}

// askDropped asks what a dropped file is.
func (o *Opening) askDropped(st *study, path string) {
	alias := st.Alias
	o.messages.warnAbout(st,
		fmt.Sprintf("%s may be annotation of %s, or a study of its own.", filepath.Base(path),
			alias),
		Action{"Import it into " + alias, func() { o.importing.Import(path, false) }},
		Action{"Open it as a study", func() { o.Open(path) }},
	)
}
