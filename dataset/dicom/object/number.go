package object

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/suyashkumar/dicom"
	"github.com/suyashkumar/dicom/pkg/tag"
)

// Value is what an element says. It is a value, or nothing (the element is absent or empty), or
// something that cannot be used, such as text in place of a number.
type Value[T any] struct {
	value            T
	present, useless bool
}

// Get returns the value. ok is false if there is no usable value.
func (v Value[T]) Get() (value T, ok bool) { return v.value, v.present && !v.useless }

// Or returns the value, or otherwise if there is no usable value.
func (v Value[T]) Or(otherwise T) T {
	if value, ok := v.Get(); ok {
		return value
	}
	return otherwise
}

// Unusable reports whether the element has a value that cannot be used.
func (v Value[T]) Unusable() bool { return v.useless }

// If returns v. It is made unusable if its value does not pass a test.
func (v Value[T]) If(passes func(T) bool) Value[T] {
	if value, ok := v.Get(); ok && !passes(value) {
		v.useless = true
	}
	return v
}

// Number returns the first number of an element, whatever its representation. It is unusable if any
// of the element's values is not a finite number.
func (s Set) Number(t tag.Tag) Value[float64] {
	all := s.numbers(t)
	out := Value[float64]{present: all.present, useless: all.useless}
	if n, ok := all.Get(); ok {
		out.value = n[0]
	}
	return out
}

// Numbers returns the n numbers of an element. It is unusable if there are more or fewer, or if any
// of them is not a finite number.
func (s Set) Numbers(t tag.Tag, n int) Value[[]float64] {
	return s.numbers(t).If(func(all []float64) bool { return len(all) == n })
}

// Whole returns the first number of an element without its fraction. It is unusable if any of the
// element's values is not a number, or if the first does not fit into 31 bits.
func (s Set) Whole(t tag.Tag) Value[int] {
	n := s.Number(t).If(func(n float64) bool { return math.Abs(n) < 1<<31 })
	return Value[int]{value: int(n.Or(0)), present: n.present, useless: n.useless}
}

// Floats returns the finite numbers of an element, whatever its representation. It returns nil if
// any of them is not a number.
func (s Set) Floats(t tag.Tag) []float64 { return s.numbers(t).Or(nil) }

// Ints returns the integers of an element, even if they are written as text. It returns nil if any
// of them is not an integer.
func (s Set) Ints(t tag.Tag) []int { return ints(s.Find(t)) }

// Int returns the first integer of an element, or otherwise if there is none.
func (s Set) Int(t tag.Tag, otherwise int) int {
	if n := s.Ints(t); len(n) > 0 {
		return n[0]
	}
	return otherwise
}

// numbers returns all numbers of an element, at least one.
func (s Set) numbers(t tag.Tag) Value[[]float64] {
	e := s.Find(t)
	if e == nil {
		return Value[[]float64]{}
	}
	out := Value[[]float64]{present: true}
	switch v := e.Value.GetValue().(type) {
	case []float64:
		out.value = v
	case []int:
		for _, n := range v {
			out.value = append(out.value, float64(n))
		}
	case []string:
		if strings.Trim(strings.Join(v, ""), " \x00\\") == "" {
			return Value[[]float64]{}
		}
		out.value = parseFloats(v)
		out.useless = out.value == nil
	default:
		out.useless = true
	}
	if len(out.value) == 0 {
		out.present = out.useless
	}
	for _, n := range out.value {
		out.useless = out.useless || math.IsNaN(n) || math.IsInf(n, 0)
	}
	return out
}

func ints(e *dicom.Element) []int {
	if e == nil {
		return nil
	}
	if n, ok := e.Value.GetValue().([]int); ok {
		return n
	}
	var out []int
	for _, s := range texts(e) {
		n, err := strconv.Atoi(strings.TrimPrefix(s, "+"))
		if err != nil {
			f, err := strconv.ParseFloat(s, 64) // files write "12.0" where 12 belongs
			if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
				return nil
			}
			n = int(f)
		}
		out = append(out, n)
	}
	return out
}

// parseFloats parses decimal strings without splitting them first, because contours have many.
func parseFloats(joined []string) []float64 {
	var out []float64
	for _, s := range joined {
		if s == "" {
			continue
		}
		out = slices.Grow(out, 1+strings.Count(s, "\\"))
		for part := range strings.SplitSeq(s, "\\") {
			n, err := strconv.ParseFloat(strings.Trim(part, " \x00"), 64)
			if err != nil {
				return nil
			}
			out = append(out, n)
		}
	}
	return out
}
