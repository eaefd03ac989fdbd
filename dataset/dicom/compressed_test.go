package dicom

import (
	"bytes"
	"cmp"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"glasswork/dataset/dicom/codec"
	"glasswork/dataset/dicom/codec/codectest"
	"glasswork/dataset/dicom/internal/walk"
	"glasswork/dataset/shared"
	"glasswork/dataset/volume"
)

func TestMain(m *testing.M) { os.Exit(codectest.Main(m)) }

// worst returns the largest difference between two volumes in HU.
func worst(t testing.TB, a, b *volume.Volume) int {
	t.Helper()
	if len(a.HU) != len(b.HU) {
		t.Fatalf("%d voxels and %d", len(a.HU), len(b.HU))
	}
	largest := 0
	for i, v := range a.HU {
		largest = max(largest, int(v)-int(b.HU[i]), int(b.HU[i])-int(v))
	}
	return largest
}

// One slice in every transfer syntax. The lossy JPEG files were rescaled to 8 or 12 bits before
// compression. Their bounds are one step of that, plus the change by compression.
func TestOneSliceInEverySyntax(t *testing.T) {
	folder := shared.Data(t, "dicom-syntaxes/ctimage")
	want := readOne(t, filepath.Join(folder, "CTImage.dcm"))
	for name, allowed := range map[string]int{
		"LittleEndianImplicit": 0, "LittleEndianExplicit": 0, "BigEndianExplicit": 0,
		"DeflatedExplicit": 0, "RLELossless": 0,
		"JPEGProcess14Transfer": 0, "JPEGProcess14SV1": 0, "JPEGLSLossless": 0, "JPEGLSLossy": 1,
		"JPEG2000LosslessOnly": 0, "JPEG2000Transfer": 5,
		"JPEGProcess1Transfer": 64, "JPEGProcess2_4": 36, "JPEGProcess6_8": 36,
		"JPEGProcess10_12": 36,
	} {
		found, err := filepath.Glob(filepath.Join(folder, "CTImage.dcm_"+name+"*"))
		if err != nil || len(found) != 1 {
			t.Fatalf("%s: %v, %v", name, found, err)
		}
		if got := worst(t, readOne(t, found[0]), want); got > allowed {
			t.Errorf("%s differs by up to %d HU, allowed are %d",
				strings.TrimPrefix(filepath.Base(found[0]), "CTImage.dcm_"), got, allowed)
		}
	}
}

// DCMTK compresses. Where this loses something, DCMTK also decompresses, and its result is the
// reference.
func TestFilesCompressedByDCMTK(t *testing.T) {
	lossless := func(selection, transform string) []string {
		return []string{"dcmcjpeg", "+el", "+sv", selection, "+pt", transform}
	}
	var commands [][]string
	for s := range 7 {
		commands = append(commands, lossless(strconv.Itoa(s+1), "0"))
	}
	commands = append(commands, lossless("6", "2"), []string{"dcmcjpeg", "+e1"},
		[]string{"dcmcjpeg", "+e1", "+fs", "1"}, []string{"dcmcjpeg", "+e1", "-ot"},
		[]string{"dcmcrle"}, []string{"dcmcrle", "-ot"}, []string{"dcmcjpls", "+el"},
		[]string{"dcmcjpls", "+en", "+md", "2"},
		[]string{"dcmcjpeg", "+eb"}, []string{"dcmcjpeg", "+ee"}, []string{"dcmcjpeg", "+es"},
		[]string{"dcmcjpeg", "+ep"},
		[]string{"dcmcjpeg", "+ep", "+q", "30"}, []string{"dcmcjpeg", "+ee", "+q", "100"})
	for _, form := range []struct {
		bits   int
		signed bool
	}{{8, false}, {12, false}, {12, true}, {16, false}, {16, true}} {
		for i, command := range commands {
			if few := form.bits != 16 && form.bits != 12; few && i%3 != 0 {
				continue // what differs is the number of bits
			}
			if form.signed && slices.Contains(command, "+en") {
				continue // dcmcjpls does not support that
			}
			name := fmt.Sprintf("%d bits, signed %v, %v", form.bits, form.signed, command)
			dir := t.TempDir()
			plain, packed, unpacked := filepath.Join(dir, "a.dcm"), filepath.Join(dir, "b.dcm"),
				filepath.Join(dir, "c.dcm")
			save(t, plain, picture(61, 97, form.bits, form.signed).encode(walk.ExplicitLE))
			runTool(t, command[0], append(command[1:], plain, packed)...)
			runTool(t, map[string]string{
				"dcmcjpeg": "dcmdjpeg", "dcmcrle": "dcmdrle", "dcmcjpls": "dcmdjpls",
			}[command[0]], packed, unpacked)
			got := readOne(t, packed)
			allowed := 0
			// the inverse DCT is rounded differently, and more bits are first scaled to 8 or 12
			switch {
			case slices.Contains(command, "+eb"):
				allowed = 1<<(form.bits-8) + 1
			case command[0] == "dcmcjpeg" && command[1] != "+el" && command[1] != "+e1":
				allowed = 1<<max(form.bits-12, 0) + 1
			}
			if d := worst(t, got, readOne(t, unpacked)); d > allowed {
				t.Errorf("%s: differs by %d from what DCMTK makes of it", name, d)
			}
		}
	}
}

