package model

import (
	"context"
	"errors"
	"fmt"
	"math"

	"glasswork/model/internal/pytorch"
	"glasswork/model/internal/torch"
	"glasswork/training/network"
)

// scripted is a TorchScript module: a program with its weights, known only by its answers. It
// predicts and cannot be trained.
type scripted struct {
	spec      network.Spec
	worker    *worker
	device    torch.Device
	module    *torch.Module
	softmaxed bool // whether its answers are probabilities already
	closed    bool
}

var _ network.Learner = (*scripted)(nil)

// errScripted is the error of everything that a scripted network cannot do.
var errScripted = errors.New("a TorchScript module can predict only; to train it, save its " +
	"state_dict from PyTorch")

// trialSide is the side of the picture on which a module is tried.
const trialSide = 64

// loadScript loads a module and finds out its numbers of channels and classes.
func (n Networks) loadScript(name string, b []byte) (network.Learner, network.Info, error) {
	if err := pytorch.CheckScript(b); err != nil {
		return nil, network.Info{}, err
	}
	device, err := n.device()
	if err != nil {
		return nil, network.Info{}, err
	}
	s := &scripted{worker: startWorker(n.threads()), device: device}
	err = s.worker.do(func() (err error) {
		if s.module, err = torch.LoadModule(b, s.device); err != nil {
			return fmt.Errorf("libtorch cannot load the TorchScript module: %w", err)
		}
		return s.try(n.Channels)
	})
	if err != nil {
		_ = s.Close()
		return nil, network.Info{}, err
	}
	s.spec.Arch, s.spec.Size, s.spec.Window = "torchscript", network.DefaultSize,
		network.DefaultWindow
	return s, foreign(name, s.spec), nil
}

// try finds out how many channels the module takes, and what it answers to noise.
func (s *scripted) try(channels int) (err error) {
	candidates := []int{1, 3, 2, 4}
	if channels > 0 {
		candidates = []int{channels}
	}
	for _, c := range candidates {
		x := make([]float32, c*trialSide*trialSide)
		for i := range x {
			x[i] = float32(math.Mod(float64(i)*0.6180339887, 1))
		}
		scope := torch.NewScopeOn(s.device)
		y := s.module.Forward(scope, scope.FromFloats(x, 1, int64(c), trialSide, trialSide))
		err = s.learn(scope, c, y)
		scope.Close()
		if err == nil {
			return nil
		}
	}
	return fmt.Errorf("its TorchScript module does not answer to a picture of %d × %d: %w",
		trialSide, trialSide, err)
}

// learn takes the numbers of channels and classes from an answer.
func (s *scripted) learn(scope *torch.Scope, channels int, y *torch.Tensor) error {
	if err := scope.Err(); err != nil {
		return err
	}
	shape := y.Shape()
	if len(shape) != 4 || shape[0] != 1 || shape[1] < 1 || shape[1] > maxClasses ||
		shape[2] != trialSide || shape[3] != trialSide {
		return fmt.Errorf("it answers with the shape %v instead of [1 classes %d %d]", shape,
			trialSide, trialSide)
	}
	s.spec.InChannels, s.spec.Classes = channels, int(shape[1])
	values := make([]float32, s.spec.Classes*trialSide*trialSide)
	scope.CopyOut(values, y)
	s.softmaxed = s.spec.Classes > 1 && areProbabilities(values, s.spec.Classes)
	return scope.Err()
}

// areProbabilities says whether values [classes,pixels] are between 0 and 1 and add up to 1.
func areProbabilities(values []float32, classes int) bool {
	pixels := len(values) / classes
	for i := range pixels {
		sum := float32(0)
		for c := range classes {
			v := values[c*pixels+i]
			if v < 0 || v > 1 {
				return false
			}
			sum += v
		}
		if math.Abs(float64(sum)-1) > 1e-3 {
			return false
		}
	}
	return true
}

// Predict fills probs as network.Learner says.
func (s *scripted) Predict(ctx context.Context, x []float32, n, h, w int, probs []float32) error {
	return s.run(ctx, x, n, h, w, probs, !s.softmaxed)
}

// Logits fills logits [n,c,h,w] with what the module answers to x.
func (s *scripted) Logits(ctx context.Context, x []float32, n, h, w int, logits []float32) error {
	return s.run(ctx, x, n, h, w, logits, false)
}

func (s *scripted) run(ctx context.Context, x []float32, n, h, w int, out []float32,
	softmax bool,
) error {
	if s.closed {
		return errClosed
	}
	if n < 1 || len(x) != n*s.spec.InChannels*h*w || len(out) != n*s.spec.Classes*h*w {
		return fmt.Errorf("%d values are not %d images of %d × %d with %d channels", len(x), n, w,
			h, s.spec.InChannels)
	}
	return inBatches(ctx, n, max(1, maxPixels/(h*w)), func(from, to int) error {
		in, each := s.spec.InChannels*h*w, s.spec.Classes*h*w
		return s.worker.do(func() error {
			scope := torch.NewScopeOn(s.device)
			defer scope.Close()
			y := s.module.Forward(scope, scope.FromFloats(x[from*in:to*in], int64(to-from),
				int64(s.spec.InChannels), int64(h), int64(w)))
			if softmax {
				y = scope.Softmax(y, 1)
			}
			scope.CopyOut(out[from*each:to*each], y)
			return scope.Err()
		})
	})
}

// A module refuses everything but predicting.

// Configure refuses.
func (s *scripted) Configure(network.Method) error { return errScripted }

// Step refuses.
func (s *scripted) Step(context.Context, network.Batch, float64) (float64, error) {
	return 0, errScripted
}

// NormaliseByBatch refuses.
func (s *scripted) NormaliseByBatch(bool) error { return errScripted }

// Remember refuses.
func (s *scripted) Remember() error { return errScripted }

// Recall refuses.
func (s *scripted) Recall() error { return errScripted }

// Save refuses.
func (s *scripted) Save(string, network.Info) error { return errScripted }

// SaveOptimiser refuses.
func (s *scripted) SaveOptimiser(string) error { return errScripted }

// LoadOptimiser refuses.
func (s *scripted) LoadOptimiser(string) error { return errScripted }

// Close frees the module. Closing twice is harmless.
func (s *scripted) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	err := s.worker.do(func() error {
		s.module.Drop()
		return nil
	})
	s.worker.stop()
	return err
}
