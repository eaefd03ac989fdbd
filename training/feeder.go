package training

import (
	"context"
	"sync"
)

// feeder prepares batches ahead of the network: several workers, one order. The same
// seed gives the same batches on any number of workers.
type feeder struct {
	order  chan chan prepared
	cancel context.CancelFunc
	wait   sync.WaitGroup
}

type prepared struct {
	batch Batch
	err   error
}

type order struct {
	draws []draw
	out   chan prepared
}

// newFeeder starts to prepare batches of size samples. ahead batches are kept ready.
func newFeeder(ctx context.Context, s *sampler, spec Spec, size, workers, ahead int) *feeder {
	ctx, cancel := context.WithCancel(ctx)
	f := &feeder{order: make(chan chan prepared, ahead), cancel: cancel}
	work := make(chan order)
	f.wait.Go(func() {
		defer close(work)
		for {
			o := order{s.next(size), make(chan prepared, 1)}
			select {
			case f.order <- o.out:
			case <-ctx.Done():
				return
			}
			select {
			case work <- o:
			case <-ctx.Done():
				o.out <- prepared{err: ctx.Err()}
				return
			}
		}
	})
	for range max(workers, 1) {
		f.wait.Go(func() {
			for o := range work {
				b, err := s.batch(ctx, o.draws, spec)
				o.out <- prepared{b, err}
			}
		})
	}
	return f
}

// next returns the next batch, in planned order.
func (f *feeder) next(ctx context.Context) (Batch, error) {
	select {
	case out := <-f.order:
		select {
		case p := <-out:
			return p.batch, p.err
		case <-ctx.Done():
			return Batch{}, ctx.Err()
		}
	case <-ctx.Done():
		return Batch{}, ctx.Err()
	}
}

// close stops the workers and waits for them.
func (f *feeder) close() {
	f.cancel()
	f.wait.Wait()
}
