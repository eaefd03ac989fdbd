package dataset

import (
	"context"
	"path/filepath"

	"glasswork/dataset/nrrd"
	"glasswork/dataset/volume"
)

// nrrdExporter writes NAME.nrrd (HU) and NAME.seg.nrrd, which 3D Slicer opens as a
// segmentation of it.
type nrrdExporter struct {
	volumeExporter
}

func newNRRDExporter(dir string, o ExportOptions) exporter {
	return &nrrdExporter{newVolumeExporter(dir, o)}
}

func (e *nrrdExporter) add(ctx context.Context, s ExportStudy) error {
	name := safeName(s.Name, e.names)
	if err := nrrd.WriteCT(filepath.Join(e.dir, name+".nrrd"), s.CT); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return nrrd.WriteLabels(filepath.Join(e.dir, name+".seg.nrrd"), e.labels(s), e.segments())
}

// segments describes the classes, and, where only reviewed slices are wanted, the others.
func (e *nrrdExporter) segments() (all []nrrd.Segment) {
	category := volume.Code{Scheme: "SCT", Value: "49755003", Meaning: "Morphologically Altered Structure"}
	kinds := map[volume.Class][2]volume.Code{
		volume.GroundGlass:   {category, {Scheme: "DCM", Value: "112120", Meaning: "Ground glass opacity"}},
		volume.Consolidation: {category, {Scheme: "SCT", Value: "9656002", Meaning: "Consolidation"}},
		volume.LungsOther: {
			{Scheme: "SCT", Value: "91723000", Meaning: "Anatomical Structure"},
			{Scheme: "SCT", Value: "39607008", Meaning: "Lung"},
		},
	}
	values, colors := e.values(), classColors()
	for value := volume.GroundGlass; int(value) < len(values); value++ {
		s := nrrd.Segment{Value: int(value), Name: values[value], Color: [3]float64{0.5, 0.5, 0.5}}
		if int(value) < len(colors) {
			c := colors[value]
			s.Color = [3]float64{float64(c.R) / 255, float64(c.G) / 255, float64(c.B) / 255}
		}
		s.Category, s.Type = kinds[value][0], kinds[value][1]
		all = append(all, s)
	}
	return all
}
