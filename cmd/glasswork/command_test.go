package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"glasswork/ui/session"
)

func TestTheCommandLineSaysWhatToOpen(t *testing.T) {
	tests := []struct {
		args []string
		want options
	}{
		{nil, options{}},
		{[]string{"scan.nii.gz"}, options{path: "scan.nii.gz"}},
		{
			[]string{"--project", "p", "--measure", "scan"},
			options{project: "p", path: "scan", measure: true},
		},
		{
			[]string{"--sample", "--trace", "--retrain-steps", "4"},
			options{sample: true, trace: true, retrainSteps: 4},
		},
	}
	for _, test := range tests {
		var got options
		c := command(func(_ context.Context, o options) error { got = o; return nil })
		c.SetArgs(test.args)
		if err := c.ExecuteContext(t.Context()); err != nil || got != test.want {
			t.Errorf("%v: %+v, %v; want %+v", test.args, got, err, test.want)
		}
	}
}

func TestHelpShowsAnExampleAndOpensNothing(t *testing.T) {
	var out bytes.Buffer
	c := command(func(context.Context, options) error { return errors.New("opened") })
	c.SetOut(&out)
	c.SetArgs([]string{"--help"})
	if err := c.ExecuteContext(t.Context()); err != nil ||
		!strings.Contains(out.String(), "glasswork ~/scans/chest-ct") {
		t.Errorf("%v, %s", err, out.String())
	}
	c = command(func(context.Context, options) error { return nil })
	c.SetArgs([]string{"one", "two"})
	if err := c.ExecuteContext(t.Context()); err == nil {
		t.Error("two paths were taken")
	}
}

func TestADisplayThatDoesNotAnswerIsASentence(t *testing.T) {
	for _, display := range []string{"", ":64999"} {
		err := displayAnswers(func(string) string { return display })
		if err == nil || !strings.Contains(err.Error(), "make demo") ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("display %q: %v", display, err)
		}
	}
	listener, err := net.Listen("unix", "@/tmp/.X11-unix/X64998")
	if err != nil {
		t.Skipf("no socket to try with: %v", err)
	}
	defer listener.Close()
	if err := displayAnswers(func(string) string { return ":64998.0" }); err != nil {
		t.Errorf("a display that answers: %v", err)
	}
}

func TestTheTraceFollowsTheSessionAndNamesNobody(t *testing.T) {
	s, err := session.New(t.Context(),
		session.Config{Project: filepath.Join(t.TempDir(), "project")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var out bytes.Buffer
	trace(s, &out)
	s.Display.UsePreset(1)
	s.Display.UsePreset(1)
	s.Messages.Toast("saved")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines for three states:\n%s", len(lines), out.String())
	}
	var st state
	text, ok := strings.CutPrefix(lines[2], tracePrefix)
	if err := json.Unmarshal([]byte(text), &st); err != nil || !ok || st.Window != "W 400 L 40" ||
		st.Said[0] != "saved" {
		t.Errorf("last state %+v, %v", st, err)
	}
}
