package dicom

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"glasswork/dataset/dicom/codec"
	"glasswork/dataset/dicom/internal/walk"
)

// seeds returns files of every native syntax, a DICOMDIR and damaged files.
func seeds() [][]byte {
	f := slice(1)
	le, _ := walk.FindSyntax(walk.ExplicitLE)
	whole := f.encode(walk.ExplicitLE)
	out := [][]byte{
		whole, f.encode(walk.ImplicitLE), f.encode(walk.ExplicitBE),
		f.encode("1.2.840.10008.1.2.1.99"),
		f.encode("1.2.840.10008.1.2.4.201"), f.encode("9.9"), f.encode(""), f.dataset(le),
		dicomdir(false, "A", `..\B`), dicomdir(true, "A"),
		whole[:200], whole[:len(whole)-4], nil, []byte("DICM"), make([]byte, 132),
		f.with(file{
			tagCharacterSet: "nonsense", tagPatientName: "\xff\xfe",
		}).encode(walk.ExplicitLE),
		f.with(file{tagPosition: "NaN\\1e999\\x", tagSpacing: "-1\\0"}).encode(walk.ExplicitLE),
		f.with(file{tagRows: uint16(65535), tagColumns: uint16(65535)}).encode(walk.ExplicitLE),
	}
	rle := append(append([]byte("\x02\x00\x00\x00\x40\x00\x00\x00\x42\x00\x00\x00"),
		make([]byte, 52)...), "\xFB\x00\x05abcdef"...)
	out = append(out, packed(f, uidRLE, rle), packed(f, uidRLE, rle[:64], rle[64:]),
		packed(f.with(file{tagFrames: "2"}), uidRLE, rle, rle),
		packed(f, uidDeflatedFrames,
			[]byte("\x4B\x4C\x4A\x4E\x49\x4D\x4B\xCF\xC8\xCC\xCA\xCE\xC9\x05\x00")), packed(f,
			uidJ2K, []byte("\xFF\x4F\xFF\x51")), packed(f, uidRLE))
	// Open sequences within each other, nested deeper than in any real file.
	open := "\xff\xff\xff\xff"
	deep := strings.Repeat("\x08\x00\x40\x11SQ\x00\x00"+open+"\xfe\xff\x00\xe0"+open, 4000)
	return append(out, append(file{tagModality: "CT"}.encode(walk.ExplicitLE)[:152+8], deep...))
}

func FuzzParseHeader(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, _, err := parseHeader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			if strings.ContainsAny(oneLine(err.Error()), "\n\r") {
				t.Errorf("not one line: %q", err)
			}
			return
		}
		if h.refusal() != "" {
			return
		}
		if h.Compressed {
			readCompressed(t, h, b)
			return
		}
		// Everything that is offered can be read: its pixels lie within the data.
		if need := h.pixels.Value + int64(h.pixelBytes()); need > h.size {
			t.Fatalf("pixels end at %d of %d bytes", need, h.size)
		}
		if h.pixelBytes() <= 1<<20 {
			h.toHU(make([]int16, h.slicePixels()), make([]byte, h.pixelBytes()), new(workspace))
		}
		stacks, _ := split([]*header{h}, func(*header, *header) bool { return false })
		for _, s := range stacks {
			if s.geometry.Size != [3]int{1, h.rows, h.columns} {
				t.Errorf("size %v of %d × %d", s.geometry.Size, h.columns, h.rows)
			}
		}
	})
}

// readCompressed decodes what needs no other program.
func readCompressed(t *testing.T, h *header, b []byte) {
	if (h.UID == uidRLE || h.UID == uidDeflatedFrames) && h.slicePixels() <= 1<<16 {
		_ = h.readFrame(t.Context(), new(codec.Decoder), bytes.NewReader(b), 0,
			make([]int16, h.slicePixels()), new(workspace))
	}
	total := int64(0)
	for _, frame := range h.frameSpans {
		for _, s := range frame {
			total += s.Length
		}
	}
	if total > int64(len(b)) {
		t.Errorf("frames of %d bytes in a file of %d", total, len(b))
	}
}

