package project

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"glasswork/dataset/annotation"
	"glasswork/dataset/classes"
)

// mappingKey is where the project keeps what foreign segments become.
const mappingKey = "segments"

// Mapping returns what was chosen for foreign segments so far.
func (p *Project) Mapping(ctx context.Context) (annotation.Mapping, error) {
	text, err := p.Setting(ctx, mappingKey)
	if err != nil {
		return nil, err
	}
	return readMapping(text), nil
}

// readMapping reads the choices that it understands; the others are asked again.
func readMapping(text string) annotation.Mapping {
	kept, known := map[string]string{}, annotation.Mapping{}
	if text == "" || json.Unmarshal([]byte(text), &kept) != nil {
		return known
	}
	for key, name := range kept {
		if c, err := annotation.ParseChoice(name); err == nil {
			known[key] = c
		}
	}
	return known
}

// Remember adds choices to those that the project knows, including those that other programs
// have added meanwhile.
func (p *Project) Remember(ctx context.Context, m annotation.Mapping) error {
	if len(m) == 0 {
		return nil
	}
	return explain(p.dir, "written", p.write(ctx, func(tx *sql.Tx) error {
		var text string
		err := tx.QueryRowContext(ctx, `SELECT value FROM settings WHERE key = ?`,
			mappingKey).Scan(&text)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		all, err := json.Marshal(readMapping(text).With(m))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx,
			`INSERT INTO settings VALUES (?, ?)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
			mappingKey, string(all))
		return err
	}))
}

// TouchedError is returned for an import that would change slices which a person has touched or
// reviewed.
type TouchedError struct {
	// Slices count from 0.
	Slices []int
}

func (e *TouchedError) Error() string {
	if len(e.Slices) == 1 {
		return fmt.Sprintf("it would change slice %d, which somebody has corrected or reviewed",
			e.Slices[0]+1)
	}
	return fmt.Sprintf(
		"it would change %d slices that somebody has corrected or reviewed, slice %d first",
		len(e.Slices), e.Slices[0]+1,
	)
}

// Is reports that it is an ErrTouched.
func (e *TouchedError) Is(target error) bool { return target == ErrTouched }

// OnTouched says what an import does with slices that a person has touched or reviewed.
type OnTouched int

// Ask changes nothing and returns a TouchedError, Keep leaves those slices as they are,
// Replace puts the import over them as over all others.
const (
	Ask OnTouched = iota
	Keep
	Replace
)

// withMarks returns what files marked before and what one marks now.
func withMarks(before classes.Known, now [classes.Labels]bool) classes.Known {
	for c, ok := range now {
		before[c] = before[c] || ok
	}
	before[classes.Background] = true
	return before
}

// Imports returns the entries that enter what a file marks: one per slice that changes and, with
// reviewed, one that accepts it. source names the file. kept are the slices that are left as
// they are because a person has touched them. The error is a TouchedError.
func (a *Annotation) Imports(
	m *annotation.Marked, source string, on OnTouched, reviewed bool,
) (entries [][]Entry, kept []int, err error) {
	for _, z := range m.Slices() {
		e, changes := a.Import(z, m.Over(z, a.Labels.Slice(z)), source, on == Replace)
		state := a.Slices[z]
		var slice []Entry
		switch touched := state.Touched || state.Reviewed; {
		case changes && touched && on != Replace:
			kept = append(kept, z)
			continue
		case changes:
			e.State.Marks = withMarks(state.Marks, m.Marks)
			slice, state = append(slice, e), e.State
		}
		if reviewed && !state.Reviewed {
			state.Reviewed = true
			slice = append(slice, Entry{Kind: Review, Z: z, State: state})
		}
		if len(slice) > 0 {
			entries = append(entries, slice)
		}
	}
	if on == Ask && len(kept) > 0 {
		return nil, nil, &TouchedError{kept}
	}
	return entries, kept, nil
}
