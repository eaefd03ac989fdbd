package project

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"glasswork/dataset/atomicfile"
)

// Baseline is the ID of the shipped model if it was not registered under one of its own.
const Baseline = "baseline"

// modelEnd is the end of a model's file name, after its SHA-256.
const modelEnd = ".safetensors"

// ModelState says whether a person has ever adopted a model.
type ModelState int

const (
	// Candidate is a model that was trained here and not yet chosen.
	Candidate ModelState = iota
	// Accepted is a model that is or was the current one, or the shipped one.
	Accepted
)

// Model is one immutable network of the project.
type Model struct {
	// ID is the SHA-256 of the file. For the shipped model it is whatever it was registered
	// under.
	ID, Name string
	// Parent is the ID of the model it was fine-tuned from.
	Parent string
	// Path is the file inside the project, "" for the shipped model.
	Path    string
	Created time.Time
	State   ModelState
	// TrainedOn names the label revisions it was trained on, as study@revision.
	TrainedOn []string
	// Report is how it scored when it was made.
	Report json.RawMessage
	// Trained and Scored are the keys of the patients whom it was trained on and by whom it was
	// scored. AddModel pins them for life: no training without a model does. They are not read
	// back.
	Trained, Scored []string
}

// AddModel copies a model file into the project as models/<sha256>.safetensors and records m. It
// sets ID, Path and State. If file is "", it records the shipped model under m.ID (Baseline if
// empty). Adding a model again returns the one that is there. If a patient has changed sides since
// the training began, the error Is ErrPinned; if another model has the name, ErrNameTaken.
func (p *Project) AddModel(ctx context.Context, m Model, file string) (Model, error) {
	name := ""
	if file == "" {
		m.ID = cmp.Or(m.ID, Baseline)
	} else {
		sum, err := p.copyModel(ctx, file)
		if err != nil {
			return Model{}, err
		}
		m.ID, name = sum, sum+modelEnd
	}
	if m.Created.IsZero() {
		m.Created = time.Now()
	}
	trainedOn, err := json.Marshal(append([]string{}, m.TrainedOn...))
	if err != nil {
		return Model{}, err
	}
	err = p.write(ctx, func(tx *sql.Tx) error {
		var taken bool
		err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM models
			WHERE name = ? AND id <> ? AND file <> '')`, m.Name, m.ID).Scan(&taken)
		if err == nil && taken && name != "" {
			err = fmt.Errorf("%q: %w", m.Name, ErrNameTaken)
		}
		err = errors.Join(err, markUsed(ctx, tx, Trained, m.Trained),
			markUsed(ctx, tx, Scored, m.Scored))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO models
			(id, name, parent, file, created, trained_on, report) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`, m.ID, m.Name, m.Parent, name,
			m.Created.UTC().Format(time.RFC3339Nano), string(trainedOn), string(m.Report))
		return err
	})
	if err != nil {
		if errors.Is(err, ErrNameTaken) {
			return Model{}, err
		}
		return Model{}, p.pinnedOr(err)
	}
	return p.Model(ctx, m.ID)
}

// copyModel copies file under its SHA-256 and returns that.
func (p *Project) copyModel(ctx context.Context, file string) (string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("the model %s cannot be read: %w", file, err)
	}
	sum := sha256Hex(content)
	path := filepath.Join(p.dir, modelsName, sum+modelEnd)
	if verifyModel(path, sum) == nil {
		return sum, nil
	}
	err = atomicfile.WritePrivate(path, func(w io.Writer) error {
		return copyChunks(ctx, w, content)
	})
	return sum, explain(p.dir, "written", err)
}

// verifyModel returns an error for a model file that is missing or differs from the one that was
// stored.
func verifyModel(path, id string) error {
	f, err := openRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf(
			"the model file %s is missing; bring it back from a copy or use another model: %w",
			path, ErrNotFound,
		)
	} else if err != nil {
		return fmt.Errorf("the model file %s cannot be read: %w", path, err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return fmt.Errorf("the model file %s cannot be read: %w", path, err)
	}
	if hex.EncodeToString(h.Sum(nil)) != id {
		return fmt.Errorf("the model file %s is %w; bring it back from a copy or use another model",
			path, ErrDamaged)
	}
	return nil
}

