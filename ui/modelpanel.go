package ui

import (
	"fmt"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"glasswork/dataset/project"
	"glasswork/ui/session"
)

// modelTopics are what the model panel shows.
const modelTopics = session.TopicModels | session.TopicJob | session.TopicStudy |
	session.TopicStrip

// modelPanel says which model proposes, lets it propose and be retrained, and lists those
// that can be gone back to. While a job runs the panel is the job.
type modelPanel struct {
	w       *Window
	object  fyne.CanvasObject
	name    *label
	idle    *fyne.Container
	history *fyne.Container
	scroll  *container.Scroll
	listed  []session.ModelItem
	job     *jobView
}

func newModelPanel(w *Window) *modelPanel {
	m := &modelPanel{
		w: w, name: newWholeLabel("", inkStrong), history: container.NewVBox(),
		job: newJobView(w),
	}
	buttons := container.New(&evenly{gap: 4},
		tipped("Propose", "Propose labels for all slices that nobody has touched (Shift+P)",
			func() { w.s.Proposing.Study() }),
		tipped("Retrain…", "Train a new model on the reviewed slices (Ctrl+R)",
			func() { w.s.Retraining.Prepare() }))
	m.scroll = container.NewVScroll(m.history)
	m.scroll.Hide()
	m.idle = container.NewVBox(buttons, m.scroll)
	m.object = section("MODEL", m.name, m.idle, m.job.object)
	return m
}

func (m *modelPanel) update() {
	m.name.set(m.w.s.Models.Current())
	job, busy := m.w.s.Jobs.Current()
	show(m.idle, !busy)
	show(m.job.object, busy)
	if busy {
		m.job.show(job)
	}
	m.list(m.w.s.Models.All())
}

// mostHistory is how high the list of models may become, as a part of the window's height; more
// is scrolled.
const mostHistory = 0.25

// list writes the history anew if it has changed.
func (m *modelPanel) list(all []session.ModelItem) {
	if sameModels(all, m.listed) {
		return
	}
	m.listed = all
	m.history.RemoveAll()
	if len(all) > 1 {
		for _, item := range all {
			m.history.Add(m.row(item))
		}
	}
	show(m.scroll, len(all) > 1)
	room := max(150, m.w.win.Canvas().Size().Height*mostHistory)
	m.scroll.SetMinSize(fyne.NewSize(0, min(m.history.MinSize().Height, room)))
}

func sameModels(a, b []session.ModelItem) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].ID != b[i].ID || a[i].Current != b[i].Current || a[i].State != b[i].State {
			return false
		}
	}
	return true
}

// row is one model of the history: its name, when it was made, and the way back to it.
func (m *modelPanel) row(item session.ModelItem) fyne.CanvasObject {
	mark, name := "○", newLabel(item.Name, ink)
	about := "shipped with Glasswork"
	if !item.Created.IsZero() && item.Path != "" {
		about = item.Created.Local().Format("2006-01-02 15:04")
	}
	var use fyne.CanvasObject
	switch {
	case item.Current:
		mark, about = "●", about+", current"
		name.paint(inkStrong)
	default:
		if item.State == project.Candidate {
			about += ", not in use yet"
		}
		use = newSegment("Use this one", func() { m.w.s.Models.Use(item.ID) })
	}
	line := newLabel(about, inkQuiet)
	line.text.TextSize = theme.Size(theme.SizeNameCaptionText)
	lines := container.NewVBox(name, line)
	if use != nil {
		lines.Add(container.NewHBox(use))
	}
	return container.NewBorder(nil, nil, container.NewVBox(newWholeLabel(mark, inkQuiet)), nil,
		lines)
}

// jobView is the job that runs: what it does, how far it is, how long it will take, and how
// it learns.
type jobView struct {
	w      *Window
	object *fyne.Container
	title  *label
	text   *widget.Label
	says   fyne.CanvasObject // text with its room
	bar    *widget.ProgressBar
	busy   *widget.ProgressBarInfinite
	left   *label
	curves *fyne.Container
	cancel *button
}

func newJobView(w *Window) *jobView {
	j := &jobView{
		w: w, title: newLabel("", inkStrong), text: widget.NewLabel(""),
		bar:  widget.NewProgressBar(),
		busy: widget.NewProgressBarInfinite(), left: newWholeLabel("", inkQuiet),
	}
	j.text.Wrapping = fyne.TextWrapWord
	j.bar.TextFormatter = func() string { return "" }
	j.busy.Stop()
	j.cancel = newButton("Cancel", func() { w.s.Jobs.Cancel() })
	j.curves = container.NewStack(w.chart.object)
	j.says = tight(j.text)
	j.object = container.NewVBox(j.title, j.says,
		container.NewStack(thin(j.bar), thin(j.busy)),
		container.NewBorder(nil, nil, nil, j.cancel, container.NewCenter(j.left)), j.curves)
	j.object.Hide()
	return j
}

func (j *jobView) show(job session.Job) {
	j.title.set(job.Title)
	text := j.doing(job)
	show(j.says, text != job.Title)
	if j.text.Text != text {
		j.text.SetText(text)
	}
	unknown := math.IsNaN(job.Fraction)
	show(j.bar, !unknown)
	show(j.busy, unknown)
	if unknown {
		j.busy.Start()
	} else {
		j.busy.Stop()
		j.bar.SetValue(min(max(job.Fraction, 0), 1))
	}
	j.left.set("")
	if job.Left > 0 {
		j.left.set(about(job.Left) + " left")
	}
	if job.Cancelling {
		j.cancel.Disable()
	} else {
		j.cancel.Enable()
	}
	learns := job.Kind == session.JobRetrain && len(job.Loss) > 0
	show(j.curves, learns)
	if learns {
		j.w.chart.draw(job, j.w.s.Display.Style().Palette)
	}
}

// doing says what the job does. Before it can begin, the slices have to be there.
func (j *jobView) doing(job session.Job) string {
	if done, all := j.w.s.Reading.Loaded(); done < all && math.IsNaN(job.Fraction) {
		return fmt.Sprintf("%s: %d of %d slices are read", job.Text, done, all)
	}
	return job.Text
}
