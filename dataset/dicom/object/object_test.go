package object

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"io/fs"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/internal/walk"
	"glasswork/dataset/shared"
)

// sample returns an object with every kind of value.
func sample() *Object {
	private := tag.Tag{Group: 0x0099, Element: 0x1001}
	return &Object{Set: New(
		Text(tag.SOPClassUID, "1.2.840.10008.5.1.4.1.1.66.4"), Text(tag.SOPInstanceUID, "1.2.3"),
		Text(tag.ImageType, "DERIVED", "PRIMARY"), Text(tag.PatientName, "Müller^Jürgen=山田^太郎"),
		Text(tag.StudyDescription, `back\slash`),
		Text(tag.PatientComments, "two\nlines, back\\slash"),
		Int(tag.InstanceNumber, 7), Int(tag.Rows, 512), Int(tag.NumberOfFrames, 3),
		Float(tag.SliceThickness, 1.25), Float(tag.ImagePositionPatient, -123.45678901234, 1e-15,
			3),
		Items(tag.ReferencedSeriesSequence,
			New(Text(tag.SeriesInstanceUID, "1.2.4"), Items(tag.ReferencedInstanceSequence)),
			New(Text(tag.SeriesInstanceUID, "1.2.5"), Items(tag.ReferencedInstanceSequence,
				New(Text(tag.ReferencedSOPInstanceUID, "1.2.5.1"))))),
		TextVR(tag.Tag{Group: 0x0099, Element: 0x0010}, "LO", "GLASSWORK"),
		Bytes(private, "UN", []byte{1, 2, 3}),
		newElement(tag.Tag{Group: 0x7FE0, Element: 0x0001}, "OV", []byte("12345678")),
		newElement(tag.Tag{Group: 0x0099, Element: 0x1002}, "SV", []int{-1, 1 << 40}),
		newElement(tag.Tag{Group: 0x0099, Element: 0x1003}, "FD", []float64{0.1}),
		Bytes(tag.PixelData, "OW", []byte{1, 2, 3, 4}),
	)}
}

func encode(t testing.TB, o *Object) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := o.Encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func parse(b []byte) (*Object, error) { return Parse(bytes.NewReader(b), int64(len(b))) }

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	b := encode(t, sample())
	o, err := parse(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"several values", o.Texts(tag.ImageType), []string{"DERIVED", "PRIMARY"}},
		{"a name", o.Text(tag.PatientName), "Müller^Jürgen=山田^太郎"},
		{"a backslash where none may stand", o.Text(tag.StudyDescription), "back/slash"},
		{"a backslash where it may", o.Text(tag.PatientComments), "two\nlines, back\\slash"},
		{"an integer string", o.Int(tag.InstanceNumber, 0), 7},
		{"an unsigned short", o.Ints(tag.Rows), []int{512}},
		{"decimal strings", o.Floats(tag.ImagePositionPatient), []float64{-123.45678901234, 0, 3}},
		{"items", len(o.Items(tag.ReferencedSeriesSequence)), 2},
		{
			"an empty sequence",
			o.Item(tag.ReferencedSeriesSequence).Has(tag.ReferencedInstanceSequence), true,
		},
		{
			"an item within an item",
			o.Items(tag.ReferencedSeriesSequence)[1].Item(tag.ReferencedInstanceSequence).
				Text(tag.ReferencedSOPInstanceUID), "1.2.5.1",
		},
		{
			"padded private bytes", o.Bytes(tag.Tag{Group: 0x0099, Element: 0x1001}),
			[]byte{1, 2, 3, 0},
		},
		{"64-bit words", o.Bytes(tag.Tag{Group: 0x7FE0, Element: 0x0001}), []byte("12345678")},
		{"64-bit numbers", o.Ints(tag.Tag{Group: 0x0099, Element: 0x1002}), []int{-1, 1 << 40}},
		{"a double", o.Floats(tag.Tag{Group: 0x0099, Element: 0x1003}), []float64{0.1}},
		{"what is not there", o.Texts(tag.Modality), []string(nil)},
		{"pixels", o.Pixels.Size, int64(4)},
		{"the character set", o.Text(tag.SpecificCharacterSet), "ISO_IR 192"},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: %#v, want %#v", c.what, c.got, c.want)
		}
	}
	if again := encode(t, o); !bytes.Equal(again, b) {
		t.Error("written again it is another file")
	}
}