// CheckModelFile returns an error that Is ErrDamaged if the file's name is a project's, a SHA-256,
// and its content has another one. Other names say nothing of the content.
func CheckModelFile(path string) error {
	id, ours := strings.CutSuffix(filepath.Base(path), modelEnd)
	if !ours || !isSHA256(id) {
		return nil
	}
	return verifyModel(path, id)
}

const selectModel = `SELECT id, name, parent, file, created, trained_on, report,
	file = '' OR EXISTS (SELECT 1 FROM model_uses WHERE model = id) FROM models`

func (p *Project) scanModel(rows *sql.Rows) (m Model, err error) {
	var file, created, trainedOn, report string
	var accepted bool
	if err = rows.Scan(&m.ID, &m.Name, &m.Parent, &file, &created, &trainedOn, &report,
		&accepted); err != nil {
		return m, err
	}
	if m.Created, err = time.Parse(time.RFC3339Nano, created); err != nil {
		return m, fmt.Errorf("model %s is %w: it has no time", m.ID, ErrDamaged)
	}
	if err = json.Unmarshal([]byte(trainedOn), &m.TrainedOn); err != nil {
		return m, fmt.Errorf("model %s is %w: it does not list its studies", m.ID, ErrDamaged)
	}
	if err = checkJSON("the report of model "+m.ID, report); err != nil {
		return m, err
	}
	if file != "" && (!isSHA256(m.ID) || file != m.ID+modelEnd) {
		return m, fmt.Errorf("model %s is %w: its file is named %q", m.ID, ErrDamaged, file)
	}
	if file != "" {
		m.Path = filepath.Join(p.dir, modelsName, file)
	}
	if report != "" {
		m.Report = json.RawMessage(report)
	}
	if accepted {
		m.State = Accepted
	}
	return m, nil
}

// Models returns all models in the order in which they were added.
func (p *Project) Models(ctx context.Context) ([]Model, error) {
	return p.models(ctx, selectModel+` ORDER BY rowid`)
}

func (p *Project) models(ctx context.Context, query string, args ...any) (all []Model, err error) {
	err = p.read(ctx, func(tx *sql.Tx) error {
		all, err = queryAll(ctx, tx, p.scanModel, query, args...)
		return err
	})
	return all, explain(p.dir, "read", err)
}

// Model returns one model, or an error that Is ErrNotFound. The shipped model is always there.
func (p *Project) Model(ctx context.Context, id string) (Model, error) {
	found, err := p.models(ctx, selectModel+` WHERE id = ?`, id)
	switch {
	case err != nil:
		return Model{}, err
	case len(found) > 0:
		return found[0], nil
	case id == Baseline:
		return Model{ID: Baseline, Name: Baseline, State: Accepted}, nil
	}
	return Model{}, fmt.Errorf("model %s is %w", id, ErrNotFound)
}

// CurrentModel returns the model chosen last, or the shipped one if none was chosen.
func (p *Project) CurrentModel(ctx context.Context) (Model, error) {
	var id string
	err := p.db.QueryRowContext(ctx, `SELECT coalesce(
		(SELECT model FROM model_uses ORDER BY seq DESC LIMIT 1),
		(SELECT id FROM models WHERE file = '' ORDER BY rowid DESC LIMIT 1), ?)`,
		Baseline).Scan(&id)
	if err != nil {
		return Model{}, explain(p.dir, "read", err)
	}
	return p.Model(ctx, id)
}

// UseModel makes a model the current one, both to adopt a candidate and to go back. If the
// model's file is missing or damaged, it returns an error and the current model stays.
func (p *Project) UseModel(ctx context.Context, id string) error {
	m, err := p.Model(ctx, id)
	if err != nil {
		return err
	}
	if m.Path != "" {
		if err := verifyModel(m.Path, m.ID); err != nil {
			return err
		}
	}
	return explain(p.dir, "written", p.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO model_uses (model, at) VALUES (?, ?)`, id, now())
		return err
	}))
}
