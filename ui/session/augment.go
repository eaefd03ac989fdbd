package session

import (
	"context"
	"errors"
	"image"
	"slices"

	"glasswork/dataset"
	"glasswork/dataset/volume"
	"glasswork/training/augment"
	"glasswork/training/sampling"
	"glasswork/viewer"
)

// The preview of an augmentation: so many samples in a row and below each other, so many
// pixels a side each.
const (
	previewColumns = 4
	previewSide    = 128
)

// augmenting is how a retraining varies its samples, and what shows it.
type augmenting struct {
	text   string // understood; empty: the usual way
	cancel context.CancelFunc
}

// SetAugment says how a retraining varies its samples, in the notation of docs/training.md;
// an empty text is the usual way. Plan tells what is wrong with it, or shows samples.
func (s *Session) SetAugment(text string) {
	plan := s.plan
	if plan == nil || plan.Augment == text {
		return
	}
	plan.Augment, plan.Wrong = text, nil
	if text != "" {
		if _, err := augment.Parse(text); errors.As(err, &plan.Wrong) {
			s.changed(TopicPlan)
			return
		}
	}
	s.augmenting.text = text
	s.preview(plan)
	s.changed(TopicPlan)
}

// preview draws samples for plan; a later call cancels an earlier one.
func (s *Session) preview(plan *Plan) {
	if s.augmenting.cancel != nil {
		s.augmenting.cancel()
	}
	ctx, cancel := context.WithCancel(s.ctx)
	s.augmenting.cancel = cancel
	e, ok := s.varied()
	text, look := s.augmenting.text, s.look
	background(s, ctx, func(ctx context.Context) (*image.RGBA, error) {
		if !ok {
			var err error
			if e, err = anyChest(ctx); err != nil {
				return nil, err
			}
		}
		return drawVaried(ctx, e, text, look.window, look.style)
	}, func(picture *image.RGBA, err error) {
		if err != nil || ctx.Err() != nil || s.plan != plan {
			return
		}
		plan.Preview = picture
		s.changed(TopicPlan)
	})
}

// varied is a copy of a reviewed slice of the open study, that with the most lesion, else
// of the slice looked at; ok is false if no such voxels are there.
func (s *Session) varied() (e dataset.Example, ok bool) {
	r := s.reading
	if r == nil {
		return e, false
	}
	z, most := s.slice, -1
	for i := range r.Slices {
		if !r.labels.Slices[i].Reviewed || !r.loader.Loaded(i) {
			continue
		}
		n := r.labels.Labels.Counts(i)
		if lesion := n[volume.GroundGlass] + n[volume.Consolidation]; lesion > most {
			z, most = i, lesion
		}
	}
	hu, labels := s.Voxels(z)
	if hu == nil {
		return e, false
	}
	e = dataset.Example{Z: z, W: r.Geometry.Size[2], H: r.Geometry.Size[1], HU: slices.Clone(hu), Labels: slices.Clone(labels)}
	if r.Calibrated {
		spacing := r.Geometry.Spacing()
		e.Spacing = [2]float64{spacing[1], spacing[2]}
	}
	return e, true
}

// anyChest is a generated slice, for want of another.
func anyChest(ctx context.Context) (dataset.Example, error) {
	chests, err := dataset.OpenExamples(ctx, "phantom:4@1")
	if err != nil {
		return dataset.Example{}, err
	}
	return sampling.MostLesion(ctx, chests)
}

// drawVaried draws samples of e with their masks.
func drawVaried(ctx context.Context, e dataset.Example, text string, wl viewer.WindowLevel, st viewer.Style) (*image.RGBA, error) {
	var chain augment.Chain
	if text != "" {
		var err error
		if chain, err = augment.Parse(text); err != nil {
			return nil, err
		}
	}
	samples, err := sampling.Vary(e, chain, previewSide, 1, previewColumns*previewColumns)
	if err != nil {
		return nil, err
	}
	tiles := make([]viewer.Tile, len(samples))
	for i, v := range samples {
		tiles[i] = viewer.Tile{HU: v.HU, Labels: v.Labels, W: v.W}
	}
	return viewer.Mosaic(tiles, previewColumns, wl, st), ctx.Err()
}
