package model

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/classes"
	"glasswork/model/internal/torch"
	"glasswork/training/network"
)

// small is the input of most tests: large enough for five halvings, small enough to be quick.
const small = 32

var smallSpec = network.Spec{
	Arch: "unet", Encoder: "resnet18", InChannels: 1, Classes: classes.Count, Size: small,
}

var allKnown = classes.All()

func newLearner(t *testing.T, seed uint64) *Learner {
	t.Helper()
	l, err := Networks{Threads: 1}.New(smallSpec, seed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.(*Learner)
}

// quarters is a batch of noise with a brightness for each class, which fill its quarters.
func quarters(n int, seed uint64) network.Batch {
	rng := rand.New(rand.NewPCG(seed, 0))
	b := network.Batch{N: n, H: small, W: small}
	for range n {
		for y := range small {
			for x := range small {
				class := uint8(2*(2*y/small) + 2*x/small)
				b.X = append(b.X, float32(class)/4+rng.Float32()*0.1)
				b.Y = append(b.Y, class)
			}
		}
		b.Known = append(b.Known, allKnown)
	}
	return b
}

func step(t *testing.T, l *Learner, b network.Batch) float64 {
	t.Helper()
	loss, err := l.Step(t.Context(), b, 1e-3)
	if err != nil {
		t.Fatal(err)
	}
	return loss
}

func predict(t *testing.T, l network.Learner, b network.Batch) []float32 {
	t.Helper()
	probs := make([]float32, b.N*classes.Count*b.H*b.W)
	if err := l.Predict(t.Context(), b.X, b.N, b.H, b.W, probs); err != nil {
		t.Fatal(err)
	}
	return probs
}

func TestLearnerLearns(t *testing.T) {
	l := newLearner(t, 1)
	first := step(t, l, quarters(4, 0))
	last := 0.0
	for i := range 40 {
		last = step(t, l, quarters(4, uint64(i)))
	}
	if last > first/4 {
		t.Errorf("the loss went from %.3f to %.3f in 40 steps", first, last)
	}
	b := quarters(2, 1000)
	probs := predict(t, l, b)
	right := 0
	for i := range b.Y {
		n, at := i/(small*small), i%(small*small)
		best, class := float32(-1), uint8(0)
		sum := float32(0)
		for c := range uint8(classes.Count) {
			p := probs[(n*classes.Count+int(c))*small*small+at]
			sum += p
			if p > best {
				best, class = p, c
			}
		}
		if math.Abs(float64(sum-1)) > 1e-4 {
			t.Fatalf("the probabilities of pixel %d add up to %g", i, sum)
		}
		if class == b.Y[i] {
			right++
		}
	}
	if right < len(b.Y)*9/10 {
		t.Errorf("%d of %d pixels right after training", right, len(b.Y))
	}
}

func TestNewIsFixedBySeed(t *testing.T) {
	b := quarters(2, 0)
	one, same, other := predict(t, newLearner(t, 7), b), predict(t, newLearner(t, 7), b),
		predict(t, newLearner(t, 8), b)
	if !slices.Equal(one, same) {
		t.Error("the same seed gave another network")
	}
	if slices.Equal(one, other) {
		t.Error("another seed gave the same network")
	}
}

func TestSaveAndLoad(t *testing.T) {
	l := newLearner(t, 3)
	for i := range 5 {
		step(t, l, quarters(4, uint64(i)))
	}
	b := quarters(3, 9)
	want := predict(t, l, b)
	for _, half := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "m.safetensors")
		info := network.Info{
			Name: "m", Classes: []string{"a", "b", "c", "d"}, Half: half,
			Provenance: map[string]string{"seed": "3"},
		}
		if err := l.Save(path, info); err != nil {
			t.Fatal(err)
		}
		loaded, got, err := Networks{Threads: 1}.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		defer loaded.Close()
		if got.Spec != smallSpec || got.Name != "m" || got.Provenance["seed"] != "3" ||
			len(got.Classes) != 4 {
			t.Errorf("the header came back as %+v", got)
		}
		probs := predict(t, loaded, b)
		tolerance := map[bool]float64{false: 0, true: 0.02}[half]
		for i := range want {
			if math.Abs(float64(probs[i]-want[i])) > tolerance {
				t.Fatalf("half %v: probability %d is %g after loading, was %g", half, i, probs[i],
					want[i])
			}
		}
		if stat, err := os.Stat(path); err != nil || half && stat.Size() > 32_000_000 {
			t.Errorf("half precision takes %d bytes, want at most 32 MB (%v)", stat.Size(), err)
		}
	}
}

