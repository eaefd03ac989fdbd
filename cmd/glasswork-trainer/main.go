// Command glasswork-trainer trains, predicts and scores without a window. The desktop
// starts it as a child (serve); people use its other commands.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"glasswork/training"
	"glasswork/training/augment"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	if err := a.command().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "glasswork-trainer:", training.Sentence(err))
		if bad := (*augment.SyntaxError)(nil); errors.As(err, &bad) {
			fmt.Fprintln(os.Stderr, bad.Pointer())
		}
		stop()
		os.Exit(1)
	}
}
