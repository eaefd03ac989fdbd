package export

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"glasswork/dataset/atomicfile"
	"glasswork/dataset/internal/osfile"
)

// markName is a file that says which project and format a folder was exported from.
const markName = ".glasswork-export"

// stagingEnd is in the names of folders in which exports are made; a process number follows.
const stagingEnd = ".glasswork-export-"

// mark is what stands in the file markName.
type mark struct {
	Format string `json:"format"`
	// Project tells projects apart and says nothing else of them.
	Project string `json:"project"`
}

func markOf(o Options) mark {
	sum := sha256.Sum256(append([]byte("export mark\x00"), o.Key...))
	return mark{o.Format, hex.EncodeToString(sum[:8])}
}

// folder is where an export goes. It is made as a whole in staging and then put in its place, so
// that a killed export leaves what was there before.
type folder struct {
	target  string
	staging string // holds made, and what was there before while they change places
	made    string // named as target is
	state   folderState
	mark    mark
}

type folderState int

const (
	absent folderState = iota
	empty
	ours // an earlier export of the same project in the same format
)

// newFolder makes the folder in which an export to target is made. A target that holds anything
// but an earlier export of the same project and format is refused.
func newFolder(target string, m mark) (*folder, error) {
	target, err := filepath.Abs(target)
	if err != nil {
		return nil, err
	}
	f := &folder{target: target, mark: m}
	prefix := "." + filepath.Base(target) + stagingEnd
	sweep(filepath.Dir(target), prefix)
	sweep(target, prefix)
	if f.state, err = stateOf(target, m); err != nil {
		return nil, err
	}
	parent := filepath.Dir(target)
	if f.state == empty {
		parent = target // it may be a disk of its own
	}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return nil, fmt.Errorf("cannot create %s: %w", target, osfile.Reason(err))
	}
	f.staging, err = os.MkdirTemp(parent, fmt.Sprintf("%s%d-", prefix, os.Getpid()))
	if err != nil {
		return nil, fmt.Errorf("cannot create %s: %w", target, osfile.Reason(err))
	}
	f.made = filepath.Join(f.staging, filepath.Base(target))
	if err := os.Mkdir(f.made, 0o755); err != nil {
		f.drop()
		return nil, fmt.Errorf("cannot create %s: %w", target, osfile.Reason(err))
	}
	return f, nil
}

// stateOf says what stands at target, or why nothing can be exported there.
func stateOf(target string, m mark) (folderState, error) {
	entries, err := os.ReadDir(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return absent, nil
	case err != nil:
		return 0, fmt.Errorf("cannot create %s: %w", target, osfile.Reason(err))
	}
	held := 0
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "."+filepath.Base(target)+stagingEnd) {
			held++
		}
	}
	if held == 0 {
		return empty, nil
	}
	var found mark
	text, err := os.ReadFile(filepath.Join(target, markName))
	if err == nil {
		err = json.Unmarshal(text, &found)
	}
	if err != nil || found != m {
		return 0, fmt.Errorf("%s holds files that no export of this project in this format has "+
			"made; choose an empty or new folder", target)
	}
	return ours, nil
}

// finish puts what was made in its place.
func (f *folder) finish() error {
	err := atomicfile.WriteFile(filepath.Join(f.made, markName), func(w io.Writer) error {
		return json.NewEncoder(w).Encode(f.mark)
	})
	if err != nil {
		return err
	}
	if f.state == empty {
		return f.moveUp()
	}
	former := filepath.Join(f.staging, "former")
	if f.state == ours {
		if err := os.Rename(f.target, former); err != nil {
			return fmt.Errorf("cannot replace %s: %w", f.target, osfile.Reason(err))
		}
	}
	if err := os.Rename(f.made, f.target); err != nil {
		if f.state == ours {
			err = errors.Join(err, os.Rename(former, f.target))
		}
		return fmt.Errorf("cannot create %s: %w", f.target, osfile.Reason(err))
	}
	return atomicfile.SyncDir(filepath.Dir(f.target))
}

// moveUp moves what was made into the empty target, the mark last.
func (f *folder) moveUp() error {
	entries, err := os.ReadDir(f.made)
	if err != nil {
		return err
	}
	names := []string{}
	for _, e := range entries {
		if e.Name() != markName {
			names = append(names, e.Name())
		}
	}
	for _, name := range append(names, markName) {
		to := filepath.Join(f.target, name)
		if err := os.Rename(filepath.Join(f.made, name), to); err != nil {
			return fmt.Errorf("cannot write %s: %w", to, osfile.Reason(err))
		}
	}
	return atomicfile.SyncDir(f.target)
}

// drop removes what is left of the making. What cannot be removed is swept by the next export.
func (f *folder) drop() {
	if _, err := os.Lstat(f.target); f.state == ours && err != nil {
		return // the former export is in there still
	}
	_ = os.RemoveAll(f.staging)
}

// sweep removes what killed exports to the same folder have left.
func sweep(parent, prefix string) {
	entries, _ := os.ReadDir(parent) // what cannot be read cannot be swept
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), prefix)
		number, _, _ := strings.Cut(rest, "-")
		if pid, err := strconv.Atoi(number); !ok || err != nil || pid <= 0 || running(pid) {
			continue
		}
		left := filepath.Join(parent, e.Name())
		target := filepath.Join(parent, strings.TrimSuffix(prefix, stagingEnd)[1:])
		if former := filepath.Join(left, "former"); exists(former) && !exists(target) {
			if os.Rename(former, target) != nil { // it was killed between two renames
				continue
			}
		}
		_ = os.RemoveAll(left)
	}
}

func exists(path string) bool { _, err := os.Lstat(path); return err == nil }

// running reports whether a process lives or may live.
func running(pid int) bool {
	p, err := os.FindProcess(pid)
	return err == nil && !errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}
