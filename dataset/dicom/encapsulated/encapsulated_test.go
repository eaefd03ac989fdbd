package encapsulated

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// pixels returns encapsulated pixel data: the offset table and the fragments.
func pixels(table []uint32, fragments ...string) []byte {
	var offsets []byte
	for _, o := range table {
		offsets = binary.LittleEndian.AppendUint32(offsets, o)
	}
	out := item(string(offsets))
	for _, f := range fragments {
		out = append(out, item(f)...)
	}
	return append(out, "\xFE\xFF\xDD\xE0\x00\x00\x00\x00"...)
}

func item(value string) []byte {
	out := binary.LittleEndian.AppendUint32([]byte("\xFE\xFF\x00\xE0"), uint32(len(value)))
	return append(out, value...)
}

// frames reads all frames of b as text.
func frames(b []byte, n int) ([]string, error) {
	d, err := Read(bytes.NewReader(b), 0, int64(len(b)))
	if err != nil {
		return nil, err
	}
	spans, err := d.Frames(n)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, s := range spans {
		f, err := Bytes(bytes.NewReader(b), s, nil)
		if err != nil {
			return nil, err
		}
		out = append(out, string(f))
	}
	return out, nil
}

const soi = "\xFF\xD8\xFF"

func TestFramesAreFound(t *testing.T) {
	for _, c := range []struct {
		name string
		b    []byte
		n    int
		want []string
	}{
		{"one fragment", pixels(nil, "ab"), 1, []string{"ab"}},
		{"one frame in three fragments", pixels(nil, "ab", "cd", "ef"), 1, []string{"abcdef"}},
		{"full table", pixels([]uint32{0, 20}, "ab", "cd", "ef"), 2, []string{"abcd", "ef"}},
		{
			"table of one frame in two fragments", pixels([]uint32{0}, "ab", "cd"), 1,
			[]string{"abcd"},
		},
		{
			"table that points between fragments", pixels([]uint32{0, 11}, soi+"b", soi+"d"), 2,
			[]string{soi + "b", soi + "d"},
		},
		{"table that goes backwards", pixels([]uint32{20, 0}, "ab", "cd"), 2, []string{"ab", "cd"}},
		{
			"table with huge offsets", pixels([]uint32{0, 1<<32 - 8}, "ab", "cd"), 2,
			[]string{"ab", "cd"},
		},
		{"table of too few frames", pixels([]uint32{0}, "ab", "cd"), 2, []string{"ab", "cd"}},
		{"empty fragments are none", pixels(nil, "", "ab", "", "cd", ""), 2, []string{"ab", "cd"}},
		{
			"JPEG by its start", pixels(nil, soi+"a", "b", "c", soi+"d", "e"), 2,
			[]string{soi + "abc", soi + "de"},
		},
		{
			"JPEG 2000 by its start", pixels(nil, "\xFF\x4F\xFF\x51a", "b", "\xFF\x4F\xFF\x51c"), 2,
			[]string{"\xFF\x4F\xFF\x51ab", "\xFF\x4F\xFF\x51c"},
		},
		{"RLE by its start", pixels(nil, "\x02\x00\x00\x00\x40\x00\x00\x00", "b",
			"\x02\x00\x00\x00\x40\x00\x00\x00"), 2, []string{
			"\x02\x00\x00\x00\x40\x00\x00\x00b", "\x02\x00\x00\x00\x40\x00\x00\x00",
		}},
		{"no delimiter", bytes.TrimSuffix(pixels(nil, "ab", "cd"),
			[]byte("\xFE\xFF\xDD\xE0\x00\x00\x00\x00")), 2, []string{"ab", "cd"}},
	} {
		if got, err := frames(c.b, c.n); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
}

func TestExtendedOffsetTable(t *testing.T) {
	b := pixels(nil, "abc\x00", "de")
	table := int64(len(b))
	for _, n := range []uint64{0, 12, 3, 2} { // two offsets, two lengths
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	d, err := Read(bytes.NewReader(b), 0, int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.SetExtended(Span{table, 16}, Span{table + 16, 16}); err != nil {
		t.Fatal(err)
	}
	spans, err := d.Frames(2)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"abc", "de"} {
		if got, err := Bytes(bytes.NewReader(b), spans[i], nil); err != nil || string(got) != want {
			t.Errorf("frame %d: %q, %v; want %q", i, got, err, want)
		}
	}
}

func TestDamageIsNamed(t *testing.T) {
	long := item("ab")
	long[4] = 200
	open := item("ab")
	copy(open[4:], "\xFF\xFF\xFF\xFF")
	for _, c := range []struct {
		name string
		b    []byte
		n    int
		want string
	}{
		{"nothing", nil, 1, "the file ends within them"},
		{"no fragments", pixels(nil), 1, "there are none"},
		{"only empty ones", pixels(nil, "", ""), 1, "there are none"},
		{"longer than the file", append(item(""), long...), 1, "the file ends within them"},
		{"open length", append(item(""), open...), 1, "does not begin"},
		{"no item", append(item(""), "abcdefgh"...), 1, "does not begin"},
		{"more frames than fragments", pixels(nil, "ab", "cd"), 3, "claims 3 frames"},
		{
			"frames that cannot be told apart", pixels(nil, "ab", "cd", "ef"), 2,
			"cannot be split",
		},
		{"no frames", pixels(nil, "ab"), 0, "claims 0 frames"},
	} {
		if got, err := frames(c.b, c.n); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
}

// empties is a file of that many empty fragments.
type empties int64

func (e empties) ReadAt(b []byte, off int64) (int, error) {
	if off >= 8*int64(e) {
		return 0, io.EOF
	}
	for i := range b {
		b[i] = "\xFE\xFF\x00\xE0\x00\x00\x00\x00"[(off+int64(i))%8]
	}
	return len(b), nil
}

func TestManyFragmentsCostLittle(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Read(empties(1<<24), 0, 8<<24)
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("error %v", err)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 16<<20 {
		t.Errorf("%d bytes allocated", grown)
	}
	many := make([]string, 10_000)
	for i := range many {
		many[i] = fmt.Sprint(i % 10)
	}
	if got, err := frames(pixels(nil, many...), 1); err != nil || got[0] != strings.Join(many, "") {
		t.Errorf("10,000 fragments: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(pixels(nil, "ab"), 1)
	f.Add(pixels([]uint32{0, 20}, "ab", "cd", "ef"), 2)
	f.Add(pixels([]uint32{0, 11}, soi+"b", soi+"d", "e"), 2)
	f.Add(pixels(nil, "", "\x02\x00\x00\x00\x40\x00\x00\x00", "b"), 1)
	f.Add(pixels(nil, "ab")[:13], 1)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		got, err := frames(b, n)
		if err != nil {
			return
		}
		total := 0
		for _, s := range got {
			total += len(s)
		}
		if len(got) != n || total > len(b) {
			t.Errorf("%d frames of %d, %d bytes of %d", len(got), n, total, len(b))
		}
	})
}
