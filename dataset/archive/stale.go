package archive

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// prefix is how the names of temporary folders begin. The number of their process follows.
const prefix = "glasswork-zip-"

// removeStale removes the folders of processes that ended without closing them. Images of patients
// must not stay among the temporary files.
func removeStale() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	for _, dir := range dirs {
		number, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), prefix), "-")
		if pid, err := strconv.Atoi(number); err == nil && pid > 0 && !running(pid) {
			_ = os.RemoveAll(dir) // another user's folder cannot be removed
		}
	}
}

// running reports whether a process is, or may be, alive.
func running(pid int) bool {
	p, err := os.FindProcess(pid)
	return err == nil && !errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}
