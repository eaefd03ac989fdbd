package viewer

import (
	"image"
	"math"

	"github.com/disintegration/imaging"

	"glasswork/dataset/volume"
)

// Snapshot draws one slice as a separate picture, oriented as radiologists expect it and scaled
// so that millimetres are square and the longer side has side pixels. hu and labels are [y,x] of
// g's slices; labels may be nil.
func Snapshot(
	g volume.Geometry, hu []int16, labels []uint8, wl WindowLevel, st Style, side int,
) *image.NRGBA {
	r := Renderer{Mirror: MirrorFor(g)}
	native := image.NewRGBA(image.Rect(0, 0, g.Size[2], g.Size[1]))
	r.Render(native, hu, labels, wl, st)
	spacing := g.Spacing()
	w, h := float64(g.Size[2])*orOne(spacing[2]), float64(g.Size[1])*orOne(spacing[1])
	scale := float64(side) / max(w, h)
	return imaging.Resize(native, max(1, int(math.Round(w*scale))),
		max(1, int(math.Round(h*scale))), imaging.Linear)
}
