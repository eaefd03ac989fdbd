package codec

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"glasswork/dataset/dicom/codec/internal/wire"
)

const (
	// Program is the file name of the decoding program.
	Program = "glasswork-codec"
	// ProgramVariable is the environment variable that names another path of the program.
	ProgramVariable = "GLASSWORK_CODEC"

	cannotLoad = 127 // the exit status of a program that lacks a library
	busy       = 4   // a frame may take this many times its limit of processor time by the clock
)

// errDied is the error of a frame whose decoder ended before the frame was done.
var errDied = errors.New("its pixels stopped the decoder; they are probably damaged")

// child is a running decoding program. It decodes one frame at a time.
type child struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out io.ReadCloser
	log strings.Builder // its standard error; read after it has ended
}

// startChild starts the decoding program.
func startChild() (*child, error) {
	path, err := program()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.Command(path)}
	c.cmd.Env = append(c.cmd.Environ(), "GOMAXPROCS=2", "GOGC=50", "GOTRACEBACK=none")
	c.cmd.Stderr = &c.log
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

// ask sends one frame to the program to be decoded. After an error the program has ended.
func (c *child) ask(q wire.Request, buf []byte) (wire.Reply, error) {
	var late atomic.Bool
	watch := time.AfterFunc(busy*q.Limit, func() {
		late.Store(true)
		_ = c.cmd.Process.Kill()
	})
	defer watch.Stop()
	// The program reads the whole request before it answers, so the two never wait for each other.
	err := wire.WriteRequest(c.in, q)
	var reply wire.Reply
	if err == nil {
		reply, err = wire.ReadReply(c.out, q.Rows*q.Columns, buf)
	}
	if err == nil {
		return reply, nil
	}
	c.end()
	switch said, status := strings.TrimSpace(c.log.String()), c.cmd.ProcessState.ExitCode(); {
	case late.Load() || status == wire.Overdue:
		return wire.Reply{}, fmt.Errorf("its pixels could not be decoded within %.1f s; they are "+
			"probably damaged", q.Limit.Seconds())
	case status == cannotLoad:
		return wire.Reply{}, fmt.Errorf("the decoding program %s does not start (%.200s); "+
			"install Glasswork again", Program, said)
	}
	return wire.Reply{}, errDied
}

// end ends the program and waits until it is gone.
func (c *child) end() {
	_ = c.in.Close()
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}

// program returns the path of the decoding program: what ProgramVariable says, or else the folder
// of this program.
func program() (string, error) {
	if path := os.Getenv(ProgramVariable); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("the decoding program is not where %s says (%s)", ProgramVariable,
				path)
		}
		return path, nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(self), Program)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("JPEG 2000 and JPEG-LS need the program %s, which is missing in "+
			"%s; install Glasswork again, or build it by make build",
			Program, filepath.Dir(path))
	} else if err != nil {
		return "", err
	}
	return path, nil
}
