package experiment

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// errBusy is a run that another process is working on.
var errBusy = errors.New("another process is working on this run")

// A taken lock is tried again for a moment, because a process may hold it only to look whether
// it is taken.
const (
	lockWait  = 150 * time.Millisecond
	lockPause = 50 * time.Millisecond
)

// lock keeps other processes from a folder until release is called or this process ends.
// The file that carries the lock holds nothing and stays.
func lock(dir string) (release func(), err error) {
	l := flock.New(filepath.Join(dir, "lock"), flock.SetPermissions(0o644))
	waiting, stop := context.WithTimeout(context.Background(), lockWait)
	defer stop()
	locked, err := l.TryLockContext(waiting, lockPause)
	switch {
	case locked:
		return func() { _ = l.Close() }, nil
	case err == nil || errors.Is(err, context.DeadlineExceeded):
		return nil, errBusy
	}
	return nil, fmt.Errorf("cannot lock %s: %w", dir, plain(err))
}
