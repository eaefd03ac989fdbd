package project

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	"os"
	"strings"
	"testing"
	"time"
)

// twoRevisions is a project with one study and two saved revisions of it; labels are those of each.
func twoRevisions(t testing.TB) (p *Project, study string, labels [2][]byte) {
	t.Helper()
	p = open(t, t.TempDir())
	study = addStudy(t, p, testSeries("s", "P")).ID
	a := annotated(t, p, study)
	do(t, p, study, a, proposal(t, a, 0, 3, "one"))
	do(t, p, study, a, proposal(t, a, 1, 2, "two"))
	do(t, p, study, a, a.Review(1, true))
	for i := range labels {
		do(t, p, study, a, a.Stroke(paint(a, 4, image.Rect(i, i, i+3, i+2), 1)))
		if _, err := p.Save(t.Context(), study, "reader"); err != nil {
			t.Fatal(err)
		}
		labels[i] = bytes.Clone(a.Labels.Labels)
	}
	return p, study, labels
}

func TestRevisionsSayWhoMadeWhatFromWhat(t *testing.T) {
	p, study, labels := twoRevisions(t)
	all, err := p.Revisions(t.Context(), study)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d revisions, %v", len(all), err)
	}
	for i, r := range all {
		sum := sha256.Sum256(labels[i])
		if r.Number != i+1 || r.Parent != i || r.Author != "reader" || r.Model != "one, two" ||
			time.Since(r.Time) > time.Minute {
			t.Errorf("revision %d: %+v", i+1, r)
		}
		if r.LabelsSHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("revision %d names other labels", i+1)
		}
		for z, ok := range r.Reviewed {
			if ok != (z == 1) {
				t.Errorf("revision %d, slice %d: reviewed %v", i+1, z+1, ok)
			}
		}
		l, err := p.RevisionLabels(t.Context(), study, i+1)
		if err != nil || !bytes.Equal(l.Labels, labels[i]) {
			t.Errorf("labels of revision %d are not what was saved (%v)", i+1, err)
		}
	}
	if s, err := p.Study(t.Context(), study); err != nil || s.Revision != 2 || s.Reviewed != 1 {
		t.Errorf("study: %+v, %v", s, err)
	}
	if _, err := p.RevisionLabels(t.Context(), study, 3); !errors.Is(err, ErrNotFound) {
		t.Errorf("revision 3: %v", err)
	}
}

func TestSaveWithoutAChangeIsTheLastRevision(t *testing.T) {
	p, study, _ := twoRevisions(t)
	r, err := p.Save(t.Context(), study, "somebody else")
	if err != nil || r.Number != 2 || r.Author != "reader" {
		t.Errorf("Save = %+v, %v", r, err)
	}
	all, err := p.Revisions(t.Context(), study)
	if err != nil || len(all) != 2 || all[1].SHA256 != r.SHA256 {
		t.Errorf("%d revisions, %v", len(all), err)
	}
}

func TestHistoryCannotBeRewritten(t *testing.T) {
	p, study, _ := twoRevisions(t)
	for _, s := range []string{
		`DELETE FROM journal`, `UPDATE journal SET touched = 0`,
		`DELETE FROM revisions`, `UPDATE revisions SET author = 'x'`,
	} {
		if _, err := p.db.Exec(s); err == nil {
			t.Errorf("%s went through", s)
		}
	}
	// Who goes round the triggers is found out by the chain.
	for _, change := range []string{
		`author = 'somebody'`, `at = '2001-01-01T00:00:00Z'`, `model = ''`, `seq = seq - 1`,
		`labels = (SELECT labels FROM revisions WHERE number = 2)`,
		`slices = replace(slices, '"reviewed":true', '"reviewed":false')`,
	} {
		var before string
		p.db.QueryRow(
			`SELECT json_array(author, at, model, seq, labels, slices)
			FROM revisions WHERE number = 1`,
		).Scan(&before)
		if _, err := p.db.Exec(`DROP TRIGGER revision_fixed; UPDATE revisions SET ` + change +
			` WHERE number = 1`); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Revisions(t.Context(), study); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: Revisions = %v, want ErrDamaged", change, err)
		}
		_, err := p.db.Exec(`UPDATE revisions SET author = ?1 ->> 0, at = ?1 ->> 1,
			model = ?1 ->> 2, seq = ?1 ->> 3, labels = ?1 ->> 4, slices = ?1 ->> 5 WHERE number = 1;
			CREATE TRIGGER revision_fixed BEFORE UPDATE ON revisions BEGIN
			SELECT RAISE(ABORT, ''); END`, before)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Revisions(t.Context(), study); err != nil {
			t.Fatalf("after putting %s back: %v", change, err)
		}
	}
}

func TestADamagedBlobIsNamedAndNeverUsed(t *testing.T) {
	p, study, _ := twoRevisions(t)
	all, err := p.Revisions(t.Context(), study)
	if err != nil {
		t.Fatal(err)
	}
	path := p.blobPath(all[1].LabelsSHA256, gzipped)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 4
	other, err := os.ReadFile(p.blobPath(all[0].LabelsSHA256, gzipped))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"empty": {}, "cut": whole[:len(whole)-9], "a bit flipped": flipped, "another blob": other,
		"longer": append(bytes.Clone(whole), whole...),
	} {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
		for what, read := range map[string]func() error{
			"RevisionLabels": func() error {
				_, err := p.RevisionLabels(t.Context(), study,
					2)
				return err
			},
			"Annotation": func() error { _, err := p.Annotation(t.Context(), study); return err },
		} {
			if err := read(); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: %s = %v, want ErrDamaged naming the file", name, what, err)
			}
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Annotation(t.Context(), study); !errors.Is(err, ErrNotFound) ||
		!strings.Contains(err.Error(), path) {
		t.Errorf("missing: %v", err)
	}
	if err := os.WriteFile(path, whole, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Annotation(t.Context(), study); err != nil {
		t.Errorf("after bringing the file back: %v", err)
	}
}

func TestARevisionHoldsWhatWasSavedAndNothingElse(t *testing.T) {
	p, study, _ := twoRevisions(t)
	all, err := p.Revisions(t.Context(), study)
	if err != nil {
		t.Fatal(err)
	}
	a := annotated(t, p, study)
	if all[0].Holds(a) || !all[1].Holds(a) {
		t.Error("the newest revision alone holds the present state")
	}
	do(t, p, study, a, a.Review(0, true))
	if all[1].Holds(a) {
		t.Error("a revision holds a review that came after it")
	}
}
