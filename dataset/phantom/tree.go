package phantom

import (
	"cmp"
	"math"
	"slices"
)

// branch is one piece of a tree of vessels or airways: a tapering tube.
type branch struct {
	cone
	wall float64 // thickness of an airway's wall, mm; 0 for a vessel
	hu   float64 // of a vessel's blood or an airway's lumen
}

// hilarRadius is the largest radius, in mm, of a vessel that counts as lung. Larger ones belong to
// the hilum: a lung mask made by a threshold leaves them out, and closing the mask fills only the
// smaller ones.
const hilarRadius = 4.2

// grower builds one tree. It splits the points that it has to supply in two, again and again.
// Calibres follow a generalised Murray's law from the tips to the root.
type grower struct {
	dice     dice
	tip      float64 // radius of the last branches, mm
	exponent float64
	hu       float64
	airways  bool // bronchi run beside these vessels
	wall     float64
	branches []branch
}

func (g *grower) radius(tips int) float64 {
	return g.tip * math.Pow(float64(tips), 1/g.exponent)
}

// grow supplies points from root, where the vessel arrives in the given direction. beside is the
// offset from the vessel at which the bronchus arrives.
func (g *grower) grow(root, direction vec, points []vec, beside vec) {
	n := len(points)
	if n == 0 {
		return
	}
	if n == 1 {
		r := g.radius(1)
		g.branches = append(g.branches, branch{cone: cone{root, points[0], r, r * 0.6}, hu: g.hu})
		return
	}
	centre := centroid(points)
	reach := (g.dice.in(0.2, 0.36) + 0.25/math.Sqrt(float64(n))) * centre.Sub(root).Length()
	// A vessel bends towards what it supplies. It does not turn abruptly.
	heading := normalised(towards(normalised(centre.Sub(root)), direction, 0.45))
	fork := root.Add(heading.Scale(reach))
	r := g.radius(n)
	g.branches = append(g.branches, branch{cone: cone{root, fork, r, r * 0.92}, hu: g.hu})
	next := g.bronchus(root, fork, r, beside)
	axis := spread(points, centre, normalised(fork.Sub(root)))
	slices.SortFunc(points, func(p, q vec) int { return cmp.Compare(p.Dot(axis), q.Dot(axis)) })
	if g.dice.chance(0.5) {
		slices.Reverse(points)
	}
	cut := min(max(int(float64(n)*g.dice.in(0.12, 0.55)), 1), n-1)
	g.grow(fork, heading, points[:cut], next)
	g.grow(fork, heading, points[cut:], next)
}

// bronchus adds an airway beside the vessel of radius r from root to fork. It returns the offset at
// which the airway ends.
func (g *grower) bronchus(root, fork vec, r float64, beside vec) vec {
	lumen := 0.7 * r
	if !g.airways || lumen < 1 {
		return beside
	}
	wall := g.wall * (0.25 + 0.11*lumen)
	along := normalised(fork.Sub(root))
	side := normalised(along.Cross(vec{0.35, -0.4, 0.85})).Scale(r + lumen + 0.7*wall)
	g.branches = append(g.branches, branch{
		cone: cone{root.Add(beside), fork.Add(side), lumen, lumen * 0.9},
		wall: wall, hu: -985,
	})
	return side
}

func centroid(points []vec) vec {
	var sum vec
	for _, p := range points {
		sum = sum.Add(p)
	}
	return sum.Scale(1 / float64(max(len(points), 1)))
}

// spread returns the direction in which points vary most. Variation along the given direction
// counts little, because a branch forks in the plane across it.
func spread(points []vec, centre, along vec) vec {
	axis := normalised(along.Cross(vec{0.3, 0.5, 0.8}))
	for range 4 {
		var next vec
		for _, p := range points {
			d := p.Sub(centre)
			d = d.Sub(along.Scale(0.7 * d.Dot(along)))
			next = next.Add(d.Scale(d.Dot(axis)))
		}
		axis = normalised(next)
	}
	return axis
}
