package torch

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"

	"glasswork/training/network"
)

func newScope(t *testing.T) *Scope {
	t.Helper()
	runtime.LockOSThread()
	before := Live()
	s := NewScope()
	t.Cleanup(func() {
		s.Close()
		if got := Live(); got != before {
			t.Errorf("%d tensors live after Close, %d before", got, before)
		}
	})
	return s
}

func floats(t *testing.T, s *Scope, x *Tensor, n int) []float32 {
	t.Helper()
	values := make([]float32, n)
	s.CopyOut(values, x)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}

func TestFirstErrorStays(t *testing.T) {
	s := newScope(t)
	x := s.FromFloats([]float32{1, 2, 3, 4}, 2, 2)
	y := s.View(x, 5) // 4 values are not 5
	if y != nil || s.Err() == nil {
		t.Fatalf("an impossible view gave %v, %v", y, s.Err())
	}
	first := s.Err()
	if s.Exp(x) != nil || !errors.Is(s.Err(), first) {
		t.Error("an operation ran after an error")
	}
	if text := first.Error(); !strings.HasPrefix(text, "view: libtorch: ") ||
		strings.Contains(text, "\n") {
		t.Errorf("the error is %q, want one line that names the operation", text)
	}
}

func TestErrorsOfTheCaller(t *testing.T) {
	for name, f := range map[string]func(s *Scope){
		"wrong number of values": func(s *Scope) { s.FromFloats([]float32{1, 2}, 3) },
		"no values":              func(s *Scope) { s.FromFloats(nil, 0) },
		"nil operand":            func(s *Scope) { s.Exp(nil) },
		"dropped operand": func(s *Scope) {
			x := s.Zeros(2)
			s.Drop(x)
			s.Exp(x)
		},
		"copy of another size": func(s *Scope) { s.CopyOut(make([]float32, 3), s.Zeros(2)) },
		"copy of bytes": func(s *Scope) {
			s.CopyOut(make([]float32, 2), s.FromBytes([]uint8{1, 2}, 2))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScope(t)
			if f(s); s.Err() == nil {
				t.Error("there was no error")
			}
		})
	}
}

func TestNotEnoughMemory(t *testing.T) {
	s := newScope(t)
	s.Zeros(1 << 44)
	if !errors.Is(s.Err(), network.ErrMemory) {
		t.Errorf("64 TB gave %v, want network.ErrMemory", s.Err())
	}
}

func TestDropTwice(t *testing.T) {
	s := newScope(t)
	x := s.Zeros(3)
	s.Drop(x, x, nil)
	x.Drop()
}

func TestKeepOutlivesTheScope(t *testing.T) {
	s := newScope(t)
	x := s.Keep(s.FromFloats([]float32{3, 4}, 2))
	s.Close()
	if values, err := x.Floats(); err != nil || !slices.Equal(values, []float32{3, 4}) {
		t.Errorf("the kept tensor holds %v, %v", values, err)
	}
	x.Drop()
	if _, err := x.Floats(); err == nil {
		t.Error("a dropped tensor could be read")
	}
}

func TestPermutedTensorsAreCopiedRowMajor(t *testing.T) {
	s := newScope(t)
	x := s.Transpose(s.FromFloats([]float32{1, 2, 3, 4, 5, 6}, 2, 3), 0, 1)
	if _, err := x.Floats(); err == nil {
		t.Error("a tensor that is not row-major was read as if it were")
	}
	if got, want := floats(t, s, x, 6), []float32{1, 4, 2, 5, 3, 6}; !slices.Equal(got, want) {
		t.Errorf("the transpose is %v, want %v", got, want)
	}
}

// TestGradients differentiates Σ (x·y)² by two leaves.
func TestGradients(t *testing.T) {
	s := newScope(t)
	x := s.Leaf(s.FromFloats([]float32{1, 2, 3}, 3), true)
	y := s.Leaf(s.FromFloats([]float32{4, 5, 6}, 3), true)
	product := s.Mul(x, y)
	g := s.Gradients(s.Sum(s.Mul(product, product)), []*Tensor{x, y})
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]float32{{32, 100, 216}, {8, 40, 108}} { // 2xy², 2x²y
		if got := floats(t, s, g[i], 3); !slices.Equal(got, want) {
			t.Errorf("gradient %d is %v, want %v", i, got, want)
		}
	}
}

func TestThreads(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	SetThreads(2)
	if got := Threads(); got != 2 {
		t.Errorf("%d threads after asking for 2", got)
	}
	if v := Version(); strings.Count(v, ".") < 2 {
		t.Errorf("libtorch's version is %q", v)
	}
}
