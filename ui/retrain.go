package ui

import (
	"fmt"
	"image"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"glasswork/dataset/words"
	"glasswork/training/augment"
	"glasswork/training/protocol"
	"glasswork/ui/session"
)

// retrainSheet is the dialog that begins a retraining. It says what will be trained on, how
// long that will take and how slices will be varied.
type retrainSheet struct {
	*sheet
	text    *widget.Label
	bar     *widget.ProgressBarInfinite
	preview *canvas.Image
	plan    session.Plan

	// advanced holds what only those who know augmentations want to see.
	advanced *disclosure
	augment  *pathField
	wrong    *widget.Label
}

// previewSize is the side of the pictures of varied samples.
const previewSize = 330

// planSheet shows the retrain dialog.
func (w *Window) planSheet(plan session.Plan) *retrainSheet {
	r := &retrainSheet{
		text: paragraph(""), bar: widget.NewProgressBarInfinite(),
		wrong:   widget.NewLabel(""),
		preview: canvas.NewImageFromImage(image.NewRGBA(image.Rect(0, 0, 1, 1))),
	}
	r.augment = newPathField("the default, or for example V{0.5}B{0.5}(S{0.5}|G{0.5}[0.37]){0.3}",
		func() { r.sheet.enter() }, func() { r.sheet.leave() })
	r.augment.TextStyle.Monospace = true
	r.augment.SetText(plan.Augment)
	r.augment.OnChanged = w.s.Retraining.SetAugment
	r.wrong.TextStyle.Monospace = true
	r.wrong.Importance = widget.DangerImportance
	r.preview.FillMode, r.preview.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleFastest
	r.preview.SetMinSize(fyne.NewSize(previewSize, previewSize))
	pictures := container.NewVBox(
		newLabel("How slices are varied while training", inkQuiet), spacer(0, 2),
		r.preview)
	r.advanced = newDisclosure("Advanced", container.NewVBox(
		newLabel("How slices are varied (augmentation, see docs/training.md)", inkQuiet),
		r.augment, container.NewHScroll(r.wrong)))
	if plan.Augment != "" {
		r.advanced.set(true) // what is in force is seen
	}
	body := container.NewBorder(nil, container.NewVBox(r.advanced.object, thin(r.bar)), nil,
		container.NewHBox(spacer(12, 0), pictures), container.NewVScroll(r.text))
	r.sheet = w.sheet("Retrain", body, fyne.NewSize(900, 470), w.s.Retraining.Drop,
		answer{
			text: "Show log", stays: true, do: func() { w.showLog(r.plan.Failure, r.plan.Log) },
			off: func() bool { return len(r.plan.Log) == 0 },
		},
		answer{text: "Cancel", do: w.s.Retraining.Drop},
		answer{
			text: "Retrain", safe: true, do: w.s.Retraining.Start,
			off: func() bool { return !r.ready() },
		})
	r.show(plan)
	return r
}

func (r *retrainSheet) ready() bool {
	if r.plan.Wrong != nil {
		return false
	}
	return r.plan.Measuring && len(r.plan.Reviewed) > 0 ||
		r.plan.Estimate != nil && r.plan.Estimate.Ready
}

// show brings the dialog up to date.
func (r *retrainSheet) show(plan session.Plan) {
	r.plan = plan
	show(r.bar, plan.Measuring)
	if plan.Measuring {
		r.bar.Start()
	} else {
		r.bar.Stop()
	}
	r.text.SetText(planText(plan))
	r.wrong.SetText(pointer(plan.Wrong))
	if plan.Preview != nil && r.preview.Image != plan.Preview {
		r.preview.Image = plan.Preview
		r.preview.Refresh()
	}
	r.sheet.refresh()
}

// pointer points at what is wrong with an augmentation, in two lines as wide as its text.
func pointer(wrong *augment.SyntaxError) string {
	if wrong == nil {
		return "\n"
	}
	return wrong.Pointer() + " " + wrong.Reason
}

// planText is what the dialog says.
func planText(plan session.Plan) string {
	switch {
	case plan.Measuring:
		return measuringText(plan)
	case plan.Failure != "":
		return plan.Failure
	case plan.Estimate == nil:
		return "Nothing is known about this retraining yet."
	}
	e := *plan.Estimate
	var b strings.Builder
	if e.Ready {
		fmt.Fprintf(&b, "%s will be trained further on %s, mixed with %s so that it does not "+
			"forget what it knows.\n\n",
			plan.Base, words.Count(e.TrainSlices, "reviewed slice", "reviewed slices"),
			words.Count(e.ReplaySlices, "synthetic slice", "synthetic slices"))
	}
	writeUses(&b, "Trained on", e.Studies, false)
	held := "Held out, only for scoring"
	if e.ChosenHoldout != "" {
		held = "To be held out, only for scoring"
	}
	writeUses(&b, held, e.Studies, true)
	for _, missing := range e.Missing {
		fmt.Fprintf(&b, "%s\n\n", missing)
	}
	if e.Ready {
		fmt.Fprintf(&b, "It takes %s on this machine: %s of %.2g s each, and scoring both models. "+
			"It runs in the background, and the new model is used only if you say so.",
			about(seconds(e.Seconds)), words.Count(e.Steps, "training step", "training steps"),
			e.SecondsPerStep)
	}
	return strings.TrimSpace(b.String())
}

// measuringText is what the dialog says before anything is measured.
func measuringText(plan session.Plan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s will be trained further on the reviewed slices of this project.\n\n",
		plan.Base)
	writeUses(&b, "Trained on", plan.Reviewed, false)
	writeUses(&b, "Held out, only for scoring", plan.Reviewed, true)
	if len(plan.Reviewed) == 0 {
		return "Finding out what there is to train on."
	}
	b.WriteString("How long it takes on this machine is being measured. You need not wait for " +
		"it: Retrain begins at once. You can go on reading and painting meanwhile.")
	return b.String()
}

// writeUses names the studies that are used in one way.
func writeUses(b *strings.Builder, title string, all []protocol.StudyUse, holdout bool) {
	var named []string
	for _, u := range all {
		if u.Holdout == holdout {
			named = append(named, fmt.Sprintf("%s (%s)", u.Alias,
				words.Count(u.Slices, "slice", "slices")))
		}
	}
	if len(named) > 0 {
		fmt.Fprintf(b, "%s: %s.\n\n", title, strings.Join(named, ", "))
	}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
