package augment

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SyntaxError says which character of a notation is wrong, and why.
type SyntaxError struct {
	Text string
	// At is the wrong character's index in bytes; len(Text) where something is missing.
	At     int
	Reason string
}

// Error is one sentence.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("the augmentation %q cannot be read at character %d: %s", e.Text,
		utf8.RuneCountInString(e.Text[:e.At])+1, e.Reason)
}

// Pointer is the text with a line below it that points at the wrong character.
func (e *SyntaxError) Pointer() string {
	line := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, e.Text)
	return line + "\n" + strings.Repeat(" ", utf8.RuneCountInString(e.Text[:e.At])) + "^"
}

// maxDepth bounds how deep choices may stand in choices.
const maxDepth = 8

// Parse reads a chain:
//
//	chain     = "E" | name | transform { transform }
//	transform = letter "{" p "}" [ "[" limit { "," limit } "]" ]
//	          | "(" transform { "|" transform } ")" "{" p "}"
//
// Spaces may stand anywhere but in numbers and names. Names are C1, C2, C3 of the study, and CT,
// PICTURE and LEVELLED, which Glasswork trains with. An error is a *SyntaxError.
func Parse(text string) (Chain, error) {
	word := strings.TrimSpace(text)
	for _, n := range named {
		if n.name == word {
			return Parse(n.text)
		}
	}
	if word == "E" {
		return Chain{}, nil
	}
	p := &parser{text: text}
	p.space()
	if p.at == len(text) {
		return nil, p.wrong("write E for none, or a transform such as V{0.5}")
	}
	c := Chain{}
	for p.at < len(text) {
		t, err := p.transform(0)
		if err != nil {
			return nil, err
		}
		c = append(c, t)
	}
	return c, nil
}

// parser reads text from at on, which always stands on no space.
type parser struct {
	text string
	at   int
}

func (p *parser) wrong(format string, args ...any) error {
	return &SyntaxError{p.text, p.at, fmt.Sprintf(format, args...)}
}

func (p *parser) space() {
	for p.at < len(p.text) && (p.text[p.at] == ' ' || p.text[p.at] == '\t') {
		p.at++
	}
}

// peek is the next character, 0 at the end.
func (p *parser) peek() byte {
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

// take passes over c if it comes next.
func (p *parser) take(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.at++
	p.space()
	return true
}

// expect passes over c, which must come next.
func (p *parser) expect(c byte, before string) error {
	if !p.take(c) {
		return p.wrong("%s needs %q here", before, c)
	}
	return nil
}

func (p *parser) transform(depth int) (Transform, error) {
	if p.peek() == '(' {
		return p.choice(depth)
	}
	kind, ok := find(p.peek())
	if !ok {
		return Transform{}, p.noLetter()
	}
	p.at++
	p.space()
	t := Transform{Letter: kind.Letter, Limits: kind.defaults()}
	var err error
	if t.P, err = p.probability(string(kind.Letter)); err != nil {
		return t, err
	}
	return t, p.limits(kind, t.Limits)
}

// noLetter says what is wrong where a transform should begin.
func (p *parser) noLetter() error {
	if p.at == len(p.text) {
		return p.wrong("a transform is missing at the end")
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	if r == 'E' {
		return p.wrong("E changes nothing and stands alone")
	}
	for _, n := range named {
		if strings.HasPrefix(p.text[p.at:], n.name) {
			return p.wrong("%s is a whole augmentation and stands alone", n.name)
		}
	}
	all := make([]string, len(letters))
	for i, l := range letters {
		all[i] = string(l.Letter)
	}
	return p.wrong("%q is not a transform; there are %s, and choices in (…|…)", r,
		strings.Join(all, " "))
}

// choice reads (X|Y){p}.
func (p *parser) choice(depth int) (Transform, error) {
	if depth == maxDepth {
		return Transform{}, p.wrong("more than %d brackets stand in each other", maxDepth)
	}
	open := p.at
	p.take('(')
	var t Transform
	weight := 0.0
	for {
		one, err := p.transform(depth + 1)
		if err != nil {
			return t, err
		}
		t.Of = append(t.Of, one)
		weight += one.P
		if !p.take('|') {
			break
		}
	}
	if err := p.expect(')', "a choice goes on with | or ends: it"); err != nil {
		return t, err
	}
	if weight == 0 {
		p.at = open
		return t, p.wrong("one of a choice's transforms needs a probability greater than 0")
	}
	var err error
	t.P, err = p.probability("a choice")
	return t, err
}

// probability reads {p}.
func (p *parser) probability(of string) (float64, error) {
	if err := p.expect('{', "the probability of "+of); err != nil {
		return 0, err
	}
	start := p.at
	v, err := p.number()
	if err != nil {
		return 0, err
	}
	if v > 1 {
		p.at = start
		return 0, p.wrong("the probability %s is more than 1", format(v))
	}
	return v, p.expect('}', "the end of a probability")
}

// limits reads the numbers in brackets, if there are any, into values.
func (p *parser) limits(kind Letter, values []float64) error {
	if p.peek() != '[' {
		return nil
	}
	if len(values) == 0 {
		return p.wrong("%c has no limits", kind.Letter)
	}
	p.take('[')
	for i, limit := range kind.Limits {
		start := p.at
		v, err := p.number()
		if err != nil {
			return err
		}
		if v > limit.Max {
			p.at = start
			return p.wrong("the limit %q of %c is at most %s", limit.Name, kind.Letter,
				format(limit.Max))
		}
		values[i] = v
		if i == len(values)-1 || !p.take(',') {
			break
		}
	}
	if p.peek() == ',' {
		return p.wrong("%c has no limit %d", kind.Letter, len(values)+1)
	}
	return p.expect(']', "the end of limits")
}

// number reads a decimal number that is not negative.
func (p *parser) number() (float64, error) {
	end := p.at
	for end < len(p.text) && (p.text[end] >= '0' && p.text[end] <= '9' || p.text[end] == '.') {
		end++
	}
	v, err := strconv.ParseFloat(p.text[p.at:end], 64)
	if err != nil || math.IsInf(v, 0) {
		return 0, p.wrong("a number such as 0.5 is needed here")
	}
	p.at = end
	p.space()
	return v, nil
}