func TestJPEG2000(t *testing.T) {
	const rows, columns = 61, 97
	for _, c := range []struct {
		name        string
		uid, ending string
		bits        int  // of the codestream and of the values in it
		negative    bool // values
		signed      bool // codestream
		header      file // what differs from a header that fits
		args        []string
	}{
		{name: "8 bits", bits: 8},
		{name: "12 bits", bits: 12},
		{name: "12 bits signed", bits: 12, negative: true, signed: true},
		{name: "16 bits signed", bits: 16, negative: true, signed: true},
		{name: "in tiles", bits: 12, args: []string{"-t", "32,32"}},
		{name: "a JP2 file", bits: 12, ending: ".jp2"},
		{
			name: "more bits than stored", bits: 16, negative: true, signed: true,
			header: file{tagBitsStored: uint16(12), tagHighBit: uint16(11)},
		},
		{
			name: "fewer bits than stored", bits: 12, negative: true, signed: true,
			header: file{tagBitsStored: uint16(16), tagHighBit: uint16(15)},
		},
		{
			name: "fewer unsigned bits than stored", bits: 12, negative: true,
			header: file{tagBitsStored: uint16(16), tagHighBit: uint16(15)},
		},
		{name: "signed by the header alone", bits: 14, negative: true},
		{
			name: "signed by the codestream alone", bits: 12, negative: true, signed: true,
			header: file{tagSigned: uint16(0)},
		},
		{name: "HTJ2K, 8 bits", uid: uidHTJ2K, bits: 8},
		{name: "HTJ2K, 12 bits", uid: uidHTJ2K, bits: 12},
		{name: "HTJ2K, 16 bits, signed by the header", uid: uidHTJ2K, bits: 16, negative: true},
	} {
		uid, ending := cmp.Or(c.uid, uidJ2K), cmp.Or(c.ending, ".j2k")
		values := pattern(rows, columns, c.bits, c.negative)
		stream := jpeg2000(t, uid, ending, columns, c.bits, c.signed, values, c.args...)
		path := filepath.Join(t.TempDir(), "a.dcm")
		save(t, path, packed(picture(rows, columns, c.bits, c.negative).with(c.header), uid,
			stream[:200], stream[200:202], stream[202:]))
		got := readOne(t, path)
		for i, v := range values {
			if int(got.HU[i]) != v {
				t.Errorf("%s: voxel %d is %d, want %d", c.name, i, got.HU[i], v)
				break
			}
		}
	}
}

// Samples may be at the upper end of their words.
func TestLeftAlignedSamplesStayLeftAligned(t *testing.T) {
	values := pattern(61, 97, 16, false)
	stream := jpeg2000(t, uidJ2K, ".j2k", 97, 16, false, values)
	path := filepath.Join(t.TempDir(), "a.dcm")
	save(t, path, packed(picture(61, 97, 16, false).with(file{tagBitsStored: uint16(12)}), uidJ2K,
		stream))
	got := readOne(t, path)
	for i, v := range values {
		if int(got.HU[i]) != v>>4 {
			t.Fatalf("voxel %d is %d, want %d", i, got.HU[i], v>>4)
		}
	}
}

