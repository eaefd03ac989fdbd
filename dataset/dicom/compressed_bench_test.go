package dicom

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"glasswork/dataset/shared"
)

// compressedKinds holds files of one real slice, by the program that compressed it.
var compressedKinds = []struct{ name, file string }{
	{"RLE", "CTImage.dcm_RLELosslessTransferSyntax_1.2.840.10008.1.2.5.dcm"},
	{"JPEG8", "CTImage.dcm_JPEGProcess1TransferSyntax_1.2.840.10008.1.2.4.50.dcm"},
	{"JPEG12", "CTImage.dcm_JPEGProcess2_4TransferSyntax_1.2.840.10008.1.2.4.51.dcm"},
	{"JPEG12progressive", "CTImage.dcm_JPEGProcess10_12TransferSyntax_1.2.840.10008.1.2.4.55.dcm"},
	{"JPEGlossless", "CTImage.dcm_JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70.dcm"},
	{"JPEGLS", "CTImage.dcm_JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80.dcm"},
	{"JPEG2000", "CTImage.dcm_JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90.dcm"},
	{"JPEG2000lossy", "CTImage.dcm_JPEG2000TransferSyntax_1.2.840.10008.1.2.4.91.dcm"},
}

// compressedSlices returns the headers of these files. HTJ2K is made from the uncompressed slice.
func compressedSlices(b *testing.B) map[string]*header {
	b.Helper()
	folder := shared.Data(b, "dicom-syntaxes/ctimage")
	out := map[string]*header{}
	add := func(name, path string) {
		h, err := readHeader(path)
		if err != nil || h.refusal() != "" {
			b.Fatal(name, err, h.refusal())
		}
		out[name] = h
	}
	for _, kind := range compressedKinds {
		add(kind.name, filepath.Join(folder, kind.file))
	}
	path := filepath.Join(folder, "CTImage.dcm")
	plain, err := readHeader(path)
	if err != nil {
		b.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	values := make([]int, plain.slicePixels())
	for i := range values {
		at := int(plain.pixels.Value) + 2*i
		values[i] = int(int16(uint16(raw[at]) | uint16(raw[at+1])<<8))
	}
	stream := jpeg2000(b, uidHTJ2K, ".j2c", 512, 16, false, values)
	f := picture(512, 512, 16, true).with(file{tagIntercept: "-1024"})
	path = filepath.Join(b.TempDir(), "ht.dcm")
	save(b, path, packed(f, uidHTJ2K, stream))
	add("HTJ2K", path)
	return out
}

// BenchmarkCompressed reads one slice of 512 × 512 after the other, then a series of 300 on all
// cores. If the series takes the time of 300 slices divided by the number of cores, the codec is
// the limit. cpu-ms/slice is the processor time of all processes, which is reliable even on a busy
// machine.
func BenchmarkCompressed(b *testing.B) {
	for name, h := range compressedSlices(b) {
		for what, slices := range map[string]int{"slice": 1, "series300": 300} {
			b.Run(name+"/"+what, func(b *testing.B) {
				s := &source{at: slicesOf(h, slices)}
				hu := make([]int16, slices*h.slicePixels())
				before := processorTime(b)
				for b.Loop() {
					if err := s.ReadAll(b.Context(), hu); err != nil {
						b.Fatal(err)
					}
				}
				_ = s.Close() // the program's time is known after it has ended
				used := float64((processorTime(b) - before).Microseconds()) / 1e3
				b.ReportMetric(used/float64(b.N*slices), "cpu-ms/slice")
			})
		}
	}
}

func slicesOf(h *header, n int) []*header {
	out := make([]*header, n)
	for z := range out {
		out[z] = h
	}
	return out
}

// processorTime returns the time that this process and its ended children have used.
func processorTime(b *testing.B) (total time.Duration) {
	b.Helper()
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var use syscall.Rusage
		if err := syscall.Getrusage(who, &use); err != nil {
			b.Fatal(err)
		}
		total += time.Duration(use.Utime.Nano() + use.Stime.Nano())
	}
	return total
}
