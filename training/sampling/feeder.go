package sampling

import (
	"context"
	"sync"

	"glasswork/training/network"
)

// Feeder prepares batches ahead of the network: several workers, one order. The same
// seed gives the same batches on any number of workers.
type Feeder struct {
	order  chan chan prepared
	cancel context.CancelFunc
	wait   sync.WaitGroup
}

type prepared struct {
	batch network.Batch
	err   error
}

type order struct {
	draws []draw
	out   chan prepared
}

// Feed starts to prepare batches of size samples. Each worker keeps two ready.
func Feed(ctx context.Context, s *Sampler, spec network.Spec, size, workers int) *Feeder {
	workers = max(workers, 1)
	ctx, cancel := context.WithCancel(ctx)
	f := &Feeder{order: make(chan chan prepared, 2*workers), cancel: cancel}
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
	for range workers {
		f.wait.Go(func() {
			for o := range work {
				b, err := s.batch(ctx, o.draws, spec)
				o.out <- prepared{b, err}
			}
		})
	}
	return f
}

// Next returns the next batch, in planned order.
func (f *Feeder) Next(ctx context.Context) (network.Batch, error) {
	select {
	case out := <-f.order:
		select {
		case p := <-out:
			return p.batch, p.err
		case <-ctx.Done():
			return network.Batch{}, ctx.Err()
		}
	case <-ctx.Done():
		return network.Batch{}, ctx.Err()
	}
}

// Close stops the workers and waits for them.
func (f *Feeder) Close() {
	f.cancel()
	f.wait.Wait()
}
