// Package export writes studies with their labels in formats that other programs read.
package export

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"glasswork/dataset/dicom/deident"
	"glasswork/dataset/volume"
)

// Study is one study to write. Labels lies on the grid of CT. Reviewed and Origins are per
// slice.
type Study struct {
	Name     string
	CT       *volume.Volume
	Labels   *volume.LabelMap
	Reviewed []bool
	// Origins says who made the labels; nil if persons made them from scratch.
	Origins []Origin
	// Source is the path that its series was opened from. SeriesID identifies the series there.
	Source, SeriesID string
	// Calibrated and Measurable are copied from the series.
	Calibrated, Measurable bool
}

// Origin says who made the labels of a slice.
type Origin struct {
	// Model is the model whose proposal stands there, or stood there before a person changed it.
	// ModelVersion is its hash. Both are empty if there was none.
	Model, ModelVersion string
	// Touched says that a person changed labels.
	Touched bool
}

// Options choose what is written.
type Options struct {
	// Format is the ID of one of Formats.
	Format string
	// OnlyReviewed leaves out what no person has reviewed. Volumes stay whole and have
	// classes.NotReviewed there; arrays and pictures lack those slices.
	OnlyReviewed bool
	// Identified keeps the identities of patients in DICOM files. Otherwise they are removed
	// with Key, a secret of the project, and dates are shifted or removed as Dates says.
	Identified bool
	Key        []byte
	Dates      deident.Dates
	// Software is the version of the program that writes.
	Software string
	// Warn, if set, is called with sentences about what a person should look at.
	Warn func(sentence string)
}

func (o Options) warn(sentence string) {
	if o.Warn != nil {
		o.Warn(sentence)
	}
}

// Format is one way of writing a dataset.
type Format struct {
	// ID names it on the command line, Name in the window.
	ID, Name string
	// DICOM is true if its files can name patients.
	DICOM bool

	open func(dir string, o Options) (exporter, error)
	// target, if set, returns the folder that is written where dir was asked for.
	target func(dir string) string
}

// Formats returns all formats.
func Formats() []Format {
	return []Format{
		{ID: "nnunet", Name: "NIfTI pairs (nnU-Net raw)", open: newNNUNet, target: nnunetFolder},
		{ID: "kaggle", Name: "NPY arrays (Kaggle layout)", open: newKaggle},
		{ID: "nifti", Name: "NIfTI: CT and named labels", open: newNIfTI},
		{ID: "nrrd", Name: "NRRD: CT and .seg.nrrd for 3D Slicer", open: newNRRD},
		{ID: "png", Name: "PNG pairs: images and masks", open: newPNG},
		dicomFormat("seg", "DICOM segmentation", derived.bits),
		dicomFormat("labelmap", "DICOM segmentation as label map", derived.labelMap),
		dicomFormat("rtstruct", "DICOM RT structure set", derived.structures),
		dicomFormat("sr", "DICOM report of measurements, with segmentation", derived.report),
		{ID: "csv", Name: "Measurements as CSV", open: newCSV},
	}
}

// find returns the format of an ID.
func find(id string) (Format, error) {
	var ids []string
	for _, f := range Formats() {
		if f.ID == id {
			return f, nil
		}
		ids = append(ids, f.ID)
	}
	return Format{}, fmt.Errorf("%q is not an export format; there are %s", id,
		strings.Join(ids, ", "))
}

// exporter writes studies of one format.
type exporter interface {
	add(ctx context.Context, s Study) error
	// finish writes the files that describe the whole dataset; abandon removes unfinished files.
	finish() error
	abandon()
}

// Write writes studies below dir. An error of the sequence ends it. The folder must be new, empty,
// or hold an earlier export of the same project in the same format. That one is replaced as a
// whole, and only by an export that went to its end.
func Write(ctx context.Context, dir string, studies iter.Seq2[Study, error], o Options) error {
	format, err := find(o.Format)
	if err != nil {
		return err
	}
	if format.target != nil {
		dir = format.target(dir)
	}
	f, err := newFolder(dir, markOf(o))
	if err != nil {
		return err
	}
	defer f.drop()
	if err := format.write(ctx, f.made, studies, o); err != nil {
		return err
	}
	return f.finish()
}

// write writes studies below dir, which is empty.
func (f Format) write(
	ctx context.Context, dir string, studies iter.Seq2[Study, error], o Options,
) error {
	e, err := f.open(dir, o)
	if err != nil {
		return err
	}
	written := 0
	for s, err := range studies {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = s.validate()
		}
		if err != nil {
			e.abandon()
			return err
		}
		if o.OnlyReviewed && !slices.Contains(s.Reviewed, true) {
			continue
		}
		if err := e.add(ctx, s); err != nil {
			e.abandon()
			return err
		}
		written++
	}
	if written == 0 {
		e.abandon()
		if o.OnlyReviewed {
			return errors.New("there is nothing to export: no slice has been reviewed yet")
		}
		return errors.New("there is nothing to export: no study of the project has labels yet")
	}
	return e.finish()
}

func (s Study) validate() error {
	switch {
	case s.CT == nil || s.Labels == nil:
		return fmt.Errorf("%s cannot be exported: its voxels are not stored", s.Name)
	case len(s.Reviewed) != s.CT.Size[0] || !s.CT.SameGrid(s.Labels.Geometry):
		return fmt.Errorf("%s cannot be exported: its labels do not fit its slices", s.Name)
	}
	if err := s.Labels.Validate(); err != nil {
		return fmt.Errorf("%s cannot be exported: %w", s.Name, err)
	}
	return nil
}

// safeName turns a study's name into a file name that is not in taken, and adds it to taken.
func safeName(name string, taken map[string]bool) string {
	safe := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-':
			return r
		}
		return '_'
	}, name), "_")
	if safe == "" {
		safe = "study"
	}
	free := safe
	for i := 2; taken[strings.ToLower(free)]; i++ {
		free = fmt.Sprintf("%s-%d", safe, i)
	}
	taken[strings.ToLower(free)] = true
	return free
}
