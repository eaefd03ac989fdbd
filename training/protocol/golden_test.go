package protocol

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"testing"

	"glasswork/training/score"
)

var update = flag.Bool("update", false, "write testdata/golden.jsonl anew")

func p(v float64) *float64 { return &v }

// conversation is one of every message, as docs/protocol.md shows them.
func conversation() []any {
	report := score.Report{Cases: 1, Patients: 1, Accuracy: p(0.98), Classes: []score.ClassScore{
		{
			Name: "ground glass", IoUPooled: p(0.5), DicePooled: p(0.6667), IoUMean: p(0.5),
			DiceMean: p(0.6667), Present: 1, ReferenceML: p(212), PredictedML: p(180),
			VolumeErrorML: p(32),
		},
		{Name: "consolidation"},
		{
			Name: "lungs other", IoUPooled: p(0.9), DicePooled: p(0.9474), IoUMean: p(0.9),
			DiceMean: p(0.9474), Present: 1, IoUInterval: &score.Interval{
				Low: 0.85, High: 0.93,
			},
		},
	}}
	comparison := score.Comparison{Patients: 1, Verdict: "Not proven better: 1 held-out patient " +
		"is too few to tell", Classes: []score.Difference{
		{
			Name: "ground glass", CurrentIoU: p(0.5), NewIoU: p(0.6), CurrentDice: p(0.6667),
			NewDice: p(0.75), IoU: p(0.1), Dice: p(0.0833),
		},
	}}
	uses := []StudyUse{{Study: "6b1f", Alias: "A0001", Slices: 12}, {
		Study: "90c4", Alias: "A0002", Slices: 4, Holdout: true,
	}}
	square := Packed{0, 1, 2, 3}
	return []any{
		Event{Type: TypeHello, Hello: &Hello{
			Version: Version, Libtorch: "1.13.1", Device: "cpu", Threads: 2,
		}},
		Request{Type: TypeStart, ID: "1", Job: &Job{Predict: &PredictJob{
			Path: "scans/a0001", Series: "1.2.3", Project: "studies", Study: "6b1f",
			Model: "baseline", Slices: []int{31, 32},
		}}},
		Event{Type: TypeStatus, ID: "1", Status: &Status{
			Phase: PhasePredicting, Text: "Proposing", Step: 1, Steps: 2, ETASeconds: 0.4,
			SlicesPerSecond: 2.5,
		}},
		Event{Type: TypeSlice, ID: "1", Slice: &Slice{Z: 31, Labels: square, Uncertainty: 0.12}},
		Event{Type: TypeSummary, ID: "1", Summary: &Summary{
			Seconds: 1.5, Predict: &PredictSummary{ModelName: "baseline-1", Slices: 2},
		}},
		Request{Type: TypeStart, ID: "2", Job: &Job{Estimate: &FinetuneJob{
			Project: "studies", Base: "baseline",
		}}},
		Event{Type: TypeSummary, ID: "2", Summary: &Summary{Seconds: 9, Estimate: &EstimateSummary{
			Studies: uses, TrainSlices: 12, HoldoutSlices: 4, ReplaySlices: 16,
			ChosenHoldout: "A0002", Missing: []string{"No patient is held out yet: A0002 " +
				"will be chosen and stays held out for good."},
			Ready: true, Steps: 60, SecondsPerStep: 2, Seconds: 130,
		}}},
		Request{Type: TypeStart, ID: "3", Job: &Job{Finetune: &FinetuneJob{
			Project: "studies", Base: "baseline", Steps: 60, Seed: 1, LearningRate: 0.0002,
			Augment: "C3",
		}}},
		Event{Type: TypeStatus, ID: "3", Status: &Status{
			Phase: PhaseTraining, Text: "Training", Step: 15, Steps: 60, Epoch: 1, Epochs: 4,
			Loss: 0.41, ETASeconds: 92, SlicesPerSecond: 2,
		}},
		Event{Type: TypeEpoch, ID: "3", Epoch: &Epoch{
			Epoch: 1, Step: 15, TrainLoss: 0.41, Scores: report,
		}},
		Event{
			Type: TypeCheckpoint, ID: "3",
			Checkpoint: &Checkpoint{Path: "run/checkpoint-000015/weights.safetensors"},
		},
		Event{Type: TypeSummary, ID: "3", Summary: &Summary{
			Seconds: 128,
			Finetune: &FinetuneSummary{
				Model: "4f2a", ModelName: "retrained-1", BaseName: "baseline-1", Steps: 60,
				Before: report, After: report,
				Comparison: comparison, Studies: uses, Note: "No patient was held out; A0002 was " +
					"chosen and stays held out.",
				Samples: []Sample{{
					Study: "90c4", Alias: "A0002", Z: 17, Width: 2, Height: 2,
					Grey: Packed{9, 80, 160, 255}, Reference: square, Current: square, New: square,
				}},
			},
		}},
		Request{Type: TypeStart, ID: "4", Job: &Job{Evaluate: &EvaluateJob{
			Data: "covid/test", Model: "baseline", Flips: "h",
		}}},
		Request{Type: TypeStop, ID: "4"},
		Event{Type: TypeError, ID: "4", Error: &JobError{CodeCancelled, "cancelled"}},
	}
}

