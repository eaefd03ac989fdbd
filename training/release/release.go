// Package release makes a trained model the one that is shipped: its weights as float16,
// and a card with its checksum and its scores.
package release

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"os"
	"strings"

	"glasswork/dataset/atomicfile"
	"glasswork/training/job"
	"glasswork/training/network"
	"glasswork/training/protocol"
	"glasswork/training/recipe"
	"glasswork/training/score"
)

// Release says which model is shipped, and as what.
type Release struct {
	// Model is the trained model's file; Name the shipped model's name; Note, if not empty,
	// a sentence on how it was trained.
	Model, Name, Note string
	// Path is the file to write, such as baseline.safetensors; the card stands beside it as
	// .json.
	Path string
	// Data are labelled datasets to score it on.
	Data []string
}

// Card stands beside the shipped model.
type Card struct {
	Name   string                      `json:"name"`
	SHA256 string                      `json:"sha256"`
	Bytes  int64                       `json:"bytes"`
	Model  network.Info                `json:"model"`
	Scores map[string]score.Evaluation `json:"scores"`
}

// Write writes the model and its card. The scores are those of the weights as they are
// shipped. emit is told how scoring goes on.
func (r Release) Write(ctx context.Context, jobs *job.Runner, emit func(protocol.Event)) error {
	info, err := r.halve(jobs.Networks)
	if err != nil {
		return err
	}
	c := Card{Name: r.Name, Model: info, Scores: map[string]score.Evaluation{}}
	if c.SHA256, c.Bytes, err = fileSum(r.Path); err != nil {
		return err
	}
	names := recipe.ShortNames(r.Data)
	for i, data := range r.Data {
		evaluate := &protocol.EvaluateJob{Model: r.Path, Data: data}
		s, err := jobs.Run(ctx, protocol.Job{Evaluate: evaluate}, emit)
		if err != nil {
			return err
		}
		c.Scores[names[i]] = s.Evaluate.Report.Evaluation()
	}
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	card := strings.TrimSuffix(r.Path, ".safetensors") + ".json"
	return atomicfile.WriteFile(card, func(w io.Writer) error {
		_, err := w.Write(append(b, '\n'))
		return err
	})
}

// halve writes the model as float16 under its new name.
func (r Release) halve(nets network.Factory) (network.Info, error) {
	l, info, err := nets.Load(r.Model)
	if err != nil {
		return info, err
	}
	defer l.Close()
	info.Name, info.Half = r.Name, true
	if r.Note != "" {
		info.Provenance = maps.Clone(info.Provenance)
		info.Provenance["training"] = r.Note
	}
	return info, l.Save(r.Path, info)
}

func fileSum(path string) (sum string, size int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer file.Close()
	h := sha256.New()
	size, err = io.Copy(h, file)
	return hex.EncodeToString(h.Sum(nil)), size, err
}