// imageSeeds returns files of several frames, with lookup tables and floating-point pixels.
func imageSeeds() [][]byte {
	several := enhanced(atMM(0, nil), atMM(5, nil), atMM(10, nil))
	tilted := enhanced(atMM(0, nil), atMM(5, nil), atMM(11, nil))
	turned := file{tagPlaneTurn: []file{{tagOrientation: `1\0\0\0\0.948324\-0.317305`}}}
	tilted[tagShared] = []file{tilted[tagShared].([]file)[0].with(turned)}
	lut := slice(1).with(file{tagSlope: nil, tagIntercept: nil, tagModalityLUT: table(4, 0, 16,
		"HU", words(1, 2, 3, 4))})
	floats := slice(1).with(file{
		tagPixelData: nil, tagFloatPixels: make([]byte, 24), tagBitsAllocated: uint16(32),
	})
	return [][]byte{
		several.encode(walk.ExplicitLE), several.encode(walk.ImplicitLE),
		several.encode(walk.ExplicitBE), tilted.encode(walk.ExplicitLE),
		several.with(file{tagPerFrame: nil}).encode(walk.ExplicitLE), lut.encode(walk.ExplicitLE),
		floats.encode(walk.ExplicitLE),
	}
}

// FuzzScan opens and reads a file as a user would.
func FuzzScan(f *testing.F) {
	for _, s := range append(seeds(), imageSeeds()...) {
		f.Add(s)
	}
	path := filepath.Join(f.TempDir(), "f.dcm")
	f.Fuzz(func(t *testing.T, b []byte) {
		save(t, path, b)
		r, err := Scan(t.Context(), path, []string{path})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range r.Series {
			r.Skipped = append(r.Skipped, s.Warnings...)
			if s.Geometry.Validate() != nil {
				t.Errorf("grid %v", s.Geometry)
			}
			// Every frame takes bytes of the file, and a straight grid has only a few times as many
			// voxels.
			if n := s.Geometry.Voxels(); n > 8*(len(b)+walk.MaxInflated) {
				t.Errorf("%d voxels from %d bytes", n, len(b))
			} else if n < 1<<22 {
				if _, err := s.Read(t.Context()); err != nil &&
					strings.ContainsAny(err.Error(), "\n\r") {
					t.Errorf("not one line: %q", err)
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		for _, s := range r.Skipped {
			if strings.ContainsAny(s, "\n\r") {
				t.Errorf("not one line: %q", s)
			}
		}
	})
}

// FuzzDirectory checks that nothing outside its folder is returned, whatever a DICOMDIR lists.
func FuzzDirectory(f *testing.F) {
	f.Add(dicomdir(false, "A", `..\B`, `A\..\..\B`, `LINK\B`, "/etc/passwd"))
	f.Add(dicomdir(true, "A", `SUB\A`, "", `.\A`))
	root := filepath.Join(f.TempDir(), "disc")
	for _, name := range []string{"A", "SUB/A", "../B"} {
		name = filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			f.Fatal(err)
		}
		save(f, name, []byte("x"))
	}
	_ = os.Symlink("..", filepath.Join(root, "LINK")) // some systems have none
	f.Fuzz(func(t *testing.T, b []byte) {
		path := filepath.Join(root, "DICOMDIR")
		save(t, path, b)
		files, refused, _, _ := Directory(path)
		for _, file := range files {
			if target, err := filepath.EvalSymlinks(file); err != nil ||
				!strings.HasPrefix(target, root) {
				t.Errorf("%q lies outside", file)
			}
		}
		for _, s := range refused {
			if strings.ContainsAny(s, "\n\r") {
				t.Errorf("not one line: %q", s)
			}
		}
	})
}

func TestSeedsAllocateLittle(t *testing.T) {
	for i, b := range seeds() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := parseHeader(bytes.NewReader(b), int64(len(b)))
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20 {
			t.Errorf("seed %d: %d bytes allocated, error %v", i, grown, err)
		}
	}
}

// A deflated data set of a few kilobytes must not fill the memory.
func TestInflationIsBounded(t *testing.T) {
	bomb := file{tagModality: "CT", tagPixelData: make([]byte,
		walk.MaxInflated+1024)}.encode("1.2.840.10008.1.2.1.99")
	if len(bomb) > 1<<20 {
		t.Fatalf("the bomb is %d bytes", len(bomb))
	}
	if _, _, err := parseHeader(bytes.NewReader(bomb), int64(len(bomb))); err == nil ||
		!strings.Contains(err.Error(), "inflates to more than") {
		t.Errorf("error %v", err)
	}
}
