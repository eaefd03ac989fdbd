package dicom

import (
	"fmt"
	"path/filepath"
	"testing"

	"glasswork/dataset/dicom/internal/walk"
)

// BenchmarkScan reads the headers of a series of 2,000 slices, each with the elements that
// scanners write: dates, names, technique and a private block.
func BenchmarkScan(b *testing.B) {
	folder := b.TempDir()
	files := make([]string, 2000)
	for z := range files {
		f := slice(float64(z)).with(file{
			tagInstance: fmt.Sprint(z), tagKernel: "B60f", tagSeriesNumber: "4",
		})
		for i := range uint32(60) { // technique
			f[0x0018_1200+i*2+1] = fmt.Sprint(i, ".5")
		}
		for i := range uint32(60) { // private
			f[0x0029_1000+i] = "private value " + fmt.Sprint(i)
		}
		files[z] = filepath.Join(folder, fmt.Sprintf("%04d.dcm", z))
		save(b, files[z], f.encode(walk.ExplicitLE))
	}
	for b.Loop() {
		found, err := Scan(b.Context(), folder, files)
		if err != nil || len(found.Series) != 1 || found.Series[0].Geometry.Size[0] != len(files) {
			b.Fatalf("%d series, %v", len(found.Series), err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(len(files)), "µs/file")
}
