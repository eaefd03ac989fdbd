package seg

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/classes"
	"glasswork/dataset/dicom/object"
)

// Hand says who made the labels of a slice.
type Hand uint8

// The hands.
const (
	// Scratch means that a person drew them.
	Scratch Hand = iota
	// Corrected means that a model proposed them and a person changed them.
	Corrected
	// Proposed means that a model proposed them and nobody changed them.
	Proposed
)

// Made says who and what made the labels of one slice.
type Made struct {
	Hand Hand
	// Model is the name of the model that proposed them, Version its hash. They are empty for
	// Scratch.
	Model, Version string
}

// part is one segment to be written: one class, or one side of it.
type part struct {
	number int
	class  classes.Class
	side   side
	colour [3]uint8
	label  string
	// hands counts slices by hand. models holds models by name and version, in the order of first
	// use.
	hands  [3]int
	models []Made
}

type side uint8

const (
	bothSides side = iota
	right
	left
)

func (s side) code() object.Set {
	if s == right {
		return object.Code("24028007", "SCT", "Right")
	}
	return object.Code("7771000", "SCT", "Left")
}

// coded returns a code of the table of classes as the item of a code sequence.
func coded(c classes.Code) object.Set { return object.Code(c.Value, c.Scheme, c.Meaning) }

// note counts a slice on which the part was drawn.
func (p *part) note(m Made) {
	p.hands[m.Hand]++
	m.Hand = Proposed
	if m.Model != "" && !slices.Contains(p.models, m) {
		p.models = append(p.models, m)
	}
}

// algorithm returns AUTOMATIC if a model proposed everything and nobody changed it, MANUAL if only
// persons drew, and SEMIAUTOMATIC otherwise.
func (p *part) algorithm() string {
	switch {
	case p.hands[Proposed] > 0 && p.hands[Corrected]+p.hands[Scratch] == 0:
		return "AUTOMATIC"
	case p.hands[Proposed]+p.hands[Corrected] == 0:
		return "MANUAL"
	}
	return "SEMIAUTOMATIC"
}

// description says in words how many slices came from whom.
func (p *part) description() string {
	var parts []string
	for hand, words := range map[Hand]string{
		Proposed: "as proposed by a model", Corrected: "corrected by a person",
		Scratch: "drawn by a person",
	} {
		if n := p.hands[hand]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s %s", n, plural(n, "slice", "slices"), words))
		}
	}
	slices.Sort(parts)
	if len(parts) == 0 {
		return "Nothing was drawn"
	}
	text := strings.Join(parts, ", ")
	for i, m := range p.models {
		if i > 0 {
			text += fmt.Sprintf("; also proposed by %s (%s)", m.Model, m.Version)
		}
	}
	return text
}

// item returns the part as an item of the Segment Sequence (PS3.3 C.8.20.2). Its tracking UID is
// derived from series, so the same class of the same series has the same UID in every export.
func (p *part) item(series string) object.Set {
	algorithm := p.algorithm()
	class := classes.Table()[p.class]
	anatomy := coded(classes.Table()[classes.LungsOther].Code)
	elements := []*dicom.Element{
		object.Int(tag.SegmentNumber, p.number),
		object.Text(tag.SegmentLabel, p.label),
		object.Text(tag.SegmentDescription, p.description()),
		object.Text(tag.SegmentAlgorithmType, algorithm),
		object.Items(tag.SegmentedPropertyCategoryCodeSequence, coded(class.Category)),
		object.Int(tag.RecommendedDisplayCIELabValue, cieLab(p.colour)...),
		object.Text(tag.TrackingID, p.label),
		object.Text(tag.TrackingUID, object.DeriveUID("tracking", series, p.label)),
	}
	kind := coded(class.Code)
	if p.side != bothSides {
		kind.Put(object.Items(tag.SegmentedPropertyTypeModifierCodeSequence, p.side.code()))
		anatomy.Put(object.Items(tag.AnatomicRegionModifierSequence, p.side.code()))
	}
	elements = append(elements, object.Items(tag.SegmentedPropertyTypeCodeSequence, kind),
		object.Items(tag.AnatomicRegionSequence, anatomy))
	if algorithm != "MANUAL" {
		name, version := "unknown model", "unknown"
		if len(p.models) > 0 {
			name, version = p.models[0].Model, p.models[0].Version
		}
		elements = append(elements, object.Text(tag.SegmentAlgorithmName, name),
			object.Items(tag.SegmentationAlgorithmIdentificationSequence, object.New(
				object.Items(tag.AlgorithmFamilyCodeSequence,
					object.Code("123110", "DCM", "Artificial Intelligence")),
				object.Text(tag.AlgorithmName, name), object.Text(tag.AlgorithmVersion, version))))
	}
	return object.New(elements...)
}

// backgroundItem returns the item for the label map's value that is not a segment (PS3.3
// C.8.20.2.3.3).
func backgroundItem() object.Set {
	return object.New(
		object.Int(tag.SegmentNumber, 0), object.Text(tag.SegmentLabel, "Background"),
		object.Text(tag.SegmentAlgorithmType, "MANUAL"),
		object.Items(tag.SegmentedPropertyCategoryCodeSequence, object.Code("309825002", "SCT",
			"Spatial and Relational Concept")),
		object.Items(tag.SegmentedPropertyTypeCodeSequence,
			object.Code("125040", "DCM", "Background")))
}

// cieLab converts an sRGB colour to CIELab as DICOM writes it (PS3.3 C.10.7.1.1). L* is from 0 to
// 100, a* and b* from −128 to 127, each scaled to 16 bits. The white point is D50. sRGB's D65 is
// adapted to it with Bradford's matrix.
func cieLab(c [3]uint8) []int {
	linear := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	r, g, b := linear(c[0]), linear(c[1]), linear(c[2])
	x := 0.4360747*r + 0.3850649*g + 0.1430804*b
	y := 0.2225045*r + 0.7168786*g + 0.0606169*b
	z := 0.0139322*r + 0.0971045*g + 0.7141733*b
	root := func(t float64) float64 {
		if t > 216.0/24389 {
			return math.Cbrt(t)
		}
		return (24389.0/27*t + 16) / 116
	}
	fx, fy, fz := root(x/0.9642), root(y), root(z/0.8249)
	scaled := func(v, low, span float64) int {
		return int(math.Round(min(max((v-low)/span, 0), 1) * 65535))
	}
	return []int{
		scaled(116*fy-16, 0, 100), scaled(500*(fx-fy), -128, 255), scaled(200*(fy-fz), -128, 255),
	}
}
