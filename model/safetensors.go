package model

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/x448/float16"
)

// array is one tensor of a safetensors file (github.com/huggingface/safetensors): float32
// values, row-major, stored as F32 or F16.
type array struct {
	name  string
	shape []int64
	half  bool
	data  []float32
}

// entry describes a tensor in the file's header.
type entry struct {
	DType   string   `json:"dtype"`
	Shape   []int64  `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

const (
	metadataKey = "__metadata__"
	maxHeader   = 16 << 20 // bytes; ours are about 20 kB
	maxHalf     = 65504    // the largest float16
)

// size is the number of values of a shape, or an error where it is negative or does not
// fit an int64 comfortably.
func size(shape []int64) (int64, error) {
	n := int64(1)
	for _, d := range shape {
		if d < 0 || (d > 0 && n > math.MaxInt32*64/d) {
			return 0, fmt.Errorf("the shape %v is impossible", shape)
		}
		n *= d
	}
	return n, nil
}

// writeSafetensors writes arrays in their order with metadata in the header.
func writeSafetensors(w io.Writer, metadata map[string]string, arrays []array) error {
	header := map[string]any{metadataKey: metadata}
	offset := int64(0)
	for _, a := range arrays {
		dtype, width := "F32", int64(4)
		if a.half {
			dtype, width = "F16", 2
		}
		end := offset + int64(len(a.data))*width
		header[a.name] = entry{DType: dtype, Shape: a.shape, Offsets: [2]int64{offset, end}}
		offset = end
	}
	text, err := json.Marshal(header)
	if err != nil {
		return err
	}
	for len(text)%8 != 0 { // the format wants the data aligned
		text = append(text, ' ')
	}
	if err := binary.Write(w, binary.LittleEndian, uint64(len(text))); err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	for _, a := range arrays {
		if err := a.write(w); err != nil {
			return err
		}
	}
	return nil
}

// write writes the values in pieces.
func (a *array) write(w io.Writer) error {
	buffer := make([]byte, 0, 1<<16)
	for piece := range slices.Chunk(a.data, 1<<14) {
		buffer = buffer[:0]
		for i, v := range piece {
			switch {
			case !a.half:
				buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(v))
			case v > maxHalf || v < -maxHalf || v != v:
				return fmt.Errorf("value %g of %s cannot be stored in half precision (element %d)",
					v, a.name, i)
			default:
				buffer = binary.LittleEndian.AppendUint16(buffer, float16.Fromfloat32(v).Bits())
			}
		}
		if _, err := w.Write(buffer); err != nil {
			return err
		}
	}
	return nil
}

// safetensors is a file's header and its data, which share memory with the file's bytes.
type safetensors struct {
	metadata map[string]string
	entries  map[string]entry
	data     []byte
}

// parseSafetensors checks that every tensor lies inside the file, has as many bytes as
// its shape says and overlaps no other. It holds on to file.
func parseSafetensors(file []byte) (*safetensors, error) {
	if len(file) < 8 {
		return nil, errors.New("the file is too short to be a safetensors file")
	}
	n := binary.LittleEndian.Uint64(file)
	if n > maxHeader || n > uint64(len(file)-8) {
		return nil, errors.New("the file is cut, or neither a safetensors file nor one that " +
			"PyTorch saved: its header would end after the file")
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(file[8:8+n], &raw); err != nil {
		return nil, fmt.Errorf("the file is not a safetensors file: its header is not JSON: %w",
			err)
	}
	s := &safetensors{entries: make(map[string]entry, len(raw)), data: file[8+n:]}
	for name, text := range raw {
		if name == metadataKey {
			if err := json.Unmarshal(text, &s.metadata); err != nil {
				return nil, fmt.Errorf("the header's metadata cannot be read: %w", err)
			}
			continue
		}
		var e entry
		if err := json.Unmarshal(text, &e); err != nil {
			return nil, fmt.Errorf("the header's entry %q cannot be read: %w", name, err)
		}
		s.entries[name] = e
	}
	return s, s.check()
}

// check reports the first tensor, in the order of the file, that is not where it should be.
func (s *safetensors) check() error {
	order := make([]string, 0, len(s.entries))
	for name := range s.entries {
		order = append(order, name)
	}
	slices.SortFunc(order, func(a, b string) int {
		x, y := s.entries[a].Offsets, s.entries[b].Offsets
		return cmp.Or(slices.Compare(x[:], y[:]), strings.Compare(a, b))
	})
	end := int64(0)
	for _, name := range order {
		e := s.entries[name]
		width, ok := map[string]int64{"F32": 4, "F16": 2}[e.DType]
		if !ok {
			return fmt.Errorf("parameter %q is stored as %q; only F32 and F16 can be read", name,
				e.DType)
		}
		n, err := size(e.Shape)
		if err != nil {
			return fmt.Errorf("parameter %q: %w", name, err)
		}
		switch from, to := e.Offsets[0], e.Offsets[1]; {
		case from != end || to < from || to-from != n*width:
			return fmt.Errorf("parameter %q does not have the bytes that its shape %v needs", name,
				e.Shape)
		case to > int64(len(s.data)):
			return fmt.Errorf("the file is cut: parameter %q would end %d bytes after it", name,
				to-int64(len(s.data)))
		default:
			end = to
		}
	}
	if end != int64(len(s.data)) {
		return fmt.Errorf("the file has %d bytes that belong to no parameter",
			int64(len(s.data))-end)
	}
	return nil
}

// names are sorted: the header is a JSON object, which has no order.
func (s *safetensors) names() []string { return sortedNames(s.entries) }

func (s *safetensors) shape(name string) ([]int64, bool) {
	e, ok := s.entries[name]
	return e.Shape, ok
}

// read decodes the named tensor into dst, which has as many values as the entry's shape.
func (s *safetensors) read(name string, dst []float32) {
	e := s.entries[name]
	data := s.data[e.Offsets[0]:e.Offsets[1]]
	if e.DType == "F16" {
		for i := range dst {
			dst[i] = float16.Frombits(binary.LittleEndian.Uint16(data[2*i:])).Float32()
		}
		return
	}
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
}
