package dicom

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/shared"
)

// If BitsStored and HighBit contradict each other, the bits of the pixels decide.
func TestWhereTheStoredBitsLie(t *testing.T) {
	pixels := func(of func(v int) int) []byte { // values 0, 100, 200 … 3900
		var all []int
		for v := 0; v < 4000; v += 100 {
			all = append(all, of(v))
		}
		return words(all...)
	}
	right := func(v int) int { return v }
	left := func(v int) int { return v << 4 }
	var want, signed []int16
	for v := 0; v < 4000; v += 100 {
		want, signed = append(want, int16(v-1024)), append(signed, int16(v-2048))
	}
	high15, signed15 := file{tagHighBit: uint16(15)}, file{
		tagHighBit: uint16(15), tagSigned: uint16(1), tagIntercept: "0",
	}
	for _, c := range []struct {
		name    string
		changes file
		pixels  []byte
		want    []int16 // nil: not checked
		warning string
	}{
		{"as it should be", nil, pixels(right), want, ""},
		{"high bit 15, values at the bottom", high15, pixels(right), want, "lowest 12 bits"},
		{"high bit 15, values at the top", high15, pixels(left), want, ""},
		{
			"high bit 15, bits everywhere", high15,
			pixels(func(v int) int { return v<<4 | 7 }), want,
			"do not show which is right",
		},
		{
			"high bit 15, nothing but air", high15, pixels(func(int) int { return 0 }), nil,
			"do not show which is right",
		},
		{"high bit 11, values at the top", nil, pixels(left), want, "highest 12 bits"},
		{
			"high bit 11, rubbish above", nil, pixels(func(v int) int { return v | 0xA000 }), want,
			"have bits above the 12",
		},
		{"high bit 13", file{tagHighBit: uint16(13)}, pixels(right), want, "lowest 12 bits"},
		{
			"signed, its sign extended", signed15, pixels(func(v int) int { return v - 2048 }),
			signed, "lowest 12 bits",
		},
		{
			"signed at the top", signed15,
			pixels(func(v int) int { return (v - 2048) << 4 }), signed, "",
		},
		{
			"signed, high bit 11",
			file{tagSigned: uint16(1), tagIntercept: "0"},
			pixels(func(v int) int { return v - 2048 }), signed, "",
		},
		{
			"padding above the stored bits", high15.with(file{tagPadding: uint16(0xF830)}),
			slices.Concat(words(0xF830), pixels(right)[2:]),
			slices.Concat([]int16{-1024}, want[1:]), "lowest 12 bits",
		},
	} {
		var files []file
		for z := range 3 {
			files = append(files, slice(float64(5*z)).with(c.changes).with(file{
				tagRows: uint16(1), tagColumns: uint16(40), tagPixelData: c.pixels,
			}))
		}
		s := one(t, dir(t, files...))
		v, err := s.Read(t.Context())
		if err != nil || c.want != nil && !slices.Equal(v.Slice(1), c.want) {
			t.Errorf("%s: %v, %v", c.name, v.Slice(1), err)
		}
		if w := strings.Join(s.Warnings, " "); !strings.Contains(w, c.warning) ||
			c.warning == "" && w != "" {
			t.Errorf("%s: %q", c.name, s.Warnings)
		}
	}
}

func TestCaseOfTheHighBit(t *testing.T) {
	s := one(t, shared.Path(t, "cases", "36-high-bit-of-another-time", "study"))
	v, err := s.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if low, high := slices.Min(v.HU), slices.Max(v.HU); low != -1000 || high != 1011 {
		t.Errorf("HU %d to %d", low, high)
	}
	if !strings.Contains(fmt.Sprint(s.Warnings), "High Bit") {
		t.Errorf("%q", s.Warnings)
	}
}
