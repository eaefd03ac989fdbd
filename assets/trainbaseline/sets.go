package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"glasswork/dataset/classes"
	"glasswork/dataset/example"
	"glasswork/training/anatomy"
	"glasswork/training/job"
)

// uprightMM is the usual pixel size of a chest CT; the pictures do not say theirs.
const uprightMM = 0.75

// turned are pictures that lie on their side, turned upright and taken for CT.
type turned struct {
	example.Set
	spine map[string]string // by case: "left" or "right", the side on which the spine lies
}

// upright turns the pictures of covid19-ct-seg as its index says.
func upright(e example.Set, index string) (example.Set, error) {
	rows, err := readTable(index)
	if err != nil {
		return nil, err
	}
	t := turned{e, map[string]string{}}
	for _, row := range rows {
		t.spine[row["volume"]] = row["spine"]
	}
	return t, nil
}

func (t turned) At(ctx context.Context, i int) (example.Example, error) {
	e, err := t.Set.At(ctx, i)
	if err != nil {
		return e, err
	}
	w, h := e.W, e.H
	hu, labels := make([]int16, len(e.HU)), make([]uint8, len(e.Labels))
	for k := range e.HU {
		x, y := k%w, k/w
		to := y + (w-1-x)*h // the left side goes to the bottom
		if t.spine[e.Case] != "left" {
			to = h - 1 - y + x*h
		}
		hu[to], labels[to] = min(max(e.HU[k], -1024), 3000), e.Labels[k]
	}
	e.W, e.H, e.HU, e.Labels = h, w, hu, labels
	e.Spacing = [2]float64{uprightMM, uprightMM}
	return e, nil
}

// held is a dataset in memory.
type held []example.Example

func (h held) Len() int { return len(h) }

func (h held) At(_ context.Context, i int) (example.Example, error) { return h[i], nil }

func (h held) Key(i int) (patient, caseID string, z int) { return h[i].Patient, h[i].Case, h[i].Z }

// clean are the slices of a series that hold no lesion: all, or those of which table says so. The
// lungs are known where withLungs says that a threshold finds them.
func clean(ctx context.Context, path, table string, withLungs bool) (example.Set, error) {
	s, err := job.OpenSeries(ctx, path, "")
	if err != nil {
		return nil, err
	}
	defer s.Close()
	v, err := s.Read(ctx)
	if err != nil {
		return nil, err
	}
	infected := make([]bool, v.Size[0])
	if table != "" {
		if infected, err = infection(table); err != nil {
			return nil, err
		}
		if len(infected) != v.Size[0] {
			return nil, fmt.Errorf("%s has %d rows for %d slices", table, len(infected), v.Size[0])
		}
	}
	known := classes.Knows(classes.GroundGlass, classes.Consolidation)
	lungs := make([]bool, v.Voxels())
	if withLungs {
		known, lungs = classes.All(), anatomy.ThresholdLungs(v)
	}
	var all held
	name, n, spacing := filepath.Base(path), v.SliceVoxels(), v.Spacing()
	for z := range v.Size[0] {
		if infected[z] {
			continue
		}
		e := example.Example{
			Case: name, Patient: name, Z: z, W: v.Size[2], H: v.Size[1], HU: v.Slice(z),
			Labels: make([]uint8, n), Known: known, Reference: "no lesion",
			Spacing: [2]float64{spacing[1], spacing[2]},
		}
		for i, lung := range lungs[z*n : (z+1)*n] {
			if lung {
				e.Labels[i] = classes.LungsOther
			}
		}
		all = append(all, e)
	}
	return all, nil
}

// infection says of each slice, from the feet up, whether a table calls it infected.
func infection(table string) ([]bool, error) {
	rows, err := readTable(table)
	if err != nil {
		return nil, err
	}
	at := map[float64]bool{}
	for _, row := range rows {
		place, err := strconv.ParseFloat(row["slice_location"], 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", table, err)
		}
		at[place] = row["infection"] == "1"
	}
	var infected []bool
	for _, place := range slices.Sorted(maps.Keys(at)) {
		infected = append(infected, at[place])
	}
	return infected, nil
}

// readTable reads a CSV file as rows by column.
func readTable(path string) (rows []map[string]string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil || len(all) == 0 {
		return nil, fmt.Errorf("%s is not a table: %w", path, err)
	}
	for _, values := range all[1:] {
		row := map[string]string{}
		for i, value := range values {
			row[all[0][i]] = value
		}
		rows = append(rows, row)
	}
	return rows, nil
}
