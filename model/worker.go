package model

import (
	"errors"
	"os"
	"runtime"
	"strings"

	"glasswork/model/internal/torch"
)

// HugePages makes memory cheap to get from the system when it stands in the environment's
// GLIBC_TUNABLES at the program's start. Large pieces are returned at once then.
const HugePages = "glibc.malloc.hugetlb=1"

// worker runs calls one after another on an OS thread of its own, because libtorch keeps
// gradient mode, last error and thread count for each thread.
type worker struct {
	calls chan func()
	done  chan struct{}
}

var errClosed = errors.New("the model was closed")

func startWorker(threads int) *worker {
	w := &worker{calls: make(chan func()), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		torch.KeepMemory()
		if strings.Contains(os.Getenv("GLIBC_TUNABLES"), HugePages) {
			torch.ReturnLarge()
		}
		torch.SetThreads(threads)
		for call := range w.calls {
			call()
		}
	}()
	return w
}

// do runs f on the worker's thread and waits for it.
func (w *worker) do(f func() error) error {
	result := make(chan error, 1)
	w.calls <- func() { result <- f() }
	return <-result
}

// stop ends the thread and waits for it.
func (w *worker) stop() {
	close(w.calls)
	<-w.done
}
