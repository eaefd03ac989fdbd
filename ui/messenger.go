package ui

import (
	"image/color"
	"slices"
	"strconv"

	"glasswork/ui/session"
)

// messenger shows the session's messages: news as toasts, the others as banners that stay
// until they are answered.
type messenger struct {
	from    *session.Messages
	banners *banners
	toasts  *toasts
	log     func(title string, lines []string)
	shown   []int // IDs of the banners
	busy    bool  // telling the session what was seen makes it call again
}

func newMessenger(
	from *session.Messages, b *banners, t *toasts, log func(string, []string),
) *messenger {
	return &messenger{from: from, banners: b, toasts: t, log: log}
}

// update shows what is new and takes away what is gone.
func (m *messenger) update() {
	if m.busy {
		return
	}
	m.busy = true
	defer func() { m.busy = false }()
	all := slices.Clone(m.from.All())
	m.shown = slices.DeleteFunc(m.shown, func(id int) bool {
		gone := !slices.ContainsFunc(all, func(msg session.Message) bool { return msg.ID == id })
		if gone {
			m.banners.drop(strconv.Itoa(id))
		}
		return gone
	})
	for _, msg := range all {
		switch {
		case msg.Severity == session.News:
			m.toasts.show(msg.Text)
			m.from.Dismiss(msg.ID)
		case !slices.Contains(m.shown, msg.ID):
			m.shown = append(m.shown, msg.ID)
			m.banners.show(strconv.Itoa(msg.ID), m.banner(msg))
		}
	}
}

// banner gives a message its colour and buttons: its own, the log where there is one, and OK
// where nothing else takes it away.
func (m *messenger) banner(msg session.Message) banner {
	colors := map[session.Severity]color.Color{session.Warning: warning, session.Failure: failure}
	b := banner{text: msg.Text, color: colors[msg.Severity]}
	for _, a := range msg.Actions {
		b.replies = append(b.replies, reply{text: a.Label, do: a.Do})
	}
	if len(msg.Log) > 0 {
		title := "Show log"
		if msg.Severity == session.Warning {
			title = "Details"
		}
		b.replies = append(b.replies,
			reply{text: title, stays: true, do: func() { m.log(msg.Text, msg.Log) }})
	}
	b.replies = append(b.replies, reply{text: "OK", do: func() { m.from.Dismiss(msg.ID) }})
	return b
}
