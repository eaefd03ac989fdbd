package seg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"glasswork/dataset/volume"
)

const (
	inPlanePart = 0.05 // of a pixel: images that differ by less lie pixel on pixel
	acrossPart  = 0.1  // of the distance between slices: slices that are closer than this are one
)

// Rasterise sets mask ([z,y,x] of grid) to 1 where segment i lies. Frames that lie pixel on pixel
// on slices of the grid are copied. Otherwise every voxel takes the nearest pixel of the frame in
// whose slab its centre lies, and a warning says so.
func (f *frames) Rasterise(ctx context.Context, i int, grid volume.Geometry,
	mask []uint8,
) (warnings []string, err error) {
	if i < 0 || i >= len(f.numbers) {
		return nil, fmt.Errorf("segment %d was asked for, it has %d", i+1, len(f.numbers))
	}
	if err := grid.Validate(); err != nil {
		return nil, err
	}
	if len(mask) != grid.Voxels() {
		return nil, fmt.Errorf("a mask of %d voxels was given for a grid of %d", len(mask),
			grid.Voxels())
	}
	shown := f.of(f.numbers[i])
	if len(shown) == 0 {
		return nil, nil // described, but not drawn anywhere
	}
	if z, ok := f.onSlices(shown, grid); ok {
		return f.copy(ctx, shown, f.numbers[i], z, grid, mask)
	}
	return f.resample(ctx, shown, f.numbers[i], grid, mask)
}

// copy copies frames to the slices of grid on which they lie.
func (f *frames) copy(ctx context.Context, shown []*frame, number int, z []int,
	grid volume.Geometry, mask []uint8,
) (warnings []string, err error) {
	outside := 0
	for k, fr := range shown {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		drawn := f.shows(fr, number)
		if z[k] < 0 || z[k] >= grid.Size[0] {
			if f.anything(drawn) {
				outside++
			}
			continue
		}
		slice := mask[z[k]*grid.SliceVoxels():][:grid.SliceVoxels()]
		for i := range slice {
			if drawn(i) {
				slice[i] = 1
			}
		}
	}
	if outside > 0 {
		warnings = append(warnings, fmt.Sprintf("%d %s of %s with something drawn on %s outside "+
			"the study and %s left out.",
			outside, plural(outside, "frame", "frames"), f.name,
			plural(outside, "it lies", "them lie"), plural(outside, "is", "are")))
	}
	return warnings, nil
}

// anything reports whether a frame shows any pixel.
func (f *frames) anything(drawn func(int) bool) bool {
	for i := range f.pixelCount() {
		if drawn(i) {
			return true
		}
	}
	return false
}

// onSlices returns the slice of grid on which each frame lies pixel on pixel. For a frame beyond
// the ends of the grid it is -1 or the number of slices. ok is false if any frame lies otherwise.
func (f *frames) onSlices(shown []*frame, grid volume.Geometry) (z []int, ok bool) {
	if f.rows != grid.Size[1] || f.columns != grid.Size[2] {
		return nil, false
	}
	if f.series != nil && f.series.grid.SameGrid(grid) {
		if z, ok := f.series.find(f, shown); ok {
			return z, true
		}
	}
	across := math.Abs(grid.Step(2).Dot(grid.Normal()))
	if gap := shown[0].gap; grid.Size[0] > 1 && gap > (1+acrossPart)*across {
		return nil, false // several slices per frame
	}
	for _, fr := range shown {
		at, ok := f.sliceOf(fr.plane, grid)
		if !ok {
			return nil, false
		}
		z = append(z, at)
	}
	return z, true
}

// sliceOf returns the slice of grid on which a plane lies pixel on pixel.
func (f *frames) sliceOf(p plane, grid volume.Geometry) (z int, ok bool) {
	if !p.placed || !p.oriented {
		return 0, false
	}
	for i, corner := range [3][2]int{{0, 0}, {f.rows - 1, 0}, {f.rows - 1, f.columns - 1}} {
		index, ok := grid.ToIndex(p.at(float64(corner[0]), float64(corner[1])))
		if !ok || math.Abs(index[1]-float64(corner[0])) > inPlanePart ||
			math.Abs(index[2]-float64(corner[1])) > inPlanePart {
			return 0, false
		}
		at := math.Round(index[0])
		if math.Abs(index[0]-at) > acrossPart || math.Abs(at) > 1<<30 || i > 0 && int(at) != z {
			return 0, false
		}
		z = int(at)
	}
	return z, true
}

// gap returns the distance between frames in mm, whichever segment they show. The file may state
// it. Otherwise it is the smallest distance, at most the thickness. It is 0 if unknown.
func (f *frames) gap() float64 {
	first := &f.list[0]
	if first.gap > 0 {
		return first.gap
	}
	n := first.normal()
	along := make([]float64, 0, len(f.list))
	for i := range f.list {
		along = append(along, f.list[i].position.Dot(n))
	}
	slices.Sort(along)
	least := 0.0
	for i := 1; i < len(along); i++ {
		if d := along[i] - along[i-1]; d > 1e-3 && (least == 0 || d < least) {
			least = d
		}
	}
	if least == 0 || first.thickness > 0 && first.thickness < least {
		return first.thickness
	}
	return least
}

// layer holds frames of one orientation in the order of their positions along the normal.
type layer struct {
	frames []*frame
	along  []float64
}

