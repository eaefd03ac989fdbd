package project

import (
	"slices"
	"testing"
)

func TestMigrationsKeepWhatIsThere(t *testing.T) {
	dir, study, want := painted(t)
	p := open(t, dir)
	version := func() (n int) {
		t.Helper()
		if err := p.db.QueryRow(`PRAGMA user_version`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	broken := append(slices.Clone(migrations), `CREATE TABLE half (x INTEGER) STRICT`, `nonsense`)
	if err := p.migrate(t.Context(), broken); err == nil {
		t.Error("a step that fails was taken for done")
	}
	var halves int
	err := p.db.QueryRow(`SELECT count(*) FROM sqlite_schema WHERE name = 'half'`).Scan(&halves)
	if err != nil || halves != 0 || version() != len(migrations) {
		t.Errorf("a failed migration left %d tables and version %d (%v)", halves, version(), err)
	}
	next := append(slices.Clone(migrations), `CREATE TABLE later (x INTEGER) STRICT`,
		`INSERT INTO later VALUES (7)`)
	for range 2 { // the second time there is nothing to do
		if err := p.migrate(t.Context(), next); err != nil {
			t.Fatal(err)
		}
	}
	var rows int
	if err := p.db.QueryRow(`SELECT count(*) FROM later WHERE x = 7`).Scan(&rows); err != nil ||
		rows != 1 || version() != len(migrations)+2 {
		t.Errorf("%d rows, version %d (%v)", rows, version(), err)
	}
	same(t, "migrated", annotated(t, p, study), want)
}

func TestEveryConnectionIsSafe(t *testing.T) {
	p := open(t, t.TempDir())
	for range 4 {
		conn, err := p.db.Conn(t.Context()) // held, so that the next one is another
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		for pragma, want := range map[string]string{
			"journal_mode": "wal", "synchronous": "2",
			"foreign_keys": "1", "busy_timeout": "10000",
		} {
			var got string
			if err := conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil ||
				got != want {
				t.Errorf("%s = %s, %v; want %s", pragma, got, err, want)
			}
		}
	}
}
