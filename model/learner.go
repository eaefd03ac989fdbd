package model

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"glasswork/model/internal/torch"
	"glasswork/training/network"
)

// Learner is one network that trains and predicts. One goroutine owns it.
type Learner struct {
	spec    network.Spec
	worker  *worker
	threads int
	net     *net

	method     network.Method
	optimiser  *optimiser
	remembered []float32
	byBatch    bool     // whether Predict normalises by its batch
	folded     []folded // of the weights as they are; nil after they changed
	closed     bool

	limit int       // samples that go through the network at once, once memory ran out; else 0
	scale lossScale // of mixed precision
}

var _ network.Learner = (*Learner)(nil)

// maxPixels bounds how many pixels go through the network at once in Predict, which
// bounds its memory: two slices of 512 × 512, which are as fast as four.
const maxPixels = 2 * 512 * 512

// Step makes one step of the optimiser on the loss that Configure named and returns the
// loss before it. If the loss is not finite the weights stay as they were.
func (l *Learner) Step(ctx context.Context, b network.Batch, lr float64) (loss float64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := l.net.checkInput(len(b.X), b.N, b.H, b.W); err != nil {
		return 0, err
	}
	err = l.do(func() error {
		loss, err = l.update(b, lr)
		return err
	})
	return loss, err
}

// update makes a step, in as many parts as memory asks for. It runs on the worker's thread.
func (l *Learner) update(b network.Batch, lr float64) (loss float64, err error) {
	l.forgetFolded()
	err = untilItFits(b.N, &l.limit, func(part int) error {
		loss, err = l.attempt(b, part, lr)
		return err
	})
	return loss, err
}

// attempt makes a step on part samples at a time. Each sample's gradients count the same;
// batch norm sees the samples of a part.
func (l *Learner) attempt(b network.Batch, part int, lr float64) (float64, error) {
	scope := torch.NewScopeOn(l.net.device)
	defer scope.Close()
	if part == b.N {
		loss, gradients, err := l.differentiate(scope, b)
		if err == nil && gradients != nil {
			l.apply(gradients, lr)
		}
		return loss, err
	}
	loss, sum := 0.0, [][]float32(nil)
	for from := 0; from < b.N; from += part {
		piece := samplesOf(b, from, min(from+part, b.N))
		inner := torch.NewScopeOn(l.net.device)
		value, gradients, err := l.differentiate(inner, piece)
		share := float64(piece.N) / float64(b.N)
		if err == nil && gradients != nil {
			sum = addShare(sum, gradients, float32(share))
		}
		inner.Close()
		if err != nil || gradients == nil {
			return value, err
		}
		loss += share * value
	}
	l.apply(sum, lr)
	return loss, nil
}

// apply makes one step of the optimiser.
func (l *Learner) apply(gradients [][]float32, lr float64) {
	l.optimiser.step(l.net.weights, l.net.values, gradients, lr, l.threads)
}

// differentiate computes the loss of a batch and, if that is finite, its gradients, which
// live as long as scope. Mixed precision on a GPU scales the loss so that small gradients
// are not lost.
func (l *Learner) differentiate(scope *torch.Scope, b network.Batch) (float64, [][]float32, error) {
	t, err := newTarget(b, l.spec.Classes, l.method.Loss)
	if err != nil {
		return 0, nil, err
	}
	for {
		loss, gradients, err := l.passBack(scope, b, t)
		if err != nil || gradients == nil || !l.scaled() || l.scale.fits(gradients) {
			return loss, gradients, err
		}
	}
}

// mixed says whether steps compute in 16 bits where that is precise enough.
func (l *Learner) mixed() bool {
	switch l.method.Precision {
	case network.PrecisionAuto:
		return l.net.device != torch.CPU || torch.NativeBFloat16()
	case network.PrecisionMixed:
		return true
	}
	return false
}

// scaled says whether steps scale the loss: half precision has few small numbers, bfloat16
// as many as float32.
func (l *Learner) scaled() bool { return l.mixed() && l.net.device != torch.CPU }

// passBack is one pass forward and back.
func (l *Learner) passBack(scope *torch.Scope, b network.Batch,
	t *target,
) (float64, [][]float32, error) {
	l.net.upload(scope)
	x := scope.FromFloats(b.X, int64(b.N), int64(l.net.in), int64(b.H), int64(b.W))
	total := t.loss(scope, l.trainingLogits(scope, x), l.method.Loss)
	l.net.download(scope)
	loss := scope.Value(total)
	if err := scope.Err(); err != nil || math.IsNaN(loss) || math.IsInf(loss, 0) {
		return loss, nil, err
	}
	if l.scaled() {
		total = scope.Mul(total, scope.FromFloats([]float32{l.scale.factor()}, 1))
	}
	gradients, err := l.gradients(scope, total)
	return loss, gradients, err
}

// trainingLogits is the pass forward. In mixed precision on the processor a pixel's
// channels lie side by side, as its matrix instructions want them.
func (l *Learner) trainingLogits(scope *torch.Scope, x *torch.Tensor) *torch.Tensor {
	if !l.mixed() {
		return l.net.forward(l.trainingPass(scope), x)
	}
	if l.net.device == torch.CPU {
		x = scope.ChannelsLast(x)
	}
	torch.Autocast(l.net.device)
	defer torch.AutocastOff()
	return scope.Float32(l.net.forward(l.trainingPass(scope), x))
}

// trainingPass normalises by the batch. What dropout leaves out is fixed by the number of
// steps made, so that a resumed run continues as an uninterrupted one.
func (l *Learner) trainingPass(scope *torch.Scope) *pass {
	return &pass{Scope: scope, momentum: batchNormMomentum, rng: l.dropoutNumbers()}
}

