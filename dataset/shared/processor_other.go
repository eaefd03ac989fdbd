//go:build !unix

package shared

import "time"

var started = time.Now()

// Processor is the time since the process began, where its processor time is not known.
func Processor() time.Duration { return time.Since(started) }
