package walk

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

const (
	deflated    = "1.2.840.10008.1.2.1.99"
	jpegLS      = "1.2.840.10008.1.2.4.80"
	modality    = "\x08\x00\x60\x00CS\x02\x00CT"
	open        = "\xFF\xFF\xFF\xFF"
	sequence    = "\x08\x00\x40\x11SQ\x00\x00"
	item        = "\xFE\xFF\x00\xE0"
	itemEnd     = "\xFE\xFF\x0D\xE0\x00\x00\x00\x00"
	sequenceEnd = "\xFE\xFF\xDD\xE0\x00\x00\x00\x00"
)

// part10 returns a file with preamble and meta group around a data set.
func part10(uid, set string) string {
	if len(uid)%2 == 1 {
		uid += "\x00"
	}
	return strings.Repeat("\x00", 128) + "DICM" + meta10(uid) + set
}

func meta10(uid string) string {
	length := binary.LittleEndian.AppendUint16(nil, uint16(len(uid)))
	return "\x02\x00\x10\x00UI" + string(length) + uid
}

func find(s string) (DataSet, error) { return Find(strings.NewReader(s), int64(len(s))) }

func TestFind(t *testing.T) {
	implicit := "\x08\x00\x60\x00\x02\x00\x00\x00CT"
	big := "\x00\x08\x00\x60CS\x00\x02CT"
	padding := strings.Repeat("\x00", 8)
	for name, c := range map[string]struct {
		file, uid string
		start     int64
	}{
		"explicit":                  {part10(ExplicitLE, modality), ExplicitLE, 160},
		"implicit":                  {part10(ImplicitLE, implicit), ImplicitLE, 158},
		"compressed":                {part10(jpegLS, modality), jpegLS, 162},
		"meta without preamble":     {meta10(ExplicitLE+"\x00") + modality, ExplicitLE, 28},
		"no meta, explicit":         {modality + padding, ExplicitLE, 0},
		"no meta, implicit":         {implicit + padding, ImplicitLE, 0},
		"no meta, big endian":       {big + padding, ExplicitBE, 0},
		"nothing behind the header": {part10(ExplicitLE, ""), ExplicitLE, 160},
	} {
		d, err := find(c.file)
		if err != nil || d.UID != c.uid || d.Start != c.start || d.Size != int64(len(c.file)) {
			t.Errorf("%s: %v from %d to %d, %v", name, d.UID, d.Start, d.Size, err)
		}
	}
}

// The elements show how they are encoded, whatever the meta group says.
func TestSyntaxesThatAreNotTheDataSets(t *testing.T) {
	explicit := "\x08\x00\x05\x00CS\x0A\x00ISO_IR 100"
	implicit := "\x08\x00\x05\x00\x0A\x00\x00\x00ISO_IR 100"
	big := "\x00\x08\x00\x05CS\x00\x0AISO_IR 100"
	groupLength := "\x08\x00\x00\x00\x04\x00\x00\x00abcd"
	for name, c := range map[string]struct {
		declared, set, want string
		implicit, mended    bool
	}{
		"right":                      {ExplicitLE, explicit, ExplicitLE, false, false},
		"implicit called explicit":   {ExplicitLE, implicit, ImplicitLE, true, true},
		"explicit called implicit":   {ImplicitLE, explicit, ExplicitLE, false, true},
		"little called big":          {ExplicitBE, explicit, ExplicitLE, false, true},
		"implicit called big":        {ExplicitBE, implicit, ImplicitLE, true, true},
		"big called little":          {ExplicitLE, big, ExplicitBE, false, true},
		"explicit, not said":         {"", explicit, ExplicitLE, false, true},
		"implicit, not said":         {"", implicit, ImplicitLE, true, true},
		"compressed, implicit":       {jpegLS, implicit, jpegLS, true, true},
		"GE's, with big pixels":      {GEPrivate, implicit, GEPrivate, true, false},
		"a group length at the head": {ImplicitLE, groupLength, ImplicitLE, true, false},
	} {
		d, err := find(part10(c.declared, c.set))
		if err != nil || d.UID != c.want || d.Implicit != c.implicit || d.Mended != c.mended {
			t.Errorf("%s: %s, implicit %v, mended %v, %v", name, d.UID, d.Implicit, d.Mended, err)
		}
	}
	d, err := find(strings.Repeat("\x00", 128) + "DICM" + explicit)
	if err != nil || d.UID != ExplicitLE || !d.Mended {
		t.Errorf("without a meta group: %s, %v", d.UID, err)
	}
}

