package project

import (
	"context"
	"fmt"
	"iter"

	"glasswork/dataset"
	"glasswork/dataset/volume"
)

// ExportStudies yields every study that has a saved revision, under its alias, with the
// voxels and the labels of that revision, one at a time. It ends after the first error.
func (p *Project) ExportStudies(ctx context.Context) iter.Seq2[dataset.ExportStudy, error] {
	return func(yield func(dataset.ExportStudy, error) bool) {
		studies, err := p.Studies(ctx)
		if err != nil {
			yield(dataset.ExportStudy{}, err)
			return
		}
		for _, s := range studies {
			if s.Revision == 0 {
				continue
			}
			e, err := p.exportStudy(ctx, s)
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

func (p *Project) exportStudy(ctx context.Context, s Study) (dataset.ExportStudy, error) {
	v, err := p.Voxels(ctx, s.ID)
	if err != nil {
		return dataset.ExportStudy{}, err
	}
	r, err := p.lastRevision(ctx, s.ID)
	if err != nil {
		return dataset.ExportStudy{}, err
	}
	l := volume.NewLabelMap(s.Geometry)
	if err := p.getBlob(ctx, r.LabelsSHA256, gzipped, l.Labels); err != nil {
		return dataset.ExportStudy{}, fmt.Errorf("revision %d of study %s cannot be read: %w", r.Number, s.Alias, err)
	}
	return dataset.ExportStudy{Name: s.Alias, CT: v, Labels: l, Reviewed: r.Reviewed}, nil
}
