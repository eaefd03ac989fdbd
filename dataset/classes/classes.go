// Package classes is the one table of the classes that a voxel can have: their numbers, names,
// keys, colours and codes, and the names that other programs use. All code that needs to know a
// class reads this table.
package classes

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Class is the value of one voxel of a label map.
type Class = uint8

// The classes, in this order everywhere inside the program. Count is how many there are. A
// network has one output for each.
const (
	Background Class = iota
	GroundGlass
	Consolidation
	LungsOther
	Count = iota
)

// Lesion is a label for a lesion whose kind nobody has told: it is ground glass or
// consolidation. Label maps hold it beside the classes. No network predicts it. Labels is how
// many values a label map can have.
const (
	Lesion Class = Count
	Labels       = Count + 1
)

// Ignored marks pixels of which nothing is known in labels for training and scoring. They are
// not counted. It never occurs in a label map.
const Ignored Class = 255

// NotReviewed is the value that exported volumes have on slices which nobody has reviewed.
// NotReviewedName is its name in files that name their values.
const (
	NotReviewed     = Labels
	NotReviewedName = "not reviewed"
)

// Code is a coded concept of DICOM, as in (9656002, SCT, "Consolidation").
type Code struct {
	Value, Scheme, Meaning string
}

// Info describes one class.
type Info struct {
	// Name is the class's name in lower case. It is used by the window, the command line,
	// projects, models and exported files.
	Name string
	// Short is the name in menus. Key is the key that chooses the class for painting; background
	// has none.
	Short, Key string
	// Lesion is true for a disease of the lung and false for a part of the body.
	Lesion bool
	// Strength says which class takes precedence where two are marked: the greater one.
	Strength int
	// Color is RGB, as radiologists expect it first. SafeColor is one of the colours of Okabe
	// and Ito (Color Universal Design, 2008), which can be told apart with every common colour
	// vision deficiency.
	Color, SafeColor [3]uint8
	// HU is the usual range of its densities, to which painting can be limited; both 0 for any.
	HU [2]int16
	// Category and Code are its DICOM codes (PS3.16 CID 7150, 6151 and 4031).
	Category, Code Code
	// Channel is its position among the channels of the Kaggle masks, counted from 1; 0 if it
	// has none.
	Channel int
	// SameCodes holds codes for the same structure in other schemes. PartCodes holds codes of
	// its parts, which suggest the class but do not settle it. Both lack meanings.
	SameCodes, PartCodes []Code
	// SameNames holds names that datasets use for exactly this class. WholeNames suggest the
	// class if they are the whole name, NameParts if they occur anywhere in it. They are English
	// and German, in the form that Plain returns.
	SameNames, WholeNames, NameParts []string
}

// Table returns the description of every label, by its number. Its slices are shared: do not
// change them.
func Table() [Labels]Info { return table }

var (
	morphology = Code{"49755003", "SCT", "Morphologically Abnormal Structure"}
	anatomy    = Code{"91723000", "SCT", "Anatomical Structure"}
)

var table = [Labels]Info{
	Background: {
		Name: "background", Short: "background", Channel: 4,
		SameNames: []string{"background"},
	},
	GroundGlass: {
		Name: "ground glass", Short: "ground glass", Key: "G", Lesion: true,
		Strength: 3, Channel: 1,
		Color: [3]uint8{235, 64, 52}, SafeColor: [3]uint8{230, 159, 0}, HU: [2]int16{-750, -300},
		Category: morphology, Code: Code{"112120", "DCM", "Ground glass opacity"},
		SameNames:  []string{"groundglass", "groundglassopacity", "groundglassopacities", "ggo"},
		WholeNames: []string{"gg"},
		NameParts:  []string{"groundglass", "ggo", "milchglas", "mattglas"},
	},
	Consolidation: {
		Name: "consolidation", Short: "consolidation", Key: "C", Lesion: true,
		Strength: 4, Channel: 2,
		Color: [3]uint8{52, 199, 89}, SafeColor: [3]uint8{0, 114, 178}, HU: [2]int16{-300, 100},
		Category: morphology, Code: Code{"9656002", "SCT", "Consolidation"},
		SameNames:  []string{"consolidation", "consolidations"},
		WholeNames: []string{"cons"},
		NameParts:  []string{"consolidation", "konsolidierung", "konsolidation", "verdichtung"},
	},
	LungsOther: {
		Name: "lungs other", Short: "lungs", Key: "L", Strength: 1, Channel: 3,
		Color: [3]uint8{124, 147, 173}, SafeColor: [3]uint8{160, 160, 168},
		Category: anatomy, Code: Code{"39607008", "SCT", "Lung"},
		SameCodes: []Code{{Value: "T-28000", Scheme: "SRT"}},
		PartCodes: lungParts,
		SameNames: []string{
			"lungsother", "lungother", "lungs", "lung", "otherlung", "healthylung", "normallung",
		},
		WholeNames: []string{
			"lunge", "pulmo", "lungparenchyma", "lungleft", "lungright", "leftlung", "rightlung",
			"lungl", "lungr", "llung", "rlung", "linkelunge", "rechtelunge", "lungelinks",
			"lungerechts",
		},
		NameParts: []string{"lobe", "lappen"},
	},
	Lesion: {
		Name: "unspecified lesion", Short: "lesion", Key: "U", Lesion: true, Strength: 2,
		Color: [3]uint8{255, 204, 0}, SafeColor: [3]uint8{204, 121, 167}, HU: [2]int16{-750, 100},
		Category: morphology, Code: Code{"52988006", "SCT", "Lesion"},
		SameCodes: []Code{{Value: "M-01100", Scheme: "SRT"}},
		SameNames: []string{
			"unspecifiedlesion", "lesion", "lesions", "infection", "infections", "covidlesion",
			"covidlesions", "covidinfection", "lunginfection", "lunglesion", "lunglesions",
		},
		WholeNames: []string{
			"infected", "infektion", "infekt", "läsion", "läsionen", "opacity", "opacities",
			"lungopacity", "pneumonia", "pneumonie", "covid", "covid19",
		},
		NameParts: []string{"infection", "infektion", "lesion", "läsion"},
	},
}

