package model

import (
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/sbinet/npyio"
	"golang.org/x/sys/cpu"

	"glasswork/dataset/classes"
	"glasswork/dataset/shared"
	"glasswork/training/network"
)

// TestMain holds oneDNN and OpenBLAS to AVX2, on which the reference was made: there all losses
// agree to 1e-5, while another order of summation alone moves those of the third Adam step
// by more than 1e-3. OpenBLAS reads its variable when it is loaded, so the tests start
// again with it. Benchmarks run on all the processor has.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.bench").Value.String() == "" && cpu.X86.HasAVX2 &&
		os.Getenv("OPENBLAS_CORETYPE") == "" {
		environment := append(os.Environ(), "OPENBLAS_CORETYPE=Haswell", "ONEDNN_MAX_CPU_ISA=AVX2")
		fmt.Fprintln(os.Stderr, syscall.Exec(os.Args[0], os.Args, environment))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

type referenceModel struct {
	Parameters map[string][]int64 `json:"parameters"`
	Trainable  int                `json:"trainable"`
	LogitsStd  float64            `json:"logits_std"`
	AdamLosses []float64          `json:"adam_losses"`
}

type referenceIndex struct {
	InputShape [4]int                    `json:"input_shape"`
	Models     map[string]referenceModel `json:"models"`
}

// referenceDir has outputs of segmentation_models.pytorch 0.2.1.
func referenceDir(t testing.TB) string { return shared.Path(t, "reference", "smp") }

func readReference(t *testing.T) referenceIndex {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(referenceDir(t), "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var index referenceIndex
	if err := json.Unmarshal(text, &index); err != nil {
		t.Fatal(err)
	}
	return index
}

// splitMix is the reference's stream of numbers in [0,1) for a name.
func splitMix(name string, n int) []float64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	seed := h.Sum64()
	u := make([]float64, n)
	for i := range u {
		z := seed + uint64(i+1)*0x9E3779B97F4A7C15
		z ^= z >> 30
		z *= 0xBF58476D1CE4E5B9
		z ^= z >> 27
		z *= 0x94D049BB133111EB
		z ^= z >> 31
		u[i] = float64(z>>11) / (1 << 53)
	}
	return u
}

// fillFromNames gives every parameter the values that the reference made from its name.
func fillFromNames(s *store) {
	for _, p := range s.params {
		values := p.in(s.values)
		for i, u := range splitMix(p.name, len(values)) {
			c := 2*u - 1
			var v float64
			switch {
			case strings.HasSuffix(p.name, "running_var"):
				v = 1 + 0.5*u
			case strings.HasSuffix(p.name, "running_mean"):
				v = 0.2 * c
			case len(p.shape) == 1 && strings.HasSuffix(p.name, "weight"):
				v = 1 + 0.2*c
			case len(p.shape) == 1:
				v = 0.1 * c
			default:
				v = c * math.Sqrt(6/float64(fanIn(p.shape)))
			}
			values[i] = float32(v)
		}
	}
}

// referenceBatch is the reference's input with its target.
func referenceBatch(shape [4]int) network.Batch {
	b := network.Batch{N: shape[0], H: shape[2], W: shape[3], Known: make([]classes.Known,
		shape[0])}
	for _, u := range splitMix("input", shape[0]*shape[1]*shape[2]*shape[3]) {
		b.X = append(b.X, float32(u))
	}
	for _, u := range splitMix("target", b.N*b.H*b.W) {
		b.Y = append(b.Y, uint8(4*u))
	}
	for i := range b.Known {
		b.Known[i] = classes.Known{true, true, true, true}
	}
	return b
}

func TestReferenceModels(t *testing.T) {
	index := readReference(t)
	tested := 0
	for name, want := range index.Models {
		arch, encoder, _ := strings.Cut(name, "-")
		tested++
		t.Run(name, func(t *testing.T) {
			spec := network.Spec{
				Arch: arch, Encoder: encoder, InChannels: index.InputShape[1], Classes: 4,
			}
			l, err := Networks{}.learner(spec)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			compareParameters(t, l.net.store, want)
			fillFromNames(l.net.store)
			b := referenceBatch(index.InputShape)
			compareLogits(t, l, b, name, want.LogitsStd)
			compareLosses(t, l, b, want.AdamLosses)
		})
	}
	if tested < 10 {
		t.Errorf("%d models were compared, want five architectures with two encoders", tested)
	}
}

func compareParameters(t *testing.T, s *store, want referenceModel) {
	t.Helper()
	trainable := 0
	got := map[string][]int64{}
	for _, p := range s.params {
		got[p.name] = p.shape
		if p.trainable {
			trainable += p.size()
		}
	}
	for name, shape := range want.Parameters {
		if !slices.Equal(got[name], shape) {
			t.Errorf("parameter %s has shape %v, want %v", name, got[name], shape)
		}
	}
	if len(got) != len(want.Parameters) || trainable != want.Trainable {
		t.Errorf("%d parameters with %d trainable values, want %d with %d", len(got), trainable,
			len(want.Parameters), want.Trainable)
	}
}

// compareLogits checks prediction, which folds batch norm, to 1e-4 of the logits' deviation.
func compareLogits(t *testing.T, l *Learner, b network.Batch, name string, deviation float64) {
	t.Helper()
	f, err := os.Open(filepath.Join(referenceDir(t), name+".logits.npy"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var want []float32
	if err := npyio.Read(f, &want); err != nil {
		t.Fatal(err)
	}
	got := make([]float32, len(want))
	if err := l.do(func() error { return l.run(b.X, b.N, b.H, b.W, got, false) }); err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for i := range want {
		worst = max(worst, math.Abs(float64(got[i]-want[i])))
	}
	if worst > 1e-4*deviation || math.IsNaN(worst) {
		t.Errorf("logits differ by %g, want at most %g", worst, 1e-4*deviation)
	}
}

func compareLosses(t *testing.T, l *Learner, b network.Batch, want []float64) {
	t.Helper()
	if err := l.Configure(network.Method{
		Loss: network.Loss{Kind: network.LossCE}, Optimiser: network.Optimiser{Kind: network.Adam},
	}); err != nil {
		t.Fatal(err)
	}
	for i, w := range want {
		got, err := l.Step(t.Context(), b, 1e-3)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got-w) > 1e-3*w {
			t.Errorf("loss of step %d is %.6f, want %.6f", i, got, w)
		}
	}
}
