package project

import (
	"bytes"
	"compress/flate"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"image"
	"io"
	"slices"
	"time"

	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

// Append writes entries to the journal of a study in one transaction and applies them to a, the
// caller's annotation of it. When it returns they are on disk and survive the end of the program
// at any moment. On an error none of them is written or applied.
//
// The error Is ErrOvertaken if the journal holds entries of this study that a does not include:
// another window has worked on it. Call Follow and do it again. A proposal or an import is
// refused with an error that Is ErrTouched if the journal says that a person has touched or
// reviewed the slice, in whichever program.
func (p *Project) Append(ctx context.Context, id string, a *Annotation, entries ...Entry) error {
	packed := make([][]byte, len(entries))
	for i, e := range entries {
		packed[i] = p.pack(e.Patch)
	}
	numbered := slices.Clone(entries)
	err := p.write(ctx, func(tx *sql.Tx) error {
		g, err := studyGeometry(ctx, tx, id)
		if err != nil {
			return err
		}
		for i, e := range entries {
			if err := e.validate(g); err != nil {
				return err
			}
			if numbered[i].Seq, err = appendEntry(ctx, tx, id, e, packed[i]); err != nil {
				return err
			}
		}
		if len(entries) == 0 {
			return nil
		}
		return overtaken(ctx, tx, id, a.Seq, numbered[0].Seq)
	})
	if err != nil {
		if isRefusal(err) {
			return err
		}
		return explain(p.dir, "written", err)
	}
	for _, e := range numbered {
		if err := a.Apply(e); err != nil {
			return fmt.Errorf("the labels shown are not those of the project: %w", err)
		}
	}
	return nil
}

func studyGeometry(ctx context.Context, tx *sql.Tx, id string) (g volume.Geometry, err error) {
	var text string
	err = tx.QueryRowContext(ctx, `SELECT geometry FROM studies WHERE id = ?`, id).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return g, fmt.Errorf("study %s is %w", id, ErrNotFound)
	} else if err != nil {
		return g, err
	}
	if g, err = readGeometry(text); err != nil {
		return g, fmt.Errorf("study %s cannot be read: %w", id, err)
	}
	return g, nil
}

