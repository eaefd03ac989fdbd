package nifti

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"path/filepath"
	"strings"

	"glasswork/dataset/annotation"
	"glasswork/dataset/internal/voxels"
)

// maxHead bounds how much of a header and its extensions is read.
const maxHead = 4 << 20

// OpenSegmentation reads a label map. Names come from a header extension with a label table, as
// TotalSegmentator and Connectome Workbench write it. A map with a single value and no name is
// named after its file, because TotalSegmentator writes single masks in this way.
func OpenSegmentation(ctx context.Context, path string) (*annotation.Segmentation, error) {
	s, err := openSegmentation(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return s, nil
}

func openSegmentation(ctx context.Context, path string) (*annotation.Segmentation, error) {
	im, err := openImage(path)
	if err != nil {
		return nil, err
	}
	defer im.Close()
	layer, err := im.ReadLayer(ctx)
	if err != nil {
		return nil, err
	}
	names, err := labelNames(path, im)
	if err != nil {
		return nil, err
	}
	s := voxels.Named(path, "NIfTI", im.Geometry, layer, names)
	if im.method == "" {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%s does not say how the patient lies; left "+
			"and right may be exchanged.", filepath.Base(path)))
	}
	return s, nil
}

// labelNames returns the names of values from the label tables in the header's extensions. An
// extension consists of its size, a code and its content (nifti1.h). The code is not checked.
func labelNames(path string, im *image) (map[int]string, error) {
	first := map[int]int{1: size1, 2: size2}[im.version] + 4
	end := int(min(im.offset, maxHead))
	if im.pair {
		end = maxHead
	}
	head, _, err := readHead(path, end)
	if err != nil || len(head) < first || head[first-4] == 0 {
		return nil, err
	}
	names := map[int]string{}
	for rest := head[first:]; len(rest) >= 8; {
		size := int(im.order.Uint32(rest))
		if size < 8 || size > len(rest) {
			break // damaged extensions do not matter: the voxels are found without them
		}
		readTable(rest[8:size], names)
		rest = rest[size:]
	}
	return names, nil
}

// readTable adds the labels of a Caret extension, <Label Key="3">name</Label>. Any other content
// adds nothing.
func readTable(content []byte, names map[int]string) {
	if !bytes.Contains(content, []byte("<Label")) {
		return
	}
	d := xml.NewDecoder(bytes.NewReader(content))
	for {
		token, err := d.Token()
		if err != nil {
			return
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "Label" {
			continue
		}
		var label struct {
			Key  int    `xml:"Key,attr"`
			Name string `xml:",chardata"`
		}
		if d.DecodeElement(&label, &start) != nil {
			return
		}
		if name := strings.TrimSpace(label.Name); name != "" {
			names[label.Key] = name
		}
	}
}