// The golden conversation is what this package writes, and it reads it back whole.
func TestGoldenConversation(t *testing.T) {
	const path = "testdata/golden.jsonl"
	var want bytes.Buffer
	for _, m := range conversation() {
		line, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		want.Write(append(line, '\n'))
	}
	if *update {
		if err := os.WriteFile(path, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%s is not what is written; if that is meant, run the test with -update and say "+
			"so in docs/protocol.md", path)
	}
	replay(t, bytes.Lines(got))
}

func replay(t *testing.T, lines func(func([]byte) bool)) {
	messages, i := conversation(), 0
	for line := range lines {
		switch want := messages[i].(type) {
		case Request:
			if got, err := DecodeRequest(line); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("line %d read as %+v, %v", i+1, got, err)
			}
		case Event:
			var got Event
			if err := json.Unmarshal(line, &got); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("line %d read as %+v, %v", i+1, got, err)
			}
		}
		i++
	}
	if i != len(messages) {
		t.Errorf("%d lines, want %d", i, len(messages))
	}
}

func TestDecodeRequestRefuses(t *testing.T) {
	for name, line := range map[string]string{
		"no JSON":       `start`,
		"unknown":       `{"type":"pause","id":"1"}`,
		"no job":        `{"type":"start","id":"1"}`,
		"empty job":     `{"type":"start","id":"1","job":{}}`,
		"two jobs":      `{"type":"start","id":"1","job":{"predict":{},"evaluate":{}}}`,
		"wrong type":    `{"type":"start","id":1}`,
		"huge slice id": `{"type":"start","id":"1","job":{"predict":{"slices":[1e99]}}}`,
	} {
		if _, err := DecodeRequest([]byte(line)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// FuzzDecode checks that what can be read can be written and means the same again, and
// that nothing makes reading panic.
func FuzzDecode(f *testing.F) {
	for _, m := range conversation() {
		line, err := json.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line)
	}
	f.Add([]byte(`{"type":"slice","z":1,"labels":"eJw="}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		if r, err := DecodeRequest(line); err == nil {
			again, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			if same, err := DecodeRequest(again); err != nil || !reflect.DeepEqual(same, r) {
				t.Fatalf("%s became %+v: %v", again, same, err)
			}
		}
		var e Event
		if json.Unmarshal(line, &e) != nil {
			return
		}
		again, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var same Event
		if err := json.Unmarshal(again, &same); err != nil {
			t.Fatalf("%s: %v", again, err)
		}
	})
}

func TestPackedRefusesBombs(t *testing.T) {
	b, err := json.Marshal(make(Packed, MaxPacked+1))
	if err != nil {
		t.Fatal(err)
	}
	var p Packed
	if json.Unmarshal(b, &p) == nil {
		t.Error("an array larger than any slice was unpacked")
	}
}
