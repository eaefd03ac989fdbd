package session

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"strings"

	"glasswork/dataset/words"
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

	about *study // the message goes when this study is closed; nil: it stays
}

// Messages are what the user is told.
type Messages struct {
	observers *observers
	log       *log.Logger // nil: nobody reads it
	last      int
	all       []Message
}

// maxMessages bounds how many can wait; the oldest go first.
const maxMessages = 20

// All are those not dismissed yet, oldest first.
func (m *Messages) All() []Message { return m.all }

// Dismiss takes a message away.
func (m *Messages) Dismiss(id int) {
	before := len(m.all)
	m.all = slices.DeleteFunc(slices.Clone(m.all), func(o Message) bool { return o.ID == id })
	if len(m.all) != before {
		m.observers.tell(TopicMessages)
	}
}

// tell shows a message and returns its ID. A banner that says the same as one that is still
// there replaces it.
func (m *Messages) tell(msg Message) int {
	m.last++
	msg.ID = m.last
	for i, a := range msg.Actions {
		msg.Actions[i].Do = func() {
			m.Dismiss(msg.ID)
			if a.Do != nil {
				a.Do()
			}
		}
	}
	all := slices.DeleteFunc(slices.Clone(m.all),
		func(o Message) bool { return o.Text == msg.Text })
	all = append(all, msg)
	m.all = all[max(0, len(all)-maxMessages):]
	if m.log != nil {
		m.log.Print(msg.Text)
		for _, line := range msg.Log {
			m.log.Print("  ", line)
		}
	}
	m.observers.tell(TopicMessages)
	return msg.ID
}

// Toast shows news for a moment.
func (m *Messages) Toast(text string) { m.tell(Message{Severity: News, Text: text}) }

// warn shows a sentence that stays, with buttons.
func (m *Messages) warn(text string, actions ...Action) {
	m.tell(Message{Severity: Warning, Text: text, Actions: actions})
}

// warnAbout is warn for a sentence that means nothing once the study is closed. It returns
// the message's ID.
func (m *Messages) warnAbout(st *study, text string, actions ...Action) int {
	return m.tell(Message{Severity: Warning, Text: text, Actions: actions, about: st})
}

// left takes away what was about a study that is closed.
func (m *Messages) left(st *study) {
	before := len(m.all)
	m.all = slices.DeleteFunc(slices.Clone(m.all), func(o Message) bool { return o.about == st })
	if len(m.all) != before {
		m.observers.tell(TopicMessages)
	}
}

// warnOf shows the first of many warnings, and all of them in the log. before, if not
// empty, is what they are about; they go with st, if it is not nil.
func (m *Messages) warnOf(st *study, before string, warnings []string) {
	if len(warnings) == 0 {
		return
	}
	text := warnings[0]
	if n := len(warnings); n > 1 {
		text = fmt.Sprintf("%s (and %d more)", strings.TrimSuffix(text, "."), n-1)
	}
	if before != "" {
		text = before + ". " + words.UpperFirst(text)
	}
	m.tell(Message{Severity: Warning, Text: text, Log: warnings, about: st})
}

// refuse says in an error's own words that something cannot be done.
func (m *Messages) refuse(err error, log ...string) {
	m.tell(Message{Severity: Failure, Text: sentence(err), Log: append(chain(err), log...)})
}

// fail says what did not work and why, unless it was cancelled.
func (m *Messages) fail(what string, err error, actions ...Action) {
	if errors.Is(err, context.Canceled) {
		return
	}
	m.tell(Message{
		Severity: Failure, Text: what + ": " + sentence(err), Log: chain(err), Actions: actions,
	})
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