func TestRememberAndRecall(t *testing.T) {
	l := newLearner(t, 4)
	b := quarters(2, 0)
	step(t, l, b)
	if err := l.Recall(); err == nil {
		t.Error("weights that nobody remembered were recalled")
	}
	want := predict(t, l, b)
	if err := l.Remember(); err != nil {
		t.Fatal(err)
	}
	step(t, l, b)
	if slices.Equal(want, predict(t, l, b)) {
		t.Error("a step changed nothing")
	}
	if err := l.Recall(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(want, predict(t, l, b)) {
		t.Error("the recalled weights predict something else")
	}
}

func TestResumeIsBitForBit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "optimiser.safetensors")
	whole := newLearner(t, 6)
	for i := range 3 {
		step(t, whole, quarters(2, uint64(i)))
	}
	if err := whole.SaveOptimiser(path); err != nil {
		t.Fatal(err)
	}
	resumed := newLearner(t, 999)
	if err := resumed.LoadOptimiser(path); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		b := quarters(2, uint64(10+i))
		if want, got := step(t, whole, b), step(t, resumed, b); got != want {
			t.Errorf("step %d after resuming has loss %v, uninterrupted %v", i, got, want)
		}
	}
	if !slices.Equal(whole.net.values, resumed.net.values) {
		t.Error("the weights differ after resuming")
	}
}

func TestMemoryIsFlat(t *testing.T) {
	l := newLearner(t, 7)
	b := quarters(2, 0)
	warm := func(n int) {
		for i := range n {
			step(t, l, b)
			if i%10 == 0 {
				predict(t, l, b)
			}
		}
	}
	warm(20)
	tensors, before := torch.Live(), resident(t)
	warm(200)
	if got := torch.Live(); got != tensors {
		t.Errorf("%d tensors live after 200 steps, %d before", got, tensors)
	}
	if grown := resident(t) - before; grown > 32<<20 {
		t.Errorf("200 steps took %d MB more memory", grown>>20)
	}
}

// A prediction normalised by its batch is that of the whole batch and changes no running mean.
func TestNormaliseByBatch(t *testing.T) {
	l := newLearner(t, 21)
	step(t, l, quarters(4, 0))
	before := slices.Clone(l.net.values)
	byMeans := predict(t, l, quarters(3, 1))
	if err := l.NormaliseByBatch(true); err != nil {
		t.Fatal(err)
	}
	byBatch := predict(t, l, quarters(3, 1))
	if slices.Equal(byBatch, byMeans) {
		t.Error("the batch made no difference")
	}
	if !slices.Equal(l.net.values, before) {
		t.Error("predicting changed the weights or running means")
	}
	alone := predict(t, l, network.Batch{
		N: 2, H: small, W: small, X: quarters(3, 1).X[:2*small*small],
	})
	if slices.Equal(alone, byBatch[:len(alone)]) {
		t.Error("two of three slices are normalised as all three are")
	}
	if !slices.Equal(predict(t, l, quarters(3, 1)), byBatch) {
		t.Error("the same batch is predicted otherwise the second time")
	}
}

