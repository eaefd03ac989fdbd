package experiment

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"glasswork/dataset/example"
	"glasswork/training/sampling"
)

// Data is the labelled slices of an experiment.
type Data struct {
	// Names are the datasets as a person knows them: the last two parts of their paths.
	Names []string
	// Pool is all slices in the order of the datasets. Those from TestFrom on belong to a test
	// set that came with the data, which the patient protocol keeps. Without one, TestFrom is
	// Pool's length.
	Pool     example.Set
	TestFrom int
	// Arrays says that these are the arrays that the study used.
	Arrays bool
}

// OpenData opens the datasets at paths, and those at tests as the test set. A folder that has a
// dataset in train and one in test counts as both.
func OpenData(ctx context.Context, paths, tests []string) (*Data, error) {
	paths, tests = spread(paths, tests)
	d := &Data{}
	var parts []example.Set
	for i, path := range append(paths[:len(paths):len(paths)], tests...) {
		e, err := example.Open(ctx, path)
		if err != nil {
			return nil, err
		}
		if i < len(paths) {
			d.TestFrom += e.Len()
		}
		parts = append(parts, e)
		d.Names = append(d.Names, shortName(path))
	}
	if len(parts) == 0 {
		return nil, fmt.Errorf("no dataset was named")
	}
	d.Pool = sampling.Join(parts...)
	d.Arrays = len(parts) == 1 && example.StudyArrays(parts[0])
	return d, nil
}

// spread replaces folders that hold a dataset in train and one in test.
func spread(paths, tests []string) (train, test []string) {
	for _, p := range paths {
		a, b := filepath.Join(p, "train"), filepath.Join(p, "test")
		if isFolder(a) && isFolder(b) && !strings.HasPrefix(p, "phantom:") {
			train, test = append(train, a), append(test, b)
		} else {
			train = append(train, p)
		}
	}
	return train, append(test, tests...)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// shortName is a dataset's path without the folders of the machine.
func shortName(path string) string {
	if strings.HasPrefix(path, "phantom:") {
		return path
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = path
	}
	return filepath.Join(filepath.Base(filepath.Dir(abs)), filepath.Base(abs))
}
