package source

import (
	"regexp"
	"strings"
	"time"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/object"
)

// required returns the type 2 elements of patient, study and frame of reference that an object
// takes over from its source (PS3.3 C.7.1.1, C.7.2.1, C.7.4.1). They are empty if the source lacks
// them.
func required() []tag.Tag {
	return []tag.Tag{
		tag.PatientName, tag.PatientID, tag.PatientBirthDate, tag.PatientSex,
		tag.StudyDate, tag.StudyTime, tag.ReferringPhysicianName, tag.StudyID, tag.AccessionNumber,
		tag.PositionReferenceIndicator,
	}
}

// optional returns the elements that are taken over if the source has them (also C.7.2.2).
func optional() []tag.Tag {
	return []tag.Tag{
		tag.IssuerOfPatientID, tag.StudyInstanceUID, tag.StudyDescription, tag.FrameOfReferenceUID,
		tag.PatientAge, tag.PatientSize, tag.PatientWeight, tag.TimezoneOffsetFromUTC,
		tag.PatientIdentityRemoved, tag.DeidentificationMethod,
		tag.DeidentificationMethodCodeSequence,
		tag.LongitudinalTemporalInformationModified,
	}
}

// Copied returns the elements of patient, study and frame of reference that an object takes over
// from head. Values that break the rules of their representation would make the new object invalid.
// They are mended if that only shortens them, and left out otherwise.
func Copied(head object.Set) object.Set {
	var out object.Set
	for _, t := range required() {
		if e := conforming(head.Find(t)); e != nil {
			out.Put(e)
		} else {
			out.Put(object.Text(t))
		}
	}
	for _, t := range optional() {
		if e := conforming(head.Find(t)); e != nil &&
			(len(head.Texts(t)) > 0 || len(head.Items(t)) > 0) {
			out.Put(e)
		}
	}
	// PS3.3 C.7.1.1: an object whose identity was removed must say how.
	if out.Text(tag.PatientIdentityRemoved) == "YES" && !out.Has(tag.DeidentificationMethod) &&
		!out.Has(tag.DeidentificationMethodCodeSequence) {
		out.Put(object.Text(tag.DeidentificationMethod, "not stated by the source images"))
	}
	return out
}

// forms returns the patterns that values of some representations must match (PS3.5 6.2).
func forms() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"TM": regexp.MustCompile(`^([01]\d|2[0-3])([0-5]\d([0-5]\d|60)?(\.\d{1,6})?)?$`),
		"AS": regexp.MustCompile(`^\d{3}[DWMY]$`),
		"CS": regexp.MustCompile(`^[A-Z0-9_ ]{1,16}$`),
		"DS": regexp.MustCompile(`^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$`),
	}
}

// conforming returns e, or a copy whose values follow the rules of their representation (PS3.5
// 6.2). It returns nil if there is none.
func conforming(e *dicom.Element) *dicom.Element {
	if e == nil {
		return nil
	}
	if _, ok := e.Value.GetValue().([]string); !ok {
		return e
	}
	values, vr := object.New(e).Texts(e.Tag), e.RawValueRepresentation
	form := forms()[vr]
	for i, v := range values {
		switch vr {
		case "CS":
			v = strings.ToUpper(v)
		case "AS": // 22Y
			v = strings.Repeat("0", max(4-len(v), 0)) + v
		}
		_, notDate := time.Parse("20060102", v)
		switch {
		case values[i] == "":
		case vr == "DA" && notDate != nil, vr == "UI" && !object.ValidUID(v), vr == "DS" &&
			len(v) > 16, form != nil && !form.MatchString(v):
			return nil
		default:
			values[i] = v
		}
	}
	if len(values) > 1 && (form != nil || vr == "DA" || vr == "UI") {
		values = values[:1] // the elements that are copied hold one value
	}
	return object.TextVR(e.Tag, vr, values...)
}
