// Package demo runs the whole loop without a window on synthetic studies: propose, correct,
// review, save, reopen, export, fine-tune, score. Every step that must not lose a voxel is
// checked.
package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/disintegration/imaging"

	"glasswork/dataset"
	"glasswork/dataset/atomicfile"
	"glasswork/dataset/classes"
	"glasswork/dataset/dicom"
	"glasswork/dataset/export"
	"glasswork/dataset/importing"
	"glasswork/dataset/nifti"
	"glasswork/dataset/phantom"
	"glasswork/dataset/project"
	"glasswork/dataset/volume"
	"glasswork/training/job"
	"glasswork/training/protocol"
	"glasswork/viewer"
)

// The demo's second patient, so that one can be held out, and how many slices of each
// study are corrected and reviewed.
const (
	secondSeed   = 21
	secondSlices = 24
	reviewed     = 8
)

// Demo is one run of the loop.
type Demo struct {
	Jobs *job.Runner
	// Out is the folder for the study, the project and the pictures; what an earlier demo
	// left there is replaced.
	Out string
	// Steps of fine-tuning; 0: as many as Retrain would choose.
	Steps int
	// Say is told each line of the story, Emit how jobs go on, Trained what a fine-tuning
	// came to.
	Say     func(line string)
	Emit    func(protocol.Event)
	Trained func(*protocol.Summary) error

	project *project.Project
	studies []study
}

// study is a phantom with the truth by which it is corrected.
type study struct {
	options phantom.Options
	name    string
	id      string
	truth   *volume.LabelMap
	// labels are those of the annotation when it was saved; revision is theirs.
	labels   *volume.LabelMap
	revision int
}

// Run runs the loop to its end. It fails where a corrected voxel does not survive.
func (d *Demo) Run(ctx context.Context) error {
	d.studies = []study{
		{options: phantom.Sample(), name: "sample"},
		{options: phantom.Options{Seed: secondSeed, Slices: secondSlices}, name: "second"},
	}
	if err := d.prepare(ctx); err != nil {
		return err
	}
	defer d.project.Close()
	for i := range d.studies {
		s := &d.studies[i]
		if err := d.open(ctx, s); err != nil {
			return fmt.Errorf("opening %s: %w", s.name, err)
		}
		if err := d.correct(ctx, s); err != nil {
			return fmt.Errorf("correcting %s: %w", s.name, err)
		}
	}
	if err := d.reopen(ctx); err != nil {
		return fmt.Errorf("reopening: %w", err)
	}
	if err := d.exported(ctx); err != nil {
		return fmt.Errorf("exporting: %w", err)
	}
	return d.retrain(ctx)
}

// say prints one line of the demo's story.
func (d *Demo) say(format string, args ...any) {
	d.Say(fmt.Sprintf(format, args...))
}

// markName is a file that says that a demo made the folder it is in.
const markName = ".glasswork-demo"

// claim marks the folder as a demo's. A folder that holds anything and has no mark is refused,
// because the demo replaces what is there.
func (d *Demo) claim() error {
	entries, err := os.ReadDir(d.Out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	marked := slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == markName })
	if len(entries) > 0 && !marked {
		return fmt.Errorf("%s holds files that no demo has made; name an empty or new folder with "+
			"--out", d.Out)
	}
	if err := os.MkdirAll(d.Out, 0o755); err != nil {
		return err
	}
	return atomicfile.WriteFile(filepath.Join(d.Out, markName), func(w io.Writer) error {
		_, err := io.WriteString(w, "A demo of Glasswork made this folder and may replace it.\n")
		return err
	})
}

// prepare removes what an earlier demo left and makes a new project.
func (d *Demo) prepare(ctx context.Context) (err error) {
	if err := d.claim(); err != nil {
		return err
	}
	for _, name := range []string{"dicom", "project", "export"} {
		if err := os.RemoveAll(filepath.Join(d.Out, name)); err != nil {
			return err
		}
	}
	d.project, err = project.Open(ctx, filepath.Join(d.Out, "project"))
	return err
}

// open writes a study as DICOM, opens that, checks its voxels and adds it to the project.
func (d *Demo) open(ctx context.Context, s *study) error {
	made, err := phantom.Generate(ctx, s.options)
	if err != nil {
		return err
	}
	s.truth = made.Labels
	dir := filepath.Join(d.Out, "dicom", s.name)
	info := dicom.Info{
		PatientID: s.name, PatientName: "Synthetic^" + s.name,
		Description: "Synthetic chest CT", Date: "2026-01-01",
	}
	if err := dicom.Write(ctx, dir, made.CT, info); err != nil {
		return err
	}
	series, _, err := dataset.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer func() {
		for _, s := range series {
			_ = s.Close() // only read
		}
	}()
	if len(series) != 1 {
		return fmt.Errorf("%d series were found where one was written", len(series))
	}
	study, err := importing.AddStudy(ctx, d.project, series[0])
	if err != nil {
		return err
	}
	s.id = study.ID
	read, err := d.project.Voxels(ctx, study.ID)
	if err != nil {
		return err
	}
	if !slices.Equal(read.HU, made.CT.HU) {
		return errors.New("the voxels read back from DICOM are not those written")
	}
	d.say("%s: %d slices written as DICOM, opened as %s, voxels equal", s.name, study.Slices,
		study.Alias)
	return nil
}

