// Package report writes measurements as a DICOM structured report: an Imaging Measurement
// Report (PS3.16 TID 1500) in a Comprehensive 3D SR document.
package report

import (
	"errors"
	"math"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/classes"
	"glasswork/dataset/dicom/object"
	"glasswork/dataset/dicom/source"
	"glasswork/dataset/measure"
)

// sopClass is Comprehensive 3D SR Storage.
const sopClass = "1.2.840.10008.5.1.4.1.1.88.34"

// ownScheme is the coding scheme of the one concept for which the standard has no code.
const ownScheme = "99GLASSWORK"

// Segmentation is the DICOM SEG whose segments were measured.
type Segmentation struct {
	class, instance, series string
	segments                map[classes.Class][]segment
}

type segment struct {
	number      int
	trackingUID string
}

// SegmentsOf reads from a SEG what a report refers to.
func SegmentsOf(o *object.Object) *Segmentation {
	s := &Segmentation{
		class: o.Text(tag.SOPClassUID), instance: o.Text(tag.SOPInstanceUID),
		series:   o.Text(tag.SeriesInstanceUID),
		segments: map[classes.Class][]segment{},
	}
	for _, item := range o.Items(tag.SegmentSequence) {
		kind := item.Item(tag.SegmentedPropertyTypeCodeSequence)
		for c, code := range classes.Codes() {
			if code.Value != "" && kind.Text(tag.CodeValue) == code.Value &&
				kind.Text(tag.CodingSchemeDesignator) == code.Scheme {
				s.segments[classes.Class(c)] = append(s.segments[classes.Class(c)],
					segment{item.Int(tag.SegmentNumber, 0), item.Text(tag.TrackingUID)})
			}
		}
	}
	return s
}

// finding returns the code of a class.
func finding(c classes.Class) object.Set {
	code := classes.Codes()[c]
	return object.Code(code.Value, code.Scheme, code.Meaning)
}

// Build returns the report on one study: volume, share of the lung and HU of each region that has
// voxels. s is nil if no SEG was written.
func Build(src *source.Series, study measure.Study, s *Segmentation,
	m source.Maker,
) (*object.Object, error) {
	var groups []object.Set
	for _, r := range study.Regions {
		if r.Voxels > 0 {
			groups = append(groups, group(src, study, r, s))
		}
	}
	if len(groups) == 0 {
		return nil, errors.New("there is nothing to report: no voxel is marked")
	}
	set := src.Derived(sopClass, "SR", m)
	set.Remove(tag.FrameOfReferenceUID, tag.PositionReferenceIndicator) // not for documents
	set.Put(
		object.Text(tag.ContentDate, m.Now.Format("20060102")),
		object.Text(tag.ContentTime, m.Now.Format("150405")),
		object.Text(tag.CompletionFlag, completion(study)),
		object.Text(tag.VerificationFlag, "UNVERIFIED"),
		object.Items(tag.ReferencedPerformedProcedureStepSequence),
		object.Items(tag.PerformedProcedureCodeSequence),
		object.Items(tag.CodingSchemeIdentificationSequence,
			object.New(object.Text(tag.CodingSchemeDesignator, ownScheme),
				object.Text(tag.CodingSchemeName, "Glasswork"),
				object.Text(tag.CodingSchemeResponsibleOrganization, "Glasswork"))),
		object.Items(tag.CurrentRequestedProcedureEvidenceSequence, evidence(src, s)),
		object.Text(tag.ValueType, "CONTAINER"),
		object.Items(tag.ConceptNameCodeSequence,
			object.Code("126000", "DCM", "Imaging Measurement Report")),
		object.Text(tag.ContinuityOfContent, "SEPARATE"),
		object.Items(tag.ContentTemplateSequence,
			object.New(object.Text(tag.MappingResource, "DCMR"),
				object.Text(tag.TemplateIdentifier, "1500"))),
		object.Items(tag.ContentSequence, content(src, groups, m)...),
	)
	return &object.Object{Set: set}, nil
}

// completion returns PARTIAL if a person has not looked at all slices.
func completion(s measure.Study) string {
	if s.Reviewed < s.Slices {
		return "PARTIAL"
	}
	return "COMPLETE"
}

// evidence lists all instances that the report refers to.
func evidence(src *source.Series, s *Segmentation) object.Set {
	series := []object.Set{object.New(object.Text(tag.SeriesInstanceUID, src.SeriesUID),
		object.Items(tag.ReferencedSOPSequence, src.References()...))}
	if s != nil {
		instance := source.Instance{Class: s.class, UID: s.instance}
		series = append(series, object.New(object.Text(tag.SeriesInstanceUID, s.series),
			object.Items(tag.ReferencedSOPSequence, instance.Reference())))
	}
	return object.New(object.Text(tag.StudyInstanceUID, src.StudyUID),
		object.Items(tag.ReferencedSeriesSequence, series...))
}

