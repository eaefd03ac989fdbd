package npy

import (
	"bufio"
	"encoding/binary"
	"io"

	"glasswork/dataset/atomicfile"
)

// WriteFloats writes an array of float32 in C order.
func WriteFloats(path string, values []float32, shape ...int) error {
	return atomicfile.WriteFile(path, func(w io.Writer) error {
		b := bufio.NewWriterSize(w, 1<<20)
		if err := WriteHeader(b, "<f4", shape...); err != nil {
			return err
		}
		if err := binary.Write(b, binary.LittleEndian, values); err != nil {
			return err
		}
		return b.Flush()
	})
}
