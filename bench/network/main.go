// Command network compares Glasswork's U-Net with PyTorch's on the same libtorch. It measures
// slices per second, processor seconds per slice and peak memory, for training at 256 × 256 and
// prediction at 512 × 512. The two run by turns, each in its own process. The ratio is the median
// of the ratios of the turns, which other programs on the machine disturb least.
//
//	go run ./bench/network
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"glasswork/model"
)

func main() {
	log.SetFlags(0)
	rounds := flag.Int("rounds", 5, "turns of each program")
	seconds := flag.Int("seconds", 10, "how long each turn lasts at least")
	threads := flag.Int("threads", runtime.NumCPU(), "threads of each program")
	steps := flag.Int("memory", 1000, "training steps on whose way memory is watched; 0: none")
	python := flag.String("python", "/usr/bin/python3", "interpreter with PyTorch")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	b := bench{
		out: os.Stdout, python: *python, rounds: *rounds, seconds: *seconds, threads: *threads,
	}
	if err := b.run(ctx, *steps); err != nil {
		log.Fatal(err)
	}
}

type bench struct {
	out                      io.Writer
	python, ours             string
	rounds, seconds, threads int
}

// result is what one turn of a program prints.
type result struct{ rate, cpu, peak float64 }

func (b *bench) run(ctx context.Context, steps int) error {
	dir, err := os.MkdirTemp("", "glasswork-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b.ours = filepath.Join(dir, "glasswork")
	build := exec.CommandContext(ctx, "go", "build", "-o", b.ours, "./bench/network/glasswork")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building: %w: %s", err, out)
	}
	fmt.Fprintf(b.out, "%d threads, median of %d turns; ratios are Glasswork's over PyTorch's\n\n",
		b.threads, b.rounds)
	fmt.Fprintln(b.out, "| what | Glasswork, slices/s | PyTorch | ratio | processor time a "+
		"slice, ratio | peak memory, MB | PyTorch |")
	fmt.Fprintln(b.out, "| --- | --- | --- | --- | --- | --- | --- |")
	for _, c := range []struct {
		mode, text  string
		side, batch int
	}{
		{"train", "training step", 256, 8},
		{"train-mixed", "training step, mixed precision", 256, 8},
		{"predict", "prediction", 512, 4},
	} {
		if _, err := turn(ctx, b.ours, c.mode, "resnet18", "64", "2", "0", "1"); err != nil {
			fmt.Fprintf(b.out, "| %s | not here: %v |\n", c.text, err)
			continue
		}
		for _, encoder := range []string{"resnet18", "resnet34"} {
			what := fmt.Sprintf("%s, %s, %d × %d, batch %d", c.text, encoder, c.side, c.side,
				c.batch)
			if err := b.compare(ctx, what, c.mode, encoder, c.side, c.batch); err != nil {
				return err
			}
		}
	}
	if steps == 0 {
		return nil
	}
	return b.watch(ctx, steps)
}

// compare prints a line of the table.
func (b *bench) compare(ctx context.Context, what, mode, encoder string, side, batch int) error {
	args := []string{
		mode, encoder, fmt.Sprint(side), fmt.Sprint(batch), fmt.Sprint(b.seconds),
		fmt.Sprint(b.threads),
	}
	var ours, theirs []result
	for range b.rounds {
		o, err := turn(ctx, b.ours, args...)
		if err != nil {
			return err
		}
		t, err := turn(ctx, b.python, append([]string{"bench/network/peers/unet.py"}, args...)...)
		if err != nil {
			return err
		}
		ours, theirs = append(ours, o), append(theirs, t)
	}
	rate := func(r result) float64 { return r.rate }
	cpu := func(r result) float64 { return r.cpu }
	peak := func(r result) float64 { return r.peak / 1024 }
	ratios := func(of func(r result) float64) float64 {
		var all []float64
		for i := range ours {
			all = append(all, of(ours[i])/of(theirs[i]))
		}
		return median(all, func(v float64) float64 { return v })
	}
	_, err := fmt.Fprintf(b.out, "| %s | %.2f | %.2f | %.2f | %.2f | %.0f | %.0f |\n", what,
		median(ours, rate), median(theirs, rate), ratios(rate), ratios(cpu),
		median(ours, peak), median(theirs, peak))
	return err
}

// turn runs a program once.
func turn(ctx context.Context, name string, args ...string) (r result, err error) {
	cmd := exec.CommandContext(ctx, name, args...)
	if strings.HasPrefix(args[0], "train") { // the program starts itself again with this argument
		cmd.Env = append(os.Environ(), "GLIBC_TUNABLES="+model.HugePages)
	}
	out, err := cmd.Output()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		return r, errors.New(strings.TrimSpace(string(failed.Stderr)))
	}
	if err != nil {
		return r, fmt.Errorf("%s %v: %w", filepath.Base(name), args, err)
	}
	if _, err := fmt.Sscan(string(out), &r.rate, &r.cpu, &r.peak); err != nil {
		return r, fmt.Errorf("%s %v printed %q", filepath.Base(name), args, out)
	}
	return r, nil
}

func median[T any](values []T, of func(T) float64) float64 {
	sorted := slices.SortedFunc(slices.Values(values), func(a, b T) int {
		return cmp.Compare(of(a), of(b))
	})
	return of(sorted[len(sorted)/2])
}

// watch prints the memory at points during a training.
func (b *bench) watch(ctx context.Context, steps int) error {
	fmt.Fprintf(b.out, "\nTraining steps of U-Net resnet18, 8 × 64 × 64: steps, resident KiB, "+
		"live tensors\n")
	cmd := exec.CommandContext(ctx, b.ours, "memory", "resnet18", "64", "8", fmt.Sprint(steps),
		fmt.Sprint(b.threads))
	cmd.Stdout, cmd.Stderr = b.out, os.Stderr
	return cmd.Run()
}
