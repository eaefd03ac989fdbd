package series

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"glasswork/dataset/volume"
)

// Loader reads the slices of a series in the background, nearest to the one looked
// at first. Its methods are safe for concurrent use.
type Loader struct {
	series *Series
	volume *volume.Volume
	report func(z int, err error)
	done   []atomic.Bool // by z: read without error
	stop   context.CancelFunc
	ctx    context.Context
	group  sync.WaitGroup
	ended  chan struct{}

	mu    sync.Mutex
	taken []bool // by z: read or being read
	left  int    // slices nobody has taken
	want  int
	err   error
}

// NewLoader starts to read s, beginning in the middle. loaded is called once for every slice
// that was read or failed, from the loader's goroutines. It may be nil, and it must not call
// Close or Wait. Close stops the loading.
func NewLoader(ctx context.Context, s *Series, loaded func(z int, err error)) *Loader {
	n := s.Geometry.Size[0]
	l := &Loader{
		series: s, volume: volume.New(s.Geometry), report: loaded,
		done: make([]atomic.Bool, n), taken: make([]bool, n), left: n, want: n / 2,
		ended: make(chan struct{}),
	}
	l.ctx, l.stop = context.WithCancel(ctx)
	for range min(runtime.GOMAXPROCS(0), max(n, 1)) {
		l.group.Go(l.read)
	}
	go func() {
		l.group.Wait()
		close(l.ended)
	}()
	return l
}

// Volume is what is being filled; its slice z is valid once Loaded(z).
func (l *Loader) Volume() *volume.Volume { return l.volume }

// Loaded says whether slice z was read.
func (l *Loader) Loaded(z int) bool { return z >= 0 && z < len(l.done) && l.done[z].Load() }

// Want sets the slice that is looked at now. The following reads proceed outward from it.
func (l *Loader) Want(z int) {
	l.mu.Lock()
	l.want = min(max(z, 0), len(l.taken)-1)
	l.mu.Unlock()
}

// Wait returns when every slice was read or has failed, with the first error. It returns earlier
// if ctx ends or the loader is closed.
func (l *Loader) Wait(ctx context.Context) error {
	select {
	case <-l.ended:
	case <-ctx.Done():
		return ctx.Err()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil && l.left > 0 {
		return l.ctx.Err()
	}
	return l.err
}

// Close stops reading and waits for the loader's goroutines. What was read stays.
func (l *Loader) Close() {
	l.stop()
	<-l.ended
}

// read takes slice after slice until none is left.
func (l *Loader) read() {
	for l.ctx.Err() == nil {
		z, ok := l.take()
		if !ok {
			return
		}
		err := l.series.ReadSlice(l.ctx, z, l.volume.Slice(z))
		if l.ctx.Err() != nil {
			l.giveBack(z)
			return
		}
		if err != nil {
			err = fmt.Errorf("slice %d of %s could not be read: %w", z+1, l.series.Description, err)
			l.fail(err)
		} else {
			l.done[z].Store(true)
		}
		if l.report != nil {
			l.report(z, err)
		}
	}
}

// take returns the slice nearest to the wanted one that has not been taken yet.
func (l *Loader) take() (z int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for distance := range len(l.taken) {
		for _, z := range [2]int{l.want + distance, l.want - distance} {
			if z >= 0 && z < len(l.taken) && !l.taken[z] {
				l.taken[z] = true
				l.left--
				return z, true
			}
		}
	}
	return 0, false
}

// giveBack marks a slice whose reading was interrupted as not read.
func (l *Loader) giveBack(z int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken[z] = false
	l.left++
}

func (l *Loader) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
	}
}
