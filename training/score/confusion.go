package score

import "glasswork/dataset/classes"

// Confusion counts pixels: Confusion[reference][predicted].
type Confusion [classes.Count][classes.Count]int64

// Known says which classes were annotated. Those that were not are merged into
// background on both sides before counting.
type Known = [classes.Count]bool

// Count returns the confusion of two label arrays of equal length and any shape. Pixels
// whose reference is classes.Ignored are not counted.
func Count(reference, predicted []uint8, known Known) Confusion {
	var merged [256]uint8
	for c := range classes.Count {
		if known[c] {
			merged[c] = uint8(c)
		}
	}
	var m Confusion
	for i, r := range reference {
		if r != classes.Ignored {
			m[merged[r]][merged[predicted[i]]]++
		}
	}
	return m
}

// Plus is the sum of two confusions.
func (m Confusion) Plus(o Confusion) Confusion {
	for r := range m {
		for p := range m[r] {
			m[r][p] += o[r][p]
		}
	}
	return m
}

// outcome are one class's true positive, false positive, false negative and true
// negative pixels.
type outcome struct{ tp, fp, fn, tn int64 }

func (m Confusion) outcome(class int) outcome {
	var o outcome
	for r := range m {
		for p, n := range m[r] {
			switch {
			case r == class && p == class:
				o.tp += n
			case p == class:
				o.fp += n
			case r == class:
				o.fn += n
			default:
				o.tn += n
			}
		}
	}
	return o
}

func (o outcome) plus(q outcome) outcome {
	return outcome{o.tp + q.tp, o.fp + q.fp, o.fn + q.fn, o.tn + q.tn}
}

// absent says that neither side has the class. All its scores are undefined then.
func (o outcome) absent() bool { return o.tp+o.fp+o.fn == 0 }

// iou is TP/(TP+FP+FN).
func (o outcome) iou() *float64 { return ratio(o.tp, o.tp+o.fp+o.fn) }

// dice is 2TP/(2TP+FP+FN).
func (o outcome) dice() *float64 { return ratio(2*o.tp, 2*o.tp+o.fp+o.fn) }

// accuracy is the share of pixels in which both sides agree whether they are the class's.
func (o outcome) accuracy() *float64 {
	if o.absent() {
		return nil
	}
	return ratio(o.tp+o.tn, o.tp+o.fp+o.fn+o.tn)
}

// precision is TP/(TP+FP), undefined where the class was not predicted.
func (o outcome) precision() *float64 { return ratio(o.tp, o.tp+o.fp) }

// recall is TP/(TP+FN), undefined where the reference has none.
func (o outcome) recall() *float64 { return ratio(o.tp, o.tp+o.fn) }

// accuracy is the share of pixels on the diagonal, nil without pixels.
func (m Confusion) accuracy() *float64 {
	var right, all int64
	for r := range m {
		right += m[r][r]
		for _, n := range m[r] {
			all += n
		}
	}
	return ratio(right, all)
}

func ratio(a, b int64) *float64 {
	if b == 0 {
		return nil
	}
	q := float64(a) / float64(b)
	return &q
}
