package dataset

import (
	"context"
	"math"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"glasswork/dataset/volume"
)

// Description is one series as `glasswork-trainer info` prints it.
type Description struct {
	ID          string `json:"id"`
	Format      string `json:"format"`
	Description string `json:"description"`
	Modality    string `json:"modality,omitempty"`
	Date        string `json:"date,omitempty"`
	Slices      int    `json:"slices"`
	Rows        int    `json:"rows"`
	Columns     int    `json:"columns"`
	// SpacingMM is [z,y,x], ThicknessMM of a slice; both 0 where unknown.
	SpacingMM   [3]float64 `json:"spacing_mm"`
	ThicknessMM float64    `json:"thickness_mm"`
	// Orientation says where columns, rows and slices grow to: L or R, P or A, H or F.
	Orientation string `json:"orientation"`
	// HU is the lowest and highest value; null where slices could not be read.
	HU         *[2]int16 `json:"hu_range"`
	Calibrated bool      `json:"calibrated"`
	Measurable bool      `json:"measurable"`
	Warnings   []string  `json:"warnings"`
}

// Report is what opening a path would find.
type Report struct {
	Path    string        `json:"path"`
	Series  []Description `json:"series"`
	Skipped []string      `json:"skipped"`
}

// Describe opens path, reads every slice once for the range of HU, and closes it. A
// slice that cannot be read becomes a warning of its series. Lists are never nil.
func Describe(ctx context.Context, path string) (Report, error) {
	series, skipped, err := Open(ctx, path)
	r := Report{Path: path, Series: []Description{}, Skipped: append([]string{}, skipped...)}
	if err != nil {
		return r, err
	}
	defer closeAll(series)
	for _, s := range series {
		d, err := describe(ctx, s)
		if err != nil {
			return r, err
		}
		r.Series = append(r.Series, d)
	}
	return r, nil
}

func describe(ctx context.Context, s *volume.Series) (Description, error) {
	g := s.Geometry
	d := Description{
		ID: s.ID, Format: s.Format, Description: s.Description, Modality: s.Modality, Date: s.Date,
		Slices: g.Size[0], Rows: g.Size[1], Columns: g.Size[2], ThicknessMM: s.Thickness,
		Orientation: orientation(g), Calibrated: s.Calibrated, Measurable: s.Measurable,
		Warnings: append([]string{}, s.Warnings...),
	}
	if s.Measurable {
		d.SpacingMM = g.Spacing()
	}
	low, high, err := huRange(ctx, s)
	switch {
	case ctx.Err() != nil:
		return d, ctx.Err()
	case err != nil:
		d.Warnings = append(d.Warnings, sentence(err))
	default:
		d.HU = &[2]int16{low, high}
	}
	return d, nil
}

// huRange reads all slices, several at a time.
func huRange(ctx context.Context, s *volume.Series) (low, high int16, err error) {
	low, high = math.MaxInt16, math.MinInt16
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	workers := min(maxReaders, runtime.GOMAXPROCS(0))
	for first := range workers {
		g.Go(func() error {
			hu := make([]int16, s.Geometry.SliceVoxels())
			for z := first; z < s.Geometry.Size[0]; z += workers {
				if err := s.ReadSlice(ctx, z, hu); err != nil {
					return err
				}
				lo, hi := extremes(hu)
				mu.Lock()
				low, high = min(low, lo), max(high, hi)
				mu.Unlock()
			}
			return nil
		})
	}
	err = g.Wait()
	return low, high, err
}

func extremes(hu []int16) (low, high int16) {
	low, high = math.MaxInt16, math.MinInt16
	for _, v := range hu {
		low, high = min(low, v), max(high, v)
	}
	return low, high
}

// orientation names for x, y and z the side of the patient that each axis runs to most.
func orientation(g volume.Geometry) string {
	names := [3][2]byte{{'L', 'R'}, {'P', 'A'}, {'H', 'F'}}
	letters := make([]byte, 3)
	for axis := range 3 {
		largest := 0
		for r := range 3 {
			if math.Abs(g.Affine[r][axis]) > math.Abs(g.Affine[largest][axis]) {
				largest = r
			}
		}
		sign := 0
		if g.Affine[largest][axis] < 0 {
			sign = 1
		}
		letters[axis] = names[largest][sign]
	}
	return string(letters)
}
