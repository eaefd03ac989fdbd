package session

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"glasswork/dataset/project"
	"glasswork/dataset/volume"
	"glasswork/viewer"
)

// Reading is the open study, the slice looked at and the voxel under the pointer.
type Reading struct {
	*hub
	// leave is called before the slice looked at is left.
	leave func()
	// closed is called before a study makes way for another, opened before the other is shown.
	closed, opened func(*study)
	// watch follows what others do to a study until ctx ends.
	watch func(ctx context.Context, st *study)

	open    *study // nil: none
	slice   int
	pointer pointer
}

// pointer is the voxel under the mouse.
type pointer struct {
	x, y int
	ok   bool
}

// begin makes st the open study and loads it.
func (r *Reading) begin(st *study) {
	if old := r.open; old != nil {
		r.leave()
		r.closed(old)
		r.messages.left(old)
		r.work.Go(old.close)
	}
	ctx := st.load(r.ctx, r.arrived(st))
	r.opened(st)
	r.open, r.slice, r.pointer = st, st.Slices/2, pointer{}
	st.loader.Want(r.slice)
	r.work.Go(func() { r.watch(ctx, st) })
	background(r.hub, ctx, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, st.store(ctx, r.project)
	}, func(_ struct{}, err error) {
		switch {
		case r.open != st || errors.Is(err, context.Canceled):
		case err != nil:
			r.messages.fail(st.Alias+" cannot be trained on", err)
		default:
			st.HasVoxels = true
			r.changed(TopicStrip | TopicStudy)
		}
	})
}

// arrived returns what the loader calls for every slice: it lets the window know, but
// never queues more than one call there.
func (r *Reading) arrived(st *study) func(z int, err error) {
	var came gathered[int]
	return func(z int, _ error) {
		if !came.add(z) {
			return
		}
		r.poster.post(func() {
			now := came.take()
			if r.open != st {
				return
			}
			if slices.Contains(now, r.slice) {
				r.changed(TopicSlice)
			}
			r.changed(TopicStrip)
		})
	}
}

// close ends the open study's loading and waits for it.
func (r *Reading) close() {
	if r.open != nil {
		r.open.close()
	}
}

// Grid is the open study's grid; ok is false if none is open.
func (r *Reading) Grid() (g volume.Geometry, ok bool) {
	if r.open == nil {
		return g, false
	}
	return r.open.Geometry, true
}

// Slice is the slice looked at, 0 the first.
func (r *Reading) Slice() int { return r.slice }

// Slices is how many the open study has, 0 without one.
func (r *Reading) Slices() int {
	if r.open == nil {
		return 0
	}
	return r.open.Slices
}

// GoTo looks at slice z, or the nearest there is. Its voxels are loaded next. A stroke in
// progress ends.
func (r *Reading) GoTo(z int) {
	if r.open == nil {
		return
	}
	z = min(max(z, 0), r.open.Slices-1)
	if z == r.slice {
		return
	}
	r.leave()
	r.slice = z
	r.open.loader.Want(z)
	r.changed(TopicSlice | TopicMeasures)
}

// Voxels returns slice z's HU, nil while it is not loaded, and its labels, both [y,x] and
// to be read before the next event only.
func (r *Reading) Voxels(z int) (hu []int16, labels []uint8) {
	if r.open == nil {
		return nil, nil
	}
	return r.open.voxels(z)
}

// Loaded is how many slices of the open study have been read, of how many.
func (r *Reading) Loaded() (done, all int) {
	if r.open == nil {
		return 0, 0
	}
	for z := range r.open.Slices {
		if r.open.loader.Loaded(z) {
			done++
		}
	}
	return done, r.open.Slices
}

// Study is the open study; ok is false if there is none.
func (r *Reading) Study() (study project.Study, ok bool) {
	if r.open == nil {
		return study, false
	}
	return r.open.Study, true
}

