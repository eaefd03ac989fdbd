package project

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"glasswork/dataset/series"
	"glasswork/dataset/volume"
)

// Study is one series of a project, as it stands now.
type Study struct {
	// ID names the study inside this project; Alias (study-0001) is what people see. Neither says
	// who the patient is.
	ID, Alias string
	// PatientKey is a salted hash: studies of one patient share it.
	PatientKey string
	// SeriesID is series.Series.ID, Source the path it was opened from last.
	SeriesID, Source, Description string
	Geometry                      volume.Geometry
	Calibrated, Measurable        bool
	// Holdout says that this patient is for scoring and never for training.
	Holdout bool
	// Slices is how many the study has, Reviewed how many a person has reviewed, Revision the
	// last saved one (0: none).
	Slices, Reviewed, Revision int
	// HasVoxels says that the voxels are stored in the project.
	HasVoxels bool
}

// AddStudy registers a series. The same series again (by its ID) returns the same study and
// records where it was found this time. The name and ID of the patient are not stored.
func (p *Project) AddStudy(ctx context.Context, s *series.Series) (Study, error) {
	if err := s.Geometry.Validate(); err != nil {
		return Study{}, fmt.Errorf("%s cannot be added to the project: %w", s.Path, err)
	}
	id := p.hash("study", s.ID)[:16]
	err := p.write(ctx, func(tx *sql.Tx) error {
		known, err := studyByID(ctx, tx, id)
		if err == nil {
			return meetAgain(ctx, tx, known, s)
		} else if !errors.Is(err, ErrNotFound) {
			return err
		}
		return insertStudy(ctx, tx, id, p.patientKey(s), s)
	})
	if err != nil {
		return Study{}, explain(p.dir, "written", err)
	}
	return p.Study(ctx, id)
}

// meetAgain updates where a known study lies. Its labels stand on its grid, so another grid is
// refused.
func meetAgain(ctx context.Context, tx *sql.Tx, known Study, s *series.Series) error {
	if !known.Geometry.SameGrid(s.Geometry) {
		return &Error{Advice: fmt.Sprintf("%s is study %s of this project but has other slices "+
			"than before (%s then, %s now); open the complete series, or use another project",
			s.Path, known.Alias, size(known.Geometry), size(s.Geometry))}
	}
	_, err := tx.ExecContext(ctx, `UPDATE studies SET source = ? WHERE id = ?`, s.Path, known.ID)
	return err
}

