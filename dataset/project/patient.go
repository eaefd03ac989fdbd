package project

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// Use is what a patient's studies were used for.
type Use int

const (
	// Trained pins a patient as one to train on.
	Trained Use = iota + 1
	// Scored pins a patient as held out.
	Scored
)

// SetHoldout chooses whether a patient is held out from training, for scoring only. Once the
// patient was trained on or scored, it returns an error that Is ErrPinned.
func (p *Project) SetHoldout(ctx context.Context, patientKey string, holdout bool) error {
	err := p.write(ctx, func(tx *sql.Tx) error {
		was, pinned, err := patient(ctx, tx, patientKey)
		if err != nil || was == holdout {
			return err
		}
		if pinned && was {
			return fmt.Errorf("this patient has been scored and stays held out: %w", ErrPinned)
		} else if pinned {
			return fmt.Errorf(
				"a model has been trained on this patient, who cannot be held out any more: %w",
				ErrPinned,
			)
		}
		_, err = tx.ExecContext(ctx, `UPDATE patients SET holdout = ? WHERE key = ?`, holdout,
			patientKey)
		return err
	})
	return p.pinnedOr(err)
}

// CheckUse returns the error with which MarkUsed would refuse, and records nothing.
func (p *Project) CheckUse(ctx context.Context, use Use, patientKeys ...string) error {
	return p.pinnedOr(p.read(ctx, func(tx *sql.Tx) error {
		_, err := checkUse(ctx, tx, use, patientKeys)
		return err
	}))
}

// MarkUsed records that patients are trained on or scored, which pins them for life. It marks
// all or none. A held-out patient is never trained on and another one never scored: then the
// error Is ErrPinned.
func (p *Project) MarkUsed(ctx context.Context, use Use, patientKeys ...string) error {
	return p.pinnedOr(p.write(ctx, func(tx *sql.Tx) error {
		return markUsed(ctx, tx, use, patientKeys)
	}))
}

func markUsed(ctx context.Context, tx *sql.Tx, use Use, patientKeys []string) error {
	column, err := checkUse(ctx, tx, use, patientKeys)
	if err != nil {
		return err
	}
	for _, key := range patientKeys {
		if _, err := tx.ExecContext(ctx, `UPDATE patients SET `+column+` = coalesce(`+column+
			`, ?) WHERE key = ?`, now(), key); err != nil {
			return err
		}
	}
	return nil
}

// checkUse returns the column that records a use, or why some patient cannot be used so.
func checkUse(
	ctx context.Context, tx *sql.Tx, use Use, patientKeys []string,
) (column string, err error) {
	column = map[Use]string{Trained: "trained_at", Scored: "scored_at"}[use]
	if column == "" {
		return "", fmt.Errorf("unknown use %d of a patient", use)
	}
	for _, key := range patientKeys {
		holdout, _, err := patient(ctx, tx, key)
		switch {
		case err != nil:
			return "", err
		case holdout && use == Trained:
			return "", fmt.Errorf("a held-out patient is not trained on: %w", ErrPinned)
		case !holdout && use == Scored:
			return "", fmt.Errorf("only held-out patients are scored: %w", ErrPinned)
		}
	}
	return column, nil
}

func (p *Project) pinnedOr(err error) error {
	if errors.Is(err, ErrPinned) {
		return err
	}
	return explain(p.dir, "written", err)
}

// patient says whether a patient is held out and whether that can still change.
func patient(ctx context.Context, tx *sql.Tx, key string) (holdout, pinned bool, err error) {
	err = tx.QueryRowContext(ctx,
		`SELECT holdout, trained_at IS NOT NULL OR scored_at IS NOT NULL
		FROM patients WHERE key = ?`,
		key).Scan(&holdout, &pinned)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("this patient is %w", ErrNotFound)
	}
	return holdout, pinned, err
}
