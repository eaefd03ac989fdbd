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

	"glasswork/dataset/atomicfile"
	"glasswork/training/score"
)

// Files of a run's folder. state.json names the newest whole checkpoint.
const (
	stateName     = "state.json"
	bestName      = "best.safetensors"
	weightsName   = "weights.safetensors"
	optimiserName = "optimiser.safetensors"
)

// state is where a run stands: with its settings it fixes all that follows.
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
	Seed      uint64  `json:"seed"`
	BatchSize int     `json:"batch_size"`
	Augment   string  `json:"augment"`
	Method    Method  `json:"method"`
	Average   float64 `json:"average"`
	StopOn    string  `json:"stop_on"`
}

func (o Options) settings() settings {
	chain := "" // the usual one
	if o.Augment != nil {
		chain = o.Augment.String()
	}
	return settings{o.Seed, o.BatchSize, chain, o.method(), o.Average, o.StopOn.String()}
}

func checkpointDir(dir string, step int) string {
	return filepath.Join(dir, fmt.Sprintf("checkpoint-%06d", step))
}

// LastCheckpoint returns the weights of the newest checkpoint in a run's folder, or ""
// if there is none. Load them, then Train with Resume.
func LastCheckpoint(dir string) (string, error) {
	s, err := readState(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return filepath.Join(checkpointDir(dir, s.Step), weightsName), nil
}

func readState(dir string) (state, error) {
	var s state
	b, err := os.ReadFile(filepath.Join(dir, stateName))
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(b, &s); err != nil || s.Step < 0 {
		return s, fmt.Errorf("%s in %s is damaged; remove it to begin again", stateName, dir)
	}
	return s, nil
}

// resume takes over the state of the newest checkpoint; the learner's weights were
// loaded by the caller.
func (t *trainer) resume() error {
	s, err := readState(t.o.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	was, is := s.Settings, t.o.settings()
	switch {
	case was.Seed != is.Seed || was.BatchSize != is.BatchSize:
		return fmt.Errorf("the run in %s has seed %d and batches of %d, not %d and %d; resume with the same",
			t.o.Dir, was.Seed, was.BatchSize, is.Seed, is.BatchSize)
	case !reflect.DeepEqual(was, is):
		return fmt.Errorf("the run in %s has another augmentation, loss, optimiser, average or score to stop on; resume with the same", t.o.Dir)
	}
	t.state = s
	if r, ok := t.learner.(Resumable); ok {
		t.remembered = s.BestStep > 0
		return r.LoadOptimiser(filepath.Join(checkpointDir(t.o.Dir, s.Step), optimiserName))
	}
	return nil
}

// checkpoint writes weights, optimiser and state, then removes the checkpoint before.
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
	if r, ok := t.learner.(Resumable); ok {
		if err := r.SaveOptimiser(filepath.Join(dir, optimiserName)); err != nil {
			return err
		}
	}
	t.state.Settings = t.o.settings()
	b, err := json.Marshal(t.state)
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(t.o.Dir, stateName), b); err != nil {
		return err
	}
	t.removeOld(dir)
	if t.o.OnCheckpoint != nil {
		t.o.OnCheckpoint(path)
	}
	return nil
}

// removeOld removes all checkpoints but keep. One that cannot be removed costs space only.
func (t *trainer) removeOld(keep string) {
	old, _ := filepath.Glob(filepath.Join(t.o.Dir, "checkpoint-*"))
	for _, dir := range old {
		if dir != keep {
			_ = os.RemoveAll(dir)
		}
	}
}

func writeFile(path string, b []byte) error {
	return atomicfile.WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

func copyFile(dst, src string) error {
	f, err := os.Open(src)
	if err != nil {
		return err
	}
	defer f.Close()
	return atomicfile.WriteFile(dst, func(w io.Writer) error {
		_, err := io.Copy(w, f)
		return err
	})
}
