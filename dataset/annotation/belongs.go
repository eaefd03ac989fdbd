package annotation

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"glasswork/dataset/series"
)

// Matcher is a Rasteriser that can tell more than the name of a series on what it was drawn.
type Matcher interface {
	// Belongs refuses a series that s was not drawn on; s is the segmentation of this
	// Rasteriser. Of one that it accepts it may remember what makes it more exact there.
	Belongs(ctx context.Context, s *Segmentation, on *series.Series) error
}

// Belongs refuses a segmentation that was drawn on something else than a series, as far as it
// says: on another series, unless both name the same frame of reference, in which positions
// mean the same. One that belongs is told the series, where that makes it more exact.
func Belongs(ctx context.Context, s *Segmentation, on *series.Series) error {
	if m, ok := s.Rasteriser.(Matcher); ok {
		return m.Belongs(ctx, s, on)
	}
	if s.SeriesUID == "" || NamesSeries(s, on.ID) || s.FrameUID != "" && s.FrameUID == on.FrameUID {
		return nil
	}
	return fmt.Errorf("%s: it was drawn on another series than this study", filepath.Base(s.Path))
}

// NamesSeries says whether a segmentation names a study's series: one series can be several
// volumes, whose IDs then have a suffix.
func NamesSeries(s *Segmentation, seriesID string) bool {
	uid, _, _ := strings.Cut(seriesID, "#")
	return s.SeriesUID != "" && uid == s.SeriesUID
}
