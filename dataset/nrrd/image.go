package nrrd

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"glasswork/dataset/internal/voxels"
	"glasswork/dataset/volume"
)

// shape is what a header says about its array.
type shape struct {
	kind  voxels.Kind
	order binary.ByteOrder
	// sizes holds the sizes of all axes, the fastest first. space holds the three axes that span
	// the volume. list is the axis that counts layers, or -1 if there is none.
	sizes []int64
	space [3]int
	list  int
	// affine maps indices of the space axes to LPS mm. oriented is true if the file says how.
	affine   volume.Affine
	oriented bool
}

// parse interprets a header.
func parse(h *rawHeader) (*shape, error) {
	s := &shape{list: -1, order: binary.LittleEndian}
	var err error
	if s.kind, err = kindOf(h); err != nil {
		return nil, err
	}
	if strings.EqualFold(h.fields["endian"], "big") {
		s.order = binary.BigEndian
	}
	if err := s.readSizes(h); err != nil {
		return nil, err
	}
	steps, err := directions(h, len(s.sizes))
	if err != nil {
		return nil, err
	}
	if err := s.assign(h, steps); err != nil {
		return nil, err
	}
	return s, s.place(h, steps)
}

// kindOf returns the type of the numbers. C and the format itself have many names for each.
func kindOf(h *rawHeader) (voxels.Kind, error) {
	name, err := h.field("type")
	if err != nil {
		return 0, err
	}
	switch strings.ToLower(name) {
	case "signed char", "int8", "int8_t":
		return voxels.Int8, nil
	case "uchar", "unsigned char", "uint8", "uint8_t":
		return voxels.Uint8, nil
	case "short", "short int", "signed short", "signed short int", "int16", "int16_t":
		return voxels.Int16, nil
	case "ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t":
		return voxels.Uint16, nil
	case "int", "signed int", "int32", "int32_t":
		return voxels.Int32, nil
	case "uint", "unsigned int", "uint32", "uint32_t":
		return voxels.Uint32, nil
	case "longlong", "long long", "long long int", "signed long long", "signed long long int",
		"int64", "int64_t":
		return voxels.Int64, nil
	case "ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t":
		return voxels.Uint64, nil
	case "float":
		return voxels.Float32, nil
	case "double":
		return voxels.Float64, nil
	}
	return 0, fmt.Errorf("its voxels have the type %.30q, which cannot be read", name)
}

func (s *shape) readSizes(h *rawHeader) error {
	text, err := h.field("dimension")
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 2 || n > 5 {
		return fmt.Errorf("it has dimension %.20q; only 2, 3 and 4 can be read", text)
	}
	if text, err = h.field("sizes"); err != nil {
		return err
	}
	total := int64(1)
	for _, word := range strings.Fields(text) {
		size, err := strconv.ParseInt(word, 10, 64)
		if err != nil || size < 1 || size > voxels.MaxSide {
			return fmt.Errorf("its header claims %.20q voxels along an axis", word)
		}
		if total *= size; total > voxels.MaxVoxels {
			return fmt.Errorf("its header claims the sizes %.60q, more than can be opened", text)
		}
		s.sizes = append(s.sizes, size)
	}
	if len(s.sizes) != n {
		return fmt.Errorf("its header has %d sizes for %d axes", len(s.sizes), n)
	}
	return nil
}

// assign finds the axes that span the volume. They are those with a direction, or, if no axis has
// one, those whose kind does not exclude it.
func (s *shape) assign(h *rawHeader, steps [][]float64) error {
	kinds := strings.Fields(strings.ToLower(h.fields["kinds"]))
	var space []int
	for axis := range s.sizes {
		switch {
		case steps != nil && steps[axis] != nil:
			space = append(space, axis)
		case steps != nil, len(kinds) == len(s.sizes) && !spatial(kinds[axis]):
			if err := s.other(axis, kinds); err != nil {
				return err
			}
		default:
			space = append(space, axis)
		}
	}
	// An axis of one voxel at the end may be time or colour. A picture has only two axes.
	for len(space) > 3 && s.sizes[space[len(space)-1]] == 1 {
		space = space[:len(space)-1]
	}
	switch len(space) {
	case 2:
		s.sizes = append(s.sizes, 1)
		space = append(space, len(s.sizes)-1)
	case 3:
	default:
		return fmt.Errorf("it has %d axes that span space; a volume has three", len(space))
	}
	copy(s.space[:], space)
	return nil
}

// other handles an axis that is not in space. It counts layers or holds a single value.
func (s *shape) other(axis int, kinds []string) error {
	if s.sizes[axis] == 1 {
		return nil
	}
	if len(kinds) == len(s.sizes) && kinds[axis] != "list" && kinds[axis] != "none" &&
		kinds[axis] != "???" && kinds[axis] != "vector" {
		return fmt.Errorf("its voxels are of the kind %.30q, not CT values", kinds[axis])
	}
	if s.list >= 0 {
		return errors.New("it has several axes that are not spatial")
	}
	s.list = axis
	return nil
}

