package deident

import (
	"bytes"
	"context"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/object"
)

// ct returns a small image. more elements may be given.
func ct(instance string, more ...*element) *object.Object {
	o := &object.Object{Set: object.New(
		object.Text(tag.SOPClassUID, ctImage), object.Text(tag.SOPInstanceUID, instance),
		object.Text(tag.Modality, "CT"),
		object.Text(tag.PatientName, "Muster^Erika"), object.Text(tag.PatientID, "PAT-0815"),
		object.Text(tag.PatientBirthDate, "19500102"),
		object.Text(tag.StudyInstanceUID, "1.2.3"), object.Text(tag.SeriesInstanceUID, "1.2.3.4"),
		object.Text(tag.FrameOfReferenceUID, "1.2.3.5"),
		object.Text(tag.StudyDate, "20240229"), object.Text(tag.StudyTime, "101112.5"),
		object.Text(tag.AcquisitionDateTime, "20240301101112.25+0100"),
		object.Text(tag.SeriesDescription, "Chest 1.5 mm lung"),
		object.Text(tag.StudyDescription, "Chest of Mrs Muster"),
		object.Bytes(tag.PixelData, "OW", []byte{1, 2, 3, 4}),
	)}
	o.Put(more...)
	return o
}

func apply(t *testing.T, r *Remover, o *object.Object) *object.Object {
	t.Helper()
	clean, _, err := r.Apply(again(t, o))
	if err != nil {
		t.Fatal(err)
	}
	return clean
}

func TestSameNamesEverywhere(t *testing.T) {
	r := remover(t, ShiftDates)
	image := apply(t, r, ct("1.2.3.4.1"))
	contoured := object.New(object.Text(tag.ReferencedSOPInstanceUID, "1.2.3.4.1"))
	report := &object.Object{Set: object.New(
		object.Text(tag.SOPClassUID, structureSet), object.Text(tag.SOPInstanceUID, "1.2.9"),
		object.Text(tag.PatientID, "PAT-0815"),
		object.Items(tag.ReferencedFrameOfReferenceSequence,
			object.New(object.Text(tag.FrameOfReferenceUID, "1.2.3.5"),
				object.Items(tag.RTReferencedStudySequence,
					object.New(object.Text(tag.ReferencedSOPClassUID, "1.2.840.10008.3.1.2.3.1"),
						object.Text(tag.ReferencedSOPInstanceUID, "1.2.3"),
						object.Items(tag.RTReferencedSeriesSequence,
							object.New(object.Text(tag.SeriesInstanceUID, "1.2.3.4"),
								object.Items(tag.ContourImageSequence, contoured))))))),
	)}
	structures := apply(t, r, report)
	frame := structures.Item(tag.ReferencedFrameOfReferenceSequence)
	study := frame.Item(tag.RTReferencedStudySequence)
	series := study.Item(tag.RTReferencedSeriesSequence)
	for name, pair := range map[string][2]string{
		"patient": {image.Text(tag.PatientID), structures.Text(tag.PatientID)},
		"frame":   {image.Text(tag.FrameOfReferenceUID), frame.Text(tag.FrameOfReferenceUID)},
		"study":   {image.Text(tag.StudyInstanceUID), study.Text(tag.ReferencedSOPInstanceUID)},
		"series":  {image.Text(tag.SeriesInstanceUID), series.Text(tag.SeriesInstanceUID)},
		"instance": {
			image.Text(tag.SOPInstanceUID),
			series.Item(tag.ContourImageSequence).Text(tag.ReferencedSOPInstanceUID),
		},
	} {
		if pair[0] == "" || pair[0] != pair[1] || strings.HasPrefix(pair[0], "1.2.") ||
			strings.Contains(pair[0], "0815") {
			t.Errorf("%s is %q here and %q there", name, pair[0], pair[1])
		}
	}
	if class := study.Text(tag.ReferencedSOPClassUID); class != "1.2.840.10008.3.1.2.3.1" {
		t.Errorf("a class of the standard became %s", class)
	}
	other, err := New([]byte("another secret of another project"), ShiftDates)
	if err != nil {
		t.Fatal(err)
	}
	if b := apply(t, other, ct("1.2.3.4.1")); b.Text(tag.PatientID) == image.Text(tag.PatientID) ||
		b.Text(tag.SOPInstanceUID) == image.Text(tag.SOPInstanceUID) {
		t.Error("another key gives the same names")
	}
}

