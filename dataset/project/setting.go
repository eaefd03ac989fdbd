package project

import (
	"context"
	"database/sql"
	"errors"
)

// Setting returns a small value that the application keeps with the project, "" if it was never
// set.
func (p *Project) Setting(ctx context.Context, key string) (value string, err error) {
	err = p.db.QueryRowContext(ctx, `SELECT value FROM settings WHERE key = ?`, key).Scan(&value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, explain(p.dir, "read", err)
}

// SetSetting keeps a small value under key.
func (p *Project) SetSetting(ctx context.Context, key, value string) error {
	return explain(p.dir, "written", p.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx,
			`INSERT INTO settings VALUES (?, ?)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
			key, value)
		return err
	}))
}
