package session

import (
	"context"
	"errors"
	"image"
	"slices"

	"glasswork/dataset/classes"
	"glasswork/dataset/example"

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

// SetAugment says how a retraining varies its samples, in the notation of docs/training.md;
// an empty text is the default way. Plan tells what is wrong with it, or shows samples.
func (r *Retraining) SetAugment(text string) {
	plan := r.plan
	if plan == nil || plan.Augment == text {
		return
	}
	plan.Augment, plan.Wrong = text, nil
	if text != "" {
		if _, err := augment.Parse(text); errors.As(err, &plan.Wrong) {
			r.changed(TopicPlan)
			return
		}
	}
	r.augment = text
	r.drawPreview(plan)
	r.changed(TopicPlan)
}

// drawPreview draws samples for plan; a later call cancels an earlier one.
func (r *Retraining) drawPreview(plan *Plan) {
	if r.preview != nil {
		r.preview()
	}
	ctx, cancel := context.WithCancel(r.ctx)
	r.preview = cancel
	e, ok := r.varied()
	text, look := r.augment, r.display.state
	background(r.hub, ctx, func(ctx context.Context) (*image.RGBA, error) {
		if !ok {
			var err error
			if e, err = anyChest(ctx); err != nil {
				return nil, err
			}
		}
		return drawVaried(ctx, e, text, look.window, look.style)
	}, func(picture *image.RGBA, err error) {
		if err != nil || ctx.Err() != nil || r.plan != plan {
			return
		}
		plan.Preview = picture
		r.changed(TopicPlan)
	})
}

// varied is a copy of a reviewed slice of the open study, that with the most lesion, else
// of the slice looked at; ok is false if no such voxels are there.
func (r *Retraining) varied() (e example.Example, ok bool) {
	st := r.reading.open
	if st == nil {
		return e, false
	}
	z, most := r.reading.slice, -1
	for i := range st.Slices {
		if !st.labels.Slices[i].Reviewed || !st.loader.Loaded(i) {
			continue
		}
		n := st.labels.Labels.Counts(i)
		if lesion := n[classes.GroundGlass] + n[classes.Consolidation]; lesion > most {
			z, most = i, lesion
		}
	}
	hu, labels := st.voxels(z)
	if hu == nil {
		return e, false
	}
	size := st.Geometry.Size
	e = example.Example{
		Z: z, W: size[2], H: size[1], HU: slices.Clone(hu), Labels: slices.Clone(labels),
	}
	if st.Calibrated {
		spacing := st.Geometry.Spacing()
		e.Spacing = [2]float64{spacing[1], spacing[2]}
	}
	return e, true
}

// anyChest is a generated slice, for want of another.
func anyChest(ctx context.Context) (example.Example, error) {
	chests, err := example.Open(ctx, "phantom:4@1")
	if err != nil {
		return example.Example{}, err
	}
	return sampling.MostLesion(ctx, chests)
}

// drawVaried draws samples of e with their masks.
func drawVaried(
	ctx context.Context, e example.Example, text string, wl viewer.WindowLevel, st viewer.Style,
) (*image.RGBA, error) {
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
