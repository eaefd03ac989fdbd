package export

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"glasswork/dataset"
	"glasswork/dataset/classes"
	"glasswork/dataset/dicom"
	"glasswork/dataset/dicom/deident"
	"glasswork/dataset/dicom/object"
	"glasswork/dataset/dicom/report"
	"glasswork/dataset/dicom/rtstruct"
	"glasswork/dataset/dicom/seg"
	"glasswork/dataset/dicom/source"
	"glasswork/dataset/internal/osfile"
	"glasswork/dataset/measure"
	"glasswork/dataset/series"
	"glasswork/dataset/volume"
)

// Numbers of the series that an export adds to a study.
const (
	segmentationNumber = 901 + iota
	structuresNumber
	reportNumber
)

// dicomExporter writes each study into a folder of its own: the labels as DICOM objects, and the
// CT images they refer to unless these are the original files.
type dicomExporter struct {
	dir     string
	options Options
	// remover takes identities out; nil leaves them in.
	remover *deident.Remover
	names   map[string]bool
	// write makes the objects of one study.
	write func(d derived, ctx context.Context) error
}

func dicomFormat(
	id, name string, write func(d derived, ctx context.Context) error,
) Format {
	open := func(dir string, o Options) (exporter, error) {
		e := &dicomExporter{dir: dir, options: o, names: map[string]bool{}, write: write}
		if o.Identified {
			return e, nil
		}
		var err error
		e.remover, err = deident.New(o.Key, o.Dates)
		return e, err
	}
	return Format{ID: id, Name: name, DICOM: true, open: open}
}

func (e *dicomExporter) finish() error { return nil }
func (e *dicomExporter) abandon()      {}

func (e *dicomExporter) add(ctx context.Context, s Study) error {
	folder := filepath.Join(e.dir, safeName(s.Name, e.names))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("cannot create %s: %w", folder, osfile.Reason(err))
	}
	series, err := s.open(ctx)
	if err != nil {
		return fmt.Errorf("%s cannot be exported as DICOM: %w", s.Name, err)
	}
	if series != nil {
		defer series.Close() // its files may go with it
	}
	files, err := e.images(ctx, s, series, folder)
	if err != nil {
		return fmt.Errorf("%s cannot be exported as DICOM: %w", s.Name, err)
	}
	d := derived{
		options: e.options, study: s, labels: s.exported(e.options), files: files,
		folder: folder, now: time.Now(),
	}
	if !d.marked() {
		e.options.warn(s.Name + ": no voxel is marked, so only its images were written.")
		return nil
	}
	if err := e.write(d, ctx); err != nil {
		return fmt.Errorf("%s cannot be exported as DICOM: %w", s.Name, err)
	}
	return nil
}

// images returns the CT images that the objects refer to. These are the files of the series,
// copies of them without identities, or new files if the study did not come from DICOM or was
// resampled.
func (e *dicomExporter) images(
	ctx context.Context, s Study, series *series.Series, folder string,
) ([]string, error) {
	dir := filepath.Join(folder, "CT")
	if series == nil || series.Resampled || len(series.Files) == 0 {
		return e.newImages(ctx, s, series, dir)
	}
	if e.remover == nil {
		return series.Files, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, osfile.Reason(err)
	}
	copies := make([]string, len(series.Files))
	for i, file := range series.Files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		copies[i] = filepath.Join(dir, fmt.Sprintf("CT%04d.dcm", i+1))
		if err := e.anonymise(file, copies[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
	}
	return copies, nil
}

// anonymise copies one file without identities.
func (e *dicomExporter) anonymise(file, to string) error {
	o, err := object.Open(file)
	if err != nil {
		return err
	}
	defer o.Close()
	clean, warnings, err := e.remover.Apply(o)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		e.options.warn(filepath.Base(file) + ": " + w)
	}
	return clean.Write(to)
}

// newImages writes the study's voxels as CT images.
func (e *dicomExporter) newImages(
	ctx context.Context, s Study, series *series.Series, dir string,
) ([]string, error) {
	info := dicom.Info{PatientID: s.Name, PatientName: s.Name, Description: s.Name}
	if series != nil {
		info.Thickness = series.Thickness
		if e.remover == nil && series.PatientID != "" {
			info.PatientID, info.PatientName, info.Date = series.PatientID, series.PatientName,
				series.Date
		}
	}
	if err := dicom.Write(ctx, dir, s.CT, info); err != nil {
		return nil, err
	}
	files := make([]string, s.CT.Size[0])
	for z := range files {
		files[z] = filepath.Join(dir, fmt.Sprintf("CT%04d.dcm", z+1))
	}
	return files, nil
}

// open finds the series that the study came from; nil if that was no DICOM.
func (s Study) open(ctx context.Context) (*series.Series, error) {
	if !strings.Contains(s.SeriesID, ".") { // no UID
		return nil, nil
	}
	all, _, err := dataset.Open(ctx, s.Source)
	if err != nil {
		return nil, fmt.Errorf("its images are needed and cannot be read where they were (%w); "+
			"open the study again from where they are now", err)
	}
	var found *series.Series
	for _, series := range all {
		if found == nil && series.ID == s.SeriesID {
			found = series
			continue
		}
		_ = series.Close() // nothing was read through it
	}
	switch {
	case found == nil:
		return nil, fmt.Errorf("its images are needed and are not at %s any more; open the study "+
			"again from where they are now", s.Source)
	case !found.Geometry.SameGrid(s.CT.Geometry):
		_ = found.Close()
		return nil, fmt.Errorf("the images at %s are not those that were annotated", s.Source)
	}
	return found, nil
}

