// Command glasswork-trainer trains, predicts and scores without a window. The desktop
// starts it as a child (serve); people use its other commands.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"glasswork/model"
	"glasswork/training"
	"glasswork/training/augment"
)

func main() {
	startAgainWithHugePages()
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

// startAgainWithHugePages puts the program in its own place, once, with the setting that
// model.HugePages names, where it is going to train: starting takes half a second.
func startAgainWithHugePages() {
	trains := len(os.Args) > 1 && slices.Contains([]string{"train", "finetune", "experiment"},
		os.Args[1])
	if !trains || os.Getenv("GLIBC_TUNABLES") != "" {
		return
	}
	self, err := os.Executable()
	if err != nil {
		return
	}
	_ = syscall.Exec(self, os.Args, append(os.Environ(), "GLIBC_TUNABLES="+model.HugePages))
}
