package score

import "glasswork/dataset/classes"

// Confusion counts pixels: Confusion[reference][predicted]. The reference can be a lesion of
// unspecified kind, a prediction cannot.
type Confusion [classes.Labels][classes.Count]int64

// Known says which classes were annotated.
type Known = classes.Known

// Count returns the confusion of two label arrays of equal length and any shape. Pixels
// whose reference is classes.Ignored are not counted.
//
// A class that was not annotated is merged before counting: a kind into lesion as a whole if
// that is known, a lesion into lungs where these were annotated alone, anything else into
// background. Predicted kinds stay apart where lesion as a whole is known.
func Count(reference, predicted []uint8, known Known) Confusion {
	var references, predictions [256]uint8
	for c := range classes.Class(classes.Labels) {
		references[c] = counted(c, known)
		predictions[c] = references[c]
		if references[c] == classes.Lesion && c != classes.Lesion {
			predictions[c] = c
		}
	}
	var m Confusion
	for i, r := range reference {
		if r != classes.Ignored {
			m[references[r]][predictions[predicted[i]]%classes.Count]++
		}
	}
	return m
}

// counted is the label as which one is counted.
func counted(label classes.Class, known Known) classes.Class {
	switch lesion := classes.IsLesion(label); {
	case lesion && label != classes.Lesion && known[label]:
		return label
	case lesion && known.Whole():
		return classes.Lesion
	case lesion && known.LungAlone(), label == classes.LungsOther && known[label]:
		return classes.LungsOther
	}
	return classes.Background
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

// outcome is that of a class, or of lesion as a whole.
func (m Confusion) outcome(class int) outcome {
	is := func(label int) bool {
		return label == class || class == int(classes.Lesion) &&
			classes.IsLesion(classes.Class(label))
	}
	var o outcome
	for r := range m {
		for p, n := range m[r] {
			switch {
			case is(r) && is(p):
				o.tp += n
			case is(p):
				o.fp += n
			case is(r):
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

// accuracy is the share of pixels whose class is right, nil without pixels. Either kind is
// right for a lesion of unspecified kind.
func (m Confusion) accuracy() *float64 {
	var right, all int64
	for r := range m {
		for p, n := range m[r] {
			if r == p || r == int(classes.Lesion) && classes.IsLesion(classes.Class(p)) {
				right += n
			}
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
