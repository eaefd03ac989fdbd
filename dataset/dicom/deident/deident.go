// Package deident removes from DICOM objects what identifies a person. It follows the Basic
// Application Level Confidentiality Profile of PS3.15 annex E. The profile is a table
// (profile.txt). Attributes without a row are removed, so that those of future editions cannot
// leak. Pixels are copied unchanged.
package deident

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/object"
)

// Dates says what happens to dates.
type Dates uint8

const (
	// ShiftDates moves all dates of a patient by the same number of days, so intervals do not
	// change. Only the key determines the number.
	ShiftDates Dates = iota
	// RemoveDates removes them, or writes 1 January 1900 where a date is required.
	RemoveDates
)

// farthestShift is the largest number of days by which dates are moved, always into the past.
const farthestShift = 3650

// Remover removes identities from objects. With the same key, the same patient, study and instance
// always get the same new names, also in later exports. Nobody without the key can tell who or what
// they were. A Remover is safe for concurrent use.
type Remover struct {
	key        []byte
	dates      Dates
	profile    profile
	vocabulary vocabulary
}

// New returns a Remover. key is a secret of at least 16 bytes, such as a project's.
func New(key []byte, dates Dates) (*Remover, error) {
	if len(key) < 16 {
		return nil, errors.New("the key for new names is too short to keep them secret")
	}
	p, err := parseProfile(profileText)
	if err != nil {
		return nil, err
	}
	return &Remover{key: key, dates: dates, profile: p, vocabulary: newVocabulary()}, nil
}

// Apply returns o without what identifies a person, a device or a place. o does not change. The
// result reads its pixels from the same file. Warnings are sentences about what could not be
// checked. An error is a clause that says why nothing can be exported.
func (r *Remover) Apply(o *object.Object) (*object.Object, []string, error) {
	if err := exportable(o); err != nil {
		return nil, nil, err
	}
	w := &work{Remover: r, patient: patient(o.Set), secrets: r.secrets(o.Set)}
	set := w.set(o.Set)
	set.Put(r.statement()...)
	if strings.HasPrefix(set.Text(tag.SOPClassUID), reports) {
		// type 2 in reports only
		set.Put(object.Items(tag.ReferencedPerformedProcedureStepSequence))
	}
	out := &object.Object{Set: set, TransferSyntax: o.TransferSyntax, Pixels: o.Pixels}
	return out, warnings(o), nil
}

// statement returns the elements that say in the object itself what was done (PS3.15 E.1.1, PS3.16
// CID 7050).
func (r *Remover) statement() []*element {
	codes := []object.Set{
		object.Code("113100", "DCM", "Basic Application Confidentiality Profile"),
		object.Code("113105", "DCM", "Clean Descriptors Option"),
		object.Code("113104", "DCM", "Clean Structured Content Option"),
	}
	temporal := "REMOVED"
	if r.dates == ShiftDates {
		temporal = "MODIFIED"
		codes = append(codes, object.Code("113107", "DCM", "Retain Longitudinal Temporal "+
			"Information Modified Dates Option"))
	}
	return []*element{
		object.Text(tag.PatientIdentityRemoved, "YES"),
		object.Text(tag.DeidentificationMethod, "Glasswork: PS3.15 Basic Profile, options in the "+
			"code sequence"),
		object.Items(tag.DeidentificationMethodCodeSequence, codes...),
		object.Text(tag.LongitudinalTemporalInformationModified, temporal),
	}
}

// UID returns the new name of a UID. UIDs that the standard itself defines do not change.
func (r *Remover) UID(uid string) string {
	if uid == "" || strings.HasPrefix(uid, "1.2.840.10008.") {
		return uid
	}
	return object.DeriveUID(string(r.sum("uid", uid)))
}

// Pseudonym returns the name that stands for a patient ID.
func (r *Remover) Pseudonym(id string) string {
	return "GW-" + base32.StdEncoding.EncodeToString(r.sum("patient", id))[:12]
}

// shift returns the number of days by which a patient's dates move into the past.
func (r *Remover) shift(id string) int {
	return 1 + int(binary.BigEndian.Uint32(r.sum("dates", id))%farthestShift)
}

func (r *Remover) sum(purpose, text string) []byte {
	h := hmac.New(sha256.New, r.key)
	h.Write([]byte(purpose + "\x00" + text))
	return h.Sum(nil)
}

// patient returns what distinguishes patients: the ID, or the study if there is no ID.
func patient(s object.Set) string {
	if id := s.Text(tag.PatientID); id != "" {
		return id
	}
	return s.Text(tag.StudyInstanceUID)
}

const (
	structureSet = "1.2.840.10008.5.1.4.1.1.481.3"
	reports      = "1.2.840.10008.5.1.4.1.1.88."
	secondary    = "1.2.840.10008.5.1.4.1.1.7"
)

// exportable refuses objects that cannot be identified or cleaned.
func exportable(o *object.Object) error {
	class := o.Text(tag.SOPClassUID)
	switch {
	case !object.ValidUID(class) || !object.ValidUID(o.Text(tag.SOPInstanceUID)):
		return errors.New("it does not say what it is (SOP Class UID and SOP Instance UID)")
	case o.Has(tag.EncapsulatedDocument):
		return errors.New("it holds a document of another format, in which identities cannot be " +
			"found")
	case o.Pixels != nil || o.Has(tag.PixelData), class == structureSet,
		strings.HasPrefix(class, reports):
		return nil
	}
	return fmt.Errorf("it is not an image, a structure set or a report (SOP class %.64s)",
		class)
}

// warnings reports identities that may be part of the picture (PS3.15 E.3.1).
func warnings(o *object.Object) []string {
	var all []string
	if o.Pixels == nil {
		return nil
	}
	if why := burnedIn(o); why != "" {
		all = append(all, why+"; look at it before you pass it on.")
	}
	for _, e := range o.Elements {
		if e.Tag.Group&0xFF00 == 0x6000 && e.Tag.Element == 0x0102 && o.Int(e.Tag, 0) != 0 {
			all = append(all, "This image keeps an overlay among the bits of its pixels, where "+
				"it was left; look at it before you pass it on.")
		}
	}
	return all
}

// burnedIn returns why text may be burned into the picture, or "" if nothing suggests it.
func burnedIn(o *object.Object) string {
	class, marked := o.Text(tag.SOPClassUID), strings.ToUpper(o.Text(tag.BurnedInAnnotation))
	imageType := o.Texts(tag.ImageType)
	derived := len(imageType) > 0 && imageType[0] == "DERIVED" && o.Text(tag.Modality) != "SEG" &&
		o.Text(tag.Manufacturer) != "Glasswork"
	switch {
	case marked == "NO":
		return ""
	case marked == "YES":
		return "The image says that text is burned into it"
	case class == secondary || strings.HasPrefix(class, secondary+"."):
		return "This is a secondary capture and may show the patient's name"
	case derived:
		return "This image was derived from others and does not say whether text is burned into it"
	}
	return ""
}
