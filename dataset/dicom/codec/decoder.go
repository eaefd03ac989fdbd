package codec

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"glasswork/dataset/dicom/codec/internal/wire"
)

const (
	patience  = 2 * time.Second // a child that has no work for this long ends
	atLeast   = 1500 * time.Millisecond
	eachPixel = 2 * time.Microsecond
)

// Decoder decodes frames. It starts children when they are needed, at most one for each processor.
// A child ends when it has had no work for a while. The zero value is ready.
type Decoder struct {
	once  sync.Once
	slots chan struct{} // one token for each child that may work

	mu     sync.Mutex
	free   []*child // started and without work; the one used last is at the end
	timer  *time.Timer
	closed bool
}

// errClosed is the error of a frame whose decoder has been closed.
var errClosed = errors.New("the series has been closed")

// Close ends the children. Children that are working end when their frame is done.
func (d *Decoder) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	d.endFree()
}

// endFree ends all children without work. The caller holds d.mu.
func (d *Decoder) endFree() {
	for _, c := range d.free {
		c.end()
	}
	d.free = nil
	if d.timer != nil {
		d.timer.Stop()
	}
}

// limit returns how much processor time a frame of n pixels may take. It is far more than any frame
// needs.
func limit(n int) time.Duration { return atLeast + time.Duration(n)*eachPixel }

// askProgram has a child decode a frame.
func (d *Decoder) askProgram(ctx context.Context, codec wire.Codec, stream []byte, s Shape,
	buf []byte,
) (Frame, error) {
	d.once.Do(func() { d.slots = make(chan struct{}, runtime.GOMAXPROCS(0)) })
	select {
	case d.slots <- struct{}{}:
		defer func() { <-d.slots }()
	case <-ctx.Done():
		return Frame{}, ctx.Err()
	}
	q := wire.Request{
		Codec: codec, Rows: s.Rows, Columns: s.Columns, Limit: limit(s.pixels()), Stream: stream,
	}
	reply, err := d.ask(q, buf)
	// perhaps all of them were killed from outside; a new one may survive
	if errors.Is(err, errDied) {
		d.retire()
		reply, err = d.ask(q, buf)
	}
	if err != nil {
		return Frame{}, err
	}
	if reply.Message != "" {
		return Frame{}, fmt.Errorf("its compressed pixels are damaged: %s", reply.Message)
	}
	return Frame{Samples: reply.Pixels, Bits: 8 * reply.Bytes, Precision: reply.Precision}, nil
}

// ask has one child answer q.
func (d *Decoder) ask(q wire.Request, buf []byte) (wire.Reply, error) {
	c, err := d.idle()
	if c == nil && err == nil {
		c, err = startChild()
	}
	if err != nil {
		return wire.Reply{}, err
	}
	reply, err := c.ask(q, buf)
	if err != nil {
		return wire.Reply{}, err
	}
	d.release(c)
	return reply, nil
}

// idle returns a child without work, or nil.
func (d *Decoder) idle() (*child, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, errClosed
	}
	n := len(d.free)
	if n == 0 {
		return nil, nil
	}
	c := d.free[n-1]
	d.free = d.free[:n-1]
	return c, nil
}

// release keeps c for the next frame for a while.
func (d *Decoder) release(c *child) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		c.end()
		return
	}
	d.free = append(d.free, c)
	if d.timer == nil {
		d.timer = time.AfterFunc(patience, d.retire)
	} else {
		d.timer.Reset(patience)
	}
}

// retire ends the children that are without work.
func (d *Decoder) retire() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.endFree()
}

func decodeJPEGLS(ctx context.Context, d *Decoder, stream []byte, s Shape,
	buf []byte,
) (Frame, error) {
	// CharLS searches endlessly for the end of a frame that is cut short. The marker of the end
	// cannot occur inside a frame.
	if !bytes.Contains(stream, []byte{0xFF, 0xD9}) {
		return Frame{}, ErrShort
	}
	return d.askProgram(ctx, wire.JPEGLS, stream, s, buf)
}

func decodeJPEG2000(ctx context.Context, d *Decoder, stream []byte, s Shape,
	buf []byte,
) (Frame, error) {
	b, err := codestream(stream)
	if err != nil {
		return Frame{}, err
	}
	f, err := d.askProgram(ctx, wire.JPEG2000, b, s, buf)
	f.Signed = b[precisionAt]&0x80 != 0
	return f, err
}
