package archive

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// prefix begins the names of temporary folders; the number of their process follows.
const prefix = "glasswork-zip-"

// removeStale removes the folders of processes that ended without closing them: images of
// patients must not stay among the temporary files.
func removeStale() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	for _, dir := range dirs {
		number, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), prefix), "-")
		if pid, err := strconv.Atoi(number); err == nil && pid > 0 && !running(pid) {
			_ = os.RemoveAll(dir) // another user's cannot be removed
		}
	}
}

// running reports whether a process lives or may live.
func running(pid int) bool {
	p, err := os.FindProcess(pid)
	return err == nil && !errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}
