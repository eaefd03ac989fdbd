package training

import (
	"context"
	"errors"
	"strings"
	"syscall"

	"glasswork/training/network"
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
		emit(protocol.Event{Type: protocol.TypeEpoch, ID: id, Epoch: &protocol.Epoch{
			Epoch: epoch, Step: step, TrainLoss: loss, Scores: r,
		}})
	}
	o.OnCheckpoint = func(path string) {
		emit(protocol.Event{
			Type: protocol.TypeCheckpoint, ID: id, Checkpoint: &protocol.Checkpoint{Path: path},
		})
	}
}

// Sentence is what a person is told about err: its first line, or plain words if the cause is
// a common one.
func Sentence(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, syscall.ENOSPC):
		return "the disk is full; free some space and try again"
	case outOfMemory(err):
		return "there is not enough memory; close other programs, or train on a smaller size or " +
			"batch"
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// Failure is err as a message of the protocol.
func Failure(err error) *protocol.JobError {
	var job *protocol.JobError
	if errors.As(err, &job) {
		return job
	}
	code := protocol.CodeFailed
	switch {
	case errors.Is(err, context.Canceled):
		code = protocol.CodeCancelled
	case errors.Is(err, syscall.ENOSPC):
		code = protocol.CodeDiskFull
	case outOfMemory(err):
		code = protocol.CodeOutOfMemory
	case errors.Is(err, ErrDiverged):
		code = protocol.CodeDiverged
	}
	return &protocol.JobError{Code: code, Message: Sentence(err)}
}

func outOfMemory(err error) bool {
	return errors.Is(err, network.ErrMemory) || errors.Is(err, syscall.ENOMEM)
}
