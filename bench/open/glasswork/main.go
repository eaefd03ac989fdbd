// Command glasswork opens a folder of CT slices with Glasswork: headers and pixels into one HU
// volume. It prints what every peer prints (see bench/open).
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"syscall"
	"time"

	"glasswork/dataset"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: glasswork FOLDER")
	}
	if err := measure(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func measure(folder string) error {
	start := time.Now()
	series, _, err := dataset.Open(context.Background(), folder)
	if err != nil {
		return err
	}
	v, err := series[0].Read(context.Background())
	if err != nil {
		return err
	}
	took := time.Since(start)
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return err
	}
	cpu := time.Duration(used.Utime.Nano() + used.Stime.Nano())
	var sum uint64
	for i, hu := range v.HU {
		sum += uint64(uint16(hu)) * uint64(i%65521+1)
	}
	fmt.Printf("%.6f %.6f %d %d %d\n", took.Seconds(), cpu.Seconds(), used.Maxrss, len(v.HU), sum)
	return series[0].Close()
}
