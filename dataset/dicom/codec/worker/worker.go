// Package worker runs the decoding program: it decodes one frame after the other until its input
// ends.
package worker

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"
	"time"

	"glasswork/dataset/dicom/codec/internal/native"
	"glasswork/dataset/dicom/codec/internal/wire"
)

// serve answers the requests from in on out until in ends. A frame that takes longer than its
// request allows ends the program with status wire.Overdue.
func serve(in io.Reader, out io.Writer) error {
	runtime.LockOSThread() // the C library's memory stays on one thread
	defer runtime.UnlockOSThread()
	native.OneArena()
	memory, err := newMemory()
	if err != nil {
		return err
	}
	var stream, pixels []byte
	w := bufio.NewWriterSize(out, 4<<10)
	for {
		q, err := wire.ReadRequest(in, stream)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		stream = q.Stream
		if err := memory.allow(q.Rows*q.Columns, len(q.Stream)); err != nil {
			return err
		}
		done := watchOver(q.Limit)
		reply := decode(q, pixels)
		done()
		if reply.Pixels != nil {
			pixels = reply.Pixels
		}
		if err := wire.WriteReply(w, reply); err != nil {
			return err
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
}

// watchOver ends the program when it has used limit of processor time, unless done is called
// before. It counts processor time, so that a frame is not lost because other programs keep the
// machine busy.
func watchOver(limit time.Duration) (done func()) {
	ended := make(chan struct{})
	go func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for begin := processorTime(); ; {
			select {
			case <-ended:
				return
			case <-tick.C:
				if processorTime()-begin > limit {
					os.Exit(wire.Overdue)
				}
			}
		}
	}()
	return func() { close(ended) }
}

// processorTime returns the processor time that this program has used.
func processorTime() time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		return 0
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

func decode(q wire.Request, buf []byte) wire.Reply {
	var f native.Frame
	var err error
	switch q.Codec {
	case wire.JPEG2000:
		f, err = native.JPEG2000(q.Stream, q.Rows, q.Columns, buf)
	case wire.JPEGLS:
		f, err = native.JPEGLS(q.Stream, q.Rows, q.Columns, buf)
	default:
		err = fmt.Errorf("codec %d is not known", q.Codec)
	}
	if err != nil {
		return wire.Reply{Message: err.Error()}
	}
	return wire.Reply{Bytes: f.Bytes, Precision: f.Precision, Pixels: f.Pixels}
}

// Main runs the program on its standard streams and returns its exit status.
func Main() int {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "glasswork-codec:", err)
		return 1
	}
	return 0
}
