package project

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"glasswork/dataset/volume"
)

// A project may have been copied from anywhere, so what is read from it is checked like any other
// file: here the tables of project.db, the values in them and the kinds of its files.

// maxVoxels bounds the grid of a study, as the readers of image files do.
const maxVoxels = 1 << 31

// saltBytes is how long the salt is.
const saltBytes = 32

// openRegular opens a file of the project for reading. Anything but a plain file is refused: a
// pipe or a device could block for ever or never end.
func openRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is %w: it is not a plain file", path, ErrDamaged)
	}
	return os.Open(path)
}

// checkDatabaseFiles returns an error if project.db, or a file that SQLite keeps beside it, is
// anything but a plain file.
func checkDatabaseFiles(dir string) error {
	for _, end := range []string{"", "-wal", "-shm", "-journal"} {
		info, err := os.Stat(filepath.Join(dir, databaseName+end))
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return explain(dir, "opened", err)
		case !info.Mode().IsRegular():
			return fmt.Errorf("%s in the project %s is not a plain file; bring it back from a copy",
				databaseName+end, dir)
		}
	}
	return nil
}

// checkSchema returns errSchema unless the database holds exactly what the steps make. A trigger
// or a view of somebody else's would run as part of our own statements.
func checkSchema(ctx context.Context, tx *sql.Tx, steps []string) error {
	fresh, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return err
	}
	defer fresh.Close()
	fresh.SetMaxOpenConns(1) // every connection would have a database of its own
	want, err := fresh.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = want.Rollback() }()
	for _, step := range steps {
		if _, err := want.ExecContext(ctx, step); err != nil {
			return err
		}
	}
	made, err := schemaOf(ctx, want)
	if err != nil {
		return err
	}
	found, err := schemaOf(ctx, tx)
	if err != nil {
		return err
	}
	if !slices.Equal(made, found) {
		return errSchema
	}
	return nil
}

// schemaOf lists what the database holds, leaving out what SQLite keeps for itself.
func schemaOf(ctx context.Context, tx *sql.Tx) ([]string, error) {
	return queryAll(ctx, tx, func(rows *sql.Rows) (string, error) {
		var kind, name, table, text string
		err := rows.Scan(&kind, &name, &table, &text)
		return strings.Join([]string{kind, name, table, text}, "\x00"), err
	}, `SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema
		WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY type, name`)
}

// readGeometry reads the grid of a study.
func readGeometry(text string) (g volume.Geometry, err error) {
	if err := json.Unmarshal([]byte(text), &g); err != nil {
		return g, fmt.Errorf("its grid is %w", ErrDamaged)
	}
	voxels := 1
	for _, n := range g.Size {
		if n <= 0 || n > maxVoxels/voxels {
			return g, fmt.Errorf("its grid of %v voxels is %w", g.Size, ErrDamaged)
		}
		voxels *= n
	}
	for _, row := range g.Affine {
		for _, v := range row {
			if math.Abs(v) > 1e9 {
				return g, fmt.Errorf("its grid is %w: it is larger than any patient", ErrDamaged)
			}
		}
	}
	if g.Validate() != nil {
		return g, fmt.Errorf("its grid is %w", ErrDamaged)
	}
	return g, nil
}

// isSHA256 reports whether text is a SHA-256 as the project writes it.
func isSHA256(text string) bool {
	_, err := hex.DecodeString(text)
	return err == nil && len(text) == 2*sha256.Size && text == strings.ToLower(text)
}

// checkJSON returns an error unless text is empty or JSON.
func checkJSON(what, text string) error {
	if text != "" && !json.Valid([]byte(text)) {
		return fmt.Errorf("%s is %w: it is not JSON", what, ErrDamaged)
	}
	return nil
}