// lungParts are the codes of the lungs' sides and lobes.
var lungParts = []Code{
	{"44029006", "SCT", "Left lung"},
	{"3341006", "SCT", "Right lung"},
	{"45653009", "SCT", "Upper lobe"},
	{"T-28820", "SRT", "Upper lobe"},
	{"42400003", "SCT", "Upper lobe, right"},
	{"44714003", "SCT", "Upper lobe, left"},
	{"T-28600", "SRT", "Upper lobe, left"},
	{"72481006", "SCT", "Middle lobe"},
	{"T-28300", "SRT", "Middle lobe"},
	{"90572001", "SCT", "Lower lobe"},
	{"T-28830", "SRT", "Lower lobe"},
	{"266005", "SCT", "Lower lobe, right"},
	{"41224006", "SCT", "Lower lobe, left"},
}

// Names returns the names of the classes in the order of their numbers.
func Names() (names [Count]string) {
	for c := range names {
		names[c] = table[c].Name
	}
	return names
}

// Name returns the name of a label, "" for a value that is none.
func Name(label Class) string {
	if label >= Labels {
		return ""
	}
	return table[label].Name
}

// Colors returns the colours of the labels as RGB.
func Colors() (colors [Labels][3]uint8) {
	for c, info := range table {
		colors[c] = info.Color
	}
	return colors
}

// Codes returns the codes of the labels; that of background is empty.
func Codes() (codes [Labels]Code) {
	for c, info := range table {
		codes[c] = info.Code
	}
	return codes
}

// KaggleChannels returns the classes of the channels of the Kaggle masks.
func KaggleChannels() (channels [4]Class) {
	for c, info := range table {
		if info.Channel > 0 {
			channels[info.Channel-1] = Class(c)
		}
	}
	return channels
}

// Foreground returns the names of all classes except background.
func Foreground() []string {
	names := Names()
	return names[Background+1:]
}

// Marks returns the names of all labels except background.
func Marks() []string { return append(Foreground(), table[Lesion].Name) }

// Title is the name as a heading: "Ground glass".
func (i Info) Title() string { return strings.ToUpper(i.Name[:1]) + i.Name[1:] }

// Check returns an error for a value that is not a label.
func Check(value uint8) error {
	if value < Labels {
		return nil
	}
	var known []string
	for c, info := range table {
		known = append(known, fmt.Sprintf("%d %s", c, info.Name))
	}
	return fmt.Errorf("it holds the label %d; Glasswork knows %s", value, strings.Join(known, ", "))
}

// Named returns the class that a dataset means by a name. Characters that are not Latin letters
// are ignored.
func Named(name string) (Class, bool) {
	latin := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(name))
	return find(func(i Info) bool { return slices.Contains(i.SameNames, latin) })
}

// Suggested returns the class that a foreign name suggests, if the name says nothing else.
func Suggested(name string) (Class, bool) {
	name = Plain(name)
	return find(func(i Info) bool {
		return slices.Contains(i.SameNames, name) || slices.Contains(i.WholeNames, name)
	})
}

func find(is func(Info) bool) (Class, bool) {
	for c, info := range table {
		if is(info) {
			return Class(c), true
		}
	}
	return Background, false
}

// Plain returns a name in lower case, without blanks and punctuation.
func Plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// IsLesion reports whether a label is a lesion, of a told kind or not.
func IsLesion(c Class) bool { return c < Labels && table[c].Lesion }
