package phantom

import "math"

// bone is a solid with a cortex around marrow.
type bone struct {
	shape
	cortex float64 // thickness of the cortex, mm
	dense  float64 // density relative to the patient's usual bone
}

// skeleton lists the bones except the ribs.
func (a *anatomy) skeleton() []bone {
	bones := a.vertebrae()
	add := func(cortex, dense float64, shapes ...shape) {
		for _, s := range shapes {
			bones = append(bones, bone{s, cortex, dense})
		}
	}
	for _, side := range []float64{-1, 1} {
		in := func(x, y, u float64) vec {
			p := a.fromSpine(0, y, u)
			return vec{p[0] + side*x, p[1], p[2]}
		}
		w := a.width
		// The clavicle is an S from the manubrium to the shoulder.
		add(2, 1, tube(6, in(20, -0.47*a.depth, 0.87), in(0.55*w, -0.47*a.depth+4, 0.93),
			in(0.9*w, -0.26*a.depth, 1.0), in(1.15*w, -0.16*a.depth, 1.03))...)
		// The scapula has a blade, its lateral border, a spine and a glenoid. The humeral head
		// follows.
		blade := [][4]float64{
			{0.52, 0.74, 0.94, 30},
			{0.60, 0.66, 0.97, 26},
			{0.68, 0.62, 1.0, 18},
			{0.76, 0.60, 1.03, 8},
			{0.84, 0.60, 1.06, -2},
			{0.92, 0.66, 1.10, -10},
		}
		for i := range len(blade) - 1 {
			add(1.3, 1, plate{
				in(blade[i][1]*w, 22, blade[i][0]), in(blade[i+1][1]*w, 20, blade[i+1][0]),
				in(blade[i][2]*w, blade[i][3]-18, blade[i][0]),
				in(blade[i+1][2]*w, blade[i+1][3]-18, blade[i+1][0]), 1.8,
			})
			add(1.6, 1, cone{
				in(blade[i][2]*w, blade[i][3]-18, blade[i][0]),
				in(blade[i+1][2]*w, blade[i+1][3]-18, blade[i+1][0]), 4.5, 5,
			})
		}
		add(1.5, 1, plate{
			in(0.66*w, 22, 0.78), in(0.66*w, 22, 0.86), in(1.0*w, 30, 0.9),
			in(1.1*w, 16, 1.0), 2.2,
		})
		add(2, 1, newEllipsoid(in(1.12*w, -10, 0.97), vec{9, 16, 20}, side*30))
		add(2, 0.9, newEllipsoid(in(1.32*w, -16, 1.0), vec{23, 23, 23}, 0))
	}
	return append(bones, a.sternum()...)
}

// sternum returns manubrium, body and xiphoid, at the front of the cage.
func (a *anatomy) sternum() []bone {
	front := func(u float64) vec {
		_, cy, _, ry := a.cage(u * a.height)
		x, _ := a.spine(u * a.height)
		return a.at(x*0.4, cy-ry-6, u)
	}
	var bones []bone
	levels := [][2]float64{
		{0.36, 13},
		{0.46, 16},
		{0.58, 14},
		{0.68, 13},
		{0.72, 18},
		{0.80, 26},
		{0.87, 22},
	}
	for i := range len(levels) - 1 {
		lower, upper := front(levels[i][0]), front(levels[i+1][0])
		half := (levels[i][1] + levels[i+1][1]) / 2
		bones = append(bones, bone{plate{
			lower.Add(vec{-half}), upper.Add(vec{-half}),
			lower.Add(vec{half}), upper.Add(vec{half}), 5.5,
		}, 0.9, 0.6})
	}
	return bones
}

// plate is a flat bone of thickness 2r between the edges a-b and c-d. Both edges rise with z.
type plate struct {
	a, b, c, d vec
	r          float64
}

func (p plate) distance(x, y, z float64) float64 {
	t := unit((z - p.a[2]) / (p.b[2] - p.a[2]))
	from, to := towards(p.a, p.b, t), towards(p.c, p.d, t)
	// Above and below the plate there is no bone.
	off := max(min(p.a[2], p.c[2])-z, z-max(p.b[2], p.d[2]), 0)
	dx, dy := to[0]-from[0], to[1]-from[1]
	s := unit(((x-from[0])*dx + (y-from[1])*dy) / (dx*dx + dy*dy + 1e-9))
	return math.Sqrt(sq(x-from[0]-s*dx)+sq(y-from[1]-s*dy)+off*off) - p.r
}

