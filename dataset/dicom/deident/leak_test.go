package deident

import (
	"bytes"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/object"
	"glasswork/dataset/shared"
)

var testKey = []byte("sixteen bytes or more of a secret")

func remover(t testing.TB, dates Dates) *Remover {
	t.Helper()
	r, err := New(testKey, dates)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// header encodes an object without its pixels. Pixels are copied, and they may hold any four bytes
// by chance.
func header(t testing.TB, o *object.Object) []byte {
	t.Helper()
	bare := *o
	bare.Pixels, bare.Elements = nil, nil
	for _, e := range o.Elements {
		if e.Tag.Group != 0x7FE0 {
			bare.Elements = append(bare.Elements, e)
		}
	}
	var b bytes.Buffer
	if err := bare.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// values sorts the text values of s, on all levels, into those of attributes that the profile keeps
// and those of other attributes.
func values(r *Remover, s object.Set, kept, removed map[string]bool) {
	for _, e := range s.Elements {
		rule := r.profile.find(e.Tag)
		for _, item := range (object.Set{Elements: []*element{e}}).Items(e.Tag) {
			values(r, item, kept, removed)
		}
		for _, v := range texts(e) {
			switch {
			case rule.action == keep,
				rule.vr == "UI" && strings.HasPrefix(v, "1.2.840.10008."),
				rule.vr == "TM" && rule.date && r.dates == ShiftDates,
				rule.text && r.vocabulary.harmless(v, rule.keyword):
				kept[v] = true
			default:
				removed[v] = true
			}
		}
	}
}

// leaks returns the removed values of at least four characters that occur in b. It ignores those
// that also occur in kept attributes or in what is written into every file. A value of digits alone
// must stand by itself, because a UID or a coordinate may hold any digits.
func leaks(r *Remover, source object.Set, b []byte) (found []string) {
	kept, removed := map[string]bool{}, map[string]bool{}
	values(r, source, kept, removed)
	for _, ours := range []string{
		"REMOVED", "removed", "000000", "19000101", "ISO_IR 192", "MODIFIED",
		"Glasswork: PS3.15 Basic Profile, options in the code sequence",
	} {
		kept[ours] = true
	}
	for v := range removed {
		if len([]rune(v)) >= shortest && !within(kept, v) && occurs(b, v) {
			found = append(found, v)
		}
	}
	return found
}

func within(kept map[string]bool, v string) bool {
	for k := range kept {
		if strings.Contains(k, v) {
			return true
		}
	}
	return false
}

func occurs(b []byte, v string) bool {
	const numeric = "0123456789.+-eE"
	number := strings.Trim(v, numeric) == ""
	for at := 0; ; at++ {
		i := bytes.Index(b[at:], []byte(v))
		if i < 0 {
			return false
		}
		at += i
		end := at + len(v)
		within := at > 0 && strings.IndexByte(numeric, b[at-1]) >= 0 ||
			end < len(b) && strings.IndexByte(numeric, b[end]) >= 0
		if !number || !within {
			return true
		}
	}
}

func TestNothingRemovedOccursInRealFiles(t *testing.T) {
	root := shared.Data(t)
	cleaned, refused := 0, 0
	removers := []*Remover{remover(t, ShiftDates), remover(t, RemoveDates)}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		o, err := object.Open(path)
		if err != nil {
			return nil
		}
		defer o.Close()
		for _, r := range removers {
			clean, _, err := r.Apply(o)
			if err != nil {
				refused++
				return nil
			}
			cleaned++
			if found := leaks(r, o.Set, header(t, clean)); len(found) > 0 {
				t.Errorf("%s: of what was removed these occur: %q", path, found)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d cleaned, %d refused", cleaned/2, refused)
	if cleaned < 400 {
		t.Errorf("only %d files were cleaned", cleaned/2)
	}
}

// marker returns a value that occurs nowhere else and fits the representation, or nil if that can
// hold none.
func marker(t tag.Tag, vr string) *element {
	word := fmt.Sprintf("Q%04XZ%04X", t.Group, t.Element)
	n := int(t.Group)*65536 + int(t.Element)
	switch vr {
	case "DA":
		return object.TextVR(t, vr, fmt.Sprintf("1%03d%02d%02d", 700+n%97, 1+n/97%12, 1+n%28))
	case "DT":
		return object.TextVR(t, vr, fmt.Sprintf("1%03d%02d%02d112233.4567", 600+n%89, 1+n/89%12,
			1+n%28))
	case "TM":
		return object.TextVR(t, vr, fmt.Sprintf("%02d%02d%02d.%06d", n%24, n%60, n%59, n%999983))
	case "AS":
		return object.TextVR(t, vr, fmt.Sprintf("%03dY", n%999))
	case "UI":
		return object.TextVR(t, vr, fmt.Sprintf("1.3.6.%d.%d", t.Group, t.Element))
	case "DS", "IS":
		return object.TextVR(t, vr, fmt.Sprint(n))
	case "OB", "OW", "UN":
		return object.Bytes(t, vr, []byte(word+"."))
	case "US", "UL", "FL", "FD":
		return nil
	case "SQ":
		return object.Items(t, object.New(object.TextVR(tag.PatientComments, "LT", word),
			object.TextVR(tag.CodeMeaning, "LO", word+"M"),
			object.TextVR(tag.Tag{Group: 0x0029, Element: 0x1010}, "LO", word+"P")))
	}
	return object.TextVR(t, vr, word)
}

// marked returns a CT with markers in every attribute of the profile that is not kept, in private
// attributes and in unknown ones.
func marked(r *Remover) object.Set {
	var all []*element
	for n, rule := range r.profile {
		t := tag.Tag{Group: uint16(n >> 16), Element: uint16(n)}
		if rule.action == keep || t.Group == 0x0002 || t.Group == 0 || t.Element == 0 ||
			t == tag.EncapsulatedDocument || rule.content ||
			rule.vr == "SQ" && rule.action == remap {
			continue
		}
		if e := marker(t, rule.vr); e != nil {
			all = append(all, e)
		}
	}
	for _, odd := range []struct {
		group, element uint16
		vr             string
	}{
		{0x0009, 0x0010, "LO"},
		{0x0009, 0x1001, "UN"},
		{0x0009, 0x1002, "SQ"},
		{0x0019, 0x0010, "LO"},
		{0x0019, 0x10A0, "PN"},
		{0x0010, 0xFFF0, "UN"},
		{0x0018, 0xFFF0, "LO"},
		{0x5000, 0x3000, "OW"},
		{0x50F2, 0x2500, "LO"},
		{0x6000, 0x3000, "OW"},
		{0x6002, 0x4000, "LT"},
		{0x60FE, 0x0022, "LO"},
		{0xFFFC, 0xFFFC, "OB"},
		{0x7FDF, 0x1010, "OB"},
	} {
		all = append(all, marker(tag.Tag{Group: odd.group, Element: odd.element}, odd.vr))
	}
	return object.New(all...)
}

// identified returns an object of a class with what it needs besides markers.
func identified(class string, s object.Set) *object.Object {
	s.Put(object.Text(tag.SOPClassUID, class), object.Text(tag.Modality, "CT"))
	return &object.Object{Set: s}
}

const ctImage = "1.2.840.10008.5.1.4.1.1.2"

func TestNothingRemovedOccursInMarkedObjects(t *testing.T) {
	for _, dates := range []Dates{ShiftDates, RemoveDates} {
		r := remover(t, dates)
		for name, inside := range map[string]func(s object.Set) object.Set{
			"top": func(s object.Set) object.Set { return s },
			"in a kept sequence": func(s object.Set) object.Set {
				return object.New(object.Items(tag.ReferencedSeriesSequence, s,
					object.New(object.Items(tag.ReferencedInstanceSequence, s))))
			},
			"in functional groups": func(s object.Set) object.Set {
				return object.New(object.Items(tag.PerFrameFunctionalGroupsSequence, s))
			},
			"in structured content": func(s object.Set) object.Set {
				item := object.New(s.Elements...)
				item.Put(object.Text(tag.ValueType, "CONTAINER"))
				text := object.New(s.Elements...)
				text.Put(object.Text(tag.ValueType, "TEXT"),
					object.Text(tag.TextValue, "Seen by Dr Qwertz"))
				item.Put(object.Items(tag.ContentSequence, text))
				return object.New(object.Items(tag.ContentSequence, item))
			},
		} {
			source := inside(marked(r))
			if !source.Has(tag.SOPInstanceUID) {
				source.Put(object.Text(tag.SOPInstanceUID, "1.3.6.1"))
			}
			o := identified(ctImage, source)
			o.Put(object.Bytes(tag.PixelData, "OW", []byte{1, 2}))
			o = again(t, o)
			clean, _, err := r.Apply(o)
			if err != nil {
				t.Fatal(err)
			}
			b := header(t, clean)
			if found := leaks(r, o.Set, b); len(found) > 0 {
				t.Errorf("%s: these occur: %q", name, found)
			}
			for _, m := range []string{
				"Q0009Z", "Q0019Z", "QFFFCZ", "Q5000Z", "Q6000Z", "Q6002Z", "Q7FDFZ", "Q0010ZFFF0",
				"Q0018ZFFF0", "Qwertz",
			} {
				if bytes.Contains(b, []byte(m)) {
					t.Errorf("%s: %s occurs", name, m)
				}
			}
		}
	}
}

// again writes an object and reads it, so that it is what a file would be.
func again(t testing.TB, o *object.Object) *object.Object {
	t.Helper()
	var b bytes.Buffer
	if err := o.Encode(&b); err != nil {
		t.Fatal(err)
	}
	out, err := object.Parse(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
