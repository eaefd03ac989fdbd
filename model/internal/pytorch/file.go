// Package pytorch reads and writes the files in which PyTorch keeps a network's weights
// (torch.save of a state_dict), in the zip format and in the format before it. It runs no
// code from a file: whatever is not a tensor is skipped or refused.
package pytorch

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"path"
	"strings"
)

// State is a network's tensors by name.
type State struct {
	Names   []string // in the order of the file
	Tensors map[string]*Tensor
}

// Kind of a file.
type Kind int

// Unknown is none of PyTorch's formats, Weights a state_dict, Script a TorchScript program.
const (
	Unknown Kind = iota
	Weights
	Script
)

// Sniff says what a file is by its first bytes and, if it is an archive, its entries.
func Sniff(file []byte) Kind {
	switch {
	case bytes.HasPrefix(file, []byte("PK\x03\x04")):
		z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			return Weights // Parse says what is wrong with it
		}
		for _, f := range z.File {
			if path.Base(f.Name) == "constants.pkl" {
				return Script
			}
		}
		return Weights
	case len(file) > 1 && file[0] == 0x80 && file[1] < 6:
		return Weights
	}
	return Unknown
}

// Parse reads a state_dict, which may lie inside other dictionaries as training programs
// write them. It holds on to file.
func Parse(file []byte) (*State, error) {
	parse := parseLegacy
	if bytes.HasPrefix(file, []byte("PK\x03\x04")) {
		parse = parseArchive
	}
	root, err := parse(file)
	if err != nil {
		return nil, err
	}
	d := find(root, maxNesting)
	if d == nil {
		return nil, errors.New("it holds no tensors under names")
	}
	s := &State{Tensors: map[string]*Tensor{}}
	for _, k := range d.keys {
		if t, ok := d.values[k].(*Tensor); ok {
			s.Names = append(s.Names, k)
			s.Tensors[k] = t
		}
	}
	return s, nil
}

// maxNesting is how many dictionaries deep tensors are looked for.
const maxNesting = 3

// usualKeys are the keys under which training programs store weights, most specific first.
var usualKeys = []string{
	"state_dict", "model_state_dict", "model_state", "model", "net", "network", "weights",
}

// find is the first dictionary that holds tensors.
func find(value any, nesting int) *dict {
	d, ok := value.(*dict)
	if !ok || nesting == 0 {
		return nil
	}
	for _, v := range d.values {
		if _, ok := v.(*Tensor); ok {
			return d
		}
	}
	for _, k := range append(usualKeys, d.keys...) {
		if found := find(d.values[k], nesting-1); found != nil {
			return found
		}
	}
	return nil
}

// parseArchive reads the zip format: NAME/data.pkl refers to storages NAME/data/KEY.
func parseArchive(file []byte) (any, error) {
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, errors.New("the file is cut or is not an archive: its table of contents " +
			"cannot be read")
	}
	entries := map[string]*zip.File{}
	root := ""
	for _, f := range z.File {
		entries[f.Name] = f
		if dir, name := path.Split(f.Name); name == "data.pkl" && strings.Count(dir, "/") == 1 {
			root = dir
		}
	}
	description, err := stored(file, entries, root+"data.pkl")
	if err != nil {
		return nil, err
	}
	if f := entries[root+"byteorder"]; f != nil {
		if order, err := stored(file, entries, f.Name); err == nil && string(order) == "big" {
			return nil, errors.New("its numbers are big-endian; save it again on another machine")
		}
	}
	storages := map[string]*storage{}
	m := &machine{data: description, load: func(id tuple) (any, error) {
		s, err := newStorage(id)
		if err != nil {
			return nil, err
		}
		if there := storages[s.key]; there != nil && there.element == s.element &&
			there.size >= s.size {
			return there, nil
		}
		data, err := stored(file, entries, root+"data/"+s.key)
		if err != nil {
			return nil, err
		}
		storages[s.key] = s
		return s, s.fill(data)
	}}
	return m.run()
}

