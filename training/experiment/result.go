package experiment

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"glasswork/dataset/atomicfile"
	"glasswork/dataset/classes"
	"glasswork/training/score"
)

// Result is one finished run, kept in result.json in the run's folder.
type Result struct {
	Number int    `json:"number"`
	Column Column `json:"column"`
	Seed   uint64 `json:"seed"`
	// Epochs were trained, the weights of Best were scored.
	Epochs int `json:"epochs"`
	Best   int `json:"best"`
	// Loss is the sum over the batches of the best epoch in the published protocol, and the
	// mean over steps in the patient protocol.
	Loss float64 `json:"loss"`
	// Seconds of training and scoring, over all sittings.
	Seconds float64 `json:"seconds"`
	Machine string  `json:"machine"`

	// Accuracy and IoU (by class) are the published protocol's: over all pixels, and per
	// test batch, then the mean over batches. nil is undefined.
	Accuracy *float64                `json:"accuracy"`
	IoU      [classes.Count]*float64 `json:"iou"`
	// Cases are the patient protocol's: what was counted in every test case.
	Cases []score.Counted `json:"cases,omitempty"`

	Curve    []Point  `json:"curve"`
	Examples []Sample `json:"examples"`
}

// Point is one epoch of a run's curves. IoU, by class, is that of the test slices in the
// published protocol, which does not choose by it, and that of the validation patients in the
// patient protocol.
type Point struct {
	Epoch int     `json:"epoch"`
	Step  int     `json:"step"`
	Loss  float64 `json:"loss"`
	// Seconds since the run began, over all sittings.
	Seconds float64                 `json:"seconds"`
	IoU     [classes.Count]*float64 `json:"iou"`
}

// Sample is a test slice with the prediction of the run's network, [y,x].
type Sample struct {
	Name      string `json:"name"`
	W         int    `json:"w"`
	H         int    `json:"h"`
	Grey      []byte `json:"grey"`
	Reference []byte `json:"reference"`
	Predicted []byte `json:"predicted"`
}

// Files of a run's folder.
const (
	resultName = "result.json"
	curveName  = "curve.json"
	failedName = "failed.txt"
)

// Result reads the run's result; ok is false while it is not finished.
func (r Run) Result() (result Result, ok bool, err error) {
	err = readJSON(filepath.Join(r.Dir, resultName), &result)
	if errors.Is(err, fs.ErrNotExist) {
		return result, false, nil
	}
	return result, err == nil, err
}

// State is how far a run is, in a few words.
func (r Run) State() string {
	switch _, ok, err := r.Result(); {
	case err != nil:
		return "damaged"
	case ok:
		return "finished"
	}
	if _, err := os.Stat(r.Dir); err != nil {
		return "not begun"
	}
	release, err := lock(r.Dir)
	if errors.Is(err, errBusy) {
		return "running"
	}
	if err == nil {
		release()
	}
	if _, err := os.Stat(filepath.Join(r.Dir, failedName)); err == nil {
		return "failed"
	}
	return "stopped"
}

// curve is the points of a run so far, as they stand in its folder.
type curve struct {
	path   string
	points []Point
}

func openCurve(dir string) (*curve, error) {
	c := &curve{path: filepath.Join(dir, curveName)}
	err := readJSON(c.path, &c.points)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return c, err
}

// seconds is how long the run has trained.
func (c *curve) seconds() float64 {
	if len(c.points) == 0 {
		return 0
	}
	return c.points[len(c.points)-1].Seconds
}

// add appends p. It replaces points at p's step and later, which a run recorded before it was
// stopped and resumed from an earlier checkpoint.
func (c *curve) add(p Point) error {
	for len(c.points) > 0 && c.points[len(c.points)-1].Step >= p.Step {
		c.points = c.points[:len(c.points)-1]
	}
	c.points = append(c.points, p)
	return writeJSON(c.path, c.points)
}

func writeText(path, text string) error {
	return atomicfile.WriteFile(path, func(w io.Writer) error {
		_, err := fmt.Fprintln(w, text)
		return err
	})
}
