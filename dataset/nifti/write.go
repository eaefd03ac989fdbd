package nifti

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"glasswork/dataset/atomicfile"
	"glasswork/dataset/internal/voxels"
	"glasswork/dataset/volume"
)

// WriteCT writes a volume as NIfTI-1, int16 HU, whole or not at all. It is gzipped if path ends in
// .gz. The grid goes into the sform. It also goes into the qform unless it is sheared, which a
// quaternion cannot express.
func WriteCT(path string, v *volume.Volume) error {
	return write(path, v.Geometry, 4, len(v.HU), func(w io.Writer, z int) error {
		hu := v.Slice(z)
		b := make([]byte, 0, 2*len(hu))
		for _, x := range hu {
			b = binary.LittleEndian.AppendUint16(b, uint16(x))
		}
		_, err := w.Write(b)
		return err
	})
}

// WriteLabels writes a label map as NIfTI-1, uint8. Values are not changed.
func WriteLabels(path string, l *volume.LabelMap) error {
	return write(path, l.Geometry, 2, len(l.Labels), func(w io.Writer, z int) error {
		_, err := w.Write(l.Slice(z))
		return err
	})
}

// WriteNamedLabels writes a label map as WriteLabels does and adds the names of the values 1, 2, …
// in a header extension, as Connectome Workbench and TotalSegmentator do. names[0] is the
// background's.
func WriteNamedLabels(path string, l *volume.LabelMap, names []string) error {
	return writeWith(path, l.Geometry, 2, len(l.Labels), labelTable(names),
		func(w io.Writer, z int) error {
			_, err := w.Write(l.Slice(z))
			return err
		})
}

// caret is the code of extensions in the format of Caret and Connectome Workbench.
const caret = 30

// labelTable returns a header extension that names values: its size, its code and XML, padded to a
// multiple of 16 bytes.
func labelTable(names []string) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header + `<CaretExtension><VolumeInformation Index="0"><LabelTable>`)
	for value, name := range names {
		if value == 0 {
			continue
		}
		fmt.Fprintf(&b, `<Label Key="%d" Red="1" Green="1" Blue="1" Alpha="1">`, value)
		_ = xml.EscapeText(&b, []byte(name)) // a buffer accepts every write
		b.WriteString("</Label>")
	}
	b.WriteString(
		"</LabelTable><VolumeType>Label</VolumeType></VolumeInformation></CaretExtension>",
	)
	size := (8 + b.Len() + 15) / 16 * 16
	ext := binary.LittleEndian.AppendUint32(nil, uint32(size))
	ext = binary.LittleEndian.AppendUint32(ext, caret)
	ext = append(ext, b.Bytes()...)
	return append(ext, make([]byte, size-len(ext))...)
}

func write(
	path string, g volume.Geometry, datatype, count int, slice func(w io.Writer, z int) error,
) error {
	return writeWith(path, g, datatype, count, nil, slice)
}

// writeWith writes header, extension and slices. datatype is NIfTI's code, 2 or 4.
func writeWith(
	path string, g volume.Geometry, datatype, count int, ext []byte, slice func(w io.Writer,
		z int) error,
) error {
	if err := g.Validate(); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	if count != g.Voxels() || max(g.Size[0], g.Size[1], g.Size[2]) > math.MaxInt16 {
		return fmt.Errorf("cannot write %s: %w", path, errors.New("the grid does not fit into a "+
			"NIfTI-1 file"))
	}
	return atomicfile.WriteFile(path, func(out io.Writer) (err error) {
		if strings.HasSuffix(path, ".gz") {
			gz, _ := gzip.NewWriterLevel(out, gzip.BestSpeed) // CT noise hardly compresses further
			defer func() {
				if closing := gz.Close(); err == nil {
					err = closing
				}
			}()
			out = gz
		}
		if _, err := out.Write(append(encodeHeader(g, datatype, len(ext)), ext...)); err != nil {
			return err
		}
		for z := range g.Size[0] {
			if err := slice(out, z); err != nil {
				return err
			}
		}
		return nil
	})
}