// stored is an entry's bytes. PyTorch compresses no entry, so none can be larger than the
// file.
func stored(file []byte, entries map[string]*zip.File, name string) ([]byte, error) {
	f := entries[name]
	if f == nil {
		return nil, fmt.Errorf("the archive has no %.60q, so PyTorch did not write it or it is cut",
			name)
	}
	start, err := f.DataOffset()
	size := int64(len(file))
	if err != nil || f.Method != zip.Store || start > size ||
		f.UncompressedSize64 > uint64(size-start) {
		return nil, fmt.Errorf("the archive's %.60q cannot be read: it is cut or compressed, as "+
			"PyTorch never writes it", name)
	}
	return file[start : start+int64(f.UncompressedSize64)], nil
}

// legacyMagic starts a file of PyTorch before 1.6.
var legacyMagic, _ = new(big.Int).SetString("1950a86a20f9469cfc6c", 16)

// parseLegacy reads the format before the archives: pickles of a magic number, a version
// and the machine, then the object, the keys of its storages, and these one after another.
func parseLegacy(file []byte) (any, error) {
	storages := map[string]*storage{}
	load := func(id tuple) (any, error) { return legacyStorage(id, storages) }
	m := &machine{data: file, load: load}
	var parts [5]any
	for i := range parts {
		var err error
		if parts[i], err = m.run(); err != nil {
			return nil, err
		}
		if magic, ok := parts[0].(*big.Int); !ok || magic.Cmp(legacyMagic) != 0 {
			return nil, errors.New("it is a pickle, but not one of PyTorch")
		}
	}
	keys, ok := parts[4].(*list)
	if !ok {
		return nil, errGarbled
	}
	for _, k := range keys.items {
		key, ok := k.(string)
		s := storages[key]
		if !ok || s == nil {
			return nil, errGarbled
		}
		if err := s.read(m); err != nil {
			return nil, err
		}
	}
	return parts[3], settle(storages)
}

// legacyStorage is the storage of an ID, or the part of one that the ID's sixth element
// (key, first element, elements) names.
func legacyStorage(id tuple, storages map[string]*storage) (any, error) {
	s, err := newStorage(id)
	if err != nil {
		return nil, err
	}
	if there := storages[s.key]; there != nil {
		s = there
	}
	storages[s.key] = s
	if len(id) < 6 || id[5] == nil {
		return s, nil
	}
	view, ok := id[5].(tuple)
	if !ok || len(view) != 3 {
		return nil, errGarbled
	}
	key, ok1 := view[0].(string)
	start, ok2 := view[1].(int64)
	size, ok3 := view[2].(int64)
	if !ok1 || !ok2 || !ok3 || start < 0 || size < 0 || start > s.size-size {
		return nil, errGarbled
	}
	key = s.key + "/" + key
	if storages[key] == nil {
		storages[key] = &storage{element: s.element, key: key, size: size, base: s, start: start}
	}
	return storages[key], nil
}

// read takes the storage's size and numbers from where m stands.
func (s *storage) read(m *machine) error {
	b, err := m.take(8)
	if err != nil {
		return err
	}
	if n := binary.LittleEndian.Uint64(b); n != uint64(s.size) {
		return fmt.Errorf("storage %.40q has %d numbers where %d were announced", s.key, n, s.size)
	}
	data, err := m.take(min(int(s.size)*s.element.width, len(m.data)-m.at))
	if err != nil {
		return err
	}
	return s.fill(data)
}

// settle gives parts of storages their bytes and checks that every storage has its bytes.
func settle(storages map[string]*storage) error {
	for _, s := range storages {
		if s.base != nil && s.base.data != nil {
			s.data = s.base.data[s.start*int64(s.element.width):]
		}
		if s.data == nil {
			return fmt.Errorf("the file is cut: storage %.40q is not in it", s.key)
		}
	}
	return nil
}

// maxCode bounds a file of a module's program: a large network's has a few hundred kB.
const maxCode = 8 << 20
