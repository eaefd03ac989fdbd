package export

import (
	"context"
	"path/filepath"

	"glasswork/dataset/nifti"
)

// niftiExporter writes NAME_ct.nii.gz (HU) and NAME_labels.nii.gz, whose header names the
// classes.
type niftiExporter struct {
	volumeExporter
}

func newNIfTI(dir string, o Options) (exporter, error) {
	return &niftiExporter{newVolumeExporter(dir, o)}, nil
}

func (e *niftiExporter) add(ctx context.Context, s Study) error {
	name := safeName(s.Name, e.names)
	if err := nifti.WriteCT(filepath.Join(e.dir, name+"_ct.nii.gz"), s.CT); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return nifti.WriteNamedLabels(filepath.Join(e.dir, name+"_labels.nii.gz"), e.labels(s),
		e.values())
}