// element encodes one element in any syntax.
func element(s walk.Syntax, group, elem uint16, vr string, value []byte) []byte {
	order := binary.ByteOrder(binary.LittleEndian)
	if s.BigEndian {
		order = binary.BigEndian
	}
	b := make([]byte, 4, 12)
	order.PutUint16(b, group)
	order.PutUint16(b[2:], elem)
	long := make([]byte, 4)
	order.PutUint32(long, uint32(len(value)))
	switch {
	case s.Implicit:
		b = append(b, long...)
	case walk.LongForm(vr):
		b = append(append(append(b, vr...), 0, 0), long...)
	default:
		short := make([]byte, 2)
		order.PutUint16(short, uint16(len(value)))
		b = append(append(b, vr...), short...)
	}
	return append(b, value...)
}

// file returns a Part 10 file around a data set, or only the data set if bare.
func file(s walk.Syntax, bare bool, set []byte) []byte {
	if s.Deflated {
		var packed bytes.Buffer
		w, _ := flate.NewWriter(&packed, flate.BestSpeed)
		_, _ = w.Write(set)
		_ = w.Close()
		set = packed.Bytes()
	}
	if bare {
		return set
	}
	uid := s.UID
	if len(uid)%2 == 1 {
		uid += "\x00"
	}
	head := append(make([]byte, 128), "DICM"...)
	return append(append(head, element(walk.Syntax{}, 2, 0x10, "UI", []byte(uid))...), set...)
}

func TestEveryEncodingIsRead(t *testing.T) {
	for _, uid := range []string{
		walk.ImplicitLE, walk.ExplicitLE, walk.ExplicitBE, "1.2.840.10008.1.2.1.99",
	} {
		s, err := walk.FindSyntax(uid)
		if err != nil {
			t.Fatal(err)
		}
		rows := []byte{2, 0}
		pixels := []byte{1, 0, 2, 0}
		if s.BigEndian {
			swap(rows, 2)
			swap(pixels, 2)
		}
		inner := element(s, 8, 0x1150, "UI", []byte("1.2.3\x00"))
		items := append(element(walk.Syntax{Implicit: true, BigEndian: s.BigEndian}, 0xFFFE, 0xE000,
			"", inner), []byte(nil)...)
		set := element(s, 8, 5, "CS", []byte("ISO_IR 100"))
		set = append(set, element(s, 8, 0x1140, "SQ", items)...)
		set = append(set, element(s, 0x10, 0x10, "PN", []byte("M\xFCller "))...)
		set = append(set, element(s, 0x28, 0x10, "US", rows)...)
		set = append(set, element(s, 0x7FE0, 0x10, "OW", pixels)...)
		for _, bare := range []bool{false, true} {
			if bare && s.Deflated {
				continue
			}
			o, err := parse(file(s, bare, set))
			if err != nil {
				t.Errorf("%s, bare %v: %v", s.Name, bare, err)
				continue
			}
			if got := o.Text(tag.PatientName); got != "Müller" {
				t.Errorf("%s: name %q", s.Name, got)
			}
			image := o.Item(tag.ReferencedImageSequence)
			if got := image.Text(tag.ReferencedSOPClassUID); got != "1.2.3" {
				t.Errorf("%s: item %q", s.Name, got)
			}
			if o.Int(tag.Rows, 0) != 2 || o.Pixels == nil || o.Pixels.Size != 4 {
				t.Errorf("%s: %d rows, pixels %+v", s.Name, o.Int(tag.Rows, 0), o.Pixels)
			}
			o.Put(Text(tag.SOPClassUID, "1.2"), Text(tag.SOPInstanceUID, "1.2.3"))
			again, err := parse(encode(t, o))
			if err != nil {
				t.Fatal(err)
			}
			b := make([]byte, 4)
			if _, err := again.Pixels.ReadAt(b, 0); err != nil ||
				!bytes.Equal(b, []byte{1, 0, 2, 0}) {
				t.Errorf("%s: pixels written as %v, %v", s.Name, b, err)
			}
		}
	}
}

