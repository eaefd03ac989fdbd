package training

import (
	"context"
	"errors"
	"strings"
	"syscall"

	"glasswork/training/protocol"
	"glasswork/training/score"
)

// ReportTo makes o send what happens in training as events of job id to emit.
func ReportTo(o *Options, id string, emit func(protocol.Event)) {
	o.OnStep = func(p Progress) {
		emit(protocol.Event{Type: protocol.TypeStatus, ID: id, Status: &protocol.Status{
			Phase: protocol.PhaseTraining, Text: "Training", Step: p.Step, Steps: p.Steps,
			Epoch: p.Epoch, Epochs: p.Epochs, Loss: p.Loss,
			ETASeconds: p.Left.Seconds(), SlicesPerSecond: p.SlicesPerSecond,
		}})
	}
	o.OnEpoch = func(epoch, step int, loss float64, r score.Report) {
		emit(protocol.Event{Type: protocol.TypeEpoch, ID: id, Epoch: &protocol.Epoch{Epoch: epoch, Step: step, TrainLoss: loss, Scores: r}})
	}
	o.OnCheckpoint = func(path string) {
		emit(protocol.Event{Type: protocol.TypeCheckpoint, ID: id, Checkpoint: &protocol.Checkpoint{Path: path}})
	}
}

// Sentence is what a person is told of err: its first line, in plain words where the
// cause is a common one.
func Sentence(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, syscall.ENOSPC):
		return "the disk is full; free some space and try again"
	case outOfMemory(err):
		return "there is not enough memory; close other programs, or train on a smaller size or batch"
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// code is the JobError code of err.
func code(err error) string {
	var job *protocol.JobError
	switch {
	case errors.As(err, &job):
		return job.Code
	case errors.Is(err, context.Canceled):
		return protocol.CodeCancelled
	case errors.Is(err, syscall.ENOSPC):
		return protocol.CodeDiskFull
	case outOfMemory(err):
		return protocol.CodeOutOfMemory
	case errors.Is(err, ErrDiverged):
		return protocol.CodeDiverged
	}
	return protocol.CodeFailed
}

// outOfMemory recognises the messages of libtorch's allocators.
func outOfMemory(err error) bool {
	text := err.Error()
	return errors.Is(err, syscall.ENOMEM) || strings.Contains(text, "not enough memory") ||
		strings.Contains(text, "out of memory") || strings.Contains(text, "can't allocate memory")
}
