package codec

import (
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync/atomic"
	"time"

	"glasswork/dataset/dicom/codec/internal/wire"
)

// child is a running decoding program. It decodes one frame at a time.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out io.ReadCloser
}

// startChild starts the program at path.
func startChild(path string) (*child, error) {
	c := &child{cmd: exec.Command(path)}
	c.cmd.Env = append(c.cmd.Environ(), "GOMAXPROCS=2", "GOGC=50", "GOTRACEBACK=none")
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("the decoding program could not be started: %w", err)
	}
	if c.out, err = c.cmd.StdoutPipe(); err != nil {
		return nil, fmt.Errorf("the decoding program could not be started: %w", err)
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("the decoding program could not be started: %w", err)
	}
	return c, nil
}

// ask has the program decode one frame. After an error it is of no use any more.
func (c *child) ask(q wire.Request, buf []byte) (wire.Reply, error) {
	var late atomic.Bool
	watch := time.AfterFunc(q.Limit+watchMargin, func() {
		late.Store(true)
		_ = c.cmd.Process.Kill()
	})
	defer watch.Stop()
	began := time.Now()
	// The program reads a request whole before it answers, so that neither waits for the other.
	err := wire.WriteRequest(c.in, q)
	var reply wire.Reply
	if err == nil {
		reply, err = wire.ReadReply(c.out, q.Rows*q.Columns, buf)
	}
	switch {
	case err == nil:
		return reply, nil
	case late.Load() || time.Since(began) >= q.Limit:
		return wire.Reply{}, fmt.Errorf("its pixels could not be decoded within %.1f s; they are probably damaged", q.Limit.Seconds())
	}
	return wire.Reply{}, errors.New("the decoder gave up on its pixels; they are probably damaged")
}

// end ends the program and waits until it is gone.
func (c *child) end() {
	_ = c.in.Close()
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}
