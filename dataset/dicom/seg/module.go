package seg

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/object"
	"glasswork/dataset/dicom/source"
)

const maker = "Glasswork"

// identity returns everything except the image: whose it is, what it is of, and who wrote it.
func (b *builder) identity() []*dicom.Element {
	head := b.Source.head
	taken := source.Copied(head)
	out := taken.Elements
	study, frame := taken.Text(tag.StudyInstanceUID), taken.Text(tag.FrameOfReferenceUID)
	if !object.ValidUID(study) {
		out = append(out, object.Text(tag.StudyInstanceUID, object.DeriveUID("study", b.seriesUID,
			b.Source.head.Text(tag.SOPInstanceUID))))
	}
	if !object.ValidUID(frame) { // a new one, because nothing says what else lies in it
		out = append(out, object.Text(tag.FrameOfReferenceUID,
			object.DeriveUID("frame of reference", b.seriesUID)))
	}
	description := b.Description
	if description == "" {
		description = "Segmentation"
	}
	software := b.Software
	if software == "" {
		software = "unknown"
	}
	class, label := classSegmentation, "SEGMENTATION"
	if b.LabelMap {
		class = classLabelMap
	}
	day, hour := stamp(b.Time)
	out = append(out,
		object.Text(tag.SOPClassUID, class), object.Text(tag.SOPInstanceUID, object.NewUID()),
		object.Text(tag.InstanceCreationDate, day), object.Text(tag.InstanceCreationTime, hour),
		object.Text(tag.Modality, "SEG"),
		object.Text(tag.SeriesInstanceUID, object.NewUID()),
		object.Int(tag.SeriesNumber, b.seriesNumber()),
		object.Text(tag.SeriesDate, day), object.Text(tag.SeriesTime, hour),
		object.Text(tag.SeriesDescription, description),
		object.Text(tag.Manufacturer, maker), object.Text(tag.ManufacturerModelName, maker),
		object.Text(tag.DeviceSerialNumber, "none"), object.Text(tag.SoftwareVersions, software),
		object.Int(tag.InstanceNumber, 1), object.Text(tag.ContentLabel, label),
		object.Text(tag.ContentDescription, description),
		object.Text(tag.ContentCreatorName, b.Creator), object.Text(tag.ContentDate, day),
		object.Text(tag.ContentTime, hour),
	)
	if instances := b.instances(); object.ValidUID(b.seriesUID) && len(instances) > 0 {
		out = append(out, object.Items(tag.ReferencedSeriesSequence, b.reference(instances)))
		if !slices.ContainsFunc(b.shown, b.hasSource) {
			// something has to use the reference
			out = append(out, object.Items(tag.SourceImageSequence, instances[0].reference()))
		}
	}
	return out
}

// seriesNumber returns a number that differs from that of the source series.
func (b *builder) seriesNumber() int {
	if n := b.Source.head.Int(tag.SeriesNumber, 0); n > 0 && n < 1<<20 {
		return 1000 + n
	}
	return 1000
}

func stamp(t time.Time) (day, hour string) { return t.Format("20060102"), t.Format("150405") }

// instances returns the images of the source that can be referred to, by position, each file once.
func (b *builder) instances() []*sourceImage {
	var out []*sourceImage
	seen := map[string]bool{}
	for _, im := range b.Source.all {
		if im.named() && !seen[im.instance] {
			seen[im.instance] = true
			out = append(out, im)
		}
	}
	return out
}

// reference returns the item that names the source series and its instances.
func (b *builder) reference(instances []*sourceImage) object.Set {
	items := make([]object.Set, len(instances))
	for i, im := range instances {
		items[i] = im.reference()
	}
	return object.New(object.Text(tag.SeriesInstanceUID, b.seriesUID),
		object.Items(tag.ReferencedInstanceSequence, items...))
}

