package metaimage

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"glasswork/dataset/internal/osfile"
	"glasswork/dataset/internal/voxels"
	"glasswork/dataset/volume"
)

// maxHeader bounds how much is read as a header.
const maxHeader = 1 << 20

// rawHeader is a header as text. Keys are in lower case.
type rawHeader struct {
	fields map[string]string
	// list holds the lines after "ElementDataFile = LIST".
	list []string
	// end is the offset at which the header ends in its file. Local data begin there.
	end  int64
	text []byte
}

func readHeader(path string) (*rawHeader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, osfile.Plain(err)
	}
	defer f.Close()
	return scanHeader(f)
}

// scanHeader reads lines "Key = Value" up to ElementDataFile, which is the last one, and the list
// of files that may follow it.
func scanHeader(src io.Reader) (*rawHeader, error) {
	h := &rawHeader{fields: map[string]string{}}
	r := bufio.NewReader(io.LimitReader(src, maxHeader))
	for inList := false; ; {
		line, err := r.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, osfile.Plain(err)
		}
		h.end += int64(len(line))
		h.text = append(h.text, line...)
		key, value, ok := strings.Cut(line, "=")
		key, value = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(value)
		switch {
		case inList:
			if name := strings.TrimSpace(line); name != "" {
				h.list = append(h.list, name)
			}
		case ok && key == "elementdatafile":
			h.fields[key] = value
			if inList = isList(value); !inList {
				return h, nil
			}
		case ok && len(key) < 64:
			h.fields[key] = value
		case strings.TrimSpace(line) != "" || len(h.fields) == 0:
			return nil, errors.New("it is not a MetaImage header")
		}
		switch {
		case err != nil && inList:
			return h, nil
		case err != nil:
			return nil, errors.New("its header names no ElementDataFile")
		}
	}
}

func isList(value string) bool { return value == "LIST" || strings.HasPrefix(value, "LIST ") }

// field returns the value of the first of several names that the header has.
func (h *rawHeader) field(names ...string) string {
	for _, name := range names {
		if v := h.fields[strings.ToLower(name)]; v != "" {
			return v
		}
	}
	return ""
}

// is reports whether a field is true.
func (h *rawHeader) is(names ...string) bool {
	v := strings.ToLower(h.field(names...))
	return v == "true" || v == "t" || v == "1"
}

// numbers returns the n numbers of a field, or nil if the header does not have it.
func (h *rawHeader) numbers(n int, names ...string) ([]float64, error) {
	words := strings.Fields(h.field(names...))
	if len(words) == 0 {
		return nil, nil
	}
	if len(words) < n {
		return nil, fmt.Errorf("its header has %d numbers for %s, not %d", len(words), names[0], n)
	}
	v := make([]float64, n)
	for i := range v {
		f, err := strconv.ParseFloat(words[i], 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, fmt.Errorf("its header says %s = %.40q", names[0], words[i])
		}
		v[i] = f
	}
	return v, nil
}

// shape is what a header says about its volume.
type shape struct {
	kind  voxels.Kind
	order binary.ByteOrder
	sizes [3]int64
	// affine maps indices to LPS mm. oriented is true if the file says how.
	affine   volume.Affine
	oriented bool
}

func parse(h *rawHeader) (*shape, error) {
	s := &shape{order: binary.LittleEndian, sizes: [3]int64{1, 1, 1}}
	if h.is("ElementByteOrderMSB", "BinaryDataByteOrderMSB") {
		s.order = binary.BigEndian
	}
	if t := h.field("ObjectType"); t != "" && !strings.EqualFold(t, "Image") {
		return nil, fmt.Errorf("it holds a %.30q, not an image", t)
	}
	var err error
	if s.kind, err = kindOf(h.field("ElementType")); err != nil {
		return nil, err
	}
	if n := h.field("ElementNumberOfChannels"); n != "" && n != "1" {
		return nil, fmt.Errorf("its voxels have %.10s channels; CT has one", n)
	}
	dims, err := strconv.Atoi(h.field("NDims"))
	if err != nil || dims < 2 || dims > 4 {
		return nil, fmt.Errorf("it has %.10q dimensions; 2 and 3 can be read", h.field("NDims"))
	}
	if err := s.readSizes(h, dims); err != nil {
		return nil, err
	}
	return s, s.place(h, dims)
}

