package example

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"

	"glasswork/dataset/classes"
	"glasswork/dataset/phantom"
	"glasswork/dataset/volume"
)

const (
	slicesPerPhantom = 4
	phantomLevels    = 96 // slices a phantom could have; a few of them are used
)

// phantoms is a dataset of generated slices. A phantom's slices are made together when
// the first of them is asked for, and kept: 256 × 256 pixels take 200 kB.
type phantoms struct {
	patients []phantomPatient
	slices   []phantomSlice
}

type phantomPatient struct {
	seed    uint64
	size    int
	once    sync.Once
	grid    volume.Geometry
	members []*phantomSlice
}

type phantomSlice struct {
	patient *phantomPatient
	z       int
	hu      []int16
	labels  []uint8
}

// openPhantoms reads "N" or "N@seed".
func openPhantoms(spec string) (Set, error) {
	count, at, _ := strings.Cut(spec, "@")
	n, err := strconv.Atoi(count)
	if err != nil || n < 1 || n > 1_000_000 {
		return nil, fmt.Errorf("phantom:%s is not a dataset; write phantom:400 or phantom:400@7 "+
			"for 400 slices (from seed 7)", spec)
	}
	seed := uint64(1)
	if at != "" {
		if seed, err = strconv.ParseUint(at, 10, 32); err != nil {
			return nil, fmt.Errorf(
				"phantom:%s is not a dataset; the seed after @ is a whole number", spec,
			)
		}
	}
	return newPhantoms(n, seed), nil
}

// newPhantoms spreads n slices over about n/4 phantoms of two sizes, at random levels.
// Datasets of different seeds share no phantom.
func newPhantoms(n int, seed uint64) *phantoms {
	p := &phantoms{
		patients: make([]phantomPatient, (n+slicesPerPhantom-1)/slicesPerPhantom),
		slices:   make([]phantomSlice, n),
	}
	r := rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))
	for i := range p.patients {
		p.patients[i].seed = seed<<32 | uint64(i)
		p.patients[i].size = []int{256, 320}[r.IntN(2)]
	}
	for i := range p.slices {
		s, owner := &p.slices[i], &p.patients[i/slicesPerPhantom]
		s.patient, owner.members = owner, append(owner.members, s)
		// One slice from every quarter of the lungs, so that slices of one phantom differ.
		quarter := phantomLevels / slicesPerPhantom
		s.z = i%slicesPerPhantom*quarter + r.IntN(quarter)
	}
	return p
}

func (p *phantoms) Len() int { return len(p.slices) }

func (p *phantoms) Key(i int) (patient, caseID string, z int) {
	s := &p.slices[i]
	name := fmt.Sprintf("phantom-%d", s.patient.seed)
	return name, name, s.z
}

// At makes slice i, or returns it if it was made before.
func (p *phantoms) At(ctx context.Context, i int) (Example, error) {
	if err := ctx.Err(); err != nil {
		return Example{}, err
	}
	s := &p.slices[i]
	s.patient.once.Do(s.patient.generate)
	name, _, z := p.Key(i)
	g := s.patient.grid
	spacing := g.Spacing()
	return Example{
		Case: name, Patient: name, Z: z, W: g.Size[2], H: g.Size[1], HU: s.hu, Labels: s.labels,
		Known:   classes.All(),
		Spacing: [2]float64{spacing[1], spacing[2]}, Reference: "phantom",
	}, nil
}

// generate makes the phantom's slices; the generator, which takes megabytes, is not kept.
func (p *phantomPatient) generate() {
	g := phantom.New(phantom.Options{Seed: p.seed, Slices: phantomLevels, Size: p.size})
	p.grid = g.Geometry()
	for _, s := range p.members {
		s.hu, s.labels = make([]int16, p.grid.SliceVoxels()), make([]uint8, p.grid.SliceVoxels())
		g.Slice(s.z, s.hu, s.labels)
	}
}
