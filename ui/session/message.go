package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Severity says how much a message matters.
type Severity int

// The severities. News is a toast that goes after four seconds, the others are banners
// that stay until answered.
const (
	News Severity = iota
	Warning
	Failure
)

// Action is a button of a message. Do also takes the message away.
type Action struct {
	Label string
	Do    func()
}

// Message is something to be told. The window calls Dismiss when it has been seen.
type Message struct {
	ID       int
	Severity Severity
	// Text is one sentence.
	Text string
	// Log is what a "Show log" button shows; empty: there is none.
	Log     []string
	Actions []Action
}

type messages struct {
	last int
	all  []Message
}

// maxMessages bounds how many can wait; the oldest go first.
const maxMessages = 20

// Messages are those not dismissed yet, oldest first.
func (s *Session) Messages() []Message { return s.messages.all }

// Dismiss takes a message away.
func (s *Session) Dismiss(id int) {
	before := len(s.messages.all)
	s.messages.all = slices.DeleteFunc(slices.Clone(s.messages.all), func(m Message) bool { return m.ID == id })
	if len(s.messages.all) != before {
		s.changed(TopicMessages)
	}
}

// tell shows a message. A banner that says the same as one that is still there replaces it.
func (s *Session) tell(m Message) {
	s.messages.last++
	m.ID = s.messages.last
	for i, a := range m.Actions {
		m.Actions[i].Do = func() {
			s.Dismiss(m.ID)
			if a.Do != nil {
				a.Do()
			}
		}
	}
	all := slices.DeleteFunc(slices.Clone(s.messages.all), func(o Message) bool { return o.Text == m.Text })
	all = append(all, m)
	s.messages.all = all[max(0, len(all)-maxMessages):]
	if s.config.Log != nil {
		s.config.Log.Print(m.Text)
		for _, line := range m.Log {
			s.config.Log.Print("  ", line)
		}
	}
	s.changed(TopicMessages)
}

// Toast shows news for a moment.
func (s *Session) Toast(text string) { s.tell(Message{Severity: News, Text: text}) }

// banner shows a sentence with buttons.
func (s *Session) banner(v Severity, text string, log []string, actions ...Action) {
	s.tell(Message{Severity: v, Text: text, Log: log, Actions: actions})
}

// fail says what did not work and why, unless it was cancelled.
func (s *Session) fail(what string, err error, actions ...Action) {
	if errors.Is(err, context.Canceled) {
		return
	}
	s.banner(Failure, fmt.Sprintf("%s: %s", what, sentence(err)), chain(err), actions...)
}

// sentence is an error as a person reads it: its first line, with a full stop.
func sentence(err error) string {
	text, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	const longest = 300 // characters; the whole stands in the log
	if r := []rune(text); len(r) > longest {
		text = string(r[:longest]) + "…"
	}
	if !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "…") {
		text += "."
	}
	return text
}

// upperFirst begins a sentence.
func upperFirst(text string) string {
	r, n := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[n:]
}

// chain is an error and what is wrapped in it, line by line, for the log.
func chain(err error) []string {
	var lines []string
	for ; err != nil; err = errors.Unwrap(err) {
		for line := range strings.Lines(err.Error()) {
			if line = strings.TrimRight(line, "\n"); !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	return lines
}
