package model

import (
	"fmt"

	"glasswork/dataset/classes"
	"glasswork/training/network"
)

// excluded is added to log-probabilities that a sum must not count.
const excluded = -1e4

// target is a batch's reference as the loss wants it. Dice is taken over columns: the network's
// classes and, if some sample needs them, lesion as a whole and the whole lung.
type target struct {
	labels  []uint8 // [n,h,w]; what is unknown or ignored is background
	classes int     // of the network
	columns int     // classes, or two more
	joint   []joint
	weights []float32 // [n,columns]: 1 if the sample's Dice of the column counts
	groups  int       // Dice is taken over the whole batch, 1, or over each of its n samples
	pixels  []float32 // [groups,columns]: reference pixels of the samples that count
	share   []float32 // [groups,columns]: weight of the column in the mean of Dice, 0 if absent
	dice    bool      // whether any column has a share
	valid   []float32 // [n,h,w]: 0 for ignored pixels, else 1; nil if none is ignored
	// [n,h,w]: weight of the pixel in the mean, divided by the sum; nil if all are equal
	count []float32
}

// joint is a label that can be several classes. mask, [n,classes], is 0 for the classes that
// it can be in a sample, and excluded for the others.
type joint struct {
	label uint8
	mask  []float32
}

// sample is what is known of one sample.
type sample struct {
	known  classes.Known
	four   bool  // the network's classes are those of label maps
	pixels []int // by label
}

// newTarget checks b and prepares its reference for a network with so many classes and this
// loss.
func newTarget(b network.Batch, classes int, loss network.Loss) (*target, error) {
	size := b.H * b.W
	if len(b.Y) != b.N*size || len(b.Known) != b.N {
		return nil, fmt.Errorf("a batch of %d samples has %d reference pixels and %d lists of "+
			"known classes", b.N, len(b.Y), len(b.Known))
	}
	t := &target{labels: make([]uint8, len(b.Y)), classes: classes, columns: classes, groups: 1}
	if loss.Kind == network.LossCases {
		t.groups = b.N
	}
	samples := make([]sample, b.N)
	for n := range samples {
		var err error
		if samples[n], err = t.sample(n, b.Y[n*size:(n+1)*size], b.Known[n]); err != nil {
			return nil, err
		}
		if samples[n].lesion() || samples[n].wholeLung() {
			t.columns = classes + 2
		}
	}
	t.join(samples)
	t.countColumns(samples)
	t.shareOut(loss.Weights)
	t.countPixels(loss.Weights)
	return t, nil
}

// sample takes over the reference of sample n, [h,w].
func (t *target) sample(n int, reference []uint8, known classes.Known) (sample, error) {
	s := sample{
		known: known, four: t.classes == classes.Count,
		pixels: make([]int, max(t.classes, classes.Labels)),
	}
	for i, c := range reference {
		switch {
		case c == classes.Ignored:
			t.ignore(n*len(reference) + i)
		case int(c) >= t.classes && !(s.four && c == classes.Lesion):
			return s, fmt.Errorf("the reference has class %d, the network knows %d classes", c,
				t.classes)
		default:
			c = s.label(c)
			t.labels[n*len(reference)+i] = c
			s.pixels[c]++
		}
	}
	return s, nil
}

// label is a label as far as it is known: a kind that was not annotated is a lesion if all
// lesions were marked; any other class that was not annotated is background.
func (s sample) label(c uint8) uint8 {
	switch {
	case int(c) >= classes.Count, s.known[c]:
		return c
	case s.four && classes.IsLesion(c) && s.known.Whole():
		return classes.Lesion
	}
	return classes.Background
}

// may returns how many of the network's classes a pixel with the label can be, and which.
func (s sample) may(label uint8, count int) (n int, may []bool) {
	may = make([]bool, count)
	if s.four {
		allowed := s.known.May(label)
		copy(may, allowed[:])
	} else {
		may[label] = true
		for c := 1; c < min(count, classes.Count) && label == classes.Background; c++ {
			may[c] = !s.known[c]
		}
	}
	for _, ok := range may {
		if ok {
			n++
		}
	}
	return n, may
}

