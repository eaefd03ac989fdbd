package experiment

import (
	"slices"
	"strings"
	"testing"

	"glasswork/dataset/example"
)

// cohort is slices of patients, told apart by the letters of a text: "aab" are two of a
// and one of b.
type cohort struct {
	example.Set
	letters string
}

func (c cohort) Len() int { return len(c.letters) }

func (c cohort) Key(i int) (patient, caseID string, z int) {
	return c.letters[i : i+1], c.letters[i : i+1], i
}

func TestSplitByPatient(t *testing.T) {
	letters := strings.Repeat("abcdefghijklmnopqrst", 5)
	d := &Data{Pool: cohort{letters: letters}, TestFrom: len(letters)}
	s, err := Patient.split(d)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Test) != 20 || len(s.Validation) != 16+4 || len(s.Train) != 60 {
		t.Errorf("%d train, %d validation, %d test", len(s.Train), len(s.Validation), len(s.Test))
	}
	of := func(at []int) (patients string) {
		for _, i := range at {
			patients += letters[i : i+1]
		}
		return patients
	}
	if strings.ContainsAny(of(s.Test), of(s.Train)) ||
		strings.ContainsAny(of(s.Validation), of(s.Train)) ||
		strings.ContainsAny(of(s.Test), of(s.Validation)) {
		t.Errorf("a patient stands on two sides: %s / %s / %s", of(s.Train), of(s.Validation),
			of(s.Test))
	}
	all := slices.Concat(s.Train, s.Validation, s.Test)
	slices.Sort(all)
	if len(slices.Compact(all)) != len(letters) {
		t.Error("slices are missing")
	}
}

// The study's arrays: a hundred patients of one slice, and one of 829, who trains.
func TestAPatientWithMostSlicesTrains(t *testing.T) {
	letters := ""
	for i := range 100 {
		letters += string(rune(1 + i))
	}
	letters += strings.Repeat("\x7f", 829)
	s, err := Patient.split(&Data{Pool: cohort{letters: letters}, TestFrom: len(letters)})
	if err != nil || len(s.Test) != 20 || len(s.Validation) < 14 || len(s.Validation) > 18 ||
		len(s.Train) < 829+60 {
		t.Errorf("%d train, %d validation, %d test, %v", len(s.Train), len(s.Validation),
			len(s.Test), err)
	}
}

func TestATestSetOfItsOwnIsKept(t *testing.T) {
	d := &Data{Pool: cohort{letters: "abcdefghijXYZ"}, TestFrom: 10}
	s, err := Patient.split(d)
	if err != nil || !slices.Equal(s.Test, []int{10, 11, 12}) || len(s.Validation) != 2 ||
		len(s.Train) != 8 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestThreePatientsAreEnough(t *testing.T) {
	s, err := Patient.split(&Data{Pool: cohort{letters: "aabbcc"}, TestFrom: 6})
	if err != nil || len(s.Train) != 2 || len(s.Validation) != 2 || len(s.Test) != 2 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestTooFewPatients(t *testing.T) {
	for _, letters := range []string{"aaaaaa", "aabb"} {
		_, err := Patient.split(&Data{Pool: cohort{letters: letters}, TestFrom: len(letters)})
		if err == nil || !strings.Contains(err.Error(), "cannot be split by patient") {
			t.Errorf("%s: %v", letters, err)
		}
	}
	if _, err := Published.split(&Data{Pool: cohort{letters: "a"}, TestFrom: 1}); err == nil {
		t.Error("one slice is split")
	}
}

func planOf(t *testing.T, p Protocol, suite string, flags Settings, seeds int) Plan {
	t.Helper()
	s, err := OpenSuite(suite)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := NewPlan(s, p, flags, seeds, &Data{
		Names: []string{"bands"}, Pool: bands(40), TestFrom: 40,
	})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func TestPlanIsPinned(t *testing.T) {
	dir := t.TempDir()
	plan := planOf(t, Patient, "augmentations", Settings{}, 1)
	if _, err := plan.Open(dir); err != nil {
		t.Fatal(err)
	}
	if again, err := planOf(t, Patient, "augmentations", Settings{}, 3).Open(dir); err != nil ||
		again.Seeds != 3 {
		t.Errorf("more seeds: %d, %v", again.Seeds, err)
	}
	if again, err := planOf(t, Patient, "augmentations", Settings{}, 1).Open(dir); err != nil ||
		again.Seeds != 3 {
		t.Errorf("fewer seeds forget the others: %d, %v", again.Seeds, err)
	}
	for want, other := range map[string]Plan{
		"its protocol is patient":    planOf(t, Published, "augmentations", Settings{}, 1),
		"its suite is augmentations": planOf(t, Patient, "architectures", Settings{}, 1),
		"its column 1, E, has other settings": planOf(t, Patient, "augmentations",
			Settings{Size: 128}, 1),
	} {
		if _, err := other.Open(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// What flags say goes before what columns say, and that before the protocol.
func TestSettingsOfColumns(t *testing.T) {
	s, err := ParseSuite([]byte("- {name: a, size: 96, epochs: 7}\n"))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := NewPlan(s, Published, Settings{Size: 128}, 1, &Data{Pool: bands(40), TestFrom: 40})
	if err != nil {
		t.Fatal(err)
	}
	c := plan.Columns[0]
	if c.Size != 128 || c.Epochs != 7 || c.Batch != 64 || c.Encoder != "resnet34" ||
		c.Loss != "softmax-ce" {
		t.Errorf("column %+v", c)
	}
	want := []string{"input size 128 (the study: 256)", "encoder from random weights (the study: " +
		"from ImageNet's)", "epochs at most 7 (the study: 150)", "the data are not the study's"}
	if got := plan.Deviations(); !slices.Equal(got, want) {
		t.Errorf("deviations %q", got)
	}
	for _, bad := range []Settings{
		{Size: 100}, {Batch: -1}, {Epochs: -1}, {Rate: -1}, {Patience: -1}, {Classes: 3},
	} {
		if _, err := NewPlan(s, Published, bad, 1,
			&Data{Pool: bands(40), TestFrom: 40}); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}

func TestPublishedNumbersAreOfTheArraysOnly(t *testing.T) {
	if p := planOf(t, Published, "architectures", Settings{}, 1); p.Columns[0].Published != nil {
		t.Error("numbers of other data stand beside ours")
	}
}
