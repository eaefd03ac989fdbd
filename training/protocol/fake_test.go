package protocol

import (
	"bufio"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fakeEnv makes this test binary play a trainer, in the way its value says.
const fakeEnv = "GLASSWORK_FAKE_TRAINER"

func TestMain(m *testing.M) {
	if role := os.Getenv(fakeEnv); role != "" {
		os.Exit(fakeTrainer(role))
	}
	os.Exit(m.Run())
}

// fakeTrainer answers requests on stdin. Its role is what it does with a job.
func fakeTrainer(role string) int {
	out := NewEmitter(os.Stdout)
	_ = out.Emit(Event{Type: TypeHello, Hello: &Hello{
		Version: Version, Libtorch: "none", Device: "fake", Threads: 1,
	}})
	in := bufio.NewScanner(os.Stdin)
	var id string
	for in.Scan() {
		r, err := DecodeRequest(in.Bytes())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 2
		}
		if r.Type == TypeStop {
			if role != "stubborn" {
				_ = out.Emit(Event{Type: TypeError, ID: id, Error: &JobError{
					CodeCancelled, "cancelled",
				}})
			}
			continue
		}
		id = r.ID
		if code, leave := fakeJob(role, id, out); leave {
			return code
		}
	}
	if role == "stubborn" {
		signal.Ignore(syscall.SIGTERM)
		time.Sleep(time.Hour)
	}
	return 0
}

// fakeJob plays one job; leave says that the trainer ends with code.
func fakeJob(role, id string, out *Emitter) (code int, leave bool) {
	switch role {
	case "good":
		fmt.Println("this is no message")
		fmt.Println(`{"type":"status","id":`)
		fmt.Fprintln(os.Stderr, "a warning of libtorch")
		for i := range 3 {
			_ = out.Emit(Event{
				Type: TypeSlice, ID: id, Slice: &Slice{Z: i, Labels: make(Packed, 512*512)},
			})
		}
		_ = out.Emit(Event{
			Type: TypeStatus, ID: "of another job", Status: &Status{Text: "not yours"},
		})
		_ = out.Emit(Event{
			Type: TypeSummary, ID: id, Summary: &Summary{Predict: &PredictSummary{
				ModelName: "fake", Slices: 3,
			}},
		})
	case "failing":
		_ = out.Emit(Event{Type: TypeError, ID: id, Error: &JobError{
			CodeDiskFull, "the disk is full",
		}})
	case "dying":
		fmt.Fprintln(os.Stderr, strings.Repeat("line\n",
			50)+"[enforce fail at alloc_cpu.cpp] not enough memory")
		return 3, true
	case "dying once":
		if marker := os.Getenv("GLASSWORK_FAKE_MARKER"); os.Mkdir(marker, 0o755) == nil {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			time.Sleep(time.Hour)
		}
		return fakeJob("good", id, out)
	}
	return 0, false // "waiting" and "stubborn" answer nothing
}