// Computing as in training includes dropout, which follows the method's seed.
func TestNormaliseByBatchDropsOut(t *testing.T) {
	spec := smallSpec
	spec.Arch = "deeplabv3plus"
	made, err := Networks{Threads: 1}.New(spec, 3)
	if err != nil {
		t.Fatal(err)
	}
	l := made.(*Learner)
	defer l.Close()
	with := func(seed uint64) []float32 {
		if err := l.Configure(network.Method{Seed: seed}); err != nil {
			t.Fatal(err)
		}
		return predict(t, l, quarters(3, 1))
	}
	if !slices.Equal(with(1), with(2)) {
		t.Error("a prediction by running means dropped values out")
	}
	if err := l.NormaliseByBatch(true); err != nil {
		t.Fatal(err)
	}
	if first := with(1); slices.Equal(first, with(2)) || !slices.Equal(first, with(1)) {
		t.Error("a prediction as in training does not drop out as its seed says")
	}
}

func TestCloseFreesEverything(t *testing.T) {
	before := torch.Live()
	l := newLearner(t, 8)
	step(t, l, quarters(2, 0))
	predict(t, l, quarters(2, 0))
	for range 2 {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got := torch.Live(); got != before {
		t.Errorf("%d tensors live after Close, %d before New", got, before)
	}
	if _, err := l.Step(t.Context(), quarters(2, 0), 1e-3); !errors.Is(err, errClosed) {
		t.Errorf("a step after Close: %v", err)
	}
}

func TestStepLeavesWeightsAloneIfLossIsNotFinite(t *testing.T) {
	l := newLearner(t, 9)
	b := quarters(2, 0)
	b.X[5] = float32(math.NaN())
	trained := append([]float32(nil), l.net.values[:l.net.trainable]...)
	if loss := step(t, l, b); !math.IsNaN(loss) {
		t.Fatalf("the loss of NaN is %g", loss)
	}
	if !slices.Equal(trained, l.net.values[:l.net.trainable]) {
		t.Error("the weights changed")
	}
}

func TestWrongInput(t *testing.T) {
	l := newLearner(t, 10)
	tests := []struct {
		name   string
		change func(b *network.Batch)
		want   string
	}{
		{"side", func(b *network.Batch) { b.H = 31 }, "multiples of 32"},
		{"pixels", func(b *network.Batch) { b.X = b.X[1:] }, "values are not"},
		{"reference", func(b *network.Batch) { b.Y = b.Y[1:] }, "reference pixels"},
		{"known", func(b *network.Batch) { b.Known = nil }, "known classes"},
		{"class", func(b *network.Batch) { b.Y[3] = 5 }, "class 5"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := quarters(2, 0)
			tt.change(&b)
			if _, err := l.Step(t.Context(), b, 1e-3); err == nil ||
				!strings.Contains(err.Error(), tt.want) {
				t.Errorf("Step: %v, want an error with %q", err, tt.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Step(ctx, quarters(2, 0), 1e-3); !errors.Is(err, context.Canceled) {
		t.Errorf("Step after cancelling: %v", err)
	}
}

func TestUnknownNetworks(t *testing.T) {
	for _, spec := range []network.Spec{
		{Arch: "unet", Encoder: "vgg", InChannels: 1, Classes: 4},
		{Arch: "fcn", Encoder: "resnet18", InChannels: 1, Classes: 4},
		{Arch: "unet", Encoder: "resnet18", InChannels: 0, Classes: 4},
		{Arch: "unet", Encoder: "resnet18", InChannels: 1, Classes: 0},
	} {
		if _, err := (Networks{}).New(spec, 1); err == nil {
			t.Errorf("%+v was built", spec)
		}
	}
}

// resident is the process's resident memory in bytes.
func resident(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("no /proc here:", err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb := 0
			for _, c := range strings.TrimSpace(rest) {
				if c < '0' || c > '9' {
					break
				}
				kb = kb*10 + int(c-'0')
			}
			return kb << 10
		}
	}
	t.Skip("/proc/self/status does not say VmRSS")
	return 0
}
