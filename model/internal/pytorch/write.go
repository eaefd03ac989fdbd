package pytorch

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
)

// Array is a tensor to be written: float32 values, row-major, or with Counter a single
// int64 of 0, as batch norm counts batches.
type Array struct {
	Name    string
	Shape   []int64
	Values  []float32
	Counter bool
}

// Write writes a state_dict in the zip format, as torch.save would: an OrderedDict of
// contiguous tensors on the processor.
func Write(w io.Writer, arrays []Array) error {
	z := zip.NewWriter(w)
	var p pickler
	p.describe(arrays)
	if err := store(z, "model/data.pkl", p.Bytes()); err != nil {
		return err
	}
	for i, a := range arrays {
		if err := store(z, fmt.Sprintf("model/data/%d", i), a.bytes()); err != nil {
			return err
		}
	}
	if err := store(z, "model/version", []byte("3\n")); err != nil {
		return err
	}
	return z.Close()
}

// store adds an entry with its size and checksum in front of it, as PyTorch's reader wants.
func store(z *zip.Writer, name string, data []byte) error {
	w, err := z.CreateRaw(&zip.FileHeader{
		Name: name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(data),
		CompressedSize64: uint64(len(data)), UncompressedSize64: uint64(len(data)),
	})
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return err
}

func (a *Array) bytes() []byte {
	if a.Counter {
		return make([]byte, 8)
	}
	b := make([]byte, 0, 4*len(a.Values))
	for _, v := range a.Values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// pickler writes instructions of Python's pickle protocol 2.
type pickler struct{ bytes.Buffer }

// describe pickles OrderedDict({name: _rebuild_tensor_v2(storage, 0, shape, strides, False,
// OrderedDict())}).
func (p *pickler) describe(arrays []Array) {
	p.WriteString("\x80\x02ccollections\nOrderedDict\n)R(")
	for i, a := range arrays {
		kind, size := "FloatStorage", len(a.Values)
		if a.Counter {
			kind, size = "LongStorage", 1
		}
		p.text(a.Name)
		p.WriteString("ctorch._utils\n_rebuild_tensor_v2\n((")
		p.text("storage")
		fmt.Fprintf(p, "ctorch\n%s\n", kind)
		p.text(fmt.Sprint(i))
		p.text("cpu")
		p.integer(int64(size))
		p.WriteString("tQ")
		p.integer(0)
		p.integers(a.Shape)
		p.integers(rowMajor(a.Shape))
		p.WriteString("\x89ccollections\nOrderedDict\n)RtR")
	}
	p.WriteString("u.")
}

func (p *pickler) text(s string) {
	p.WriteByte('X')
	p.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(s))))
	p.WriteString(s)
}

func (p *pickler) integer(v int64) {
	p.WriteByte('J')
	p.Write(binary.LittleEndian.AppendUint32(nil, uint32(v)))
}

func (p *pickler) integers(all []int64) {
	p.WriteByte('(')
	for _, v := range all {
		p.integer(v)
	}
	p.WriteByte('t')
}

// rowMajor are the strides of a contiguous tensor.
func rowMajor(shape []int64) []int64 {
	strides, step := make([]int64, len(shape)), int64(1)
	for i := len(shape) - 1; i >= 0; i-- {
		strides[i] = step
		step *= shape[i]
	}
	return strides
}
