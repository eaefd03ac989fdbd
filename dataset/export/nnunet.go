package export

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"glasswork/dataset/atomicfile"
	"glasswork/dataset/classes"
	"glasswork/dataset/internal/osfile"
	"glasswork/dataset/nifti"
	"glasswork/dataset/volume"
)

// nnunetExporter writes nnU-Net v2's raw layout: imagesTr/NAME_0000.nii.gz (HU),
// labelsTr/NAME.nii.gz and dataset.json.
type nnunetExporter struct {
	dir          string
	onlyReviewed bool
	untold       bool // some lesions are of unspecified kind
	names        map[string]bool
}

// nnunetFolder is dir if its name is one that nnU-Net accepts, else Dataset001_Glasswork below it.
func nnunetFolder(dir string) string {
	if named, _ := regexp.MatchString(`^Dataset\d{3}_.`, filepath.Base(dir)); named {
		return dir
	}
	return filepath.Join(dir, "Dataset001_Glasswork")
}

func newNNUNet(dir string, o Options) (exporter, error) {
	folders := []string{"imagesTr", "labelsTr"}
	if !o.OnlyReviewed {
		folders = append(folders, "reviewed")
	}
	for _, f := range folders {
		if err := os.MkdirAll(filepath.Join(dir, f), 0o755); err != nil {
			return nil, fmt.Errorf("cannot create %s: %w", dir, osfile.Reason(err))
		}
	}
	return &nnunetExporter{dir: dir, onlyReviewed: o.OnlyReviewed, names: map[string]bool{}}, nil
}

// add writes one pair. Where slices are not reviewed, the labels say "ignore" or, if all
// are wanted, a mask in reviewed/ says so: 1 on reviewed slices.
func (e *nnunetExporter) add(ctx context.Context, s Study) error {
	name := safeName(s.Name, e.names)
	labels := s.Labels
	e.untold = e.untold || slices.Contains(labels.Labels, classes.Lesion)
	if e.onlyReviewed {
		labels = labels.Clone()
		fillSlices(labels, s.Reviewed, false, classes.NotReviewed)
	} else {
		reviewed := volume.NewLabelMap(s.Labels.Geometry)
		fillSlices(reviewed, s.Reviewed, true, 1)
		if err := nifti.WriteLabels(filepath.Join(e.dir, "reviewed", name+".nii.gz"),
			reviewed); err != nil {
			return err
		}
	}
	if err := nifti.WriteCT(filepath.Join(e.dir, "imagesTr", name+"_0000.nii.gz"),
		s.CT); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return nifti.WriteLabels(filepath.Join(e.dir, "labelsTr", name+".nii.gz"), labels)
}

// fillSlices sets all voxels of the slices with the given state to value.
func fillSlices(l *volume.LabelMap, state []bool, which bool, value uint8) {
	for z, s := range state {
		if s != which {
			continue
		}
		slice := l.Slice(z)
		for i := range slice {
			slice[i] = value
		}
	}
}

// finish writes dataset.json. nnU-Net wants numbers without a gap below that of "ignore".
func (e *nnunetExporter) finish() error {
	labels := map[string]int{}
	for value, name := range classes.Names() {
		labels[name] = value
	}
	if e.onlyReviewed || e.untold {
		labels[classes.Name(classes.Lesion)] = int(classes.Lesion)
	}
	if e.onlyReviewed {
		labels["ignore"] = classes.NotReviewed
	}
	return atomicfile.WriteFile(filepath.Join(e.dir, "dataset.json"), func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{
			"name": filepath.Base(e.dir), "description": "Chest CT with labels corrected in " +
				"Glasswork",
			"channel_names": map[string]string{"0": "CT"}, "labels": labels,
			"numTraining": len(e.names), "file_ending": ".nii.gz",
		})
	})
}

func (e *nnunetExporter) abandon() {}
