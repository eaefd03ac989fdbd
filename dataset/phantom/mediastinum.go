package phantom

// organ is a solid inside the chest. It is painted with its density. If it is part of the
// mediastinum, it also keeps the lungs margin mm away.
type organ struct {
	shape
	hu     float64
	margin float64 // fat between organ and lung, mm; negative: not part of the mediastinum
	edge   float64 // extra width of its edge, mm, because the heart beats
}

// mediastinum lists heart, great vessels, airways and fat in the order in which they are painted.
func (a *anatomy) mediastinum() (heart, vessels []organ) {
	return append(a.padding(), a.heartOrgans()...), append(a.greatVessels(), a.gullet()...)
}

// padding lists the fat around the organs and what keeps the lungs away from the spine.
func (a *anatomy) padding() []organ {
	p := a.fromSpine
	front := -a.depth*0.5 - 16
	k := a.height / 260
	fat := a.fatHU + 8
	var organs []organ
	add := func(s shape) { organs = append(organs, organ{s, fat, 0, 0}) }
	add(newEllipsoid(p(6, front-3, 0.34), vec{13, 14, 60 * k}, 0))
	add(newEllipsoid(p(3, front+20, 0.63), vec{15, 24, 42 * k}, 0))
	add(cone{p(0, -34, 0.62), p(0, -40, 0.98), 19, 15})
	add(cone{p(2, -30, 0.15), p(0, -26, 0.62), 11, 14})
	for i := -1; i < 5; i++ {
		u := 0.25 * float64(i)
		add(cone{p(0, 0, u), p(0, 0, u+0.25), 19.5, 19.5})
		organs = append(organs, organ{
			cone{p(0, 27, u), p(0, 27, u+0.25), 20, 20},
			a.muscleHU - 12, 0, 0,
		})
		for _, side := range []float64{-1, 1} {
			organs = append(organs, organ{plate{
				p(side*5, 8, u), p(side*5, 8, u+0.25),
				p(side*34, 32, u), p(side*34, 32, u+0.25), 11,
			}, a.muscleHU - 12, 0, 0})
		}
	}
	return organs
}

// fromSpine returns a point that is given relative to the centre of the spine at its level.
func (a *anatomy) fromSpine(x, y, level float64) vec {
	sx, sy := a.spine(level * a.height)
	return a.at(sx*0.6+x, sy+y, level)
}

func (a *anatomy) heartOrgans() []organ {
	h := a.heart
	fat := a.fatHU + 8
	blur := a.heartBlur
	k := a.height / 260
	// The heart rests on the diaphragm, wherever that is.
	sink := min(a.domeLeft, a.domeRight) - 0.27
	ball := func(x, y, level, rx, ry, rz, turn float64) ellipsoid {
		share := ramp(0.5, 0.3, level)
		level += sink * share
		rz *= 1 - 1.2*sink*share
		return newEllipsoid(a.fromSpine(x*h, y-8, level), vec{rx * h, ry * h, rz * h * k}, turn)
	}
	wallHU := min(a.bloodHU+0.3*max(a.aortaHU-a.bloodHU, 0), 115)
	return []organ{
		{ball(44, -92, 0.22, 32, 24, 26, 25), fat, 1, blur},
		{ball(-36, -92, 0.24, 22, 22, 26, -20), fat, 1, blur},
		// Inside the pericardium: fat, then walls, then chambers.
		{ball(20, -78, 0.36, 57, 47, 48, 25), wallHU, 3, blur},
		{ball(42, -86, 0.28, 37, 31, 32, 30), wallHU, 3, blur},
		{ball(-16, -70, 0.37, 37, 35, 42, 0), a.arteryHU, 3, blur},
		{ball(8, -96, 0.40, 33, 26, 36, 10), a.arteryHU, 3, blur},
		{ball(34, -78, 0.33, 27, 22, 32, 35), a.aortaHU, 3, blur},
		{ball(4, -44, 0.46, 34, 19, 22, 0), a.aortaHU, 2, blur},
		{ball(14, -72, 0.44, 4, 26, 16, 60), fat + 30, -1, 2},
		{ball(-18, -88, 0.40, 4, 18, 30, -30), fat + 20, -1, 2},
	}
}

