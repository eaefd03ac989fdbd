package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	libraryName = "libtch.so"
	stampName   = "stamp"

	// recipe is changed whenever the way in which the library is made changes.
	recipe = "2"

	// maxPasses bounds the syntax checks. One was enough for every libtorch tried. A replaced body
	// can only uncover errors that the compiler had not reached before.
	maxPasses = 5
)

// additions is what Glasswork needs of libtorch and gotch's C interface does not have.
//
//go:embed cpp/glasswork.cpp
var additions []byte

// cSources are the files in gotch's libtch folder that the library is made of.
var cSources = []string{
	"torch_api.cpp", "torch_api.h", generatedFile, "torch_api_generated.h",
	"stb_image.h", "stb_image_resize.h", "stb_image_write.h",
}

// buildBackend makes dir/libtch.so from gotch's C++ sources and a libtorch. It does nothing if the
// library there was made from the same gotch, libtorch and compiler.
func buildBackend(ctx context.Context, dir, gotch string, torch libtorch) error {
	cxx := os.Getenv("CXX")
	if cxx == "" {
		cxx = "g++"
	}
	stamp, err := backendStamp(ctx, cxx, gotch, torch)
	if err != nil {
		return err
	}
	if old, err := os.ReadFile(filepath.Join(dir, stampName)); err == nil && string(old) == stamp {
		if _, err := os.Stat(filepath.Join(dir, libraryName)); err == nil {
			return nil
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(dir, "build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := copySources(work, gotch); err != nil {
		return err
	}
	start := time.Now()
	fmt.Printf("Preparing gotch for libtorch %s (%s): about two minutes, once.\n", torch.Version,
		torch.Kind())
	replaced, err := fitWrappers(ctx, cxx, work, torch)
	if err != nil {
		return err
	}
	fmt.Printf("%d functions need a newer libtorch and were replaced; compiling.\n", replaced)
	if err := compileLibrary(ctx, cxx, work, torch); err != nil {
		return err
	}
	library := filepath.Join(dir, libraryName)
	if err := os.Rename(filepath.Join(work, libraryName), library); err != nil {
		return err
	}
	fmt.Printf("%s is ready after %.0f s.\n", library, time.Since(start).Seconds())
	return os.WriteFile(filepath.Join(dir, stampName), []byte(stamp), 0o644)
}

// backendStamp says what a library is made from, one line for each source.
func backendStamp(ctx context.Context, cxx, gotch string, torch libtorch) (string, error) {
	version, err := exec.CommandContext(ctx, cxx, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("the C++ compiler %s does not run (on Debian or Ubuntu install "+
			"g++): %w", cxx, err)
	}
	compiler, _, _ := strings.Cut(string(version), "\n")
	hash := sha256.New()
	hash.Write(additions)
	for _, name := range cSources {
		f, err := os.Open(filepath.Join(gotch, "libtch", name))
		if err != nil {
			return "", fmt.Errorf("gotch's sources are incomplete: %w", err)
		}
		_, err = io.Copy(hash, f)
		_ = f.Close()
		if err != nil {
			return "", err
		}
	}
	library, err := os.Stat(filepath.Join(torch.Lib, "libtorch_cpu.so"))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("recipe %s\ngotch %x\nlibtorch %s %s %d %s %q\ncompiler %s %s\n",
		recipe, hash.Sum(nil), torch.Version, torch.Lib, library.Size(),
		library.ModTime().UTC().Format(time.RFC3339),
		torch.Flags, cxx, compiler), nil
}

// fitWrappers replaces, in dir, the wrappers that this libtorch does not support until the compiler
// accepts the rest. It returns how many it replaced.
func fitWrappers(ctx context.Context, cxx, dir string, torch libtorch) (replaced int, err error) {
	path := filepath.Join(dir, generatedFile)
	for range maxPasses {
		output, err := compile(ctx, cxx, dir, torch, "-fsyntax-only")
		if err == nil {
			return replaced, nil
		}
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		source, readErr := os.ReadFile(path)
		if readErr != nil {
			return 0, readErr
		}
		names := brokenWrappers(output, parseWrappers(string(source)))
		if len(names) == 0 {
			return 0, fmt.Errorf("gotch does not fit libtorch %s: %w", torch.Version,
				firstError(output, err))
		}
		fixed := replaceBodies(string(source), names, torch.Version)
		if err := os.WriteFile(path, []byte(fixed), 0o644); err != nil {
			return 0, err
		}
		replaced += len(names)
	}
	return 0, fmt.Errorf("gotch does not fit libtorch %s: errors remain after %d passes",
		torch.Version, maxPasses)
}

// compileLibrary links work/libtch.so. -O1 is enough because the wrappers are thin.
func compileLibrary(ctx context.Context, cxx, work string, torch libtorch) error {
	args := append([]string{
		"-O1", "-g0", "-ffile-prefix-map=" + work + "=.", "-fPIC", "-shared",
		"-o", filepath.Join(work, libraryName),
	}, torch.LinkFlags()...)
	if output, err := compile(ctx, cxx, work, torch, args...); err != nil {
		return fmt.Errorf("compiling gotch's C interface failed: %w", firstError(output, err))
	}
	return nil
}

// compile runs the compiler on torch_api.cpp in dir and returns its output.
func compile(ctx context.Context, cxx, dir string, torch libtorch, args ...string) (string, error) {
	all := append([]string{"-std=c++17", "-w", "-fmax-errors=0"}, strings.Fields(torch.Flags)...)
	if strings.Contains(filepath.Base(cxx), "clang") {
		all[2] = "-ferror-limit=0"
	}
	all = append(all, torch.IncludeFlags()...)
	all = append(all, filepath.Join(dir, "torch_api.cpp"))
	cmd := exec.CommandContext(ctx, cxx, append(all, args...)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C") // because the messages are parsed
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err := cmd.Run()
	return output.String(), err
}

// firstError returns the first line of a compiler's output that says "error", or err itself.
func firstError(output string, err error) error {
	for line := range strings.Lines(output) {
		if strings.Contains(line, "error:") {
			return errors.New(strings.TrimSpace(line))
		}
	}
	return err
}

// copySources copies gotch's C++ sources and the additions to dir. The copies are writable, unlike
// the files in the module cache.
func copySources(dir, gotch string) error {
	for _, name := range cSources {
		data, err := os.ReadFile(filepath.Join(gotch, "libtch", name))
		if err != nil {
			return err
		}
		if name == "torch_api.cpp" {
			data = append(data, additions...)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
