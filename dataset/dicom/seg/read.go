package seg

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/annotation"
	"glasswork/dataset/classes"
	"glasswork/dataset/dicom/object"
)

const (
	largestSide = 1 << 14 // pixels
	maxFrames   = 1 << 16 // 65,536, more than any segmentation has
)

// kind says how pixels state the segment that they belong to.
type kind uint8

const (
	ofBits kind = iota // BINARY: one frame per segment and slice, one bit per pixel
	// FRACTIONAL: one frame per segment and slice, a fraction of maximum per pixel
	ofFractions
	ofLabels // LABELMAP: one frame per slice, pixels are segment numbers
)

// frames is the rasteriser of a segmentation. It holds the frames in memory as they are stored.
type frames struct {
	kind          kind
	rows, columns int
	bits          int // of a stored pixel: 1, 8 or 16
	maximum       int // the largest value of a fraction
	background    int // the label that is not a segment
	list          []frame
	// numbers holds the numbers of segments, in the order of Segmentation.Segments.
	numbers []int
	// instances holds the SOP Instance UIDs that the object refers to.
	instances map[string]bool
	name      string // of the file, for warnings
	series    *places
}

// frame is one frame, and where its pixels are: from bit first of data on, in the order [y,x]. The
// lowest bit of a byte comes first.
type frame struct {
	plane
	segment  int    // number, 0 in label maps
	instance string // SOP Instance UID of the image that it was drawn on, and the frame in it
	of       int
	data     []byte
	first    int
}

// Read reads the segmentation o, which is the open file at path. It may be binary, fractional (a
// voxel belongs to a segment from one half on) or a label map, compressed or not. Segments may
// overlap. The voxels are in memory afterwards, so o may be closed. Errors are clauses.
func Read(ctx context.Context, path string, o *object.Object) (*annotation.Segmentation, error) {
	if !Is(o.Set) {
		return nil, errors.New("it is DICOM, but not a segmentation (SEG)")
	}
	f, err := newFrames(o)
	if err != nil {
		return nil, err
	}
	if err := f.load(ctx, o); err != nil {
		return nil, err
	}
	f.name = baseName(path)
	s := &annotation.Segmentation{
		Path: path, Format: Format, FrameUID: o.Text(tag.FrameOfReferenceUID), Rasteriser: f,
	}
	f.references(o, s)
	if err := f.segments(o, s); err != nil {
		return nil, err
	}
	f.checkNumbers(s)
	return s, nil
}

// newFrames reads what a segmentation states about its frames and their form.
func newFrames(o *object.Object) (*frames, error) {
	f := &frames{
		rows: o.Int(tag.Rows, 0), columns: o.Int(tag.Columns, 0), bits: o.Int(tag.BitsAllocated, 0),
	}
	if err := f.setKind(o); err != nil {
		return nil, err
	}
	switch n := o.Int(tag.SamplesPerPixel, 1); {
	case f.rows <= 0 || f.columns <= 0 || f.rows > largestSide || f.columns > largestSide:
		return nil, fmt.Errorf("its frames are said to have %d × %d pixels", f.columns, f.rows)
	case n != 1:
		return nil, fmt.Errorf("its pixels have %d samples; a segmentation has one", n)
	}
	per := o.Items(tag.PerFrameFunctionalGroupsSequence)
	count := o.Int(tag.NumberOfFrames, max(len(per), 1))
	switch {
	case count < 1 || count > maxFrames:
		return nil, fmt.Errorf("it claims to have %d frames", count)
	case len(per) != count && (len(per) > 0 || count > 1):
		return nil, fmt.Errorf("it claims to have %d frames and describes %d", count, len(per))
	}
	f.list = make([]frame, count)
	shared := o.Item(tag.SharedFunctionalGroupsSequence)
	for i := range f.list {
		g := groups{shared: shared}
		if i < len(per) {
			g.own = per[i]
		}
		if count == 1 {
			g.object = o.Set
		}
		if err := f.list[i].describe(g, f.kind); err != nil {
			return nil, fmt.Errorf("frame %d: %w", i+1, err)
		}
	}
	return f, nil
}

// setKind reads how pixels are to be interpreted.
func (f *frames) setKind(o *object.Object) error {
	switch t := o.Text(tag.SegmentationType); {
	case t == "BINARY" && f.bits == 1:
		f.kind = ofBits
	case t == "FRACTIONAL" && f.bits == 8:
		f.kind = ofFractions
		if f.maximum = o.Int(tag.MaximumFractionalValue, 255); f.maximum < 1 || f.maximum > 255 {
			return fmt.Errorf("its largest fraction is said to be %d", f.maximum)
		}
	case t == "LABELMAP" && (f.bits == 8 || f.bits == 16):
		f.kind = ofLabels
	case t == "BINARY" || t == "FRACTIONAL" || t == "LABELMAP":
		return fmt.Errorf("it is a %s segmentation with %d bits a pixel, which the standard does "+
			"not know", t, f.bits)
	default:
		return fmt.Errorf("its segmentation type %.16q is unknown", t)
	}
	return nil
}

