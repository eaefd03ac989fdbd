// Package codectest gives tests the decoding program.
package codectest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"glasswork/dataset/dicom/codec"
)

// Main builds the decoding program, runs the tests of m with it and returns their exit status. If
// the environment already names a program, Main uses that one.
func Main(m *testing.M) int {
	if os.Getenv(codec.ProgramVariable) != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "glasswork-codec")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, codec.Program)
	if out, err := exec.Command("go", "build", "-o", program,
		"glasswork/cmd/glasswork-codec").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "the decoding program could not be built: %v\n%s", err, out)
		return 1
	}
	if err := os.Setenv(codec.ProgramVariable, program); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
