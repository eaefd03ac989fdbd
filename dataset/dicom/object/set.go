package object

import (
	"slices"
	"strings"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"
)

// Set is a data set: that of an object, or of one item of a sequence. Text elements hold one string
// in which backslashes separate values, as in the file. Texts splits it.
type Set struct {
	Elements []*dicom.Element
}

// Find returns the element of a tag, or nil if there is none.
func (s Set) Find(t tag.Tag) *dicom.Element {
	for _, e := range s.Elements {
		if e.Tag == t {
			return e
		}
	}
	return nil
}

// Has reports whether there is an element of that tag, empty or not.
func (s Set) Has(t tag.Tag) bool { return s.Find(t) != nil }

// Text returns the first value of a text element, trimmed, or "" if there is none.
func (s Set) Text(t tag.Tag) string {
	if all := s.Texts(t); len(all) > 0 {
		return all[0]
	}
	return ""
}

// Texts returns the values of a text element, each trimmed.
func (s Set) Texts(t tag.Tag) []string { return texts(s.Find(t)) }

// Bytes returns the value of an element of bytes (OB, OW, UN and so on), little endian.
func (s Set) Bytes(t tag.Tag) []byte {
	if e := s.Find(t); e != nil {
		b, _ := e.Value.GetValue().([]byte)
		return b
	}
	return nil
}

// Items returns the items of a sequence. They share their elements with s. Set.Put and Set.Remove
// on an item do not change s.
func (s Set) Items(t tag.Tag) []Set { return items(s.Find(t)) }

// Item returns the first item of a sequence, or an empty set if there is none.
func (s Set) Item(t tag.Tag) Set {
	if all := s.Items(t); len(all) > 0 {
		return all[0]
	}
	return Set{}
}

// Only returns the elements of the given tags that s has, to be copied into another set.
func (s Set) Only(tags ...tag.Tag) []*dicom.Element {
	var out []*dicom.Element
	for _, t := range tags {
		if e := s.Find(t); e != nil {
			out = append(out, e)
		}
	}
	return out
}

// Put adds elements. It replaces an element with the same tag.
func (s *Set) Put(elements ...*dicom.Element) {
	for _, e := range elements {
		i, found := slices.BinarySearchFunc(s.Elements, e.Tag,
			func(a *dicom.Element, t tag.Tag) int { return a.Tag.Compare(t) })
		if found {
			s.Elements[i] = e
			continue
		}
		s.Elements = slices.Insert(s.Elements, i, e)
	}
}

// Remove removes the elements of the given tags.
func (s *Set) Remove(tags ...tag.Tag) {
	s.Elements = slices.DeleteFunc(s.Elements, func(e *dicom.Element) bool {
		return slices.Contains(tags, e.Tag)
	})
}

// Map returns a set of the elements that f returns for those of s. f returns nil to drop one. The
// items of a sequence are mapped first. s does not change, provided that f changes no element in
// place.
func (s Set) Map(f func(e *dicom.Element) *dicom.Element) Set {
	out := Set{make([]*dicom.Element, 0, len(s.Elements))}
	for _, e := range s.Elements {
		if e.Value.ValueType() == dicom.Sequences {
			var mapped [][]*dicom.Element
			for _, item := range items(e) {
				mapped = append(mapped, item.Map(f).Elements)
			}
			e = newElement(e.Tag, e.RawValueRepresentation, mapped)
		}
		if e = f(e); e != nil {
			out.Elements = append(out.Elements, e)
		}
	}
	return out
}

func items(e *dicom.Element) []Set {
	if e == nil {
		return nil
	}
	all, _ := e.Value.GetValue().([]*dicom.SequenceItemValue)
	out := make([]Set, 0, len(all))
	for _, item := range all {
		elements, _ := item.GetValue().([]*dicom.Element)
		out = append(out, Set{elements})
	}
	return out
}

func texts(e *dicom.Element) []string {
	if e == nil {
		return nil
	}
	all, _ := e.Value.GetValue().([]string)
	joined := strings.Join(all, "\\")
	if isOneText(e.RawValueRepresentation) {
		return []string{strings.TrimRight(joined, " \x00")}
	}
	if joined == "" {
		return nil
	}
	out := strings.Split(joined, "\\")
	for i := range out {
		out[i] = strings.Trim(out[i], " \x00")
	}
	return out
}
