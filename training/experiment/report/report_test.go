package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/plotter"

	"glasswork/dataset/classes"
	"glasswork/training/experiment"
	"glasswork/training/score"
)

// begin makes an experiment's folder with a plan and, for every run but those of missing
// columns, a result.
func begin(t *testing.T, p experiment.Protocol, suite string, seeds int, arrays bool,
	missing ...int,
) string {
	t.Helper()
	dir := t.TempDir()
	s, err := experiment.OpenSuite(suite)
	if err != nil {
		t.Fatal(err)
	}
	plan := experiment.Plan{
		Suite: s.Name, Protocol: p, Data: []string{"covid/arrays"}, Slices: 20, Patients: 20,
		Arrays: arrays, Seeds: seeds,
		Split:   experiment.Split{Train: []int{0, 1, 2}, Test: []int{3, 4}},
		Command: "glasswork-trainer experiment --suite x", Created: "2026-01-02T03:04:05Z",
	}
	for _, c := range s.Columns {
		c.Encoder, c.Loss, c.Size, c.Batch, c.Epochs = "resnet34", "softmax-ce", 256, 64, 150
		plan.Columns = append(plan.Columns, c)
	}
	if plan, err = plan.Open(dir); err != nil {
		t.Fatal(err)
	}
	for _, run := range plan.Runs(dir) {
		skip := false
		for _, m := range missing {
			skip = skip || m == run.Number
		}
		if skip {
			continue
		}
		if err := os.MkdirAll(run.Dir, 0o755); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(result(run))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(run.Dir, "result.json"), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// result is what a run might have found: better with its number, and a little with its seed.
func result(run experiment.Run) experiment.Result {
	quality := 0.5 + 0.02*float64(run.Number) + 0.01*float64(run.Seed)
	accuracy := 0.9 + quality/20
	r := experiment.Result{
		Number: run.Number, Column: run.Column, Seed: run.Seed, Epochs: 40 + run.Number,
		Best: 35 + run.Number,
		Loss: 9.1 - quality/10, Accuracy: &accuracy, Seconds: 71,
		Machine: "libtorch 1.13.1 on cpu, 2 threads",
	}
	for class := range r.IoU {
		v := quality - 0.05*float64(class)
		r.IoU[class] = &v
	}
	for e := 1; e <= r.Epochs; e++ {
		p := experiment.Point{Epoch: e, Step: e * 12, Loss: r.Loss + 2*math.Exp(-float64(e)/8)}
		for class := range p.IoU {
			v := *r.IoU[class] * (1 - math.Exp(-float64(e)/10))
			p.IoU[class] = &v
		}
		r.Curve = append(r.Curve, p)
	}
	for i := range 8 {
		var m score.Confusion
		m[0][0], m[3][3] = 5000, 2000
		for class := classes.GroundGlass; class <= classes.Consolidation; class++ {
			m[class][class] = int64(1000*quality) + int64(10*i)
			m[class][0] = 1000 - int64(1000*quality)
		}
		name := fmt.Sprint("patient ", i)
		r.Cases = append(r.Cases, score.Counted{
			Name: name, Patient: name, Known: score.Known{true, true, true, true}, Confusion: m,
		})
	}
	for i := range max(0, 3-run.Number) { // a page takes time to draw
		r.Examples = append(r.Examples, sample(i))
	}
	return r
}

func sample(i int) experiment.Sample {
	const w, h = 96, 64
	e := experiment.Sample{
		Name: fmt.Sprintf("medseg-%d", i), W: w, H: h, Grey: make([]byte, w*h),
		Reference: make([]byte, w*h), Predicted: make([]byte, w*h),
	}
	for k := range e.Grey {
		x, y := float64(k%w)-w/2, float64(k/w)-h/2
		e.Grey[k] = byte(128 + 90*math.Sin(x/9)*math.Cos(y/7))
		r := math.Hypot(x, y*1.4)
		switch {
		case r < 8+float64(i):
			e.Reference[k] = classes.Consolidation
		case r < 18:
			e.Reference[k] = classes.GroundGlass
		case r < 40:
			e.Reference[k] = classes.LungsOther
		}
		if k >= 3 {
			e.Predicted[k] = e.Reference[k-3]
		}
	}
	return e
}

func read(t *testing.T, parts ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPublishedNumbersStandBesideOurs(t *testing.T) {
	dir := begin(t, experiment.Published, "augmentations", 1, true, 9)
	s, err := Write(dir)
	if err != nil || s.Missing != 1 {
		t.Fatalf("%d runs missing: %v", s.Missing, err)
	}
	md := read(t, dir, MarkdownName)
	for _, want := range []string{
		"|  | E | V{0.5} | V{0.5}S{1} | B{1} | G{1}\\[0.3] |",
		"| Epochs | 41 | 42 | 43 |",
		"| *the study* | *41* | *59* | *76* | *55* | *63* | *47* | *56* | *105* | *71* |",
		"| Ground glass IoU | 0.4800 | 0.5000 |",
		"| *the study* | *0.6709* | *0.6958* |",
		" 0.5500 | 0.5700 | – |\n| *the study* | *0.5052* |",
	} {
		if !strings.Contains(md, want) {
			t.Errorf("%s lacks %q:\n%s", MarkdownName, want, md)
		}
	}
	if tex := read(t, dir, LatexName); !strings.Contains(tex, `V\{0.5\} &`) ||
		!strings.Contains(tex, `\quad\emph{the study} & \emph{41}`) {
		t.Errorf("LaTeX:\n%s", tex)
	}
}

func TestOtherDataHaveNoPublishedNumbersBeside(t *testing.T) {
	dir := begin(t, experiment.Published, "architectures", 1, false)
	p := filepath.Join(dir, "plan.json")
	var plan experiment.Plan
	if err := json.Unmarshal([]byte(read(t, p)), &plan); err != nil {
		t.Fatal(err)
	}
	for i := range plan.Columns {
		plan.Columns[i].Published = nil // as NewPlan leaves it
	}
	b, _ := json.Marshal(plan)
	if err := os.WriteFile(p, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(dir); err != nil {
		t.Fatal(err)
	}
	if md := read(t, dir, MarkdownName); strings.Contains(md, "the study*") ||
		!strings.Contains(md, "DeepLabV3+") {
		t.Errorf("tables:\n%s", md)
	}
}

func TestPatientTables(t *testing.T) {
	dir := begin(t, experiment.Patient, "architectures", 3, false)
	if _, err := Write(dir); err != nil {
		t.Fatal(err)
	}
	md := read(t, dir, MarkdownName)
	for _, want := range []string{
		"| Ground glass Dice, pooled | 0.714 ± 0.008 (0.7",
		"| Ground glass Dice, mean over cases | 0.714 ± 0.008 |",
		"Mean ± standard deviation over 3 seeds.",
		"### Difference of pooled Dice to Unet",
		"| Ground glass | **+0.016 ± 0.000 (+0.01",
	} {
		if !strings.Contains(md, want) {
			t.Errorf("tables lack %q:\n%s", want, md)
		}
	}
	lines, err := csv.NewReader(strings.NewReader(read(t, dir, CSVName))).ReadAll()
	if err != nil || len(lines) < 50 || len(lines[0]) != 9 || lines[1][6] != "3" {
		t.Errorf("%d lines of CSV, %v", len(lines), err)
	}
}

// One seed proves nothing, however far its interval lies from 0.
func TestOneSeedIsNeverBold(t *testing.T) {
	dir := begin(t, experiment.Patient, "architectures", 1, false)
	if _, err := Write(dir); err != nil {
		t.Fatal(err)
	}
	if md := read(t, dir, MarkdownName); strings.Contains(md, "**") ||
		!strings.Contains(md, "| Ground glass | +0.0") {
		t.Errorf("tables:\n%s", md)
	}
}

// A report that reaches for anything outside itself is not self-contained.
func TestReportNeedsNothingElse(t *testing.T) {
	dir := begin(t, experiment.Published, "architectures", 1, true)
	if _, err := Write(dir); err != nil {
		t.Fatal(err)
	}
	html := read(t, dir, HTMLName)
	outside := regexp.MustCompile(`(?i)(src|href)\s*=\s*"(?:[^d]|d[^a])|url\(|` +
		`@import|<script|<link`)
	if found := outside.FindString(html); found != "" {
		t.Errorf("the report reaches outside: %s", found)
	}
	if n := strings.Count(html, "data:image/svg&#43;xml;base64,"); n != 5 {
		t.Errorf("%d curves, want the loss and four classes", n)
	}
	if n := strings.Count(html, "data:image/png;base64,"); n != 2 {
		t.Errorf("%d pages of examples, want 2", n)
	}
}

func TestMeansAreOverEpochsThatAllRunsHave(t *testing.T) {
	run := func(first int, values ...float64) (xys plotter.XYs) {
		for i, v := range values {
			xys = append(xys, plotter.XY{X: float64(first + i), Y: v})
		}
		return xys
	}
	tests := []struct {
		name string
		runs []plotter.XYs
		want plotter.XYs
	}{
		{"none", nil, nil},
		{"one", []plotter.XYs{run(1, 3, 4)}, run(1, 3, 4)},
		{"one stopped early", []plotter.XYs{run(1, 1, 2, 9), run(1, 3, 5)}, run(1, 2, 3.5)},
		{"undefined at first", []plotter.XYs{run(1, 1, 2), run(2, 4, 8)}, run(2, 3)},
		{"nothing in common", []plotter.XYs{run(1, 1), run(2, 4)}, nil},
	}
	for _, tt := range tests {
		if got := means(tt.runs); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestPicturesCanBeRead(t *testing.T) {
	dir := begin(t, experiment.Published, "architectures", 2, true)
	if _, err := Write(dir); err != nil {
		t.Fatal(err)
	}
	for pattern, n := range map[string]int{"curves/*.png": 5, "examples/*.png": 2} {
		found, _ := filepath.Glob(filepath.Join(dir, pattern))
		if len(found) != n {
			t.Errorf("%s: %d pictures, want %d", pattern, len(found), n)
		}
		for _, path := range found {
			img, err := png.Decode(bytes.NewReader([]byte(read(t, path))))
			if err != nil || img.Bounds().Dx() < 500 {
				t.Errorf("%s: %v, %v", path, img, err)
			}
		}
	}
	found, _ := filepath.Glob(filepath.Join(dir, "curves/*.svg"))
	for _, path := range found {
		d := xml.NewDecoder(strings.NewReader(read(t, path)))
		for {
			_, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
		}
	}
	if len(found) != 5 {
		t.Errorf("%d SVG, want 5", len(found))
	}
}

func TestAnExperimentWithoutResultsHasAReport(t *testing.T) {
	dir := begin(t, experiment.Patient, "architectures", 1, false, 1, 2, 3, 4, 5)
	s, err := Write(dir)
	if err != nil || s.Missing != 5 {
		t.Fatalf("%d missing, %v", s.Missing, err)
	}
	if html := read(t, dir, HTMLName); !strings.Contains(html, "5 of 5 runs are not finished") {
		t.Error("the report does not say that nothing is finished")
	}
}

func TestEpochTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{1, 1, "1"},
		{1, 4, "1 2 3 4"},
		{1, 30, "5 10 15 20 25 30"},
		{1, 150, "20 40 60 80 100 120 140"},
	} {
		var got []string
		for _, tick := range (epochTicks{}).Ticks(c.low, c.high) {
			got = append(got, tick.Label)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%g to %g: %v, want %s", c.low, c.high, got, c.want)
		}
	}
}

func TestNamesCannotBreakTables(t *testing.T) {
	table := Table{
		Title: `50% & <b> of $x_1$`, Columns: []string{`a|b {c} \d`},
		Rows: []Row{{Label: "A_b*c*", Cells: []Cell{{
			Values: []float64{-0.5}, Digits: 2, Signed: true,
		}}}},
	}
	var md, tex strings.Builder
	table.markdown(&md)
	table.latex(&tex)
	if !strings.Contains(md.String(), `a\|b`) || !strings.Contains(md.String(), `A\_b\*c\*`) {
		t.Errorf("Markdown:\n%s", &md)
	}
	for _, want := range []string{
		`50\% \& $<$b$>$ of \$x\_1\$`, `\{c\} \textbackslash{}d`, `$-$0.50`,
	} {
		if !strings.Contains(tex.String(), want) {
			t.Errorf("LaTeX lacks %s:\n%s", want, &tex)
		}
	}
}
