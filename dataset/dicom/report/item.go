package report

import (
	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/object"
)

// item is a content item without its value (PS3.3 C.17.3).
func item(relation, kind string, concept object.Set) object.Set {
	return object.New(object.Text(tag.RelationshipType, relation), object.Text(tag.ValueType, kind),
		object.Items(tag.ConceptNameCodeSequence, concept))
}

func code(relation string, concept, value object.Set) object.Set {
	s := item(relation, "CODE", concept)
	s.Put(object.Items(tag.ConceptCodeSequence, value))
	return s
}

func text(relation string, concept object.Set, value string) object.Set {
	s := item(relation, "TEXT", concept)
	s.Put(object.Text(tag.TextValue, value))
	return s
}

func uid(relation string, concept object.Set, value string) object.Set {
	s := item(relation, "UIDREF", concept)
	s.Put(object.Text(tag.UID, value))
	return s
}

func number(concept object.Set, value float64, unit object.Set) object.Set {
	s := item("CONTAINS", "NUM", concept)
	s.Put(object.Items(tag.MeasuredValueSequence, object.New(object.Float(tag.NumericValue, value),
		object.Items(tag.MeasurementUnitsCodeSequence, unit))))
	return s
}

func container(concept object.Set, content ...object.Set) object.Set {
	s := item("CONTAINS", "CONTAINER", concept)
	s.Put(object.Text(tag.ContinuityOfContent, "SEPARATE"),
		object.Items(tag.ContentSequence, content...))
	return s
}
