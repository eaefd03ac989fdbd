package training

import (
	"fmt"
	"strings"

	"glasswork/dataset/classes"
	"glasswork/training/score"
)

// Criterion is the score by which the best weights are chosen and training stops early.
// Its text is "merit", "loss", or one of dice, iou, accuracy, precision and recall, alone
// (the mean over foreground classes) or of one class, as in dice:consolidation.
type Criterion struct {
	text  string
	class int
	of    func(score.ClassScore) *float64
}

// lossCriterion chooses by the training loss; the empty text by Merit.
const (
	meritCriterion = "merit"
	lossCriterion  = "loss"
)

// ParseCriterion reads a criterion; the empty text is merit.
func ParseCriterion(text string) (Criterion, error) {
	if text == "" || text == meritCriterion || text == lossCriterion {
		return Criterion{text: text}, nil
	}
	kind, name, ofClass := strings.Cut(text, ":")
	of, ok := map[string]func(score.ClassScore) *float64{
		"dice":      func(c score.ClassScore) *float64 { return c.DicePooled },
		"iou":       func(c score.ClassScore) *float64 { return c.IoUPooled },
		"accuracy":  func(c score.ClassScore) *float64 { return c.AccuracyPooled },
		"precision": func(c score.ClassScore) *float64 { return c.PrecisionPooled },
		"recall":    func(c score.ClassScore) *float64 { return c.RecallPooled },
	}[kind]
	if !ok {
		return Criterion{}, fmt.Errorf("the score %q is none of merit, loss, dice, iou, "+
			"accuracy, precision and recall", text)
	}
	c := Criterion{text: text, of: of}
	if !ofClass {
		return c, nil
	}
	for class, n := range classes.Names() {
		if class > 0 && n == name {
			c.class = class
			return c, nil
		}
	}
	return Criterion{}, fmt.Errorf("the score %q names no class; there are %s",
		text, strings.Join(classes.Foreground(), ", "))
}

// String is the text.
func (c Criterion) String() string {
	if c.text == "" {
		return meritCriterion
	}
	return c.text
}

// needsScores says whether a validation is needed at all.
func (c Criterion) needsScores() bool { return c.text != lossCriterion }

// value is greater for better weights; ok is false where it is undefined. loss is the mean
// training loss since the last validation.
func (c Criterion) value(r score.Report, loss float64) (value float64, ok bool) {
	switch {
	case c.text == lossCriterion:
		return -loss, true
	case c.of == nil:
		return Merit(r)
	}
	n := 0
	for i, s := range r.Classes {
		if v := c.of(s); v != nil && (c.class == 0 || c.class == i+1) {
			value += *v
			n++
		}
	}
	return value / float64(max(n, 1)), n > 0
}

// Merit is the default score by which validation chooses the best weights: the mean pooled
// Dice of the lesion classes, that of lesion as a whole where no kind was annotated, or of the
// lungs where no lesion was. ok is false if
// nothing is defined.
func Merit(r score.Report) (merit float64, ok bool) {
	n := 0
	for _, c := range r.Classes {
		lesion := c.Name != classes.Names()[classes.LungsOther]
		if c.DicePooled != nil && lesion {
			merit += *c.DicePooled
			n++
		}
	}
	if n > 0 {
		return merit / float64(n), true
	}
	if lesion := r.Lesion.DicePooled; lesion != nil {
		return *lesion, true
	}
	for _, c := range r.Classes {
		if c.DicePooled != nil {
			return *c.DicePooled, true
		}
	}
	return 0, false
}