func (p plate) bounds() box {
	var b box
	for i := range 3 {
		b.lo[i] = min(p.a[i], p.b[i], p.c[i], p.d[i]) - p.r
		b.hi[i] = max(p.a[i], p.b[i], p.c[i], p.d[i]) + p.r
	}
	return b
}

func sq(x float64) float64 { return x * x }

// vertebraMM is the distance from one vertebra to the next.
const vertebraMM = 24.5

// vertebrae builds the arches and processes. Function vertebra draws the bodies.
func (a *anatomy) vertebrae() []bone {
	var bones []bone
	add := func(c cone, cortex float64) { bones = append(bones, bone{c, cortex, 1}) }
	first := -math.Ceil(80/vertebraMM) + a.discPhase
	for i := first; i*vertebraMM < a.height+90; i++ {
		z := i * vertebraMM // the middle of a vertebral body
		x, y := a.spine(z)
		at := func(dx, dy, dz float64) vec { return vec{x + dx, y + dy, z + dz} }
		for _, s := range []float64{-1, 1} {
			add(cone{at(s*12, 8, 4), at(s*12, 19, 3), 4.5, 4}, 1.8)
			add(cone{at(s*13, 20, 3), at(s*2, 30, -8), 5.2, 4.2}, 1.8)
			add(cone{at(s*10, 25, -8), at(s*2, 31, -14), 4.5, 4}, 1.8)
			add(cone{at(s*12, 21, -6), at(s*11, 20, 14), 4, 4}, 2)
			add(cone{at(s*14, 20, 4), at(s*33, 31, 3), 5.5, 5.5}, 1.3)
			add(cone{at(s*16, 8, 9), at(s*40, 27, 2), 4.2, 4.2}, 1.2)
		}
		add(cone{at(0, 30, -6), at(0, 50, -26), 4.2, 3.4}, 1.5)
	}
	return bones
}

// vertebra returns the density at a point of the vertebral column, and how far outside it the point
// lies. The column is the bodies and discs in front of the spinal canal.
func (a *anatomy) vertebra(x, y, z float64) (distance, hu float64) {
	sx, sy := a.spine(z)
	phase := z/vertebraMM - a.discPhase
	phase -= math.Round(phase) // 0 in the middle of a body, ±0.5 in a disc
	waist := 1.6 * (0.25 - phase*phase) * 4
	e := newEllipsoid(vec{sx, sy, z}, vec{17.5 - waist, 14 - waist*0.7, 1e6}, 0)
	distance = e.distance(x, y, z)
	canal := math.Hypot(x-sx, y-sy-19) - 9
	distance = max(distance, -canal+0.5)
	disc := ramp(0.36, 0.41, math.Abs(phase))
	end := bell(0.36, 0.05, math.Abs(phase))
	cortex := ramp(-2.2, -0.8, distance)
	grain := fractal(a.seed+41, 2, x/1.8, y/1.8, z/3)
	marrow := a.marrowHU + 70*grain + 0.5*a.cortexHU*end
	boneHU := mix(marrow, a.cortexHU*0.8, cortex)
	return distance, mix(boneHU, 85, disc)
}

// rib returns how far outside the nearest rib a point lies, and whether the rib is cartilage there.
// depth is the distance outside the pleura. degrees is the direction from anterior, 0 to 180, on
// the left (side 1) or the right (side -1).
func (a *anatomy) rib(depth, side, degrees, z float64) (distance, cartilage float64) {
	u := a.level(z)
	drop := mix(95, 45, ramp(0.5, 1, u))
	g := 0.5 - 0.5*math.Cos((180-degrees)*math.Pi/180)
	if degrees < 35 { // the cartilage rises again towards the sternum
		g -= (35 - degrees) / 35 * 0.35
	}
	spacing := a.height / 10.4
	phase := (z+drop*g)/spacing + a.ribPhase + a.ribTilt*side
	number := math.Round(phase)
	phase -= number + 0.12*noise(a.seed+44, number*1.7, side*3, degrees/50)
	half := a.ribThick * (1 + 0.25*noise(a.seed+45, number*1.3, side*3, degrees/30))
	q := math.Hypot(phase*spacing/6.3, (depth-5.2)/half)
	distance = (q - 1) * half
	distance = max(distance, (degrees-169)*1.5)
	return distance, ramp(38, 30, degrees)
}

// boneHU returns the density inside a bone, distance mm from its surface.
func (a *anatomy) boneHU(distance, cortex, dense, x, y, z float64) float64 {
	grain := fractal(a.seed+43, 2, x/1.7, y/1.7, z/2.5)
	marrow := a.marrowHU*0.8*dense + 80*grain
	return mix(marrow, a.cortexHU*dense, ramp(-cortex-0.8, -cortex+0.2, distance))
}