// spatial reports whether an axis of this kind can span the volume.
func spatial(kind string) bool {
	return kind == "domain" || kind == "space" || kind == "none" || kind == "???"
}

// directions returns the step of every axis in the file's space, nil for axes that are not in
// space. The result is nil if the file gives no directions.
func directions(h *rawHeader, axes int) ([][]float64, error) {
	text := h.fields["space directions"]
	if text == "" {
		return nil, nil
	}
	var steps [][]float64
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimSpace(rest) {
		if after, ok := strings.CutPrefix(strings.ToLower(rest), "none"); ok {
			steps, rest = append(steps, nil), rest[len(rest)-len(after):]
			continue
		}
		end := strings.IndexByte(rest, ')')
		if end < 0 {
			return nil, errors.New("its space directions are damaged")
		}
		v, err := vector(rest[:end+1])
		if err != nil || len(v) != 3 {
			return nil, errors.New("its space directions do not have three dimensions")
		}
		steps, rest = append(steps, v), rest[end+1:]
	}
	if len(steps) != axes {
		return nil, fmt.Errorf("its header has %d space directions for %d axes", len(steps), axes)
	}
	return steps, nil
}

// vector parses "(1,0,0)".
func vector(text string) ([]float64, error) {
	inner, ok := strings.CutPrefix(strings.TrimSpace(text), "(")
	if !ok {
		return nil, errors.New("no vector")
	}
	var v []float64
	for word := range strings.SplitSeq(strings.TrimSuffix(inner, ")"), ",") {
		f, err := strconv.ParseFloat(strings.TrimSpace(word), 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, errors.New("no number")
		}
		v = append(v, f)
	}
	return v, nil
}

// place computes the affine.
func (s *shape) place(h *rawHeader, steps [][]float64) error {
	sign, named := spaceSigns(h)
	if steps == nil {
		s.affine = s.plain(h)
		return nil
	}
	origin := []float64{0, 0, 0}
	if text := h.fields["space origin"]; text != "" {
		v, err := vector(text)
		if err != nil || len(v) != 3 {
			return errors.New("its space origin is damaged")
		}
		origin = v
	}
	var columns [3][]float64
	for i, axis := range s.space {
		if axis < len(steps) {
			columns[i] = steps[axis]
		}
	}
	if columns[2] == nil { // a picture in space: one slice along its normal
		n := volume.Vector(columns[0]).Cross(volume.Vector(columns[1]))
		if u, ok := n.Unit(); ok {
			n = u
		}
		columns[2] = n[:]
	}
	for r := range 3 {
		for c := range 3 {
			s.affine[r][c] = sign[r] * columns[c][r]
		}
		s.affine[r][3] = sign[r] * origin[r]
	}
	if !voxels.Usable(s.affine) {
		return errors.New("its space directions do not span a volume")
	}
	s.oriented = named
	return nil
}

// spaceSigns returns the signs that convert the file's space to LPS. named is false if the file
// does not say how its space lies in the patient.
func spaceSigns(h *rawHeader) (sign [3]float64, named bool) {
	switch strings.ToLower(h.fields["space"]) {
	case "left-posterior-superior", "lps", "left-posterior-superior-time", "lpst":
		return [3]float64{1, 1, 1}, true
	case "right-anterior-superior", "ras", "right-anterior-superior-time", "rast":
		return [3]float64{-1, -1, 1}, true
	case "left-anterior-superior", "las", "left-anterior-superior-time", "last":
		return [3]float64{1, -1, 1}, true
	}
	return [3]float64{1, 1, 1}, false
}

// plain returns a grid that is known by its spacings alone. Its axes run to the left, to posterior
// and to the head.
func (s *shape) plain(h *rawHeader) (a volume.Affine) {
	words := strings.Fields(h.fields["spacings"])
	for i, axis := range s.space {
		a[i][i] = 1
		if axis < len(words) {
			if v, err := strconv.ParseFloat(words[axis], 64); err == nil && v != 0 &&
				!math.IsNaN(v) && math.Abs(v) < 1e6 {
				a[i][i] = math.Abs(v)
			}
		}
	}
	return a
}

// layers returns how many volumes the array holds.
func (s *shape) layers() int {
	if s.list < 0 {
		return 1
	}
	return int(s.sizes[s.list])
}

// numbers returns how many numbers the array has.
func (s *shape) numbers() int64 {
	n := int64(1)
	for _, size := range s.sizes {
		n *= size
	}
	return n
}

// layout finds the axial slices of one layer.
func (s *shape) layout(layer int) voxels.Layout {
	strides := make([]int64, len(s.sizes))
	stride := int64(1)
	for axis, size := range s.sizes {
		strides[axis] = stride
		stride *= size
	}
	var sizes, steps [3]int64
	for i, axis := range s.space {
		sizes[i], steps[i] = s.sizes[axis], strides[axis]
	}
	l := voxels.Axial(s.affine, sizes, steps)
	if s.list >= 0 {
		l.Origin += int64(layer) * strides[s.list]
	}
	return l
}