// encodeHeader returns the NIfTI-1 header of a grid, little endian, and the four bytes that say
// whether an extension follows. ext is the size of the extension in bytes.
func encodeHeader(g volume.Geometry, datatype, ext int) []byte {
	b := make([]byte, size1+4)
	o := binary.LittleEndian
	put16 := func(at, v int) { o.PutUint16(b[at:], uint16(v)) }
	putF := func(at int, v float64) { o.PutUint32(b[at:], math.Float32bits(float32(v))) }
	o.PutUint32(b, size1)
	b[38] = 'r'
	spacing := g.Spacing()
	for i, v := range []int{3, g.Size[2], g.Size[1], g.Size[0], 1, 1, 1, 1} {
		put16(40+2*i, v)
	}
	put16(70, datatype)
	put16(72, 4*datatype) // 8 or 16 bits
	ras := voxels.RASToLPS(g.Affine)
	quatern, hand, rigid := quaternion(ras)
	for i, v := range []float64{hand, spacing[2], spacing[1], spacing[0]} {
		putF(76+4*i, v)
	}
	putF(108, float64(size1+4+ext))
	if ext > 0 {
		b[size1] = 1
	}
	putF(112, 1) // scl_slope
	b[123] = 2   // mm
	copy(b[148:228], "Glasswork")
	if rigid {
		put16(252, 1)
	}
	put16(254, 1) // sform: scanner coordinates
	for i := range 3 {
		putF(256+4*i, quatern[i])
		putF(268+4*i, ras[i][3])
		for j := range 4 {
			putF(280+16*i+4*j, ras[i][j])
		}
	}
	copy(b[344:], "n+1\x00")
	return b
}

// quaternion returns b, c and d of the rotation in an affine and the sign of its third axis
// (nifti1_io.c, nifti_mat44_to_quatern). rigid is false if the axes are not at right angles.
func quaternion(a volume.Affine) (bcd [3]float64, hand float64, rigid bool) {
	var r [3][3]float64
	for c := range 3 {
		length := math.Sqrt(a[0][c]*a[0][c] + a[1][c]*a[1][c] + a[2][c]*a[2][c])
		for i := range 3 {
			r[i][c] = a[i][c] / length
		}
	}
	for c := range 3 {
		d := c + 1
		if d == 3 {
			d = 0
		}
		if math.Abs(r[0][c]*r[0][d]+r[1][c]*r[1][d]+r[2][c]*r[2][d]) > 1e-5 {
			return bcd, 1, false
		}
	}
	hand = 1
	if determinant(r) < 0 {
		hand = -1
		for i := range 3 {
			r[i][2] = -r[i][2]
		}
	}
	return fromRotation(r), hand, true
}

func determinant(r [3][3]float64) float64 {
	return r[0][0]*(r[1][1]*r[2][2]-r[1][2]*r[2][1]) - r[0][1]*(r[1][0]*r[2][2]-r[1][2]*r[2][0]) +
		r[0][2]*(r[1][0]*r[2][1]-r[1][1]*r[2][0])
}

// fromRotation computes the quaternion from its largest component, which is the most accurate way.
// The real part is not negative.
func fromRotation(r [3][3]float64) [3]float64 {
	// Four times q[i]², for the real part and b, c, d.
	four := [4]float64{
		1 + r[0][0] + r[1][1] + r[2][2], 1 + r[0][0] - r[1][1] - r[2][2],
		1 - r[0][0] + r[1][1] - r[2][2], 1 - r[0][0] - r[1][1] + r[2][2],
	}
	best := 0
	for i := range four {
		if four[i] > four[best] {
			best = i
		}
	}
	// Sums and differences of opposite elements are 4·q[i]·q[j].
	var q [4]float64
	q[best] = math.Sqrt(four[best]) / 2
	product := map[[2]int]float64{
		{0, 1}: r[2][1] - r[1][2], {0, 2}: r[0][2] - r[2][0], {0, 3}: r[1][0] - r[0][1],
		{1, 2}: r[0][1] + r[1][0], {1, 3}: r[0][2] + r[2][0], {2, 3}: r[1][2] + r[2][1],
	}
	for i := range 4 {
		if i != best {
			q[i] = product[[2]int{min(i, best), max(i, best)}] / (4 * q[best])
		}
	}
	if q[0] < 0 {
		return [3]float64{-q[1], -q[2], -q[3]}
	}
	return [3]float64{q[1], q[2], q[3]}
}
