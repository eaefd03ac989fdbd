package ui

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"

	"glasswork/dataset/classes"
	"glasswork/dataset/words"
	"glasswork/training/protocol"
	"glasswork/training/score"
	"glasswork/ui/session"
	"glasswork/viewer"
)

// compare shows how a new model compares with the current one, and asks which to use. The
// default is to stay with the current one.
func (w *Window) compare(v session.Verdict) *sheet {
	verdict := paragraph(verdictText(v))
	verdict.TextStyle.Bold = true
	body := container.NewVBox(newLabel(basis(v), inkQuiet), spacer(0, 4),
		scores(v.Comparison), newLabel(errorsText(v.Before, v.After), ink), spacer(0, 4),
		tight(verdict))
	above := float32(346) // everything but the pictures
	if v.Note != "" {
		body.Add(tight(paragraph(v.Note)))
		above += 30
	}
	side := min(max((w.win.Canvas().Size().Height-above)/3, 120), 300)
	if len(v.Samples) > 0 {
		body.Add(container.NewHScroll(samples(v, w.s.Display.Style().Palette, side)))
	}
	return w.sheet("Is "+v.ModelName+" better than "+v.BaseName+"?", container.NewVScroll(body),
		fyne.NewSize(max(880, 3*side+80), above+3*side), w.s.Retraining.KeepCurrent,
		answer{text: "Use the new model", do: w.s.Retraining.UseNew},
		answer{text: "Keep the current one", safe: true, do: w.s.Retraining.KeepCurrent})
}

// verdictText is the verdict in a sentence. What is scored against the current model's own
// proposals is no result, however good it looks.
func verdictText(v session.Verdict) string {
	switch {
	case v.Own == 0:
		return v.Comparison.Verdict
	case v.Circular():
		return fmt.Sprintf("No result: %d of %s are %s's own proposal, accepted unchanged, so it "+
			"is scored against itself. Correct or draw some held-out slices first.", v.Own,
			words.Count(v.References, "held-out slice", "held-out slices"), v.BaseName)
	}
	return fmt.Sprintf("%s %d of %s are %s's own proposal, accepted unchanged; there it is scored "+
		"against itself.", v.Comparison.Verdict, v.Own,
		words.Count(v.References, "held-out slice", "held-out slices"), v.BaseName)
}

// basis says what the comparison rests on.
func basis(v session.Verdict) string {
	cases := words.Count(v.After.Cases, "study", "studies")
	if v.Synthetic {
		return fmt.Sprintf("%s, trained for %s, scored on %s of synthetic chests: no patient is "+
			"held out", v.ModelName, words.Count(v.Steps, "step", "steps"), cases)
	}
	return fmt.Sprintf("%s, trained for %s, scored on %s of %s that neither model was trained on",
		v.ModelName, words.Count(v.Steps, "step", "steps"), cases,
		words.Count(v.Comparison.Patients, "held-out patient", "held-out patients"))
}

// scores is the table: a line per class, for IoU and Dice the current model, the new one and
// the difference with its 95 % interval.
func scores(c score.Comparison) fyne.CanvasObject {
	table := container.New(&tableLayout{columns: 7, gap: 18})
	for _, head := range []string{
		"", "IoU current", "new", "difference (95 %)", "Dice current",
		"new", "difference (95 %)",
	} {
		table.Add(newWholeLabel(head, inkQuiet))
	}
	for _, d := range c.Classes {
		table.Add(newWholeLabel(words.UpperFirst(d.Name), inkStrong))
		for _, cell := range []string{
			fraction(d.CurrentIoU), fraction(d.NewIoU), difference(d.IoU, d.IoUInterval),
			fraction(d.CurrentDice), fraction(d.NewDice), difference(d.Dice, d.DiceInterval),
		} {
			table.Add(newWholeLabel(cell, ink))
		}
	}
	return container.NewHScroll(table)
}

// errorsText sets accuracy and the error of lesion volumes of the current model beside those
// of the new one, such as "Accuracy 0.981, new 0.985".
func errorsText(current, renewed score.Report) string {
	text := "Accuracy " + fraction(current.Accuracy) + ", new " + fraction(renewed.Accuracy)
	for i, c := range current.Classes {
		if i >= len(renewed.Classes) || c.Name == classes.Names()[classes.LungsOther] {
			continue
		}
		if was, is := c.VolumeErrorML, renewed.Classes[i].VolumeErrorML; was != nil && is != nil {
			text += "; " + c.Name + " volume off by " + viewer.Millilitres(*was) + ", new " +
				viewer.Millilitres(*is)
		}
	}
	return text
}

// fraction is a score from 0 to 1, a dash where it is undefined.
func fraction(v *float64) string {
	if v == nil {
		return "–"
	}
	return viewer.Number(*v, 3)
}

// difference is a change of a score with its interval, such as "+0.031 (−0.010 … +0.072)".
func difference(v *float64, in *score.Interval) string {
	if v == nil {
		return "–"
	}
	text := signed(*v)
	if in != nil {
		text += " (" + signed(in.Low) + " … " + signed(in.High) + ")"
	}
	return text
}

