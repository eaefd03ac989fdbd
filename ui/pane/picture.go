package pane

import (
	"image"

	"fyne.io/fyne/v2/canvas"

	"glasswork/dataset/volume"
	"glasswork/viewer"
)

// pixelsFrom is the zoom, in view units per voxel, from which on voxels are shown as
// sharp squares instead of being interpolated.
const pixelsFrom = 4

// picture is the CT with its overlay at the slice's own size; the painter scales it.
// What has changed is drawn when the painter asks for it, so that of many changes
// between two frames only the last is drawn.
type picture struct {
	*canvas.Raster
	reading  Reading
	renderer viewer.Renderer
	pixels   *image.RGBA
	dirty    image.Rectangle // voxels to be drawn before the next frame
	meter    *Meter
}

func newPicture(r Reading) *picture {
	p := &picture{reading: r, pixels: image.NewRGBA(image.Rect(0, 0, 1, 1))}
	p.Raster = canvas.NewRaster(p.frame)
	p.ScaleMode = canvas.ImageScaleFastest
	return p
}

// show prepares for slices of a grid.
func (p *picture) show(g volume.Geometry) {
	p.pixels = image.NewRGBA(image.Rect(0, 0, g.Size[2], g.Size[1]))
	p.renderer.Mirror = viewer.MirrorFor(g)
}

// change marks voxels as changed and asks for a frame.
func (p *picture) change(voxels image.Rectangle) {
	if voxels.Empty() {
		return
	}
	p.dirty = p.dirty.Union(voxels)
	p.Refresh()
}

// all marks the whole slice.
func (p *picture) all() { p.change(image.Rectangle{Max: p.pixels.Rect.Max}) }

// frame is called by the painter. It returns the reused picture, whose pixels the
// painter copies before anything else can happen.
func (p *picture) frame(int, int) image.Image {
	p.flush()
	p.meter.handed()
	return p.pixels
}

// flush draws what has changed.
func (p *picture) flush() {
	if p.dirty.Empty() {
		return
	}
	dirty := p.dirty
	p.dirty = image.Rectangle{}
	hu, labels := p.reading.Voxels(p.reading.Slice())
	if hu == nil {
		clear(p.pixels.Pix)
		return
	}
	p.renderer.RenderRect(p.pixels, hu, labels, p.reading.Window(), p.reading.Style(), dirty)
}
