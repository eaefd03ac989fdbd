package seg

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/annotation"
	"glasswork/dataset/dicom/object"
	"glasswork/dataset/series"
	"glasswork/dataset/volume"
)

// Match says why a segmentation belongs to a series.
type Match int

// The matches, from the weakest to the strongest.
const (
	NoMatch Match = iota
	// ByGeometry: it lies within the series, and it names the same frame of reference or none.
	ByGeometry
	// ByReference: it refers to the series.
	ByReference
)

// Fits reports whether a segmentation belongs to a series, and says in a sentence why or why not.
// It works for every annotation.Segmentation. It considers positions only for those that Read
// returned.
func Fits(sg *annotation.Segmentation, s *series.Series) (Match, string) {
	name := baseName(sg.Path)
	id, _, _ := strings.Cut(s.ID, "#")
	if sg.SeriesUID != "" && sg.SeriesUID == id {
		return ByReference, fmt.Sprintf("%s was drawn on %s.", name, s.Description)
	}
	frame := s.FrameUID
	f, ours := sg.Rasteriser.(*frames)
	if ours && f.instances[firstInstance(s)] {
		return ByReference, fmt.Sprintf("%s was drawn on images of %s.", name, s.Description)
	}
	if sg.FrameUID != "" && frame != "" && sg.FrameUID != frame {
		return NoMatch, fmt.Sprintf("%s was drawn in another frame of reference than %s, so "+
			"their relative position is unknown.", name, s.Description)
	}
	if ours {
		if share := f.within(s.Geometry); share < 0.5 {
			return NoMatch, fmt.Sprintf("%.0f %% of the frames of %s lie outside %s.",
				100*(1-share), name, s.Description)
		}
	} else if sg.FrameUID == "" || frame == "" {
		return NoMatch, fmt.Sprintf("%s does not say which series or frame of reference it was "+
			"drawn in.", name)
	}
	if sg.FrameUID == "" || frame == "" {
		return ByGeometry, fmt.Sprintf("%s lies where %s does; neither series nor frame of "+
			"reference say that they belong together.", name, s.Description)
	}
	return ByGeometry, fmt.Sprintf("%s was drawn on another series in the same frame of "+
		"reference as %s.", name, s.Description)
}

// Belongs returns an error if sg was not drawn on the series. If it was, it makes the positions in
// sg more exact.
func (f *frames) Belongs(ctx context.Context, sg *annotation.Segmentation,
	on *series.Series,
) error {
	if match, why := Fits(sg, on); match == NoMatch {
		return errors.New(strings.TrimSuffix(why, "."))
	}
	return OnSeries(ctx, sg, on)
}

// firstInstance returns the SOP Instance UID of a series' first file, or "" if there is none.
func firstInstance(s *series.Series) string {
	if s.Format != "DICOM" || len(s.Files) == 0 {
		return ""
	}
	o, err := object.ReadTags(s.Files[0], tag.SOPInstanceUID)
	if err != nil {
		return ""
	}
	return o.Text(tag.SOPInstanceUID)
}

// within returns the share of frames whose centre lies within grid.
func (f *frames) within(grid volume.Geometry) float64 {
	in := 0
	for i := range f.list {
		fr := &f.list[i]
		if !fr.placed || !fr.oriented {
			continue
		}
		index, ok := grid.ToIndex(fr.at(float64(f.rows-1)/2, float64(f.columns-1)/2))
		for axis := range 3 {
			ok = ok && index[axis] > -1 && index[axis] < float64(grid.Size[axis])
		}
		if ok {
			in++
		}
	}
	return float64(in) / float64(len(f.list))
}

// places maps the images of a series to the slices of a study.
type places struct {
	grid   volume.Geometry
	source *Source
	z      map[string]int // by SOP Instance UID and frame
}

// OnSeries gives a segmentation that Read returned the files of the series that it is put onto. On
// the grid of that series, frames then find their slices by the images that they were drawn on, or
// by the positions of these images. This is exact even if slices are unevenly spaced or frames have
// no positions. Errors name the file.
func OnSeries(ctx context.Context, sg *annotation.Segmentation, s *series.Series) error {
	f, ok := sg.Rasteriser.(*frames)
	if !ok || s.Format != "DICOM" {
		return nil
	}
	source, err := ReadSource(ctx, s.Files, s.Geometry)
	if err != nil {
		return err
	}
	p := &places{grid: s.Geometry, source: source, z: map[string]int{}}
	for z, im := range source.at {
		if im != nil && im.instance != "" {
			p.z[key(im.instance, max(im.of, 1))] = z
		}
	}
	f.series = p
	return nil
}

func key(instance string, frame int) string { return fmt.Sprintf("%s/%d", instance, frame) }

// find returns the slice of each frame. ok is false if a frame has none, or does not lie pixel on
// pixel on the image that it refers to.
func (p *places) find(f *frames, shown []*frame) (z []int, ok bool) {
	for _, fr := range shown {
		at, known := p.z[key(fr.instance, fr.of)]
		if fr.placed && (!known || !p.coincides(f, fr.plane, at)) {
			at, known = p.byPosition(f, fr.plane)
		}
		if !known {
			return nil, false
		}
		z = append(z, at)
	}
	return z, true
}

// byPosition returns the slice on which a plane lies.
func (p *places) byPosition(f *frames, pl plane) (z int, ok bool) {
	for z := range p.source.at {
		if p.source.at[z] != nil && p.coincides(f, pl, z) {
			return z, true
		}
	}
	return 0, false
}

// coincides reports whether a plane lies pixel on pixel on slice z of the series.
func (p *places) coincides(f *frames, pl plane, z int) bool {
	other := p.source.planeOf(z)
	across := math.Abs(p.grid.Step(2).Dot(p.grid.Normal()))
	if math.Abs(pl.position.Sub(other.position).Dot(other.normal())) > acrossPart*across {
		return false
	}
	for _, corner := range [3][2]int{{0, 0}, {f.rows - 1, 0}, {f.rows - 1, f.columns - 1}} {
		y, x := float64(corner[0]), float64(corner[1])
		mine := other.at(y, x)
		if pl.oriented {
			mine = pl.at(y, x)
		}
		off := mine.Sub(other.at(y, x))
		if math.Abs(off.Dot(other.row)) > inPlanePart*other.spacing[1] ||
			math.Abs(off.Dot(other.column)) > inPlanePart*other.spacing[0] {
			return false
		}
	}
	return true
}