// StudyID is the ID of the open study, or empty.
func (r *Reading) StudyID() string {
	if r.open == nil {
		return ""
	}
	return r.open.ID
}

// Identity is who the patient is: shown only when the user asks for it, never logged.
func (r *Reading) Identity() (name, id string) {
	if r.open == nil {
		return "", ""
	}
	return r.open.series.PatientName, r.open.series.PatientID
}

// Title is the window's: it never says who the patient is.
func (r *Reading) Title() string {
	if r.open == nil {
		return "Glasswork"
	}
	return r.open.Alias + " – Glasswork"
}

// Captions are the texts over the picture's top corners: the series, and who proposed
// the labels of this slice.
func (r *Reading) Captions() (series, proposer string) {
	if r.open == nil {
		return "", ""
	}
	if past := r.open.past; past != nil {
		return r.open.caption(), savedText(past.Revision)
	}
	return r.open.caption(), proposerOf(r.open.labels.Slices[r.slice])
}

// caption is the series, how many slices it has and how thick they are.
func (st *study) caption() string {
	text := st.Description
	if text == "" {
		text = st.Alias
	}
	text += fmt.Sprintf("   %d", st.Slices)
	if mm := st.Geometry.Spacing()[0]; st.Measurable && mm > 0 {
		text += fmt.Sprintf(" × %s mm", viewer.Number(mm, 1))
	}
	return text
}

// proposerOf says where the labels of a slice come from; empty: nobody made any.
func proposerOf(state project.SliceState) string {
	switch {
	case state.Source != "":
		return "imported from " + state.Source
	case state.Model != "" && state.Touched:
		return "proposed by " + state.Model + ", corrected"
	case state.Model != "":
		return "proposed by " + state.Model
	case state.Touched:
		return "drawn by hand"
	}
	return ""
}

// Point tells which voxel of the slice is under the pointer; ok is false beside it.
func (r *Reading) Point(x, y int, ok bool) {
	if p := (pointer{x, y, ok}); p != r.pointer {
		r.pointer = p
		r.changed(TopicPointer)
	}
}

// Here says what is under the pointer, such as "HU −712   x 41.2 y −88.0 z −212.5 mm",
// or nothing.
func (r *Reading) Here() string {
	st, at := r.open, r.pointer
	if st == nil || !at.ok || at.x >= st.Geometry.Size[2] || at.y >= st.Geometry.Size[1] {
		return ""
	}
	text := ""
	if hu, _ := st.voxels(r.slice); hu != nil {
		unit := "HU "
		if !st.Calibrated {
			unit = "about HU "
		}
		text = unit + viewer.Number(float64(hu[at.y*st.Geometry.Size[2]+at.x]), 0)
	}
	if !st.Measurable {
		return text
	}
	p := st.Geometry.ToMM(float64(r.slice), float64(at.y), float64(at.x))
	return text + fmt.Sprintf("   x %s y %s z %s mm",
		viewer.Number(p[0], 1), viewer.Number(p[1], 1), viewer.Number(p[2], 1))
}

// Measurable reports whether mm and ml of the open study can be trusted.
func (r *Reading) Measurable() bool { return r.open != nil && r.open.Measurable }

// PositionText is where the slice lies, such as "slice 31 / 64   −212.5 mm". The scanner's own
// number stands beside ours where it is another one: "slice 31 / 64 (image 34)".
func (r *Reading) PositionText() string {
	st := r.open
	if st == nil {
		return ""
	}
	text := fmt.Sprintf("slice %d / %d", r.slice+1, st.Slices)
	if n := st.series.Numbers; r.slice < len(n) && n[r.slice] != r.slice+1 {
		text += fmt.Sprintf(" (image %d)", n[r.slice])
	}
	if !st.Measurable {
		return text
	}
	size := st.Geometry.Size
	mid := st.Geometry.ToMM(float64(r.slice), float64(size[1]-1)/2, float64(size[2]-1)/2)
	return text + "   " + viewer.Number(mid[2], 1) + " mm"
}
