package codec

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"glasswork/dataset/dicom/codec/internal/wire"
)

const (
	// Program is the name of the decoding program's file.
	Program = "glasswork-codec"
	// ProgramVariable is the environment variable that says where else it is.
	ProgramVariable = "GLASSWORK_CODEC"

	idle        = 10 * time.Second // after which a child without work ends
	atLeast     = 1500 * time.Millisecond
	eachPixel   = 2 * time.Microsecond
	watchMargin = 300 * time.Millisecond // the child ends itself a little earlier than it is ended
)

// Decoder decodes frames. Its children are started when they are needed, one for each
// processor at most, and end when they had nothing to do for a while. The zero value is ready.
type Decoder struct {
	once  sync.Once
	slots chan struct{} // one token for each child that may be at work

	mu     sync.Mutex
	free   []*child // started and without work, the last used one last
	timer  *time.Timer
	closed bool
}

// errClosed is what a frame gets whose decoder has been closed.
var errClosed = errors.New("the series has been closed")

// Close ends the children. Frames being decoded fail.
func (d *Decoder) Close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	d.endFree()
}

// endFree ends all children without work; d.mu is held.
func (d *Decoder) endFree() {
	for _, c := range d.free {
		c.end()
	}
	d.free = nil
	if d.timer != nil {
		d.timer.Stop()
	}
}

// limit is how long a frame of n pixels may take: far more than any takes.
func limit(n int) time.Duration { return atLeast + time.Duration(n)*eachPixel }

// askProgram lets a child decode a frame.
func (d *Decoder) askProgram(ctx context.Context, codec wire.Codec, stream []byte, s Shape, buf []byte) (Frame, error) {
	d.once.Do(func() { d.slots = make(chan struct{}, runtime.GOMAXPROCS(0)) })
	select {
	case d.slots <- struct{}{}:
		defer func() { <-d.slots }()
	case <-ctx.Done():
		return Frame{}, ctx.Err()
	}
	c, err := d.child()
	if err != nil {
		return Frame{}, err
	}
	q := wire.Request{Codec: codec, Rows: s.Rows, Columns: s.Columns, Limit: limit(s.pixels()), Stream: stream}
	reply, err := c.ask(q, buf)
	if err != nil {
		c.end()
		return Frame{}, err
	}
	d.release(c)
	if reply.Message != "" {
		return Frame{}, fmt.Errorf("its compressed pixels are damaged: %s", reply.Message)
	}
	return Frame{Samples: reply.Pixels, Bits: 8 * reply.Bytes, Precision: reply.Precision}, nil
}

// child returns one without work, or a new one.
func (d *Decoder) child() (*child, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, errClosed
	}
	if n := len(d.free); n > 0 {
		c := d.free[n-1]
		d.free = d.free[:n-1]
		return c, nil
	}
	program, err := program()
	if err != nil {
		return nil, err
	}
	return startChild(program)
}

// release keeps c for the next frame, for a while.
func (d *Decoder) release(c *child) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		c.end()
		return
	}
	d.free = append(d.free, c)
	if d.timer == nil {
		d.timer = time.AfterFunc(idle, d.retire)
	} else {
		d.timer.Reset(idle)
	}
}

// retire ends the children that are without work.
func (d *Decoder) retire() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.endFree()
}

// program finds the decoding program: where ProgramVariable says, else beside this one.
func program() (string, error) {
	if path := os.Getenv(ProgramVariable); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("the decoding program is not where %s says (%s)", ProgramVariable, path)
		}
		return path, nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(self), Program)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("JPEG 2000 and JPEG-LS need the program %s, which is missing in %s; install Glasswork again, or build it by make build",
			Program, filepath.Dir(path))
	} else if err != nil {
		return "", err
	}
	return path, nil
}

func decodeJPEGLS(ctx context.Context, d *Decoder, stream []byte, s Shape, buf []byte) (Frame, error) {
	return d.askProgram(ctx, wire.JPEGLS, stream, s, buf)
}

func decodeJPEG2000(ctx context.Context, d *Decoder, stream []byte, s Shape, buf []byte) (Frame, error) {
	b, err := codestream(stream)
	if err != nil {
		return Frame{}, err
	}
	f, err := d.askProgram(ctx, wire.JPEG2000, b, s, buf)
	f.Signed = b[precisionAt]&0x80 != 0
	return f, err
}