// A small file must not make the reader allocate a volume, and many fragments must not make it
// allocate a table.
func TestHostileCompressedFiles(t *testing.T) {
	huge := picture(8, 8, 16, false).with(file{tagRows: uint16(8192), tagColumns: uint16(8192)})
	many := make([][]byte, 10_000)
	for i := range many {
		many[i] = []byte{byte(i), 0}
	}
	cut := packed(picture(8, 8, 16, false), uidRLE, make([]byte, 500))
	for _, c := range []struct {
		name string
		b    []byte
		want string
	}{
		{
			"64 million pixels in 100 bytes", packed(huge, uidRLE, make([]byte, 100)),
			"too little for any picture",
		},
		{"a frame 2,000,000,000 times", packed(huge.with(file{tagFrames: "2000000000"}), uidRLE,
			make([]byte, 100)), "frames"},
		{
			"10,000 fragments of rubbish", packed(picture(8, 8, 16, false), uidRLE, many...),
			"RLE data are damaged",
		},
		{"no fragment", packed(picture(8, 8, 16, false), uidJ2K), "there are none"},
		{"empty fragments", packed(picture(8, 8, 16, false), uidJ2K, nil, nil), "there are none"},
		{"cut short", cut[:len(cut)-100], "the file ends within them"},
		{
			"another size than the codestream's", packed(picture(8, 8, 16, false), uidBaseline,
				[]byte("\xFF\xD8\xFF\xC0\x00\x0B\x08\x27\x10\x27\x10\x01\x01\x11\x00")),
			"10000 × 10000",
		},
	} {
		path := filepath.Join(t.TempDir(), "hostile.dcm")
		save(t, path, c.b)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := Scan(t.Context(), path, []string{path})
		said := strings.Join(r.Skipped, " ")
		for _, s := range r.Series {
			_, readErr := s.Read(t.Context())
			said += fmt.Sprint(readErr)
			_ = s.Close()
		}
		runtime.ReadMemStats(&after)
		if err != nil || !strings.Contains(said, c.want) || !strings.Contains(said, "hostile.dcm") {
			t.Errorf("%s: %q, %v; want %q", c.name, said, err, c.want)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20 {
			t.Errorf("%s: %d bytes allocated", c.name, grown)
		}
	}
}

// The extended offset table precedes the pixels and gives lengths in bytes.
func TestExtendedOffsetTable(t *testing.T) {
	f := picture(2, 3, 16, false).with(file{tagFrames: "2", tagPixelData: nil})
	b := f.encode("1.2.840.10008.1.2.1.98")
	for _, e := range []struct {
		tag    string
		values [2]uint64
	}{{"\xE0\x7F\x01\x00", [2]uint64{0, 24}}, {"\xE0\x7F\x02\x00", [2]uint64{12, 12}}} {
		b = append(append(b, e.tag...), "OV\x00\x00\x10\x00\x00\x00"...)
		b = binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(b, e.values[0]),
			e.values[1])
	}
	fragments := packed(f, "1.2.840.10008.1.2.1.98", slices.Concat(words(1, 2, 3, 4, 5, 6),
		words(99, 99)), words(7, 8, 9, 10, 11, 12))
	b = append(b, fragments[bytes.LastIndex(fragments, []byte("\xE0\x7F\x10\x00")):]...)
	path := filepath.Join(t.TempDir(), "a.dcm")
	save(t, path, b)
	h, err := readHeader(path)
	if err != nil || h.framesErr != nil {
		t.Fatal(err, h.framesErr)
	}
	if first := h.frameSpans[0]; len(first) != 1 || first[0].Length != 12 {
		t.Errorf("the first frame is %v, want 12 bytes", first)
	}
	if got := frames(t, path); !slices.Equal(got[0], []int16{1, 2, 3, 4, 5, 6}) ||
		!slices.Equal(got[1], []int16{7, 8, 9, 10, 11, 12}) {
		t.Errorf("frames %v", got)
	}
}

