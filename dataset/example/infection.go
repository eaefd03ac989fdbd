package example

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"glasswork/dataset/classes"
	"glasswork/dataset/picture"
)

// infectionMasks is a dataset of pictures with masks of infection whose kind is not told, and
// perhaps of lungs. index.csv says whose slices they are: it has the columns file, volume,
// patient and slice_in_crop_order, and may have hu_slope and hu_intercept, the line from grey
// values to HU.
type infectionMasks struct {
	dir, name string
	slices    []infectionSlice
	known     classes.Known
	// scale is the line from grey values to HU by volume: slope, intercept.
	scale map[string][2]float64
}

type infectionSlice struct {
	file, volume, patient string
	z                     int
}

// isInfection reports whether a folder holds such a dataset.
func isInfection(dir string) bool {
	return exists(dir, "images") && exists(dir, "infection") && exists(dir, "index.csv")
}

func openInfection(dir string) (Set, error) {
	t, err := readTable(filepath.Join(dir, "index.csv"), "file", "volume", "patient",
		"slice_in_crop_order")
	if err != nil {
		return nil, err
	}
	s := &infectionMasks{dir: dir, name: filepath.Base(dir), known: classes.Knows(classes.Lesion)}
	s.known[classes.LungsOther] = exists(dir, "lungs")
	for _, row := range t.rows {
		z, err := t.number(row, "slice_in_crop_order")
		if err != nil {
			return nil, err
		}
		file := t.text(row, "file")
		if file != filepath.Base(file) {
			return nil, fmt.Errorf("index.csv: %q is not a file name", file)
		}
		s.slices = append(s.slices, infectionSlice{
			file, t.text(row, "volume"), t.text(row, "patient"), int(z),
		})
	}
	s.scale, err = volumeScales(t)
	return s, err
}

// volumeScales returns the median line of each volume, since single slices can be far off. It
// returns nil if the table has no lines.
func volumeScales(t *table) (map[string][2]float64, error) {
	if !t.has("hu_slope") || !t.has("hu_intercept") {
		return nil, nil
	}
	slopes, intercepts := map[string][]float64{}, map[string][]float64{}
	for _, row := range t.rows {
		volume := t.text(row, "volume")
		slope, err := t.number(row, "hu_slope")
		if err != nil {
			return nil, err
		}
		intercept, err := t.number(row, "hu_intercept")
		if err != nil {
			return nil, err
		}
		slopes[volume] = append(slopes[volume], slope)
		intercepts[volume] = append(intercepts[volume], intercept)
	}
	scale := map[string][2]float64{}
	for volume := range slopes {
		scale[volume] = [2]float64{median(slopes[volume]), median(intercepts[volume])}
	}
	return scale, nil
}

func (s *infectionMasks) Len() int { return len(s.slices) }

func (s *infectionMasks) Key(i int) (patient, caseID string, z int) {
	at := s.slices[i]
	return at.patient, at.volume, at.z
}

// At reads a picture and its masks.
func (s *infectionMasks) At(ctx context.Context, i int) (Example, error) {
	if err := ctx.Err(); err != nil {
		return Example{}, err
	}
	at := s.slices[i]
	hu, w, h, err := s.read(at)
	if err != nil {
		return Example{}, err
	}
	labels := make([]uint8, w*h)
	for _, mask := range []struct {
		folder string
		class  classes.Class
	}{{"lungs", classes.LungsOther}, {"infection", classes.Lesion}} {
		if mask.class == classes.LungsOther && !s.known[mask.class] {
			continue
		}
		marked, mw, mh, err := picture.ReadMask(s.find(mask.folder, at.file))
		if err != nil {
			return Example{}, err
		}
		if mw != w || mh != h {
			return Example{}, fmt.Errorf("%s is %d × %d, its mask in %s is %d × %d", at.file, w, h,
				mask.folder, mw, mh)
		}
		for k, m := range marked {
			if m != 0 {
				labels[k] = mask.class
			}
		}
	}
	return Example{
		Case: at.volume, Patient: at.patient, Z: at.z, W: w, H: h, HU: hu, Labels: labels,
		Known: s.known, Reference: "masks of " + s.name,
	}, nil
}

// read returns a picture in HU: by the line of its volume, or in the assumed window.
func (s *infectionMasks) read(at infectionSlice) (hu []int16, w, h int, err error) {
	path := s.find("images", at.file)
	line, ok := s.scale[at.volume]
	if !ok {
		return picture.ReadHU(path)
	}
	grey, w, h, err := picture.ReadGrey(path)
	if err != nil {
		return nil, 0, 0, err
	}
	hu = make([]int16, len(grey))
	for k, g := range grey {
		v := math.Round(float64(g)*line[0] + line[1])
		hu[k] = int16(min(max(v, math.MinInt16), math.MaxInt16))
	}
	return hu, w, h, nil
}

// find returns the path of a picture that the index names with or without its extension.
func (s *infectionMasks) find(folder, file string) string {
	for _, extension := range []string{"", ".png", ".jpg", ".jpeg"} {
		name := file + extension
		picture := strings.ToLower(filepath.Ext(name))
		if slices.Contains([]string{".png", ".jpg", ".jpeg"}, picture) &&
			exists(s.dir, folder, name) {
			return filepath.Join(s.dir, folder, name)
		}
	}
	return filepath.Join(s.dir, folder, file+".png") // reading it says that it is missing
}