func TestDates(t *testing.T) {
	shifted := apply(t, remover(t, ShiftDates), ct("1.2.4"))
	study, err := time.Parse("20060102", shifted.Text(tag.StudyDate))
	if err != nil {
		t.Fatal(err)
	}
	acquired, err := time.Parse("20060102", shifted.Text(tag.AcquisitionDateTime)[:8])
	if err != nil {
		t.Fatal(err)
	}
	if days := time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC).Sub(study).Hours() / 24; days < 1 ||
		days > farthestShift {
		t.Errorf("the study moved by %v days", days)
	}
	if acquired.Sub(study) != 24*time.Hour ||
		!strings.HasSuffix(shifted.Text(tag.AcquisitionDateTime), "101112.25+0100") {
		t.Errorf("a day between the dates became %v", acquired.Sub(study))
	}
	if got := shifted.Text(tag.LongitudinalTemporalInformationModified) +
		shifted.Text(tag.PatientBirthDate); got != "MODIFIED" {
		t.Errorf("dates are said to be %s", got)
	}
	removed := apply(t, remover(t, RemoveDates),
		ct("1.2.4", object.Text(tag.ContentDate, "20240229"),
			object.Text(tag.SeriesDate, "20240229")))
	if got := removed.Text(tag.StudyDate) + "|" + removed.Text(tag.StudyTime) + "|" +
		removed.Text(tag.ContentDate) + "|" +
		removed.Text(tag.AcquisitionDateTime); got != "||19000101|19000101000000" {
		t.Errorf("removed dates are %s", got)
	}
	if removed.Has(tag.SeriesDate) ||
		removed.Text(tag.LongitudinalTemporalInformationModified) != "REMOVED" {
		t.Error("a date that may go stayed")
	}
	for _, bad := range []string{"2024", "20241301", "yesterday", "20240229 Muster", "2024022９"} {
		o := apply(t, remover(t, ShiftDates), ct("1.2.4", object.Text(tag.StudyDate, bad)))
		if got := o.Text(tag.StudyDate); got != "" {
			t.Errorf("%q became %q", bad, got)
		}
	}
}

func TestDescriptionsStayWhereTheyAreHarmless(t *testing.T) {
	v := newVocabulary()
	for text, want := range map[string]bool{
		"": true, "Chest 5.0 mm": true, "GTV_Mass_CT": true, "ground glass": true,
		"Lung window, thin slices": true, "Thorax nativ": false,
		"Chest Dr. Miller": false, "chest 12345": false, "04-03-26": false, "4.3.26": false,
		"1.25mm": true, "Müller": false, "Glasswork 0.1.0": true,
		"Glasswork baseline": true, "Glasswork Miller": false, "a1b2c3d4e5f60718": false,
		"Lung 山田": false, "liver2": false,
	} {
		if got := v.harmless(text, "SeriesDescription"); got != want {
			t.Errorf("%q: harmless is %t", text, got)
		}
	}
	for text, want := range map[string]bool{
		"a1b2c3d4e5f60718": true, "0.9.2": true, "1234567890123456": false, "Dr Miller": false,
	} {
		if got := v.harmless(text, "SegmentAlgorithmName"); got != want {
			t.Errorf("as an algorithm %q: harmless is %t", text, got)
		}
	}
	o := apply(t, remover(t, ShiftDates), ct("1.2.4"))
	if o.Text(tag.SeriesDescription) != "Chest 1.5 mm lung" || o.Has(tag.StudyDescription) {
		t.Errorf("series %q, study %q", o.Text(tag.SeriesDescription), o.Text(tag.StudyDescription))
	}
}

func TestNamesInKeptAttributesGo(t *testing.T) {
	o := apply(t, remover(t, ShiftDates), ct("1.2.4", object.Text(tag.ConvolutionKernel,
		"for MUSTER"), object.Text(tag.ManufacturerModelName, "Scanner of pat-0815"),
		object.Text(tag.BodyPartExamined, "ERIKA"), object.Text(tag.Manufacturer, "Maker"),
		object.TextVR(tag.KVP, "DS", "Muster"), object.TextVR(tag.Rows, "LO", "Muster")))
	got := []string{
		o.Text(tag.ConvolutionKernel), o.Text(tag.ManufacturerModelName),
		o.Text(tag.BodyPartExamined), o.Text(tag.Manufacturer), o.Text(tag.KVP),
		o.Text(tag.Rows),
	}
	if !slices.Equal(got, []string{"removed", "removed", "REMOVED", "Maker", "", ""}) {
		t.Errorf("kept: %q", got)
	}
}

