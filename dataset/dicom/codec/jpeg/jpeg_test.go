package jpeg

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// noisy returns a picture with plains, edges and noise that uses all of its bits.
func noisy(l lossless) lossless {
	random := rand.New(rand.NewPCG(3, uint64(l.precision)))
	l.pix = make([]uint16, l.rows*l.columns)
	for i := range l.pix {
		switch i % 11 {
		case 0, 1, 2:
			l.pix[i] = 1<<l.precision - 1
		case 3, 4:
			l.pix[i] = 0
		default:
			l.pix[i] = uint16(random.IntN(1 << l.precision))
		}
		l.pix[i] = l.pix[i] >> l.transform << l.transform
	}
	return l
}

func TestLosslessIsExact(t *testing.T) {
	for selection := 1; selection <= 7; selection++ {
		for precision := 2; precision <= 16; precision++ {
			for _, c := range []lossless{
				{rows: 7, columns: 13},
				{rows: 9, columns: 5, restartRows: 2},
				{rows: 30, columns: 1, restartRows: 1},
				{rows: 1, columns: 30, transform: 1},
				{rows: 6, columns: 6, transform: precision / 2, restartRows: 4},
			} {
				c.selection, c.precision = selection, precision
				c = noisy(c)
				b := c.encode()
				h, err := ReadHeader(b)
				if want := (Header{Lossless, c.rows, c.columns, 1, precision}); err != nil ||
					h != want {
					t.Fatalf("header %+v, %v; want %+v", h, err, want)
				}
				got := make([]uint16, len(c.pix))
				if err := Decode(got, b); err != nil || !slices.Equal(got, c.pix) {
					c.pix = nil
					t.Fatalf("%+v: %v; the pixels differ", c, err)
				}
			}
		}
	}
}

func TestDamageIsNamed(t *testing.T) {
	whole := noisy(lossless{
		rows: 8, columns: 8, precision: 12, selection: 1, restartRows: 2,
	}).encode()
	replace := func(old, by string) []byte {
		return bytes.Replace(whole, []byte(old), []byte(by), 1)
	}
	restart := bytes.Index(whole, []byte("\xFF\xD1"))
	for _, c := range []struct {
		name string
		b    []byte
		want string
	}{
		{"nothing", nil, "end early"},
		{"no picture", []byte("MZ not a picture"), "do not begin"},
		{"cut in the header", whole[:40], "end early"},
		{"cut in the pixels", whole[:restart-3], "end early"},
		{
			"no restart marker", slices.Concat(whole[:restart], []byte{0xFF, 0xD5},
				whole[restart+2:]), "restart marker",
		},
		{"selection value 0", replace("\xFF\xDA\x00\x08\x01\x01\x00\x01",
			"\xFF\xDA\x00\x08\x01\x01\x00\x00"), "selection value 0"},
		{
			"another table", replace("\xFF\xDA\x00\x08\x01\x01\x00",
				"\xFF\xDA\x00\x08\x01\x01\x20"), "Huffman table is missing",
		},
		{"arithmetic coding", replace("\xFF\xC3", "\xFF\xCB"), "arithmetic"},
		{"hierarchical", replace("\xFF\xC3", "\xFF\xC7"), "hierarchical"},
		{
			"another size", replace("\xFF\xC3\x00\x0B\x0C\x00\x08", "\xFF\xC3\x00\x0B\x0C\x00\x09"),
			"8 × 9",
		},
		{"17 bits", replace("\xFF\xC3\x00\x0B\x0C", "\xFF\xC3\x00\x0B\x11"), "no 17 bits"},
		{
			"13 bits with a DCT", replace("\xFF\xC3\x00\x0B\x0C", "\xFF\xC1\x00\x0B\x0D"),
			"no 13 bits",
		},
		{
			"restarts within a row", replace("\xFF\xDD\x00\x04\x00\x10",
				"\xFF\xDD\x00\x04\x00\x11"), "not a whole number of rows",
		},
		{"too many codes", replace("\x00\x00\x00\x00\x0F", "\x09\x00\x00\x00\x0F"), "more codes"},
		{"no pixels", slices.Concat(whole[:bytes.Index(whole, []byte("\xFF\xDA"))],
			[]byte{0xFF, markerEOI}), "end early"},
	} {
		err := Decode(make([]uint16, 64), c.b)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.name, err, c.want)
		}
	}
	if _, err := ReadHeader(whole[:40]); !errors.Is(err, ErrShort) {
		t.Errorf("a header cut short: %v", err)
	}
}

// seeds returns pictures of every process. Those with a DCT are written by hand in a few bytes,
// with a Huffman table of 2 bits per code.
func seeds() [][]byte {
	var out [][]byte
	for s := 1; s <= 7; s++ {
		out = append(out, noisy(lossless{
			rows: 8, columns: 8, precision: 2 * s, selection: s, restartRows: s % 3,
			transform: s % 2,
		}).encode())
	}
	table := "\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	for _, sof := range []string{"\xC1", "\xC2"} {
		b := "\xFF\xD8\xFF\xDB\x00\x43\x00" + strings.Repeat("\x01", 64) +
			"\xFF\xC4\x00\x16\x00" + table + "\x00\x04\x0B" + "\xFF\xC4\x00\x16\x10" + table +
			"\x00\x21\x01" +
			"\xFF" + sof + "\x00\x0B\x0C\x00\x08\x00\x08\x01\x01\x11\x00"
		if sof == "\xC1" {
			b += "\xFF\xDA\x00\x08\x01\x01\x00\x00\x3F\x00" + "\x5A\x5A\x5A\x5A"
		} else {
			b += "\xFF\xDA\x00\x08\x01\x01\x00\x00\x00\x01\x5A" +
				"\xFF\xDA\x00\x08\x01\x01\x00\x01\x3F\x01\x68" +
				"\xFF\xDA\x00\x08\x01\x01\x00\x00\x00\x10\x5A" +
				"\xFF\xDA\x00\x08\x01\x01\x00\x01\x3F\x10\x73"
		}
		out = append(out, []byte(b+"\xFF\xD9"))
	}
	return out
}

func TestSeedsAreDecoded(t *testing.T) {
	for i, b := range seeds() {
		if err := Decode(make([]uint16, 64), b); err != nil {
			t.Errorf("seed %d: %v", i, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, b := range seeds() {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := ReadHeader(b)
		if err != nil || h.Rows*h.Columns > 1<<16 {
			return
		}
		pix := make([]uint16, h.Rows*h.Columns)
		if err := Decode(pix, b); err != nil {
			if strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("not one line: %q", err)
			}
			return
		}
		if h.Process == Lossless {
			return // differences may leave the range of the precision, which the standard allows
		}
		if highest := slices.Max(pix); highest>>h.Precision != 0 {
			t.Errorf("%d in %d bits", highest, h.Precision)
		}
	})
}

func BenchmarkLossless(b *testing.B) {
	for _, selection := range []int{1, 7} {
		c := lossless{
			rows: 512, columns: 512, precision: 12, selection: selection,
			pix: make([]uint16, 1<<18),
		}
		random := rand.New(rand.NewPCG(1, 1))
		for i := range c.pix {
			c.pix[i] = uint16(1000 + i%512 + random.IntN(20))
		}
		stream := c.encode()
		b.Run(fmt.Sprintf("selection%d", selection), func(b *testing.B) {
			b.SetBytes(1 << 19)
			for b.Loop() {
				if err := Decode(c.pix, stream); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