// hasSource reports whether a frame was made from an image that can be referred to.
func (b *builder) hasSource(s shown) bool {
	im, _ := b.source(s.z)
	return im != nil
}

// named reports whether an image can be referred to.
func (im *sourceImage) named() bool {
	return object.ValidUID(im.class) && object.ValidUID(im.instance)
}

func (im *sourceImage) reference() object.Set {
	return object.New(object.Text(tag.ReferencedSOPClassUID, im.class),
		object.Text(tag.ReferencedSOPInstanceUID, im.instance))
}

// image returns the elements of the image itself: its form, its segments, and how its frames are
// numbered.
func (b *builder) image() []*dicom.Element {
	bits := 1
	kind := "BINARY"
	segments := make([]object.Set, 0, len(b.parts)+1)
	if b.LabelMap {
		bits, kind = 8, "LABELMAP"
		segments = append(segments, backgroundItem())
	}
	for _, p := range b.parts {
		segments = append(segments, p.item(b.seriesUID))
	}
	out := []*dicom.Element{
		object.Text(tag.ImageType, "DERIVED", "PRIMARY"),
		object.Int(tag.SamplesPerPixel, 1),
		object.Text(tag.PhotometricInterpretation, "MONOCHROME2"),
		object.Int(tag.NumberOfFrames, len(b.shown)),
		object.Int(tag.Rows, b.Labels.Size[1]), object.Int(tag.Columns, b.Labels.Size[2]),
		object.Int(tag.BitsAllocated, bits), object.Int(tag.BitsStored, bits),
		object.Int(tag.HighBit, bits-1),
		object.Int(tag.PixelRepresentation, 0),
		object.Text(tag.SegmentationType, kind), object.Text(tag.SegmentsOverlap, "NO"),
		object.Items(tag.SegmentSequence, segments...),
	}
	if b.LabelMap {
		out = append(out, object.Int(tag.PixelPaddingValue, 0))
	}
	return append(append(out, b.lossy()...), b.dimensions()...)
}

// lossy says whether the segmented images had been through lossy compression.
func (b *builder) lossy() []*dicom.Element {
	head := b.Source.head
	ratio, method := head.Floats(tag.LossyImageCompressionRatio),
		head.Texts(tag.LossyImageCompressionMethod)
	if head.Text(tag.LossyImageCompression) != "01" || len(ratio) == 0 ||
		len(ratio) != len(method) {
		return []*dicom.Element{object.Text(tag.LossyImageCompression, "00")}
	}
	return []*dicom.Element{
		object.Text(tag.LossyImageCompression, "01"),
		object.Float(tag.LossyImageCompressionRatio, ratio...),
		object.Text(tag.LossyImageCompressionMethod, method...),
	}
}

// dimensions says how frames are ordered: by segment and then position, or by position in label
// maps.
func (b *builder) dimensions() []*dicom.Element {
	organization := object.DeriveUID("dimensions", b.seriesUID, strconv.FormatBool(b.LabelMap))
	index := func(pointer, group tag.Tag, label string) object.Set {
		return object.New(object.Text(tag.DimensionOrganizationUID, organization),
			object.Int(tag.DimensionIndexPointer, int(pointer.Group), int(pointer.Element)),
			object.Int(tag.FunctionalGroupPointer, int(group.Group), int(group.Element)),
			object.Text(tag.DimensionDescriptionLabel, label))
	}
	indices := []object.Set{index(tag.ImagePositionPatient, tag.PlanePositionSequence,
		"Image Position Patient")}
	if !b.LabelMap {
		indices = slices.Insert(indices, 0, index(tag.ReferencedSegmentNumber,
			tag.SegmentIdentificationSequence, "Segment Number"))
	}
	return []*dicom.Element{
		object.Items(tag.DimensionOrganizationSequence,
			object.New(object.Text(tag.DimensionOrganizationUID, organization))),
		object.Items(tag.DimensionIndexSequence, indices...),
	}
}

