package dicom

import (
	"errors"
	"fmt"
	"slices"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/internal/walk"
	"glasswork/dataset/dicom/object"
)

// maxFrames bounds the number of frames. It is more than files have: 30 phases of the widest
// detector. Each takes 4 kB while frames are sorted.
const maxFrames = 10_000

// manyFrames reports whether h may hold more than one image. Its geometry is then in functional
// groups, if anywhere.
func (h *header) manyFrames() bool { return h.frames > 1 || h.enhanced() }

// enhanced reports whether h is of a class whose objects consist of frames.
func (h *header) enhanced() bool {
	return h.sopClass == uidEnhancedCT || h.sopClass == uidLegacyEnhancedCT
}

// images returns the slices that the file of h holds, or h itself if it holds only one. refused
// says in clauses which of them are not offered.
func (h *header) images(data walk.DataSet) (images []*header, refused []string, err error) {
	needsObject := h.manyFrames() || h.modalityLUT && !h.hasRescale ||
		h.pixels.Tag != walk.PixelData
	if !needsObject {
		return []*header{h}, nil, nil
	}
	o, err := object.OfDataSet(data)
	if err != nil {
		return nil, nil, err
	}
	if err := h.fillFromObject(o.Set); err != nil {
		return nil, nil, err
	}
	if !h.manyFrames() {
		return []*header{h}, nil, nil
	}
	return h.splitFrames(o.Set)
}

// splitFrames makes a header for every frame from the functional groups of o.
func (h *header) splitFrames(o object.Set) (images []*header, refused []string, err error) {
	shared, own := o.Item(tag.SharedFunctionalGroupsSequence),
		o.Items(tag.PerFrameFunctionalGroupsSequence)
	if len(own) > 0 && len(own) != h.frames {
		return nil, nil, fmt.Errorf("it describes %d frames and holds %d", len(own), h.frames)
	}
	if len(own) == 0 {
		own = make([]object.Set, h.frames)
	}
	localizers := 0
	for i, groups := range own {
		f := *h
		f.frame = i
		if h.frames > 1 { // several frames cannot have the same position
			f.hasPosition = false
		}
		f.fillGroups(shared)
		f.fillGroups(groups)
		if f.isLocalizer() {
			localizers++
			continue
		}
		images = append(images, &f)
	}
	if localizers > 0 {
		refused = append(refused, fmt.Sprintf("%d of its %d frames %s (scout views), not slices",
			localizers, h.frames, plural(localizers, "is a localizer", "are localizers")))
	}
	return images, refused, nil
}

// fillGroups copies what functional groups say about a frame (PS3.3 C.7.6.16.2 and C.8.15.3).
func (h *header) fillGroups(groups object.Set) {
	h.setMeasures(groups.Item(tag.PixelMeasuresSequence))
	h.setPosition(groups.Item(tag.PlanePositionSequence))
	h.setOrientation(groups.Item(tag.PlaneOrientationSequence))
	values := groups.Item(tag.PixelValueTransformationSequence)
	h.setRescale(values.Number(tag.RescaleSlope), values.Number(tag.RescaleIntercept))
	if unit := values.Text(tag.RescaleType); unit != "" {
		h.unit = unit
	}
	h.setHounsfield(groups)
	h.fillFrameOrigin(groups)
	content := groups.Item(tag.FrameContentSequence)
	h.inStack = content.Int(tag.InStackPositionNumber, h.inStack)
}

// fillFromObject copies what only some files have: a lookup table for HU, and units.
func (h *header) fillFromObject(o object.Set) error {
	h.setHounsfield(o)
	if h.pixels.Tag != walk.PixelData {
		h.setFloatPadding(o)
	}
	if !h.modalityLUT || h.hasRescale {
		return nil
	}
	var err error
	table := o.Item(tag.ModalityLUTSequence)
	h.unit = table.Text(tag.ModalityLUTType)
	h.lut, err = readLookup(table)
	return err
}

// setHounsfield applies a real world value mapping in Hounsfield units if there is no rescale
// (PS3.3 C.7.6.16.2.11). Other mappings do not give HU.
func (h *header) setHounsfield(o object.Set) {
	for _, m := range o.Items(tag.RealWorldValueMappingSequence) {
		unit := m.Item(tag.MeasurementUnitsCodeSequence).Text(tag.CodeValue)
		if unit == "[hnsf'U]" && !h.hasRescale {
			h.setRescale(m.Number(tag.RealWorldValueSlope), m.Number(tag.RealWorldValueIntercept))
		}
	}
}

// setFloatPadding copies the floating-point value that means "no data".
func (h *header) setFloatPadding(o object.Set) {
	value, limit := tag.FloatPixelPaddingValue, tag.FloatPixelPaddingRangeLimit
	if h.pixels.Tag == walk.DoublePixels {
		value, limit = tag.DoubleFloatPixelPaddingValue, tag.DoubleFloatPixelPaddingRangeLimit
	}
	if p, ok := o.Number(value).Get(); ok {
		q := o.Number(limit).Or(p)
		h.hasPadding, h.floatPadding = true, [2]float64{min(p, q), max(p, q)}
	}
}

// isLocalizer reports whether the image is a scout view.
func (h *header) isLocalizer() bool {
	return slices.ContainsFunc(h.imageType, func(kind string) bool {
		return slices.Contains([]string{"LOCALIZER", "SCOUT", "SURVIEW", "TOPOGRAM"}, kind)
	})
}

// lookup is a modality lookup table (PS3.3 C.11.1.1). values holds the outputs for stored values
// from first on. Values outside the table take the nearest output.
type lookup struct {
	first  int
	values []int
}

// at returns the output for stored value v.
func (l *lookup) at(v int) int { return l.values[min(max(v-l.first, 0), len(l.values)-1)] }

// readLookup reads the table of an item of a Modality LUT Sequence.
func readLookup(item object.Set) (*lookup, error) {
	errUnusable := errors.New("the lookup table that gives its HU is damaged")
	descriptor, values := item.Ints(tag.LUTDescriptor), item.Ints(tag.LUTData)
	if len(descriptor) != 3 {
		return nil, errUnusable
	}
	if packed := item.Bytes(tag.LUTData); len(values) == 0 {
		for ; len(packed) >= 2; packed = packed[2:] {
			values = append(values, int(packed[0])|int(packed[1])<<8)
		}
	}
	entries := int(uint16(descriptor[0]))
	if entries == 0 {
		entries = 1 << 16
	}
	if descriptor[2] == 8 && len(values) == (entries+1)/2 { // two entries in each word
		words := values
		values = nil
		for _, w := range words {
			values = append(values, w&0xFF, w>>8&0xFF)
		}
	}
	if len(values) < entries {
		return nil, errUnusable
	}
	return &lookup{first: descriptor[1], values: values[:entries]}, nil
}
