package experiment

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// errBusy is a run that another process is working on.
var errBusy = errors.New("another process is working on this run")

// lockTries and lockPause let a process that only looks at a lock not keep others away.
const (
	lockTries = 4
	lockPause = 50 * time.Millisecond
)

// lock keeps other processes from a folder until release is called or this process ends.
// The file that carries the lock holds nothing and stays.
func lock(dir string) (release func(), err error) {
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("cannot lock %s: %w", dir, plain(err))
	}
	for try := 1; ; try++ {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return func() { f.Close() }, nil
		case errors.Is(err, syscall.EWOULDBLOCK) && try < lockTries:
			time.Sleep(lockPause)
			continue
		}
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errBusy
		}
		return nil, fmt.Errorf("cannot lock %s: %w", dir, err)
	}
}