func signed(v float64) string {
	text := viewer.Number(v, 3)
	if v > 0 && text != "0.000" {
		return "+" + text
	}
	return text
}

// tableLayout lines objects up in columns as wide as their widest; the first column begins at
// the left, the numbers of the others end at the right.
type tableLayout struct {
	columns int
	gap     float32
}

func (t *tableLayout) widths(all []fyne.CanvasObject) (widths []float32, height float32) {
	widths = make([]float32, t.columns)
	for i, o := range all {
		size := o.MinSize()
		widths[i%t.columns] = max(widths[i%t.columns], size.Width)
		height = max(height, size.Height)
	}
	return widths, height + 4
}

func (t *tableLayout) Layout(all []fyne.CanvasObject, _ fyne.Size) {
	widths, height := t.widths(all)
	var x float32
	for i, o := range all {
		column := i % t.columns
		if column == 0 {
			x = 0
		}
		own := o.MinSize().Width
		left := x
		if column > 0 {
			left += widths[column] - own
		}
		place(o, left, float32(i/t.columns)*height+2, own, height-4)
		x += widths[column] + t.gap
	}
}

func (t *tableLayout) MinSize(all []fyne.CanvasObject) fyne.Size {
	widths, height := t.widths(all)
	size := fyne.NewSize(t.gap*float32(t.columns-1),
		height*float32((len(all)+t.columns-1)/t.columns))
	for _, w := range widths {
		size.Width += w
	}
	return size
}

// samples are the slices on which the models differ most, each beside its reference. side is
// the height of a picture.
func samples(v session.Verdict, p viewer.Palette, side float32) fyne.CanvasObject {
	all := v.Samples[:min(len(v.Samples), 3)]
	grid := container.NewGridWithColumns(len(all))
	for _, s := range all {
		name := s.Alias
		if v.Synthetic {
			name = "synthetic"
		}
		title := newLabel(fmt.Sprintf("%s, slice %d: %s", name, s.Z+1,
			words.Count(s.Differing, "pixel differs", "pixels differ")), inkQuiet)
		stack := container.NewVBox(title)
		for _, part := range []struct {
			name   string
			labels protocol.Packed
		}{{"reference", s.Reference}, {"current", s.Current}, {"new", s.New}} {
			stack.Add(container.NewHBox(samplePicture(part.name, s, part.labels, p, side)))
		}
		grid.Add(stack)
	}
	return grid
}

// broadest is the width of a sample's picture at most, in heights: three fit into the sheet.
const broadest = 1.4

// samplePicture is one slice with the labels of one side, and whose they are.
func samplePicture(
	name string, s protocol.Sample, labels []uint8, p viewer.Palette, side float32,
) fyne.CanvasObject {
	pixels := s.Width * s.Height
	caption := newWholeLabel(name, inkStrong)
	caption.text.TextSize = theme.Size(theme.SizeNameCaptionText)
	if pixels <= 0 || len(s.Grey) != pixels || len(labels) != pixels {
		return container.NewVBox(caption, newWholeLabel("no picture came with it", inkQuiet))
	}
	dst := image.NewRGBA(image.Rect(0, 0, s.Width, s.Height))
	hu := make([]int16, pixels)
	for i, g := range s.Grey {
		hu[i] = int16(g)
	}
	style := viewer.DefaultStyle()
	style.Palette = p
	new(viewer.Renderer).Render(dst, hu, slices.Clone(labels),
		viewer.WindowLevel{Center: 127.5, Width: 255}, style)
	box := labelled(s)
	cut := image.NewRGBA(image.Rectangle{Max: box.Size()})
	draw.Draw(cut, cut.Rect, dst, box.Min, draw.Src)
	picture := canvas.NewImageFromImage(cut)
	picture.FillMode, picture.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleFastest
	height := min(side, broadest*side*float32(box.Dy())/float32(box.Dx()))
	picture.SetMinSize(fyne.NewSize(height*float32(box.Dx())/float32(box.Dy()), height))
	shade := canvas.NewRectangle(color.NRGBA{A: 0xa0})
	return container.NewStack(picture,
		container.NewVBox(container.NewHBox(container.NewStack(shade, caption))))
}

// labelled is the part of a sample in which anyone has marked something, with a margin: there
// is nothing to compare outside. It is the whole slice where nothing is marked.
func labelled(s protocol.Sample) image.Rectangle {
	const margin = 8 // pixels
	var box image.Rectangle
	for _, labels := range [][]uint8{s.Reference, s.Current, s.New} {
		for i, c := range labels {
			if c != classes.Background {
				box = box.Union(image.Rect(i%s.Width, i/s.Width, i%s.Width+1, i/s.Width+1))
			}
		}
	}
	whole := image.Rect(0, 0, s.Width, s.Height)
	if box.Empty() {
		return whole
	}
	return box.Inset(-margin).Intersect(whole)
}
