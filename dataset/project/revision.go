package project

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"glasswork/dataset/volume"
)

// Revision is one immutable state of a study's labels.
type Revision struct {
	// Number counts from 1 within a study; Parent is the one it was made from, 0 for none.
	Number, Parent int
	Author         string
	Time           time.Time
	// Model names who proposed the labels, several joined by ", "; "" for none.
	Model string
	// SHA256 covers everything here, the states of the slices and the parent's SHA256. In this
	// chain nothing can be replaced unnoticed.
	SHA256 string
	// Slices is the state of each slice, Reviewed which of them a person vouches for.
	Slices   []SliceState
	Reviewed []bool
	// LabelsSHA256 is over the labels, [z,y,x], one byte a voxel; it names their blob.
	LabelsSHA256 string
}

// Holds reports whether a is as it was saved: the same labels and the same slices reviewed.
func (r Revision) Holds(a *Annotation) bool {
	return slices.Equal(r.Reviewed, reviewed(a.Slices)) &&
		r.LabelsSHA256 == sha256Hex(a.Labels.Labels)
}

// storedRevision is a Revision with the fields that only the store needs.
type storedRevision struct {
	Revision
	slices []SliceState
	seq    int64
}

// errStale is returned if another program has saved a revision in the meantime.
var errStale = errors.New("another program saved a revision at the same moment")

// Save makes the present state of the journal an immutable revision. If nothing has changed
// since the last revision, it returns that one.
func (p *Project) Save(ctx context.Context, id, author string) (Revision, error) {
	for {
		r, err := p.saveOnce(ctx, id, author)
		if !errors.Is(err, errStale) {
			return r, err
		}
	}
}

func (p *Project) saveOnce(ctx context.Context, id, author string) (Revision, error) {
	a, last, err := p.present(ctx, id)
	if err != nil {
		return Revision{}, err
	}
	if last.Number > 0 && a.Seq == last.seq {
		return last.Revision, nil
	}
	sum, err := p.putBlob(ctx, byteContent(a.Labels.Labels), gzipped)
	if err != nil {
		return Revision{}, explain(p.dir, "written", err)
	}
	r := storedRevision{seq: a.Seq, slices: a.Slices, Revision: Revision{
		Number: last.Number + 1, Parent: last.Number, Author: author, Time: time.Now().UTC(),
		Model: proposers(a.Slices), Slices: a.Slices, Reviewed: reviewed(a.Slices),
		LabelsSHA256: sum,
	}}
	r.SHA256 = r.chain(id, last.SHA256)
	err = p.write(ctx, func(tx *sql.Tx) error { return insertRevision(ctx, tx, id, r) })
	return r.Revision, explain(p.dir, "written", err)
}

// insertRevision records r unless its parent is not the newest revision any more.
func insertRevision(ctx context.Context, tx *sql.Tx, study string, r storedRevision) error {
	var newest int
	if err := tx.QueryRowContext(ctx,
		`SELECT coalesce(max(number), 0) FROM revisions WHERE study = ?`,
		study).Scan(&newest); err != nil {
		return err
	}
	if newest != r.Parent {
		return errStale
	}
	slices, err := json.Marshal(r.slices)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO revisions
			(study, number, parent, author, at, model, slices, labels, seq, sha256)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, study, r.Number, r.Parent, r.Author,
		r.Time.Format(time.RFC3339Nano), r.Model,
		string(slices), r.LabelsSHA256, r.seq, r.SHA256)
	return err
}

// chain is the SHA-256 that binds a revision's content to its parent's.
func (r storedRevision) chain(study, parentSHA string) string {
	// JSON keeps the fields apart: no two different revisions have the same text.
	text, _ := json.Marshal([]any{ // strings, numbers and booleans always have one
		"glasswork revision 1", study, r.Number, r.Parent, parentSHA, r.Author,
		r.Time.Format(time.RFC3339Nano), r.Model, r.slices, r.LabelsSHA256, r.seq,
	})
	return sha256Hex(text)
}