func TestCharacterSets(t *testing.T) {
	le, _ := walk.FindSyntax(walk.ExplicitLE)
	for _, c := range []struct{ set, value, want string }{
		{"", "M\xFCller", "Müller"},
		{"ISO_IR 192", "M\xC3\xBCller", "Müller"},
		{"ISO_IR 144", "\xBB\xEE", "Лю"},
		{"nonsense", "\xFF\xFE", "ÿþ"},
		{`\ISO 2022 IR 87`, "Yamada^Tarou=\x1B$B;3ED\x1B(B^\x1B$BB@O:\x1B(B", "Yamada^Tarou=山田^太郎"},
		{`\ISO 2022 IR 149`, "Hong=\x1B$)C\xFB\xF3", "Hong=洪"},
	} {
		set := element(le, 8, 5, "CS", []byte(c.set+strings.Repeat(" ", len(c.set)%2)))
		set = append(set, element(le, 0x10, 0x10, "PN",
			[]byte(c.value+strings.Repeat(" ", len(c.value)%2)))...)
		o, err := parse(file(le, false, set))
		if err != nil {
			t.Fatal(err)
		}
		if got := o.Text(tag.PatientName); got != c.want {
			t.Errorf("%s: %q, want %q", c.set, got, c.want)
		}
	}
}

// A value that is too long for its representation is written as UN, and read back as the
// representation in the dictionary.
func TestLongContours(t *testing.T) {
	long := make([]float64, 30_000)
	for i := range long {
		long[i] = float64(i) / 8
	}
	o := sample()
	o.Put(Float(tag.ContourData, long...))
	got, err := parse(encode(t, o))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Floats(tag.ContourData), long) {
		t.Error("the contour changed")
	}
}

func TestUnknownSequences(t *testing.T) {
	le, _ := walk.FindSyntax(walk.ExplicitLE)
	implicit := walk.Syntax{Implicit: true}
	item := element(implicit, 0xFFFE, 0xE000, "", element(implicit, 8, 0x1150, "UI",
		[]byte("1.2.3\x00")))
	open := append([]byte("\x08\x00\x40\x11UN\x00\x00\xff\xff\xff\xff"), item...)
	open = append(open, "\xfe\xff\xdd\xe0\x00\x00\x00\x00"...)
	closed := element(le, 8, 0x1140, "UN", item)
	for name, sequence := range map[string][]byte{"open": open, "closed": closed} {
		o, err := parse(file(le, false, append(sequence,
			element(le, 0x10, 0x20, "LO", []byte("P1"))...)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := o.Item(tag.ReferencedImageSequence).Text(tag.ReferencedSOPClassUID)
		if got != "1.2.3" || o.Text(tag.PatientID) != "P1" {
			t.Errorf("%s: item %q, patient %q", name, got, o.Text(tag.PatientID))
		}
	}
}

func TestMapLeavesItsSource(t *testing.T) {
	o := sample()
	before := encode(t, o)
	mapped := o.Map(func(e *dicom.Element) *dicom.Element {
		switch e.Tag {
		case tag.SeriesInstanceUID:
			return Text(e.Tag, "9.9")
		case tag.PatientName:
			return nil
		}
		return e
	})
	if mapped.Has(tag.PatientName) ||
		mapped.Items(tag.ReferencedSeriesSequence)[1].Text(tag.SeriesInstanceUID) != "9.9" {
		t.Error("the map was not applied")
	}
	if !bytes.Equal(encode(t, o), before) {
		t.Error("the source changed")
	}
}

func TestDecimal(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1e-15: "0", 1.25: "1.25", -123.45678901234567: "-123.45678901235",
		1234567890123456789: "1.2345678901e+18",
		-0.000012345678901:  "-1.23456789e-05",
	} {
		if got := Decimal(v); got != want || len(got) > 16 {
			t.Errorf("Decimal(%v) = %q, want %q", v, got, want)
		}
	}
}

func TestUIDs(t *testing.T) {
	a, b := DeriveUID("secret", "1.2.3"), DeriveUID("secret", "1.2.3")
	if a != b || a == DeriveUID("other", "1.2.3") || !ValidUID(a) {
		t.Errorf("derived %s and %s", a, b)
	}
	if a, b = NewUID(), NewUID(); a == b || !ValidUID(a) {
		t.Errorf("new %s and %s", a, b)
	}
	for _, s := range []string{"", "1..2", "1.02", "1.a", strings.Repeat("1.", 33) + "1"} {
		if ValidUID(s) {
			t.Errorf("%q is called a UID", s)
		}
	}
}

func TestFilesAreWrittenWholeOrNotAtAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "o.dcm")
	if err := sample().Write(path); err != nil {
		t.Fatal(err)
	}
	o, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if err := (&Object{}).Write(path); err == nil {
		t.Error("an object without identity was written")
	}
	if again, err := Read(path); err != nil || again.Text(tag.SOPInstanceUID) != "1.2.3" {
		t.Errorf("what stood there is gone: %v", err)
	}
}

