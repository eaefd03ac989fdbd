package example

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"

	"glasswork/dataset/internal/osfile"
)

// sliceStore is a dataset whose slices were unpacked into one temporary file, so that training
// can read them in any order without keeping them in memory. The file has no name: it is gone
// when the program ends or the store is collected.
type sliceStore struct {
	file *os.File
	end  int64
	list []storedSlice
}

type storedSlice struct {
	Example // without HU and Labels
	offset  int64
}

func newSliceStore() (*sliceStore, error) {
	f, err := os.CreateTemp("", "glasswork-slices-*")
	if err != nil {
		return nil, fmt.Errorf("there is no room to unpack it: %w", osfile.Reason(err))
	}
	_ = os.Remove(f.Name()) // where a system refuses this, the file stays among its temporary files
	return &sliceStore{file: f}, nil
}

// add appends one slice; it keeps nothing of e's arrays.
func (s *sliceStore) add(e Example) error {
	b := make([]byte, 0, 3*len(e.HU))
	for _, v := range e.HU {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	b = append(b, e.Labels...)
	if _, err := s.file.WriteAt(b, s.end); err != nil {
		return fmt.Errorf("there is no room to unpack it: %w", osfile.Reason(err))
	}
	e.HU, e.Labels = nil, nil
	s.list = append(s.list, storedSlice{e, s.end})
	s.end += int64(len(b))
	return nil
}

func (s *sliceStore) Len() int { return len(s.list) }

func (s *sliceStore) Key(i int) (patient, caseID string, z int) {
	e := &s.list[i]
	return e.Patient, e.Case, e.Z
}

// At reads slice i back.
func (s *sliceStore) At(ctx context.Context, i int) (Example, error) {
	if err := ctx.Err(); err != nil {
		return Example{}, err
	}
	e := s.list[i].Example
	n := e.W * e.H
	b := make([]byte, 3*n)
	if _, err := s.file.ReadAt(b, s.list[i].offset); err != nil {
		return Example{}, fmt.Errorf("slice %d of %s could not be read back: %w", e.Z+1, e.Case,
			osfile.Reason(err))
	}
	e.HU = make([]int16, n)
	for j := range e.HU {
		e.HU[j] = int16(binary.LittleEndian.Uint16(b[2*j:]))
	}
	e.Labels = b[2*n:]
	return e, nil
}

func (s *sliceStore) close() { _ = s.file.Close() }
