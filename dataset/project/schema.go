package project

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// applicationID marks project.db as ours in SQLite's header: "GLWK".
const applicationID = 0x474C574B

// migrations bring the schema from version i to i+1; user_version counts how many have run.
// Released steps are never changed in what they do: a change is a new step at the end.
var migrations = []string{
	`CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;

	CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

	CREATE TABLE patients (
		key        TEXT PRIMARY KEY,            -- salted hash, no identity
		holdout    INTEGER NOT NULL DEFAULT 0,
		trained_at TEXT,                        -- first use for training; pins holdout = 0
		scored_at  TEXT                         -- first use for scoring; pins holdout = 1
	) STRICT;

	CREATE TABLE studies (
		number     INTEGER PRIMARY KEY,         -- the alias is A and this number
		id         TEXT NOT NULL UNIQUE,
		patient    TEXT NOT NULL REFERENCES patients (key),
		series     TEXT NOT NULL UNIQUE,        -- Series.ID
		source     TEXT NOT NULL,               -- path opened last
		description TEXT NOT NULL,
		geometry   TEXT NOT NULL,               -- JSON of volume.Geometry
		calibrated INTEGER NOT NULL,
		measurable INTEGER NOT NULL,
		voxels     TEXT,                        -- blob
		added_at   TEXT NOT NULL
	) STRICT;

	CREATE TABLE journal (
		seq      INTEGER PRIMARY KEY AUTOINCREMENT,
		study    TEXT NOT NULL REFERENCES studies (id),
		kind     INTEGER NOT NULL,              -- 1 stroke, 2 proposal, 3 review
		z        INTEGER NOT NULL,
		x0 INTEGER, y0 INTEGER, x1 INTEGER, y1 INTEGER, -- box of the patch, NULL without one
		labels   BLOB,                          -- deflate of the box's old, then new labels
		touched  INTEGER NOT NULL,              -- the slice's state after this entry
		reviewed INTEGER NOT NULL,
		model    TEXT NOT NULL,
		at       INTEGER NOT NULL               -- Unix milliseconds
	) STRICT;
	CREATE INDEX journal_slices ON journal (study, z, seq, touched, reviewed);

	CREATE TABLE revisions (
		study    TEXT NOT NULL REFERENCES studies (id),
		number   INTEGER NOT NULL,
		parent   INTEGER NOT NULL,              -- 0: none
		author   TEXT NOT NULL,
		at       TEXT NOT NULL,                 -- RFC 3339, UTC
		model    TEXT NOT NULL,
		slices   TEXT NOT NULL,                 -- JSON: state of each slice
		labels   TEXT NOT NULL,                 -- blob
		seq      INTEGER NOT NULL,              -- last journal entry folded in
		sha256   TEXT NOT NULL,                 -- over all of this and the parent's sha256
		PRIMARY KEY (study, number)
	) STRICT;

	CREATE TABLE models (
		id       TEXT PRIMARY KEY,              -- SHA-256 of the file
		name     TEXT NOT NULL,
		parent   TEXT NOT NULL,
		file     TEXT NOT NULL,                 -- name under models/, '' for the shipped one
		created  TEXT NOT NULL,
		trained_on TEXT NOT NULL,               -- JSON: ["study@revision"]
		report   TEXT NOT NULL                  -- JSON, '' for none
	) STRICT;
	CREATE TABLE model_uses (
		seq   INTEGER PRIMARY KEY AUTOINCREMENT,
		model TEXT NOT NULL,
		at    TEXT NOT NULL
	) STRICT;

	CREATE TRIGGER journal_kept BEFORE DELETE ON journal BEGIN
		SELECT RAISE(ABORT, 'the journal is never shortened'); END;
	CREATE TRIGGER journal_fixed BEFORE UPDATE ON journal BEGIN
		SELECT RAISE(ABORT, 'journal entries never change'); END;
	CREATE TRIGGER revision_kept BEFORE DELETE ON revisions BEGIN
		SELECT RAISE(ABORT, 'revisions are never deleted'); END;
	CREATE TRIGGER revision_fixed BEFORE UPDATE ON revisions BEGIN
		SELECT RAISE(ABORT, 'revisions never change'); END;
	CREATE TRIGGER model_kept BEFORE DELETE ON models BEGIN
		SELECT RAISE(ABORT, 'models are never deleted'); END;
	CREATE TRIGGER model_fixed BEFORE UPDATE ON models BEGIN
		SELECT RAISE(ABORT, 'models never change'); END;`,

	// Where annotation from elsewhere came from; kind 4 is an import.
	`ALTER TABLE journal ADD COLUMN source TEXT NOT NULL DEFAULT '';`,

	// Which labels imports marked: the sum of 1 << label, 0 where nobody has said.
	`ALTER TABLE journal ADD COLUMN marks INTEGER NOT NULL DEFAULT 0;`,
}

// migrate brings the database to the schema of all steps, or to none of them, and
// refuses one that has seen more steps or is not ours.
func (p *Project) migrate(ctx context.Context, steps []string) error {
	if err := writeAhead(ctx, p.db); err != nil {
		return err
	}
	return p.write(ctx, func(tx *sql.Tx) error {
		var app, version, tables int
		err := tx.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
			(SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)`,
		).Scan(&app, &version, &tables)
		switch {
		case err != nil:
			return err
		case app != applicationID && tables > 0:
			return errForeign
		case version > len(steps):
			return errNewer
		case version < 0:
			return errSchema
		}
		if err := checkSchema(ctx, tx, steps[:version]); err != nil || version == len(steps) {
			return err
		}
		for i, step := range steps[version:] {
			if _, err := tx.ExecContext(ctx, step); err != nil {
				return fmt.Errorf("schema version %d: %w", version+i+1, err)
			}
		}
		if version == 0 {
			// The salt keeps patient keys from being guessed from a list of patient IDs.
			salt := make([]byte, saltBytes)
			rand.Read(salt)
			if _, err := tx.ExecContext(ctx, `INSERT INTO secrets VALUES ('salt', ?)`,
				salt); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx,
			fmt.Sprintf(`PRAGMA application_id = %d; PRAGMA user_version = %d`, applicationID,
				len(steps)))
		return err
	})
}

// writeAhead switches the database to WAL, which the file remembers. SQLite does not wait for a
// second program that does the same at the same moment, so this function does.
func writeAhead(ctx context.Context, db *sql.DB) error {
	for deadline := time.Now().Add(busyTimeout); ; time.Sleep(5 * time.Millisecond) {
		var mode string
		err := db.QueryRowContext(ctx, `PRAGMA journal_mode = WAL`).Scan(&mode)
		switch {
		case err == nil && mode == "wal":
			return nil
		case err == nil:
			return errors.New(
				"this file system has no shared memory; put the project on a local disk",
			)
		case ctx.Err() != nil || !isBusy(err) || time.Now().After(deadline):
			return err
		}
	}
}
