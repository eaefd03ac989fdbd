package voxels

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
)

// Text decodes decimal numbers of a kind, separated by blanks or commas.
func Text(k Kind, o binary.ByteOrder) Codec {
	return Codec{Expands: 8, Open: func(r io.Reader) (io.Reader, error) {
		return newTextReader(r, k, o), nil
	}}
}

// Hex decodes bytes written as pairs of hexadecimal digits, with blanks anywhere.
func Hex() Codec {
	return Codec{Expands: 1, Open: func(r io.Reader) (io.Reader, error) {
		return hexReader{bufio.NewReader(r)}, nil
	}}
}

var errText = errors.New("its text holds something that is not a number")

// hexReader converts pairs of hexadecimal digits, with blanks anywhere, to bytes.
type hexReader struct{ r *bufio.Reader }

func (h hexReader) Read(b []byte) (n int, err error) {
	for n < len(b) {
		var pair [2]byte
		for i := range pair {
			if pair[i], err = h.digit(); err != nil {
				return n, err
			}
		}
		b[n] = pair[0]<<4 | pair[1]
		n++
	}
	return n, nil
}

func (h hexReader) digit() (byte, error) {
	for {
		c, err := h.r.ReadByte()
		switch {
		case err != nil:
			return 0, err
		case c >= '0' && c <= '9':
			return c - '0', nil
		case c >= 'a' && c <= 'f':
			return c - 'a' + 10, nil
		case c >= 'A' && c <= 'F':
			return c - 'A' + 10, nil
		case c != ' ' && c != '\n' && c != '\r' && c != '\t':
			return 0, errText
		}
	}
}

// textReader converts decimal numbers, separated by blanks or commas, to the bytes that they have
// in a raw file.
type textReader struct {
	words *bufio.Scanner
	kind  Kind
	order binary.ByteOrder
	left  []byte
}

func newTextReader(r io.Reader, k Kind, o binary.ByteOrder) *textReader {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 4096), 4096) // no number is longer
	s.Split(bufio.ScanWords)
	return &textReader{words: s, kind: k, order: o}
}

func (t *textReader) Read(b []byte) (int, error) {
	for len(t.left) == 0 {
		if !t.words.Scan() {
			if err := t.words.Err(); err != nil {
				return 0, err
			}
			return 0, io.EOF
		}
		for word := range strings.FieldsFuncSeq(t.words.Text(),
			func(r rune) bool { return r == ',' }) {
			if err := t.add(word); err != nil {
				return 0, err
			}
		}
	}
	n := copy(b, t.left)
	t.left = t.left[n:]
	return n, nil
}

// add appends the bytes of one number.
func (t *textReader) add(word string) error {
	if t.kind.Float() {
		f, err := strconv.ParseFloat(word, 64)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return errText
		}
		t.put(math.Float64bits(f), uint64(math.Float32bits(float32(f))))
		return nil
	}
	if n, err := strconv.ParseInt(word, 10, 64); err == nil {
		t.put(uint64(n), uint64(n))
		return nil
	}
	n, err := strconv.ParseUint(word, 10, 64)
	if err != nil {
		return errText
	}
	t.put(n, n)
	return nil
}

// put appends the lowest bytes of a number. They come from wide if the kind has eight bytes, and
// from narrow otherwise.
func (t *textReader) put(wide, narrow uint64) {
	var b [8]byte
	n := t.kind.Bytes()
	switch n {
	case 1:
		b[0] = byte(narrow)
	case 2:
		t.order.PutUint16(b[:], uint16(narrow))
	case 4:
		t.order.PutUint32(b[:], uint32(narrow))
	default:
		t.order.PutUint64(b[:], wide)
	}
	t.left = append(t.left, b[:n]...)
}
