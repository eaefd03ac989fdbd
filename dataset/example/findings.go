package example

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"glasswork/dataset"
	"glasswork/dataset/classes"
	"glasswork/dataset/series"
)

// A dataset of findings without masks has a folder NAME with one series beside each NAME.csv,
// whose columns file and infection say of each slice whether it shows an infection, 0 or 1. Slices
// without one are known to hold no lesion. The others are left out, since nobody has said where
// it is. NAME is the patient.

// findingTables returns the names that have a folder and a table.
func findingTables(dir string) (names []string) {
	entries, _ := os.ReadDir(dir) // a folder that cannot be read has none
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".csv")
		if info, err := os.Stat(filepath.Join(dir, name)); ok && err == nil && info.IsDir() {
			names = append(names, name)
		}
	}
	return names
}

func openFindings(ctx context.Context, dir string) (Set, error) {
	store, err := newSliceStore()
	if err != nil {
		return nil, err
	}
	for _, name := range findingTables(dir) {
		if err := addClean(ctx, store, dir, name); err != nil {
			store.close()
			return nil, err
		}
	}
	return store, nil
}

// addClean puts the slices of one series that show no infection into the store.
func addClean(ctx context.Context, store *sliceStore, dir, name string) error {
	infected, err := infectedFiles(filepath.Join(dir, name+".csv"))
	if err != nil {
		return err
	}
	all, _, err := dataset.Open(ctx, filepath.Join(dir, name))
	if err != nil {
		return err
	}
	defer func() {
		for _, s := range all {
			_ = s.Close() // only read
		}
	}()
	s := all[0]
	if len(all) != 1 || len(s.Files) != s.Geometry.Size[0] {
		return fmt.Errorf("%s does not hold one series with a file for each slice", name)
	}
	return addSlices(ctx, store, name, s, infected)
}

func addSlices(
	ctx context.Context, store *sliceStore, name string, s *series.Series, infected map[string]bool,
) error {
	spacing := s.Geometry.Spacing()
	hu := make([]int16, s.Geometry.SliceVoxels())
	for z, file := range s.Files {
		shows, listed := infected[filepath.Base(file)]
		switch {
		case !listed:
			return fmt.Errorf("%s.csv does not say whether %s shows an infection", name,
				filepath.Base(file))
		case shows:
			continue
		}
		if err := s.ReadSlice(ctx, z, hu); err != nil {
			return err
		}
		err := store.add(Example{
			Case: name, Patient: name, Z: z, W: s.Geometry.Size[2], H: s.Geometry.Size[1], HU: hu,
			Labels:    make([]uint8, len(hu)),
			Known:     classes.Knows(classes.GroundGlass, classes.Consolidation),
			Spacing:   [2]float64{spacing[1], spacing[2]},
			Reference: name + ".csv",
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// infectedFiles says of each file that a table lists whether it shows an infection.
func infectedFiles(path string) (map[string]bool, error) {
	t, err := readTable(path, "file", "infection")
	if err != nil {
		return nil, err
	}
	infected := map[string]bool{}
	for _, row := range t.rows {
		v := strings.TrimSpace(t.text(row, "infection"))
		if v != "0" && v != "1" {
			return nil, fmt.Errorf("%s: the infection of %s is %q, not 0 or 1", t.name,
				t.text(row, "file"), v)
		}
		infected[t.text(row, "file")] = v == "1"
	}
	if len(infected) == 0 {
		return nil, fmt.Errorf("%s lists no slice", t.name)
	}
	return infected, nil
}
