package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"glasswork/training/protocol"
)

// Trainer runs jobs; protocol.Client is one.
type Trainer interface {
	Run(ctx context.Context, job protocol.Job, on func(protocol.Event)) (*protocol.Summary, error)
	Log() []string
	Close() error
}

// trainerName is the program beside ours.
const trainerName = "glasswork-trainer"

// startTrainer starts the trainer that stands beside this program.
func startTrainer(ctx context.Context) (Trainer, error) {
	exe, err := trainerBeside()
	if err != nil {
		return nil, err
	}
	// The trainer's threads that wait must not spin: the window needs the cores too.
	// Huge pages let it give memory back without being slower (docs/decisions.md).
	env := append([]string{"OMP_WAIT_POLICY=PASSIVE", "GLIBC_TUNABLES=glibc.malloc.hugetlb=1"},
		backend(exe, gpuAnswers)...)
	return protocol.Start(ctx, exe, env, "serve")
}

// trainerBeside is the path of the trainer that stands beside this program.
func trainerBeside() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("the trainer cannot be found: %w", err)
	}
	if target, err := filepath.EvalSymlinks(self); err == nil {
		self = target
	}
	exe := filepath.Join(filepath.Dir(self), trainerName)
	if !exists(exe) {
		return "", fmt.Errorf("%s is missing beside %s; make build makes both", trainerName,
			filepath.Base(self))
	}
	return exe, nil
}

// gpuBackend reports whether the trainer beside this program could use a GPU.
func gpuBackend() bool {
	exe, err := trainerBeside()
	return err == nil && library(exe, "cuda") != ""
}

// library is the folder of a backend of the trainer at exe, "" if it is not installed.
func library(exe, name string) string {
	for _, dir := range []string{filepath.Dir(exe), filepath.Dir(filepath.Dir(exe))} {
		if lib := filepath.Join(dir, "backend", name); exists(filepath.Join(lib, "libtch.so")) {
			return lib
		}
	}
	return ""
}

// backend is the environment that makes the trainer at exe use the GPU where there is a
// backend for it and a GPU that answers, else the CPU. A backend the user names wins.
func backend(exe string, gpu func() bool) []string {
	cpu := library(exe, "cpu")
	if os.Getenv("GLASSWORK_BACKEND") != "" || cpu == "" || gpu() {
		return protocol.Environment(exe)
	}
	path := cpu
	if old := os.Getenv("LD_LIBRARY_PATH"); old != "" {
		path += string(os.PathListSeparator) + old
	}
	return []string{"LD_LIBRARY_PATH=" + path}
}

// gpuAnswers reports whether the driver of an NVIDIA GPU lists one.
func gpuAnswers() bool {
	cards, err := filepath.Glob("/proc/driver/nvidia/gpus/*")
	return err == nil && len(cards) > 0
}

// starter starts the trainer when it is first needed and keeps it.
type starter struct {
	start   func(ctx context.Context) (Trainer, error)
	mu      sync.Mutex
	trainer Trainer
	closed  bool
}

func (st *starter) get(ctx context.Context) (Trainer, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.closed {
		return nil, errors.New("the window is being closed")
	}
	if st.trainer == nil {
		t, err := st.start(ctx)
		if err != nil {
			return nil, err
		}
		st.trainer = t
	}
	return st.trainer, nil
}

// log is what the trainer has said, oldest first.
func (st *starter) log() []string {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.trainer == nil {
		return nil
	}
	return st.trainer.Log()
}

func (st *starter) close() error {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.closed = true
	if st.trainer == nil {
		return nil
	}
	return st.trainer.Close()
}
