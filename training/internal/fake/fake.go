// Package fake stands in for networks and labelled datasets where training is tested.
package fake

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"

	"glasswork/dataset/atomicfile"
	"glasswork/dataset/classes"
	"glasswork/dataset/example"
	"glasswork/training/network"
)

// Learner is a softmax regression on powers of one pixel's value: a network that
// really learns to tell classes by their density, in milliseconds.
type Learner struct {
	W          [classes.Count][powers]float64
	Remembered [classes.Count][powers]float64
	Steps      int
	// LossAt, if set, replaces the loss of a step; OnStep is called before each.
	LossAt func(step int, loss float64) float64
	OnStep func()
	Closed bool
}

const powers = 6

func features(v float32) (f [powers]float64) {
	x := 2*float64(v) - 1
	p := 1.0
	for i := range f {
		f[i] = p
		p *= x
	}
	return f
}

func (l *Learner) softmax(f [powers]float64) (p [classes.Count]float64) {
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

func (l *Learner) Step(ctx context.Context, b network.Batch, lr float64) (float64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if l.OnStep != nil {
		l.OnStep()
	}
	var g [classes.Count][powers]float64
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
	if l.LossAt != nil {
		loss = l.LossAt(l.Steps, loss)
	}
	l.Steps++
	return loss, nil
}

func (l *Learner) Predict(ctx context.Context, x []float32, n, h, w int, probs []float32) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	size := h * w
	for i := range n {
		for k := range size {
			for c, p := range l.softmax(features(x[i*size+k])) {
				probs[(i*classes.Count+c)*size+k] = float32(p)
			}
		}
	}
	return nil
}

// Configure keeps nothing: there is one way to train.
func (l *Learner) Configure(network.Method) error { return nil }

// NormaliseByBatch changes nothing: nothing is normalised.
func (l *Learner) NormaliseByBatch(bool) error { return nil }

func (l *Learner) Remember() error { l.Remembered = l.W; return nil }
func (l *Learner) Recall() error   { l.W = l.Remembered; return nil }
func (l *Learner) Close() error    { l.Closed = true; return nil }

// file is a Learner's checkpoint.
type file struct {
	Info network.Info
	W    [classes.Count][powers]float64
}

func (l *Learner) Save(path string, info network.Info) error {
	return write(path, file{info, l.W})
}

// SaveOptimiser writes what Remember keeps.
func (l *Learner) SaveOptimiser(path string) error { return write(path, l.Remembered) }

// LoadOptimiser reads what SaveOptimiser wrote.
func (l *Learner) LoadOptimiser(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, &l.Remembered)
}

func write(path string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// Factory makes Learners.
type Factory struct {
	OnStep func()
	LossAt func(step int, loss float64) float64
}

func (n Factory) New(network.Spec, uint64) (network.Learner, error) {
	return &Learner{OnStep: n.OnStep, LossAt: n.LossAt}, nil
}

func (n Factory) Load(path string) (network.Learner, network.Info, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, network.Info{}, err
	}
	return n.LoadBytes(path, b)
}

func (n Factory) LoadBytes(name string, b []byte) (network.Learner, network.Info, error) {
	var f file
	if json.Unmarshal(b, &f) != nil {
		return nil, network.Info{}, errors.New("the model " + name + " is damaged; choose another")
	}
	return &Learner{W: f.W, OnStep: n.OnStep, LossAt: n.LossAt}, f.Info, nil
}

func (Factory) Describe() (libtorch, device string, threads int) { return "none", "fake", 1 }

// Baseline is a shipped checkpoint: untrained, so that everything is background.
func Baseline() ([]byte, error) {
	return json.Marshal(file{Info: Info()})
}

// Info describes a Learner.
func Info() network.Info {
	names := classes.Names()
	return network.Info{
		Spec: network.Spec{
			Arch: "fake", Encoder: "fake", InChannels: 1, Classes: classes.Count, Size: 64,
			Window: network.DefaultWindow,
		},
		Name: "baseline-0", Classes: names[:],
	}
}

// Bands is a labelled dataset of n pictures in which density alone tells the class.
type Bands int

// BandHU is the density of each class in Bands.
var BandHU = [classes.Count]int16{100, -550, -150, -850}

func (b Bands) Len() int { return int(b) }

func (b Bands) Key(i int) (patient, caseID string, z int) {
	name := string(rune('a' + i%26))
	return name, name, i
}

func (b Bands) At(_ context.Context, i int) (example.Example, error) {
	const side = 48
	patient, name, z := b.Key(i)
	e := example.Example{
		Case: name, Patient: patient, Z: z, W: side, H: side,
		HU: make([]int16, side*side), Labels: make([]uint8, side*side),
		Known: classes.All(),
	}
	for k := range e.HU {
		class := uint8((k/side*4/side + k%side*4/side + i) % classes.Count)
		e.Labels[k] = class
		e.HU[k] = BandHU[class] + int16(k%17-8)
	}
	return e, nil
}

// Always is a checkpoint that calls everything one class.
func Always(class classes.Class) func() ([]byte, error) {
	return func() ([]byte, error) {
		f := file{Info: Info()}
		f.W[class][0] = 10 // the first feature is 1 whatever the pixel
		return json.Marshal(f)
	}
}
