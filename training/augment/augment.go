// Package augment varies training samples as a short text says: the notation of the
// reference study, such as V{0.5}B{0.5}(S{0.5}|G{0.5}[0.37]){0.3}, with more letters.
// It parses and prints the notation, draws one variation from it, and gives that as one
// map of coordinates and one change of grey values. It resamples nothing itself: package
// input does. docs/training.md is the reference of the notation.
package augment

import "slices"

// Chain is transforms in the order in which they are applied. A chain without
// transforms is the identity, E.
type Chain []Transform

// Transform is one letter of the notation, or a choice.
type Transform struct {
	// Letter says what is done, as in Letters; 0 for a choice of one of Of.
	Letter byte
	// P is the probability with which it is applied; in a choice, a weight as well.
	P float64
	// Limits say how far it goes, as many as its letter has.
	Limits []float64
	// Of are the alternatives of a choice. One of them is drawn, with P as its weight, and
	// always applied (albumentations' OneOf).
	Of []Transform
}

// Letter is one kind of transform.
type Letter struct {
	Letter  byte
	Meaning string
	Limits  []Limit
}

// Limit is one number in a transform's brackets.
type Limit struct {
	Name         string
	Default, Max float64
}

// Letters are all kinds of transforms, the study's first.
func Letters() []Letter { return slices.Clone(letters) }

var letters = []Letter{
	{'V', "vertical flip (first axis of the array)", nil},
	{
		'S', "shift, scale and rotate, borders replicated",
		[]Limit{{"shift", 0.1, 1}, {"scale", 0.1, 0.9}, {"degrees", 15, 180}},
	},
	{'B', "brightness and contrast about black", []Limit{
		{"brightness", 0.1, 1}, {"contrast", 0.1, 1},
	}},
	{'G', "grid distortion of 5 × 5 steps, borders replicated", []Limit{{"limit", 0.3, 0.9}}},
	{'H', "horizontal flip", nil},
	{'T', "turn: one of the square's eight orientations but left–right", nil},
	{
		'A', "shift, zoom and rotate, air beyond the border",
		[]Limit{{"shift", 0.08, 1}, {"zoom", 0.25, 4}, {"degrees", 15, 180}},
	},
	{
		'Z', "elastic: a smooth random field, borders replicated",
		[]Limit{{"move", 0.01, 0.2}, {"smooth", 0.05, 0.5}},
	},
	{'W', "window jitter, before values are clipped", []Limit{{"HU", 50, 1000}, {"width", 0.1, 4}}},
	{'K', "brightness and contrast about mid-grey", []Limit{
		{"brightness", 0.04, 1}, {"contrast", 0.15, 4},
	}},
	{'N', "Gaussian noise", []Limit{{"HU", 40, 1000}}},
	{'Y', "gamma", []Limit{{"gamma", 0.15, 4}}},
	{'F', "filter: blur or sharpen", []Limit{{"blur", 1, 1}, {"sharpen", 0.6, 4}}},
}

// find returns the kind that letter stands for.
func find(letter byte) (Letter, bool) {
	i := slices.IndexFunc(letters, func(l Letter) bool { return l.Letter == letter })
	if i < 0 {
		return Letter{}, false
	}
	return letters[i], true
}

// defaults are the limits of l where none are written.
func (l Letter) defaults() []float64 {
	if len(l.Limits) == 0 {
		return nil
	}
	values := make([]float64, len(l.Limits))
	for i, limit := range l.Limits {
		values[i] = limit.Default
	}
	return values
}

// named are the study's combinations as its notebook ran them: C2 and C3 shifted and
// scaled by at most 5 %. The last three are Glasswork's own.
var named = []struct{ name, text string }{
	{"C1", "V{0.5}B{1}(S{0.5}|G{0.5}[0.3]){0.5}"},
	{"C2", "V{0.5}B{0.5}(S{0.5}[0.05,0.05]|G{0.5}[0.3]){0.3}"},
	{"C3", "V{0.5}B{0.5}(S{0.5}[0.05,0.05]|G{0.5}[0.37]){0.3}"},
	{"CT", "A{1}H{0.5}T{0.15}K{1}N{0.5}[70]Y{1}F{0.4}"},
	{"PICTURE", "A{1}[0.08,0.35]H{0.5}T{1}K{1}[0.06,0.25]N{0.5}[40]Y{1}[0.25]F{0.4}"},
	{"LEVELLED", "A{1}[0.08,0.35]H{0.5}T{1}K{1}[0.03,0.1]N{0.5}[40]Y{1}[0.1]F{0.4}"},
}

// CT suits CT slices, which all lie the same way and are calibrated.
func CT() Chain { return known("CT") }

// Picture suits pictures without HU: any orientation, any display window.
func Picture() Chain { return known("PICTURE") }

// Levelled suits pictures that were brought to the usual grey values: any orientation, but
// little contrast, so that density stays visible.
func Levelled() Chain { return known("LEVELLED") }

// known is the named chain; a test sees that all names parse.
func known(name string) Chain {
	c, _ := Parse(name)
	return c
}
