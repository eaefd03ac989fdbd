package ui

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"strconv"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"glasswork/dataset/classes"
	"glasswork/ui/session"
	"glasswork/viewer"
)

// mostPoints is how many points of a curve are drawn; more cannot be told apart.
const mostPoints = 200

// curves are what a chart shows.
type curves struct {
	loss   []session.CurvePoint
	iou    [classes.Count][]session.CurvePoint
	colors [classes.Labels]color.RGBA
	// width and height are in pixels, scale is pixels per unit of text size.
	width, height int
	scale         float64
}

// chart shows the curves of a training. It draws on a goroutine of its own, because drawing
// takes longer than a frame. If curves come faster than they are drawn, only the latest are.
type chart struct {
	object *canvas.Image
	latest chan curves
	ended  chan struct{}
	done   sync.WaitGroup
	closed bool
}

// chartPause is the least time between two drawings: the processor belongs to the training.
const chartPause = 700 * time.Millisecond

const (
	chartWidth, chartHeight = 200, 150
	chartShare              = 0.18 // of the window's height, where that is more
)

func newChart(post func(func())) *chart {
	c := &chart{
		object: canvas.NewImageFromImage(image.NewRGBA(image.Rect(0, 0, 1, 1))),
		latest: make(chan curves, 1), ended: make(chan struct{}),
	}
	c.object.SetMinSize(fyne.NewSize(chartWidth, chartHeight))
	c.object.FillMode, c.object.ScaleMode = canvas.ImageFillStretch, canvas.ImageScaleFastest
	c.done.Go(func() {
		for next := range c.latest {
			if img, err := next.image(); err == nil {
				post(func() { c.object.Image = img; c.object.Refresh() })
			}
			select {
			case <-time.After(chartPause):
			case <-c.ended:
			}
		}
	})
	return c
}

// draw asks for a job's curves to be drawn.
func (c *chart) draw(job session.Job, p viewer.Palette) {
	if c.closed {
		return
	}
	next := curves{
		loss: job.Loss, iou: job.IoU, colors: p.Colors, width: chartWidth,
		height: chartHeight, scale: 1,
	}
	if size := c.object.Size(); size.Width > 1 && size.Height > 1 {
		next.width, next.height = int(size.Width), int(size.Height)
	}
	if on := fyne.CurrentApp().Driver().CanvasForObject(c.object); on != nil {
		next.scale = float64(on.Scale())
		c.object.SetMinSize(fyne.NewSize(chartWidth, max(chartHeight, on.Size().Height*chartShare)))
	}
	next.width = int(float64(next.width) * next.scale)
	next.height = int(float64(next.height) * next.scale)
	select {
	case <-c.latest:
	default:
	}
	c.latest <- next
}

// close ends drawing and waits for it.
func (c *chart) close() {
	if !c.closed {
		c.closed = true
		close(c.ended)
		close(c.latest)
		c.done.Wait()
	}
}

// image draws the loss above and the held-out IoU below.
func (c curves) image() (image.Image, error) {
	title := "loss"
	if n := len(c.loss); n > 0 {
		title += " " + viewer.Number(c.loss[n-1].Value, 3)
	}
	loss, err := c.plot(title, c.loss, ink)
	if err != nil {
		return nil, err
	}
	iou, err := c.plotIoU()
	if err != nil {
		return nil, err
	}
	canvas := vgimg.NewWith(vgimg.UseWH(vg.Length(c.width), vg.Length(c.height)), vgimg.UseDPI(72),
		vgimg.UseBackgroundColor(panel))
	whole := draw.New(canvas)
	half := whole.Rectangle.Size().Y / 2
	loss.Draw(draw.Crop(whole, 0, 0, half, 0))
	iou.Draw(draw.Crop(whole, 0, 0, 0, -half))
	return canvas.Image(), nil
}

