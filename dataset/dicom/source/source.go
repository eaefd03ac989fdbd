// Package source reads of a CT series what objects made from it have to say: whose it is and
// which instances they refer to. Segmentations, structure sets and reports start from it.
package source

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/object"
	"glasswork/dataset/volume"
)

// Series is the CT series that an object is made from.
type Series struct {
	// Head is the header of its first file, without pixels.
	Head                          object.Set
	StudyUID, SeriesUID, FrameUID string
	// Instances are its files, in the order in which they were given.
	Instances []Instance
}

// Instance is one file.
type Instance struct {
	Class, UID string
	// Position is the centre of its first pixel in LPS mm, if Located.
	Position volume.Point
	Located  bool
}

// Read reads the headers of the files of one series.
func Read(ctx context.Context, files []string) (*Series, error) {
	s := &Series{}
	for i, path := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		o, err := object.Read(path)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be referred to: %w", filepath.Base(path), err)
		}
		if i == 0 {
			s.Head = o.Set
			s.StudyUID, s.SeriesUID, s.FrameUID = o.Text(tag.StudyInstanceUID), o.Text(tag.SeriesInstanceUID), o.Text(tag.FrameOfReferenceUID)
		}
		in := Instance{Class: o.Text(tag.SOPClassUID), UID: o.Text(tag.SOPInstanceUID)}
		if !object.ValidUID(in.Class) || !object.ValidUID(in.UID) || !object.ValidUID(s.StudyUID) || !object.ValidUID(s.SeriesUID) {
			return nil, fmt.Errorf("%s cannot be referred to: it does not say which study, series and instance it is", filepath.Base(path))
		}
		if o.Text(tag.SeriesInstanceUID) != s.SeriesUID {
			return nil, fmt.Errorf("%s cannot be referred to: it belongs to another series than %s", filepath.Base(path), filepath.Base(files[0]))
		}
		if p := o.Floats(tag.ImagePositionPatient); len(p) == 3 {
			in.Position, in.Located = volume.Point(p), true
		}
		s.Instances = append(s.Instances, in)
	}
	if len(s.Instances) == 0 {
		return nil, fmt.Errorf("there are no DICOM files to refer to")
	}
	return s, nil
}

// BySlice returns which instance each slice of grid is, -1 where it is none of them.
func (s *Series) BySlice(grid volume.Geometry) []int {
	slices := make([]int, grid.Size[0])
	for z := range slices {
		slices[z] = -1
	}
	for i, in := range s.Instances {
		zyx, ok := grid.ToIndex(in.Position)
		z := math.Round(zyx[0])
		if ok && in.Located && z >= 0 && z < float64(len(slices)) && math.Abs(zyx[0]-z) < 0.1 {
			slices[int(z)] = i
		}
	}
	return slices
}

// Reference returns the item of a sequence of references to an instance.
func (in Instance) Reference() object.Set {
	return object.New(object.Text(tag.ReferencedSOPClassUID, in.Class), object.Text(tag.ReferencedSOPInstanceUID, in.UID))
}

// References are those to all instances.
func (s *Series) References() []object.Set {
	all := make([]object.Set, len(s.Instances))
	for i, in := range s.Instances {
		all[i] = in.Reference()
	}
	return all
}

// Maker is the program that makes an object, and the series that it puts it into.
type Maker struct {
	// Version is Glasswork's.
	Version string
	// Description and Number are the new series'.
	Description string
	Number      int
	Now         time.Time
}

// copied are the elements of patient and study that every object of one study repeats, and
// whether they have to be there even if they are empty (type 2).
var copied = []struct {
	tag      tag.Tag
	required bool
}{
	{tag.StudyDate, true},
	{tag.StudyTime, true},
	{tag.AccessionNumber, true},
	{tag.ReferringPhysicianName, true},
	{tag.StudyDescription, false},
	{tag.PatientName, true},
	{tag.PatientID, true},
	{tag.IssuerOfPatientID, false},
	{tag.PatientBirthDate, true},
	{tag.PatientSex, true},
	{tag.PatientAge, false},
	{tag.PatientSize, false},
	{tag.PatientWeight, false},
	{tag.PatientIdentityRemoved, false},
	{tag.DeidentificationMethod, false},
	{tag.DeidentificationMethodCodeSequence, false},
	{tag.StudyInstanceUID, true},
	{tag.StudyID, true},
}

// Derived returns what is the same in every object made from s: patient, study, a new
// series, the equipment and the instance (PS3.3 C.7.1.1, C.7.2.1, C.7.5.1, C.7.5.2, C.12.1).
func (s *Series) Derived(class, modality string, m Maker) object.Set {
	date, clock := m.Now.Format("20060102"), m.Now.Format("150405")
	set := object.New(
		object.Text(tag.SOPClassUID, class), object.Text(tag.SOPInstanceUID, object.NewUID()),
		object.Text(tag.InstanceCreationDate, date), object.Text(tag.InstanceCreationTime, clock),
		object.Text(tag.Modality, modality), object.Text(tag.SeriesDescription, m.Description),
		object.Text(tag.SeriesInstanceUID, object.NewUID()), object.Int(tag.SeriesNumber, m.Number),
		object.Text(tag.SeriesDate, date), object.Text(tag.SeriesTime, clock),
		object.Int(tag.InstanceNumber, 1),
		object.Text(tag.Manufacturer, "Glasswork"), object.Text(tag.ManufacturerModelName, "Glasswork"),
		object.Text(tag.DeviceSerialNumber, "none"), object.Text(tag.SoftwareVersions, m.Version),
	)
	for _, c := range copied {
		if e := s.Head.Find(c.tag); e != nil {
			set.Put(e)
		} else if c.required {
			set.Put(object.Text(c.tag))
		}
	}
	return set
}
