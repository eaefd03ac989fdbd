// Package importing enters annotation made elsewhere into the studies of a project: a file is
// read, its segments are described and asked about, and what they mark becomes entries of the
// journal. The window goes these steps one by one, Import takes them all.
package importing

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"glasswork/dataset"
	"glasswork/dataset/annotation"
	"glasswork/dataset/series"
	"glasswork/dataset/volume"
)

// File is a file of annotation and what its segments are taken for. It is immutable.
type File struct {
	// Path is the file, Name is its name without the folder.
	Path, Name string
	// Segments are in the file's order.
	Segments []Segment

	foreign *annotation.Segmentation
	known   annotation.Mapping
}

// Segment is one segment of a File.
type Segment struct {
	Name string
	// Code is what says by code what it is, such as "Liver (SCT 10200004)"; empty without one.
	Code string
	// ML is its volume; 0 where that is not known.
	ML float64
	// Choice is what was chosen before or what its name suggests; Known tells which.
	Choice annotation.Choice
	Known  bool

	key string
}

// Read reads a file of annotation. known is what was chosen for segments before. Errors are one
// sentence that names the file.
func Read(ctx context.Context, path string, known annotation.Mapping) (*File, error) {
	foreign, err := dataset.OpenSegmentation(ctx, path)
	if err != nil {
		return nil, err
	}
	return describe(path, foreign, known), nil
}

func describe(path string, foreign *annotation.Segmentation, known annotation.Mapping) *File {
	f := &File{Path: path, Name: filepath.Base(path), foreign: foreign, known: known}
	for _, segment := range foreign.Segments {
		s := Segment{
			Name: annotation.SegmentName(segment), ML: segment.ML,
			key: annotation.SegmentKey(segment),
		}
		if c := segment.Type; c.Value != "" {
			s.Code = strings.TrimSpace(fmt.Sprintf("%s (%s %s)", c.Meaning, c.Scheme, c.Value))
		}
		if s.Choice, s.Known = known.Of(segment); !s.Known {
			s.Choice = annotation.Guess(segment, foreign.Segments)
		}
		f.Segments = append(f.Segments, s)
	}
	return f
}

// Known reports whether no question about any segment is open.
func (f *File) Known() bool { return len(f.Unknown()) == 0 }

// Unknown returns the segments about which a person has to be asked, each once.
func (f *File) Unknown() (unknown []Segment) {
	for _, s := range f.Segments {
		same := func(o Segment) bool { return o.key == s.key }
		if !s.Known && !slices.ContainsFunc(unknown, same) {
			unknown = append(unknown, s)
		}
	}
	return unknown
}

// mostMeasured is how many segments are put onto a study before anything is asked.
const mostMeasured = 16

// On checks that the annotation belongs to a series. It returns the file as a person is asked
// about it there: with the volume of each segment in that study, and with the unknown segments
// first. Files of many segments keep the volumes that they name themselves.
func (f *File) On(ctx context.Context, s *series.Series) (*File, error) {
	if err := annotation.Belongs(ctx, f.foreign, s); err != nil {
		return nil, err
	}
	on := *f
	on.Segments = slices.Clone(f.Segments)
	if len(on.Segments) <= mostMeasured {
		if err := on.measure(ctx, s.Geometry); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(on.Segments, func(a, b Segment) int { return a.rank() - b.rank() })
	return &on, nil
}

// rank orders segments by what needs a person's attention: unknown ones that may be our classes,
// other unknown ones, known ones.
func (s Segment) rank() int {
	switch {
	case s.Known:
		return 2
	case s.Choice == annotation.LeaveOut:
		return 1
	}
	return 0
}

// measure computes how much of each segment lies in the study. Nobody is asked about annotation
// of another study.
func (f *File) measure(ctx context.Context, grid volume.Geometry) error {
	mask := make([]uint8, grid.Voxels())
	here := 0
	for i := range f.Segments {
		clear(mask)
		if _, err := f.foreign.Rasterise(ctx, i, grid, mask); err != nil {
			return err
		}
		n := bytes.Count(mask, []byte{1})
		f.Segments[i].ML = float64(n) * grid.VoxelML()
		here += n
	}
	if here == 0 {
		return fmt.Errorf("%s: nothing of it lies in this study; it belongs to another one", f.Name)
	}
	return nil
}

// Chosen returns what choices, in the order of Segments, add to what was known. It returns nil
// if their number differs from that of Segments.
func (f *File) Chosen(choices []annotation.Choice) annotation.Mapping {
	if len(choices) != len(f.Segments) {
		return nil
	}
	chosen := annotation.Mapping{}
	for i, s := range f.Segments {
		if !s.Known || choices[i] != s.Choice {
			chosen[s.key] = choices[i]
		}
	}
	return chosen
}

// Mark puts the segments onto grid as the classes that were chosen now or before. The error is
// one sentence, or annotation.ErrLeftOut.
func (f *File) Mark(
	ctx context.Context, chosen annotation.Mapping, grid volume.Geometry,
) (*annotation.Marked, error) {
	return annotation.Mark(ctx, f.foreign, f.known.With(chosen), grid)
}