// lesion and wholeLung say whether Dice of these counts in the sample. They stand for classes
// of which it is not known where they are.
func (s sample) lesion() bool {
	return s.four && s.known.Whole() && (!s.known.Kinds() || s.pixels[classes.Lesion] > 0)
}

func (s sample) wholeLung() bool { return s.four && s.known.LungAlone() }

// class says whether Dice of a class counts in the sample: it is known where the class is, and
// where it is not.
func (s sample) class(c int) bool {
	switch {
	case c == int(classes.Background):
		return false
	case !s.four:
		return c >= classes.Count || s.known[c]
	case c == int(classes.LungsOther):
		return s.known[c] && s.known.Whole()
	}
	return s.known[c] && s.pixels[classes.Lesion] == 0
}

// join collects the labels that can be several classes in some sample.
func (t *target) join(samples []sample) {
	for label := range max(t.classes, classes.Labels) {
		several := false
		mask := make([]float32, 0, len(samples)*t.classes)
		for _, s := range samples {
			if label >= t.classes && !s.four {
				return
			}
			n, may := s.may(uint8(label), t.classes)
			several = several || n > 1 && s.pixels[label] > 0
			for _, ok := range may {
				if ok {
					mask = append(mask, 0)
				} else {
					mask = append(mask, excluded)
				}
			}
		}
		if several {
			t.joint = append(t.joint, joint{uint8(label), mask})
		}
	}
}

// countColumns fills weights and pixels.
func (t *target) countColumns(samples []sample) {
	t.weights = make([]float32, len(samples)*t.columns)
	t.pixels = make([]float32, t.groups*t.columns)
	for n, s := range samples {
		weights := t.weights[n*t.columns:][:t.columns]
		pixels := t.pixels[n%t.groups*t.columns:][:t.columns]
		add := func(column, n int) {
			weights[column] = 1
			pixels[column] += float32(n)
		}
		for c := range t.classes {
			if s.class(c) {
				add(c, s.pixels[c])
			}
		}
		if s.lesion() {
			add(t.classes, s.pixels[classes.Lesion]+s.pixels[classes.GroundGlass]+
				s.pixels[classes.Consolidation])
		}
		if s.wholeLung() {
			add(t.classes+1, s.pixels[classes.LungsOther])
		}
	}
}

// ignore leaves a pixel out.
func (t *target) ignore(pixel int) {
	if t.valid == nil {
		t.valid = make([]float32, len(t.labels))
		for i := range t.valid {
			t.valid[i] = 1
		}
	}
	t.valid[pixel] = 0
}

// countPixels gives every pixel its share of the mean.
func (t *target) countPixels(weights []float64) {
	if weights == nil && t.valid == nil {
		return
	}
	t.count = make([]float32, len(t.labels))
	sum := 0.0
	for i, c := range t.labels {
		w := t.weight(weights, int(c))
		if t.valid != nil {
			w *= float64(t.valid[i])
		}
		t.count[i] = float32(w)
		sum += w
	}
	for i := range t.count {
		t.count[i] /= float32(max(sum, 1e-12))
	}
}

// weight is that of a label or a column: lesion as a whole counts as its kinds do on average,
// the whole lung as lungs other.
func (t *target) weight(weights []float64, column int) float64 {
	switch {
	case weights == nil:
		return 1
	case column < t.classes:
		return weights[column]
	case column == t.classes:
		return (weights[classes.GroundGlass] + weights[classes.Consolidation]) / 2
	}
	return weights[classes.LungsOther]
}

// shareOut lets every column that is present count the same in the mean, or as the weights
// say, and every sample that shows it the same in the column's mean.
func (t *target) shareOut(weights []float64) {
	t.share = make([]float32, t.groups*t.columns)
	total := 0.0
	for c := range t.columns {
		showing := 0
		for g := range t.groups {
			if t.pixels[g*t.columns+c] > 0 {
				showing++
			}
		}
		if showing == 0 {
			continue
		}
		weight := t.weight(weights, c)
		total += weight
		for g := range t.groups {
			if t.pixels[g*t.columns+c] > 0 {
				t.share[g*t.columns+c] = float32(weight / float64(showing))
			}
		}
	}
	t.dice = total > 0
	for i := range t.share {
		if t.dice {
			t.share[i] /= float32(total)
		}
	}
}
