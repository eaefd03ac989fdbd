package phantom

import "math"

// angles is the number of directions in which the outlines of a cross-section are tabulated.
const angles = 720

// outline is the cross-section of a chest at one height. For every direction it holds the distance
// in mm from a centre to the pleura, to the outside of the muscles and to the skin. Direction 0 is
// anterior. Angles grow towards the patient's left.
type outline struct {
	cx, cy               float64
	pleura, muscle, skin [angles + 1]float32
	steep                [angles + 1]float32 // factor from radial distance to true distance
	breast               [angles + 1]float32 // share of the fat that is breast
}

// Tables of thickness in mm: of ribs and muscles outside the pleura, and of the fat over them. A
// row is a level. Its columns are directions from anterior (0) to posterior (180 degrees) in steps
// of 30.
var (
	wallLevels = [...]float64{-0.15, 0.3, 0.6, 0.78, 0.9, 1.0, 1.15}
	muscleWall = [...][7]float64{
		{16, 17, 16, 17, 22, 32, 38},
		{14, 16, 17, 19, 24, 34, 38},
		{13, 24, 25, 24, 38, 42, 38},
		{13, 30, 42, 40, 58, 52, 40},
		{16, 34, 66, 84, 80, 56, 42},
		{20, 40, 80, 112, 92, 56, 44},
		{24, 44, 80, 108, 84, 54, 46},
	}
	fatWall = [...][7]float64{
		{14, 16, 14, 14, 13, 12, 9},
		{9, 11, 10, 11, 10, 9, 8},
		{7, 9, 9, 12, 11, 9, 7},
		{6, 9, 10, 14, 12, 9, 8},
		{6, 9, 12, 14, 12, 10, 9},
		{6, 8, 11, 12, 12, 10, 10},
		{6, 8, 10, 12, 12, 11, 11},
	}
)

// wall looks up a table at a level and a direction in degrees from anterior.
func wall(table *[7][7]float64, level, degrees float64) float64 {
	row := 0
	for row < len(wallLevels)-2 && level > wallLevels[row+1] {
		row++
	}
	t := ease(unit((level - wallLevels[row]) / (wallLevels[row+1] - wallLevels[row])))
	at := min(degrees/30, 5.9999)
	i := int(at)
	knot := func(k int) float64 {
		if k < 0 {
			k = -k
		}
		if k > 6 {
			k = 12 - k
		}
		return mix(table[row][k], table[row+1][k], t)
	}
	before, from, to, after := knot(i-1), knot(i), knot(i+1), knot(i+2)
	f := at - float64(i)
	return hermite((to-before)/2, (after-from)/2, [2]float64{0, from}, [2]float64{1, to}, f)
}

// outlineAt tabulates the cross-section at height z.
func (a *anatomy) outlineAt(z float64) *outline {
	o := &outline{}
	cx, cy, rx, ry := a.cage(z)
	o.cx, o.cy = cx, cy
	u := a.level(z)
	for i := range angles + 1 {
		direction := 2 * math.Pi * float64(i) / angles
		s, c := math.Sincos(direction)
		degrees := math.Abs(math.Remainder(direction, 2*math.Pi)) * 180 / math.Pi
		r := a.cageRadius(s, c, rx, ry)
		muscle := wall(&muscleWall, u, degrees)
		muscle = 11 + (muscle-11)*a.muscle
		fat := 2.5 + wall(&fatWall, u, degrees)*a.fat
		uneven := noise(a.seed+77, 3*s+9, 3*c+9, z/60)
		fat *= 1 + 0.2*uneven
		breast := a.breast * bell(42, 38, degrees) * bell(0.46, 0.26, u)
		o.pleura[i] = float32(r)
		o.muscle[i] = float32(r + muscle)
		o.skin[i] = float32(r + muscle + fat + breast)
		o.breast[i] = float32(breast / (fat + breast))
	}
	o.tilt()
	return o
}

// tilt fills in the cosine between the radius and the outline's normal.
func (o *outline) tilt() {
	const step = 2 * math.Pi / angles
	for i := range angles + 1 {
		before, after := (i+angles-1)%angles, (i+1)%angles
		change := float64(o.pleura[after]-o.pleura[before]) / (2 * step)
		r := float64(o.pleura[i])
		o.steep[i] = float32(r / math.Hypot(r, change))
	}
}

// polar is a position in a cross-section of the chest: the direction in steps of the tables, and
// the distance from the centre.
type polar struct{ index, r float32 }

func (o *outline) polar(x, y float64) polar {
	dx, dy := x-o.cx, y-o.cy
	direction := math.Atan2(dx, -dy)
	if direction < 0 {
		direction += 2 * math.Pi
	}
	return polar{float32(direction * (angles / (2 * math.Pi))), float32(math.Sqrt(dx*dx + dy*dy))}
}

// look interpolates a table in a direction.
func look(table *[angles + 1]float32, index float32) float32 {
	i := int(index)
	if i >= angles {
		return table[angles]
	}
	return table[i] + (table[i+1]-table[i])*(index-float32(i))
}

// depth returns how far, in mm, a point lies outside the pleura. It is negative inside.
func (o *outline) depth(p polar) float64 {
	return float64((p.r - look(&o.pleura, p.index)) * look(&o.steep, p.index))
}
