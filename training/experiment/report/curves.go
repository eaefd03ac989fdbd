package report

import (
	"bytes"
	"image/color"
	"maps"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"glasswork/dataset/classes"
	"glasswork/training/experiment"
)

// Figure is a drawn chart in both forms.
type Figure struct {
	// Name is the file's without its extension, Title what a person reads.
	Name, Title string
	PNG, SVG    []byte
}

// Size of a figure on paper, and the resolution of its PNG.
const (
	figureWidth  = 8.2 * vg.Inch
	figureHeight = 3.6 * vg.Inch
	figureDPI    = 150
)

// Curves draws the loss, and the IoU of every class that has one, over the epochs. Each column
// is a line: the mean of its runs over the epochs that all of them have. Single runs are drawn
// faintly behind it.
func (s Study) Curves() ([]Figure, error) {
	loss, err := s.figure("loss", "Training loss", "loss", func(p experiment.Point) *float64 {
		return &p.Loss
	})
	if err != nil {
		return nil, err
	}
	figures := []Figure{loss}
	of := "validation slices"
	if s.Plan.Protocol == experiment.Published {
		of = "test slices"
	}
	for _, class := range classes.KaggleChannels() {
		name := s.className(class)
		f, err := s.figure("iou-"+experiment.Slug(name), name+": IoU on "+of, "IoU",
			func(p experiment.Point) *float64 { return p.IoU[class] })
		if err != nil {
			return nil, err
		}
		if f.PNG != nil {
			figures = append(figures, f)
		}
	}
	return figures, nil
}

// figure draws one chart; it is empty if no run has a point.
func (s Study) figure(name, title, y string, of func(p experiment.Point) *float64) (Figure, error) {
	f := Figure{Name: name, Title: title}
	p := chart(title, y)
	runs, drawn := make([][]plotter.XYs, len(s.Results)), false
	for i, results := range s.Results {
		for _, r := range results {
			if xys := points(r.Curve, of); len(xys) > 0 {
				runs[i], drawn = append(runs[i], xys), true
			}
		}
		if len(runs[i]) < 2 {
			continue // the line itself shows it
		}
		for _, xys := range runs[i] {
			p.Add(&plotter.Line{XYs: xys, LineStyle: faint(lineStyle(i))})
		}
	}
	if !drawn {
		return f, nil
	}
	for i := range runs {
		if mean := means(runs[i]); len(mean) > 0 {
			line := &plotter.Line{XYs: mean, LineStyle: lineStyle(i)}
			p.Add(line)
			p.Legend.Add(shortened(s.Plan.Columns[i].Name), line)
		}
	}
	var err error
	if f.PNG, err = pngOf(p); err != nil {
		return f, err
	}
	f.SVG, err = svgOf(p)
	return f, err
}

// shortened is a name that fits into a legend.
func shortened(name string) string {
	const most = 28
	if letters := []rune(name); len(letters) > most {
		return string(letters[:most-1]) + "…"
	}
	return name
}

// points are the defined values of a curve.
func points(c []experiment.Point, of func(p experiment.Point) *float64) plotter.XYs {
	var xys plotter.XYs
	for _, p := range c {
		if v := of(p); v != nil && !math.IsNaN(*v) && !math.IsInf(*v, 0) {
			xys = append(xys, plotter.XY{X: float64(p.Epoch), Y: *v})
		}
	}
	return xys
}

// means is the mean of runs at every epoch that all of them have.
func means(runs []plotter.XYs) plotter.XYs {
	sum, n := map[float64]float64{}, map[float64]int{}
	for _, run := range runs {
		for _, p := range run {
			sum[p.X] += p.Y
			n[p.X]++
		}
	}
	var mean plotter.XYs
	for _, x := range slices.Sorted(maps.Keys(sum)) {
		if n[x] == len(runs) {
			mean = append(mean, plotter.XY{X: x, Y: sum[x] / float64(n[x])})
		}
	}
	return mean
}

// chart is an empty plot.
func chart(title, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, "epoch", y
	for _, style := range []*draw.TextStyle{
		&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label,
		&p.Y.Tick.Label, &p.Legend.TextStyle,
	} {
		style.Font.Variant, style.Font.Size = "Sans", 9
	}
	p.Title.TextStyle.Font.Size = 11
	p.Title.Padding = 6
	p.X.Tick.Marker = epochTicks{}
	p.Add(plotter.NewGrid())
	return p
}

// epochTicks marks round whole numbers: epochs have no halves.
type epochTicks struct{}

// Ticks is called by the plot.
func (epochTicks) Ticks(low, high float64) []plot.Tick {
	step := 1
	for _, by := range []int{2, 5, 10, 20, 50, 100, 200, 500, 1000} {
		if (high-low)/float64(step) > 8 {
			step = by
		}
	}
	var ticks []plot.Tick
	for v := (int(math.Ceil(low)) + step - 1) / step * step; float64(v) <= high; v += step {
		ticks = append(ticks, plot.Tick{Value: float64(v), Label: strconv.Itoa(v)})
	}
	return ticks
}

// lineStyle gives column i a colour of Okabe and Ito's (Color Universal Design, 2008);
// after the last one the lines are dashed.
func lineStyle(i int) draw.LineStyle {
	colors := []color.RGBA{
		{0, 0, 0, 255},
		{230, 159, 0, 255},
		{86, 180, 233, 255},
		{0, 158, 115, 255},
		{204, 121, 167, 255},
		{0, 114, 178, 255},
		{213, 94, 0, 255},
		{160, 150, 20, 255},
	}
	s := draw.LineStyle{Color: colors[i%len(colors)], Width: 1.3}
	if n := i / len(colors); n > 0 {
		s.Dashes = []vg.Length{vg.Length(6 / n), 3}
	}
	return s
}

// faint is a style for what stands behind the lines.
func faint(s draw.LineStyle) draw.LineStyle {
	c := color.NRGBAModel.Convert(s.Color).(color.NRGBA)
	c.A = 45
	s.Color, s.Width = c, 0.7
	return s
}

// legendWidth is the room for names to the right of a chart.
const legendWidth = 2.2 * vg.Inch

// paint draws the chart and, to its right, the names of its lines.
func paint(p *plot.Plot, c draw.Canvas) {
	legend := p.Legend
	p.Legend = plot.NewLegend()
	legend.Top, legend.Left = true, true
	legend.Padding = 2
	p.Draw(draw.Crop(c, 0, -legendWidth, 0, 0))
	legend.Draw(draw.Crop(c, figureWidth-legendWidth+6, 0, 0, -24))
	p.Legend = legend
}

func pngOf(p *plot.Plot) ([]byte, error) {
	c := vgimg.NewWith(vgimg.UseWH(figureWidth, figureHeight), vgimg.UseDPI(figureDPI),
		vgimg.UseBackgroundColor(color.White))
	paint(p, draw.New(c))
	var b bytes.Buffer
	_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(&b)
	return b.Bytes(), err
}

func svgOf(p *plot.Plot) ([]byte, error) {
	c := vgsvg.New(figureWidth, figureHeight)
	paint(p, draw.New(c))
	var b bytes.Buffer
	_, err := c.WriteTo(&b)
	return b.Bytes(), err
}
