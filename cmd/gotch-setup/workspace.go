package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const gotchModule = "github.com/sugarme/gotch"

// libGo replaces gotch's libtch/lib.go, which names libraries and folders of its own. Programs find
// the backend in the folder beside their own. That is a RUNPATH, so LD_LIBRARY_PATH can choose
// another backend when a program starts.
const libGo = `package libtch

// #cgo CFLAGS: -I${SRCDIR} -O2 -Wno-unused-variable
// #cgo LDFLAGS: -L${SRCDIR}/../../backend/%[1]s -ltch
// #cgo LDFLAGS: -Wl,--enable-new-dtags -Wl,-rpath,$ORIGIN/../backend/%[1]s
import "C"
`

// checkoutGo lets programs built by "go test" and "go run" find the backend of this checkout.
// Programs built for installation (-tags release) do not use it, so they contain no folder of the
// machine that built them.
const checkoutGo = `//go:build !release

package libtch

// #cgo LDFLAGS: -Wl,-rpath,${SRCDIR}/../../backend/%[1]s
import "C"
`

// goWork uses the copy in place of the module without a change of go.mod.
const goWork = `go 1.26.0

use (
	.
	./.gotch
)
`

// moduleDir returns where the module cache holds the gotch that go.mod names. It is downloaded if
// it is not there yet.
func moduleDir(ctx context.Context, root string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", gotchModule)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOWORK=off")
	output, err := cmd.Output()
	var module struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(output, &module); jsonErr == nil && module.Error != "" {
		return "", fmt.Errorf("gotch cannot be downloaded: %s", module.Error)
	}
	if err != nil {
		return "", fmt.Errorf("the go command could not find gotch: %w", err)
	}
	if module.Dir == "" {
		return "", errors.New("the go command did not say where gotch is")
	}
	return module.Dir, nil
}

// writeWorkspace makes root/.gotch and root/go.work. An unchanged file is not written
// again, so that Go's build cache stays valid.
func writeWorkspace(root, gotch, kind string) error {
	copyDir := filepath.Join(root, ".gotch")
	err := filepath.WalkDir(gotch, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(gotch, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if rel == "example" || rel == "gen" {
				return fs.SkipDir
			}
			return nil
		}
		if !wanted(filepath.ToSlash(rel)) {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if rel == filepath.Join("libtch", "lib.go") {
			data = fmt.Appendf(nil, libGo, kind)
		}
		return writeIfNew(filepath.Join(copyDir, rel), data)
	})
	if err != nil {
		return fmt.Errorf("gotch cannot be copied: %w", err)
	}
	checkout := filepath.Join(copyDir, "libtch", "checkout.go")
	if err := writeIfNew(checkout, fmt.Appendf(nil, checkoutGo, kind)); err != nil {
		return err
	}
	return writeIfNew(filepath.Join(root, "go.work"), []byte(goWork))
}

// wanted reports whether Go needs a file of gotch. Go needs the Go code, the two C headers that it
// includes, go.mod and the licence.
func wanted(rel string) bool {
	switch rel {
	case "go.mod", "go.sum", "LICENSE", "libtch/torch_api.h", "libtch/torch_api_generated.h":
		return true
	}
	return strings.HasSuffix(rel, ".go") && !strings.HasSuffix(rel, "_test.go")
}

func writeIfNew(path string, data []byte) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == string(data) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}