// kindOf returns the type of the voxels. MET_LONG has four bytes, whatever system wrote it.
func kindOf(name string) (voxels.Kind, error) {
	switch strings.TrimSuffix(strings.ToUpper(name), "_ARRAY") {
	case "MET_CHAR", "MET_ASCII_CHAR":
		return voxels.Int8, nil
	case "MET_UCHAR":
		return voxels.Uint8, nil
	case "MET_SHORT":
		return voxels.Int16, nil
	case "MET_USHORT":
		return voxels.Uint16, nil
	case "MET_INT", "MET_LONG":
		return voxels.Int32, nil
	case "MET_UINT", "MET_ULONG":
		return voxels.Uint32, nil
	case "MET_LONG_LONG":
		return voxels.Int64, nil
	case "MET_ULONG_LONG":
		return voxels.Uint64, nil
	case "MET_FLOAT":
		return voxels.Float32, nil
	case "MET_DOUBLE":
		return voxels.Float64, nil
	}
	return 0, fmt.Errorf("its voxels have the type %.30q, which cannot be read", name)
}

func (s *shape) readSizes(h *rawHeader, dims int) error {
	sizes, err := h.numbers(dims, "DimSize")
	if err != nil {
		return err
	}
	if sizes == nil {
		return errors.New("its header lacks DimSize")
	}
	total := 1.0
	for i, size := range sizes {
		if size != math.Trunc(size) || size < 1 || size > voxels.MaxSide {
			return fmt.Errorf("its header claims %g voxels along axis %d", size, i+1)
		}
		if i == 3 && size > 1 {
			return fmt.Errorf("it holds %g volumes (4-D data); split it and open one volume", size)
		}
		if total *= size; total > voxels.MaxVoxels {
			return fmt.Errorf("its header claims %g × %g × %g voxels, more than can be opened",
				sizes[0], sizes[1], sizes[2])
		}
		if i < 3 {
			s.sizes[i] = int64(size)
		}
	}
	return nil
}

// place computes the affine. The matrix lists the directions of the axes, one after the other, in
// LPS. It takes precedence over AnatomicalOrientation, because programs that write both derive the
// second from the first.
func (s *shape) place(h *rawHeader, dims int) error {
	spacing, err := h.numbers(dims, "ElementSpacing", "ElementSize")
	if err != nil {
		return err
	}
	origin, err := h.numbers(dims, "Offset", "Position", "Origin")
	if err != nil {
		return err
	}
	matrix, err := h.numbers(dims*dims, "TransformMatrix", "Rotation", "Orientation")
	if err != nil {
		return err
	}
	s.oriented = matrix != nil
	if matrix == nil {
		matrix, s.oriented = anatomical(h.field("AnatomicalOrientation"), dims)
	}
	for axis := range 3 {
		step := 1.0
		if axis < len(spacing) && spacing[axis] != 0 {
			step = math.Abs(spacing[axis])
		}
		for r := range 3 {
			direction := 0.0
			if axis < dims && r < dims {
				direction = matrix[axis*dims+r]
			} else if axis == r {
				direction = 1
			}
			s.affine[r][axis] = direction * step
		}
		if axis < len(origin) {
			s.affine[axis][3] = origin[axis]
		}
	}
	if !voxels.Usable(s.affine) {
		return errors.New("its TransformMatrix does not span a volume")
	}
	return nil
}

// anatomical returns the matrix of an orientation such as "RAI". Each letter says where an axis
// comes from, so RAI is the identity in LPS. known is false if the text does not name three
// directions.
func anatomical(text string, dims int) (matrix []float64, known bool) {
	identity := make([]float64, dims*dims)
	matrix = make([]float64, dims*dims)
	seen := 0
	for axis := range dims {
		identity[axis*dims+axis] = 1
		if axis >= len(text) {
			continue
		}
		i := strings.IndexByte("RLAPIS", text[axis]&^0x20)
		if i < 0 || i/2 >= dims {
			continue
		}
		seen |= 1 << (i / 2)
		matrix[axis*dims+i/2] = 1 - 2*float64(i%2)
	}
	if dims < 3 || seen&7 != 7 {
		return identity, false
	}
	if dims == 4 {
		matrix[15] = 1
	}
	return matrix, true
}
