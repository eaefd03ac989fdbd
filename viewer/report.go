package viewer

import (
	"math"
	"strconv"
	"strings"
)

// Number formats v with the given digits after the point and a true minus sign. A value that rounds
// to zero has no sign. NaN is a dash.
func Number(v float64, digits int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	s := strconv.FormatFloat(v, 'f', digits, 64)
	if s[0] != '-' {
		return s
	}
	if strings.Trim(s, "-0.") == "" {
		return s[1:]
	}
	return "−" + s[1:]
}

// Millimetres formats a length, with one decimal only if it has one: 8 mm, 2.5 mm.
func Millimetres(mm float64) string {
	digits := 0
	if mm != float64(int(mm)) {
		digits = 1
	}
	return Number(mm, digits) + " mm"
}

// Millilitres formats a volume as a report does: 212 ml, 4.1 ml, 5.2 l.
func Millilitres(ml float64) string {
	switch {
	case ml > 0 && ml < 0.05:
		return "<0.1 ml"
	case ml == 0 || (ml >= 9.95 && ml < 999.5) || math.IsNaN(ml):
		return Number(ml, 0) + " ml"
	case ml >= 999.5:
		return Number(ml/1000, 1) + " l"
	}
	return Number(ml, 1) + " ml"
}

// Percent formats a share given in per cent: 4.1 %, 37 %, <0.1 %.
func Percent(p float64) string {
	switch {
	case p > 0 && p < 0.05:
		return "<0.1 %"
	case p == 0 || p >= 9.95 || math.IsNaN(p):
		return Number(p, 0) + " %"
	}
	return Number(p, 1) + " %"
}

// Area formats a cross-section given in mm²: 84 mm², 12 cm².
func Area(mm2 float64) string {
	switch {
	case mm2 >= 995:
		return Number(mm2/100, 0) + " cm²"
	case mm2 >= 99.5:
		return Number(mm2/100, 1) + " cm²"
	}
	return Number(mm2, 0) + " mm²"
}
