package main

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// displayAnswers returns nil if a window can be shown, else a sentence for the user. The
// window system's library would end the program without one.
func displayAnswers(getenv func(string) string) error {
	if runtime.GOOS != "linux" {
		return nil
	}
	display := getenv("DISPLAY")
	if display == "" {
		return errors.New("there is no display to open a window on; make demo runs the same loop " +
			"without one")
	}
	number, local := strings.CutPrefix(display, ":")
	if !local {
		return nil // another machine's: only the window system can tell
	}
	number, _, _ = strings.Cut(number, ".")
	name := filepath.Join("/tmp/.X11-unix", "X"+number)
	for _, socket := range []string{name, "@" + name} {
		if conn, err := net.DialTimeout("unix", socket, time.Second); err == nil {
			return conn.Close()
		}
	}
	return fmt.Errorf("the display %s does not answer; make demo runs the same loop without one",
		display)
}
