package viewer

import (
	"image"
	"image/color"
	"image/draw"
)

// Tile is one picture of a mosaic. HU and labels are [y,x] with w columns.
type Tile struct {
	HU     []int16
	Labels []uint8
	W      int
}

// mosaicGap is the space between tiles in pixels.
const mosaicGap = 4

// Mosaic draws tiles of the same size in rows of so many columns.
func Mosaic(tiles []Tile, columns int, wl WindowLevel, st Style) *image.RGBA {
	if len(tiles) == 0 || columns < 1 || tiles[0].W < 1 {
		return image.NewRGBA(image.Rectangle{})
	}
	w, h := tiles[0].W, len(tiles[0].HU)/tiles[0].W
	rows := (len(tiles) + columns - 1) / columns
	sheet := image.NewRGBA(image.Rect(0, 0, columns*(w+mosaicGap)-mosaicGap,
		rows*(h+mosaicGap)-mosaicGap))
	draw.Draw(sheet, sheet.Rect, image.NewUniform(color.RGBA{A: 255}), image.Point{}, draw.Src)
	var r Renderer
	native := image.NewRGBA(image.Rect(0, 0, w, h))
	for i, t := range tiles {
		r.Render(native, t.HU, t.Labels, wl, st)
		at := image.Pt(i%columns*(w+mosaicGap), i/columns*(h+mosaicGap))
		draw.Draw(sheet, native.Rect.Add(at), native, image.Point{}, draw.Src)
	}
	return sheet
}
