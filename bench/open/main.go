// Command open measures how long Glasswork and other DICOM readers take to open one series, headers
// and pixels into one HU volume, and prints tables. Every program runs in its own process on the
// same warm files, by turns. It prints one line: seconds, processor seconds since its start, peak
// memory in KiB, voxels, and a checksum that must be the same for all programs.
//
//	go run ./bench/open
package main

import (
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
	"strconv"
)

func main() {
	log.SetFlags(0)
	count := flag.Int("slices", 300, "slices of the series that all programs open")
	long := flag.Int("long", 2000,
		"slices of the longest series, which Glasswork opens alone; 0: none")
	rounds := flag.Int("rounds", 5, "runs of each program, of which the median counts")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *count, *long, *rounds); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, count, long, rounds int) error {
	dir, err := os.MkdirTemp("", "glasswork-bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	programs, err := prepare(ctx, dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Opening a series of 512 × 512, 16 bits, warm cache, %d cores, "+
		"median of %d runs by turns.\n", runtime.NumCPU(), rounds)
	fmt.Fprintln(out, "Processor time is without Glasswork's decoding processes "+
		"(JPEG-LS, JPEG 2000).")
	for _, kind := range []string{"unsigned", "signed"} {
		folder, err := series(ctx, dir, count, kind)
		if err != nil {
			return err
		}
		results, err := measure(ctx, programs, folder, rounds)
		if err != nil {
			return err
		}
		table(out, fmt.Sprintf("%d slices, %s", count, kind), programs, results)
	}
	for _, c := range compressions() {
		folder, err := compress(ctx, dir, min(count, mostCompressed), c)
		if err != nil {
			return err
		}
		readers := programs
		if c.notByDCMTK {
			readers = programs[:len(programs)-1]
		}
		results, err := measure(ctx, readers, folder, min(rounds, 3))
		if err != nil {
			return err
		}
		title := fmt.Sprintf("%d slices, %s", min(count, mostCompressed), c.name)
		table(out, title, readers, results)
	}
	for n := count; n <= long; n = next(n, long) {
		folder, err := series(ctx, dir, n, "unsigned")
		if err != nil {
			return err
		}
		results, err := measure(ctx, programs[:1], folder, rounds)
		if err != nil {
			return err
		}
		table(out, fmt.Sprintf("%d slices", n), programs[:1], results)
	}
	return nil
}

// mostCompressed bounds the compressed series: some codecs are slow.
const mostCompressed = 100

// compression is a lossless compression, with GDCM's name for it.
type compression struct {
	name, flag string
	notByDCMTK bool
}

func compressions() []compression {
	return []compression{
		{"RLE", "--rle", false},
		{"JPEG lossless", "--jpeg", false},
		{"JPEG-LS", "--jpegls", false},
		{"JPEG 2000", "--j2k", true},
	}
}

// compress writes the unsigned series once more, compressed.
func compress(
	ctx context.Context, dir string, count int, c compression,
) (folder string, err error) {
	plain, err := series(ctx, dir, count, "unsigned")
	if err != nil {
		return "", err
	}
	files, err := os.ReadDir(plain)
	if err != nil {
		return "", err
	}
	folder = filepath.Join(dir, "packed"+c.flag)
	if err := os.Mkdir(folder, 0o755); err != nil {
		return "", err
	}
	for _, f := range files {
		from, to := filepath.Join(plain, f.Name()), filepath.Join(folder, f.Name())
		if err := command(ctx, "gdcmconv", c.flag, from, to); err != nil {
			return "", err
		}
	}
	return folder, nil
}

// next returns the length after n: twice as much, and finally long.
func next(n, long int) int {
	if n < long {
		return min(2*n, long)
	}
	return long + 1
}

// program is one reader: its name, and the command that starts it, without the folder.
type program struct {
	name string
	args []string
}

