package project

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"glasswork/dataset/classes"
)

// full is a closed project with all kinds of rows: studies with voxels and labels in two
// revisions, a journal of every kind of entry, and two models.
func full(t testing.TB, dir string) (study string) {
	t.Helper()
	p := open(t, dir)
	s := testSeries("s", "P")
	study = addStudy(t, p, s).ID
	addStudy(t, p, testSeries("other", "Q"))
	if err := p.StoreVoxels(t.Context(), study, noisyVolume(s)); err != nil {
		t.Fatal(err)
	}
	a := annotated(t, p, study)
	for i := range 2 {
		do(t, p, study, a, a.Stroke(paint(a, 2, image.Rect(1+i, 1, 9, 9), uint8(1+i))))
		do(t, p, study, a, a.Review(2, true))
		do(t, p, study, a, proposal(t, a, i, classes.LungsOther, "m"))
		if _, err := p.Save(t.Context(), study, "reader"); err != nil {
			t.Fatal(err)
		}
	}
	do(t, p, study, a, a.Stroke(paint(a, 4, image.Rect(3, 3, 6, 6), 1)))
	model := filepath.Join(t.TempDir(), "m")
	if err := os.WriteFile(model, []byte("weights"), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := p.AddModel(t.Context(), Model{
		Name: "m", TrainedOn: []string{study + "@1"}, Report: []byte(`{}`),
	}, model)
	if err == nil {
		err = p.UseModel(t.Context(), m.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return study
}

// readAll reads whatever a project holds, as window, export and training do.
func readAll(ctx context.Context, dir string) error {
	p, err := Open(ctx, dir)
	if err != nil {
		return err
	}
	defer p.Close()
	all, err := p.Studies(ctx)
	keep := func(next error) { err = errors.Join(err, next) }
	for _, s := range all {
		a, err := p.Annotation(ctx, s.ID)
		keep(err)
		if err == nil {
			_, err = a.Labels.Clone(), a.Labels.Validate()
			keep(err)
		}
		_, err = p.Voxels(ctx, s.ID)
		if s.HasVoxels {
			keep(err)
		}
		_, err = p.Revisions(ctx, s.ID)
		keep(err)
		_, err = p.RevisionLabels(ctx, s.ID, s.Revision)
		if s.Revision > 0 {
			keep(err)
		}
		_, _, err = p.LastProposal(ctx, s.ID, 0)
		if !errors.Is(err, ErrNotFound) {
			keep(err)
		}
		_, err = p.Later(ctx, s.ID, 0)
		keep(err)
	}
	_, next := p.Models(ctx)
	keep(next)
	_, next = p.CurrentModel(ctx)
	keep(next)
	_, next = p.Mapping(ctx)
	keep(next)
	for _, next := range p.ExportStudies(ctx) {
		keep(next)
	}
	x, next := p.Examples(ctx, false)
	keep(next)
	if x != nil {
		for i := range x.Len() {
			_, next := x.At(ctx, i)
			keep(next)
		}
	}
	return err
}

// TestValuesOfADatabaseAreChecked puts values into project.db that no Glasswork writes.
func TestValuesOfADatabaseAreChecked(t *testing.T) {
	const grid = `UPDATE studies SET geometry = json_set(geometry, `
	for _, attack := range []string{
		grid + `'$.Size[0]', 1000000000)`,
		grid + `'$.Size[0]', 4611686018427387904)`,
		grid + `'$.Size[0]', -5)`,
		grid + `'$.Size[2]', 0)`,
		grid + `'$.Affine[0][0]', 1e300)`,
		grid + `'$.Affine[0][0]', 0)`,
		`UPDATE studies SET geometry = 'no JSON'`,
		`UPDATE studies SET geometry = '{}'`,
		`UPDATE studies SET voxels = '../../../../etc/passwd' WHERE voxels IS NOT NULL`,
		`UPDATE studies SET voxels = 'a' WHERE voxels IS NOT NULL`,
		`UPDATE studies SET voxels = printf('%064d', 7) WHERE voxels IS NOT NULL`,
		`UPDATE secrets SET value = x''`,
		`UPDATE secrets SET value = x'01'`,
		`DELETE FROM secrets`,
		`UPDATE revisions SET slices = '[]'`,
		`UPDATE revisions SET slices = 'null'`,
		`UPDATE revisions SET slices = json_insert(slices, '$[#]', json('{"reviewed":true}'))`,
		`UPDATE revisions SET slices = '{'`,
		`UPDATE revisions SET labels = '..'`,
		`UPDATE revisions SET at = 'yesterday'`,
		`UPDATE revisions SET number = number + 7`,
		`UPDATE revisions SET author = 'somebody else'`,
		`UPDATE journal SET z = 99`,
		`UPDATE journal SET z = -1`,
		`UPDATE journal SET kind = 77`,
		`UPDATE journal SET x1 = 2000000000 WHERE x1 IS NOT NULL`,
		`UPDATE journal SET x0 = -1 WHERE x1 IS NOT NULL`,
		`UPDATE journal SET y0 = NULL WHERE x1 IS NOT NULL`,
		`UPDATE journal SET labels = x'00' WHERE x1 IS NOT NULL`,
		`UPDATE journal SET labels = NULL WHERE x1 IS NOT NULL`,
		`UPDATE models SET file = '../../../../../../etc/passwd'`,
		`UPDATE models SET trained_on = '7'`,
		`UPDATE models SET created = ''`,
		`UPDATE models SET report = '{'`,
		`PRAGMA user_version = -1`,
		`CREATE TRIGGER evil BEFORE INSERT ON journal BEGIN DELETE FROM settings; END`,
		`CREATE VIEW evil AS SELECT 1`,
		`DROP TABLE settings;
		CREATE VIEW settings AS WITH RECURSIVE n (key) AS (SELECT 1 UNION ALL SELECT key FROM n)
			SELECT key, key AS value FROM n`,
	} {
		t.Run(attack, func(t *testing.T) {
			dir := t.TempDir()
			full(t, dir)
			spoil(t, dir, attack)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			err := readAll(ctx, dir)
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Error("believed")
			}
			if ctx.Err() != nil {
				t.Error("it takes for ever")
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
				t.Errorf("%d MiB allocated", grown>>20)
			}
		})
	}
}

// spoil runs SQL on a project that its triggers would refuse, and leaves the triggers as they
// were.
func spoil(t *testing.T, dir, attack string) {
	t.Helper()
	p := open(t, dir)
	defer p.Close()
	p.db.SetMaxOpenConns(1)
	tx, err := p.db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	schema, err := schemaOf(t.Context(), tx)
	if err != nil {
		t.Fatal(err)
	}
	var statements []string
	for _, entry := range schema {
		if parts := strings.Split(entry, "\x00"); parts[0] == "trigger" {
			statements = append(statements, "DROP TRIGGER "+parts[1])
		}
	}
	statements = append(statements, `PRAGMA foreign_keys = 0`, attack)
	for _, entry := range schema {
		if parts := strings.Split(entry, "\x00"); parts[0] == "trigger" {
			statements = append(statements, parts[3])
		}
	}
	for _, s := range statements {
		if _, err := tx.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// TestMutatedDatabases reads projects whose project.db differs in some bytes: an error or not,
// but no panic, no hang, no memory that the file does not justify.
func TestMutatedDatabases(t *testing.T) {
	mutants := 400
	if testing.Short() {
		mutants = 60
	}
	dir := t.TempDir()
	full(t, dir)
	path := filepath.Join(dir, databaseName)
	if err := readAll(t.Context(), dir); err != nil {
		t.Fatalf("before any damage: %v", err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for n := range mutants {
		r := rand.New(rand.NewPCG(3, uint64(n)))
		mutant := bytes.Clone(whole)
		for range 1 + r.IntN(20) {
			mutant[r.IntN(len(mutant))] = byte(r.IntN(256))
		}
		if n%5 == 0 {
			mutant = mutant[:r.IntN(len(mutant))]
		}
		if err := writeMutant(dir, mutant); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		if readAll(ctx, dir) != nil {
			refused++
		}
		if ctx.Err() != nil {
			t.Errorf("mutant %d takes for ever", n)
		}
		cancel()
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
			t.Errorf("mutant %d allocates %d MiB", n, grown>>20)
		}
	}
	t.Logf("%d of %d mutants were refused", refused, mutants)
}

func writeMutant(dir string, content []byte) error {
	for _, end := range []string{"-wal", "-shm"} {
		if err := os.Remove(filepath.Join(dir, databaseName+end)); err != nil &&
			!errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, databaseName), content, 0o600)
}

// TestOnlyItsUserReadsAProject looks at the permissions of everything in a new project.
func TestOnlyItsUserReadsAProject(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "project")
	full(t, dir)
	p := open(t, dir) // so that the files are there that exist while it is open
	if err := p.SetSetting(t.Context(), "a", "b"); err != nil {
		t.Fatal(err)
	}
	seen := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		seen++
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s may be read by others: %v", path, info.Mode())
		}
		return nil
	})
	if err != nil || seen < 10 {
		t.Errorf("%d files, %v", seen, err)
	}
}
