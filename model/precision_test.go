package model

import (
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/cpu"

	"glasswork/dataset/classes"
	"glasswork/model/internal/torch"
	"glasswork/training/network"
)

// TestMixedPrecision holds that steps in mixed precision follow those in float32: the same
// first loss to the few digits that bfloat16 has, and learning that comes as far.
func TestMixedPrecision(t *testing.T) {
	if !mixes(t) {
		return
	}
	full, mixed := newLearner(t, 3), newLearner(t, 3)
	configure := func(l *Learner, precision string) {
		t.Helper()
		if err := l.Configure(network.Method{
			Optimiser: network.Optimiser{Kind: network.AdamW}, Precision: precision,
		}); err != nil {
			t.Fatal(err)
		}
	}
	configure(full, network.PrecisionFull)
	configure(mixed, network.PrecisionMixed)
	b := quarters(4, 5)
	var want, got float64
	for i := range 12 {
		want, got = step(t, full, b), step(t, mixed, b)
		if want == got {
			t.Fatalf("step %d: both have a loss of exactly %g; mixed precision is not in use", i,
				got)
		}
		if i == 0 && math.Abs(want-got) > 0.02*want {
			t.Fatalf("first loss %g in mixed precision, %g in full", got, want)
		}
	}
	if math.Abs(want-got) > 0.15*want {
		t.Errorf("loss after 12 steps: %g in mixed precision, %g in full", got, want)
	}
}

// TestEveryPartTrainsInMixedPrecision holds that libtorch has what all decoders and encoders
// need in 16 bits, forward and back.
func TestEveryPartTrainsInMixedPrecision(t *testing.T) {
	if !mixes(t) {
		return
	}
	var specs []network.Spec
	for _, arch := range sortedNames(architectures) {
		specs = append(specs, network.Spec{
			Arch: arch, Encoder: "resnet18", InChannels: 1, Classes: classes.Count, Size: small,
		})
	}
	for _, encoder := range sortedNames(encoders) {
		specs = append(specs, network.Spec{
			Arch: "unet", Encoder: encoder, InChannels: 1, Classes: classes.Count, Size: small,
		})
	}
	b := quarters(2, 5)
	for _, spec := range specs {
		t.Run(spec.Arch+" "+spec.Encoder, func(t *testing.T) {
			var losses [2]float64
			for i, precision := range []string{network.PrecisionFull, network.PrecisionMixed} {
				l, err := Networks{Threads: 1}.New(spec, 3)
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				method := network.Method{
					Optimiser: network.Optimiser{Kind: network.AdamW}, Precision: precision,
				}
				if err := l.Configure(method); err != nil {
					t.Fatal(err)
				}
				losses[i] = step(t, l.(*Learner), b)
			}
			if want, got := losses[0], losses[1]; want == got || math.Abs(want-got) > 0.05*want {
				t.Errorf("first loss %g in mixed precision, %g in full", got, want)
			}
		})
	}
}

// mixes says whether this process can compute in mixed precision. Where only the tests'
// own limit forbids it, the test runs elsewhere; without such a processor it is skipped.
func mixes(t *testing.T) bool {
	t.Helper()
	switch {
	case torch.NativeBFloat16():
		return true
	case (cpu.X86.HasAMXBF16 || cpu.X86.HasAVX512BF16) && os.Getenv("ONEDNN_MAX_CPU_ISA") == "AVX2":
		unlimited(t)
	default:
		t.Skip("this processor does not multiply bfloat16 by itself")
	}
	return false
}

// unlimited runs the test in a process of its own that may use all the processor has.
func unlimited(t *testing.T) {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	c.Env = append(os.Environ(), "ONEDNN_MAX_CPU_ISA=DEFAULT")
	output, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "--- PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, output)
	}
}

// TestMixedPrecisionRefused holds that a processor without the instructions is told apart.
func TestMixedPrecisionRefused(t *testing.T) {
	l := newLearner(t, 3)
	if l.net.device != torch.CPU || torch.NativeBFloat16() {
		t.Skip("mixed precision is possible here")
	}
	err := l.Configure(network.Method{Precision: network.PrecisionMixed})
	if err == nil || !strings.Contains(err.Error(), "no instructions for mixed precision") {
		t.Errorf("mixed precision: %v", err)
	}
}

// TestAutomaticPrecision holds that what nobody configured computes in full precision, and
// auto in mixed only where the processor is made for it.
func TestAutomaticPrecision(t *testing.T) {
	l := newLearner(t, 3)
	if l.mixed() {
		t.Error("a new learner computes in mixed precision")
	}
	if err := l.Configure(network.Method{
		Optimiser: network.Optimiser{Kind: network.AdamW}, Precision: network.PrecisionAuto,
	}); err != nil {
		t.Fatal(err)
	}
	if l.mixed() != (torch.NativeBFloat16() || l.net.device != torch.CPU) {
		t.Errorf("mixed precision: %v on device %s", l.mixed(), deviceName(l.net.device))
	}
}
