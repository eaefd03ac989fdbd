package example

import (
	"context"
	"fmt"

	"glasswork/dataset/classes"
)

// Raw is a labelled slice with the numbers of its file, before they are turned into HU and
// classes. All arrays are [y,x].
type Raw struct {
	W, H   int
	Values []float32
	// Masks are one channel a class, usually 0 or 1; nil for a class without a channel.
	Masks [classes.Count][]float32
	Known classes.Known
}

// rawSet is implemented by datasets whose files hold more than an Example does.
type rawSet interface {
	raw(ctx context.Context, i int) (Raw, error)
}

// ReadRaw reads slice i of e as its file holds it. If the file holds no such numbers, values are
// HU and masks are made from the labels.
func ReadRaw(ctx context.Context, e Set, i int) (Raw, error) {
	if r, ok := e.(rawSet); ok {
		return r.raw(ctx, i)
	}
	x, err := e.At(ctx, i)
	if err != nil {
		return Raw{}, err
	}
	r := Raw{W: x.W, H: x.H, Known: x.Known, Values: make([]float32, len(x.HU))}
	for k, v := range x.HU {
		r.Values[k] = float32(v)
	}
	for c := range r.Masks {
		r.Masks[c] = make([]float32, len(x.Labels))
	}
	for k, c := range x.Labels {
		if c >= classes.Labels {
			return r, fmt.Errorf("slice %d of %s has the class %d", x.Z+1, x.Case, c)
		}
		if c == classes.Lesion { // as in the Kaggle arrays: both kinds
			r.Masks[classes.GroundGlass][k] = 1
			c = classes.Consolidation
		}
		r.Masks[c][k] = 1
	}
	return r, nil
}

// StudyArrays reports whether e holds the arrays of the reference study: 100 slices of MedSeg
// and 829 of Radiopaedia.
func StudyArrays(e Set) bool {
	k, ok := e.(*kaggleArrays)
	if !ok || len(k.stacks) != 2 || k.Len() != 929 {
		return false
	}
	return k.stacks[0].holds("medseg", 100) && k.stacks[1].holds("radiopedia", 829)
}

func (s kaggleStack) holds(name string, slices int) bool {
	n, _, _, _, err := s.images.Stack()
	return err == nil && s.name == name && n == slices
}

// raw keeps the image's own scale and the masks' channels.
func (k *kaggleArrays) raw(ctx context.Context, i int) (Raw, error) {
	if err := ctx.Err(); err != nil {
		return Raw{}, err
	}
	at := k.index[i]
	s := &k.stacks[at.stack]
	_, h, w, _, _ := s.images.Stack() // checked when opened
	r := Raw{W: w, H: h, Values: make([]float32, w*h), Known: classes.All()}
	numbers, err := s.images.Slice(at.z, nil)
	if err != nil {
		return r, fmt.Errorf("%s: %w", s.images.Name(), err)
	}
	for p, v := range numbers {
		r.Values[p] = float32(v)
	}
	if numbers, err = s.masks.Slice(at.z, nil); err != nil {
		return r, fmt.Errorf("%s: %w", s.masks.Name(), err)
	}
	for channel, class := range classes.KaggleChannels() {
		m := make([]float32, w*h)
		for p := range m {
			m[p] = float32(numbers[4*p+channel])
		}
		r.Masks[class] = m
	}
	return r, nil
}
