package codec_test

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"glasswork/dataset/dicom/codec"
	"glasswork/dataset/dicom/codec/codectest"
)

func TestMain(m *testing.M) { os.Exit(codectest.Main(m)) }

// greys holds the pictures of testdata by transfer syntax.
var greys = map[string]string{
	"1.2.840.10008.1.2.4.90":  "grey12.j2k",
	"1.2.840.10008.1.2.4.201": "grey12.htj2k",
	"1.2.840.10008.1.2.4.80":  "grey12.jls",
}

var grey = codec.Shape{Rows: 48, Columns: 64, Samples: 1, BitsAllocated: 16}

func stream(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// isGrey reports whether f is the picture of testdata.
func isGrey(f codec.Frame) bool {
	if f.Bits != 16 || f.Precision != 12 || f.Signed || len(f.Samples) != 2*64*48 {
		return false
	}
	for i := range 64 * 48 {
		y, x := i/64, i%64
		want := (x*x + 3*y*y + (7919*x+104729*y)%13) * 4096 / 11021
		if int(binary.LittleEndian.Uint16(f.Samples[2*i:])) != want {
			return false
		}
	}
	return true
}

func TestTheProgramDecodes(t *testing.T) {
	var d codec.Decoder
	defer d.Close()
	for uid, name := range greys {
		f, err := d.Decode(t.Context(), uid, stream(t, name), grey, nil)
		if err != nil || !isGrey(f) {
			t.Errorf("%s: %v, or another picture", name, err)
		}
	}
}

func TestManyFramesAtOnce(t *testing.T) {
	var d codec.Decoder
	defer d.Close()
	var wg sync.WaitGroup
	for uid, name := range greys {
		b := stream(t, name)
		for range 20 {
			wg.Go(func() {
				if f, err := d.Decode(t.Context(), uid, b, grey, nil); err != nil || !isGrey(f) {
					t.Errorf("%s: %v, or another picture", name, err)
				}
			})
		}
	}
	wg.Wait()
}

// decodeBy decodes a good frame with a shell script in the program's place.
func decodeBy(t *testing.T, script string) (codec.Frame, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), codec.Program)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv(codec.ProgramVariable, path)
	var d codec.Decoder
	defer d.Close()
	return d.Decode(t.Context(), "1.2.840.10008.1.2.4.90", stream(t, "grey12.j2k"), grey, nil)
}

func TestAProgramThatFailsCostsASentence(t *testing.T) {
	for _, c := range []struct{ name, script, want string }{
		{"crashes", "kill -SEGV $$", "stopped the decoder"},
		{"ends", "exit 0", "stopped the decoder"},
		{"hangs", "exec sleep 60", "within 1.5 s"},
		{"takes too long", "exit 3", "within 1.5 s"},
		{"answers nonsense", "head -c 1000 /dev/zero; cat >/dev/null", "stopped the decoder"},
		{
			"lacks a library", "echo 'libcharls.so.2: cannot open' >&2; exit 127",
			"does not start (libcharls.so.2: cannot open)",
		},
	} {
		began := time.Now()
		_, err := decodeBy(t, c.script)
		if err == nil || !strings.Contains(err.Error(), c.want) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("a program that %s: %v; want %q", c.name, err, c.want)
		}
		if took := time.Since(began); took > 8*time.Second {
			t.Errorf("a program that %s took %v", c.name, took)
		}
	}
}

// A program that was killed from outside is started again for the same frame.
func TestTheProgramIsStartedAgain(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	f, err := decodeBy(t, fmt.Sprintf("[ -e %[1]s ] && exec %[2]s; touch %[1]s; kill -KILL $$",
		mark, os.Getenv(codec.ProgramVariable)))
	if err != nil || !isGrey(f) {
		t.Errorf("%v, or another picture", err)
	}
}

func TestAMissingProgramIsNamed(t *testing.T) {
	var d codec.Decoder
	defer d.Close()
	for path, want := range map[string]string{"": "need the program glasswork-codec, which is " +
		"missing in", "/nowhere/codec": "/nowhere/codec"} {
		t.Setenv(codec.ProgramVariable, path)
		_, err := d.Decode(t.Context(), "1.2.840.10008.1.2.4.80", stream(t, "grey12.jls"), grey,
			nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", path, err, want)
		}
	}
}

func TestAClosedDecoderDecodesNoMore(t *testing.T) {
	var d codec.Decoder
	d.Close()
	if _, err := d.Decode(t.Context(), "1.2.840.10008.1.2.4.80", stream(t, "grey12.jls"), grey,
		nil); err == nil {
		t.Error("decoded by a closed decoder")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := new(codec.Decoder).Decode(ctx, "1.2.840.10008.1.2.4.80", stream(t, "grey12.jls"),
		grey, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
}

var mutants = flag.Int("mutants", 100, "damaged frames of each kind that the program is given")

// Damaged frames go through the real program. Whatever happens to it, each of them costs one error
// or one picture, and the next frame is decoded.
func TestDamagedFramesAreSurvived(t *testing.T) {
	var d codec.Decoder
	defer d.Close()
	for uid, name := range greys {
		whole := stream(t, name)
		random := rand.New(rand.NewPCG(7, uint64(len(name))))
		outcomes := map[string]int{}
		for range *mutants {
			began := time.Now()
			_, err := d.Decode(t.Context(), uid, mutate(random, whole), grey, nil)
			outcomes[outcome(err)]++
			if took := time.Since(began); took > 4*time.Second {
				t.Errorf("%s: a damaged frame took %v", name, took)
			}
		}
		t.Logf("%s: %v", name, outcomes)
		if f, err := d.Decode(t.Context(), uid, whole, grey, nil); err != nil || !isGrey(f) {
			t.Errorf("%s after damaged ones: %v, or another picture", name, err)
		}
	}
}

// mutate changes, cuts or repeats some bytes of b.
func mutate(random *rand.Rand, b []byte) []byte {
	b = slices.Clone(b)
	for range 1 + random.IntN(4) {
		at := random.IntN(len(b))
		switch random.IntN(5) {
		case 0:
			b[at] ^= 1 << random.IntN(8)
		case 1:
			b[at] = byte(random.IntN(256))
		case 2:
			b[at] = []byte{0, 0xFF, 0x7F, 0x80}[random.IntN(4)]
		case 3:
			b = b[:max(at, 60)]
		case 4:
			to := min(at+random.IntN(40), len(b))
			b = slices.Insert(b, at, slices.Clone(b[at:to])...)
		}
	}
	return b
}

// outcome classifies what happened to a frame.
func outcome(err error) string {
	switch {
	case err == nil:
		return "picture"
	case strings.Contains(err.Error(), "stopped the decoder"):
		return "crash"
	case strings.Contains(err.Error(), "within"):
		return "time limit"
	case strings.Contains(err.Error(), "compressed pixels are damaged"):
		return "refused by the library"
	}
	return "refused before"
}
