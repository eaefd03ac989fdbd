package export

import (
	"context"
	"encoding/csv"
	"fmt"
	"image"
	"image/color"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"glasswork/dataset/atomicfile"
	"glasswork/dataset/classes"
	"glasswork/dataset/internal/osfile"
	"glasswork/dataset/picture"
	"glasswork/dataset/series"
	"glasswork/dataset/volume"
)

// pngExporter writes pairs of pictures, images/NAME_0001.png and masks/NAME_0001.png. The CT is
// written in the assumed lung window with 16 bits, so that HU inside the window are kept. The
// classes are palette indices. index.csv names the study and slice of each pair.
type pngExporter struct {
	dir          string
	onlyReviewed bool
	names        map[string]bool
	rows         [][]string
}

func newPNG(dir string, o Options) (exporter, error) {
	for _, f := range []string{"images", "masks"} {
		if err := os.MkdirAll(filepath.Join(dir, f), 0o755); err != nil {
			return nil, fmt.Errorf("cannot create %s: %w", dir, osfile.Reason(err))
		}
	}
	return &pngExporter{dir: dir, onlyReviewed: o.OnlyReviewed, names: map[string]bool{}}, nil
}

func (e *pngExporter) add(ctx context.Context, s Study) error {
	name := safeName(s.Name, e.names)
	spacing := s.CT.Spacing()
	for z, reviewed := range s.Reviewed {
		if err := ctx.Err(); err != nil {
			return err
		}
		if e.onlyReviewed && !reviewed {
			continue
		}
		file := fmt.Sprintf("%s_%04d.png", name, z+1)
		if err := picture.Write(filepath.Join(e.dir, "images", file),
			windowed(s.CT, z)); err != nil {
			return err
		}
		if err := picture.Write(filepath.Join(e.dir, "masks", file),
			palettes(s.Labels, z)); err != nil {
			return err
		}
		e.rows = append(e.rows, []string{
			file, name, strconv.Itoa(z + 1), strconv.FormatBool(reviewed),
			strconv.FormatFloat(spacing[1], 'g', -1, 64), strconv.FormatFloat(spacing[2],
				'g', -1, 64),
		})
	}
	return nil
}

// windowed is a slice in the assumed lung window.
func windowed(v *volume.Volume, z int) image.Image {
	img := image.NewGray16(image.Rect(0, 0, v.Size[2], v.Size[1]))
	slope, intercept := series.AssumedScale()
	for i, hu := range v.Slice(z) {
		grey := min(max((float64(hu)-intercept)/slope, 0), 255)
		img.SetGray16(i%v.Size[2], i/v.Size[2], color.Gray16{Y: uint16(math.Round(grey * 257))})
	}
	return img
}

// palettes is a slice of labels as a picture whose palette indices are the classes.
func palettes(l *volume.LabelMap, z int) image.Image {
	colors := color.Palette{}
	for _, c := range classes.Colors() {
		colors = append(colors, color.RGBA{c[0], c[1], c[2], 255})
	}
	img := image.NewPaletted(image.Rect(0, 0, l.Size[2], l.Size[1]), colors)
	copy(img.Pix, l.Slice(z))
	return img
}

// finish writes the index.
func (e *pngExporter) finish() error {
	return atomicfile.WriteFile(filepath.Join(e.dir, "index.csv"), func(w io.Writer) error {
		return csv.NewWriter(w).WriteAll(append([][]string{{
			"file", "case", "slice", "reviewed",
			"row_spacing_mm", "column_spacing_mm",
		}}, e.rows...))
	})
}

func (e *pngExporter) abandon() {}
