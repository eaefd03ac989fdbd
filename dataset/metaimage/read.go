// Package metaimage reads MetaImage volumes (.mha, .mhd with .raw), as ITK writes them: CT
// as HU, label maps as segments.
package metaimage

import (
	"bufio"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"glasswork/dataset/annotation"
	"glasswork/dataset/internal/osfile"
	"glasswork/dataset/internal/voxels"
	"glasswork/dataset/series"
)

// IsName reports whether a file name has an extension of MetaImage.
func IsName(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".mha", ".mhd":
		return true
	}
	return false
}

// DataFiles returns the files that a header names. They cannot be read without it.
func DataFiles(path string) []string {
	h, err := readHeader(path)
	if err != nil || local(h) {
		return nil
	}
	files, _ := dataFiles(path, h) // missing files cannot be opened as something else
	return files
}

// Open reads the header of a MetaImage and returns its volume as a series. Voxels are read when
// they are asked for. Errors are clauses that begin with the file's name.
func Open(path string) (*series.Series, error) {
	h, s, im, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return im.Series("MetaImage", path, h.text, s.oriented, false), nil
}

// OpenSegmentation reads a label map. The format has no names for segments.
func OpenSegmentation(ctx context.Context, path string) (*annotation.Segmentation, error) {
	_, s, im, err := open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	defer im.Close()
	layer, err := im.ReadLayer(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	sg := voxels.Named(path, "MetaImage", im.Geometry, layer, nil)
	if !s.oriented {
		sg.Warnings = append(sg.Warnings, fmt.Sprintf("%s does not say how the patient lies; "+
			"left and right may be exchanged.", filepath.Base(path)))
	}
	return sg, nil
}

func open(path string) (*rawHeader, *shape, *voxels.Image, error) {
	h, err := readHeader(path)
	if err != nil {
		return nil, nil, nil, err
	}
	s, err := parse(h)
	if err != nil {
		return nil, nil, nil, err
	}
	data, err := payload(path, h, s)
	if err != nil {
		return nil, nil, nil, err
	}
	im := &voxels.Image{
		Name: filepath.Base(path), Kind: s.kind, Order: s.order, Slope: 1, Data: data,
		Layout: voxels.Axial(s.affine, s.sizes, [3]int64{1, s.sizes[0], s.sizes[0] * s.sizes[1]}),
	}
	return h, s, im, im.Ready()
}

// local reports whether the voxels follow the header in its file.
func local(h *rawHeader) bool { return strings.EqualFold(h.field("ElementDataFile"), "LOCAL") }

// dataFiles names the files that hold the voxels, in order.
func dataFiles(path string, h *rawHeader) ([]string, error) {
	value := h.field("ElementDataFile")
	words := strings.Fields(value)
	switch {
	case local(h):
		return []string{path}, nil
	case isList(value):
		return voxels.Beside(path, h.list)
	case len(words) >= 4 && strings.Contains(words[0], "%"):
		names, err := voxels.Numbered(words)
		if err != nil {
			return nil, err
		}
		return voxels.Beside(path, names)
	case value == "":
		return nil, errors.New("its header names no ElementDataFile")
	}
	return voxels.Beside(path, []string{value})
}

// payload finds the voxels.
func payload(path string, h *rawHeader, s *shape) (*voxels.Payload, error) {
	files, err := dataFiles(path, h)
	if err != nil {
		return nil, err
	}
	size := s.sizes[0] * s.sizes[1] * s.sizes[2] * int64(s.kind.Bytes())
	if size%int64(len(files)) != 0 {
		return nil, fmt.Errorf("the volume cannot be divided equally among its %d data files",
			len(files))
	}
	size /= int64(len(files))
	codec := codecOf(h, s)
	var parts []voxels.Part
	for _, file := range files {
		part := voxels.Part{Path: file, Size: size}
		if file == path && local(h) {
			part.Offset = h.end
		} else if part.Offset, err = skipped(h, file, size); err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return voxels.NewPayload(codec, parts...)
}

// skipped returns the offset at which the voxels begin in a data file. It is HeaderSize, or, if
// that is -1, such that the voxels end with the file.
func skipped(h *rawHeader, file string, size int64) (int64, error) {
	text := h.field("HeaderSize")
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil || n < -1 || n > 1<<40:
		return 0, fmt.Errorf("its header says HeaderSize = %.20q", text)
	case n >= 0:
		return n, nil
	}
	info, err := os.Stat(file)
	if err != nil {
		return 0, osfile.Plain(err)
	}
	if info.Size() < size {
		return 0, fmt.Errorf(
			"it is cut short: its header promises %d bytes of voxels, its file has %d", size,
			info.Size(),
		)
	}
	return info.Size() - size, nil
}

// codecOf returns how the voxels are packed. It is zlib or gzip, depending on the first bytes of
// the data.
func codecOf(h *rawHeader, s *shape) voxels.Codec {
	switch {
	case h.is("CompressedData"):
		return voxels.Codec{
			Expands: voxels.Zlib().Expands,
			Open: func(r io.Reader) (io.Reader, error) {
				b := bufio.NewReader(r)
				if magic, err := b.Peek(2); err == nil && magic[0] == 0x1F && magic[1] == 0x8B {
					return gzip.NewReader(b)
				}
				return zlib.NewReader(b)
			},
		}
	case h.field("BinaryData") != "" && !h.is("BinaryData"):
		return voxels.Text(s.kind, s.order)
	}
	return voxels.Codec{}
}
