package project

import (
	"context"
	"database/sql"
	"fmt"
	"image"

	"glasswork/dataset/volume"
)

// LastProposal returns what a model proposed last for slice z of a study, [y,x] on its grid,
// and the model's name. It is read from the journal, so a correction since does not matter.
// Where nothing was proposed the error Is ErrNotFound.
func (p *Project) LastProposal(
	ctx context.Context, id string, z int,
) (labels []uint8, model string, err error) {
	s, err := p.Study(ctx, id)
	if err != nil {
		return nil, "", err
	}
	err = p.read(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx,
			`SELECT seq, kind, z, x0, y0, x1, y1, labels, touched, reviewed, model, source, marks
			FROM journal WHERE study = ? AND z = ? ORDER BY seq`, id, z)
		if err != nil {
			return err
		}
		defer rows.Close()
		labels, model, err = replayProposal(rows, s.Geometry)
		return err
	})
	if err != nil {
		return nil, "", fmt.Errorf("the journal of study %s cannot be read: %w", s.Alias,
			explain(p.dir, "read", err))
	}
	if labels == nil {
		return nil, "", fmt.Errorf("a proposal for slice %d of study %s is %w", z+1, s.Alias,
			ErrNotFound)
	}
	return labels, model, nil
}

// replayProposal replays one slice's entries up to the last proposal among them.
func replayProposal(rows *sql.Rows, g volume.Geometry) (labels []uint8, model string, err error) {
	g.Size[0] = 1
	now := volume.NewLabelMap(g)
	u := &unpacker{slice: image.Rect(0, 0, g.Size[2], g.Size[1])}
	for rows.Next() {
		e, err := scanEntry(rows, u)
		if err == nil && e.Patch != nil {
			e.Z, e.Patch.Z = 0, 0
			err = e.validate(g)
		}
		if err == nil && e.Patch != nil {
			err = e.Patch.Apply(now)
		}
		if err != nil {
			return nil, "", fmt.Errorf("entry %d: %w", e.Seq, err)
		}
		if e.Kind == Proposal {
			labels, model = append(labels[:0], now.Labels...), e.State.Model
		}
	}
	return labels, model, rows.Err()
}
