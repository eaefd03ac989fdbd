package session

import (
	"context"
	"errors"
	"image"
	"slices"

	"glasswork/dataset/classes"
	"glasswork/dataset/example"
	"glasswork/training/augment"
	"glasswork/training/preview"
	"glasswork/viewer"
)

// previewSide is the side of a sample in the preview of an augmentation, in pixels.
const previewSide = 128

// anyChest is a dataset of synthetic slices, for want of another.
const anyChest = "phantom:4@1"

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
			if e, err = preview.Pick(ctx, anyChest, 0); err != nil {
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
		lesion := n[classes.GroundGlass] + n[classes.Consolidation] + n[classes.Lesion]
		if lesion > most {
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
	picture, err := preview.Draw(e, chain, previewSide, 1, wl, st)
	if err != nil {
		return nil, err
	}
	return picture, ctx.Err()
}
