package annotation

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"glasswork/dataset/series"
)

// Matcher is a Rasteriser that can tell more about the series it was drawn on than its UID.
type Matcher interface {
	// Belongs returns an error if s was not drawn on the series. s is the segmentation of this
	// Rasteriser. If it was, the Rasteriser may remember the series to place its segments more
	// exactly.
	Belongs(ctx context.Context, s *Segmentation, on *series.Series) error
}

// Belongs returns an error if a segmentation was drawn on another series, as far as its file
// says. A segmentation of another series is accepted if both name the same frame of reference,
// in which positions mean the same. A Matcher is told the series that it belongs to.
func Belongs(ctx context.Context, s *Segmentation, on *series.Series) error {
	if m, ok := s.Rasteriser.(Matcher); ok {
		return m.Belongs(ctx, s, on)
	}
	if s.SeriesUID == "" || NamesSeries(s, on.ID) || s.FrameUID != "" && s.FrameUID == on.FrameUID {
		return nil
	}
	return fmt.Errorf("%s: it was drawn on another series than this study", filepath.Base(s.Path))
}

// NamesSeries reports whether a segmentation names a study's series. One series can be split
// into several volumes; their IDs then have a suffix.
func NamesSeries(s *Segmentation, seriesID string) bool {
	uid, _, _ := strings.Cut(seriesID, "#")
	return s.SeriesUID != "" && uid == s.SeriesUID
}