func TestACompressedFileThatChangesIsNoticed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.dcm")
	b := packed(picture(61, 97, 16, false), "1.2.840.10008.1.2.1.98",
		picture(61, 97, 16, false)[tagPixelData].([]byte))
	save(t, path, b)
	r, err := Scan(t.Context(), path, []string{path})
	if err != nil || len(r.Series) != 1 {
		t.Fatal(r.Skipped, err)
	}
	defer r.Series[0].Close()
	for _, change := range []func() error{func() error {
		return os.Truncate(path, 2000)
	}, func() error { return os.Remove(path) }} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Series[0].Read(t.Context()); err == nil ||
			!strings.Contains(err.Error(), "a.dcm") {
			t.Errorf("error %v", err)
		}
	}
}

func TestFramesWithoutACodec(t *testing.T) {
	f := picture(61, 97, 12, true)
	raw := f[tagPixelData].([]byte)
	var deflated bytes.Buffer
	w, _ := flate.NewWriter(&deflated, flate.BestSpeed)
	_, _ = w.Write(raw)
	_ = w.Close()
	for uid, frame := range map[string][]byte{
		"1.2.840.10008.1.2.1.98": raw, uidDeflatedFrames: deflated.Bytes(),
	} {
		path := filepath.Join(t.TempDir(), "a.dcm")
		save(t, path, packed(f, uid, frame[:1000], frame[1000:]))
		got := readOne(t, path)
		for i, v := range pattern(61, 97, 12, true) {
			if int(got.HU[i]) != v {
				t.Fatalf("%s: voxel %d is %d, want %d", uid, i, got.HU[i], v)
			}
		}
	}
}

// Unusual files, each compared with its uncompressed twin: frames of several fragments, precision
// that contradicts BitsStored, 32 bits. They are not CT, so their frames are read one by one.
func TestTwinsHaveTheSameFrames(t *testing.T) {
	folder := shared.Data(t, "dicom-syntaxes")
	for _, c := range []struct{ plain, packed string }{
		{"pydicom/MR_small.dcm", "pydicom/MR_small_RLE.dcm"},
		{"pydicom/MR_small.dcm", "pydicom/MR_small_jp2klossless.dcm"},
		{"pydicom/MR_small.dcm", "pydicom/MR_small_jpeg_ls_lossless.dcm"},
		{"pydicom/rtdose.dcm", "pydicom/rtdose_rle.dcm"},
		{"pydicom-data/693_UNCR.dcm", "pydicom-data/693_J2KR.dcm"},
		{"pydicom-data/693_UNCI.dcm", "pydicom/693_J2KI.dcm"},
		{"pydicom-data/emri_small.dcm", "pydicom-data/emri_small_RLE.dcm"},
		{"pydicom-data/emri_small.dcm", "pydicom-data/emri_small_jpeg_2k_lossless.dcm"},
		{"pydicom-data/emri_small.dcm", "pydicom-data/emri_small_jpeg_2k_lossless_too_short.dcm"},
	} {
		plain, packed := frames(t, filepath.Join(folder, c.plain)),
			frames(t, filepath.Join(folder, c.packed))
		if len(plain) != len(packed) {
			t.Errorf("%s has %d frames, its twin %d", c.packed, len(packed), len(plain))
			continue
		}
		for i := range plain {
			if !slices.Equal(plain[i], packed[i]) {
				t.Errorf("%s: frame %d differs from its twin's", c.packed, i+1)
			}
		}
	}
}

// frames reads all frames of a file, whatever it shows.
func frames(t testing.TB, path string) [][]int16 {
	t.Helper()
	h, err := readHeader(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var d codec.Decoder
	defer d.Close()
	out := make([][]int16, h.frames)
	for i := range out {
		out[i] = make([]int16, h.slicePixels())
		if !h.Compressed {
			h.toHU(out[i], b[h.pixels.Value+int64(i*h.pixelBytes()):][:h.pixelBytes()],
				new(workspace))
		} else if err := h.readFrame(t.Context(), &d, bytes.NewReader(b), i, out[i],
			new(workspace)); err != nil {
			t.Fatalf("%s: frame %d: %v", path, i+1, err)
		}
	}
	return out
}

func TestSignOfTheHeaderAndOfTheCodestream(t *testing.T) {
	v := readOne(t, filepath.Join(shared.Data(t, "dicom-syntaxes/pydicom"),
		"J2K_pixelrep_mismatch.dcm"))
	if low, high := slices.Min(v.HU), slices.Max(v.HU); low != -2000 || high != 1896 {
		t.Errorf("from %d to %d HU, want -2000 to 1896", low, high)
	}
}
