// Command glasswork is the desktop application. It only wires: the window is in ui, its
// state in ui/session.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"glasswork/ui"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command(show).ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "glasswork:", err)
		stop()
		os.Exit(1)
	}
}

// show opens the window and returns when it was closed. The end of ctx closes it.
func show(ctx context.Context, o options) error {
	if err := displayAnswers(os.Getenv); err != nil {
		return err
	}
	app.SetMetadata(fyne.AppMetadata{
		ID: "glasswork.desktop", Name: "Glasswork",
		Migrations: map[string]bool{"fyneDo": true},
	})
	a := app.New()
	open := opener(o, os.Stderr)
	s, err := open(ctx, o.project)
	if err != nil {
		return err
	}
	w := ui.NewWindow(a, s, open)
	w.Arrange(workArea())
	measured := measure(o, w)
	o.begin(s)
	defer context.AfterFunc(ctx, a.Quit)()
	err = w.ShowAndRun()
	measured(os.Stderr)
	return err
}
