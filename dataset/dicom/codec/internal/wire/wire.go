// Package wire defines the messages between Glasswork and its decoding program: a request with a
// compressed frame, and a reply with its pixels or a sentence. Both go over a pipe, begin with a
// header of fixed size and are little endian.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// Codec is a decoder of the program.
type Codec uint8

// The decoders.
const (
	JPEG2000 Codec = 1 // and High-Throughput JPEG 2000
	JPEGLS   Codec = 2
)

// Overdue is the exit status of a program whose frame took too long.
const Overdue = 3

const (
	requestMagic = 0x51435747 // "GWCQ"
	replyMagic   = 0x52435747 // "GWCR"
	requestBytes = 28
	replyBytes   = 16

	maxSide    = 1 << 16
	maxStream  = 1 << 30
	maxMessage = 1 << 10
)

// errProtocol is the error of both sides when a message is not what it should be.
var errProtocol = errors.New("the decoding program and Glasswork do not understand each other")

// Request asks for a frame to be decoded. Its picture must have Rows × Columns grey pixels.
type Request struct {
	Codec         Codec
	Rows, Columns int
	// Limit is how much processor time the frame may take. After that the program ends itself.
	Limit  time.Duration
	Stream []byte
}

// Reply is a decoded frame: little-endian samples of Bytes bytes each, of which the low Precision
// bits are the value. If there is no frame, Message says why.
type Reply struct {
	Bytes, Precision int
	Pixels           []byte
	Message          string
}

// WriteRequest sends r.
func WriteRequest(w io.Writer, r Request) error {
	head := make([]byte, 0, requestBytes)
	for _, v := range []uint32{
		requestMagic, uint32(r.Codec), uint32(r.Rows), uint32(r.Columns),
		uint32(r.Limit.Milliseconds()),
	} {
		head = binary.LittleEndian.AppendUint32(head, v)
	}
	head = binary.LittleEndian.AppendUint64(head, uint64(len(r.Stream)))
	return write(w, head, r.Stream)
}

// ReadRequest reads the next request into buf, which grows as needed. The request uses it until the
// next call. The error is io.EOF if there is no other request.
func ReadRequest(r io.Reader, buf []byte) (Request, error) {
	var head [requestBytes]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return Request{}, err
	}
	word := func(i int) int { return int(binary.LittleEndian.Uint32(head[4*i:])) }
	q := Request{
		Codec: Codec(word(1)), Rows: word(2), Columns: word(3),
		Limit: time.Duration(word(4)) * time.Millisecond,
	}
	length := binary.LittleEndian.Uint64(head[20:])
	if word(0) != requestMagic || word(1) > 255 || q.Rows > maxSide || q.Columns > maxSide ||
		length > maxStream {
		return Request{}, errProtocol
	}
	var err error
	q.Stream, err = body(r, buf, int(length))
	return q, err
}

// WriteReply sends r.
func WriteReply(w io.Writer, r Reply) error {
	head := make([]byte, 0, replyBytes)
	body := r.Pixels
	if r.Message != "" {
		body = []byte(r.Message[:min(len(r.Message), maxMessage)])
		r.Bytes, r.Precision = 0, 0
	}
	head = binary.LittleEndian.AppendUint32(head, replyMagic)
	head = binary.LittleEndian.AppendUint16(head, uint16(r.Bytes))
	head = binary.LittleEndian.AppendUint16(head, uint16(r.Precision))
	head = binary.LittleEndian.AppendUint64(head, uint64(len(body)))
	return write(w, head, body)
}

// ReadReply reads the reply to a request for the given number of pixels, into buf if it fits.
func ReadReply(r io.Reader, pixels int, buf []byte) (Reply, error) {
	var head [replyBytes]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return Reply{}, err
	}
	p := Reply{
		Bytes:     int(binary.LittleEndian.Uint16(head[4:])),
		Precision: int(binary.LittleEndian.Uint16(head[6:])),
	}
	length := binary.LittleEndian.Uint64(head[8:])
	switch {
	case binary.LittleEndian.Uint32(head[:]) != replyMagic:
		return Reply{}, errProtocol
	case p.Bytes == 0 && length > 0 && length <= maxMessage:
		text, err := body(r, nil, int(length))
		return Reply{Message: string(text)}, err
	case p.Bytes != 1 && p.Bytes != 2, p.Precision < 1, p.Precision > 8*p.Bytes,
		length != uint64(pixels*p.Bytes):
		return Reply{}, errProtocol
	}
	var err error
	p.Pixels, err = body(r, buf, int(length))
	return p, err
}

func write(w io.Writer, head, body []byte) error {
	if _, err := w.Write(head); err != nil {
		return err
	}
	if len(body) == 0 {
		return nil
	}
	_, err := w.Write(body)
	return err
}

// body reads n bytes into buf. If buf is too small, it reads into a new slice that grows with what
// arrives, so a header that lies about its length costs nothing.
func body(r io.Reader, buf []byte, n int) ([]byte, error) {
	const step = 1 << 20
	if cap(buf) < n {
		buf = make([]byte, 0, min(n, step))
	}
	buf = buf[:0]
	for len(buf) < n {
		more := min(n-len(buf), max(step, len(buf)))
		if cap(buf) < len(buf)+more {
			buf = append(make([]byte, 0, len(buf)+more), buf...)
		}
		at := buf[len(buf) : len(buf)+more]
		if _, err := io.ReadFull(r, at); err != nil {
			return nil, fmt.Errorf("a message was cut short: %w", err)
		}
		buf = buf[:len(buf)+more]
	}
	return buf, nil
}