func TestFilesThatHaveNoDataSet(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"empty":          {"", "not a DICOM file"},
		"short":          {"DICM", "not a DICOM file"},
		"text":           {strings.Repeat("It is no CT. ", 20), "not a DICOM file"},
		"unknown syntax": {part10("1.2.3", modality), `transfer syntax "1.2.3" is unknown`},
		"no syntax": {
			part10("", strings.Repeat("\xFF", 8)), "does not name its transfer syntax",
		},
		"meta cut short": {part10(ExplicitLE, "")[:150], "damaged"},
		"open meta": {
			strings.Repeat("\x00", 128) + "DICM\x02\x00\x10\x00OB\x00\x00" + open, "damaged",
		},
		"deflated garbage": {part10(deflated, "\xFF\xFF\xFF\xFF"), "deflated data are damaged"},
	} {
		if _, err := find(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := find("It is no CT at all, is it?"); !errors.Is(err, ErrNotDICOM) {
		t.Errorf("a text gives %v", err)
	}
}

func TestDeflatedDataSetsAreInflated(t *testing.T) {
	d, err := find(part10(deflated, deflate(t, modality)))
	if err != nil || d.Start != 0 || d.Size != int64(len(modality)) {
		t.Fatalf("from %d to %d, %v", d.Start, d.Size, err)
	}
	if e, err := d.Walker().Next(0); err != nil || e.Tag != 0x0008_0060 {
		t.Errorf("element %+v, %v", e, err)
	}
	_, err = find(part10(deflated, deflate(t, strings.Repeat("\x00", MaxInflated+1))))
	if err == nil || !strings.Contains(err.Error(), "inflates to more than 64 MiB") {
		t.Errorf("a bomb gives %v", err)
	}
}

func deflate(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err == nil {
		_, err = w.Write([]byte(s))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// walker returns a walker over a data set in the given syntax.
func walker(set, uid string) *Walker {
	s, _ := FindSyntax(uid)
	return DataSet{Syntax: s, Src: strings.NewReader(set), Size: int64(len(set))}.Walker()
}

func TestNext(t *testing.T) {
	pixels := "\xE0\x7F\x10\x00OW\x00\x00\x10\x00\x00\x00\x01\x02"
	for name, c := range map[string]struct {
		set, uid string
		want     Element
	}{
		"short form": {modality, ExplicitLE, Element{0x0008_0060, "CS", 0, 8, 2}},
		"long form": {
			sequence + "\x00\x00\x00\x00", ExplicitLE, Element{0x0008_1140, "SQ", 0, 12, 0},
		},
		"implicit": {
			"\x08\x00\x60\x00\x02\x00\x00\x00CT", ImplicitLE, Element{0x0008_0060, "", 0, 8, 2},
		},
		"big endian": {
			"\x00\x08\x00\x60CS\x00\x02CT", ExplicitBE, Element{0x0008_0060, "CS", 0, 8, 2},
		},
		"rare representation": {
			"\x08\x00\x60\x00AE\x02\x00CT", ExplicitLE, Element{0x0008_0060, "AE", 0, 8, 2},
		},
		"item":              {item + open, ExplicitLE, Element{Item, "", 0, 8, UndefinedLength}},
		"pixels may be cut": {pixels, ExplicitLE, Element{PixelData, "OW", 0, 12, 16}},
		"unknown, long length": {
			"\x09\x00\x10\x10UN\x00\x00\x02\x00\x00\x00ab", ExplicitLE,
			Element{0x0009_1010, "UN", 0, 12, 2},
		},
	} {
		if e, err := walker(c.set, c.uid).Next(0); err != nil || e != c.want {
			t.Errorf("%s: %+v, %v; want %+v", name, e, err, c.want)
		}
	}
	for name, set := range map[string]string{
		"cut in its tag":      modality[:6],
		"cut in its length":   sequence + "\x00\x00",
		"longer than the set": modality[:len(modality)-1],
		"no representation":   "\x08\x00\x60\x00\x02\x00\x00\x00CT",
	} {
		if e, err := walker(set, ExplicitLE).Next(0); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
}

func TestSkip(t *testing.T) {
	inner := sequence + open + item + open + modality + itemEnd + sequenceEnd
	implicit := "\x08\x00\x60\x00\x02\x00\x00\x00CT"
	for name, set := range map[string]string{
		"plain":              modality,
		"known length":       sequence + "\x08\x00\x00\x00" + item + "\x00\x00\x00\x00",
		"open":               sequence + open + sequenceEnd,
		"item of known size": sequence + open + item + "\x0A\x00\x00\x00" + modality + sequenceEnd,
		"nested": sequence + open + item + open + inner + modality + itemEnd +
			sequenceEnd,
		"fragments": "\xE0\x7F\x10\x00OB\x00\x00" + open + item + "\x02\x00\x00\x00ab" +
			sequenceEnd,
		"unknown is implicit": "\x09\x00\x10\x10UN\x00\x00" + open + item + open + implicit +
			itemEnd + sequenceEnd,
	} {
		w := walker(set+modality, ExplicitLE)
		e, err := w.Next(0)
		if err != nil {
			t.Fatal(name, err)
		}
		if off, err := w.Skip(e); err != nil || off != int64(len(set)) {
			t.Errorf("%s: behind it is %d of %d, %v", name, off, len(set), err)
		}
		if w.Implicit {
			t.Errorf("%s: the walker stays implicit", name)
		}
	}
}

func TestDamagedSequencesEndTheWalk(t *testing.T) {
	for name, set := range map[string]string{
		"no end":          sequence + open,
		"item has no end": sequence + open + item + open + modality,
		"no item":         sequence + open + modality,
		"too deep":        strings.Repeat(sequence+open+item+open, MaxDepth+2),
	} {
		w := walker(set, ExplicitLE)
		e, err := w.Next(0)
		if err != nil {
			t.Fatal(name, err)
		}
		if off, err := w.Skip(e); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %d, %v", name, off, err)
		}
	}
}

func TestBytes(t *testing.T) {
	long := strings.Repeat("0123456789", 4000)
	w := walker(long, ExplicitLE)
	for _, at := range []struct {
		off int64
		n   int
	}{{0, 8}, {4, 8}, {20_000, 10}, {10, 30_000}, {39_990, 10}, {40_000, 0}} {
		b, err := w.Bytes(at.off, at.n)
		if err != nil || string(b) != long[at.off:at.off+int64(at.n)] {
			t.Errorf("%d bytes at %d: %d bytes, %v", at.n, at.off, len(b), err)
		}
	}
	for _, at := range [][2]int64{{-1, 2}, {0, -1}, {39_999, 2}, {1 << 40, 1}} {
		if _, err := w.Bytes(at[0], int(at[1])); !errors.Is(err, ErrDamaged) {
			t.Errorf("%d bytes at %d: %v", at[1], at[0], err)
		}
	}
	short := DataSet{Src: strings.NewReader("abc"), Size: 10}.Walker() // the file shrank
	if _, err := short.Bytes(0, 8); err == nil ||
		!strings.Contains(err.Error(), "could not be read") {
		t.Errorf("a file that became shorter gives %v", err)
	}
}

func TestSyntaxes(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Syntaxes() {
		if seen[s.UID] || s.Name == "" || s.Compressed && (s.Implicit || s.Deflated ||
			s.BigEndian) {
			t.Errorf("%+v", s)
		}
		seen[s.UID] = true
	}
	for _, uid := range []string{ImplicitLE, ExplicitLE, ExplicitBE} {
		if s, err := FindSyntax(uid); err != nil || s.Compressed ||
			s.Implicit != (uid == ImplicitLE) {
			t.Errorf("%s: %+v, %v", uid, s, err)
		}
	}
}

func TestLongForm(t *testing.T) {
	long := []string{"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			vr := fmt.Sprintf("%c%c", a, b)
			if !ValidVR(vr) || LongForm(vr) != slices.Contains(long, vr) {
				t.Errorf("%s: long form %v", vr, LongForm(vr))
			}
		}
	}
}
