package session

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"glasswork/dataset"
	"glasswork/dataset/annotation"
	"glasswork/dataset/project"
	"glasswork/dataset/volume"
)

// SegmentQuestion asks what the segments of a file are. Answer with Importing.Answer or Cancel.
type SegmentQuestion struct {
	// File is its name without the folder.
	File     string
	Segments []AskedSegment

	path    string
	foreign *annotation.Segmentation
	known   annotation.Mapping
}

// Known says that the project knows all segments and is asked all the same.
func (q SegmentQuestion) Known() bool {
	return !slices.ContainsFunc(q.Segments, func(a AskedSegment) bool { return !a.Known })
}

// AskedSegment is one segment of a SegmentQuestion.
type AskedSegment struct {
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

// readAnnotation opens a file, checks that it belongs to the study and describes its segments,
// those first that nobody has chosen for.
func readAnnotation(
	ctx context.Context, p *project.Project, st *study, path string,
) (*SegmentQuestion, error) {
	foreign, err := dataset.OpenSegmentation(ctx, path)
	if err != nil {
		return nil, err
	}
	if err := annotation.Belongs(ctx, foreign, st.series); err != nil {
		return nil, err
	}
	known, err := p.Mapping(ctx)
	if err != nil {
		return nil, err
	}
	q := &SegmentQuestion{
		File: filepath.Base(path), path: path, foreign: foreign, known: known,
	}
	for _, segment := range foreign.Segments {
		a := AskedSegment{
			Name: annotation.SegmentName(segment), ML: segment.ML, key: annotation.SegmentKey(segment),
		}
		if c := segment.Type; c.Value != "" {
			a.Code = strings.TrimSpace(fmt.Sprintf("%s (%s %s)", c.Meaning, c.Scheme, c.Value))
		}
		if a.Choice, a.Known = known.Of(segment); !a.Known {
			a.Choice = annotation.Guess(segment, foreign.Segments)
		}
		q.Segments = append(q.Segments, a)
	}
	if err := q.measure(ctx, st.Geometry); err != nil {
		return nil, err
	}
	slices.SortStableFunc(q.Segments, func(a, b AskedSegment) int { return a.rank() - b.rank() })
	return q, nil
}

// rank puts first what a person has to look at: unknown segments that may be ours, other
// unknown ones, known ones.
func (a AskedSegment) rank() int {
	switch {
	case a.Known:
		return 2
	case a.Choice == annotation.LeaveOut:
		return 1
	}
	return 0
}

// mostMeasured is how many segments are put onto the study before anything is asked.
const mostMeasured = 16

// measure finds out how much of each segment lies in the study, so that nobody is asked about
// the annotation of another one. Files of many segments say their sizes themselves.
func (q *SegmentQuestion) measure(ctx context.Context, grid volume.Geometry) error {
	if len(q.Segments) > mostMeasured {
		return nil
	}
	mask := make([]uint8, grid.Voxels())
	here := 0
	for i := range q.Segments {
		clear(mask)
		if _, err := q.foreign.Rasterise(ctx, i, grid, mask); err != nil {
			return err
		}
		n := bytes.Count(mask, []byte{1})
		q.Segments[i].ML = float64(n) * grid.VoxelML()
		here += n
	}
	if here == 0 {
		return fmt.Errorf("%s: nothing of it lies in this study; it belongs to another one", q.File)
	}
	return nil
}
