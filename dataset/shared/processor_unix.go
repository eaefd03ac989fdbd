//go:build unix

package shared

import (
	"syscall"
	"time"
)

// Processor is the processor time that this process has used. On a busy machine it says more of
// what some work costs than the clock does.
func Processor() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
