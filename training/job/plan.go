package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"glasswork/dataset/example"
	"glasswork/dataset/project"
	"glasswork/training/protocol"
	"glasswork/training/sampling"
)

// Seeds of synthetic slices. Those that are scored are never trained on.
const (
	replaySeed    = 1 << 20
	syntheticSeed = 1 << 21
)

// syntheticSlices are scored where no patient can be held out.
const syntheticSlices = 24

// plan is what a fine-tuning learns from and is scored on.
type plan struct {
	// train and holdout are reviewed slices of saved revisions, of different patients;
	// holdout is made up if synthetic is set.
	train, holdout example.Set
	synthetic      bool
	// replay are synthetic slices, mixed in half and half.
	replay example.Set
	uses   []protocol.StudyUse
	// trainKeys and holdoutKeys are the patients' keys; chosen is the one of the
	// latter that has yet to be pinned, with its studies' alias.
	trainKeys, holdoutKeys []string
	chosen, chosenAlias    string
	studies                map[string]project.Study // by alias, which is the examples' case
	trainedOn              []string
}

// errNothingReviewed is the error for a project without reviewed slices.
var errNothingReviewed = &protocol.JobError{
	Code: protocol.CodeNoData,
	Message: "nothing to train on: mark corrected slices as reviewed (key R) and save, " +
		"then retrain",
}

// newPlan reads what the project offers. It changes nothing; skip names patients that
// must not be chosen to be held out.
func newPlan(ctx context.Context, p *project.Project, job protocol.FinetuneJob,
	skip []string,
) (*plan, error) {
	all, perCase, err := reviewed(ctx, p)
	if err != nil {
		return nil, err
	}
	studies, err := p.Studies(ctx)
	if err != nil {
		return nil, err
	}
	all = calibrated{all, byAlias(studies)}
	pl := &plan{studies: map[string]project.Study{}}
	var usable []project.Study
	for _, s := range studies {
		if perCase[s.Alias] > 0 {
			pl.studies[s.Alias] = s
			usable = append(usable, s)
		}
	}
	if err := pl.split(ctx, p, usable, perCase, skip); err != nil {
		return nil, err
	}
	pl.describe(usable, perCase)
	if pl.train = pl.part(all, pl.trainKeys); pl.train.Len() == 0 {
		return nil, errNothingReviewed
	}
	if err := pl.generate(ctx, job, all); err != nil {
		return nil, err
	}
	return pl, nil
}

// reviewed returns all reviewed slices of saved revisions, and their number per case.
func reviewed(ctx context.Context, p *project.Project) (example.Set, map[string]int, error) {
	train, err := p.Examples(ctx, false)
	if err != nil {
		return nil, nil, err
	}
	holdout, err := p.Examples(ctx, true)
	if err != nil {
		return nil, nil, err
	}
	if train.Len()+holdout.Len() == 0 {
		return nil, nil, errNothingReviewed
	}
	all := sampling.Join(train, holdout)
	perCase := map[string]int{}
	for i := range all.Len() {
		_, name, _ := all.Key(i)
		perCase[name]++
	}
	return all, perCase, nil
}

// calibrated gives slices a pixel size if and only if they hold HU. An example without a pixel
// size is taken for a picture, in training as in prediction.
type calibrated struct {
	example.Set
	studies map[string]project.Study
}

func (c calibrated) At(ctx context.Context, i int) (example.Example, error) {
	e, err := c.Set.At(ctx, i)
	if s, ok := c.studies[e.Case]; ok {
		spacing := s.Geometry.Spacing()
		e.Spacing = [2]float64{spacing[1], spacing[2]}
		if !s.Calibrated {
			e.Spacing = [2]float64{}
		}
	}
	return e, err
}

// byAlias maps the name that examples have as their case to the study.
func byAlias(studies []project.Study) map[string]project.Study {
	m := make(map[string]project.Study, len(studies))
	for _, s := range studies {
		m[s.Alias] = s
	}
	return m
}

// split sorts the patients into those to train on and those to score. If none is held
// out and there are two or more, the one with the fewest reviewed slices that no model has
// been trained on is chosen.
func (pl *plan) split(ctx context.Context, p *project.Project, usable []project.Study,
	perCase map[string]int, skip []string,
) error {
	amount := map[string]int{}
	for _, s := range usable {
		amount[s.PatientKey] += perCase[s.Alias]
		if s.Holdout && !slices.Contains(pl.holdoutKeys, s.PatientKey) {
			pl.holdoutKeys = append(pl.holdoutKeys, s.PatientKey)
		}
	}
	if len(pl.holdoutKeys) == 0 && len(amount) > 1 {
		trained, err := trainedPatients(ctx, p, usable)
		if err != nil {
			return err
		}
		candidates := slices.Clone(usable)
		slices.Reverse(candidates) // of equals, the one added last
		slices.SortStableFunc(candidates, func(a, b project.Study) int {
			return cmp.Compare(amount[a.PatientKey], amount[b.PatientKey])
		})
		for _, s := range candidates {
			if !trained[s.PatientKey] && !slices.Contains(skip, s.PatientKey) {
				pl.chosen, pl.chosenAlias = s.PatientKey, s.Alias
				pl.holdoutKeys = []string{s.PatientKey}
				break
			}
		}
	}
	for _, s := range usable {
		if !slices.Contains(pl.holdoutKeys, s.PatientKey) &&
			!slices.Contains(pl.trainKeys, s.PatientKey) {
			pl.trainKeys = append(pl.trainKeys, s.PatientKey)
		}
	}
	return nil
}

