package project

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"glasswork/dataset/export"
	"glasswork/dataset/volume"
)

// DeidentificationKey is the secret by which patients and studies get their new names where
// identities are removed: the same ones in every export of this project.
func (p *Project) DeidentificationKey() []byte { return p.Key("de-identification") }

// ExportStudies yields every study that has a saved revision, or of them those with the given
// IDs, under its alias, with the voxels and the labels of that revision, one at a time. It ends
// after the first error.
func (p *Project) ExportStudies(ctx context.Context, ids ...string) iter.Seq2[export.Study, error] {
	return func(yield func(export.Study, error) bool) {
		studies, err := p.Studies(ctx)
		if err != nil {
			yield(export.Study{}, err)
			return
		}
		for _, s := range studies {
			if s.Revision == 0 || len(ids) > 0 && !slices.Contains(ids, s.ID) {
				continue
			}
			e, err := p.exportStudy(ctx, s)
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

func (p *Project) exportStudy(ctx context.Context, s Study) (export.Study, error) {
	v, err := p.Voxels(ctx, s.ID)
	if err != nil {
		return export.Study{}, err
	}
	r, err := p.lastRevision(ctx, s.ID)
	if err != nil {
		return export.Study{}, err
	}
	l := volume.NewLabelMap(s.Geometry)
	if err := p.getLabels(ctx, r.LabelsSHA256, l); err != nil {
		return export.Study{}, fmt.Errorf("revision %d of study %s cannot be read: %w", r.Number,
			s.Alias, err)
	}
	origins, err := p.origins(ctx, r.slices)
	if err != nil {
		return export.Study{}, err
	}
	return export.Study{
		Name: s.Alias, CT: v, Labels: l, Reviewed: r.Reviewed, Origins: origins,
		Source: s.Source, SeriesID: s.SeriesID, Calibrated: s.Calibrated, Measurable: s.Measurable,
	}, nil
}

// origins says of each slice who made its labels. States know models by name; a name that
// two models share is the later one's.
func (p *Project) origins(ctx context.Context, states []SliceState) ([]export.Origin, error) {
	models, err := p.Models(ctx)
	if err != nil {
		return nil, err
	}
	versions := make(map[string]string, len(models))
	for _, m := range models {
		versions[m.Name] = m.ID
	}
	out := make([]export.Origin, len(states))
	for z, s := range states {
		out[z] = export.Origin{Model: s.Model, ModelVersion: cmp.Or(versions[s.Model],
			s.Model), Touched: s.Touched}
	}
	return out, nil
}
