package deident

import (
	"slices"
	"strings"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/object"
)

type element = dicom.Element

// work is the processing of one object.
type work struct {
	*Remover
	patient string
	// secrets holds the names and numbers of persons and places in the object, in lower case. Text
	// that contains one of them is not kept, wherever it is.
	secrets []string
}

// set processes a set and all sequences in it.
func (w *work) set(in object.Set) object.Set {
	var out object.Set
	for _, e := range in.Elements {
		if kept := w.element(e, w.profile.find(e.Tag)); kept != nil {
			out.Elements = append(out.Elements, kept)
		}
	}
	return out
}

// element returns what replaces e, or nil if e is dropped.
func (w *work) element(e *element, r rule) *element {
	if !fits(e, r.vr) {
		return w.replace(e, r)
	}
	switch {
	case e.Tag == tag.PatientID:
		return object.Text(e.Tag, w.Pseudonym(w.patient))
	case e.Tag == tag.PatientName:
		return object.Text(e.Tag, w.Pseudonym(w.patient)+"^")
	case r.content:
		return object.Items(e.Tag, w.content(e)...)
	case r.date && w.dates == ShiftDates:
		if moved, ok := w.moved(e, r.vr); ok {
			return moved
		}
	case r.text:
		if all := texts(e); len(all) > 0 && !slices.ContainsFunc(all, func(s string) bool {
			return !w.vocabulary.harmless(s, r.keyword) || w.secret(s)
		}) {
			return e
		}
	case r.vr == "SQ" && (r.action == keep || r.action == remap):
		return w.sequence(e)
	case r.vr == "UI" && r.action != drop:
		return w.uids(e)
	case r.action == keep:
		if !isText(r.vr) || !slices.ContainsFunc(texts(e), w.secret) {
			return e
		}
		r.action = dummy
	}
	return w.replace(e, r)
}

// replace removes e, empties it or gives it a value without information.
func (w *work) replace(e *element, r rule) *element {
	switch {
	case r.action == drop || r.action == keep || r.action == remap:
		return nil
	case r.vr == "SQ" && r.action == empty:
		return object.Items(e.Tag)
	case r.vr == "SQ" && strings.HasSuffix(r.keyword, "CodeSequence"):
		return object.Items(e.Tag, object.Code("removed", "99GLASSWORK", "removed"))
	case r.vr == "SQ":
		return w.sequence(e)
	case r.action == empty:
		return object.TextVR(e.Tag, r.vr)
	}
	return dummyOf(e.Tag, r.vr)
}

// dummyOf returns an element without information.
func dummyOf(t tag.Tag, vr string) *element {
	switch vr {
	case "DA":
		return object.TextVR(t, vr, "19000101")
	case "DT":
		return object.TextVR(t, vr, "19000101000000")
	case "TM":
		return object.TextVR(t, vr, "000000")
	case "AS":
		return object.TextVR(t, vr, "000Y")
	case "CS", "AE":
		return object.TextVR(t, vr, "REMOVED")
	case "OB", "OW", "UN":
		return object.Bytes(t, vr, []byte{0, 0})
	case "DS", "IS":
		return object.TextVR(t, vr, "0")
	}
	return object.TextVR(t, vr, "removed")
}

// sequence processes the items of e.
func (w *work) sequence(e *element) *element {
	var items []object.Set
	for _, item := range (object.Set{Elements: []*element{e}}).Items(e.Tag) {
		items = append(items, w.set(item))
	}
	return object.Items(e.Tag, items...)
}

func (w *work) uids(e *element) *element {
	all := texts(e)
	for i := range all {
		all[i] = w.UID(all[i])
	}
	return object.Text(e.Tag, all...)
}

// content cleans the items of structured content (PS3.15 E.3.4). It keeps codes, numbers,
// references, containers and text of harmless words. It removes names, dates and other text, each
// with the items below it.
func (w *work) content(e *element) []object.Set {
	var items []object.Set
	for _, item := range (object.Set{Elements: []*element{e}}).Items(e.Tag) {
		switch item.Text(tag.ValueType) {
		case "PNAME", "DATE", "TIME", "DATETIME", "":
			continue
		case "TEXT":
			if kept := w.set(item); kept.Has(tag.TextValue) {
				items = append(items, kept)
			}
		default:
			items = append(items, w.set(item))
		}
	}
	return items
}

// secret reports whether s contains something that identifies.
func (w *work) secret(s string) bool {
	s = strings.ToLower(s)
	return slices.ContainsFunc(w.secrets, func(secret string) bool {
		return strings.Contains(s, secret)
	})
}

// shortest is the least length of a name or number that is looked for in other values.
const shortest = 4

// secrets collects the names of persons and places and the numbers of patients from all levels.
func (r *Remover) secrets(s object.Set) []string {
	var all []string
	for _, e := range s.Elements {
		for _, item := range (object.Set{Elements: []*element{e}}).Items(e.Tag) {
			all = append(all, r.secrets(item)...)
		}
		rule := r.profile.find(e.Tag)
		if !identifies(rule) {
			continue
		}
		for _, value := range texts(e) {
			parts := []string{value}
			if rule.vr == "PN" {
				parts = strings.FieldsFunc(value, func(c rune) bool { return c == '^' || c == '=' })
			}
			for _, part := range parts {
				if part = strings.ToLower(strings.TrimSpace(part)); len([]rune(part)) >= shortest {
					all = append(all, part)
				}
			}
		}
	}
	return all
}

// identifies reports whether the values of an attribute must not occur anywhere else.
func identifies(r rule) bool {
	switch r.keyword {
	case "PatientID", "OtherPatientIDs", "IssuerOfPatientID", "AccessionNumber", "StudyID",
		"AdmissionID", "PatientAddress",
		"PatientTelephoneNumbers", "InstitutionName", "InstitutionAddress", "MedicalRecordLocator",
		"RequestedProcedureID":
		return true
	}
	return r.vr == "PN"
}

// texts returns the values of a text element, or nil for any other element.
func texts(e *element) []string { return object.Set{Elements: []*element{e}}.Texts(e.Tag) }
