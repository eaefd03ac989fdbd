package training

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"

	"glasswork/dataset"
	"glasswork/dataset/volume"
)

// fakeLearner is a softmax regression on powers of one pixel's value: a network that
// really learns to tell classes by their density, in milliseconds.
type fakeLearner struct {
	W          [volume.NumClasses][fakeFeatures]float64
	remembered [volume.NumClasses][fakeFeatures]float64
	steps      int
	// lossAt, if set, replaces the loss of a step.
	lossAt func(step int, loss float64) float64
	onStep func()
	closed bool
}

const fakeFeatures = 6

func features(v float32) (f [fakeFeatures]float64) {
	x := 2*float64(v) - 1
	p := 1.0
	for i := range f {
		f[i] = p
		p *= x
	}
	return f
}

func (l *fakeLearner) softmax(f [fakeFeatures]float64) (p [volume.NumClasses]float64) {
	sum := 0.0
	for c := range p {
		for i, v := range f {
			p[c] += l.W[c][i] * v
		}
		p[c] = math.Exp(p[c])
		sum += p[c]
	}
	for c := range p {
		p[c] /= sum
	}
	return p
}

func (l *fakeLearner) Step(ctx context.Context, b Batch, lr float64) (float64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if l.onStep != nil {
		l.onStep()
	}
	var g [volume.NumClasses][fakeFeatures]float64
	loss := 0.0
	for i, v := range b.X {
		f := features(v)
		p := l.softmax(f)
		y := b.Y[i]
		loss -= math.Log(max(p[y], 1e-12))
		for c := range p {
			d := p[c]
			if c == int(y) {
				d--
			}
			for k, v := range f {
				g[c][k] += d * v
			}
		}
	}
	n := float64(len(b.X))
	for c := range g {
		for k := range g[c] {
			l.W[c][k] -= 1000 * lr * g[c][k] / n
		}
	}
	loss /= n
	if l.lossAt != nil {
		loss = l.lossAt(l.steps, loss)
	}
	l.steps++
	return loss, nil
}

func (l *fakeLearner) Predict(ctx context.Context, x []float32, n, h, w int, probs []float32) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	size := h * w
	for i := range n {
		for k := range size {
			for c, p := range l.softmax(features(x[i*size+k])) {
				probs[(i*volume.NumClasses+c)*size+k] = float32(p)
			}
		}
	}
	return nil
}

func (l *fakeLearner) Remember() error { l.remembered = l.W; return nil }
func (l *fakeLearner) Recall() error   { l.W = l.remembered; return nil }
func (l *fakeLearner) Close() error    { l.closed = true; return nil }

// fakeFile is a fakeLearner's checkpoint.
type fakeFile struct {
	Info ModelInfo
	W    [volume.NumClasses][fakeFeatures]float64
}

func (l *fakeLearner) Save(path string, info ModelInfo) error {
	b, err := json.Marshal(fakeFile{info, l.W})
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o644)
}

// fakeNetworks make fakeLearners.
type fakeNetworks struct {
	onStep func()
	lossAt func(step int, loss float64) float64
}

func (n fakeNetworks) New(Spec, uint64) (Learner, error) {
	return &fakeLearner{onStep: n.onStep, lossAt: n.lossAt}, nil
}

func (n fakeNetworks) Load(path string) (Learner, ModelInfo, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, ModelInfo{}, err
	}
	return n.LoadBytes(path, b)
}

func (n fakeNetworks) LoadBytes(name string, b []byte) (Learner, ModelInfo, error) {
	var f fakeFile
	if json.Unmarshal(b, &f) != nil {
		return nil, ModelInfo{}, errors.New("the model " + name + " is damaged; choose another")
	}
	return &fakeLearner{W: f.W, onStep: n.onStep, lossAt: n.lossAt}, f.Info, nil
}

func (fakeNetworks) Describe() (libtorch, device string, threads int) { return "none", "fake", 1 }

// fakeBaseline is a shipped checkpoint: untrained, so that everything is background.
func fakeBaseline() ([]byte, error) {
	return json.Marshal(fakeFile{Info: testInfo()})
}

func testInfo() ModelInfo {
	names := volume.ClassNames()
	return ModelInfo{
		Spec: Spec{Arch: "fake", Encoder: "fake", InChannels: 1, Classes: volume.NumClasses, Size: 64, Window: DefaultWindow},
		Name: "baseline-0", Classes: names[:],
	}
}

// bands is a labelled dataset of n pictures in which density alone tells the class.
type bands int

var bandHU = [volume.NumClasses]int16{100, -550, -150, -850}

func (b bands) Len() int { return int(b) }

func (b bands) Key(i int) (patient, caseID string, z int) {
	name := string(rune('a' + i%26))
	return name, name, i
}

func (b bands) At(_ context.Context, i int) (dataset.Example, error) {
	const side = 48
	patient, name, z := b.Key(i)
	e := dataset.Example{
		Case: name, Patient: patient, Z: z, W: side, H: side,
		HU: make([]int16, side*side), Labels: make([]uint8, side*side),
		Known: [volume.NumClasses]bool{true, true, true, true},
	}
	for k := range e.HU {
		class := uint8((k/side*4/side + k%side*4/side + i) % volume.NumClasses)
		e.Labels[k] = class
		e.HU[k] = bandHU[class] + int16(k%17-8)
	}
	return e, nil
}
