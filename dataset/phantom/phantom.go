// Package phantom makes synthetic chest CT studies with exact masks of ground glass and
// consolidation. They are the embedded sample, training data and test input. A seed determines a
// study completely. Every slice is a pure function of the seed and its position, so it can be made
// without the others.
//
// Nothing here comes from a patient. Shapes are analytic solids and noise. Vessels and bronchi are
// a tree that is grown.
package phantom

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

// Kernel is how sharp the reconstruction is.
type Kernel int

// The kernels. Varied lets the seed choose.
const (
	Varied Kernel = iota
	Soft
	Sharp
)

// Options determine a phantom. The zero value of a field means its default.
type Options struct {
	// Seed chooses patient, pose, scanner, noise and disease.
	Seed uint64
	// Slices is the number of slices, 96 by default. They always cover the lungs.
	Slices int
	// Size is the number of pixels per row and column, 512 by default.
	Size int
	// Spacing is the distance between voxel centres in mm along [z,y,x]. Where it is zero, the seed
	// chooses it: pixels so that the chest fills the picture (0.6 to 0.9 mm at 512), slices so that
	// they cover the lungs.
	Spacing [3]float64
	// Healthy leaves out all lesions.
	Healthy bool
	// Kernel is the reconstruction kernel.
	Kernel Kernel
	// Noise is the standard deviation in HU in the middle of the chest.
	Noise float64
}

// Phantom is a whole synthetic study.
type Phantom struct {
	CT     *volume.Volume
	Labels *volume.LabelMap
}

// Generator makes the slices of one phantom. It is safe for concurrent use.
type Generator struct {
	seed      uint64
	body      *anatomy
	scan      scan
	geometry  volume.Geometry
	spacing   [3]float64
	bottom    float64 // z of the lowest slice, mm in the patient's frame
	thickness float64 // of a slice, mm; the distance between slices may be larger
	thin      float64 // variance of the noise relative to a 3 mm slice
	organs    []organ
	above     int // how many organs, from the first, are hidden by the diaphragm's domes
	belly     []organ
	bones     []bone
	tree      *index
	borders   [][]border
	scars     []scar
	lesions   []lesion
	canvases  sync.Pool
}

// Sample is the embedded sample study: 96 slices with clear lesions.
func Sample() Options { return Options{Seed: 39, Slices: 96, Kernel: Soft, Noise: 13} }

// New prepares the generator of a phantom. Values that make no sense are replaced by the default.
func New(o Options) *Generator {
	if o.Slices <= 0 {
		o.Slices = 96
	}
	if o.Size <= 0 {
		o.Size = 512
	}
	g := &Generator{seed: o.Seed, body: newAnatomy(o.Seed)}
	d := newDice(o.Seed, streamScan)
	sharp := d.chance(0.4)
	if o.Kernel != Varied {
		sharp = o.Kernel == Sharp
	}
	g.scan = newScan(d, g.body, sharp)
	if o.Noise > 0 {
		g.scan.noiseHU = o.Noise
	}
	g.layOut(d, o)
	heart, vessels := g.body.mediastinum()
	g.organs, g.above = append(heart, vessels...), len(heart)
	g.belly, g.bones = g.body.abdomen(), g.body.skeleton()
	g.listBorders()
	g.growTree()
	g.listBorders() // once more, now with the hila
	g.scars = g.body.scars(newDice(o.Seed, streamScars), g.contains)
	if !o.Healthy {
		g.lesions = g.body.plant(newDice(o.Seed, streamLesions), g.contains)
	}
	g.canvases.New = func() any { return newCanvas(o.Size) }
	return g
}

// layOut chooses the grid.
func (g *Generator) layOut(d dice, o Options) {
	a := g.body
	widest := a.outlineAt(0.5 * a.height)
	wide := 2 * float64(widest.skin[angles/4])
	field := min(max(wide*d.in(0.98, 1.22), 0.6*512), 0.9*512)
	below, above := d.in(8, 35), d.in(6, 28)
	nominal := []float64{1, 1.25, 2, 3, 5, 5}[d.IntN(6)]
	spacing := o.Spacing
	if !(spacing[1] > 0) {
		spacing[1] = field / float64(o.Size)
	}
	if !(spacing[2] > 0) {
		spacing[2] = spacing[1]
	}
	whole := a.height + below + above
	if !(spacing[0] > 0) {
		spacing[0] = whole / float64(o.Slices)
	}
	g.spacing = spacing
	g.thickness = max(min(nominal, spacing[0]*1.2), min(spacing[0], 1))
	g.thin = min(3/g.thickness, 2)
	g.bottom = (a.height+above-below)/2 - spacing[0]*float64(o.Slices)/2
	half := float64(o.Size-1) / 2
	origin := volume.Point{
		-half * spacing[2], -half * spacing[1],
		g.bottom + spacing[0]/2 - math.Round(d.in(200, 1200)),
	}
	g.geometry = volume.NewGeometry([3]int{o.Slices, o.Size, o.Size}, spacing, origin)
}

