package codec

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

const (
	uidBaseline = "1.2.840.10008.1.2.4.50"
	uidJPEGLS   = "1.2.840.10008.1.2.4.80"
	uidJPEG2000 = "1.2.840.10008.1.2.4.90"
)

// siz returns the beginning of a JPEG 2000 codestream.
func siz(columns, rows, tile uint32, components uint16, precision byte) []byte {
	b := []byte("\xFF\x4F\xFF\x51\x00\x29\x00\x00")
	for _, v := range []uint32{columns, rows, 0, 0, tile, tile, 0, 0} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	b = binary.BigEndian.AppendUint16(b, components)
	return append(b, precision-1, 1, 1)
}

// sof returns the beginning of a JPEG picture whose frame header has the given marker.
func sof(marker byte, precision, rows, columns, components byte) []byte {
	b := []byte{
		0xFF, 0xD8, 0xFF, marker, 0, 8 + 3*components, precision, 0, rows, 0, columns, components,
	}
	return append(b, "\x01\x11\x00\x02\x11\x00\x03\x11\x00"[:3*components]...)
}

func TestFramesThatDoNotFitAreNamed(t *testing.T) {
	for _, c := range []struct {
		name, uid string
		head      []byte
		want      string // "" if it fits
	}{
		{"JPEG 2000", uidJPEG2000, siz(16, 8, 16, 1, 12), ""},
		{
			"JPEG 2000 of another size", uidJPEG2000, siz(60000, 60000, 16, 1, 12),
			"16 × 8 pixels, its JPEG 2000 data hold 60000 × 60000",
		},
		{"JPEG 2000 in colour", uidJPEG2000, siz(16, 8, 16, 3, 8), "colour"},
		{"JPEG 2000 of many bits", uidJPEG2000, siz(16, 8, 16, 1, 38), "38 bits"},
		{"JPEG 2000 without tiles", uidJPEG2000, siz(16, 8, 0, 1, 8), "tiles"},
		{"JPEG 2000 cut short", uidJPEG2000, siz(16, 8, 16, 1, 8)[:40], "end early"},
		{"no JPEG 2000", uidJPEG2000, make([]byte, 64), "do not begin"},
		{"a JP2 file cut short", uidJPEG2000, []byte("\x00\x00\x00\x0CjP  " +
			"\r\n\x87\n\x00\x00\x00\x20ftyp"), "end early"},
		{"a JP2 file with an endless box", uidJPEG2000, []byte("\x00\x00\x00\x0CjP  " +
			"\r\n\x87\n\x00\x00\x00\x00ftyp"), "no length"},
		{"JPEG-LS", uidJPEGLS, sof(0xF7, 12, 8, 16, 1), ""},
		{"JPEG-LS of another size", uidJPEGLS, sof(0xF7, 12, 9, 16, 1), "16 × 9"},
		{"JPEG-LS in colour", uidJPEGLS, sof(0xF7, 8, 8, 16, 3), "colour"},
		{"JPEG where JPEG-LS belongs", uidJPEGLS, sof(0xC0, 8, 8, 16, 1), "JPEG baseline"},
		{"JPEG", uidBaseline, sof(0xC0, 8, 8, 16, 1), ""},
		{"JPEG lossless in a file that says baseline", uidBaseline, sof(0xC3, 16, 8, 16, 1), ""},
		{"JPEG in colour", uidBaseline, sof(0xC0, 8, 8, 16, 3), "colour"},
		{"JPEG with arithmetic coding", uidBaseline, sof(0xC9, 8, 8, 16, 1), "arithmetic"},
		{"JPEG-LS where JPEG belongs", uidBaseline, sof(0xF7, 8, 8, 16, 1), "JPEG-LS"},
		{"video", "1.2.840.10008.1.2.4.102", nil, "cannot be decoded"},
	} {
		err := Check(c.uid, c.head, Shape{Rows: 8, Columns: 16, Samples: 1, BitsAllocated: 16})
		if c.want == "" && err != nil || c.want != "" && (err == nil ||
			!strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v; want %q", c.name, err, c.want)
		}
	}
	s := Shape{Rows: 8, Columns: 16, Samples: 3, BitsAllocated: 8}
	if err := Check(uidBaseline, nil, s); err == nil || !strings.Contains(err.Error(), "colour") {
		t.Errorf("three samples a pixel: %v", err)
	}
	if err := Check(uidJPEG2000, siz(16, 8, 1, 1, 8),
		Shape{Rows: 8, Columns: 16, Samples: 1}); err != nil {
		t.Errorf("128 tiles: %v", err)
	}
	if err := Check(uidJPEG2000, siz(512, 512, 1, 1, 8), Shape{
		Rows: 512, Columns: 512, Samples: 1,
	}); err == nil {
		t.Error("262,144 tiles fit")
	}
}

// A frame of a few bytes cannot claim gigabytes.
func TestClaimsAreBoundedByWhatIsThere(t *testing.T) {
	s := Shape{Rows: 8192, Columns: 8192, Samples: 1, BitsAllocated: 16}
	_, err := new(Decoder).Decode(t.Context(), uidJPEG2000, siz(8192, 8192, 8192, 1, 16), s, nil)
	if err == nil || !strings.Contains(err.Error(), "too little") {
		t.Errorf("error %v", err)
	}
}

// Each scan of a progressive picture goes through all of its pixels.
func TestScansAreBounded(t *testing.T) {
	b := sof(0xC2, 8, 8, 16, 1)
	for range maxScans + 1 {
		b = append(b, "\xFF\xDA\x00\x08\x01\x01\x00\x00\x00\x00"...)
	}
	_, err := new(Decoder).Decode(t.Context(), uidBaseline, b,
		Shape{Rows: 8, Columns: 16, Samples: 1, BitsAllocated: 8}, nil)
	if err == nil || !strings.Contains(err.Error(), "129 scans") {
		t.Errorf("error %v", err)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(siz(16, 8, 16, 1, 12))
	f.Add(sof(0xF7, 12, 8, 16, 1))
	f.Add(append([]byte("\x00\x00\x00\x0CjP  "+
		"\r\n\x87\n\x00\x00\x00\x01jp2c\x00\x00\x00\x00\x00\x00\x00\x00"), siz(16, 8, 16, 1,
		12)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := Shape{Rows: 8, Columns: 16, Samples: 1, BitsAllocated: 16}
		for _, uid := range []string{uidJPEG2000, uidJPEGLS, uidBaseline, uidRLE} {
			err := Check(uid, b, s)
			if err != nil && !errors.Is(err, ErrShort) && strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("not one line: %q", err)
			}
		}
	})
}
