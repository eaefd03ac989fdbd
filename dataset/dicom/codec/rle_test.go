package codec

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

const uidRLE = "1.2.840.10008.1.2.5"

// packRLE packs samples of size bytes as PS3.5 annex G describes: either a run, or up to 128
// literal bytes at a time.
func packRLE(samples []byte, size int) []byte {
	head := binary.LittleEndian.AppendUint32(nil, uint32(size))
	head = append(head, make([]byte, 60)...)
	out := head
	for i := range size {
		binary.LittleEndian.PutUint32(out[4+4*i:], uint32(len(out)))
		var plane []byte
		for at := size - 1 - i; at < len(samples); at += size {
			plane = append(plane, samples[at])
		}
		for len(plane) > 0 {
			run := 1
			for run < len(plane) && run < 128 && plane[run] == plane[0] {
				run++
			}
			if run > 1 {
				out = append(out, byte(257-run), plane[0])
			} else {
				for run < len(plane) && run < 128 && plane[run] != plane[run-1] {
					run++
				}
				out = append(append(out, byte(run-1)), plane[:run]...)
			}
			plane = plane[run:]
		}
		if len(out)%2 == 1 {
			out = append(out, 0)
		}
	}
	return out
}

func TestRLEIsExact(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, bits := range []int{1, 8, 16, 32} {
		s := Shape{Rows: 9, Columns: 31, Samples: 1, BitsAllocated: bits}
		samples := make([]byte, s.nativeBytes())
		for i := range samples {
			samples[i] = byte(random.IntN(256) * (i / 50 % 2))
		}
		f, err := new(Decoder).Decode(t.Context(), uidRLE, packRLE(samples, max(bits/8, 1)), s, nil)
		if err != nil || !bytes.Equal(f.Samples, samples) || f.Bits != bits || f.Precision != 0 {
			t.Errorf("%d bits: %v, %d bits, precision %d; the samples differ: %v", bits, err,
				f.Bits, f.Precision, !bytes.Equal(f.Samples, samples))
		}
	}
}

func TestDamagedRLEIsNamed(t *testing.T) {
	s := Shape{Rows: 4, Columns: 4, Samples: 1, BitsAllocated: 16}
	whole := packRLE(make([]byte, 32), 2)
	change := func(at int, v byte) []byte {
		b := slices.Clone(whole)
		b[at] = v
		return b
	}
	for _, c := range []struct {
		name string
		b    []byte
		want string
	}{
		{"header cut short", whole[:63], "end early"},
		{"three segments", change(0, 3), "3 segments"},
		{"no segments", change(0, 0), "0 segments"},
		{"a segment in the header", change(4, 60), "outside"},
		{"segments that overlap", change(4, 200), "outside"},
		{"a segment behind the end", change(8, 250), "outside"},
		{"too few bytes", whole[:len(whole)-2], "0 of 16"},
		{
			"only the code that says nothing", append(slices.Clone(whole[:66]), 128, 128, 128, 128),
			"segment 2 holds 0",
		},
	} {
		if _, err := new(Decoder).Decode(t.Context(), uidRLE, c.b, s, nil); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.name, err, c.want)
		}
	}
}

func FuzzRLE(f *testing.F) {
	f.Add(packRLE(make([]byte, 32), 2), 4, 4, 16)
	f.Add(packRLE([]byte("any bytes, some the same: aaaaaaaa"), 1), 2, 17, 8)
	f.Add(packRLE(make([]byte, 2), 1), 3, 5, 1)
	f.Fuzz(func(t *testing.T, b []byte, rows, columns, bits int) {
		if rows < 1 || columns < 1 || rows > 256 || columns > 256 ||
			!slices.Contains([]int{1, 8, 16, 32}, bits) {
			return
		}
		s := Shape{Rows: rows, Columns: columns, Samples: 1, BitsAllocated: bits}
		if got, err := new(Decoder).Decode(t.Context(), uidRLE, b, s, nil); err == nil &&
			len(got.Samples) != s.nativeBytes() {
			t.Errorf("%d bytes of %d", len(got.Samples), s.nativeBytes())
		}
	})
}
