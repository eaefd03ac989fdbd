// Package protocol is the language of the desktop and its trainer: one JSON object a
// line over the child's stdin and stdout. docs/protocol.md describes it, and
// testdata/golden.jsonl is a conversation that a test replays.
package protocol

import (
	"fmt"

	"glasswork/training/score"
)

// Version is the protocol's version, named in hello.
const Version = 1

// Job is one piece of work. Exactly one field is set.
type Job struct {
	Predict  *PredictJob  `json:"predict,omitempty"`
	Finetune *FinetuneJob `json:"finetune,omitempty"`
	Evaluate *EvaluateJob `json:"evaluate,omitempty"`
	// Estimate measures one step of the fine-tuning it describes and changes nothing.
	Estimate *FinetuneJob `json:"estimate,omitempty"`
}

// Validate reports a job that is no job or several at once.
func (j Job) Validate() error {
	n := 0
	for _, set := range []bool{
		j.Predict != nil, j.Finetune != nil, j.Evaluate != nil, j.Estimate != nil,
	} {
		if set {
			n++
		}
	}
	if n != 1 {
		return fmt.Errorf("a job names exactly one of predict, finetune, evaluate and estimate, "+
			"this one %d", n)
	}
	return nil
}

// PredictJob asks for the labels of slices.
type PredictJob struct {
	// Path and Series (an ID; empty if Path holds only one) say what to open. Where
	// Project and Study are set and the project has stored the voxels, those are read.
	Path    string `json:"path,omitempty"`
	Series  string `json:"series,omitempty"`
	Project string `json:"project,omitempty"`
	Study   string `json:"study,omitempty"`
	// Model is a file's path or "baseline".
	Model string `json:"model"`
	// Slices are axial indices in the order in which they are wanted; empty for all.
	Slices []int `json:"slices,omitempty"`
	// Flips averages over mirror images: "h" (left–right) or "hv" (top–bottom as well).
	Flips string `json:"flips,omitempty"`
	// Anywhere keeps what is proposed where no lung can be.
	Anywhere bool `json:"anywhere,omitempty"`
}

// FinetuneJob asks for a model trained on the project's reviewed slices.
type FinetuneJob struct {
	Project string `json:"project"`
	// Base is a file's path or "baseline".
	Base string `json:"base"`
	// Steps, Seed and LearningRate are chosen by the trainer where they are 0.
	Steps        int     `json:"steps,omitempty"`
	Seed         uint64  `json:"seed,omitempty"`
	LearningRate float64 `json:"learning_rate,omitempty"`
	// Augment is how samples are varied, in the notation of docs/training.md; empty for
	// the usual way.
	Augment string `json:"augment,omitempty"`
}

// EvaluateJob asks how a model does on labelled slices: the project's held-out ones,
// or the labelled dataset at Data.
type EvaluateJob struct {
	Project string `json:"project,omitempty"`
	Data    string `json:"data,omitempty"`
	Model   string `json:"model"`
	// Flips is as in PredictJob.
	Flips string `json:"flips,omitempty"`
}

// Event is one message of the trainer. Type says which field is set.
type Event struct {
	Type string
	// ID is the job's, empty in hello.
	ID string

	Hello      *Hello
	Status     *Status
	Epoch      *Epoch
	Checkpoint *Checkpoint
	Slice      *Slice
	Summary    *Summary
	Error      *JobError
}

// Hello is the trainer's first message.
type Hello struct {
	Version  int    `json:"version"`
	Libtorch string `json:"libtorch"`
	Device   string `json:"device"`
	Threads  int    `json:"threads"`
}

// Status says how a job is getting on. At most ten a second are sent.
type Status struct {
	// Phase is one of the Phase constants, Text says it to a person.
	Phase string `json:"phase"`
	Text  string `json:"text"`
	// Step of Steps (slices where slices are predicted), Epoch of Epochs; 0 where
	// there are none.
	Step   int `json:"step"`
	Steps  int `json:"steps"`
	Epoch  int `json:"epoch"`
	Epochs int `json:"epochs"`
	// Loss is the running training loss, 0 before the first step.
	Loss float64 `json:"loss"`
	// ETASeconds is the time left to the end of the job, 0 if not known yet.
	ETASeconds      float64 `json:"eta_s"`
	SlicesPerSecond float64 `json:"slices_per_s"`
}

// Phases of a job.
const (
	PhaseLoading    = "loading"
	PhaseMeasuring  = "measuring"
	PhasePredicting = "predicting"
	PhaseTraining   = "training"
	PhaseEvaluating = "evaluating"
	PhaseSaving     = "saving"
)

// Epoch is one finished pass of training with its held-out scores.
type Epoch struct {
	Epoch int `json:"epoch"`
	// Step is the number of optimiser steps made so far.
	Step      int          `json:"step"`
	TrainLoss float64      `json:"train_loss"`
	Scores    score.Report `json:"scores"`
}

// Checkpoint is a file written from which the job could go on.
type Checkpoint struct {
	Path string `json:"path"`
}

