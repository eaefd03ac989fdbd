package augment

import (
	"slices"
	"strconv"
	"strings"
)

// String is the chain in the notation; Parse gives the same chain back. Limits that are
// the usual ones are left out.
func (c Chain) String() string {
	if len(c) == 0 {
		return "E"
	}
	var b strings.Builder
	for _, t := range c {
		t.write(&b)
	}
	return b.String()
}

func (t Transform) write(b *strings.Builder) {
	if t.Letter == 0 {
		for i, one := range t.Of {
			b.WriteByte("(|"[min(i, 1)])
			one.write(b)
		}
		b.WriteByte(')')
	} else {
		b.WriteByte(t.Letter)
	}
	b.WriteString("{" + format(t.P) + "}")
	kind, _ := find(t.Letter)
	written := t.Limits
	for usual := kind.defaults(); len(written) > 0 &&
		written[len(written)-1] == usual[len(written)-1]; {
		written = written[:len(written)-1]
	}
	for i, v := range written {
		b.WriteByte("[,"[min(i, 1)])
		b.WriteString(format(v))
	}
	if len(written) > 0 {
		b.WriteByte(']')
	}
}

// format writes a number as Parse reads it: without an exponent.
func format(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// Equal says whether two chains do the same.
func (c Chain) Equal(o Chain) bool { return slices.EqualFunc(c, o, Transform.equal) }

func (t Transform) equal(o Transform) bool {
	return t.Letter == o.Letter && t.P == o.P && slices.Equal(t.Limits, o.Limits) &&
		slices.EqualFunc(t.Of, o.Of, Transform.equal)
}