// appendEntry inserts one entry if the slice's durable state allows it, and returns its number.
func appendEntry(
	ctx context.Context, tx *sql.Tx, id string, e Entry, packed []byte,
) (seq int64, err error) {
	if e.Kind == Proposal || e.Kind == Imported {
		var now SliceState
		err := tx.QueryRowContext(ctx,
			`SELECT touched, reviewed FROM journal WHERE study = ? AND z = ?
			ORDER BY seq DESC LIMIT 1`,
			id, e.Z).
			Scan(&now.Touched, &now.Reviewed)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return 0, err
		}
		if err := e.allowedOver(now); err != nil {
			return 0, err
		}
	}
	var x0, y0, x1, y1 any
	if e.Patch != nil {
		b := e.Patch.Box
		x0, y0, x1, y1 = b.Min.X, b.Min.Y, b.Max.X, b.Max.Y
	}
	result, err := tx.ExecContext(ctx, `INSERT INTO journal
		(study, kind, z, x0, y0, x1, y1, labels, touched, reviewed, model, source, marks, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, id, int(e.Kind), e.Z, x0, y0, x1,
		y1, packed,
		e.State.Touched, e.State.Reviewed, e.State.Model, e.State.Source, bits(e.State.Marks),
		time.Now().UnixMilli())
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

// Annotation returns the present labels of the study: the last revision with the journal applied
// to it.
func (p *Project) Annotation(ctx context.Context, id string) (*Annotation, error) {
	a, _, err := p.present(ctx, id)
	return a, err
}

// present returns the present annotation and the revision it builds on (the zero
// storedRevision where there is none).
func (p *Project) present(ctx context.Context, id string) (*Annotation, storedRevision, error) {
	s, err := p.Study(ctx, id)
	if err != nil {
		return nil, storedRevision{}, err
	}
	a := &Annotation{Labels: volume.NewLabelMap(s.Geometry), Slices: make([]SliceState, s.Slices)}
	last, err := p.lastRevision(ctx, id)
	if err != nil {
		return nil, last, err
	}
	if last.Number > 0 {
		if err := p.getLabels(ctx, last.LabelsSHA256, a.Labels); err != nil {
			return nil, last, fmt.Errorf("revision %d of study %s cannot be read: %w", last.Number,
				s.Alias, err)
		}
		copy(a.Slices, last.slices)
		a.Seq, a.Revision = last.seq, last.Number
	}
	if err := p.replay(ctx, id, a); err != nil {
		return nil, last, fmt.Errorf("the journal of study %s cannot be read: %w", s.Alias,
			explain(p.dir, "read", err))
	}
	return a, last, nil
}

// replay applies the journal's entries after a.Seq to a.
func (p *Project) replay(ctx context.Context, id string, a *Annotation) error {
	return p.read(ctx, func(tx *sql.Tx) error {
		return eachEntry(ctx, tx, id, a.Seq, a.Labels.Geometry, a.Apply)
	})
}

// bits is the sum of 1 << label over a set of labels, as the journal stores it.
func bits(k classes.Known) (sum int) {
	for c, ok := range k {
		if ok {
			sum |= 1 << c
		}
	}
	return sum
}

func fromBits(sum uint) (k classes.Known) {
	for c := range k {
		k[c] = sum>>c&1 == 1
	}
	return k
}

// scanEntry reads one entry. Its patch is valid until the next call with the same unpacker.
func scanEntry(rows *sql.Rows, u *unpacker) (e Entry, err error) {
	var x0, y0, x1, y1 sql.NullInt64
	var labels sql.RawBytes
	var marks uint
	if err = rows.Scan(&e.Seq, &e.Kind, &e.Z, &x0, &y0, &x1, &y1, &labels, &e.State.Touched,
		&e.State.Reviewed, &e.State.Model, &e.State.Source, &marks); err != nil {
		return e, err
	}
	e.State.Marks = fromBits(marks)
	if x0.Valid {
		box := image.Rect(int(x0.Int64), int(y0.Int64), int(x1.Int64), int(y1.Int64))
		e.Patch, err = u.patch(e.Z, box, labels)
	}
	return e, err
}

// packer deflates patches; one is reused for many, as its tables are large.
type packer struct {
	buf bytes.Buffer
	z   *flate.Writer
}

func newPacker() *packer {
	k := &packer{}
	k.z, _ = flate.NewWriter(&k.buf, flate.BestSpeed) // the level is valid
	return k
}

// pack returns the deflated old and new labels of p, nil without a patch.
func (p *Project) pack(patch *volume.Patch) []byte {
	if patch == nil {
		return nil
	}
	k := p.packers.Get().(*packer)
	defer p.packers.Put(k)
	k.buf.Reset()
	k.z.Reset(&k.buf)
	// Writing to a bytes.Buffer does not fail.
	_, _ = k.z.Write(patch.Old)
	_, _ = k.z.Write(patch.New)
	_ = k.z.Close()
	return bytes.Clone(k.buf.Bytes())
}

// unpacker inflates patches into memory that it reuses.
type unpacker struct {
	slice  image.Rectangle // boxes lie inside: a damaged one allocates nothing
	in     bytes.Reader
	z      io.ReadCloser
	labels []byte
}

func (u *unpacker) patch(z int, box image.Rectangle, packed []byte) (*volume.Patch, error) {
	if box.Empty() || !box.In(u.slice) {
		return nil, fmt.Errorf("box %v is %w", box, ErrDamaged)
	}
	n := box.Dx() * box.Dy()
	u.in.Reset(packed)
	if u.z == nil {
		u.z = flate.NewReader(&u.in)
	} else if err := u.z.(flate.Resetter).Reset(&u.in, nil); err != nil {
		return nil, err
	}
	if cap(u.labels) < 2*n {
		u.labels = make([]byte, 2*n)
	}
	labels := u.labels[:2*n]
	if _, err := io.ReadFull(u.z, labels); err != nil {
		return nil, fmt.Errorf("labels are %w: %w", ErrDamaged, err)
	}
	return &volume.Patch{Z: z, Box: box, Old: labels[:n:n], New: labels[n:]}, nil
}