// Slice is one predicted slice.
type Slice struct {
	Z int `json:"z"`
	// Labels are the classes, [y,x].
	Labels Packed `json:"labels"`
	// Uncertainty is the mean entropy of the class probabilities inside the
	// predicted lung, 0…1 (1: all classes equally likely); 0 where there is no lung.
	Uncertainty float64 `json:"uncertainty"`
}

// Summary ends a job that succeeded. The part of the job's kind is set.
type Summary struct {
	Seconds  float64          `json:"seconds"`
	Predict  *PredictSummary  `json:"predict,omitempty"`
	Finetune *FinetuneSummary `json:"finetune,omitempty"`
	Evaluate *EvaluateSummary `json:"evaluate,omitempty"`
	Estimate *EstimateSummary `json:"estimate,omitempty"`
}

// PredictSummary says what was predicted.
type PredictSummary struct {
	// ModelName is shown to people, such as "baseline-1".
	ModelName string `json:"model_name"`
	Slices    int    `json:"slices"`
	// NoLung says that the study shows no lung, so that no slice was predicted.
	NoLung bool `json:"no_lung,omitempty"`
	// Limited is the number of slices on which lesions that the network saw were left out,
	// because no lung can be where they were.
	Limited int `json:"limited,omitempty"`
}

// EvaluateSummary is how a model did.
type EvaluateSummary struct {
	ModelName string       `json:"model_name"`
	Report    score.Report `json:"report"`
}

// StudyUse says how many reviewed slices of a study a fine-tuning uses, and for what.
type StudyUse struct {
	Study   string `json:"study"`
	Alias   string `json:"alias"`
	Slices  int    `json:"slices"`
	Holdout bool   `json:"holdout"`
}

// EstimateSummary is what a Retrain dialog says before it starts.
type EstimateSummary struct {
	// Studies are those with reviewed slices, trained on and held out.
	Studies []StudyUse `json:"studies"`
	// TrainSlices and HoldoutSlices are their sums; ReplaySlices is the number of
	// synthetic slices mixed in so that old skills are not lost.
	TrainSlices   int `json:"train_slices"`
	HoldoutSlices int `json:"holdout_slices"`
	ReplaySlices  int `json:"replay_slices"`
	// ChosenHoldout is the alias of the patient that will be chosen and pinned
	// because none is held out yet, or empty.
	ChosenHoldout string `json:"chosen_holdout,omitempty"`
	// Missing are sentences about what is missing; Ready is false if the job cannot run.
	Missing []string `json:"missing,omitempty"`
	Ready   bool     `json:"ready"`
	// Steps are planned, SecondsPerStep was measured, Seconds is the whole job.
	Steps          int     `json:"steps"`
	SecondsPerStep float64 `json:"seconds_per_step"`
	Seconds        float64 `json:"seconds"`
}

// FinetuneSummary is what a comparison sheet shows. The candidate stands in the
// project's model list; nothing uses it until the user says so.
type FinetuneSummary struct {
	// Model is the candidate's ID in the project (SHA-256 of its file).
	Model     string `json:"model"`
	ModelName string `json:"model_name"`
	BaseName  string `json:"base_name"`
	Steps     int    `json:"steps"`
	// Before is the base model, After the candidate, on the same held-out slices.
	Before     score.Report     `json:"before"`
	After      score.Report     `json:"after"`
	Comparison score.Comparison `json:"comparison"`
	// Studies are those trained on and held out.
	Studies []StudyUse `json:"studies"`
	// Synthetic is true if no patient could be held out and generated studies were
	// scored instead; Note says that in a sentence.
	Synthetic bool   `json:"synthetic"`
	Note      string `json:"note,omitempty"`
	// Samples are up to three held-out slices on which the two models differ most.
	Samples []Sample `json:"samples"`
}

// Sample is one slice for the comparison sheet. All arrays are [y,x].
type Sample struct {
	// Study is the project's study ID, or the case's name if it is synthetic.
	Study  string `json:"study"`
	Alias  string `json:"alias"`
	Z      int    `json:"z"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	// Grey is the picture in the lung window 1500/−600, 0…255.
	Grey      Packed `json:"grey"`
	Reference Packed `json:"reference"`
	Current   Packed `json:"current"`
	New       Packed `json:"new"`
	// Differing is the number of pixels in which the two models differ.
	Differing int `json:"differing"`
}

// JobError ends a job that failed.
type JobError struct {
	Code string `json:"code"`
	// Message is one sentence for the user.
	Message string `json:"message"`
}

// Codes of a JobError.
const (
	CodeCancelled   = "cancelled"
	CodeBusy        = "busy"
	CodeBadJob      = "bad_job"
	CodeNoData      = "no_data"
	CodeModel       = "model"
	CodeOutOfMemory = "out_of_memory"
	CodeDiskFull    = "disk_full"
	CodeDiverged    = "diverged"
	CodeFailed      = "failed"
)

// Error is the sentence for the user.
func (e *JobError) Error() string { return e.Message }
