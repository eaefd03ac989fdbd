package worker

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

const (
	rlimitData = 2 // RLIMIT_DATA, which syscall does not name on every system

	spareBytes = 64 << 20
	// address space for the stacks of threads that the Go runtime may still start, 8 MiB each;
	// hardly any is used
	threadStacks = 32 << 20
	// OpenJPEG: 4 in its picture, 4 in its tile, the rest for its code-blocks
	bytesAPixel  = 16
	bytesAByteOf = 4 // of the codestream: as it is read, and in OpenJPEG's own copies
)

// memory limits what the program may allocate while it decodes one frame.
type memory struct{ base uint64 }

// newMemory measures what the program uses before its first frame. Limits are added to that.
func newMemory() (*memory, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return nil, err
	}
	_, after, _ := bytes.Cut(status, []byte("VmData:"))
	fields := bytes.Fields(after)
	if len(fields) == 0 {
		return nil, errors.New("the system does not say how much memory is used")
	}
	kib, err := strconv.ParseUint(string(fields[0]), 10, 64)
	if err != nil {
		return nil, err
	}
	return &memory{base: kib << 10}, nil
}

// allow sets the limit for a frame of that many pixels and bytes of codestream.
func (m *memory) allow(pixels, stream int) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(rlimitData, &limit); err != nil {
		return fmt.Errorf("memory cannot be limited: %w", err)
	}
	need := uint64(pixels)*bytesAPixel + uint64(stream)*bytesAByteOf
	limit.Cur = min(m.base+spareBytes+threadStacks+need, limit.Max)
	if err := syscall.Setrlimit(rlimitData, &limit); err != nil {
		return fmt.Errorf("memory cannot be limited: %w", err)
	}
	return nil
}
