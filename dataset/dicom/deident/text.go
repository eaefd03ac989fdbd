package deident

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/suyashkumar/dicom"

	"glasswork/dataset/dicom/object"
)

// vocabulary distinguishes descriptions that only say what an image or a structure shows, or how it
// was made, from those that may say whose it is.
type vocabulary struct {
	words                      map[string]bool
	smallNumber, version, hash *regexp.Regexp
}

const knownWords = `
	a abdomen airway airways algorithm also anterior aorta apex arterial as automatic axial
	background base baseline body bone bones brain breast bronchi bronchus cardiac carina cavity
	chest cm coil consolidation contrast coronal corrected ct cta ctv delayed dose drawn effusion
	emphysema enhanced esophagus exp expiration external fat fibrosis filter fissure from ggo
	glass glasswork gray grey gross ground gtv head heart helical high hilum hr hrct hu image
	inferior inner inspiration itv iv kernel kidney kidneys label labels left lesion lesions liver
	lobe low lower lung lungs manual mass measurement measurements mediastinum middle mm model mri
	muscle native neck nodal nodule nodules non normal nothing oar opacities opacity organ other
	outer pelvis percent person phase plain pleura pleural pneumonia posterior prediction
	predictions primary prone proposed protocol ptv recon reconstruction region report right roi
	routine sagittal scan scout segment segmentation segmentations segments semiautomatic series
	sha256 sharp skin slice slices soft spiral spleen standard std structure structures superior
	supine surview target thick thin thoracic thorax tissue topogram total trachea tumor tumour
	upper vein venous vessel vessels volume whole window with without`

func newVocabulary() vocabulary {
	v := vocabulary{
		words:       map[string]bool{},
		smallNumber: regexp.MustCompile(`^[0-9]{1,3}(\.[0-9]{1,4})?(mm|cm|ml)?$`),
		version:     regexp.MustCompile(`^v?[0-9]{1,3}(\.[0-9]{1,3}){1,3}$`),
		hash:        regexp.MustCompile(`^[0-9a-f]{12,64}$`),
	}
	for _, word := range strings.Fields(knownWords) {
		v.words[word] = true
	}
	return v
}

// harmless reports whether s holds only known words and at most two small numbers. Three numbers
// could be a date. Glasswork's own texts, and those that name an algorithm, may also hold a version
// and a hash.
func (v vocabulary) harmless(s, keyword string) bool {
	s = strings.ToLower(s)
	ours := strings.Contains(keyword, "Algorithm") || strings.HasPrefix(s, "glasswork")
	numbers := 0
	for _, word := range strings.FieldsFunc(s, func(r rune) bool {
		return r != '.' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		word = strings.Trim(word, ".")
		switch {
		case word == "" || v.words[word]:
		case v.smallNumber.MatchString(word) && numbers < 2:
			numbers++
		case ours && (v.version.MatchString(word) || v.isHash(word)):
		default:
			return false
		}
	}
	return true
}

// isHash reports whether a word is a hash rather than a number or a name.
func (v vocabulary) isHash(word string) bool {
	return v.hash.MatchString(word) && strings.ContainsAny(word, "abcdef") &&
		strings.ContainsAny(word, "0123456789")
}

// moved returns e with its dates moved. It returns false if e holds something other than dates.
func (w *work) moved(e *element, vr string) (*element, bool) {
	if vr == "TM" {
		return e, slices.IndexFunc(texts(e), func(s string) bool {
			return strings.Trim(s, "0123456789.:- ") != ""
		}) < 0
	}
	all := texts(e)
	for i, s := range all {
		if s == "" {
			continue
		}
		digits := strings.ReplaceAll(s, ".", "")
		if vr == "DT" {
			digits = s
		}
		if len(digits) < 8 || vr == "DA" && len(digits) != 8 ||
			strings.Trim(digits[8:], "0123456789.+-") != "" {
			return nil, false
		}
		day, err := time.Parse("20060102", digits[:8])
		if err != nil {
			return nil, false
		}
		all[i] = day.AddDate(0, 0, -w.shift(w.patient)).Format("20060102") + digits[8:]
	}
	return object.TextVR(e.Tag, vr, all...), true
}

// isText reports whether the values of a representation are words.
func isText(vr string) bool {
	return slices.Contains([]string{"AE", "CS", "LO", "LT", "SH", "ST", "UC", "UR", "UT", "PN"}, vr)
}

// fits reports whether the value of e is of the kind that vr has. A value of another kind, such as
// text in place of numbers, would escape every rule for vr.
func fits(e *element, vr string) bool {
	var want []dicom.ValueType
	switch vr {
	case "":
		return false
	case "SQ":
		want = []dicom.ValueType{dicom.Sequences}
	case "US", "SS", "UL", "SL", "UV", "SV", "AT":
		want = []dicom.ValueType{dicom.Ints}
	case "FL", "FD":
		want = []dicom.ValueType{dicom.Floats}
	case "OB", "OW", "OL", "OV", "OF", "OD", "UN":
		want = []dicom.ValueType{dicom.Bytes, dicom.Ints}
	default:
		want = []dicom.ValueType{dicom.Strings}
	}
	return slices.Contains(want, e.Value.ValueType()) && wellFormed(e, vr)
}

// wellFormed reports whether text has the form that vr requires, as far as this keeps words out of
// numbers and sentences out of codes.
func wellFormed(e *element, vr string) bool {
	const number = "0123456789+-.eE \\\x00"
	switch vr {
	case "DS", "IS":
		all, _ := e.Value.GetValue().([]string)
		return !slices.ContainsFunc(all, func(s string) bool {
			return strings.Trim(s, number) != ""
		})
	case "CS":
		return !slices.ContainsFunc(texts(e), func(s string) bool { return len(s) > 16 })
	}
	return true
}