func reviewed(states []SliceState) []bool {
	out := make([]bool, len(states))
	for z, s := range states {
		out[z] = s.Reviewed
	}
	return out
}

// proposers names the models behind the slices, each once, in slice order.
func proposers(states []SliceState) string {
	var names []string
	seen := map[string]bool{"": true}
	for _, s := range states {
		if !seen[s.Model] {
			seen[s.Model] = true
			names = append(names, s.Model)
		}
	}
	return strings.Join(names, ", ")
}

// Revisions returns all revisions of a study, oldest first, after checking their chain.
func (p *Project) Revisions(ctx context.Context, id string) ([]Revision, error) {
	stored, err := p.revisions(ctx, id)
	if err != nil {
		return nil, err
	}
	out := make([]Revision, len(stored))
	for i, r := range stored {
		out[i] = r.Revision
	}
	return out, nil
}

// revisions returns all revisions of a study, oldest first, after checking their chain.
func (p *Project) revisions(ctx context.Context, id string) (all []storedRevision, err error) {
	err = p.read(ctx, func(tx *sql.Tx) error {
		all, err = queryAll(ctx, tx, scanRevision, selectRevision+` ORDER BY number`, id)
		if err != nil || len(all) == 0 {
			return err
		}
		g, err := studyGeometry(ctx, tx, id)
		if err != nil {
			return err
		}
		return checkChain(id, all, g.Size[0])
	})
	return all, explain(p.dir, "read", err)
}

// checkChain returns an error for a revision that is not what was saved.
func checkChain(id string, all []storedRevision, slices int) error {
	parentSHA := ""
	for i, r := range all {
		if r.Number != i+1 || r.Parent != i || r.chain(id, parentSHA) != r.SHA256 ||
			len(r.slices) != slices {
			return fmt.Errorf("revision %d of study %s is %w: its record is not what was "+
				"saved; bring %s back from a copy", i+1, id, ErrDamaged, databaseName)
		}
		parentSHA = r.SHA256
	}
	return nil
}

// lastRevision returns the newest revision, or the zero one where none was saved. The chain
// before it is checked, because whoever shows, exports or trains on it believes it.
func (p *Project) lastRevision(ctx context.Context, id string) (r storedRevision, err error) {
	all, err := p.revisions(ctx, id)
	if n := len(all); n > 0 && err == nil {
		r = all[n-1]
	}
	return r, err
}

const selectRevision = `SELECT number, parent, author, at, model, slices, labels, seq, sha256
	FROM revisions WHERE study = ?`

func scanRevision(rows *sql.Rows) (r storedRevision, err error) {
	var at, slices string
	if err = rows.Scan(&r.Number, &r.Parent, &r.Author, &at, &r.Model, &slices, &r.LabelsSHA256,
		&r.seq, &r.SHA256); err != nil {
		return r, err
	}
	if r.Time, err = time.Parse(time.RFC3339Nano, at); err != nil {
		return r, fmt.Errorf("revision %d is %w: it has no time", r.Number, ErrDamaged)
	}
	if err = json.Unmarshal([]byte(slices), &r.slices); err != nil {
		return r, fmt.Errorf("revision %d is %w: it does not list its slices", r.Number, ErrDamaged)
	}
	r.Slices, r.Reviewed = r.slices, reviewed(r.slices)
	return r, nil
}

// RevisionLabels returns the labels of revision n, verified.
func (p *Project) RevisionLabels(ctx context.Context, id string, n int) (*volume.LabelMap, error) {
	s, err := p.Study(ctx, id)
	if err != nil {
		return nil, err
	}
	all, err := p.Revisions(ctx, id)
	if err != nil {
		return nil, err
	}
	if n < 1 || n > len(all) {
		return nil, fmt.Errorf("revision %d of study %s is %w", n, s.Alias, ErrNotFound)
	}
	l := volume.NewLabelMap(s.Geometry)
	if err := p.getLabels(ctx, all[n-1].LabelsSHA256, l); err != nil {
		return nil, fmt.Errorf("revision %d of study %s cannot be read: %w", n, s.Alias, err)
	}
	return l, nil
}
