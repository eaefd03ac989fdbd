package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"glasswork/training/protocol"
)

// reporter shows a job's events: as JSON lines for machines, as a bar on a terminal, else
// as a line of text now and then, for logs.
type reporter struct {
	emitter *protocol.Emitter // for machines, else nil
	err     io.Writer
	bar     *progressbar.ProgressBar // on a terminal, else nil
	phase   string
	next    time.Time
}

// logEvery is how often progress is logged where there is no terminal.
const logEvery = 15 * time.Second

func (a *app) reporter() *reporter {
	r := &reporter{err: a.stderr}
	f, isFile := a.stderr.(*os.File)
	switch {
	case a.json:
		r.emitter = protocol.NewEmitter(a.stdout)
	case isFile && term.IsTerminal(int(f.Fd())):
		r.bar = progressbar.NewOptions(1, progressbar.OptionSetWriter(a.stderr),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(), progressbar.OptionShowCount())
	}
	return r
}

// event shows one event.
func (r *reporter) event(e protocol.Event) {
	if r.emitter != nil {
		_ = r.emitter.Emit(e)
		return
	}
	switch {
	case e.Status != nil && r.bar != nil:
		r.draw(*e.Status)
	case e.Status != nil:
		r.log(*e.Status)
	case e.Epoch != nil:
		r.clear()
		fmt.Fprintf(r.err, "validation %d, step %d: loss %.4f%s\n", e.Epoch.Epoch, e.Epoch.Step,
			e.Epoch.TrainLoss, brief(e.Epoch.Scores))
	}
}

func (r *reporter) draw(s protocol.Status) {
	if r.phase != s.Phase {
		r.phase = s.Phase
		r.bar.Reset()
	}
	r.bar.Describe(s.Text)
	r.bar.ChangeMax(max(s.Steps, 1))
	_ = r.bar.Set(min(s.Step, max(s.Steps, 1)))
}

func (r *reporter) log(s protocol.Status) {
	now := time.Now()
	if r.phase == s.Phase && now.Before(r.next) {
		return
	}
	r.phase, r.next = s.Phase, now.Add(logEvery)
	fmt.Fprintln(r.err, statusLine(s))
}

// statusLine says a status in one line of a log.
func statusLine(s protocol.Status) string {
	line := s.Text
	if s.Steps > 0 {
		line += fmt.Sprintf(" %d/%d", s.Step, s.Steps)
	}
	if s.Loss != 0 {
		line += fmt.Sprintf(", loss %.4f", s.Loss)
	}
	if s.SlicesPerSecond > 0 {
		line += fmt.Sprintf(", %.2f slices/s", s.SlicesPerSecond)
	}
	if s.ETASeconds > 0 {
		line += fmt.Sprintf(", %s left", (time.Duration(s.ETASeconds) * time.Second))
	}
	return line
}

// say writes a line for people.
func (r *reporter) say(line string) {
	if r.emitter == nil {
		r.clear()
		fmt.Fprintln(r.err, line)
	}
}

// clear removes the bar, so that text can follow.
func (r *reporter) clear() {
	if r.bar != nil {
		_ = r.bar.Clear()
	}
}

// close ends the display; what is printed next stands on a line of its own.
func (r *reporter) close() {
	r.clear()
	if r.emitter != nil {
		_ = r.emitter.Flush()
	}
}

// printJSON writes v as one line.
func printJSON(w io.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", b)
	return err
}
