// Command gotch-setup prepares gotch, the Go binding of libtorch, for this machine. It compiles
// gotch's C interface against the installed libtorch into backend/cpu or backend/cuda. It copies
// gotch's Go packages to .gotch, which go.work uses in place of the module. It needs no root, does
// not change the module cache and does nothing twice.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

const usage = `Usage: gotch-setup [-root DIR] [-gotch DIR] [-backend-only]

Compiles gotch's C interface against a libtorch: the one that the environment
variable LIBTORCH names, else the system's. Writes backend/cpu or backend/cuda and,
unless -backend-only is given, .gotch and go.work, so that Go programs can be built.

Example:
  LIBTORCH=$HOME/libtorch gotch-setup

`

func main() {
	root := flag.String("root", ".", "folder of the project, or of an installed Glasswork")
	gotch := flag.String("gotch", "", "folder of gotch's sources (default: the module that "+
		"go.mod names)")
	backendOnly := flag.Bool("backend-only", false, "compile the backend only; needs no Go")
	flag.Usage = func() {
		fmt.Fprint(os.Stderr, usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := setUp(ctx, *root, *gotch, *backendOnly); err != nil {
		fmt.Fprintln(os.Stderr, "gotch-setup:", err)
		os.Exit(1)
	}
}

// setUp runs the steps in order. Each step does nothing if its result is already right.
func setUp(ctx context.Context, root, gotch string, backendOnly bool) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	if gotch == "" {
		if gotch, err = moduleDir(ctx, root); err != nil {
			return err
		}
	}
	torch, err := findLibtorch(os.Getenv("LIBTORCH"))
	if err != nil {
		return err
	}
	backend := filepath.Join(root, "backend", torch.Kind())
	if err := buildBackend(ctx, backend, gotch, torch); err != nil {
		return err
	}
	if backendOnly {
		return nil
	}
	return writeWorkspace(root, gotch, torch.Kind())
}
