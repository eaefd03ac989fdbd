// Package deident removes from DICOM objects what tells whose they are, by the Basic
// Application Level Confidentiality Profile of PS3.15 annex E. The profile is a table
// (profile.txt); what stands in no row is dropped, so that attributes yet to be
// invented cannot leak. Pixels are copied as they are.
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

// Dates says what becomes of dates.
type Dates uint8

const (
	// ShiftDates moves all dates of a patient by the same number of days, which only the key
	// tells: intervals stay what they were.
	ShiftDates Dates = iota
	// RemoveDates removes them, or writes 1 January 1900 where a date has to be.
	RemoveDates
)

// farthestShift is by how many days dates are moved at most, always into the past.
const farthestShift = 3650

// Remover takes identities out of objects. The same key gives the same patient, study and
// instance the same new names, today and in every later export; nobody without the key can
// tell which they were. A Remover is safe for concurrent use.
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

// Apply returns o without what identifies a person, a device or a place. o stays as it is;
// the result reads its pixels from the same file. Warnings are sentences about what
// could not be looked at. An error says, as a clause, why nothing is left to export.
func (r *Remover) Apply(o *object.Object) (*object.Object, []string, error) {
	if err := exportable(o); err != nil {
		return nil, nil, err
	}
	w := &work{Remover: r, patient: patient(o.Set), secrets: r.secrets(o.Set)}
	set := w.set(o.Set)
	set.Put(r.statement()...)
	if strings.HasPrefix(set.Text(tag.SOPClassUID), reports) {
		// type 2 in reports alone
		set.Put(object.Items(tag.ReferencedPerformedProcedureStepSequence))
	}
	out := &object.Object{Set: set, TransferSyntax: o.TransferSyntax, Pixels: o.Pixels}
	return out, warnings(o), nil
}

// statement says in the object itself what was done (PS3.15 E.1.1, PS3.16 CID 7050).
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

// UID returns the new name of a UID. Those that the standard itself defines stay.
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

// shift is the number of days by which a patient's dates move into the past.
func (r *Remover) shift(id string) int {
	return 1 + int(binary.BigEndian.Uint32(r.sum("dates", id))%farthestShift)
}

func (r *Remover) sum(purpose, text string) []byte {
	h := hmac.New(sha256.New, r.key)
	h.Write([]byte(purpose + "\x00" + text))
	return h.Sum(nil)
}

// patient is what tells patients apart: the ID, or the study where there is none.
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

// exportable refuses what would lose what it is for.
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
	return fmt.Errorf("it is neither an image nor a structure set nor a report (SOP class %.64s)",
		class)
}

// warnings tell of identities that may be part of the picture (PS3.15 E.3.1).
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

// burnedIn says why text may be burned into the picture, "" if nothing speaks for it.
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
