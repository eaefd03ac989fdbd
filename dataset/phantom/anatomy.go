package phantom

import "math"

// anatomy is one patient: the numbers from which every shape is computed.
type anatomy struct {
	seed   uint32
	height float64 // of the lungs, mm
	width  float64 // half the inner width of the chest at its widest, mm
	depth  float64 // largest inner depth of the chest, front to back, mm
	power  float64 // of the superellipse that is a chest's cross-section

	kyphosis  float64 // how far the spine leans back at mid-chest, mm
	scoliosis float64 // how far the spine bends sideways, mm
	fat       float64 // subcutaneous fat relative to a normal-weight adult
	muscle    float64 // muscle thickness relative to an adult's
	breast    float64 // extra thickness of the breasts, mm; 0 for most men
	gland     float64 // share of glandular tissue in a breast

	wobble     float64 // amplitude of the warp that makes shapes irregular, mm
	bloodHU    float64
	arteryHU   float64 // pulmonary arteries and right heart
	aortaHU    float64
	muscleHU   float64
	fatHU      float64
	liverHU    float64
	spleenHU   float64
	cortexHU   float64
	marrowHU   float64
	domeRight  float64 // height of the right dome of the diaphragm, share of the lungs' height
	domeLeft   float64
	heart      float64    // size relative to an adult's
	fluid      [2]float64 // largest thickness of pleural effusion on the right and the left, mm
	heartBlur  float64    // width of the edge that the beating heart blurs, mm
	stomachGas float64    // share of the stomach filled with gas
	ribPhase   float64
	ribTilt    float64 // how much higher the left ribs are, in rib distances
	ribThick   float64 // half the thickness of a rib, mm
	discPhase  float64

	lungHU      float64 // parenchyma between the visible vessels, mid-height
	gradientHU  float64 // added from the front to the back of the lungs
	emphysema   float64 // share of lung destroyed, 0 for most
	dependentHU float64 // of the denser band along the back, 0 for most
	dependentMM float64
	textureHU   float64
	fissure     float64 // thickness of the fissures, mm
	vesselScale float64 // calibre relative to an adult's
	wallScale   float64 // thickness of bronchial walls
	armsDown    bool
	clothing    bool
	tableKind   int
	tableGap    float64
	tableHU     float64
	matTop      float64
}

// newAnatomy draws a patient.
func newAnatomy(seed uint64) *anatomy {
	d := newDice(seed, streamAnatomy)
	a := &anatomy{
		seed:   uint32(seed ^ seed>>32),
		height: d.in(225, 310),
		width:  d.around(129, 8),
		depth:  d.around(196, 15),
		power:  d.in(2.15, 2.6),

		kyphosis:  d.in(8, 26),
		scoliosis: d.around(0, 3),
		fat:       math.Exp(d.around(-0.1, 0.65)),
		muscle:    d.in(0.75, 1.2),
		wobble:    d.in(2, 4.5),

		fatHU:     d.in(-115, -90),
		muscleHU:  d.in(45, 62),
		cortexHU:  d.in(450, 850),
		marrowHU:  d.in(90, 260),
		domeRight: d.in(0.19, 0.34),
		heart:     d.in(0.82, 1.08),
		heartBlur: d.in(1, 4.5),

		stomachGas: d.in(-0.2, 0.7),
		ribPhase:   d.Float64(),
		discPhase:  d.Float64(),

		lungHU:      d.around(-882, 26),
		gradientHU:  d.in(20, 90),
		textureHU:   d.in(6, 18),
		fissure:     d.in(0.4, 1.0),
		vesselScale: d.in(0.88, 1.15),
		wallScale:   d.in(0.75, 1.5),
		tableKind:   d.IntN(4),
		tableGap:    d.in(0, 14),
		tableHU:     d.in(-300, 350),
		matTop:      d.in(-980, -900),
	}
	a.domeLeft = a.domeRight - d.in(0, 0.06)
	if d.chance(0.45) {
		a.breast, a.gland = d.in(8, 45), d.in(0, 0.7)
	}
	a.ribTilt, a.ribThick = d.in(-0.2, 0.2), d.in(2.7, 3.6)
	a.armsDown = d.chance(0.12)
	a.clothing = d.chance(0.4)
	a.drawContrast(d)
	a.drawLungDisease(d)
	return a
}

