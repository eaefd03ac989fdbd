package nrrd

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"glasswork/dataset/internal/osfile"
	"glasswork/dataset/internal/voxels"
)

// payload finds the numbers of the array, which follow the header or are in the files that it
// names.
func payload(path string, h *rawHeader, s *shape) (*voxels.Payload, error) {
	codec, err := codecOf(h, s)
	if err != nil {
		return nil, err
	}
	lines, err := skip(h, "line skip")
	if err != nil {
		return nil, err
	}
	bytes, err := skip(h, "byte skip")
	if err != nil {
		return nil, err
	}
	files, err := dataFiles(path, h)
	if err != nil {
		return nil, err
	}
	size := s.numbers() * int64(s.kind.Bytes())
	if size%int64(len(files)) != 0 {
		return nil, fmt.Errorf("the volume cannot be divided equally among its %d data files",
			len(files))
	}
	size /= int64(len(files))
	var parts []voxels.Part
	for _, file := range files {
		part := voxels.Part{Path: file, Size: size, Skip: bytes}
		if file == path {
			part.Offset = h.end
		}
		if err := place(&part, lines, codec.Open != nil); err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return voxels.NewPayload(codec, parts...)
}

// place skips lines. If the bytes to skip are -1, the numbers are the last bytes of the file.
func place(part *voxels.Part, lines int64, packed bool) error {
	if part.Skip < 0 {
		info, err := os.Stat(part.Path)
		if err != nil {
			return osfile.Plain(err)
		}
		if packed {
			return errors.New("it counts bytes from the end of compressed data, " +
				"which cannot be read")
		}
		part.Offset, part.Skip = info.Size()-part.Size, 0
		if part.Offset < 0 {
			return fmt.Errorf(
				"it is cut short: its header promises %d bytes of voxels, its file has %d",
				part.Size, info.Size(),
			)
		}
		return nil
	}
	if lines == 0 {
		return nil
	}
	f, err := os.Open(part.Path)
	if err != nil {
		return osfile.Plain(err)
	}
	defer f.Close()
	if _, err := f.Seek(part.Offset, io.SeekStart); err != nil {
		return osfile.Plain(err)
	}
	r := bufio.NewReader(io.LimitReader(f, maxHeader))
	for range lines {
		line, err := r.ReadSlice('\n')
		for errors.Is(err, bufio.ErrBufferFull) {
			part.Offset += int64(len(line))
			line, err = r.ReadSlice('\n')
		}
		if err != nil {
			return errors.New("its data file has fewer lines than its header says to skip")
		}
		part.Offset += int64(len(line))
	}
	return nil
}

// skip returns the number of lines or bytes that a field says to skip.
func skip(h *rawHeader, field string) (int64, error) {
	text := h.fields[field]
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < -1 || n > 1<<40 || n < 0 && field == "line skip" {
		return 0, fmt.Errorf("its header says %s: %.20q", field, text)
	}
	return n, nil
}

// dataFiles names the files that hold the numbers, in order.
func dataFiles(path string, h *rawHeader) ([]string, error) {
	text := h.fields["data file"]
	var names []string
	switch words := strings.Fields(text); {
	case text == "" && strings.EqualFold(filepath.Ext(path), ".nhdr"):
		return nil, errors.New("it is a header without voxels and names no data file")
	case text == "":
		return []string{path}, nil
	case strings.HasPrefix(text, "LIST"):
		names = h.list
	case len(words) >= 4 && strings.Contains(words[0], "%"):
		var err error
		if names, err = voxels.Numbered(words); err != nil {
			return nil, err
		}
	default:
		names = []string{text}
	}
	return voxels.Beside(path, names)
}

// codecOf returns how the numbers are encoded.
func codecOf(h *rawHeader, s *shape) (voxels.Codec, error) {
	text, err := h.field("encoding")
	if err != nil {
		return voxels.Codec{}, err
	}
	switch strings.ToLower(text) {
	case "raw":
		return voxels.Codec{}, nil
	case "gz", "gzip":
		return voxels.Gzip(), nil
	case "bz2", "bzip2":
		return voxels.Bzip2(), nil
	case "hex":
		return voxels.Hex(), nil
	case "txt", "text", "ascii":
		return voxels.Text(s.kind, s.order), nil
	}
	return voxels.Codec{}, fmt.Errorf("its encoding %.20q is unknown", text)
}