func insertStudy(ctx context.Context, tx *sql.Tx, id, patient string, s *series.Series) error {
	geometry, err := json.Marshal(s.Geometry)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO patients (key) VALUES (?) ON CONFLICT DO NOTHING`,
		patient); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO studies
			(id, patient, series, source, description, geometry, calibrated, measurable, added_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, id, patient, s.ID, s.Path, s.Description,
		string(geometry), s.Calibrated, s.Measurable, now())
	return err
}

// patientKey is the same for all studies of one patient, as far as the files say so.
func (p *Project) patientKey(s *series.Series) string {
	if id := strings.TrimSpace(s.PatientID); id != "" {
		return p.hash("patient", id)
	}
	if s.StudyUID != "" {
		return p.hash("study of unknown patient", s.StudyUID)
	}
	return p.hash("series of unknown patient", s.ID)
}

// hash is a keyed hash of text that cannot be guessed without the project's salt.
func (p *Project) hash(purpose, text string) string {
	return hex.EncodeToString(p.sum(purpose, text))
}

// Key returns a secret of 32 bytes for one purpose, the same whenever the project is opened.
// Whoever has it learns nothing of the project's other secrets.
func (p *Project) Key(purpose string) []byte { return p.sum("key", purpose) }

func (p *Project) sum(purpose, text string) []byte {
	h := hmac.New(sha256.New, p.salt)
	h.Write([]byte(purpose + "\x00" + text))
	return h.Sum(nil)
}

// Study returns one study, or an error that Is ErrNotFound.
func (p *Project) Study(ctx context.Context, id string) (s Study, err error) {
	err = p.read(ctx, func(tx *sql.Tx) error {
		s, err = studyByID(ctx, tx, id)
		return err
	})
	return s, explain(p.dir, "read", err)
}

// Studies returns all studies in the order in which they were added.
func (p *Project) Studies(ctx context.Context) (all []Study, err error) {
	err = p.read(ctx, func(tx *sql.Tx) error {
		all, err = queryAll(ctx, tx, scanStudy, selectStudy+` ORDER BY s.number`)
		return err
	})
	return all, explain(p.dir, "read", err)
}

// selectStudy counts as reviewed the slices whose last journal entry says so: the journal is
// never shortened.
const selectStudy = `SELECT s.number, s.id, s.patient, s.series, s.source, s.description,
	s.geometry, s.calibrated, s.measurable, p.holdout,
	(SELECT count(*) FROM
		(SELECT reviewed, max(seq) FROM journal WHERE study = s.id GROUP BY z) WHERE reviewed),
	(SELECT coalesce(max(number), 0) FROM revisions WHERE study = s.id),
	s.voxels IS NOT NULL
	FROM studies s JOIN patients p ON p.key = s.patient`

func scanStudy(rows *sql.Rows) (s Study, err error) {
	var number int
	var geometry string
	err = rows.Scan(&number, &s.ID, &s.PatientKey, &s.SeriesID, &s.Source, &s.Description,
		&geometry, &s.Calibrated, &s.Measurable, &s.Holdout,
		&s.Reviewed, &s.Revision, &s.HasVoxels)
	if err != nil {
		return s, err
	}
	if s.Geometry, err = readGeometry(geometry); err != nil {
		return s, fmt.Errorf("study %d cannot be read: %w; bring %s back from a copy", number, err,
			databaseName)
	}
	s.Alias = fmt.Sprintf("study-%04d", number)
	s.Slices = s.Geometry.Size[0]
	return s, nil
}

func studyByID(ctx context.Context, tx *sql.Tx, id string) (Study, error) {
	found, err := queryAll(ctx, tx, scanStudy, selectStudy+` WHERE s.id = ?`, id)
	if err != nil {
		return Study{}, err
	}
	if len(found) == 0 {
		return Study{}, fmt.Errorf("study %s is %w", id, ErrNotFound)
	}
	return found[0], nil
}

// StoreVoxels stores a copy of the study's voxels in the project, so that it can be trained on
// when the original files are gone. Stored voxels never change; storing the same voxels again
// repairs a file that is missing or damaged.
func (p *Project) StoreVoxels(ctx context.Context, id string, v *volume.Volume) error {
	s, stored, err := p.studyAndVoxels(ctx, id)
	if err != nil {
		return err
	}
	if !s.Geometry.SameGrid(v.Geometry) || len(v.HU) != v.Voxels() {
		return fmt.Errorf("the voxels of study %s do not lie on its grid of %s", s.Alias,
			size(s.Geometry))
	}
	voxels := huContent(v.HU)
	if stored != "" {
		sum, err := sumOf(ctx, voxels)
		if err != nil || sum != stored {
			return err
		}
	}
	sum, err := p.putBlob(ctx, voxels, plain)
	if err != nil {
		return explain(p.dir, "written", err)
	}
	err = p.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx,
			`UPDATE studies SET voxels = ? WHERE id = ? AND voxels IS NULL`, sum, id)
		return err
	})
	return explain(p.dir, "written", err)
}

// Voxels returns the stored voxels of a study, verified. The error Is ErrNotFound if none are
// stored and ErrDamaged if they differ from what was stored.
func (p *Project) Voxels(ctx context.Context, id string) (*volume.Volume, error) {
	s, sum, err := p.studyAndVoxels(ctx, id)
	if err != nil {
		return nil, err
	}
	if sum == "" {
		return nil, fmt.Errorf("the voxels of study %s are %w; open it once more from its files",
			s.Alias, ErrNotFound)
	}
	v, err := p.getVoxels(ctx, sum, s.Geometry)
	if err != nil {
		return nil, fmt.Errorf("the voxels of study %s cannot be read: %w", s.Alias, err)
	}
	return v, nil
}

// studyAndVoxels returns a study and its blob of voxels, "" where none is stored.
func (p *Project) studyAndVoxels(ctx context.Context, id string) (s Study, sum string, err error) {
	err = p.read(ctx, func(tx *sql.Tx) error {
		if s, err = studyByID(ctx, tx, id); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT coalesce(voxels, '') FROM studies WHERE id = ?`,
			id).Scan(&sum)
	})
	return s, sum, explain(p.dir, "read", err)
}

func size(g volume.Geometry) string {
	return fmt.Sprintf("%d × %d × %d voxels", g.Size[2], g.Size[1], g.Size[0])
}

func now() string { return time.Now().UTC().Format(time.RFC3339Nano) }
