package training

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"glasswork/dataset/atomicfile"
	"glasswork/training/network"
	"glasswork/training/score"
)

// Files of a run's folder. Each checkpoint has a state.json; the one beside them is the
// newest whole checkpoint's.
const (
	// ModelFile is the name of a finished run's model in its folder.
	ModelFile = "model.safetensors"

	stateName     = "state.json"
	bestName      = "best.safetensors"
	weightsName   = "weights.safetensors"
	optimiserName = "optimiser.safetensors"
)

// state is how far a run is. Together with the settings it determines the rest of the run.
type state struct {
	Step int `json:"step"`
	// Epoch counts validations, the last one at step ValidatedAt.
	Epoch       int `json:"epoch"`
	ValidatedAt int `json:"validated_at"`
	// Loss is a running mean, Losses the sum since the last validation.
	Loss   float64 `json:"loss"`
	Losses float64 `json:"losses"`
	// BestMerit is the best validation's, Best its report; Stale counts those since.
	BestMerit float64       `json:"best_merit"`
	BestStep  int           `json:"best_step"`
	Best      *score.Report `json:"best,omitempty"`
	Stale     int           `json:"stale"`
	Settings  settings      `json:"settings"`
}

// settings are what must be the same when a run is resumed.
type settings struct {
	Seed      uint64         `json:"seed"`
	BatchSize int            `json:"batch_size"`
	Augment   string         `json:"augment"`
	Method    network.Method `json:"method"`
	StopOn    string         `json:"stop_on"`
	Paste     float64        `json:"paste,omitempty"`
}

func (o Options) settings() settings {
	chain := "" // the default chain
	if o.Augment != nil {
		chain = o.Augment.String()
	}
	return settings{o.Seed, o.BatchSize, chain, o.method(), o.StopOn.String(), o.Paste}
}

func checkpointDir(dir string, step int) string {
	return filepath.Join(dir, fmt.Sprintf("checkpoint-%06d", step))
}

// LastCheckpoint returns the weights of the newest checkpoint in a run's folder, or ""
// if there is none. Load them, then Train with Resume.
func LastCheckpoint(dir string) (string, error) {
	s, err := readState(dir, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return filepath.Join(checkpointDir(dir, s.Step), weightsName), nil
}

// CheckpointAt returns the weights of the checkpoint of a step. Load them, then Train with
// Resume and ResumeAt.
func CheckpointAt(dir string, step int) (string, error) {
	if _, err := readState(dir, step); err != nil {
		return "", err
	}
	return filepath.Join(checkpointDir(dir, step), weightsName), nil
}

// readState reads the state of the checkpoint of a step, 0 for the newest.
func readState(dir string, step int) (state, error) {
	var s state
	path := filepath.Join(dir, stateName)
	if step > 0 {
		path = filepath.Join(checkpointDir(dir, step), stateName)
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && step > 0 {
		return s, fmt.Errorf("the run in %s has no checkpoint of step %d; it has %s", dir, step,
			listed(checkpoints(dir)))
	}
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(b, &s); err != nil || s.Step < 0 || step > 0 && s.Step != step {
		return s, fmt.Errorf("%s is damaged; remove it to begin again", path)
	}
	if lever := removedLever(b); lever != "" {
		return s, fmt.Errorf("the run in %s trains with %s, which Glasswork no longer has; begin "+
			"again in another folder", dir, lever)
	}
	return s, nil
}

// removedLever names what the run of a state used of what earlier versions could do.
func removedLever(state []byte) string {
	var old struct {
		Settings struct {
			Average, Mix float64
			Method       struct{ Loss struct{ Teachers float64 } }
		}
	}
	_ = json.Unmarshal(state, &old) // it has been read as a state
	switch {
	case old.Settings.Average > 0:
		return "a moving average of the weights"
	case old.Settings.Mix > 0:
		return "mixed samples"
	case old.Settings.Method.Loss.Teachers > 0:
		return "teachers"
	}
	return ""
}

// checkpoints are the steps of the checkpoints in a run's folder, ascending.
func checkpoints(dir string) (steps []int) {
	found, _ := filepath.Glob(filepath.Join(dir, "checkpoint-*", stateName))
	for _, path := range found {
		name := filepath.Base(filepath.Dir(path))
		if n, err := strconv.Atoi(strings.TrimPrefix(name, "checkpoint-")); err == nil {
			steps = append(steps, n)
		}
	}
	slices.Sort(steps)
	return steps
}

// listed writes steps as in a sentence.
func listed(steps []int) string {
	if len(steps) == 0 {
		return "none"
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(steps), " ", ", "), "[]")
}

// resume takes over the state of the newest checkpoint; the learner's weights were
// loaded by the caller.
func (t *trainer) resume() error {
	s, err := readState(t.o.Dir, t.o.ResumeAt)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	was, is := s.Settings, t.o.settings()
	switch {
	case was.Seed != is.Seed || was.BatchSize != is.BatchSize:
		return fmt.Errorf("the run in %s has seed %d and batches of %d, not %d and %d; resume "+
			"with the same",
			t.o.Dir, was.Seed, was.BatchSize, is.Seed, is.BatchSize)
	case !reflect.DeepEqual(was, is):
		return fmt.Errorf("the run in %s has another augmentation, loss, optimiser or score to "+
			"stop on; resume with the same", t.o.Dir)
	}
	t.state = s
	return t.learner.LoadOptimiser(filepath.Join(checkpointDir(t.o.Dir, s.Step), optimiserName))
}

// checkpoint writes weights, optimiser and state, then removes checkpoints that are too old.
func (t *trainer) checkpoint() error {
	dir := checkpointDir(t.o.Dir, t.state.Step)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	info := t.o.Info
	info.Half = false
	path := filepath.Join(dir, weightsName)
	if err := t.learner.Save(path, info); err != nil {
		return err
	}
	if err := t.learner.SaveOptimiser(filepath.Join(dir, optimiserName)); err != nil {
		return err
	}
	t.state.Settings = t.o.settings()
	b, err := json.Marshal(t.state)
	if err != nil {
		return err
	}
	for _, d := range []string{dir, t.o.Dir} {
		if err := writeFile(filepath.Join(d, stateName), b); err != nil {
			return err
		}
	}
	t.removeOld(dir)
	if t.o.OnCheckpoint != nil {
		t.o.OnCheckpoint(path)
	}
	return nil
}

// removeOld removes the checkpoints before keep that are too old. A checkpoint that cannot be
// removed only costs space.
func (t *trainer) removeOld(keep string) {
	if t.o.Older < 0 {
		return
	}
	all, _ := filepath.Glob(filepath.Join(t.o.Dir, "checkpoint-*"))
	older := slices.DeleteFunc(all, func(dir string) bool { return dir >= keep })
	slices.Sort(older)
	for _, dir := range older[:max(len(older)-t.o.Older, 0)] {
		_ = os.RemoveAll(dir)
	}
}

func writeFile(path string, b []byte) error {
	return atomicfile.WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}
