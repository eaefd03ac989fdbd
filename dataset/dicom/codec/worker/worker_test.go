package worker

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"glasswork/dataset/dicom/codec/internal/native"
	"glasswork/dataset/dicom/codec/internal/wire"
	"glasswork/dataset/shared"
)

// BenchmarkLibrary runs the libraries alone, in this process, for comparison with slices that go
// through the program.
func BenchmarkLibrary(b *testing.B) {
	folder := shared.Data(b, "dicom-syntaxes", "ctimage")
	for _, c := range []struct {
		name, file, begins string
		decode             func(stream []byte, rows, columns int, buf []byte) (native.Frame, error)
	}{
		{
			"JPEG2000", "CTImage.dcm_JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90.dcm",
			"\xFF\x4F\xFF\x51", native.JPEG2000,
		},
		{
			"JPEGLS", "CTImage.dcm_JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80.dcm",
			"\xFF\xD8\xFF\xF7", native.JPEGLS,
		},
	} {
		file, err := os.ReadFile(filepath.Join(folder, c.file))
		if err != nil {
			b.Fatal(err)
		}
		stream := file[bytes.Index(file, []byte(c.begins)):]
		b.Run(c.name, func(b *testing.B) {
			var buf []byte
			before := processorTime()
			for b.Loop() {
				f, err := c.decode(stream, 512, 512, buf)
				if err != nil {
					b.Fatal(err)
				}
				buf = f.Pixels
			}
			b.ReportMetric(float64((processorTime()-before).Microseconds())/1e3/float64(b.N),
				"cpu-ms/slice")
		})
	}
}

func TestWhatCannotBeDecodedIsNamed(t *testing.T) {
	for _, q := range []wire.Request{
		{Codec: 9, Rows: 1, Columns: 1, Stream: []byte("x")},
		{Codec: wire.JPEG2000, Rows: 1, Columns: 1, Stream: []byte("no codestream")},
		{Codec: wire.JPEG2000, Rows: 1, Columns: 1},
		{Codec: wire.JPEGLS, Rows: 1, Columns: 1, Stream: []byte("\xFF\xD8 no picture")},
		{Codec: wire.JPEGLS, Rows: 0, Columns: 1, Stream: []byte("x")},
	} {
		if reply := decode(q, nil); reply.Message == "" || reply.Pixels != nil {
			t.Errorf("codec %d, %q: %q, %d bytes", q.Codec, q.Stream, reply.Message,
				len(reply.Pixels))
		}
	}
}
