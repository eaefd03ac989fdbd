package score

import (
	"fmt"
	"slices"
	"strings"

	"glasswork/dataset/classes"
)

// minPatients is the least number of held-out patients that can prove anything: with
// five, all changing for the better by chance alone happens once in 32 times.
const minPatients = 5

// margin is the drop of a pooled Dice that still counts as no worse.
const margin = 0.01

// Compare sets a new model beside the current one. Both sets must score the same
// cases. synthetic says that no patient is among them; then nothing can be proven.
func Compare(current, next *Set, synthetic bool) Comparison {
	a, b := current.patients(), next.patients()
	var c Comparison
	if !synthetic {
		c.Patients = len(a)
	}
	for class := 1; class < classes.Count; class++ {
		c.Classes = append(c.Classes, difference(class, outcomesOf(a, class), outcomesOf(b, class)))
	}
	const lesion = int(classes.Lesion)
	c.Lesion = difference(lesion, outcomesOf(a, lesion), outcomesOf(b, lesion))
	c.Lesion.Name = LesionName
	c.judge(synthetic)
	return c
}

func difference(class int, current, next []outcome) Difference {
	a, b := sum(current), sum(next)
	return Difference{
		Name:       classes.Name(classes.Class(class)),
		CurrentIoU: a.iou(), NewIoU: b.iou(), IoU: minus(b.iou(), a.iou()),
		CurrentDice: a.dice(), NewDice: b.dice(), Dice: minus(b.dice(), a.dice()),
		IoUInterval:  pairedInterval(current, next, outcome.iou),
		DiceInterval: pairedInterval(current, next, outcome.dice),
	}
}

// judge fills Better and Verdict. Better needs a lesion class whose interval lies above
// zero, and no class that lost more than the margin. Where no kind of lesion could be scored,
// lesion as a whole counts as a class.
func (c *Comparison) judge(synthetic bool) {
	var better, worse, lower []string
	judged := c.Classes
	if c.Classes[0].Dice == nil && c.Classes[1].Dice == nil {
		judged = append(slices.Clone(judged), c.Lesion)
	}
	for _, d := range judged {
		switch {
		case d.Dice == nil || d.DiceInterval == nil:
		case d.DiceInterval.Low > 0 && d.Name != classes.Name(classes.LungsOther):
			better = append(better, d.Name)
		case d.DiceInterval.High < 0:
			worse = append(worse, d.Name)
		case *d.Dice < -margin:
			lower = append(lower, d.Name)
		}
	}
	switch {
	case synthetic || c.Patients == 0:
		c.Verdict = "Not proven better: no patient is held out, only synthetic studies were scored"
	case c.Patients == 1:
		c.Verdict = "Not proven better: 1 held-out patient is too few to tell"
	case c.Patients < minPatients:
		c.Verdict = fmt.Sprintf("Not proven better: %d held-out patients are too few to tell",
			c.Patients)
	case len(better) > 0 && len(worse) > 0:
		c.Verdict = fmt.Sprintf("Better on %s, but worse on %s", list(better), list(worse))
	case len(better) > 0 && len(lower) > 0:
		c.Verdict = fmt.Sprintf("Better on %s, but perhaps worse on %s", list(better), list(lower))
	case len(better) > 0:
		c.Better = true
		c.Verdict = fmt.Sprintf("Better on %s, no worse elsewhere", list(better))
	case len(worse) > 0:
		c.Verdict = fmt.Sprintf("Not better: worse on %s", list(worse))
	default:
		c.Verdict = fmt.Sprintf("Not proven better: no difference beyond chance on %d held-out "+
			"patients", c.Patients)
	}
}

// list joins names as in a sentence.
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
