package report

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/classes"
	"glasswork/dataset/dicom"
	"glasswork/dataset/dicom/object"
	"glasswork/dataset/dicom/source"
	"glasswork/dataset/measure"
	"glasswork/dataset/volume"
)

// series returns a CT of three slices that was written and read again.
func series(t *testing.T) *source.Series {
	t.Helper()
	dir := t.TempDir()
	v := volume.New(volume.NewGeometry([3]int{3, 8, 8}, [3]float64{2, 1, 1}, volume.Point{}))
	if err := dicom.Write(context.Background(), dir, v, dicom.Info{
		PatientName: "Muster^Erika", PatientID: "P-4711", Date: "2026-03-04",
	}); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.dcm"))
	if err != nil {
		t.Fatal(err)
	}
	src, err := source.Read(context.Background(), files)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

var study = measure.Study{
	Name: "CT 1", Measurable: true, Calibrated: true, Slices: 3, Reviewed: 2,
	Regions: []measure.Region{
		{
			Class: classes.GroundGlass, Voxels: 20, ML: 41.26, Percent: 3.5, Mean: -512.25,
			SD: 81.5, Min: -801, Max: -199,
		},
		{Class: classes.Consolidation},
		{
			Class: classes.LungsOther, Voxels: 400, ML: 1141.5, Percent: 96.5, Mean: -850.5, SD: 60,
			Min: -1024, Max: 40,
		},
		{
			Class: classes.LungsOther, WholeLung: true, Voxels: 420, ML: 1182.76, Percent: 100,
			Mean: -830, SD: 90, Min: -1024, Max: 40,
		},
	},
}

// segmentation returns a SEG of ground glass and of two lungs.
func segmentation() *object.Object {
	part := func(number int, code object.Set, tracking string) object.Set {
		return object.New(object.Int(tag.SegmentNumber, number),
			object.Text(tag.TrackingUID, tracking),
			object.Items(tag.SegmentedPropertyTypeCodeSequence, code))
	}
	return &object.Object{Set: object.New(
		object.Text(tag.SOPClassUID, "1.2.840.10008.5.1.4.1.1.66.4"),
		object.Text(tag.SOPInstanceUID, "1.2.77"), object.Text(tag.SeriesInstanceUID, "1.2.7"),
		object.Items(tag.SegmentSequence, part(5, finding(classes.GroundGlass), "1.2.777"),
			part(6, finding(classes.LungsOther), "1.2.778"), part(7, finding(classes.LungsOther),
				"1.2.779")),
	)}
}

func built(t *testing.T, s *Segmentation) string {
	t.Helper()
	o, err := Build(series(t), study, s, source.Maker{
		Version: "0.1.0", Description: "Glasswork measurements", Number: 302,
		Now: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "report.dcm")
	if err := o.Write(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestNothingMarkedIsNotReported(t *testing.T) {
	if _, err := Build(&source.Series{}, measure.Study{Regions: study.Regions[1:2]}, nil,
		source.Maker{}); err == nil {
		t.Error("a report on nothing was written")
	}
}

// run runs a program on a report. It skips the test if the program is not installed.
func run(t *testing.T, path string, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed", name)
	}
	out, err := exec.Command(name, append(args, path)...).CombinedOutput()
	if err != nil && name != "dciodvfy" {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func TestDciodvfyFindsNoError(t *testing.T) {
	for _, s := range []*Segmentation{nil, SegmentsOf(segmentation())} {
		if out := run(t, built(t, s), "dciodvfy"); strings.Contains(out, "Error") ||
			!strings.Contains(out, "Comprehensive3DSR") {
			t.Errorf("dciodvfy says:\n%s", out)
		}
	}
}

func TestDsrdumpPrintsIt(t *testing.T) {
	out := run(t, built(t, SegmentsOf(segmentation())), "dsrdump", "+Pc")
	for _, want := range []string{
		`(126000,DCM,"Imaging Measurement Report")`,
		`(121013,DCM,"Device Observer Name")="Glasswork 0.1.0"`,
		`(121071,DCM,"Finding")=(112120,DCM,"Ground glass opacity")`,
		`"Volume")="41.26" (mL,UCUM,"milliliter")`,
		`"Share of lung volume")="3.5" (%,UCUM,"percent")`,
		`"Attenuation Coefficient")="-512.25" ([hnsf'U],UCUM,"Hounsfield unit")`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("dsrdump does not print %s:\n%s", want, out)
		}
	}
}

const walker = `
import sys, pydicom
d = pydicom.dcmread(sys.argv[1])
def walk(item, depth):
    name = item.ConceptNameCodeSequence[0].CodeMeaning if 'ConceptNameCodeSequence' in item else '-'
    value = ''
    if item.ValueType == 'CODE': value = item.ConceptCodeSequence[0].CodeMeaning
    if item.ValueType == 'NUM':
        m = item.MeasuredValueSequence[0]
        value = '%s %s' % (m.NumericValue, m.MeasurementUnitsCodeSequence[0].CodeValue)
    if item.ValueType == 'TEXT': value = item.TextValue
    if item.ValueType == 'IMAGE' and 'ReferencedSegmentNumber' in item.ReferencedSOPSequence[0]:
        to = item.ReferencedSOPSequence[0]
        value = 'segment %s of %s' % (to.ReferencedSegmentNumber, to.ReferencedSOPInstanceUID)
    print('  ' * depth + item.ValueType, name, value)
    for child in item.get('ContentSequence', []): walk(child, depth + 1)
walk(d, 0)
evidence = d.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
print(d.CompletionFlag, d.VerificationFlag, [len(s.ReferencedSOPSequence) for s in evidence])
`

func TestPydicomWalksIt(t *testing.T) {
	const python = "/usr/bin/python3"
	if exec.Command(python, "-c", "import pydicom").Run() != nil {
		t.Skip("python3-pydicom is not installed")
	}
	out := run(t, built(t, SegmentsOf(segmentation())), python, "-c", walker)
	for _, want := range []string{
		"CONTAINER Imaging Measurement Report \n  CODE Language of Content Item and Descendants " +
			"English\n  CODE Observer Type Device\n",
		"      IMAGE - \n      IMAGE - \n      IMAGE - \n  CONTAINER Imaging Measurements \n    " +
			"CONTAINER Measurement Group \n      TEXT Tracking Identifier ground glass\n",
		"      IMAGE Referenced Segment segment 5 of 1.2.77\n", "      NUM Volume 1182.76 mL\n   " +
			"   NUM Share of lung volume 100 %\n",
		"      NUM Attenuation Coefficient 81.5 [hnsf'U]\n        CODE Derivation Standard " +
			"Deviation\n",
		"PARTIAL UNVERIFIED [3, 1]\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("pydicom does not print %q:\n%s", want, out)
		}
	}
	if n := strings.Count(out, "Measurement Group"); n != 3 {
		t.Errorf("%d groups, want 3", n)
	}
	if n := strings.Count(out, "Referenced Segment"); n != 1 {
		t.Errorf("%d segments are referred to, want 1: the lungs have two", n)
	}
}