func (l *Learner) dropoutNumbers() *rand.Rand {
	return rand.New(rand.NewPCG(uint64(l.optimiser.steps), l.method.Seed^dropoutStream))
}

// dropoutStream tells dropout's numbers from others with the same seed.
const dropoutStream = 0x64726f70

// gradients are the derivatives of total by each of net.weights; they live as long as scope.
func (l *Learner) gradients(scope *torch.Scope, total *torch.Tensor) ([][]float32, error) {
	leaves := make([]*torch.Tensor, len(l.net.weights))
	for i, p := range l.net.weights {
		leaves[i] = p.leaf
	}
	var all [][]float32
	for _, g := range scope.Gradients(total, leaves) {
		g = scope.Host(g)
		if err := scope.Err(); err != nil {
			return nil, err
		}
		values, err := g.Floats()
		if err != nil {
			return nil, err
		}
		all = append(all, values)
	}
	return all, scope.Err()
}

// Predict fills probs [n,c,h,w] with softmax probabilities for x [n,in,h,w].
func (l *Learner) Predict(ctx context.Context, x []float32, n, h, w int, probs []float32) error {
	return l.predict(ctx, x, n, h, w, probs, true)
}

// Logits fills logits [n,c,h,w] with what the network makes of x [n,in,h,w].
func (l *Learner) Logits(ctx context.Context, x []float32, n, h, w int, logits []float32) error {
	return l.predict(ctx, x, n, h, w, logits, false)
}

func (l *Learner) predict(ctx context.Context, x []float32, n, h, w int, values []float32,
	softmax bool,
) error {
	if err := l.net.checkInput(len(x), n, h, w); err != nil {
		return err
	}
	if want := n * l.spec.Classes * h * w; len(values) != want {
		return fmt.Errorf("%d values of classes do not fit into %d", want, len(values))
	}
	in, out := l.net.in*h*w, l.spec.Classes*h*w
	batch := max(1, maxPixels/(h*w))
	if l.byBatch {
		batch = n
	}
	return inBatches(ctx, n, batch, func(from, to int) error {
		if l.byBatch {
			return l.do(func() error { return l.run(x, n, h, w, values, softmax) })
		}
		return untilItFits(to-from, &l.limit, func(part int) error {
			return inBatches(ctx, to-from, part, func(first, end int) error {
				first, end = from+first, from+end
				return l.do(func() error {
					return l.run(x[first*in:end*in], end-first, h, w, values[first*out:end*out],
						softmax)
				})
			})
		})
	})
}

// inBatches runs n pictures, so many at a time.
func inBatches(ctx context.Context, n, batch int, run func(from, to int) error) error {
	for from := 0; from < n; from += batch {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := run(from, min(from+batch, n)); err != nil {
			return err
		}
	}
	return nil
}

// run writes the logits, or the probabilities if softmax is set, of x into out. It runs on
// the worker's thread.
func (l *Learner) run(x []float32, n, h, w int, out []float32, softmax bool) error {
	p, err := l.predictingPass()
	if err != nil {
		return err
	}
	if err := torch.SetGradients(false); err != nil {
		return err
	}
	scope := torch.NewScopeOn(l.net.device)
	defer scope.Close()
	p.Scope = scope
	if p.folded == nil {
		l.net.upload(scope)
	}
	input := scope.FromFloats(x, int64(n), int64(l.net.in), int64(h), int64(w))
	y := l.net.forward(p, input)
	if softmax {
		y = scope.Softmax(y, 1)
	}
	scope.CopyOut(out, y)
	return errors.Join(scope.Err(), torch.SetGradients(true))
}

// predictingPass has batch norm folded into convolutions, or normalises by the batch, drops
// out as training does and leaves running means as they are.
func (l *Learner) predictingPass() (*pass, error) {
	if l.byBatch {
		return &pass{rng: l.dropoutNumbers()}, nil
	}
	err := l.fold()
	return &pass{folded: l.folded}, err
}

// NormaliseByBatch lets Predict compute as Step does: it normalises by the batch that it is
// given, and dropout leaves values out.
func (l *Learner) NormaliseByBatch(on bool) error {
	return l.do(func() error {
		l.byBatch = on
		return nil
	})
}

// fold makes the convolutions of prediction, if the weights changed since they were made.
func (l *Learner) fold() (err error) {
	if l.folded == nil {
		l.folded, err = fold(l.net.convs, l.net.values, l.net.device, l.net.device == torch.CPU)
	}
	return err
}

// Remember keeps a copy of the weights.
func (l *Learner) Remember() error {
	return l.do(func() error {
		l.remembered = append(l.remembered[:0], l.net.values...)
		return nil
	})
}

// Recall puts the remembered weights back.
func (l *Learner) Recall() error {
	return l.do(func() error {
		if l.remembered == nil {
			return fmt.Errorf("no weights were remembered")
		}
		l.forgetFolded()
		copy(l.net.values, l.remembered)
		return nil
	})
}

// Close frees the network. Closing twice is harmless.
func (l *Learner) Close() error {
	if l.closed {
		return nil
	}
	err := l.do(func() error {
		l.forgetFolded()
		l.net.close()
		return nil
	})
	l.closed = true
	l.worker.stop()
	return err
}

func (l *Learner) forgetFolded() {
	dropFolded(l.folded)
	l.folded = nil
}

// do runs f on the network's thread.
func (l *Learner) do(f func() error) error {
	if l.closed {
		return errClosed
	}
	return l.worker.do(f)
}