func (a *anatomy) greatVessels() []organ {
	var organs []organ
	add := func(hu, margin float64, shapes []shape) {
		for _, s := range shapes {
			organs = append(organs, organ{s, hu, margin, 0})
		}
	}
	p := a.fromSpine
	aorta := 14.5 * (0.5 + a.heart/2)
	vein := mix(a.bloodHU, a.arteryHU, 0.8)
	add(vein, 2, tube(11, p(-20, -44, -0.25), p(-23, -50, 0.10), p(-22, -58, 0.34)))
	add(vein, 2, tube(8.5, p(-24, -60, 0.44), p(-28, -58, 0.62), p(-27, -62, 0.80)))
	add(vein, 2, tube(7, p(-27, -62, 0.80), p(-36, -56, 0.94), p(-40, -50, 1.15)))
	add(vein, 2, tube(6, p(-25, -63, 0.80), p(8, -80, 0.83), p(36, -66, 0.90), p(42, -50, 1.15)))
	add(a.arteryHU, 2, tube(13, p(16, -92, 0.46), p(20, -74, 0.54), p(20, -58, 0.60)))
	add(a.arteryHU, 2, tube(10, p(20, -58, 0.595), p(-8, -44, 0.58), p(-34, -38, 0.565)))
	add(a.arteryHU, 2, tube(10.5, p(20, -58, 0.60), p(38, -32, 0.595)))
	add(a.aortaHU, 2, tube(aorta*1.1, p(0, -74, 0.42), p(-13, -72, 0.54), p(-15, -66, 0.69)))
	add(a.aortaHU, 3, tube(aorta, p(-15, -66, 0.70), p(-4, -56, 0.755), p(10, -36, 0.765),
		p(20, -18, 0.72)))
	add(a.aortaHU, 2, tube(aorta*0.9, p(20, -18, 0.72), p(22, -17, 0.5), p(16, -20, 0.25),
		p(8, -25, 0.1), p(4, -27, -0.3)))
	add(a.aortaHU, 2, tube(6, p(-8, -58, 0.77), p(-14, -52, 0.88), p(-28, -46, 1.15)))
	add(a.aortaHU, 2, tube(4, p(6, -48, 0.77), p(14, -46, 0.9), p(26, -44, 1.15)))
	add(a.aortaHU, 2, tube(5, p(16, -30, 0.77), p(26, -34, 0.9), p(44, -36, 1.0)))
	add(a.bloodHU, 1, tube(4, p(-7, -17, -0.2), p(-8, -17, 0.66)))
	return organs
}

// gullet lists the oesophagus, the crura and the thyroid.
func (a *anatomy) gullet() []organ {
	var organs []organ
	p := a.fromSpine
	for _, s := range tube(6.5, p(14, -36, 0), p(8, -32, 0.2), p(3, -22, 0.5), p(4, -22, 0.7),
		p(4, -22, 1.2)) {
		organs = append(organs, organ{s, 38, 2, 0})
	}
	for _, side := range []float64{-1, 1} {
		organs = append(organs,
			organ{cone{p(side*10, -20, -0.3), p(side*9, -24, 0.12), 6, 4}, 52, 2, 0},
			organ{newEllipsoid(p(side*20, -54, 1.08), vec{11, 12, 22}, side*-20), 95, -1, 0})
	}
	return organs
}

// abdomen lists what lies under the diaphragm, in the order of painting.
func (a *anatomy) abdomen() []organ {
	_, cy, rx, ry := a.cage(0.1 * a.height)
	at := func(x, y, z float64) vec { return vec{x * rx, cy + y*ry, z * a.height} }
	return []organ{
		{
			newEllipsoid(at(0.62, 0.42, 0.08), vec{0.27 * rx, 0.42 * ry, 0.17 * a.height}, 30),
			a.spleenHU, -1, 0,
		},
		{
			newEllipsoid(at(0.42, -0.22, 0.05), vec{0.36 * rx, 0.42 * ry, 0.185 * a.height}, 20),
			28, -1, 0,
		},
		{newEllipsoid(at(-0.3, 0.62, -0.22), vec{28, 32, 0.14 * a.height}, 30), 35, -1, 0},
		{newEllipsoid(at(0.36, 0.62, -0.16), vec{28, 32, 0.14 * a.height}, -30), 35, -1, 0},
	}
}