// content returns the root's content in the order of TID 1500: language, observer (a device, not a
// person), subject, images, measurements.
func content(src *source.Series, groups []object.Set, m source.Maker) []object.Set {
	images := []object.Set{code("HAS ACQ CONTEXT", object.Code("121139", "DCM", "Modality"),
		object.Code("CT", "DCM", "Computed Tomography"))}
	for _, in := range src.Instances {
		image := object.New(object.Text(tag.RelationshipType, "CONTAINS"),
			object.Text(tag.ValueType, "IMAGE"))
		image.Put(object.Items(tag.ReferencedSOPSequence, in.Reference()))
		images = append(images, image)
	}
	return []object.Set{
		code("HAS CONCEPT MOD",
			object.Code("121049", "DCM", "Language of Content Item and Descendants"),
			object.Code("en", "RFC5646", "English")),
		code("HAS OBS CONTEXT", object.Code("121005", "DCM", "Observer Type"),
			object.Code("121007", "DCM", "Device")),
		uid("HAS OBS CONTEXT", object.Code("121012", "DCM", "Device Observer UID"),
			object.DeriveUID("Glasswork", m.Version)),
		text("HAS OBS CONTEXT", object.Code("121013", "DCM", "Device Observer Name"),
			strings.TrimSpace("Glasswork "+m.Version)),
		text("HAS OBS CONTEXT", object.Code("121014", "DCM", "Device Observer Manufacturer"),
			"Glasswork"),
		code("HAS CONCEPT MOD", object.Code("121058", "DCM", "Procedure reported"),
			object.Code("169069000", "SCT", "CT of chest")),
		container(object.Code("111028", "DCM", "Image Library"),
			container(object.Code("126200", "DCM", "Image Library Group"), images...)),
		container(object.Code("126010", "DCM", "Imaging Measurements"), groups...),
	}
}

// group returns the measurements of one region. If the region has exactly one segment, they refer
// to it (TID 1411). Otherwise they only name what was measured (TID 1501).
func group(src *source.Series, study measure.Study, r measure.Region, s *Segmentation) object.Set {
	tracking := object.DeriveUID("tracking", src.SeriesUID, r.Name())
	var of []segment
	if s != nil && !r.WholeLung && !r.AllLesions {
		of = s.segments[r.Class]
	}
	template := "1501"
	if len(of) == 1 {
		template = "1411"
		if of[0].trackingUID != "" {
			tracking = of[0].trackingUID
		}
	}
	items := []object.Set{
		text("HAS OBS CONTEXT", object.Code("112039", "DCM", "Tracking Identifier"), r.Name()),
		uid("HAS OBS CONTEXT", object.Code("112040", "DCM", "Tracking Unique Identifier"),
			tracking),
		code("CONTAINS", object.Code("121071", "DCM", "Finding"), finding(r.Class)),
	}
	if len(of) == 1 {
		items = append(items, s.reference(of[0]),
			uid("CONTAINS", object.Code("121232", "DCM", "Source series for segmentation"),
				src.SeriesUID))
	}
	items = append(items, code("HAS CONCEPT MOD", object.Code("363698007", "SCT", "Finding Site"),
		finding(classes.LungsOther)))
	g := container(object.Code("125007", "DCM", "Measurement Group"),
		append(items, numbers(study, r)...)...)
	g.Put(object.Items(tag.ContentTemplateSequence,
		object.New(object.Text(tag.MappingResource, "DCMR"),
			object.Text(tag.TemplateIdentifier, template))))
	return g
}

// reference returns the item that names one segment.
func (s *Segmentation) reference(of segment) object.Set {
	to := source.Instance{Class: s.class, UID: s.instance}.Reference()
	to.Put(object.Int(tag.ReferencedSegmentNumber, of.number))
	set := item("CONTAINS", "IMAGE", object.Code("121191", "DCM", "Referenced Segment"))
	set.Put(object.Items(tag.ReferencedSOPSequence, to))
	return set
}

// numbers returns what was measured, as far as it is known.
func numbers(study measure.Study, r measure.Region) []object.Set {
	var all []object.Set
	if study.Measurable {
		all = append(all, number(object.Code("118565006", "SCT", "Volume"), round(r.ML, 3),
			object.Code("mL", "UCUM", "milliliter")))
	}
	if !math.IsNaN(r.Percent) {
		all = append(all, number(object.Code("GW0001", ownScheme, "Share of lung volume"),
			round(r.Percent, 3), object.Code("%", "UCUM", "percent")))
	}
	if !study.Calibrated {
		return all
	}
	for _, d := range []struct {
		value      float64
		derivation object.Set
	}{
		{r.Mean, object.Code("373098007", "SCT", "Mean")},
		{r.SD, object.Code("386136009", "SCT", "Standard Deviation")},
		{r.Min, object.Code("255605001", "SCT", "Minimum")},
		{r.Max, object.Code("56851009", "SCT", "Maximum")},
	} {
		n := number(object.Code("112031", "DCM", "Attenuation Coefficient"), round(d.value, 2),
			object.Code("[hnsf'U]", "UCUM", "Hounsfield unit"))
		n.Put(object.Items(tag.ContentSequence, code("HAS CONCEPT MOD",
			object.Code("121401", "DCM", "Derivation"), d.derivation)))
		all = append(all, n)
	}
	return all
}

func round(v float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(v*scale) / scale
}