// resample puts frames onto another grid.
func (f *frames) resample(ctx context.Context, shown []*frame, number int, grid volume.Geometry,
	mask []uint8,
) ([]string, error) {
	var layers []layer
	for _, fr := range shown {
		if !fr.placed || !fr.oriented {
			return nil, errors.New("its frames do not say where they lie, and the images that " +
				"they were drawn on are not those of the study")
		}
		i := slices.IndexFunc(layers, func(l layer) bool { return l.frames[0].parallel(fr.plane) })
		if i < 0 {
			layers = append(layers, layer{})
			i = len(layers) - 1
		}
		layers[i].frames = append(layers[i].frames, fr)
	}
	gap := f.gap()
	if gap == 0 {
		gap = math.Abs(grid.Step(2).Dot(grid.Normal()))
	}
	for _, l := range layers {
		if err := f.pull(ctx, l.sorted(), gap, number, grid, mask); err != nil {
			return nil, err
		}
	}
	warnings := []string{fmt.Sprintf("%s was drawn on another grid than the study's; it was "+
		"resampled to the nearest voxels, so edges may be off by half a voxel.", f.name)}
	if lost := f.outside(shown, number, grid); lost > 0 {
		warnings = append(warnings, fmt.Sprintf("%d pixels of %s lie outside the study and are "+
			"left out.", lost, f.name))
	}
	return warnings, nil
}

func (l layer) sorted() layer {
	n := l.frames[0].normal()
	slices.SortStableFunc(l.frames, func(a, b *frame) int {
		return cmp.Compare(a.position.Dot(n), b.position.Dot(n))
	})
	for _, fr := range l.frames {
		l.along = append(l.along, fr.position.Dot(n))
	}
	return l
}

// pull gives every voxel of grid the nearest pixel. It works on slices on all processors.
func (f *frames) pull(ctx context.Context, l layer, gap float64, number int, grid volume.Geometry,
	mask []uint8,
) error {
	drawn := make([]func(int) bool, len(l.frames))
	for i, fr := range l.frames {
		drawn[i] = f.shows(fr, number)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for z := range grid.Size[0] {
		g.Go(func() error {
			for y := range grid.Size[1] {
				row := mask[(z*grid.Size[1]+y)*grid.Size[2]:][:grid.Size[2]]
				f.pullRow(l, gap, drawn, grid.ToMM(float64(z), float64(y), 0), grid.Step(0), row)
			}
			return ctx.Err()
		})
	}
	return g.Wait()
}

// pullRow sets the voxels from + x·step of one row whose pixels are drawn.
func (f *frames) pullRow(l layer, gap float64, drawn []func(int) bool, from volume.Point,
	step volume.Vector, row []uint8,
) {
	first := l.frames[0]
	n, spacing := first.normal(), first.spacing
	along, alongStep := from.Dot(n), step.Dot(n)
	vStep, uStep := step.Dot(first.column)/spacing[0], step.Dot(first.row)/spacing[1]
	across := math.Abs(alongStep) > 1e-9 // else the whole row lies in one frame
	k := nearest(l.along, along, gap/2)
	for x := range row {
		if across && x > 0 {
			k = nearest(l.along, along+float64(x)*alongStep, gap/2)
		}
		if k < 0 {
			if across {
				continue
			}
			return
		}
		off := from.Sub(l.frames[k].position)
		v := int(math.Floor(off.Dot(first.column)/spacing[0] + float64(x)*vStep + 0.5))
		u := int(math.Floor(off.Dot(first.row)/spacing[1] + float64(x)*uStep + 0.5))
		if v >= 0 && u >= 0 && v < f.rows && u < f.columns && drawn[k](v*f.columns+u) {
			row[x] = 1
		}
	}
}

// nearest returns the index of the entry of sorted that is nearest to d, or -1 if none is within
// half. It allows half a micrometre more, so that a position midway between two belongs to one of
// them.
func nearest(sorted []float64, d, half float64) int {
	i, _ := slices.BinarySearch(sorted, d)
	if i == len(sorted) || i > 0 && d-sorted[i-1] <= sorted[i]-d {
		i--
	}
	if math.Abs(sorted[i]-d) > half+5e-4 {
		return -1
	}
	return i
}

// outside counts drawn pixels whose centres lie outside grid.
func (f *frames) outside(shown []*frame, number int, grid volume.Geometry) int {
	inside := func(fr *frame, y, x int) bool {
		index, ok := grid.ToIndex(fr.at(float64(y), float64(x)))
		for axis := range 3 {
			ok = ok && index[axis] >= -0.5 && index[axis] <= float64(grid.Size[axis])-0.5
		}
		return ok
	}
	lost := 0
	for _, fr := range shown {
		drawn := f.shows(fr, number)
		box := image.Rectangle{}
		for i := range f.pixelCount() {
			if drawn(i) {
				box = box.Union(image.Rect(i%f.columns, i/f.columns, i%f.columns+1, i/f.columns+1))
			}
		}
		top, bottom, first, last := box.Min.Y, box.Max.Y-1, box.Min.X, box.Max.X-1
		if box.Empty() || inside(fr, top, first) && inside(fr, top, last) && inside(fr, bottom,
			first) && inside(fr, bottom, last) {
			continue // the grid is convex
		}
		for y := top; y <= bottom; y++ {
			for x := first; x <= last; x++ {
				if drawn(y*f.columns+x) && !inside(fr, y, x) {
					lost++
				}
			}
		}
	}
	return lost
}