// drawContrast decides whether and when contrast medium was given.
func (a *anatomy) drawContrast(d dice) {
	a.bloodHU = d.in(32, 52)
	a.arteryHU, a.aortaHU = a.bloodHU, a.bloodHU
	a.liverHU = d.in(30, 68)
	a.spleenHU = d.in(42, 54)
	switch {
	case d.chance(0.25): // arterial
		a.arteryHU, a.aortaHU = d.in(150, 380), d.in(180, 350)
		a.liverHU, a.spleenHU = a.liverHU+20, d.in(90, 140)
	case d.chance(0.3): // venous
		a.arteryHU = d.in(110, 180)
		a.aortaHU, a.liverHU, a.spleenHU = a.arteryHU+d.in(-10, 20), a.liverHU+45, d.in(105, 130)
	}
}

// drawLungDisease draws what varies between lungs but is not a lesion: emphysema, and the denser
// band along the back of a patient who lies down.
func (a *anatomy) drawLungDisease(d dice) {
	if d.chance(0.2) {
		a.emphysema = d.in(0.05, 0.5)
		a.lungHU -= 15
	}
	if d.chance(0.35) {
		a.dependentHU, a.dependentMM = d.in(40, 260), d.in(3, 12)
	}
	if d.chance(0.1) {
		a.fluid[d.IntN(2)] = d.in(6, 35)
		if d.chance(0.4) {
			a.fluid = [2]float64{d.in(4, 25), d.in(4, 25)}
		}
	}
	if d.chance(0.2) { // shallow breath
		a.lungHU += d.in(20, 70)
		a.gradientHU += d.in(0, 60)
		a.domeRight += 0.05
		a.domeLeft += 0.05
	}
	// A lung outside these limits would not be healthy.
	a.lungHU = min(max(a.lungHU, -930), -815)
}

// level returns z as a share of the lungs' height: 0 is the lowest recess, 1 the apex.
func (a *anatomy) level(z float64) float64 { return z / a.height }

// at returns the point that lies at a level of the lungs.
func (a *anatomy) at(x, y, level float64) vec { return vec{x, y, level * a.height} }

// Half width and depth of the cage at each level, as shares of the largest.
var (
	widthByLevel = [][2]float64{
		{-0.15, 0.93},
		{0, 0.97},
		{0.3, 1},
		{0.6, 0.96},
		{0.78, 0.84},
		{0.9, 0.66},
		{1, 0.52},
		{1.12, 0.45},
	}
	depthByLevel = [][2]float64{
		{-0.15, 0.95},
		{0, 0.98},
		{0.25, 1},
		{0.5, 0.97},
		{0.7, 0.85},
		{0.85, 0.67},
		{0.95, 0.5},
		{1.05, 0.42},
	}
)

// spine returns the centre of the vertebral body at height z.
func (a *anatomy) spine(z float64) (x, y float64) {
	u := a.level(z)
	x = a.scoliosis * math.Sin(u*3.1)
	y = 0.36*a.depth - 18 + a.kyphosis*(0.7-2.2*(u-0.5)*(u-0.5))
	return x, y
}

// cage returns the ellipse of the inner chest at height z: its centre and half axes in mm.
func (a *anatomy) cage(z float64) (cx, cy, rx, ry float64) {
	u := a.level(z)
	cx, back := a.spine(z)
	back += mix(26, 8, ramp(0.7, 1, u))
	ry = a.depth / 2 * curve(depthByLevel, u)
	return cx * 0.5, back - ry, a.width * curve(widthByLevel, u), ry
}

// cageRadius returns the distance from the cage's axis to its wall in a direction. sin is the
// direction's component to the left, cos the one to anterior. The shape is an egg that is wider
// behind, with hollows beside the spine.
func (a *anatomy) cageRadius(sin, cos, rx, ry float64) float64 {
	rx *= 1 - 0.09*cos
	r := math.Pow(math.Pow(math.Abs(sin)/rx, a.power)+math.Pow(math.Abs(cos)/ry, a.power),
		-1/a.power)
	return r * (1 + 0.05*bell(0.86, 0.3, -cos))
}

// wallShare returns the direction of a point as seen from the cage's axis (1 posterior, -1
// anterior), and its distance from the axis as a share of the cage's radius there.
func (a *anatomy) wallShare(p vec) (back, share float64) {
	cx, cy, rx, ry := a.cage(p[2])
	dx, dy := p[0]-cx, p[1]-cy
	l := math.Hypot(dx, dy) + 1e-9
	return dy / ry, l / a.cageRadius(dx/l, -dy/l, rx, ry)
}
