package seg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	library "github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/classes"
	"glasswork/dataset/dicom/object"
	"glasswork/dataset/volume"
)

// Annotation is what is written as a segmentation.
type Annotation struct {
	// Labels is [z,y,x] on the grid on which Source was read.
	Labels *volume.LabelMap
	Source *Source
	// Made says who and what made a class on a slice. It is called where the class occurs. nil
	// means that persons drew everything from scratch.
	Made func(z int, c classes.Class) Made
	// Known says which classes were annotated at all; a class that was not is not described.
	// nil: all three, and lesions of unspecified kind if there are any.
	Known []classes.Class
	// Sided allows lungs to be written as right and left, if the labels show which is which. It
	// must be false if positions are assumed and not measured.
	Sided bool
	// LabelMap asks for a Label Map Segmentation instead of a binary one.
	LabelMap bool
	// Creator is the person who made the annotation, as a DICOM person name. It may be empty.
	Creator string
	// Description is the description of the series. If it is empty, it is "Segmentation".
	Description string
	// Software is the version of the program that writes it.
	Software string
	// Time is when the annotation was made. Zero means now.
	Time time.Time
}

// Build makes the object of an annotation. It has the same voxels when it is written and read
// again.
func Build(ctx context.Context, a Annotation) (*object.Object, error) {
	b, err := newBuilder(a)
	if err != nil {
		return nil, err
	}
	if err := b.split(ctx); err != nil {
		return nil, err
	}
	pixels, err := b.pixels(ctx)
	if err != nil {
		return nil, err
	}
	set := object.New(b.identity()...)
	set.Put(b.image()...)
	set.Put(b.frameGroups()...)
	set.Put(pixels)
	return &object.Object{Set: set}, nil
}

// builder builds the object of an annotation.
type builder struct {
	Annotation
	parts []*part
	// number holds the segment number of each voxel, [z,y,x]. 0 is none.
	number []uint8
	// shown holds the frames in their order: by segment, then by position.
	shown []shown
	// order holds the slices by position along the normal. place is its inverse, counted from 1.
	order, place []int
	seriesUID    string // of the source
}

// shown is one frame: a segment (0 in label maps) on a slice.
type shown struct{ number, z int }

func newBuilder(a Annotation) (*builder, error) {
	switch {
	case a.Labels == nil || a.Source == nil:
		return nil, errors.New("a segmentation needs labels and the series that they are of")
	case !a.Labels.SameGrid(a.Source.grid):
		return nil, errors.New("the labels do not lie on the grid of the series, so they cannot " +
			"be written as its segmentation")
	case a.Labels.Size[1] > math.MaxUint16 || a.Labels.Size[2] > math.MaxUint16:
		return nil, errors.New("the slices are larger than DICOM can say")
	}
	if err := a.Labels.Validate(); err != nil {
		return nil, fmt.Errorf("these labels cannot be written as DICOM: %w", err)
	}
	if a.Known == nil {
		a.Known = []classes.Class{classes.GroundGlass, classes.Consolidation, classes.LungsOther}
		if slices.Contains(a.Labels.Labels, classes.Lesion) {
			a.Known = append(a.Known, classes.Lesion)
		}
	}
	if a.Time.IsZero() {
		a.Time = time.Now()
	}
	if a.Made == nil {
		a.Made = func(int, classes.Class) Made { return Made{} }
	}
	b := &builder{Annotation: a, seriesUID: a.Source.head.Text(tag.SeriesInstanceUID)}
	n := a.Source.planeOf(0).normal()
	for z := range a.Source.at {
		b.order = append(b.order, z)
	}
	slices.SortStableFunc(b.order, func(i, j int) int {
		return cmp.Compare(a.Source.planeOf(i).position.Dot(n), a.Source.planeOf(j).position.Dot(n))
	})
	b.place = make([]int, len(b.order))
	for i, z := range b.order {
		b.place[z] = i + 1
	}
	return b, nil
}

// split decides which segments there are, and gives every voxel the number of its segment.
func (b *builder) split(ctx context.Context) error {
	var numbers [classes.Labels][3]uint8
	var lungs []run
	sided := false
	if b.Sided && slices.Contains(b.Known, classes.LungsOther) {
		lungs, sided = sides(b.Labels)
	}
	add := func(c classes.Class, s side, label string) {
		b.parts = append(b.parts, &part{
			number: len(b.parts) + 1, class: c, side: s, label: label, colour: classes.Colors()[c],
		})
		numbers[c][s] = uint8(len(b.parts))
	}
	for _, c := range b.Known {
		switch {
		case c == classes.LungsOther && sided:
			add(c, right, "lungs other, right")
			add(c, left, "lungs other, left")
		case c > classes.Background && c < classes.Labels:
			add(c, bothSides, classes.Name(c))
		}
	}
	if len(b.parts) == 0 {
		return errors.New("no class was annotated, so there is nothing to write")
	}
	b.number = make([]uint8, len(b.Labels.Labels))
	for i, c := range b.Labels.Labels {
		b.number[i] = numbers[c][bothSides]
	}
	for _, r := range lungs {
		from := (int(r.z)*b.Labels.Size[1] + int(r.y)) * b.Labels.Size[2]
		for i := from + int(r.x0); i < from+int(r.x1); i++ {
			if b.Labels.Labels[i] == classes.LungsOther {
				b.number[i] = numbers[classes.LungsOther][r.side]
			}
		}
	}
	for z := range b.Labels.Size[0] {
		if err := ctx.Err(); err != nil {
			return err
		}
		b.note(z)
	}
	return nil
}

// note records which segments occur on slice z, and who made them.
func (b *builder) note(z int) {
	n := b.Labels.SliceVoxels()
	occurs := make([]bool, len(b.parts)+1)
	for _, number := range b.number[z*n : (z+1)*n] {
		occurs[number] = true
	}
	for _, p := range b.parts {
		if occurs[p.number] {
			p.note(b.Made(z, p.class))
			b.shown = append(b.shown, shown{p.number, z})
		}
	}
}

// pixels arranges the frames and returns their pixels. In a binary segmentation each voxel takes
// one bit, frames follow each other without a gap, and the lowest bit comes first. In a label map
// each voxel takes one byte. Frames on which nothing is drawn are left out, except one if there
// would be no frame at all.
func (b *builder) pixels(ctx context.Context) (*library.Element, error) {
	if b.LabelMap {
		for i := range b.shown {
			b.shown[i].number = 0
		}
	}
	if len(b.shown) == 0 {
		b.shown = []shown{{b.parts[0].number, b.order[0]}}
		if b.LabelMap {
			b.shown[0].number = 0
		}
	}
	slices.SortFunc(b.shown, func(i, j shown) int {
		return cmp.Or(cmp.Compare(i.number, j.number), cmp.Compare(b.place[i.z], b.place[j.z]))
	})
	b.shown = slices.Compact(b.shown)
	n := b.Labels.SliceVoxels()
	size := int64(len(b.shown)) * int64(n)
	if !b.LabelMap {
		size = (size + 7) / 8
	}
	if size > math.MaxUint32-2 {
		return nil, errors.New("the segmentation would be larger than a DICOM file can be")
	}
	out := make([]byte, size)
	for k, s := range b.shown {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		slice := b.number[s.z*n : (s.z+1)*n]
		if b.LabelMap {
			copy(out[k*n:], slice)
			continue
		}
		for i, v := range slice {
			if int(v) == s.number {
				bit := k*n + i
				out[bit/8] |= 1 << (bit % 8)
			}
		}
	}
	return object.Bytes(tag.PixelData, "OB", out), nil
}
