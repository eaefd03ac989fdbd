package npy

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// WriteHeader writes the header of an array in C order (version 1.0). kind is NumPy's name for the
// type: "|u1", "<i2" or "<f4". The caller writes the numbers after it, so an array larger than
// memory can be written slice by slice.
func WriteHeader(w io.Writer, kind string, shape ...int) error {
	sides := make([]string, len(shape))
	for i, n := range shape {
		sides[i] = fmt.Sprint(n)
	}
	list := strings.Join(sides, ", ")
	if len(shape) == 1 {
		list += ","
	}
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", kind, list)
	const before, align = 10, 64
	dict += strings.Repeat(" ", align-1-(before+len(dict))%align) + "\n"
	head := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(head[8:], uint16(len(dict)))
	_, err := w.Write(append(head, dict...))
	return err
}
