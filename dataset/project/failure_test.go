package project

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	sqlite3 "modernc.org/sqlite/lib"
)

// oneSentence reports an error that is none, or that no user would want to read.
func oneSentence(t *testing.T, what string, err error, says ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", what)
		return
	}
	text := err.Error()
	if strings.ContainsAny(text, "\n") || strings.Contains(text, "SQLITE") {
		t.Errorf("%s: %q is not a sentence for a person", what, text)
	}
	for _, s := range says {
		if !strings.Contains(text, s) {
			t.Errorf("%s: %q does not say %q", what, text, s)
		}
	}
}

// painted is a closed project with one stroke; it returns what Annotation must give.
func painted(t *testing.T) (dir, study string, want *Annotation) {
	t.Helper()
	dir = t.TempDir()
	p := open(t, dir)
	study = addStudy(t, p, testSeries("s", "P")).ID
	want = annotated(t, p, study)
	do(t, p, study, want, want.Stroke(paint(want, 2, image.Rect(1, 1, 9, 9), 1)))
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, study, want
}

func TestFoldersThatAreNoProjectAreRefusedUnchanged(t *testing.T) {
	file := func(dir string) error {
		return os.WriteFile(filepath.Join(dir, "x"),
			[]byte("hello"), 0o644)
	}
	database := func(dir string) string { return filepath.Join(dir, databaseName) }
	exec := func(sql string) func(string) error {
		return func(dir string) error {
			p, err := Open(t.Context(), dir)
			if err != nil {
				return err
			}
			_, err = p.db.Exec(sql)
			return errors.Join(err, p.Close())
		}
	}
	for _, c := range []struct {
		name string
		make func(dir string) error
		open string
		says string
	}{
		{"a file", file, "x", "is a file"},
		{"inside a file", file, "x/y", "could not be"},
		{
			"a newer schema", exec(fmt.Sprintf(`PRAGMA user_version = %d`, len(migrations)+1)), "",
			"newer Glasswork",
		},
		{"another program's database", exec(`PRAGMA application_id = 7`), "", "another program"},
		{
			"no database", func(dir string) error { return os.Remove(database(dir)) }, "",
			"missing or empty",
		},
		{
			"an empty database", func(dir string) error { return os.Truncate(database(dir), 0) },
			"", "missing or empty",
		},
		{
			"a folder as database",
			func(dir string) error {
				return errors.Join(os.Remove(database(dir)),
					os.Mkdir(database(dir), 0o755))
			}, "", "project.db",
		},
		{
			"not a database", func(dir string) error {
				return os.WriteFile(database(dir),
					bytes.Repeat([]byte("no "), 5000), 0o644)
			}, "", "damaged",
		},
	} {
		dir, _, _ := painted(t)
		if err := c.make(dir); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		before, _ := os.ReadFile(database(dir))
		_, err := Open(t.Context(), filepath.Join(dir, c.open))
		oneSentence(t, c.name, err, c.says, dir)
		if after, _ := os.ReadFile(database(dir)); !bytes.Equal(before, after) {
			t.Errorf("%s: project.db was changed", c.name)
		}
	}
}

func TestADamagedDatabaseIsSaidAndNotOverwritten(t *testing.T) {
	dir, study, want := painted(t)
	path := filepath.Join(dir, databaseName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(whole)
	for i := 4096; i < len(damaged); i++ { // every page but the first
		damaged[i] = byte(i * 7)
	}
	if err := os.WriteFile(path, damaged, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), dir)
	oneSentence(t, "damaged pages", err, "damaged", dir)
	if err := os.WriteFile(path, whole, 0o644); err != nil {
		t.Fatal(err)
	}
	same(t, "brought back", annotated(t, open(t, dir), study), want)
}

// TestAFullDatabaseLosesNothing uses SQLite's own limit of pages, which fails as a full disk does.
func TestAFullDatabaseLosesNothing(t *testing.T) {
	dir, study, want := painted(t)
	p := open(t, dir)
	p.db.SetMaxOpenConns(1) // so that the limit holds for every statement
	if _, err := p.db.Exec(`PRAGMA max_page_count = 1`); err != nil {
		t.Fatal(err)
	}
	var err error
	for i := 0; err == nil && i < 500; i++ {
		e := want.Stroke(noise(newRand(i), 0, image.Rect(0, 0, 32, 24), want))
		err = p.Append(t.Context(), study, want, e)
	}
	oneSentence(t, "full", err, "disk is full", "everything up to here is stored")
	if resultCode(err) != sqlite3.SQLITE_FULL {
		t.Errorf("code %d behind %v", resultCode(err), err)
	}
	same(t, "while full", annotated(t, p, study), want)
	if _, err := p.db.Exec(`PRAGMA max_page_count = 1000000`); err != nil {
		t.Fatal(err)
	}
	do(t, p, study, want, want.Stroke(paint(want, 1, image.Rect(0, 0, 5, 5), 3)))
	p.Close()
	same(t, "reopened", annotated(t, open(t, dir), study), want)
}

func TestACancelledAppendIsWholeOrAbsent(t *testing.T) {
	dir, study, want := painted(t)
	p := open(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Append(ctx, study, want, want.Review(0, true)); !errors.Is(err, context.Canceled) {
		t.Errorf("Append = %v", err)
	}
	same(t, "cancelled", annotated(t, p, study), want)
}

func TestALockedProjectSaysSo(t *testing.T) {
	oneSentence(t, "locked", busyError(t), "another program", "close that program")
}

// busyError is what SQLite says when another connection holds the write lock and nobody waits.
func busyError(t *testing.T) error {
	t.Helper()
	dir, _, _ := painted(t)
	p, q := open(t, dir), open(t, dir)
	tx, err := p.db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	q.db.SetMaxOpenConns(1)
	if _, err := q.db.Exec(`PRAGMA busy_timeout = 1`); err != nil {
		t.Fatal(err)
	}
	return q.SetSetting(t.Context(), "a", "b")
}