// Every file of the shared data is read within 2 s and 64 MiB. What is read can be written and read
// again.
func TestFilesAtHand(t *testing.T) {
	opened := 0
	for _, folder := range []string{
		"dicom-syntaxes", "dicom-fuzz", "dicom-seg", "ct-rtstruct-sts", "ct-tilt-dcmqa",
	} {
		err := filepath.WalkDir(shared.Data(t, folder), func(path string, d fs.DirEntry,
			err error,
		) error {
			if err != nil || d.IsDir() {
				return err
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began := shared.Processor()
			o, err := Open(path)
			runtime.ReadMemStats(&after)
			if took := shared.Processor() - began; took > 2*time.Second {
				t.Errorf("%s: %v", path, took)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
				t.Errorf("%s: %d bytes allocated", path, grown)
			}
			if err != nil {
				return nil
			}
			opened++
			rewrite(t, path, o)
			return o.Close()
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if opened < 400 {
		t.Errorf("%d files opened", opened)
	}
}

// rewrite writes an object and reads it again. Nothing may be lost on the way.
func rewrite(t *testing.T, path string, o *Object) {
	t.Helper()
	if o.Pixels != nil && o.Pixels.Size > 4<<20 || !ValidUID(o.Text(tag.SOPClassUID)) ||
		!ValidUID(o.Text(tag.SOPInstanceUID)) {
		return
	}
	var b bytes.Buffer
	if err := o.Encode(&b); err != nil {
		if !strings.Contains(err.Error(), "cut short") {
			t.Errorf("%s: %v", path, err)
		}
		return
	}
	again, err := parse(b.Bytes())
	if err != nil {
		t.Errorf("%s: written and read again: %v", path, err)
		return
	}
	want := Set{o.Elements}
	want.Put(Text(tag.SpecificCharacterSet, "ISO_IR 192"))
	for _, e := range want.Elements {
		other := again.Find(e.Tag)
		if other == nil && e.Tag.Group != tag.MetadataGroup {
			t.Errorf("%s: %v was lost", path, e.Tag)
		} else if other != nil && !reflect.DeepEqual(texts(e), texts(other)) {
			t.Errorf("%s: %v was %q and became %q", path, e.Tag, texts(e), texts(other))
		}
	}
}

func FuzzParse(f *testing.F) {
	b := encode(f, sample())
	f.Add(b)
	f.Add(b[132:])
	f.Add(b[:len(b)/2])
	f.Add([]byte(nil))
	f.Add(append(b[:len(b):len(b)],
		strings.Repeat("\x08\x00\x40\x11SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff",
			400)...))
	for _, uid := range []string{
		walk.ImplicitLE, walk.ExplicitBE, "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.5",
	} {
		s, _ := walk.FindSyntax(uid)
		f.Add(file(s, false, append(element(s, 8, 5, "CS", []byte("ISO_IR 100")),
			element(s, 0x10, 0x10, "PN", []byte("M\xFC"))...)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := parse(b)
		if err != nil {
			return
		}
		o.Put(Text(tag.SOPClassUID, "1.2"), Text(tag.SOPInstanceUID, "1.2.3"))
		var out bytes.Buffer
		if err := o.Encode(&out); err != nil {
			return
		}
		if _, err := parse(out.Bytes()); err != nil {
			t.Errorf("what was read cannot be read again: %v", err)
		}
	})
}

// Objects of many frames may hold more elements, in proportion to their pixels.
func TestManyFramesAreAllowedMoreElements(t *testing.T) {
	o := sample()
	o.Put(Bytes(tag.PixelData, "OW", make([]byte, 100_000)))
	b := encode(t, o)
	data, err := walk.Find(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if n := pixelBytes(data); n != 100_000 {
		t.Errorf("%d bytes of pixels", n)
	}
	for limit, want := range map[int64]error{1000: errTooMuch, 100_000: nil} {
		if _, err := parseWithin(data, limit); !errors.Is(err, want) {
			t.Errorf("within %d: %v", limit, err)
		}
	}
}

// The estimated cost of elements is what they really take: no file allocates more than 64 MiB.
// raceDetector is true if the tests run with the race detector, which makes every allocation
// larger.
var raceDetector bool

func TestElementsCostWhatIsReckoned(t *testing.T) {
	limit := uint64(64 << 20)
	if raceDetector {
		limit += limit / 4
	}
	le, _ := walk.FindSyntax(walk.ExplicitLE)
	const many = 1 << 20
	item := element(walk.Syntax{Implicit: true}, 0xFFFE, 0xE000, "", nil)
	for name, set := range map[string][]byte{
		"empty elements": bytes.Repeat(element(le, 9, 0x1001, "LO", nil), many),
		"short texts":    bytes.Repeat(element(le, 9, 0x1001, "LO", []byte("ab")), many),
		"numbers":        bytes.Repeat(element(le, 9, 0x1001, "US", []byte("ab")), many),
		"bytes":          bytes.Repeat(element(le, 9, 0x1001, "OB", []byte("ab")), many),
		"items":          element(le, 8, 0x1140, "SQ", bytes.Repeat(item, many)),
		"a long text":    element(le, 9, 0x1001, "UT", bytes.Repeat([]byte(`\`), 40<<20)),
		"a foreign text": element(le, 9, 0x1001, "UT", bytes.Repeat([]byte{0xFF}, 11<<20)),
	} {
		b := file(le, false, set)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := parse(b)
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > limit {
			t.Errorf("%s: %d bytes allocated, %v", name, grown, err)
		}
	}
}

func TestHostileFilesAreRefused(t *testing.T) {
	le, _ := walk.FindSyntax(walk.ExplicitLE)
	many := bytes.Repeat(element(le, 9, 0x1001, "LO", nil), 1<<20)
	for name, c := range map[string]struct {
		b    []byte
		want error
	}{
		"nothing":            {nil, ErrNotDICOM},
		"another file":       {[]byte("\x89PNG\r\n\x1a\n0000000000000000"), ErrNotDICOM},
		"a million elements": {file(le, false, many), errTooMuch},
		"a length past the end": {file(le, false,
			[]byte("\x08\x00\x05\x00UT\x00\x00\xf0\xff\xff\x7f")), walk.ErrDamaged},
		"deep sequences": {file(le, false,
			[]byte(strings.Repeat("\x08\x00\x40\x11SQ\x00\x00\xff\xff\xff\xff"+
				"\xfe\xff\x00\xe0\xff\xff\xff\xff", 40))), walk.ErrDamaged},
		"an item that leaves": {
			file(le, false,
				element(le, 8, 0x1140, "SQ", []byte("\xfe\xff\x00\xe0\xf0\x00\x00\x00"))),
			walk.ErrDamaged,
		},
	} {
		if _, err := parse(c.b); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}