// trainedPatients are the patients that a model of the project was trained on.
func trainedPatients(ctx context.Context, p *project.Project,
	usable []project.Study,
) (map[string]bool, error) {
	models, err := p.Models(ctx)
	if err != nil {
		return nil, err
	}
	trained := map[string]bool{}
	for _, m := range models {
		for _, on := range m.TrainedOn {
			for _, s := range usable {
				if strings.HasPrefix(on, s.ID+"@") {
					trained[s.PatientKey] = true
				}
			}
		}
	}
	return trained, nil
}

// revisionName names a label revision in a model's record.
func revisionName(study string, revision int) string {
	return fmt.Sprintf("%s@%d", study, revision)
}

// describe fills uses and trainedOn.
func (pl *plan) describe(usable []project.Study, perCase map[string]int) {
	for _, s := range usable {
		holdout := slices.Contains(pl.holdoutKeys, s.PatientKey)
		pl.uses = append(pl.uses, protocol.StudyUse{
			Study: s.ID, Alias: s.Alias, Slices: perCase[s.Alias], Holdout: holdout,
		})
		if !holdout {
			pl.trainedOn = append(pl.trainedOn, revisionName(s.ID, s.Revision))
		}
	}
}

// part are the slices of the patients with these keys.
func (pl *plan) part(all example.Set, keys []string) example.Set {
	var at []int
	for i := range all.Len() {
		if patient, _, _ := all.Key(i); slices.Contains(keys, patient) {
			at = append(at, i)
		}
	}
	return sampling.Pick(all, at)
}

// generate adds the synthetic slices.
func (pl *plan) generate(ctx context.Context, job protocol.FinetuneJob, all example.Set) error {
	pl.holdout = pl.part(all, pl.holdoutKeys)
	if pl.holdout.Len() == 0 {
		pl.synthetic = true
		made, err := example.Open(ctx, fmt.Sprintf("phantom:%d@%d", syntheticSlices, syntheticSeed))
		if err != nil {
			return err
		}
		pl.holdout = made
	}
	n := min(max(pl.train.Len(), 16), 96)
	made, err := example.Open(ctx, fmt.Sprintf("phantom:%d@%d", n, replaySeed+job.Seed%replaySeed))
	if err != nil {
		return err
	}
	pl.replay = made
	return nil
}

// sources are the training's: annotated and synthetic slices, half and half.
func (pl *plan) sources() []sampling.Source {
	return []sampling.Source{
		{Name: "the reviewed slices", Examples: pl.train, Weight: 1},
		{Name: "the synthetic slices", Examples: pl.replay, Weight: 1},
	}
}

// note says in a sentence what is unusual about the holdout, if anything is.
func (pl *plan) note() string {
	switch {
	case pl.synthetic:
		return "No patient could be held out (that takes two with reviewed slices), so synthetic " +
			"studies were scored instead of patients."
	case pl.chosen != "":
		return fmt.Sprintf("No patient was held out; %s was chosen and stays held out.",
			pl.chosenAlias)
	}
	return ""
}

// voxelML is the size of an example's voxel in ml, 0 where it cannot be trusted.
func (pl *plan) voxelML(e example.Example) float64 {
	if s, ok := pl.studies[e.Case]; ok && s.Measurable {
		return s.Geometry.VoxelML()
	}
	return 0
}

// pin holds out the patient who was chosen and makes sure that nobody is on both sides. Only the
// model that comes of it, if one does, binds patients for life.
func (pl *plan) pin(ctx context.Context, p *project.Project) error {
	if pl.chosen != "" {
		if err := p.SetHoldout(ctx, pl.chosen, true); err != nil {
			return err
		}
	}
	if !pl.synthetic {
		if err := p.CheckUse(ctx, project.Scored, pl.holdoutKeys...); err != nil {
			return err
		}
	}
	return p.CheckUse(ctx, project.Trained, pl.trainKeys...)
}

// pinnedPlan makes a plan and pins it. If the patient chosen to be held out turns out to be
// bound to training, the next one is chosen.
func pinnedPlan(ctx context.Context, p *project.Project, job protocol.FinetuneJob) (*plan, error) {
	var skip []string
	for {
		pl, err := newPlan(ctx, p, job, skip)
		if err != nil {
			return nil, err
		}
		err = pl.pin(ctx, p)
		if pl.chosen != "" && errors.Is(err, project.ErrPinned) {
			skip = append(skip, pl.chosen)
			continue
		}
		return pl, err
	}
}

// OpenProject opens an existing project. Unlike project.Open it does not create one.
func OpenProject(ctx context.Context, dir string) (*project.Project, error) {
	if !exists(filepath.Join(dir, "project.db")) {
		message := fmt.Sprintf("there is no project in %s; name the folder that holds project.db",
			dir)
		return nil, &protocol.JobError{Code: protocol.CodeNoData, Message: message}
	}
	return project.Open(ctx, dir)
}
