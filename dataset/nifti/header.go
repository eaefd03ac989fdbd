package nifti

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"

	"glasswork/dataset/internal/voxels"
)

// size1 and size2 are the sizes in bytes of a NIfTI-1 and a NIfTI-2 header.
const size1, size2 = 348, 540

// header holds the fields of a NIfTI-1 or NIfTI-2 header that are used here. Axes are in the file's
// order.
type header struct {
	order    binary.ByteOrder
	version  int
	pair     bool // the voxels are in an .img file
	dim      [8]int64
	pixdim   [8]float64
	datatype int
	offset   int64 // of the first voxel in its file
	slope    float64
	inter    float64
	qform    int
	sform    int
	quatern  [3]float64
	qoffset  [3]float64
	srow     [3][4]float64
	units    int
	descrip  string
}

// parseHeader reads the header from the first bytes of a file. It needs 540 bytes for NIfTI-2 and
// 348 for NIfTI-1.
func parseHeader(b []byte) (*header, error) {
	if len(b) < 4 {
		return nil, errors.New("it is too short for a NIfTI header")
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(b) {
		case size1:
			return parse1(b, order)
		case size2:
			return parse2(b, order)
		}
	}
	return nil, errors.New("it does not begin with a NIfTI header")
}

func parse1(b []byte, o binary.ByteOrder) (*header, error) {
	if len(b) < size1 {
		return nil, errors.New("its NIfTI header is cut short")
	}
	h := &header{order: o, version: 1}
	switch string(b[344:348]) {
	case "n+1\x00":
	case "ni1\x00":
		h.pair = true
	default:
		return nil, errors.New(
			"it is an ANALYZE file, which does not say how the patient lies; convert it to NIfTI",
		)
	}
	f32 := func(at int) float64 { return float64(math.Float32frombits(o.Uint32(b[at:]))) }
	for i := range 8 {
		h.dim[i] = int64(int16(o.Uint16(b[40+2*i:])))
		h.pixdim[i] = f32(76 + 4*i)
	}
	h.datatype = int(int16(o.Uint16(b[70:])))
	offset := f32(108)
	if !(offset >= 0 && offset < 1<<40) {
		return nil, errors.New("it does not say where its voxels begin")
	}
	h.offset = int64(offset)
	h.slope, h.inter, h.units = f32(112), f32(116), int(b[123])
	h.descrip = text(b[148:228])
	h.qform, h.sform = int(int16(o.Uint16(b[252:]))), int(int16(o.Uint16(b[254:])))
	for i := range 3 {
		h.quatern[i], h.qoffset[i] = f32(256+4*i), f32(268+4*i)
		for j := range 4 {
			h.srow[i][j] = f32(280 + 16*i + 4*j)
		}
	}
	return h, h.check()
}

func parse2(b []byte, o binary.ByteOrder) (*header, error) {
	if len(b) < size2 {
		return nil, errors.New("its NIfTI-2 header is cut short")
	}
	h := &header{order: o, version: 2}
	switch string(b[4:8]) {
	case "n+2\x00":
	case "ni2\x00":
		h.pair = true
	default:
		return nil, errors.New("its NIfTI-2 header is damaged")
	}
	f64 := func(at int) float64 { return math.Float64frombits(o.Uint64(b[at:])) }
	h.datatype = int(int16(o.Uint16(b[12:])))
	for i := range 8 {
		h.dim[i] = int64(o.Uint64(b[16+8*i:]))
		h.pixdim[i] = f64(104 + 8*i)
	}
	h.offset = int64(o.Uint64(b[168:]))
	h.slope, h.inter = f64(176), f64(184)
	h.descrip = text(b[240:320])
	h.qform, h.sform = int(int32(o.Uint32(b[344:]))), int(int32(o.Uint32(b[348:])))
	for i := range 3 {
		h.quatern[i], h.qoffset[i] = f64(352+8*i), f64(376+8*i)
		for j := range 4 {
			h.srow[i][j] = f64(400 + 32*i + 8*j)
		}
	}
	h.units = int(int32(o.Uint32(b[500:])))
	return h, h.check()
}

// check refuses headers that do not describe a single volume of numbers.
func (h *header) check() error {
	n := h.dim[0]
	if n < 1 || n > 7 {
		return fmt.Errorf("its header claims %d dimensions", n)
	}
	for i := int64(1); i <= 7; i++ {
		switch d := h.dim[i]; {
		case i > n:
			h.dim[i] = 1
		case d < 1 || d > voxels.MaxSide:
			return fmt.Errorf("its header claims %d voxels along axis %d", d, i)
		case i > 3 && d > 1:
			return fmt.Errorf("it holds %d volumes (4-D data); split it and open one volume", d)
		}
	}
	if h.dim[1]*h.dim[2]*h.dim[3] > voxels.MaxVoxels {
		return fmt.Errorf("its header claims %d × %d × %d voxels, more than can be opened",
			h.dim[1], h.dim[2], h.dim[3])
	}
	if h.offset < 0 || h.offset > 1<<40 {
		return errors.New("it does not say where its voxels begin")
	}
	if floor := int64(size1); !h.pair && h.offset < floor {
		h.offset = floor + 4
		if h.version == 2 {
			h.offset = size2 + 4
		}
	}
	_, err := kindOf(h.datatype)
	return err
}

// voxels returns the number of voxels of the volume.
func (h *header) voxels() int64 { return h.dim[1] * h.dim[2] * h.dim[3] }

// scale returns slope and intercept, and whether they change any value. A slope of 0 means that
// there is no scaling.
func (h *header) scale() (slope, inter float64, scaled bool) {
	if h.slope == 0 || bad(h.slope) || bad(h.inter) {
		return 1, 0, false
	}
	return h.slope, h.inter, h.slope != 1 || h.inter != 0
}

func text(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return strings.TrimSpace(s)
}

func bad(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }

// kindOf returns the scalar type of a NIfTI datatype code.
func kindOf(code int) (voxels.Kind, error) {
	switch code {
	case 2:
		return voxels.Uint8, nil
	case 4:
		return voxels.Int16, nil
	case 8:
		return voxels.Int32, nil
	case 16:
		return voxels.Float32, nil
	case 64:
		return voxels.Float64, nil
	case 256:
		return voxels.Int8, nil
	case 512:
		return voxels.Uint16, nil
	case 768:
		return voxels.Uint32, nil
	case 1024:
		return voxels.Int64, nil
	case 1280:
		return voxels.Uint64, nil
	}
	names := map[int]string{
		1: "single bits", 32: "complex numbers", 128: "RGB colours", 1536: "128-bit floats",
		1792: "complex numbers", 2048: "complex numbers", 2304: "RGBA colours",
	}
	if name := names[code]; name != "" {
		return 0, fmt.Errorf("its voxels are %s, not CT values", name)
	}
	return 0, fmt.Errorf("its voxels have the unknown type %d", code)
}
