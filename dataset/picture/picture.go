// Package picture reads PNG and JPEG pictures of slices and their masks, and writes pictures. Grey
// values are not HU. They are mapped into an assumed lung window.
package picture

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // registers the decoder
	_ "image/png"  // registers the decoder
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/disintegration/imaging"

	"glasswork/dataset/atomicfile"
	"glasswork/dataset/classes"
	"glasswork/dataset/internal/osfile"
	"glasswork/dataset/series"
	"glasswork/dataset/volume"
)

const (
	largestSide = 1 << 14
	// maxPixelsPerByte bounds how many pixels one byte of a file can hold. Deflate expands at most
	// 1,032 times, and a JPEG block of 256 pixels takes at least one bit.
	maxPixelsPerByte = 2064
	// maxFile bounds how many bytes of one picture are read.
	maxFile = 1 << 28
)

// IsName reports whether a file name has an extension of a picture.
func IsName(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".png", ".jpg", ".jpeg":
		return true
	}
	return false
}

// Folders returns the names that datasets give to the folders of images and of their masks.
func Folders() [][2]string {
	return [][2]string{{"images", "masks"}, {"Imgs", "GT"}, {"Imgs", "masks"}, {"images", "GT"}}
}

// Size returns the size of a picture in pixels. It reads only the header.
func Size(path string) (width, height int, err error) {
	f, size, err := osfile.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	return checkSize(f, size)
}

// checkSize refuses pictures that claim more pixels than size bytes can hold.
func checkSize(r io.Reader, size int64) (width, height int, err error) {
	c, _, err := image.DecodeConfig(r)
	switch {
	case err != nil:
		return 0, 0, errors.New("it is not a PNG or JPEG picture, or it is damaged")
	case c.Width < 1 || c.Height < 1 || c.Width > largestSide || c.Height > largestSide,
		int64(c.Width)*int64(c.Height) > size*maxPixelsPerByte:
		return 0, 0, fmt.Errorf("it claims %d × %d pixels, more than it can hold", c.Width,
			c.Height)
	}
	return c.Width, c.Height, nil
}

// read decodes a picture after checking its size.
func read(path string) (image.Image, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, osfile.Plain(err)
	}
	if info.Size() > maxFile {
		return nil, errors.New("it is too large to be a picture of one slice")
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, osfile.Plain(err)
	}
	return decode(b)
}

func decode(b []byte) (image.Image, error) {
	if _, _, err := checkSize(bytes.NewReader(b), int64(len(b))); err != nil {
		return nil, err
	}
	img, err := imaging.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, errors.New("the picture is damaged")
	}
	return img, nil
}

// Grey returns the luminance of img as [y,x], 0…255. 16-bit pictures give fractions.
func Grey(img image.Image) (grey []float32, width, height int) {
	b := img.Bounds()
	grey = make([]float32, 0, b.Dx()*b.Dy())
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			switch img := img.(type) {
			case *image.Gray:
				grey = append(grey, float32(img.GrayAt(x, y).Y))
			default:
				v := color.Gray16Model.Convert(img.At(x, y)).(color.Gray16).Y
				grey = append(grey, float32(v)/257)
			}
		}
	}
	return grey, b.Dx(), b.Dy()
}

// HU maps grey values 0…255 into the assumed lung window.
func HU(hu []int16, grey []float32) {
	slope, intercept := series.AssumedScale()
	for i, g := range grey {
		v := float64(g)*slope + intercept
		hu[i] = int16(v + 0.5)
		if v < 0 {
			hu[i] = int16(v - 0.5)
		}
	}
}

// ReadGrey reads a picture as Grey returns it.
func ReadGrey(path string) (grey []float32, width, height int, err error) {
	img, err := read(path)
	if err != nil {
		return nil, 0, 0, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	grey, width, height = Grey(img)
	return grey, width, height, nil
}

// ReadHU reads a picture as one slice [y,x] in assumed HU.
func ReadHU(path string) (hu []int16, width, height int, err error) {
	grey, width, height, err := ReadGrey(path)
	if err != nil {
		return nil, 0, 0, err
	}
	hu = make([]int16, len(grey))
	HU(hu, grey)
	return hu, width, height, nil
}

// ReadMask reads a mask whose pixels are classes, as palette indices or grey values, [y,x].
func ReadMask(path string) (labels []uint8, width, height int, err error) {
	img, err := read(path)
	if err == nil {
		labels, width, height, err = mask(img)
	}
	if err != nil {
		return nil, 0, 0, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return labels, width, height, nil
}

func mask(img image.Image) (labels []uint8, width, height int, err error) {
	b := img.Bounds()
	var at func(x, y int) uint8
	switch img := img.(type) {
	case *image.Paletted:
		at = img.ColorIndexAt
	case *image.Gray:
		at = func(x, y int) uint8 { return img.GrayAt(x, y).Y }
	default:
		return nil, 0, 0, errors.New(
			"it is a colour picture; a mask holds class numbers as palette indices or grey values",
		)
	}
	labels = make([]uint8, 0, b.Dx()*b.Dy())
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			v := at(x, y)
			if err := classes.Check(v); err != nil {
				return nil, 0, 0, err
			}
			labels = append(labels, v)
		}
	}
	return labels, b.Dx(), b.Dy(), nil
}

// Write writes a picture whole or not at all, as PNG or JPEG depending on its name.
func Write(path string, img image.Image) error {
	format, err := imaging.FormatFromFilename(path)
	if err != nil {
		return fmt.Errorf("%s is not the name of a picture: use .png or .jpg", filepath.Base(path))
	}
	return atomicfile.WriteFile(path, func(w io.Writer) error {
		return imaging.Encode(w, img, format, imaging.JPEGQuality(95))
	})
}

// Series offers pictures of one size, in the given order, as slices of a volume without positions
// or sizes. root is what the user opened.
func Series(root, description string, files []string, width, height int) *series.Series {
	sum := sha256.New()
	for _, f := range files {
		fmt.Fprintf(sum, "%s|", filepath.Base(f))
		if info, err := os.Stat(f); err == nil {
			fmt.Fprintf(sum, "%d\n", info.Size())
		}
	}
	fmt.Fprintf(sum, "%d×%d", width, height)
	return &series.Series{
		ID: hex.EncodeToString(sum.Sum(nil)), Format: "pictures", Path: root, Files: files,
		Description: description,
		Geometry: volume.NewGeometry([3]int{len(files), height, width}, [3]float64{1, 1, 1},
			volume.Point{}),
		Warnings: []string{
			fmt.Sprintf("Pictures hold grey values, not HU; %s is shown in an assumed lung "+
				"window (center %d, width %d), so nothing can be measured by HU.",
				description, series.AssumedCenter, series.AssumedWidth),
			fmt.Sprintf("Pictures do not say how large a pixel is or how the patient lies; "+
				"lengths, areas and volumes of %s cannot be measured, and sides are assumed.",
				description),
		},
		Source: source(files),
	}
}

// source reads one picture per slice.
type source []string

// ReadSlice fills hu ([y,x]) with picture z in assumed HU.
func (s source) ReadSlice(ctx context.Context, z int, hu []int16) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if z < 0 || z >= len(s) {
		return fmt.Errorf("picture %d was asked for, there are %d", z+1, len(s))
	}
	read, w, h, err := ReadHU(s[z])
	if err != nil {
		return err
	}
	if len(read) != len(hu) {
		return fmt.Errorf("%s: it has changed since it was opened and is now %d × %d",
			filepath.Base(s[z]), w, h)
	}
	copy(hu, read)
	return nil
}

func (s source) Close() error { return nil }
