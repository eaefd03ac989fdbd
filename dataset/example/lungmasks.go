package example

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"regexp"

	"glasswork/dataset/classes"
	"glasswork/dataset/picture"
)

// lungMasks is the layout of "Finding and Measuring Lungs in CT Data" (Kaggle): images/ holds
// 16-bit PNG whose grey values are HU + 1024, masks/ the lungs with their lesions, and a name
// such as ID_0003_Z_0132 is a patient and a slice.
type lungMasks struct {
	name  string
	pairs []picturePair
}

var lungMaskName = regexp.MustCompile(`^(ID_\d+)_Z_\d+$`)

// asLungMasks returns the pairs as such a dataset if all names have its form.
func asLungMasks(dir string, pairs []picturePair) (*lungMasks, bool) {
	for _, p := range pairs {
		if !lungMaskName.MatchString(p.name) || filepath.Ext(p.image) != ".png" {
			return nil, false
		}
	}
	return &lungMasks{filepath.Base(dir), pairs}, len(pairs) > 0
}

func (l *lungMasks) Len() int { return len(l.pairs) }

func (l *lungMasks) Key(i int) (patient, caseID string, z int) {
	name := l.pairs[i].name
	return lungMaskName.FindStringSubmatch(name)[1], name, 0
}

// At reads one picture and its mask.
func (l *lungMasks) At(ctx context.Context, i int) (Example, error) {
	if err := ctx.Err(); err != nil {
		return Example{}, err
	}
	grey, w, h, err := picture.ReadGrey(l.pairs[i].image)
	if err != nil {
		return Example{}, err
	}
	labels, mw, mh, err := picture.ReadMask(l.pairs[i].mask)
	if err != nil {
		return Example{}, err
	}
	if mw != w || mh != h {
		return Example{}, fmt.Errorf("%s is %d × %d, its mask is %d × %d",
			l.pairs[i].name, w, h, mw, mh)
	}
	hu := make([]int16, len(grey))
	for k, g := range grey {
		hu[k] = int16(min(math.Round(float64(g)*257)-1024, math.MaxInt16))
		if labels[k] != 0 {
			labels[k] = classes.LungsOther
		}
	}
	patient, name, _ := l.Key(i)
	return Example{
		Case: name, Patient: patient, W: w, H: h, HU: hu, Labels: labels,
		Known: classes.Knows(classes.LungsOther), Reference: "lung masks of " + l.name,
	}, nil
}
