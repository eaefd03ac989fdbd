package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// entry is one file in a test's archive.
type entry struct {
	name   string
	text   string
	mode   fs.FileMode
	stored bool
}

// pack returns a zip file of entries.
func pack(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.stored {
			h.Method = zip.Store
		}
		if e.mode != 0 {
			h.SetMode(e.mode)
		}
		f, err := w.CreateHeader(h)
		if err == nil {
			_, err = f.Write([]byte(e.text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// open writes an archive to a file and opens it. Temporary files are in a folder of the test.
func open(t *testing.T, b []byte) (*Unpacked, error) {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	path := filepath.Join(t.TempDir(), "study.zip")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return Open(t.Context(), path)
}

// tree lists the files below dir with relative paths and contents.
func tree(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		all = append(all, filepath.ToSlash(name)+"="+string(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestEntriesBecomeFiles(t *testing.T) {
	u, err := open(t, pack(t, entry{name: "a/", mode: fs.ModeDir | 0o755}, entry{
		name: "a/b/one",
		text: "1",
	}, entry{name: `c\two`, text: "22"}, entry{
		name: "three", text: "333",
		stored: true,
	}, entry{name: "empty"}))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := tree(t, u.Dir), []string{
		"a/b/one=1", "c/two=22", "empty=",
		"three=333",
	}; !slices.Equal(got, want) || len(u.Skipped) != 0 {
		t.Errorf("files %q, skipped %q; want %q", got, u.Skipped, want)
	}
	if filepath.Base(u.Dir) != "study" {
		t.Errorf("the folder is called %s, not after the archive", u.Dir)
	}
	if info, err := os.Stat(u.temporary); err != nil || runtime.GOOS != "windows" &&
		info.Mode().Perm() != 0o700 {
		t.Errorf("others may look into %v, %v", info, err)
	}
	if err := u.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(os.TempDir()); len(left) != 0 {
		t.Errorf("%v is left behind", left)
	}
}

func TestEntriesThatAreNotUnpacked(t *testing.T) {
	good := entry{name: "good", text: "ok"}
	for _, c := range []struct {
		name    string
		archive []byte
		want    string // in the only sentence
	}{
		{
			"up and out", pack(t, good, entry{name: "../evil", text: "x"}),
			"outside the archive's folder",
		},
		{
			"up on the way", pack(t, good, entry{name: "a/../../evil", text: "x"}),
			"outside the archive's folder",
		},
		{
			"up within", pack(t, good, entry{name: "a/../evil", text: "x"}),
			"outside the archive's folder",
		},
		{
			"up as Windows writes it", pack(t, good, entry{name: `..\evil`, text: "x"}),
			"outside the archive's folder",
		},
		{
			"absolute", pack(t, good, entry{name: "/tmp/evil", text: "x"}),
			"outside the archive's folder",
		},
		{
			"symbolic link", pack(t, good, entry{
				name: "link", text: "/etc/passwd",
				mode: fs.ModeSymlink | 0o777,
			}), "link or device",
		},
		{
			"device", pack(t, good, entry{name: "null", mode: fs.ModeDevice | 0o666}),
			"link or device",
		},
		{"twice", pack(t, good, good), "in the archive twice"},
		{
			"archive in archive", pack(t, good, entry{name: "inner.ZIP", text: "PK"}),
			"archive inside an archive",
		},
		{
			"encrypted", changed(pack(t, good, entry{name: "evil", text: "x"}), "evil", 8, 1),
			"encrypted",
		},
		{
			"another method", changed(pack(t, good, entry{name: "evil", text: "x"}), "evil", 10,
				14), "method 14",
		},
		{
			"wrong checksum", changed(pack(t, good, entry{name: "evil", text: "x"}), "evil", 16, 7),
			"damaged",
		},
		{
			"says less than it holds",
			changed(pack(t, good, entry{name: "evil", text: strings.Repeat("x", 999)}), "evil", 24,
				1), "larger than it says",
		},
		{
			"a name too long for any file", pack(t, good, entry{
				name: strings.Repeat("n", 9999),
				text: "x",
			}), "cannot be unpacked",
		},
		{
			"a file that is a folder too", pack(t, good, entry{name: "good/x", text: "x"}),
			"cannot be unpacked",
		},
	} {
		runtime.GOMAXPROCS(1) // one worker, so that the first of two entries is unpacked first
		u, err := open(t, c.archive)
		runtime.GOMAXPROCS(runtime.NumCPU())
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := tree(t, u.temporary); !slices.Equal(got, []string{"study/good=ok"}) {
			t.Errorf("%s: files %.200q", c.name, got)
		}
		if len(u.Skipped) != 1 || !strings.Contains(u.Skipped[0], c.want) ||
			strings.Contains(u.Skipped[0], "\n") || len(u.Skipped[0]) > 300 {
			t.Errorf("%s: skipped %q, want %q", c.name, u.Skipped, c.want)
		}
		if err := u.Close(); err != nil {
			t.Error(err)
		}
	}
}

// changed sets the 16-bit field at offset in an entry's header in the central directory.
func changed(archive []byte, name string, offset int, value uint16) []byte {
	for at := 0; ; at += 4 {
		at += bytes.Index(archive[at:], []byte("PK\x01\x02"))
		n := int(binary.LittleEndian.Uint16(archive[at+28:]))
		if string(archive[at+46:at+46+n]) == name {
			binary.LittleEndian.PutUint16(archive[at+offset:], value)
			return archive
		}
	}
}

func TestArchivesThatAreRefused(t *testing.T) {
	whole := pack(t, entry{name: "a", text: strings.Repeat("some text ", 99)})
	zeros := strings.Repeat("\x00", 100<<20)
	many := make([]entry, 1<<16)
	for i := range many {
		many[i] = entry{name: fmt.Sprint(strings.Repeat("n", 100), i)}
	}
	for _, c := range []struct {
		name    string
		archive []byte
		want    string
	}{
		{"text", []byte("this is no archive at all, whatever its name says"), "not a zip archive"},
		{"empty", nil, "not a zip archive"},
		{"cut short", whole[:len(whole)-9], "not a zip archive"},
		{
			"bomb", pack(t, entry{name: "zeros", text: zeros}),
			"0.1 MB would unpack to 105 MB, as a zip bomb does",
		},
		{"entries that share their data", sharing(t), "share their data"},
		{
			"larger than it can be", changed(pack(t, entry{name: "a", text: "x"}), "a", 26, 0x7FFF),
			`"a" says that it is larger than it can be`,
		},
		{"endless table of contents", pack(t, many...), "table of contents is larger than 8 MiB"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		u, err := open(t, c.archive)
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), c.want) || u != nil {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if left, _ := os.ReadDir(os.TempDir()); len(left) != 0 {
			t.Errorf("%s: %v is left behind", c.name, left)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
			t.Errorf("%s: %d MiB allocated", c.name, grown>>20)
		}
	}
}

// sharing returns an archive in which two entries claim all of the data.
func sharing(t *testing.T) []byte {
	b := pack(t, entry{name: "a", text: strings.Repeat("a", 9000), stored: true},
		entry{name: "b", text: strings.Repeat("a", 9000), stored: true})
	// The data of the second are cut out, and its header points to the first.
	first := bytes.Index(b, []byte("PK\x03\x04"))
	second := first + 4 + bytes.Index(b[first+4:], []byte("PK\x03\x04"))
	directory := bytes.Index(b, []byte("PK\x01\x02"))
	out := slices.Concat(b[:second], b[directory:])
	moved := uint32(directory - second)
	end := bytes.LastIndex(out, []byte("PK\x05\x06"))
	binary.LittleEndian.PutUint32(out[end+16:], binary.LittleEndian.Uint32(out[end+16:])-moved)
	last := bytes.LastIndex(out, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(out[last+42:], 0)
	return out
}

func TestNothingIsLeftWhenThereIsNoRoom(t *testing.T) {
	u := &Unpacked{}
	t.Setenv("TMPDIR", t.TempDir())
	if err := u.makeDir("study"); err != nil {
		t.Fatal(err)
	}
	err := copyEntry(t.Context(), fullDisk{}, strings.NewReader("something"))
	var full *fullError
	if !errors.As(err, &full) || err.Error() != "there is no room to unpack it: no space left on "+
		"device" {
		t.Errorf("on a full disk: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "study.zip")
	if err := os.WriteFile(path, pack(t, entry{name: "a", text: "x"}), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", filepath.Join(file, "none"))
	if _, err := Open(t.Context(), path); err == nil ||
		!strings.Contains(err.Error(), "there is no room to unpack it") {
		t.Errorf("without a folder for temporary files: %v", err)
	}
}

// fullDisk accepts no write.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) {
	return 0, &fs.PathError{
		Op: "write", Path: "/secret",
		Err: errors.New("no space left on device"),
	}
}

func TestACancelledArchiveLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	path := filepath.Join(t.TempDir(), "study.zip")
	if err := os.WriteFile(path, pack(t, entry{name: "a", text: "x"}), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if left, _ := os.ReadDir(os.TempDir()); len(left) != 0 {
		t.Errorf("%v is left behind", left)
	}
}

func TestWhatADeadProcessLeftIsRemoved(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dead, alive := filepath.Join(os.TempDir(), prefix+"999999999-1"), filepath.Join(os.TempDir(),
		fmt.Sprintf("%s%d-1", prefix, os.Getpid()))
	for _, dir := range []string{dead, alive} {
		if err := os.MkdirAll(filepath.Join(dir, "study"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	removeStale()
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) != 1 || left[0].Name() != filepath.Base(alive) {
		t.Errorf("left are %v, %v; want the living process's", left, err)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(pack(f, entry{name: "a/b", text: "text"}, entry{name: "../c", text: "x", stored: true}))
	f.Add(pack(f, entry{name: "link", text: "/etc", mode: fs.ModeSymlink}))
	f.Add(changed(pack(f, entry{name: "a", text: "x"}), "a", 8, 1))
	f.Add(pack(f, entry{name: "zeros", text: strings.Repeat("\x00", 1<<16)})[:90])
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	temporary := f.TempDir()
	f.Setenv("TMPDIR", temporary)
	path := filepath.Join(f.TempDir(), "f.zip")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		u, err := Open(t.Context(), path)
		if err == nil {
			for _, s := range u.Skipped {
				if strings.ContainsAny(s, "\n\r") {
					t.Errorf("no sentence: %q", s)
				}
			}
			err = u.Close()
			if err != nil {
				t.Error(err)
			}
		}
		if left, _ := os.ReadDir(temporary); len(left) != 0 {
			t.Errorf("%v is left behind", left)
		}
	})
}