// describe reads which segment a frame shows, and where it lies.
func (f *frame) describe(g groups, k kind) error {
	f.plane = g.plane()
	source := g.item(tag.DerivationImageSequence).Item(tag.SourceImageSequence)
	f.instance, f.of = source.Text(tag.ReferencedSOPInstanceUID),
		source.Int(tag.ReferencedFrameNumber, 1)
	if k == ofLabels {
		return nil
	}
	if f.segment = g.item(tag.SegmentIdentificationSequence).Int(tag.ReferencedSegmentNumber,
		0); f.segment < 1 {
		return errors.New("it does not say which segment it shows")
	}
	return nil
}

// references notes what the segmentation says that it was drawn on.
func (f *frames) references(o *object.Object, s *annotation.Segmentation) {
	f.instances = map[string]bool{}
	series := o.Items(tag.ReferencedSeriesSequence)
	for i, item := range series {
		if i == 0 {
			s.SeriesUID = item.Text(tag.SeriesInstanceUID)
		}
		for _, instance := range item.Items(tag.ReferencedInstanceSequence) {
			f.instances[instance.Text(tag.ReferencedSOPInstanceUID)] = true
		}
	}
	for _, fr := range f.list {
		f.instances[fr.instance] = true
	}
	delete(f.instances, "")
	if len(series) > 1 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%s refers to %d series; it is matched to "+
			"the first.", f.name, len(series)))
	}
}

// segments lists the segments, without the background of a label map.
func (f *frames) segments(o *object.Object, s *annotation.Segmentation) error {
	items := o.Items(tag.SegmentSequence)
	f.background = o.Int(tag.PixelPaddingValue, backgroundOf(items))
	seen := map[int]bool{}
	for _, item := range items {
		n := item.Int(tag.SegmentNumber, -1)
		switch {
		case n < 0 || n > 1<<16-1 || n == 0 && f.kind != ofLabels:
			return fmt.Errorf("a segment has the number %d", n)
		case seen[n]:
			return fmt.Errorf("two segments have the number %d", n)
		case f.kind == ofLabels && n == f.background:
			continue
		}
		seen[n] = true
		f.numbers = append(f.numbers, n)
		s.Segments = append(s.Segments, annotation.Segment{
			Number: n, Label: item.Text(tag.SegmentLabel),
			Category: code(item.Item(tag.SegmentedPropertyCategoryCodeSequence)),
			Type:     code(item.Item(tag.SegmentedPropertyTypeCodeSequence)),
		})
	}
	if len(f.numbers) == 0 {
		return errors.New("it describes no segment")
	}
	return nil
}

// backgroundOf returns the label that is described as background, or 0 if there is none.
func backgroundOf(items []object.Set) int {
	for _, item := range items {
		if c := code(item.Item(tag.SegmentedPropertyTypeCodeSequence)); c.Value == "125040" &&
			c.Scheme == "DCM" {
			return item.Int(tag.SegmentNumber, 0)
		}
	}
	return 0
}

func code(item object.Set) classes.Code {
	value := item.Text(tag.CodeValue)
	if value == "" {
		value = item.Text(tag.LongCodeValue)
	}
	return classes.Code{
		Value: value, Scheme: item.Text(tag.CodingSchemeDesignator),
		Meaning: item.Text(tag.CodeMeaning),
	}
}

// checkNumbers warns of pixels that belong to a segment that is not described.
func (f *frames) checkNumbers(s *annotation.Segmentation) {
	known := map[int]bool{f.background: f.kind == ofLabels}
	for _, n := range f.numbers {
		known[n] = true
	}
	foreign := map[int]bool{}
	for i := range f.list {
		if f.kind != ofLabels {
			foreign[f.list[i].segment] = true
			continue
		}
		for v := range f.values(&f.list[i]) {
			foreign[v] = true
		}
	}
	left := 0
	for n := range foreign {
		if !known[n] {
			left++
		}
	}
	if left > 0 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%s shows %d %s that it does not describe; "+
			"they are left out.", f.name, left, plural(left, "segment", "segments")))
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// endOfFile returns, as a clause, why pixels could not be read.
func endOfFile(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it has become shorter since it was opened")
	}
	return fmt.Errorf("its pixels could not be read: %w", err)
}
