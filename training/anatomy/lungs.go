package anatomy

import (
	"math"

	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

// Thresholds of the lung reference: air and lung are below airHU; components of less than
// a tenth of the largest are bowel gas; the airways' cross-section stays below airwayMM2.
const (
	smallShare = 0.1
	airwayMM2  = 900
	closingMM  = 4
)

// ThresholdLungs marks the lungs of a chest CT without any network: air inside the body,
// its large connected parts, less the trachea and main bronchi as far as they can be
// followed from above, with vessels closed. It is what a network's lungs are compared with
// on healthy lungs; consolidated lung is missing from it. The mask is [z,y,x].
func ThresholdLungs(v *volume.Volume) []bool {
	g := v.Geometry
	mask := make([]bool, g.Voxels())
	n, w, h := g.SliceVoxels(), g.Size[2], g.Size[1]
	for z := range g.Size[0] {
		inside := mask[z*n : (z+1)*n]
		for i, hu := range v.Slice(z) {
			inside[i] = hu < airHU
		}
		clearOutside(inside, w, h)
	}
	keepLarge(mask, g)
	removeAirways(mask, g)
	radius := int(math.Round(closingMM / g.Spacing()[2]))
	for z := range g.Size[0] {
		closeHoles(mask[z*n:(z+1)*n], w, h, radius)
	}
	return mask
}

// clearOutside clears what is connected to the slice's border: the air around the body.
func clearOutside(mask []bool, w, h int) {
	for i, outside := range volume.FromEdge(w, h, func(i int) bool { return mask[i] }) {
		if outside {
			mask[i] = false
		}
	}
}

// keepLarge keeps the 6-connected components that are not small beside the largest.
func keepLarge(mask []bool, g volume.Geometry) {
	label := make([]int32, len(mask))
	sizes := []int{0}
	var stack []int
	n, w := g.SliceVoxels(), g.Size[2]
	for start := range mask {
		if !mask[start] || label[start] != 0 {
			continue
		}
		id := int32(len(sizes))
		sizes = append(sizes, 0)
		label[start] = id
		stack = append(stack[:0], start)
		for len(stack) > 0 {
			i := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			sizes[id]++
			x, y, z := i%w, i%n/w, i/n
			for _, next := range [6]struct {
				at int
				ok bool
			}{
				{i - 1, x > 0},
				{i + 1, x < w-1},
				{i - w, y > 0},
				{i + w, y < g.Size[1]-1},
				{i - n, z > 0},
				{i + n, z < g.Size[0]-1},
			} {
				if next.ok && mask[next.at] && label[next.at] == 0 {
					label[next.at] = id
					stack = append(stack, next.at)
				}
			}
		}
	}
	largest := 0
	for _, s := range sizes {
		largest = max(largest, s)
	}
	for i, id := range label {
		mask[i] = id > 0 && float64(sizes[id]) >= smallShare*float64(largest)
	}
}

// removeAirways follows small round sections of air from the head down: the trachea is
// the section nearest to the middle in the highest slice that has one, and what lies
// under an airway and is small is airway.
func removeAirways(mask []bool, g volume.Geometry) {
	n, w, h := g.SliceVoxels(), g.Size[2], g.Size[1]
	spacing := g.Spacing()
	limit := int(airwayMM2 / (spacing[1] * spacing[2]))
	order := make([]int, g.Size[0])
	for i := range order {
		order[i] = i
		if g.Normal()[2] >= 0 { // z grows to the head: begin at the end
			order[i] = g.Size[0] - 1 - i
		}
	}
	above := make([]bool, n)
	started := false
	for _, z := range order {
		airway := make([]bool, n)
		for _, part := range Sections(mask[z*n:(z+1)*n], w, h) {
			overlaps, middle := false, 0
			for _, i := range part {
				overlaps = overlaps || above[i]
				middle += i % w
			}
			central := math.Abs(float64(middle)/float64(len(part))-float64(w)/2) < float64(w)/12
			if len(part) <= limit && (overlaps || !started && central) {
				for _, i := range part {
					airway[i] = true
					mask[z*n+i] = false
				}
			}
		}
		for _, a := range airway {
			started = started || a
		}
		above = airway
	}
}

// closeHoles closes a slice's mask by a square of the given radius and fills what is then
// enclosed.
func closeHoles(mask []bool, w, h, radius int) {
	closed := Close(mask, w, h, radius)
	outside := make([]bool, len(mask))
	for i := range mask {
		mask[i] = mask[i] || closed[i]
		outside[i] = !mask[i]
	}
	clearOutside(outside, w, h) // what is left is enclosed
	for i := range mask {
		mask[i] = mask[i] || outside[i]
	}
}

// LungCheck compares a network's labels with ThresholdLungs: dice of the lungs (all
// foreground classes together) and the share of the healthy part of the reference, given
// as a mask on the same grid, that is called a lesion.
func LungCheck(reference, healthy []bool, labels []uint8) (dice, lesionShare float64) {
	var both, ref, pred, well, lesion int
	for i, r := range reference {
		if r {
			ref++
		}
		if labels[i] != classes.Background {
			pred++
			if r {
				both++
			}
		}
		if healthy[i] {
			well++
			if classes.IsLesion(labels[i]) {
				lesion++
			}
		}
	}
	return 2 * float64(both) / float64(max(ref+pred, 1)), float64(lesion) / float64(max(well, 1))
}