// frameGroups returns the functional groups: what all frames have in common, and where each one
// lies.
func (b *builder) frameGroups() []*dicom.Element {
	first := b.Source.planeOf(b.order[0])
	measures := object.New(object.Float(tag.PixelSpacing, first.spacing[0], first.spacing[1]))
	gap, even := b.gap()
	thickness := first.thickness
	if thickness == 0 {
		thickness = gap
	}
	measures.Put(object.Float(tag.SliceThickness, thickness))
	if even {
		measures.Put(object.Float(tag.SpacingBetweenSlices, gap))
	}
	orientation := object.New(object.Float(tag.ImageOrientationPatient,
		append(first.row[:], first.column[:]...)...))
	common := object.New(object.Items(tag.PixelMeasuresSequence, measures),
		object.Items(tag.PlaneOrientationSequence, orientation))
	frames := make([]object.Set, len(b.shown))
	for i, s := range b.shown {
		frames[i] = b.frameGroup(s)
	}
	return []*dicom.Element{
		object.Items(tag.SharedFunctionalGroupsSequence, common),
		object.Items(tag.PerFrameFunctionalGroupsSequence, frames...),
	}
}

// gap returns the distance between slices in mm along the normal. even is true if all distances are
// the same.
func (b *builder) gap() (gap float64, even bool) {
	n := b.Source.planeOf(b.order[0]).normal()
	var along []float64
	for _, z := range b.order {
		along = append(along, b.Source.planeOf(z).position.Dot(n))
	}
	if len(along) < 2 {
		return b.Labels.Spacing()[0], true
	}
	gap = (along[len(along)-1] - along[0]) / float64(len(along)-1)
	for i := 1; i < len(along); i++ {
		if math.Abs(along[i]-along[i-1]-gap) > acrossPart*gap {
			return gap, false
		}
	}
	return gap, true
}

// frameGroup returns the description of one frame: its place, its segment, and the image it was
// made from.
func (b *builder) frameGroup(s shown) object.Set {
	p := b.Source.planeOf(s.z)
	values := []int{b.place[s.z]}
	if !b.LabelMap {
		values = []int{s.number, b.place[s.z]}
	}
	g := object.New(
		object.Items(tag.FrameContentSequence,
			object.New(object.Int(tag.DimensionIndexValues, values...))),
		object.Items(tag.PlanePositionSequence,
			object.New(object.Float(tag.ImagePositionPatient, p.position[:]...))),
		object.Items(tag.DerivationImageSequence), // type 2: empty if there is no image
	)
	if !b.LabelMap {
		g.Put(object.Items(tag.SegmentIdentificationSequence,
			object.New(object.Int(tag.ReferencedSegmentNumber, s.number))))
	}
	im, preserved := b.source(s.z)
	if im == nil {
		return g
	}
	from := im.reference()
	from.Put(object.Text(tag.SpatialLocationsPreserved, preserved),
		object.Items(tag.PurposeOfReferenceCodeSequence,
			object.Code("121322", "DCM", "Source image for image processing operation")))
	if im.of > 0 {
		from.Put(object.Int(tag.ReferencedFrameNumber, im.of))
	}
	derivation := object.Code("113076", "DCM", "Segmentation")
	g.Put(object.Items(tag.DerivationImageSequence,
		object.New(object.Items(tag.SourceImageSequence, from),
			object.Items(tag.DerivationCodeSequence, derivation))))
	return g
}

// source returns the image from which slice z was made, or nil if there is none that can be
// referred to. preserved says in DICOM's words whether the pixels of the image are those of the
// slice.
func (b *builder) source(z int) (im *sourceImage, preserved string) {
	im, preserved = b.Source.at[z], "YES"
	if im == nil {
		im, preserved = b.Source.near(b.Source.planeOf(z).position), "NO"
	}
	if im == nil || !im.named() {
		return nil, ""
	}
	return im, preserved
}
