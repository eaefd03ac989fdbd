// Package shared gives tests the real images and reference outputs that lie in a folder "shared"
// beside the checkout. They are not part of the project: most have terms of their own.
package shared

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// SkipsVariable names the environment variable with the file to which each skipped test adds a
// line, so that a run over many packages can say how many there were.
const SkipsVariable = "GLASSWORK_SKIPS"

// Path is where the file or folder of these parts lies below ../shared. Without ../shared the test
// is skipped; with it, what a test needs must be there.
func Path(t testing.TB, parts ...string) string {
	t.Helper()
	root, err := root()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(root); err != nil {
		if err := count(t.Name()); err != nil {
			t.Fatal(err)
		}
		t.Skip("needs ../shared, which is not beside this checkout")
	}
	path := filepath.Join(append([]string{root}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("../shared is here, but what this test needs is not: %v", err)
	}
	return path
}

// Data is Path below ../shared/data, where the images are.
func Data(t testing.TB, parts ...string) string {
	t.Helper()
	return Path(t, append([]string{"data"}, parts...)...)
}

// root is the folder shared beside the one with go.mod. Tests run in their package's folder.
func root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(filepath.Dir(dir), "shared"), nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("no go.mod above %s", dir)
		}
		dir = up
	}
}

// count adds a line to the list of skipped tests, if somebody wants one.
func count(name string) error {
	list := os.Getenv(SkipsVariable)
	if list == "" {
		return nil
	}
	f, err := os.OpenFile(list, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(f, name); err != nil {
		return err
	}
	return f.Close()
}
