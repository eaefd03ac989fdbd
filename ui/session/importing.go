package session

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"glasswork/dataset/annotation"
	"glasswork/dataset/importing"
	"glasswork/dataset/project"
	"glasswork/dataset/words"
)

// Importing enters annotation made elsewhere into the open study. A new import cancels the
// one that is being read or asked about.
type Importing struct {
	*hub
	reading *Reading
	editing *Editing

	text   string // what is being imported; empty: nothing
	cancel context.CancelFunc
	turn   int // of the latest import
	asked  *importing.File
}

// Import reads annotation made elsewhere and enters it into the open study. Where the
// project does not know its segments, or with ask, Question asks first.
func (i *Importing) Import(path string, ask bool) {
	st := i.reading.open
	if st == nil {
		i.messages.Toast("Open the study first that the annotation belongs to.")
		return
	}
	ctx, turn := i.begin("Reading " + filepath.Base(path))
	background(i.hub, ctx, func(ctx context.Context) (*importing.File, error) {
		known, err := i.project.Mapping(ctx)
		if err != nil {
			return nil, err
		}
		f, err := importing.Read(ctx, path, known)
		if err != nil {
			return nil, err
		}
		return f.On(ctx, st.series)
	}, func(f *importing.File, err error) {
		switch {
		case i.overtaken(st, turn):
		case err != nil:
			i.Cancel()
			i.messages.refuse(err)
		case ask || !f.Known():
			i.text, i.asked = "", f
			i.changed(TopicStudy | TopicChoice)
		default:
			i.mark(st, f, nil)
		}
	})
}

// overtaken reports whether a newer import, or another study, has taken the place of one.
func (i *Importing) overtaken(st *study, turn int) bool {
	return turn != i.turn || i.reading.open != st
}

// begin makes way for an import.
func (i *Importing) begin(text string) (ctx context.Context, turn int) {
	i.stop()
	i.text = text
	ctx, i.cancel = context.WithCancel(i.ctx)
	i.changed(TopicStudy | TopicChoice)
	return ctx, i.turn
}

// Cancel gives up the annotation that is being read or asked about.
func (i *Importing) Cancel() {
	i.stop()
	i.changed(TopicStudy | TopicChoice)
}

func (i *Importing) stop() {
	if i.cancel != nil {
		i.cancel()
	}
	i.text, i.cancel, i.asked = "", nil, nil
	i.turn++
}

// Question is the file whose segments are asked about; ok is false if nothing is asked. Answer
// with Answer or Cancel.
func (i *Importing) Question() (f *importing.File, ok bool) { return i.asked, i.asked != nil }

// Answer answers the question: choices are in the order of its Segments. They are
// remembered, and the annotation is entered.
func (i *Importing) Answer(choices []annotation.Choice) {
	st, f := i.reading.open, i.asked
	if st == nil || f == nil || len(choices) != len(f.Segments) {
		return
	}
	i.mark(st, f, f.Chosen(choices))
}

// mark remembers what was chosen, puts the segments onto the study's grid and enters them.
func (i *Importing) mark(st *study, f *importing.File, chosen annotation.Mapping) {
	ctx, turn := i.begin("Importing " + f.Name)
	background(i.hub, ctx, func(ctx context.Context) (*annotation.Marked, error) {
		if err := i.project.Remember(ctx, chosen); err != nil {
			return nil, err
		}
		return f.Mark(ctx, chosen, st.Geometry)
	}, func(marked *annotation.Marked, err error) {
		switch {
		case i.overtaken(st, turn):
		case errors.Is(err, annotation.ErrLeftOut):
			i.Cancel()
			i.messages.warn(sentence(err),
				Action{"Choose again", func() { i.Import(f.Path, true) }})
		case err != nil:
			i.Cancel()
			i.messages.refuse(err)
		default:
			i.enter(st, f.Name, marked, project.Ask)
		}
	})
}

// entries is what an import does to the journal, and to which slices it does nothing.
type entries struct {
	slices [][]project.Entry
	kept   []int
}

// enter writes what is marked into the journal, as one undo item. The differences are
// found in the background; where the labels have changed meanwhile they are found anew.
func (i *Importing) enter(st *study, file string, marked *annotation.Marked, on project.OnTouched) {
	i.editing.Release()
	ctx, turn := i.begin("Importing " + file)
	now := &project.Annotation{
		Labels: st.labels.Labels.Clone(),
		Slices: slices.Clone(st.labels.Slices),
	}
	edits := st.saved.edits
	background(i.hub, ctx, func(context.Context) (e entries, err error) {
		e.slices, e.kept, err = now.Imports(marked, file, on, false)
		return e, err
	}, func(e entries, err error) {
		var touched *project.TouchedError
		switch {
		case i.overtaken(st, turn):
		case st.saved.edits != edits || st.hand.stroke != nil:
			i.enter(st, file, marked, on)
		case errors.As(err, &touched):
			i.Cancel()
			i.askTouched(st, file, marked, touched)
		default:
			i.Cancel()
			i.entered(st, file, marked, e)
		}
	})
}

// askTouched asks what becomes of slices that a person has touched.
func (i *Importing) askTouched(
	st *study, file string, marked *annotation.Marked, touched *project.TouchedError,
) {
	then := func(on project.OnTouched) func() {
		return func() {
			if i.reading.open == st {
				i.enter(st, file, marked, on)
			}
		}
	}
	n := len(touched.Slices)
	i.messages.warnAbout(st,
		fmt.Sprintf("%s would change %s that you have corrected or reviewed.",
			file, words.Count(n, "slice", "slices")),
		Action{"Leave " + itThem(n) + " as before", then(project.Keep)},
		Action{"Replace " + itThem(n), then(project.Replace)},
	)
}

func itThem(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

// entered makes entries durable and tells what was done.
func (i *Importing) entered(st *study, file string, marked *annotation.Marked, e entries) {
	if len(e.slices) == 0 && len(e.kept) == 0 {
		i.messages.Toast("What " + file + " marks is there already.")
		return
	}
	if len(e.slices) > 0 && !i.editing.do(slices.Concat(e.slices...)...) {
		return
	}
	i.messages.Toast(fmt.Sprintf("imported %s onto %s from %s",
		words.Count(len(marked.Segments), "segment", "segments"),
		words.Count(len(e.slices), "slice", "slices"), file))
	i.messages.warnOf(st, "", marked.Warnings)
	if zs := marked.Slices(); !slices.Contains(zs, i.reading.slice) {
		i.reading.GoTo(zs[len(zs)/2])
	}
}
