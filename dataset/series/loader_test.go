package series

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"glasswork/dataset/volume"
)

// slow is a source whose slices take a moment; slice z is filled with z.
type slow struct {
	delay time.Duration
	fail  int // this slice fails; -1 none
	mu    sync.Mutex
	order []int
}

func (s *slow) ReadSlice(ctx context.Context, z int, hu []int16) error {
	s.mu.Lock()
	s.order = append(s.order, z)
	s.mu.Unlock()
	select {
	case <-time.After(s.delay):
	case <-ctx.Done():
		return ctx.Err()
	}
	if z == s.fail {
		return errors.New("the disk said no")
	}
	for i := range hu {
		hu[i] = int16(z)
	}
	return nil
}

func (s *slow) Close() error { return nil }

func slowSeries(n int, src *slow) *Series {
	return &Series{
		Description: "CHEST", Source: src,
		Geometry: volume.NewGeometry([3]int{n, 4, 4}, [3]float64{1, 1, 1}, volume.Point{}),
	}
}

func TestLoaderReadsEverySliceOnce(t *testing.T) {
	src := &slow{fail: -1}
	var mu sync.Mutex
	seen := map[int]int{}
	l := NewLoader(t.Context(), slowSeries(50, src), func(z int, err error) {
		mu.Lock()
		defer mu.Unlock()
		seen[z]++
		if err != nil {
			t.Errorf("slice %d: %v", z, err)
		}
	})
	defer l.Close()
	if err := l.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	for z := range 50 {
		if seen[z] != 1 || !l.Loaded(z) || l.Volume().Slice(z)[15] != int16(z) {
			t.Errorf("slice %d: reported %d times, loaded %v, holds %d", z, seen[z], l.Loaded(z),
				l.Volume().Slice(z)[15])
		}
	}
}

func TestLoaderGoesOutwardFromTheWantedSlice(t *testing.T) {
	src := &slow{fail: -1, delay: 5 * time.Millisecond}
	l := NewLoader(t.Context(), slowSeries(100, src), nil)
	defer l.Close()
	l.Want(90)
	for deadline := time.Now().Add(5 * time.Second); !l.Loaded(90) && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	l.Close()
	src.mu.Lock()
	defer src.mu.Unlock()
	for i, z := range src.order {
		if z == 90 {
			// Besides what was under way, nothing far from it may have come first.
			if i > 2*runtime.GOMAXPROCS(0) {
				t.Errorf("slice 90 came after %d others: %v", i, src.order)
			}
			return
		}
	}
	t.Errorf("slice 90 was never read: %v", src.order)
}

func TestLoaderGoesOnAfterAFailureAndReportsTheFirst(t *testing.T) {
	l := NewLoader(t.Context(), slowSeries(10, &slow{fail: 7}), nil)
	defer l.Close()
	err := l.Wait(t.Context())
	if want := "slice 8 of CHEST could not be read: the disk said no"; err == nil ||
		err.Error() != want {
		t.Errorf("Wait = %v, want %q", err, want)
	}
	for z := range 10 {
		if l.Loaded(z) != (z != 7) {
			t.Errorf("Loaded(%d) = %v", z, l.Loaded(z))
		}
	}
}

func TestLoaderCloseEndsItsGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		l := NewLoader(t.Context(), slowSeries(1000, &slow{fail: -1, delay: time.Hour}), nil)
		l.Want(3)
		l.Close()
		if err := l.Wait(t.Context()); !errors.Is(err, context.Canceled) {
			t.Fatalf("Wait after Close = %v, want canceled", err)
		}
	}
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before &&
		time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines are left, there were %d", n, before)
	}
}

func TestLoaderWaitEndsWithItsContext(t *testing.T) {
	l := NewLoader(t.Context(), slowSeries(10, &slow{fail: -1, delay: time.Hour}), nil)
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := l.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Wait = %v, want deadline exceeded", err)
	}
}