// correct lets the shipped model propose, sets some slices right, reviews and saves them.
func (d *Demo) correct(ctx context.Context, s *study) error {
	chosen := s.chosen()
	if err := d.propose(ctx, s, chosen); err != nil {
		return err
	}
	annotation, err := d.project.Annotation(ctx, s.id)
	if err != nil {
		return err
	}
	changed := 0
	for _, z := range chosen {
		entries := []project.Entry{}
		if p, ok := volume.Diff(z, s.truth.Size[2], annotation.Labels.Slice(z),
			s.truth.Slice(z)); ok {
			entries = append(entries, annotation.Stroke(p))
			changed += len(p.New)
		}
		if err := d.project.Append(ctx, s.id, annotation, entries...); err != nil {
			return err
		}
		if err := d.project.Append(ctx, s.id, annotation, annotation.Review(z, true)); err != nil {
			return err
		}
	}
	revision, err := d.project.Save(ctx, s.id, "demo")
	if err != nil {
		return err
	}
	s.labels, s.revision = annotation.Labels, revision.Number
	d.say("%s: %d slices proposed, corrected (boxes of %d voxels) and reviewed, saved as "+
		"revision %d", s.name, len(chosen), changed, revision.Number)
	return nil
}

// chosen are spread evenly over the slices of a study that show lung.
func (s *study) chosen() []int {
	var lung []int
	for z := range s.truth.Size[0] {
		if n := s.truth.Counts(z); n[classes.Background] < s.truth.SliceVoxels()*19/20 {
			lung = append(lung, z)
		}
	}
	n := min(reviewed, len(lung))
	chosen := make([]int, n)
	for i := range chosen {
		chosen[i] = lung[(2*i+1)*len(lung)/(2*n)]
	}
	return chosen
}

// propose journals the shipped model's labels for the wanted slices.
func (d *Demo) propose(ctx context.Context, s *study, wanted []int) error {
	annotation, err := d.project.Annotation(ctx, s.id)
	if err != nil {
		return err
	}
	var failed error
	job := protocol.PredictJob{
		Project: d.project.Dir(), Study: s.id, Model: "baseline",
		Slices: wanted,
	}
	_, err = d.Jobs.Run(ctx, protocol.Job{Predict: &job}, func(e protocol.Event) {
		if e.Slice == nil {
			d.Emit(e)
			return
		}
		entry, err := annotation.Proposal(e.Slice.Z, e.Slice.Labels, "baseline")
		if err == nil {
			err = d.project.Append(ctx, s.id, annotation, entry)
		}
		failed = errors.Join(failed, err)
	})
	return errors.Join(err, failed)
}

// reopen closes the project, opens it again and compares every label.
func (d *Demo) reopen(ctx context.Context) (err error) {
	dir := d.project.Dir()
	if err := d.project.Close(); err != nil {
		return err
	}
	if d.project, err = project.Open(ctx, dir); err != nil {
		return err
	}
	for _, s := range d.studies {
		annotation, err := d.project.Annotation(ctx, s.id)
		if err != nil {
			return err
		}
		saved, err := d.project.RevisionLabels(ctx, s.id, s.revision)
		if err != nil {
			return err
		}
		if !bytes.Equal(annotation.Labels.Labels, s.labels.Labels) ||
			!bytes.Equal(saved.Labels, s.labels.Labels) {
			return fmt.Errorf("the labels of %s are not those that were saved", s.name)
		}
	}
	d.say("project reopened: every corrected voxel is as it was saved")
	return nil
}

// exported writes the corrected dataset and reads its masks back.
func (d *Demo) exported(ctx context.Context) error {
	dir := filepath.Join(d.Out, "export", "Dataset001_Glasswork")
	if err := export.Write(ctx, dir, d.project.ExportStudies(ctx),
		export.Options{Format: "nnunet"}); err != nil {
		return err
	}
	masks, err := filepath.Glob(filepath.Join(dir, "labelsTr", "*.nii.gz"))
	if err != nil {
		return err
	}
	equal := 0
	for _, path := range masks {
		mask, err := nifti.ReadLabels(ctx, path)
		if err != nil {
			return err
		}
		for _, s := range d.studies {
			if bytes.Equal(mask.Labels, s.labels.Labels) {
				equal++
			}
		}
	}
	if equal != len(d.studies) {
		return fmt.Errorf("%d of %d exported masks equal the saved labels", equal, len(d.studies))
	}
	d.say("exported as nnU-Net dataset and read back: masks equal")
	return nil
}

// retrain fine-tunes, prints the table and leaves the pictures.
func (d *Demo) retrain(ctx context.Context) error {
	job := protocol.FinetuneJob{Project: d.project.Dir(), Base: "baseline", Steps: d.Steps, Seed: 1}
	s, err := d.Jobs.Run(ctx, protocol.Job{Finetune: &job}, d.Emit)
	if err != nil {
		return fmt.Errorf("fine-tuning: %w", err)
	}
	if err := d.Trained(s); err != nil {
		return err
	}
	for i, sample := range s.Finetune.Samples {
		if err := d.pictures(ctx, i+1, sample); err != nil {
			return fmt.Errorf("writing pictures: %w", err)
		}
	}
	d.say("pictures: %s", filepath.Join(d.Out, "slice-*-before.png, -after.png, -reference.png"))
	return nil
}

// pictures writes one slice as the current model, the new one and the reference label it.
func (d *Demo) pictures(ctx context.Context, n int, s protocol.Sample) error {
	v, err := d.project.Voxels(ctx, s.Study)
	if err != nil {
		return err
	}
	for name, labels := range map[string][]byte{
		"before": s.Current, "after": s.New,
		"reference": s.Reference,
	} {
		picture := viewer.Snapshot(v.Geometry, v.Slice(s.Z), labels,
			viewer.WindowLevel{Center: -600, Width: 1500}, viewer.DefaultStyle(), 768)
		path := filepath.Join(d.Out, fmt.Sprintf("slice-%d-%s.png", n, name))
		if err := atomicfile.WriteFile(path,
			func(w io.Writer) error {
				return imaging.Encode(w, picture,
					imaging.PNG)
			}); err != nil {
			return err
		}
	}
	return nil
}
