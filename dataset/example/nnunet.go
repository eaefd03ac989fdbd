package example

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"glasswork/dataset/internal/osfile"
	"glasswork/dataset/nifti"
	"glasswork/dataset/volume"
)

// openNNUNet unpacks the training cases of an nnU-Net raw folder into a slice store.
// Pixels with nnU-Net's ignore label are classes.Ignored; slices of nothing else are left out.
func openNNUNet(ctx context.Context, dir string) (Set, error) {
	info, err := readNNUNetInfo(dir)
	if err != nil {
		return nil, err
	}
	labels, err := info.foreign()
	if err != nil {
		return nil, err
	}
	names, err := nnunetCases(dir, info.FileEnding)
	if err != nil {
		return nil, err
	}
	store, err := newSliceStore()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := addCase(ctx, store, dir, name, info, labels); err != nil {
			store.close()
			return nil, err
		}
	}
	return store, nil
}

// nnunetCases lists the cases that have labels.
func nnunetCases(dir, ending string) ([]string, error) {
	if !nifti.IsName("x" + ending) {
		return nil, fmt.Errorf("its images are %s files; NIfTI can be read", ending)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "labelsTr"))
	if err != nil {
		return nil, osfile.Reason(err)
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ending); ok && !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// addCase reads one pair and puts its annotated slices into the store.
func addCase(
	ctx context.Context, store *sliceStore, dir, name string, info nnunetInfo,
	foreign foreignLabels,
) error {
	mask, err := nifti.ReadMask(ctx, filepath.Join(dir, "labelsTr", name+info.FileEnding))
	if err != nil {
		return err
	}
	ct, err := nifti.Open(filepath.Join(dir, "imagesTr", name+"_0000"+info.FileEnding))
	if err != nil {
		return err
	}
	defer ct.Close()
	if !ct.Geometry.SameGrid(mask.Geometry) {
		return fmt.Errorf("%s: image and labels do not lie on the same grid", name)
	}
	reviewed, err := reviewedSlices(ctx, filepath.Join(dir, "reviewed", name+info.FileEnding),
		mask.Geometry)
	if err != nil {
		return err
	}
	spacing := ct.Geometry.Spacing()
	hu := make([]int16, ct.Geometry.SliceVoxels())
	for z := range ct.Geometry.Size[0] {
		annotated, err := foreign.translate(mask.Slice(z))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if !annotated || !reviewed(z) {
			continue
		}
		if err := ct.ReadSlice(ctx, z, hu); err != nil {
			return err
		}
		err = store.add(Example{
			Case: name, Patient: name, Z: z, W: mask.Size[2], H: mask.Size[1], HU: hu,
			Labels: mask.Slice(z),
			Known:  foreign.known, Spacing: [2]float64{spacing[1], spacing[2]},
			Reference: info.reference(dir),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// reviewedSlices reads the mask of reviewed slices that an export writes beside the labels.
// Without that file every slice counts as reviewed.
func reviewedSlices(ctx context.Context, path string, g volume.Geometry) (func(z int) bool, error) {
	if !exists(path) {
		return func(int) bool { return true }, nil
	}
	mask, err := nifti.ReadMask(ctx, path)
	if err != nil {
		return nil, err
	}
	if !mask.SameGrid(g) {
		return nil, fmt.Errorf("%s does not lie on the grid of its labels", filepath.Base(path))
	}
	return func(z int) bool { return mask.Slice(z)[0] != 0 }, nil
}

func (n nnunetInfo) reference(dir string) string {
	if n.Name != "" {
		return "labels of " + n.Name
	}
	return "labels of " + filepath.Base(dir)
}
