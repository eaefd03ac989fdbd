// Package project is the project store: a folder that a user can copy. It holds the studies of a
// project, every change that a person or a model made to their labels, immutable revisions of
// the labels, models, and which patients are held out from training. docs/project.md describes
// the folder and its schema. Showing voxels and learning from them is done elsewhere.
package project

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
	_ "modernc.org/sqlite" // the "sqlite" driver

	"glasswork/dataset/atomicfile"
)

const (
	databaseName = "project.db"
	blobsName    = "blobs"
	modelsName   = "models"
	lockName     = ".lock"
)

// A project holds images of patients, so only its user reads it, whatever the umask is.
const (
	privateDir  = 0o700
	privateFile = 0o600
)

// busyTimeout is how long one program waits while another writes to the same project.
const busyTimeout = 10 * time.Second

// Project is an open project. Its methods are safe for concurrent use, also by
// several programs that have the same folder open.
type Project struct {
	dir string
	db  *sql.DB
	// writing queues the goroutines of this program fairly. Between programs SQLite's lock does.
	writing sync.Mutex
	packers sync.Pool // *packer
	// held is locked, shared with others, for as long as the project is open.
	held *flock.Flock
	salt []byte
}

// Exists reports whether there is a project in the folder dir.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, databaseName))
	return err == nil
}

// Open opens the project in the folder dir and creates it where there is none.
// Errors are sentences for the user; nothing is changed where one is returned.
func Open(ctx context.Context, dir string) (*Project, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("the project folder %s cannot be found: %w", dir, err)
	}
	if err := prepareFolder(abs); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dataSource(filepath.Join(abs, databaseName)))
	if err != nil {
		return nil, explain(abs, "opened", err)
	}
	// Connections are few and kept: opening one costs more than a stroke.
	// Watch holds one.
	db.SetMaxOpenConns(5)
	db.SetMaxIdleConns(5)
	p := &Project{dir: abs, db: db}
	p.packers.New = func() any { return newPacker() }
	if err := p.setUp(ctx); err != nil {
		return nil, errors.Join(explain(abs, "opened", err), db.Close())
	}
	if err := p.hold(); err != nil {
		return nil, errors.Join(explain(abs, "opened", err), db.Close())
	}
	return p, nil
}

// hold says that the project is open, and removes what killed programs have left if nobody else
// has it open.
func (p *Project) hold() error {
	p.held = flock.New(filepath.Join(p.dir, lockName), flock.SetPermissions(privateFile))
	alone, err := p.held.TryLock()
	if err != nil {
		return err
	}
	if alone {
		p.sweep()
		if err := p.held.Unlock(); err != nil {
			return err
		}
	}
	return p.held.RLock() // another program holds it alone for a moment only
}

// setUp brings schema and folders up to date and reads the salt.
func (p *Project) setUp(ctx context.Context) error {
	if err := p.migrate(ctx, migrations); err != nil {
		return err
	}
	for _, sub := range []string{blobsName, modelsName} {
		if err := os.MkdirAll(filepath.Join(p.dir, sub), privateDir); err != nil {
			return err
		}
	}
	err := p.db.QueryRowContext(ctx, `SELECT value FROM secrets WHERE name = 'salt'`).Scan(&p.salt)
	if err == nil && len(p.salt) != saltBytes || errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("its secret is %w; bring %s back from a copy", ErrDamaged, databaseName)
	}
	return err
}

// dataSource names the database file and the settings that every connection gets:
// wait for the other program, write ahead, and sync before a commit returns.
func dataSource(path string) string {
	q := url.Values{"_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()),
		"synchronous(FULL)", "foreign_keys(1)",
	}, "_txlock": {"immediate"}}
	return (&url.URL{
		Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path),
		RawQuery: q.Encode(),
	}).String()
}

// prepareFolder makes dir a folder that can be written and that has not lost its database.
func prepareFolder(dir string) error {
	switch info, err := os.Stat(dir); {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(dir, privateDir); err != nil {
			return explain(dir, "created", err)
		}
	case err != nil:
		return explain(dir, "opened", err)
	case !info.IsDir():
		return fmt.Errorf("%s is a file; a project is a folder, choose or create one", dir)
	}
	// SQLite would make a new database if the old one is gone. The other folders are made after
	// the database, so if they exist it was there.
	if _, err := os.Stat(filepath.Join(dir, blobsName)); err == nil {
		if info, err := os.Stat(filepath.Join(dir, databaseName)); err != nil || info.Size() == 0 {
			return fmt.Errorf("%s is missing or empty in the project %s; bring it back from a "+
				"copy, the other files are untouched", databaseName, dir)
		}
	}
	if err := checkDatabaseFiles(dir); err != nil {
		return err
	}
	// SQLite would open a folder without write permission and fail at the first stroke.
	probe, err := os.CreateTemp(dir, ".glasswork-*.tmp")
	if err != nil {
		return explain(dir, "written", err)
	}
	err = os.Remove(probe.Name())
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // another program has swept it
	}
	if err := errors.Join(probe.Close(), err); err != nil {
		return explain(dir, "written", err)
	}
	return makePrivate(dir)
}

// makePrivate makes project.db, if it is not there, a file that only its user reads. SQLite gives
// its other files the same permissions.
func makePrivate(dir string) error {
	return explain(dir, "opened", atomicfile.EnsurePrivate(filepath.Join(dir, databaseName)))
}

// Close closes the project. Everything that was appended or saved is on disk already.
func (p *Project) Close() error {
	if err := errors.Join(p.db.Close(), p.held.Unlock()); err != nil {
		return explain(p.dir, "closed", err)
	}
	return nil
}

// Dir is the project's folder, absolute.
func (p *Project) Dir() string { return p.dir }

// write runs do in one transaction that no other writer can enter; it is durable on return.
func (p *Project) write(ctx context.Context, do func(tx *sql.Tx) error) error {
	p.writing.Lock()
	defer p.writing.Unlock()
	return inTx(ctx, p.db, nil, do)
}

// read runs do on one consistent state of the database.
func (p *Project) read(ctx context.Context, do func(tx *sql.Tx) error) error {
	return inTx(ctx, p.db, &sql.TxOptions{ReadOnly: true}, do)
}

func inTx(ctx context.Context, db *sql.DB, o *sql.TxOptions, do func(tx *sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, o)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		// The error of do says why; a transaction that cannot be rolled back is not committed.
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

// queryAll collects the rows of a query.
func queryAll[T any](
	ctx context.Context, tx *sql.Tx, scan func(*sql.Rows) (T, error), query string, args ...any,
) ([]T, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
