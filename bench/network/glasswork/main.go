// Command glasswork is Glasswork's side of the network benchmark. Its arguments and its output are
// those of peers/unet.py. "memory ENCODER SIDE BATCH STEPS THREADS" prints the resident memory and
// the number of live tensors ten times during a training.
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"strconv"
	"syscall"
	"time"

	"glasswork/dataset/classes"
	"glasswork/model"
	"glasswork/training/network"
)

func main() {
	log.SetFlags(0)
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(args []string) error {
	if len(args) != 6 {
		return fmt.Errorf("%d arguments, want mode, encoder, side, batch, seconds or steps, "+
			"threads", len(args))
	}
	var n [4]int
	for i, text := range args[2:] {
		var err error
		if n[i], err = strconv.Atoi(text); err != nil {
			return err
		}
	}
	side, count, threads := n[0], n[1], n[3]
	spec := network.Spec{Arch: "unet", Encoder: args[1], InChannels: 1, Classes: classes.Count}
	l, err := model.Networks{Threads: threads}.New(spec, 1)
	if err != nil {
		return err
	}
	defer l.Close()
	b := noise(count, side)
	ctx := context.Background()
	step := func() error {
		_, err := l.Step(ctx, b, 1e-4)
		return err
	}
	switch args[0] {
	case "train-mixed":
		mixed := network.Method{
			Optimiser: network.Optimiser{Kind: network.AdamW}, Precision: network.PrecisionMixed,
		}
		if err := l.(*model.Learner).Configure(mixed); err != nil {
			return err
		}
		return measure(step, count, time.Duration(n[2])*time.Second)
	case "train":
		return measure(step, count, time.Duration(n[2])*time.Second)
	case "predict":
		probs := make([]float32, classes.Count*len(b.X))
		return measure(func() error {
			return l.Predict(ctx, b.X, b.N, side, side, probs)
		}, count, time.Duration(n[2])*time.Second)
	case "memory":
		return watch(step, n[2])
	}
	return fmt.Errorf("there is no mode %q", args[0])
}

// noise returns a batch of random slices and classes.
func noise(n, side int) network.Batch {
	rng := rand.New(rand.NewPCG(1, 1))
	b := network.Batch{
		N: n, H: side, W: side, X: make([]float32, n*side*side), Y: make([]uint8, n*side*side),
	}
	for i := range b.X {
		b.X[i], b.Y[i] = rng.Float32(), uint8(rng.IntN(classes.Count))
	}
	for range n {
		b.Known = append(b.Known, classes.All())
	}
	return b
}

// measure prints slices per second, processor seconds per slice and peak memory in KiB.
func measure(work func() error, slices int, least time.Duration) error {
	if err := work(); err != nil { // the first call allocates its memory
		return err
	}
	start, used, rounds := time.Now(), usage(), 0
	for rounds == 0 || time.Since(start) < least {
		if err := work(); err != nil {
			return err
		}
		rounds++
	}
	wall, cpu, done := time.Since(start).Seconds(), usage(), float64(rounds*slices)
	fmt.Println(done/wall, (cpu.seconds-used.seconds)/done, cpu.peak)
	return nil
}

type use struct {
	seconds float64
	peak    int64 // KiB
}

func usage() use {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return use{}
	}
	return use{time.Duration(r.Utime.Nano() + r.Stime.Nano()).Seconds(), r.Maxrss}
}

// watch makes steps. Ten times, it prints the number of steps so far, the resident memory in KiB
// and the number of live tensors.
func watch(step func() error, steps int) error {
	for i := 1; i <= steps; i++ {
		if err := step(); err != nil {
			return err
		}
		if i%max(steps/10, 1) == 0 {
			fmt.Println(i, resident(), model.LiveTensors())
		}
	}
	return nil
}

// resident returns the memory of the process in KiB, or 0 if the system does not say.
func resident() int {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.Atoi(string(fields[1]))
	if err != nil {
		return 0
	}
	return pages * os.Getpagesize() / 1024
}