// prepare builds the programs into dir, Glasswork first.
func prepare(ctx context.Context, dir string) ([]program, error) {
	ours := filepath.Join(dir, "glasswork")
	if err := command(ctx, "go", "build", "-o", ours, "./bench/open/glasswork"); err != nil {
		return nil, err
	}
	// Glasswork looks for the decoding program in its own folder.
	if err := command(ctx, "go", "build", "-o", dir, "./cmd/glasswork-codec"); err != nil {
		return nil, err
	}
	programs := []program{
		{"Glasswork", []string{ours}},
		{"pydicom + numpy", []string{python, "bench/open/peers/pydicom_numpy.py"}},
	}
	for _, peer := range []struct {
		name, source string
		flags        []string
	}{
		{"GDCM", "gdcm.cc", []string{
			"-I/usr/include/gdcm-3.0", "-lgdcmMSFF", "-lgdcmDSED", "-lgdcmDICT", "-lgdcmCommon",
		}},
		{"DCMTK", "dcmtk.cc", []string{
			"-ldcmjpeg", "-ldcmjpls", "-ldcmdata", "-loflog", "-lofstd",
		}},
	} {
		binary := filepath.Join(dir, peer.name)
		source := filepath.Join("bench", "open", "peers", peer.source)
		args := append([]string{"-O2", "-std=c++17", "-o", binary, source}, peer.flags...)
		if err := command(ctx, "g++", args...); err != nil {
			return nil, err
		}
		programs = append(programs, program{peer.name, []string{binary}})
	}
	return programs, nil
}

// python is the system's interpreter, for which Debian's packages are installed.
const python = "/usr/bin/python3"

func series(ctx context.Context, dir string, count int, kind string) (folder string, err error) {
	folder = filepath.Join(dir, kind+strconv.Itoa(count))
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	return folder, command(ctx, python,
		"bench/open/peers/series.py", folder, strconv.Itoa(count), kind)
}

func command(ctx context.Context, name string, args ...string) error {
	if out, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}

// result is what the runs of one program used.
type result struct {
	seconds []float64
	cpu     []float64 // seconds on all cores
	peak    int64     // bytes, the largest of all runs
	voxels  int64
	sum     uint64
}

func median(v []float64) float64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

// measure runs all programs by turns, after one turn that warms the cache.
func measure(ctx context.Context, programs []program, folder string, rounds int) ([]result, error) {
	results := make([]result, len(programs))
	for round := range rounds + 1 {
		for i, p := range programs {
			out, err := exec.CommandContext(ctx, p.args[0], append(p.args[1:], folder)...).Output()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.name, err)
			}
			var seconds, cpu float64
			var peak int64
			r := &results[i]
			_, err = fmt.Sscan(string(out), &seconds, &cpu, &peak, &r.voxels, &r.sum)
			if err != nil {
				return nil, fmt.Errorf("%s printed %q: %w", p.name, out, err)
			}
			if r.sum != results[0].sum {
				return nil, errors.New(p.name + " read other HU than Glasswork")
			}
			if round > 0 {
				r.seconds, r.cpu = append(r.seconds, seconds), append(r.cpu, cpu)
				r.peak = max(r.peak, peak<<10)
			}
		}
	}
	return results, nil
}

func table(out io.Writer, title string, programs []program, results []result) {
	fmt.Fprintf(out, "\n| %s | time | of Glasswork's | a slice "+
		"| processor time | peak memory | of the volume |\n", title)
	fmt.Fprintln(out, "| --- | --- | --- | --- | --- | --- | --- |")
	for i, r := range results {
		seconds, volume := median(r.seconds), float64(2*r.voxels)
		fmt.Fprintf(out, "| %s | %.0f ms | %.2f × | %.2f ms | %.0f ms | %.0f MB | %.2f × |\n",
			programs[i].name, 1000*seconds, seconds/median(results[0].seconds),
			1000*seconds/(float64(r.voxels)/(512*512)),
			1000*median(r.cpu), float64(r.peak)/1e6, float64(r.peak)/volume)
	}
}
