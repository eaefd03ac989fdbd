package project

import (
	"context"
	"fmt"
	"sync"

	"glasswork/dataset/example"
	"glasswork/dataset/volume"
)

// cacheBytes bounds the slices that Examples keeps unpacked: 3 bytes a voxel.
const cacheBytes = 768 << 20

// Examples returns the reviewed slices of the last saved revisions, of held-out patients or of
// all others. It is a snapshot: later revisions do not change it. Labels that are not saved yet
// are not included.
func (p *Project) Examples(ctx context.Context, holdout bool) (example.Set, error) {
	studies, err := p.Studies(ctx)
	if err != nil {
		return nil, err
	}
	x := &examples{p: p, limit: cacheBytes}
	for _, s := range studies {
		if s.Holdout != holdout || s.Revision == 0 {
			continue
		}
		r, err := p.lastRevision(ctx, s.ID)
		if err != nil {
			return nil, err
		}
		rs := &reviewedStudy{study: s, revision: r.Revision, at: map[int]int{}}
		for z, ok := range r.Reviewed {
			if ok {
				rs.at[z] = len(rs.zs)
				rs.zs = append(rs.zs, z)
				rs.states = append(rs.states, r.slices[z])
				x.items = append(x.items, item{rs, z})
			}
		}
		if len(rs.zs) > 0 && !s.HasVoxels {
			return nil, fmt.Errorf("study %s has reviewed slices but its voxels are not in the "+
				"project; open it once more and wait until it is loaded", s.Alias)
		}
	}
	return x, nil
}

// examples implements example.Set over stored voxels and labels.
type examples struct {
	p     *Project
	items []item
	limit int // bytes kept unpacked

	mu    sync.Mutex
	used  []*reviewedStudy // loaded ones, the last used one last
	bytes int
}

type item struct {
	study *reviewedStudy
	z     int
}

// reviewedStudy is one study and, while it is loaded, its reviewed slices.
type reviewedStudy struct {
	study    Study
	revision Revision
	zs       []int
	states   []SliceState // of zs
	at       map[int]int  // slice → index in zs

	loading sync.Mutex      // held while the slices are read, so that they are read once
	slices  *reviewedSlices // guarded by examples.mu
}

// reviewedSlices are the reviewed slices of one study, [i,y,x] in the order of zs.
type reviewedSlices struct {
	hu     []int16
	labels []uint8
}

func (x *examples) Len() int { return len(x.items) }

func (x *examples) Key(i int) (patient, caseID string, z int) {
	it := x.items[i]
	return it.study.study.PatientKey, it.study.study.Alias, it.z
}

// At returns reviewed slice i. Its arrays are shared: do not change them.
func (x *examples) At(ctx context.Context, i int) (example.Example, error) {
	if i < 0 || i >= len(x.items) {
		return example.Example{}, fmt.Errorf("example %d of %d does not exist", i, len(x.items))
	}
	rs, z := x.items[i].study, x.items[i].z
	all, err := x.load(ctx, rs)
	if err != nil {
		return example.Example{}, err
	}
	g := rs.study.Geometry
	n, spacing, at := g.SliceVoxels(), g.Spacing(), rs.at[z]
	e := example.Example{
		Case: rs.study.Alias, Patient: rs.study.PatientKey, Z: z, W: g.Size[2], H: g.Size[1],
		HU: all.hu[at*n : (at+1)*n : (at+1)*n], Labels: all.labels[at*n : (at+1)*n : (at+1)*n],
		Known:     rs.states[at].Known(all.labels[at*n : (at+1)*n]),
		Reference: fmt.Sprintf("%s revision %d", rs.study.Alias, rs.revision.Number),
	}
	if rs.study.Measurable {
		e.Spacing = [2]float64{spacing[1], spacing[2]}
	}
	return e, nil
}

// load returns the reviewed slices of a study, from memory if they are there.
func (x *examples) load(ctx context.Context, rs *reviewedStudy) (*reviewedSlices, error) {
	rs.loading.Lock()
	defer rs.loading.Unlock()
	if s := x.touch(rs); s != nil {
		return s, nil
	}
	v, err := x.p.Voxels(ctx, rs.study.ID)
	if err != nil {
		return nil, err
	}
	l := volume.NewLabelMap(rs.study.Geometry)
	if err := x.p.getLabels(ctx, rs.revision.LabelsSHA256, l); err != nil {
		return nil, fmt.Errorf("revision %d of study %s cannot be read: %w", rs.revision.Number,
			rs.study.Alias, err)
	}
	n := rs.study.Geometry.SliceVoxels()
	s := &reviewedSlices{hu: make([]int16, 0, n*len(rs.zs)), labels: make([]uint8, 0, n*len(rs.zs))}
	for _, z := range rs.zs {
		s.hu = append(s.hu, v.Slice(z)...)
		s.labels = append(s.labels, l.Slice(z)...)
	}
	x.keep(rs, s)
	return s, nil
}

// touch returns what is loaded of rs, or nil, and marks rs as used last.
func (x *examples) touch(rs *reviewedStudy) *reviewedSlices {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i, u := range x.used {
		if u == rs {
			x.used = append(append(x.used[:i:i], x.used[i+1:]...), rs)
		}
	}
	return rs.slices
}

// keep keeps s in memory and drops the slices used longest ago if they take too much.
func (x *examples) keep(rs *reviewedStudy, s *reviewedSlices) {
	x.mu.Lock()
	defer x.mu.Unlock()
	rs.slices = s
	x.used = append(x.used, rs)
	x.bytes += s.bytes()
	for x.bytes > x.limit && len(x.used) > 1 {
		x.bytes -= x.used[0].slices.bytes()
		x.used[0].slices = nil
		x.used = x.used[1:]
	}
}

func (s *reviewedSlices) bytes() int { return 2*len(s.hu) + len(s.labels) }
