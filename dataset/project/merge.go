package project

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"image"
	"slices"
	"time"

	"glasswork/dataset/volume"
)

// Later returns the entries of a study after number seq, oldest first.
func (p *Project) Later(ctx context.Context, id string, seq int64) (all []Entry, err error) {
	err = p.read(ctx, func(tx *sql.Tx) error {
		g, err := studyGeometry(ctx, tx, id)
		if err != nil {
			return err
		}
		return eachEntry(ctx, tx, id, seq, g, func(e Entry) error {
			if e.Patch != nil { // its arrays are reused for the next one
				e.Patch.Old, e.Patch.New = bytes.Clone(e.Patch.Old), bytes.Clone(e.Patch.New)
			}
			all = append(all, e)
			return nil
		})
	})
	return all, explain(p.dir, "read", err)
}

// Follow applies to a what others have entered since, and returns those entries.
func (p *Project) Follow(ctx context.Context, id string, a *Annotation) ([]Entry, error) {
	later, err := p.Later(ctx, id, a.Seq)
	if err != nil {
		return nil, err
	}
	for i, e := range later {
		if err := a.Apply(e); err != nil {
			return later[:i], err
		}
	}
	return later, nil
}

// Watch calls changed, from this goroutine, after somebody has committed to the database: this
// program or another one. It looks as often as every says and returns when ctx ends.
func (p *Project) Watch(ctx context.Context, every time.Duration, changed func()) error {
	conn, err := p.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for last := int64(-1); ; {
		var version int64
		err := conn.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&version)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !isBusy(err):
			return explain(p.dir, "read", err)
		case err == nil && version != last:
			last = version
			changed()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Again returns what a person did, entries, as it is done on the labels as they are now, and the
// slice's state before each of them. before are the states when it was done first. The voxels
// that it changed are changed again; all others stay as others have left them. Entries that
// change nothing any more are left out.
func (a *Annotation) Again(
	entries []Entry, before []SliceState,
) (now []Entry, states []SliceState) {
	at := map[int]SliceState{}
	for i, e := range entries {
		state, seen := at[e.Z]
		if !seen {
			state = a.state(e.Z)
		}
		if e.Patch != nil {
			patch, changes := repaint(a.Labels, *e.Patch, false)
			if !changes {
				continue
			}
			e.Patch = &patch
		}
		e.State = merge(before[i], e.State, state)
		now, states = append(now, e), append(states, state)
		at[e.Z] = e.State
	}
	return now, states
}

// Back returns what takes entries back, the last one first. before are the states before each of
// them. others are the slices that somebody else has changed since: there only voxels that are
// still as entries left them go back, and the slice stays touched.
func (a *Annotation) Back(
	entries []Entry, before []SliceState, others map[int]bool,
) (back []Entry) {
	for i, e := range slices.Backward(entries) {
		was, shared := e.State, others[e.Z]
		e = e.Undo(before[i])
		if shared {
			now := a.state(e.Z)
			e.State = merge(was, e.State, now)
			e.State.Touched = e.State.Touched || now.Touched
		}
		if e.Patch != nil {
			patch, changes := repaint(a.Labels, *e.Patch, shared)
			if !changes {
				continue
			}
			e.Patch = &patch
		}
		back = append(back, e)
	}
	return back
}

// merge makes the change from before to after in now.
func merge(before, after, now SliceState) SliceState {
	if after.Touched != before.Touched {
		now.Touched = after.Touched
	}
	if after.Reviewed != before.Reviewed {
		now.Reviewed = after.Reviewed
	}
	if after.Model != before.Model {
		now.Model = after.Model
	}
	if after.Source != before.Source {
		now.Source = after.Source
	}
	return now
}

// repaint returns the patch that gives the voxels which p changes the labels that p gives them;
// false if they have them already. onlyOld leaves out voxels that are not as p expects them.
func repaint(l *volume.LabelMap, p volume.Patch, onlyOld bool) (volume.Patch, bool) {
	if p.Validate(l.Geometry) != nil {
		return p, true // Append says what is wrong
	}
	w := l.Size[2]
	slice := l.Slice(p.Z)
	after := slices.Clone(slice)
	for i, c := range p.New {
		at := (p.Box.Min.Y+i/p.Box.Dx())*w + p.Box.Min.X + i%p.Box.Dx()
		if c != p.Old[i] && (!onlyOld || slice[at] == p.Old[i]) {
			after[at] = c
		}
	}
	return volume.Diff(p.Z, w, slice, after)
}

// eachEntry calls do for every entry of a study after number seq, oldest first. A patch is valid
// until do returns.
func eachEntry(
	ctx context.Context, tx *sql.Tx, id string, seq int64, g volume.Geometry, do func(Entry) error,
) error {
	// The plus keeps SQLite from the index of slices: from seq on there are few rows.
	rows, err := tx.QueryContext(ctx,
		`SELECT seq, kind, z, x0, y0, x1, y1, labels, touched, reviewed, model, source, marks
		FROM journal WHERE +study = ? AND seq > ? ORDER BY seq`, id, seq)
	if err != nil {
		return err
	}
	defer rows.Close()
	u := &unpacker{slice: image.Rect(0, 0, g.Size[2], g.Size[1])}
	for rows.Next() {
		e, err := scanEntry(rows, u)
		if err == nil {
			err = do(e)
		}
		if err != nil {
			return fmt.Errorf("entry %d: %w", e.Seq, err)
		}
	}
	return rows.Err()
}

// overtaken returns ErrOvertaken if the study has entries after number seq and before number own.
func overtaken(ctx context.Context, tx *sql.Tx, id string, seq, own int64) error {
	var later bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS
		(SELECT 1 FROM journal WHERE +study = ? AND seq > ? AND seq < ?)`, id, seq,
		own).Scan(&later)
	if err == nil && later {
		return ErrOvertaken
	}
	return err
}

// isRefusal reports an error that says why entries are not taken, and nothing of the folder.
func isRefusal(err error) bool {
	return errors.Is(err, ErrTouched) || errors.Is(err, ErrOvertaken)
}