func TestStructuredContentIsCleaned(t *testing.T) {
	item := func(kind string, more ...*element) object.Set {
		s := object.New(object.Text(tag.ValueType, kind),
			object.Items(tag.ConceptNameCodeSequence, object.Code("1", "DCM", "Concept")))
		s.Put(more...)
		return s
	}
	sr := &object.Object{Set: object.New(
		object.Text(tag.SOPClassUID, reports+"34"), object.Text(tag.SOPInstanceUID, "1.2.9"),
		object.Text(tag.PatientID, "PAT-0815"), object.Text(tag.ValueType, "CONTAINER"),
		object.Items(tag.ContentSequence,
			item("PNAME", object.Text(tag.PersonName, "Doctor^Who")),
			item("TEXT", object.Text(tag.TextValue, "Seen by Doctor Who")),
			item("TEXT", object.Text(tag.TextValue, "ground glass")),
			item("DATETIME", object.Text(tag.DateTime, "20240229")),
			item("UIDREF", object.Text(tag.UID, "1.2.3.4")),
			item("CONTAINER", object.Items(tag.ContentSequence,
				item("TEXT", object.Text(tag.TextValue, "Tel. 4711")), item("NUM",
					object.Items(tag.MeasuredValueSequence, object.New(object.Text(tag.NumericValue,
						"12.5"))))))),
	)}
	r := remover(t, ShiftDates)
	o := apply(t, r, sr)
	var kinds []string
	for _, i := range o.Items(tag.ContentSequence) {
		kinds = append(kinds, i.Text(tag.ValueType)+i.Text(tag.TextValue))
	}
	if !slices.Equal(kinds, []string{"TEXTground glass", "UIDREF", "CONTAINER"}) {
		t.Errorf("these items are left: %q", kinds)
	}
	inner := o.Items(tag.ContentSequence)[2].Items(tag.ContentSequence)
	if len(inner) != 1 ||
		inner[0].Item(tag.MeasuredValueSequence).Text(tag.NumericValue) != "12.5" {
		t.Errorf("the container holds %v", inner)
	}
	if uid := o.Items(tag.ContentSequence)[1].Text(tag.UID); uid != r.UID("1.2.3.4") {
		t.Errorf("a reference became %s", uid)
	}
}

func TestWarningsAndRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		more []*element
		want string
	}{
		"plain": {nil, ""},
		"burned in": {
			[]*element{object.Text(tag.BurnedInAnnotation, "YES")}, "burned into it",
		},
		"capture": {
			[]*element{object.Text(tag.SOPClassUID, secondary)}, "secondary capture",
		},
		"a clean capture": {[]*element{
			object.Text(tag.SOPClassUID, secondary), object.Text(tag.BurnedInAnnotation, "NO"),
		}, ""},
		"derived": {
			[]*element{object.Text(tag.ImageType, "DERIVED", "PRIMARY")}, "derived from others",
		},
		"overlay in pixels": {[]*element{object.TextVR(tag.Tag{Group: 0x6000, Element: 0x0102},
			"IS", "12")}, "among the bits"},
	} {
		_, warnings, err := remover(t, ShiftDates).Apply(again(t, ct("1.2.4", c.more...)))
		said := strings.Join(warnings, " ")
		if err != nil || (c.want == "") != (said == "") || !strings.Contains(said, c.want) {
			t.Errorf("%s: %q, %v", name, said, err)
		}
	}
	document := ct("1.2.4", object.Bytes(tag.EncapsulatedDocument, "OB", []byte("%PDF")))
	if _, _, err := remover(t, ShiftDates).Apply(document); err == nil {
		t.Error("a document was exported")
	}
	if _, err := New([]byte("short"), ShiftDates); err == nil {
		t.Error("a short key was taken")
	}
}

