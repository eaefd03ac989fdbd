package project

import (
	"image"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"glasswork/dataset/classes"
)

// asNobody runs do without the rights of root, which may write everywhere.
func asNobody(t *testing.T, do func()) {
	t.Helper()
	if os.Getuid() != 0 {
		do()
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETFSUID, 65534, 0, 0); errno != 0 {
			t.Errorf("setfsuid: %v", errno)
			return
		}
		do()
	}()
	<-done
}

func TestAReadOnlyFolderIsSaidWhenOpened(t *testing.T) {
	dir, study, want := painted(t)
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	asNobody(t, func() {
		_, err := Open(t.Context(), dir)
		oneSentence(t, "read-only", err, "may not be written", dir)
		_, err = Open(t.Context(), filepath.Join(dir, "new"))
		oneSentence(t, "new in read-only", err, "may not be written", dir)
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	same(t, "writable again", annotated(t, open(t, dir), study), want)
}

// TestAFullDiskLosesNothing fills a small file system until nothing more can be written.
func TestAFullDiskLosesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=3m"); err != nil {
		t.Skipf("no small file system to fill: mount: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	p, err := Open(t.Context(), filepath.Join(dir, "project"))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s := testSeries("s", "P", 8, 256, 256)
	study := addStudy(t, p, s).ID
	want := annotated(t, p, study)
	do(t, p, study, want, want.Stroke(paint(want, 2, image.Rect(1, 1, 9, 9), 1)))

	big := testSeries("big", "P", 16, 512, 512)
	bigStudy := addStudy(t, p, big).ID
	oneSentence(t, "StoreVoxels", p.StoreVoxels(t.Context(), bigStudy, noisyVolume(big)),
		"disk is full")
	if left, _ := filepath.Glob(filepath.Join(p.Dir(), blobsName, "*", "*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	model := filepath.Join(t.TempDir(), "m")
	if err := os.WriteFile(model, make([]byte, 4<<20), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = p.AddModel(t.Context(), Model{Name: "m"}, model)
	oneSentence(t, "AddModel", err, "disk is full")

	for i := 0; err == nil || i == 0; i++ {
		e := want.Stroke(noise(newRand(i), i%8, image.Rect(0, 0, 256, 256), want))
		err = p.Append(t.Context(), study, want, e)
	}
	oneSentence(t, "Append", err, "disk is full")
	_, err = p.Save(t.Context(), study, "reader")
	oneSentence(t, "Save", err, "disk is full")
	same(t, "full", annotated(t, p, study), want)

	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	do(t, p, study, want, want.Stroke(paint(want, 3, image.Rect(0, 0, 7, 7),
		classes.Consolidation)))
	if _, err := p.Save(t.Context(), study, "reader"); err != nil {
		t.Errorf("with space again: %v", err)
	}
	same(t, "with space again", annotated(t, p, study), want)
	checkStore(t, p, study)
}
