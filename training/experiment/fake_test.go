package experiment

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"sync/atomic"

	"glasswork/dataset/classes"
	"glasswork/dataset/example"
	"glasswork/training/network"
)

// fakeLearner is a softmax regression on powers of a pixel's value: a network that learns
// to tell classes by their density, in milliseconds.
type fakeLearner struct {
	fakeState
	best   fakeState
	method network.Method
	nets   *fakeNetworks
}

type fakeState struct {
	Classes int
	W       [classes.Count][powers]float64
	ByBatch bool
}

const powers = 5

// fakeNetworks make fakeLearners and count what they do.
type fakeNetworks struct {
	made, loaded, steps atomic.Int64
	// onStep is called before each step; what it returns is the step's error.
	onStep func(step int64) error
	// ruin makes the losses of this architecture no numbers.
	ruin string
}

func features(v float32) (f [powers]float64) {
	p := 1.0
	for i := range f {
		f[i] = p
		p *= 2*float64(v) - 1
	}
	return f
}

func (l *fakeLearner) softmax(f [powers]float64) (p [classes.Count]float64) {
	sum := 0.0
	for c := range l.Classes {
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

func (l *fakeLearner) Step(ctx context.Context, b network.Batch, lr float64) (float64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if step := l.nets.steps.Add(1); l.nets.onStep != nil {
		if err := l.nets.onStep(step); err != nil {
			return 0, err
		}
	}
	var g [classes.Count][powers]float64
	loss, n := 0.0, float64(len(b.X))
	for i, v := range b.X {
		if int(b.Y[i]) >= l.Classes {
			return 0, errors.New("a class that the network does not know")
		}
		f := features(v)
		p := l.softmax(f)
		loss -= math.Log(max(p[b.Y[i]], 1e-12)) / n
		for c := range l.Classes {
			d := p[c]
			if c == int(b.Y[i]) {
				d--
			}
			for k, v := range f {
				g[c][k] += d * v / n
			}
		}
	}
	for c := range g {
		for k := range g[c] {
			l.W[c][k] -= 1000 * lr * g[c][k]
		}
	}
	if l.nets.ruin != "" {
		return math.NaN(), nil
	}
	return loss, nil
}

func (l *fakeLearner) Predict(ctx context.Context, x []float32, n, h, w int,
	probs []float32,
) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for i := range n {
		for k := range h * w {
			p := l.softmax(features(x[i*h*w+k]))
			for c := range l.Classes {
				probs[(i*l.Classes+c)*h*w+k] = float32(p[c])
			}
		}
	}
	return nil
}

func (l *fakeLearner) Configure(m network.Method) error { l.method = m; return nil }
func (l *fakeLearner) NormaliseByBatch(on bool) error   { l.ByBatch = on; return nil }
func (l *fakeLearner) Remember() error                  { l.best = l.fakeState; return nil }
func (l *fakeLearner) Recall() error                    { l.fakeState = l.best; return nil }
func (l *fakeLearner) Close() error                     { return nil }

// fakeFile is a fakeLearner's checkpoint.
type fakeFile struct {
	Info  network.Info
	State fakeState
}

func (l *fakeLearner) Save(path string, info network.Info) error {
	return writeJSON(path, fakeFile{info, l.fakeState})
}

func (l *fakeLearner) SaveOptimiser(path string) error { return writeJSON(path, l.best) }
func (l *fakeLearner) LoadOptimiser(path string) error { return readJSON(path, &l.best) }

func (n *fakeNetworks) New(spec network.Spec, _ uint64) (network.Learner, error) {
	n.made.Add(1)
	return &fakeLearner{fakeState: fakeState{Classes: spec.Classes}, nets: n}, nil
}

func (n *fakeNetworks) Load(path string) (network.Learner, network.Info, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, network.Info{}, err
	}
	return n.LoadBytes(path, b)
}

func (n *fakeNetworks) LoadBytes(_ string, b []byte) (network.Learner, network.Info, error) {
	n.loaded.Add(1)
	var f fakeFile
	err := json.Unmarshal(b, &f)
	return &fakeLearner{fakeState: f.State, nets: n}, f.Info, err
}

func (*fakeNetworks) Describe() (libtorch, device string, threads int) { return "none", "fake", 1 }

// bands is a labelled dataset of n pictures in which density alone tells the class; every
// four belong to one patient.
type bands int

var bandHU = [classes.Count]int16{100, -550, -150, -850}

const bandSide = 32

func (b bands) Len() int { return int(b) }

func (b bands) Key(i int) (patient, caseID string, z int) {
	name := string(rune('a' + i/4))
	return name, name, i % 4
}

func (b bands) At(_ context.Context, i int) (example.Example, error) {
	patient, name, z := b.Key(i)
	e := example.Example{
		Case: name, Patient: patient, Z: z, W: bandSide, H: bandSide,
		HU: make([]int16, bandSide*bandSide), Labels: make([]uint8, bandSide*bandSide),
		Known: classes.Known{true, true, true, true},
	}
	for k := range e.HU {
		class := uint8((k/bandSide*4/bandSide + k%bandSide*4/bandSide + i) % classes.Count)
		e.Labels[k] = class
		e.HU[k] = bandHU[class] + int16(k%17-8)
	}
	return e, nil
}
