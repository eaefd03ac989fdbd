package ui

import (
	"fmt"
	"time"
)

// about is a time as people say it, when it is only an estimate.
func about(d time.Duration) string {
	switch {
	case d < 90*time.Second:
		return fmt.Sprintf("about %d s", max(int(d.Round(time.Second).Seconds()), 1))
	case d < 90*time.Minute:
		return fmt.Sprintf("about %d min", int(d.Round(time.Minute).Minutes()))
	}
	h := int(d.Hours())
	return fmt.Sprintf("about %d h %d min", h, int(d.Minutes())-60*h)
}
