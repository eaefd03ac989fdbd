package report

import (
	_ "embed" // the report's template
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"path/filepath"
	"strings"
	"time"

	"glasswork/training/experiment"
)

//go:embed report.html
var htmlTemplate string

// htmlReport is what the template shows.
type htmlReport struct {
	Title      string
	Facts      [][2]string
	Limits     []string
	Deviations []string
	Missing    string
	Tables     []Table
	Figures    []htmlFigure
	Pages      []htmlPage
	Runs       []htmlRun
}

type htmlFigure struct {
	Title string
	SVG   template.URL // a data URI: the drawing's own names cannot meet another's
}

type htmlPage struct {
	Column string
	PNG    template.URL
}

// htmlRun is one line of the list of runs.
type htmlRun struct {
	Column, Settings, Machine, Time string
	Seed                            uint64
	Epochs, Best                    int
}

// html writes the whole report into one file, pictures included.
func (s Study) html(w io.Writer, tables []Table, figures []Figure, pages []examplePage) error {
	t, err := template.New("report").Funcs(template.FuncMap{
		"cell": func(c Cell) string { return c.text(" ± ") },
	}).Parse(htmlTemplate)
	if err != nil {
		return err
	}
	h := htmlReport{
		Title: "Experiment " + s.Plan.Suite, Facts: s.facts(), Limits: s.limits(),
		Deviations: s.Plan.Deviations(), Tables: tables, Runs: s.runs(),
	}
	if s.Missing > 0 {
		h.Missing = fmt.Sprintf("%d of %d runs are not finished; their cells are empty.", s.Missing,
			len(s.Plan.Columns)*s.Plan.Seeds)
	}
	for _, f := range figures {
		h.Figures = append(h.Figures, htmlFigure{f.Title, dataURI("image/svg+xml", f.SVG)})
	}
	for _, p := range pages {
		h.Pages = append(h.Pages, htmlPage{p.Column, dataURI("image/png", p.PNG)})
	}
	return t.Execute(w, h)
}

func dataURI(kind string, b []byte) template.URL {
	return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(b))
}

// facts are what was run, one line each.
func (s Study) facts() [][2]string {
	p := s.Plan
	split := fmt.Sprintf("%d slices train, %d are scored", len(p.Split.Train), len(p.Split.Test))
	if n := len(p.Split.Validation); n > 0 {
		split = fmt.Sprintf("%d slices train, %d choose, %d are scored", len(p.Split.Train), n,
			len(p.Split.Test))
	}
	return [][2]string{
		{"Protocol", map[experiment.Protocol]string{
			experiment.Published: "published: the study's, split by slice",
			experiment.Patient: "patient: split by patient, weights chosen on patients of " +
				"their own",
		}[p.Protocol]},
		{"Data", fmt.Sprintf("%s: %d slices of %d patients", strings.Join(p.Data, ", "), p.Slices,
			p.Patients)},
		{"Split", split},
		{"Runs", fmt.Sprintf("%d columns, %d each", len(p.Columns), p.Seeds)},
		{"Command", p.Command},
		{"Begun", p.Created},
	}
}

// limits are what a reader must know to interpret the numbers.
func (s Study) limits() []string {
	p := s.Plan
	var all []string
	if p.Protocol == experiment.Published {
		all = append(all, "This protocol splits by slice: neighbouring slices of one patient can "+
			"stand on both sides, so its scores are optimistic. It trains in the order of the "+
			"split and never leaves training mode, so a prediction depends on the slices it "+
			"is computed with.")
	}
	if p.Patients == p.Slices {
		all = append(all, "The data do not say which slices belong to one patient: every slice "+
			"counts as a patient of its own.")
	}
	random := true
	for _, c := range p.Columns {
		random = random && c.EncoderWeights == ""
	}
	if random {
		all = append(all, "All encoders started from random weights: ImageNet's were not given.")
	}
	if p.Seeds == 1 {
		all = append(all, "One seed a column: differences between columns may be chance.")
	}
	return append(all, "For research only; not a medical device.")
}

// runs lists the finished runs.
func (s Study) runs() []htmlRun {
	var all []htmlRun
	for _, results := range s.Results {
		for _, r := range results {
			c := r.Column
			encoder := c.Encoder
			if c.EncoderWeights != "" {
				encoder += " from " + filepath.Base(c.EncoderWeights)
			}
			all = append(all, htmlRun{
				Column: c.Name, Seed: r.Seed, Epochs: r.Epochs, Best: r.Best, Machine: r.Machine,
				Time: (time.Duration(r.Seconds) * time.Second).String(),
				Settings: fmt.Sprintf("%s %s, augment %s, loss %s, %s %s lr %g, batch %d, size "+
					"%d, at most %d epochs, patience %d",
					c.Arch, encoder, c.Augment, c.Loss, c.Optimiser, c.Schedule, c.Rate, c.Batch,
					c.Size, c.Epochs, c.Patience),
			})
		}
	}
	return all
}
