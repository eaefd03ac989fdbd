// Package inventory says what is behind a path without naming a patient.
package inventory

import (
	"context"

	"glasswork/dataset"
	"glasswork/dataset/series"
	"glasswork/dataset/volume"
)

// Inventory is what opening a path finds.
type Inventory struct {
	Path    string   `json:"path"`
	Series  []Series `json:"series"`
	Skipped []string `json:"skipped"`
}

// Series describes one series. Sizes and spacings are [z,y,x].
type Series struct {
	ID          string     `json:"id"`
	Format      string     `json:"format"`
	Description string     `json:"description"`
	Modality    string     `json:"modality"`
	Date        string     `json:"date"`
	Slices      int        `json:"slices"`
	Size        [3]int     `json:"size"`
	SpacingMM   [3]float64 `json:"spacing_mm"`
	ThicknessMM float64    `json:"thickness_mm"`
	// Orientation is where x, y and z grow to: L or R, P or A, S or I.
	Orientation string   `json:"orientation"`
	HURange     [2]int16 `json:"hu_range"`
	Calibrated  bool     `json:"calibrated"`
	Measurable  bool     `json:"measurable"`
	Warnings    []string `json:"warnings"`
}

// Of opens a path, reads every series and closes it again.
func Of(ctx context.Context, path string) (Inventory, error) {
	all, skipped, err := dataset.Open(ctx, path)
	found := Inventory{Path: path, Series: []Series{}, Skipped: append([]string{}, skipped...)}
	for _, s := range all {
		var described Series
		if err == nil {
			described, err = describe(ctx, s)
		}
		if closing := s.Close(); err == nil {
			err = closing
		}
		found.Series = append(found.Series, described)
	}
	return found, err
}

// describe reads all of a series.
func describe(ctx context.Context, s *series.Series) (Series, error) {
	d := Series{
		ID: s.ID, Format: s.Format, Description: s.Description, Modality: s.Modality, Date: s.Date,
		Slices: s.Geometry.Size[0], Size: s.Geometry.Size, SpacingMM: s.Geometry.Spacing(),
		ThicknessMM: s.Thickness, Orientation: orientation(s.Geometry), Calibrated: s.Calibrated,
		Measurable: s.Measurable, Warnings: append([]string{}, s.Warnings...),
	}
	hu := make([]int16, s.Geometry.SliceVoxels())
	for z := range s.Geometry.Size[0] {
		if err := s.ReadSlice(ctx, z, hu); err != nil {
			return d, err
		}
		for i, v := range hu {
			if z == 0 && i == 0 {
				d.HURange = [2]int16{v, v}
			}
			d.HURange[0], d.HURange[1] = min(d.HURange[0], v), max(d.HURange[1], v)
		}
	}
	return d, nil
}

// orientation names the patient's side to which x, y and z grow, as in "LPS".
func orientation(g volume.Geometry) string {
	letters := [3][2]byte{{'L', 'R'}, {'P', 'A'}, {'S', 'I'}}
	name := make([]byte, 3)
	for axis := range 3 {
		best, sign := 0, 0
		var most float64
		for lps := range 3 {
			if v := g.Affine[lps][axis]; max(v, -v) > most {
				most, best, sign = max(v, -v), lps, 0
				if v < 0 {
					sign = 1
				}
			}
		}
		name[axis] = letters[best][sign]
	}
	return string(name)
}
