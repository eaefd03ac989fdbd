package dicom

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/dicom/internal/walk"
)

// A value representation that is not the attribute's is not believed against the bytes.
func TestWrongRepresentations(t *testing.T) {
	long := func(vr string, value string) string {
		return vr + "\x00\x00" + string(binary.LittleEndian.AppendUint32(nil,
			uint32(len(value)))) + value
	}
	short := func(vr string, value string) string {
		return vr + string(binary.LittleEndian.AppendUint16(nil, uint16(len(value)))) + value
	}
	want := []int16{-1024, -1000, 0, 976, 3071, -1023}
	intercept, rows, spacing := "\x28\x00\x52\x10", "\x28\x00\x10\x00", "\x28\x00\x30\x00"
	for name, c := range map[string]struct{ tag, instead string }{
		"intercept, text as US":   {intercept, short("US", "-1024 ")},
		"intercept, text as SS":   {intercept, short("SS", "-1024 ")},
		"intercept, text as OB":   {intercept, long("OB", "-1024 ")},
		"intercept, text as FD":   {intercept, short("FD", "-1024.00")},
		"intercept, text as LO":   {intercept, short("LO", "-1024 ")},
		"intercept as UN":         {intercept, long("UN", "-1024 ")},
		"intercept as ??":         {intercept, short("??", "-1024 ")},
		"intercept as dashes":     {intercept, short("--", "-1024 ")},
		"intercept, binary as FD": {intercept, short("FD", "\x00\x00\x00\x00\x00\x00\x90\xC0")},
		"intercept, binary as SS": {intercept, short("SS", "\x00\xFC")},
		"rows, binary as IS":      {rows, short("IS", "\x02\x00")},
		"rows, text as IS":        {rows, short("IS", "2 ")},
		"rows, binary as OW":      {rows, long("OW", "\x02\x00")},
		"rows, binary as UL":      {rows, short("UL", "\x02\x00\x00\x00")},
		"spacing, text as OB":     {spacing, long("OB", `0.5\0.7 `)},
		"spacing, text as FD":     {spacing, short("FD", `0.5\0.70`)},
		"spacing, text as SH":     {spacing, short("SH", `0.5\0.7 `)},
	} {
		b := string(slice(1).encode(walk.ExplicitLE))
		at := strings.Index(b, c.tag)
		if at < 0 {
			t.Fatalf("%s: no such element", name)
		}
		end := at + 8 + int(binary.LittleEndian.Uint16([]byte(b[at+6:])))
		folder := t.TempDir()
		save(t, folder+"/01.dcm", []byte(b[:at+4]+c.instead+b[end:]))
		r := scanDir(t, folder)
		if len(r.Series) != 1 {
			t.Errorf("%s: %q", name, r.Skipped)
			continue
		}
		s := r.Series[0]
		hu := make([]int16, 6)
		if err := s.ReadSlice(t.Context(), 0, hu); err != nil || !slices.Equal(hu, want) ||
			!s.Measurable || s.Geometry.Spacing() != [3]float64{5, 0.5, 0.7} {
			t.Errorf("%s: %v, %v, %v, %q", name, hu, err, s.Geometry.Spacing(), s.Warnings)
		}
	}
}