// growTree grows vessels and airways, and adds the largest to the mediastinum.
func (g *Generator) growTree() {
	a := g.body
	branches := append(a.vessels(newDice(g.seed, streamTree), g.contains), a.trunk()...)
	for _, b := range branches {
		if b.wall > 0 && b.ra > 3.4 {
			c := b.cone
			c.ra, c.rb = c.ra+b.wall, c.rb+b.wall
			g.organs = append(g.organs, organ{c, 30, 1, 0})
		} else if b.wall == 0 && b.ra > hilarRadius {
			g.organs = append(g.organs, organ{b.cone, b.hu, 0.5, 0})
		}
	}
	g.tree = newIndex(branches, -60, a.height+120)
}

// contains reports whether a point is well inside the lungs.
func (g *Generator) contains(p vec) bool {
	a := g.body
	_, share := a.wallShare(p)
	if share > 0.975 {
		return false
	}
	depth := (share - 1) * 0.5 * a.depth
	around := a.envelope(g.bordersAt(p[2]), p[0], p[1], p[2])
	return a.outsideLung(depth, around, a.diaphragm(p[0], p[1]), p[0], p[1], p[2]) < -2
}

// Geometry returns the grid of the whole phantom.
func (g *Generator) Geometry() volume.Geometry { return g.geometry }

// Slice makes the axial slice z. hu and labels are [y,x], as long as a slice of Geometry. The
// result does not depend on which slices were made before.
func (g *Generator) Slice(z int, hu []int16, labels []uint8) {
	c := g.canvases.Get().(*canvas)
	defer g.canvases.Put(c)
	g.place(c, z)
	g.paintBody(c)
	g.paintInside(c)
	g.paintBones(c)
	g.coverLungs(c)
	g.paintLungs(c)
	g.paintTable(c)
	for i, share := range c.cover {
		if share > 0 {
			blendTo(&c.tissue[i], float64(c.lung[i]), float64(share))
		}
		labels[i] = c.label(i)
	}
	g.reconstruct(c)
	g.addNoise(c, z)
	g.finish(c, hu)
}

// label returns the class that fills the greater part of a pixel.
func (c *canvas) label(i int) classes.Class {
	switch {
	case c.cover[i] <= 0.5:
		return classes.Background
	case c.solid[i] > 0.5:
		return classes.Consolidation
	case c.ground[i] > 0.5:
		return classes.GroundGlass
	}
	return classes.LungsOther
}

// finish rounds to whole HU in the range of 12-bit scanners. Pixels outside the reconstructed
// circle get the lowest value.
func (g *Generator) finish(c *canvas, hu []int16) {
	half := float64(c.n-1) / 2
	radius := sq(half * g.scan.circle)
	for i, v := range c.tissue {
		v = min(max(v, -1024), 3071)
		if sq(float64(i%c.n)-half)+sq(float64(i/c.n)-half) > radius {
			v = -1024
		}
		hu[i] = int16(math.Round(float64(v)))
	}
}

// Generate makes a whole phantom, several slices at a time. It returns an error if ctx ends first.
func Generate(ctx context.Context, o Options) (*Phantom, error) {
	g := New(o)
	p := &Phantom{CT: volume.New(g.geometry), Labels: volume.NewLabelMap(g.geometry)}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for ctx.Err() == nil {
				z := int(next.Add(1)) - 1
				if z >= p.CT.Size[0] {
					return
				}
				g.Slice(z, p.CT.Slice(z), p.Labels.Slice(z))
			}
		})
	}
	workers.Wait()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("making a phantom of %d slices: %w", p.CT.Size[0], err)
	}
	return p, nil
}
