// Package nrrd reads and writes NRRD volumes (teem.sourceforge.net/nrrd/format.html): CT as HU,
// label maps as segments with the names that 3D Slicer gives them in .seg.nrrd files.
package nrrd

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"glasswork/dataset/annotation"
	"glasswork/dataset/internal/voxels"
	"glasswork/dataset/series"
)

// IsName reports whether a file name has an extension of NRRD.
func IsName(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".nrrd", ".nhdr":
		return true
	}
	return false
}

// IsSegmentation reports whether the header of a file describes segments.
func IsSegmentation(path string) bool {
	h, err := readHeader(path)
	return err == nil && h.segments()
}

// segments reports whether 3D Slicer has described segments.
func (h *rawHeader) segments() bool { return h.keys["Segment0_ID"] != "" }

// DataFiles returns the files that a detached header names. They cannot be read without it.
func DataFiles(path string) []string {
	h, err := readHeader(path)
	if err != nil || h.fields["data file"] == "" {
		return nil
	}
	files, _ := dataFiles(path, h) // missing files cannot be opened as something else
	return files
}

// Open reads the header of an NRRD file and returns its volume as a series. Voxels are read when
// they are asked for. Errors are clauses that begin with the file's name.
func Open(path string) (*series.Series, error) {
	h, s, data, err := open(path)
	if err == nil && h.segments() {
		err = errors.New("it holds annotation, not CT; import it into its study")
	}
	if err == nil && s.layers() > 1 {
		err = fmt.Errorf("it holds %d volumes; a CT has one", s.layers())
	}
	var im *voxels.Image
	if err == nil {
		im, err = s.image(path, data, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return im.Series("NRRD", path, h.text, s.oriented, false), nil
}

func open(path string) (*rawHeader, *shape, *voxels.Payload, error) {
	h, err := readHeader(path)
	if err != nil {
		return nil, nil, nil, err
	}
	s, err := parse(h)
	if err != nil {
		return nil, nil, nil, err
	}
	data, err := payload(path, h, s)
	return h, s, data, err
}

// image returns one layer of the array.
func (s *shape) image(path string, data *voxels.Payload, layer int) (*voxels.Image, error) {
	im := &voxels.Image{
		Name: filepath.Base(path), Layout: s.layout(layer), Kind: s.kind,
		Order: s.order, Slope: 1, Data: data,
	}
	return im, im.Ready()
}

// OpenSegmentation reads a label map of one or several layers.
func OpenSegmentation(ctx context.Context, path string) (*annotation.Segmentation, error) {
	s, err := openSegmentation(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return s, nil
}

func openSegmentation(ctx context.Context, path string) (*annotation.Segmentation, error) {
	h, s, data, err := open(path)
	if err != nil {
		return nil, err
	}
	defer data.Close()
	data.Keep()
	l := &voxels.Labels{Name: filepath.Base(path), Geometry: s.layout(0).Geometry}
	for layer := range s.layers() {
		im, err := s.image(path, data, layer)
		if err != nil {
			return nil, err
		}
		marked, err := im.ReadLayer(ctx)
		if err != nil {
			return nil, err
		}
		l.Layers = append(l.Layers, marked)
	}
	sg := named(path, h, l)
	if !s.oriented {
		sg.Warnings = append(sg.Warnings, fmt.Sprintf("%s does not say how the patient lies; "+
			"left and right may be exchanged.", l.Name))
	}
	return sg, nil
}
