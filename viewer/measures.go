package viewer

import (
	"encoding/binary"

	"glasswork/dataset/classes"
	"glasswork/dataset/volume"
)

// Measures holds the voxel counts of a label map and updates them with every change. From them it
// computes volumes, shares of the lung and areas per slice.
type Measures struct {
	counts [][classes.Labels]int // per slice
	total  [classes.Labels]int
	ml     float64 // of one voxel
	mm2    float64 // of one voxel on its slice
}

// NewMeasures counts the whole label map.
func NewMeasures(l *volume.LabelMap) *Measures {
	m := &Measures{
		counts: make([][classes.Labels]int, l.Size[0]),
		ml:     l.VoxelML(),
		mm2:    l.Step(0).Cross(l.Step(1)).Length(),
	}
	for z := range m.counts {
		m.Recount(l, z)
	}
	return m
}

// Recount counts slice z again after a change that is not described by a patch.
func (m *Measures) Recount(l *volume.LabelMap, z int) {
	m.add(z, m.counts[z], -1)
	m.add(z, count(l.Slice(z)), 1)
}

// Update updates the counts with a patch that has been applied. It looks only at the patch's box.
func (m *Measures) Update(p volume.Patch) {
	if p.Z < 0 || p.Z >= len(m.counts) {
		return
	}
	m.add(p.Z, count(p.Old), -1)
	m.add(p.Z, count(p.New), 1)
}

func (m *Measures) add(z int, n [classes.Labels]int, sign int) {
	for c := range n {
		m.counts[z][c] += sign * n[c]
		m.total[c] += sign * n[c]
	}
}

// Slices returns the number of slices.
func (m *Measures) Slices() int { return len(m.counts) }

// AreaMM2 returns the area of a class on slice z.
func (m *Measures) AreaMM2(z int, c classes.Class) float64 {
	return float64(m.counts[z][c]) * m.mm2
}

// LungAreaMM2 returns the area of the whole lung on slice z.
func (m *Measures) LungAreaMM2(z int) float64 {
	n := 0
	for c, voxels := range m.counts[z] {
		if c != int(classes.Background) {
			n += voxels
		}
	}
	return float64(n) * m.mm2
}

// NormalML returns the volume of the lung without its lesions.
func (m *Measures) NormalML() float64 { return float64(m.total[classes.LungsOther]) * m.ml }

// ML returns the volume of a class in ml. For LungsOther it is that of the whole lung with its
// lesions.
func (m *Measures) ML(c classes.Class) float64 {
	if c == classes.LungsOther {
		return float64(m.lung()) * m.ml
	}
	return float64(m.total[c]) * m.ml
}

// PercentOfLung is a lesion class's share of the whole lung, NaN where no lung is marked.
// The whole lung is lesions of every kind and other lung together.
func (m *Measures) PercentOfLung(c classes.Class) float64 {
	return 100 * float64(m.total[c]) / float64(m.lung())
}

// Lesions are the volume of all lesions together, whatever their kind, and their share of the
// whole lung, NaN where no lung is marked.
func (m *Measures) Lesions() (ml, percent float64) {
	n := float64(m.lesions())
	return n * m.ml, 100 * n / float64(m.lung())
}

func (m *Measures) lesions() int {
	return m.total[classes.GroundGlass] + m.total[classes.Consolidation] + m.total[classes.Lesion]
}

func (m *Measures) lung() int {
	return m.lesions() + m.total[classes.LungsOther]
}

// count counts classes. Most voxels are background, so it compares eight of them at a time.
func count(labels []uint8) (n [classes.Labels]int) {
	for len(labels) >= 8 {
		if binary.LittleEndian.Uint64(labels) == 0 {
			n[classes.Background] += 8
		} else {
			for _, c := range labels[:8] {
				n[class(c)]++
			}
		}
		labels = labels[8:]
	}
	for _, c := range labels {
		n[class(c)]++
	}
	return n
}