// plot draws one curve.
func (c curves) plot(
	title string, points []session.CurvePoint, col color.Color,
) (*plot.Plot, error) {
	p := c.empty(title)
	if err := c.add(p, points, col); err != nil {
		return nil, err
	}
	p.X.Min, p.X.Max, p.Y.Min = 0, c.last(), 0
	return p, nil
}

// plotIoU draws the held-out IoU of every class in its colour.
func (c curves) plotIoU() (*plot.Plot, error) {
	p := c.empty("IoU on held-out slices")
	for class := classes.GroundGlass; class < classes.Count; class++ {
		if err := c.add(p, c.iou[class], c.colors[class]); err != nil {
			return nil, err
		}
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, c.last(), 0, 1
	return p, nil
}

// last is the step both plots end at.
func (c curves) last() float64 {
	last := 1
	for _, points := range append([][]session.CurvePoint{c.loss}, c.iou[:]...) {
		for _, p := range points {
			last = max(last, p.Step)
		}
	}
	return float64(last)
}

func (c curves) add(p *plot.Plot, points []session.CurvePoint, col color.Color) error {
	if len(points) == 0 {
		return nil
	}
	line, err := plotter.NewLine(sparse(points))
	if err != nil {
		return fmt.Errorf("the curve cannot be drawn: %w", err)
	}
	line.Color, line.Width = col, vg.Length(1.5*c.scale)
	p.Add(line)
	if len(points) == 1 {
		dot, err := plotter.NewScatter(sparse(points))
		if err != nil {
			return fmt.Errorf("the curve cannot be drawn: %w", err)
		}
		dot.Color, dot.Radius = col, vg.Length(2*c.scale)
		p.Add(dot)
	}
	return nil
}

// empty is a plot in the window's colours without a curve.
func (c curves) empty(title string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = panel
	size := vg.Length(10 * c.scale)
	p.Title.Text, p.Title.TextStyle.Color, p.Title.TextStyle.Font.Size = title, inkQuiet, size
	p.Title.TextStyle.Font.Variant = "Sans"
	p.Title.Padding = vg.Length(2 * c.scale)
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Color, axis.Tick.Color = faint, faint
		axis.Tick.Label.Color, axis.Tick.Label.Font.Size = inkQuiet, vg.Length(9*c.scale)
		axis.Tick.Label.Font.Variant = "Sans"
		axis.Tick.Length = vg.Length(3 * c.scale)
		axis.Padding = vg.Length(2 * c.scale)
	}
	p.X.Tick.Marker, p.Y.Tick.Marker = fewTicks{whole: true}, fewTicks{}
	return p
}

// fewTicks keeps a small chart readable: only labelled ticks, at most four, and only whole
// numbers where steps are counted.
type fewTicks struct{ whole bool }

// Ticks is called by the plot.
func (f fewTicks) Ticks(low, high float64) []plot.Tick {
	var labelled []plot.Tick
	for _, t := range (plot.DefaultTicks{}).Ticks(low, high) {
		switch {
		case t.IsMinor() || f.whole && t.Value != math.Trunc(t.Value):
			continue
		case f.whole:
			t.Label = strconv.Itoa(int(t.Value))
		}
		labelled = append(labelled, t)
	}
	step := (len(labelled) + 3) / 4
	var few []plot.Tick
	for i := 0; i < len(labelled); i += max(step, 1) {
		few = append(few, labelled[i])
	}
	return few
}

// sparse leaves out points of a long curve, never the last.
func sparse(points []session.CurvePoint) plotter.XYs {
	step := max((len(points)+mostPoints-1)/mostPoints, 1)
	out := make(plotter.XYs, 0, mostPoints+1)
	for i := 0; i < len(points); i += step {
		out = append(out, plotter.XY{X: float64(points[i].Step), Y: points[i].Value})
	}
	if last := points[len(points)-1]; (len(points)-1)%step != 0 {
		out = append(out, plotter.XY{X: float64(last.Step), Y: last.Value})
	}
	return out
}