// exported returns the labels that o asks for: all, or those of reviewed slices.
func (s Study) exported(o Options) *volume.LabelMap {
	if !o.OnlyReviewed {
		return s.Labels
	}
	l := s.Labels.Clone()
	for z, reviewed := range s.Reviewed {
		if !reviewed {
			clear(l.Slice(z))
		}
	}
	return l
}

// derived is one study and what its objects are made from.
type derived struct {
	options Options
	study   Study
	labels  *volume.LabelMap
	files   []string
	folder  string
	now     time.Time
}

// bits writes the labels as a segmentation with a frame for each segment and slice, labelMap as
// one with a frame for each slice.
func (d derived) bits(ctx context.Context) error {
	_, err := d.segmentation(ctx, false)
	return err
}

func (d derived) labelMap(ctx context.Context) error {
	_, err := d.segmentation(ctx, true)
	return err
}

// segmentation writes segmentation.dcm.
func (d derived) segmentation(ctx context.Context, labelMap bool) (*object.Object, error) {
	src, err := seg.ReadSource(ctx, d.files, d.labels.Geometry)
	if err != nil {
		return nil, err
	}
	o, err := seg.Build(ctx, seg.Annotation{
		Labels: d.labels, Source: src, Made: d.made, Sided: d.study.Measurable, LabelMap: labelMap,
		Description: d.describe("Segmentation"), Software: d.options.Software, Time: d.now,
	})
	if err != nil {
		return nil, err
	}
	return o, o.Write(filepath.Join(d.folder, "segmentation.dcm"))
}

// describe names what is in a series, and says if it is not all of the study.
func (d derived) describe(what string) string {
	if d.options.OnlyReviewed {
		return what + ", reviewed slices"
	}
	return what
}

// made says who made a class on slice z.
func (d derived) made(z int, _ classes.Class) seg.Made {
	if z >= len(d.study.Origins) || d.study.Origins[z].Model == "" {
		return seg.Made{}
	}
	o := d.study.Origins[z]
	m := seg.Made{Hand: seg.Proposed, Model: o.Model, Version: o.ModelVersion}
	if o.Touched {
		m.Hand = seg.Corrected
	}
	return m
}

// structures writes structures.dcm.
func (d derived) structures(ctx context.Context) error {
	src, err := source.Read(ctx, d.files)
	if err != nil {
		return err
	}
	o, err := rtstruct.Build(ctx, src, d.labels, d.rois(), d.maker("Structures", structuresNumber))
	if err != nil {
		return err
	}
	return o.Write(filepath.Join(d.folder, "structures.dcm"))
}

// report writes report.dcm, and the segmentation that it refers to.
func (d derived) report(ctx context.Context) error {
	segmentation, err := d.segmentation(ctx, false)
	if err != nil {
		return err
	}
	src, err := source.Read(ctx, d.files)
	if err != nil {
		return err
	}
	study, err := d.study.measured(ctx, d.labels)
	if err != nil {
		return err
	}
	o, err := report.Build(src, study, report.SegmentsOf(segmentation), d.maker("Measurements",
		reportNumber))
	if err != nil {
		return err
	}
	return o.Write(filepath.Join(d.folder, "report.dcm"))
}

// rois returns the classes as structures, and lesions of unspecified kind if there are any.
func (d derived) rois() []rtstruct.ROI {
	codes, colors := classes.Codes(), classes.Colors()
	var all []rtstruct.ROI
	for c := classes.GroundGlass; c < classes.Labels; c++ {
		if c == classes.Lesion && !slices.Contains(d.labels.Labels, c) {
			continue
		}
		all = append(all, rtstruct.ROI{
			Class: c, Name: classes.Name(c), Code: codes[c], Color: colors[c],
			Algorithm: d.algorithm(c),
		})
	}
	return all
}

// algorithm says whether a model, persons, or both made a class.
func (d derived) algorithm(c classes.Class) string {
	var proposed, by bool // a model, a person
	for z := range d.labels.Size[0] {
		if bytes.IndexByte(d.labels.Slice(z), c) < 0 {
			continue
		}
		hand := d.made(z, c).Hand
		proposed = proposed || hand != seg.Scratch
		by = by || hand != seg.Proposed
	}
	switch {
	case proposed && by:
		return "SEMIAUTOMATIC"
	case proposed:
		return "AUTOMATIC"
	}
	return "MANUAL"
}

// marked says whether anything is annotated.
func (d derived) marked() bool {
	return slices.ContainsFunc(d.labels.Labels,
		func(c uint8) bool { return c != classes.Background })
}

func (d derived) maker(what string, number int) source.Maker {
	return source.Maker{
		Version: d.options.Software, Description: d.describe(what), Number: number,
		Now: d.now,
	}
}

// measured measures labels on the study's CT.
func (s Study) measured(ctx context.Context, l *volume.LabelMap) (measure.Study, error) {
	m := measure.Study{
		Name: s.Name, Measurable: s.Measurable, Calibrated: s.Calibrated,
		Slices: len(s.Reviewed),
	}
	for _, reviewed := range s.Reviewed {
		if reviewed {
			m.Reviewed++
		}
	}
	var err error
	m.Regions, err = measure.Of(ctx, s.CT, l)
	return m, err
}