// The counts are those of table E.1-1 in edition 2024c, without its row for private attributes.
func TestProfileIsComplete(t *testing.T) {
	ours := strings.Fields("SegmentLabel SegmentDescription SegmentAlgorithmName TrackingID " +
		"DimensionDescriptionLabel ContentLabel ContentDescription" +
		" PositionReferenceIndicator AlgorithmName AlgorithmVersion TextValue " +
		"WindowCenterWidthExplanation StackID")
	count, seen := map[string]int{}, map[string]bool{}
	for line := range strings.Lines(profileText) {
		f := strings.Fields(line)
		if strings.HasPrefix(line, "#") || f[2] == "K" || slices.Contains(ours, f[4]) {
			continue
		}
		count[f[2]]++
		if seen[f[0]] {
			t.Errorf("%s stands in two rows", f[0])
		}
		seen[f[0]] = true
	}
	want := map[string]int{
		"X": 384, "D": 92, "U": 55, "Z": 42, "X/D": 22, "X/Z": 11, "X/Z/D": 8, "Z/D": 6, "X/Z/U": 2,
	}
	if !maps.Equal(count, want) {
		t.Errorf("rows by action: %v, want %v", count, want)
	}
}

func TestFolder(t *testing.T) {
	in, out := t.TempDir(), t.TempDir()
	pixels := make([]byte, 999)
	for i := range pixels {
		pixels[i] = byte(i * 7)
	}
	for name, o := range map[string]*object.Object{
		"Muster_Erika.dcm": ct("1.2.3.4.1", object.Bytes(tag.PixelData, "OW", pixels)),
		"2.dcm":            ct("1.2.3.4.2"),
		"pdf.dcm": ct("1.2.3.4.3", object.Bytes(tag.EncapsulatedDocument, "OB",
			[]byte("%PDF"))),
	} {
		if err := o.Write(filepath.Join(in, name)); err != nil {
			t.Fatal(err)
		}
	}
	r := remover(t, ShiftDates)
	report, err := r.Folder(context.Background(), in, out, nil)
	if err != nil || report.Written != 2 || report.Skipped != 1 || len(report.Notes) != 1 ||
		!strings.HasSuffix(report.Notes[0].String(), "pdf.dcm: It was left out: it holds a "+
			"document of another format, in which identities cannot be found.") {
		t.Fatalf("%+v, %v", report, err)
	}
	path := filepath.Join(out, r.Pseudonym("PAT-0815"), r.UID("1.2.3.4"), r.UID("1.2.3.4.1")+".dcm")
	o, err := object.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	got, err := io.ReadAll(io.NewSectionReader(o.Pixels, 0, o.Pixels.Size))
	if err != nil || !bytes.Equal(got[:len(pixels)], pixels) {
		t.Errorf("pixels changed: %v", err)
	}
	raw, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(raw[:128], make([]byte, 128)) ||
		bytes.Contains(raw, []byte("Muster")) {
		t.Errorf("preamble or name: %v", err)
	}
	if again, err := r.Folder(context.Background(), in, out, nil); err != nil ||
		again.Written != 2 {
		t.Errorf("a second time: %+v, %v", again, err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Folder(context.Background(), in, file, nil); err == nil {
		t.Error("files were exported into a file")
	}
}

func TestNotesCountFiles(t *testing.T) {
	var f folder
	for _, path := range []string{"a", "b", "c"} {
		f.note(path, "Look.")
	}
	f.note("d", "Look twice.")
	if got := f.report.Notes[0].String() + " " +
		f.report.Notes[1].String(); got != "a and 2 more files: Look. d: Look twice." {
		t.Error(got)
	}
}

func FuzzApply(f *testing.F) {
	for _, o := range []*object.Object{
		ct("1.2.3.4.1"),
		{Set: object.New(object.Text(tag.SOPClassUID, reports+"11"),
			object.Text(tag.SOPInstanceUID, "1.2"),
			object.Items(tag.ContentSequence, object.New(object.Text(tag.ValueType, "TEXT"),
				object.Text(tag.TextValue, "x"))))},
	} {
		var b bytes.Buffer
		if err := o.Encode(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	r := remover(f, ShiftDates)
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := object.Parse(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		clean, _, err := r.Apply(o)
		if err != nil {
			return
		}
		header(t, clean)
	})
}
