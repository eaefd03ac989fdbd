// Package source reads from a CT series what objects made from it must state: whose it is and which
// instances they refer to. Segmentations, structure sets and reports are built on it.
package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"time"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/object"
	"glasswork/dataset/volume"
)

// Series is the CT series that an object is made from.
type Series struct {
	// Head is the header of the first file, without pixels.
	Head                          object.Set
	StudyUID, SeriesUID, FrameUID string
	// Instances holds the files in the given order.
	Instances []Instance
	// Images holds what the files show: one image each, or the frames of multi-frame files.
	Images []Image
}

// Instance is one file.
type Instance struct{ Class, UID string }

// Image is one image of a series.
type Image struct {
	Instance
	// Frame is the number of the image in a file of several, or 0.
	Frame int
	// Position is the centre of the first pixel in LPS mm, if Located.
	Position volume.Point
	Located  bool
}

// Read reads the headers of the files of one series.
func Read(ctx context.Context, files []string) (*Series, error) {
	s := &Series{}
	for _, path := range files {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		o, err := object.Read(path)
		if err == nil {
			err = s.add(o.Set)
		}
		if err != nil {
			return nil, fmt.Errorf("%s cannot be referred to: %w", filepath.Base(path), err)
		}
	}
	if len(s.Instances) == 0 {
		return nil, errors.New("there are no DICOM files to refer to")
	}
	return s, nil
}

// add adds one file. Errors are clauses.
func (s *Series) add(o object.Set) error {
	study, series := o.Text(tag.StudyInstanceUID), o.Text(tag.SeriesInstanceUID)
	in := Instance{Class: o.Text(tag.SOPClassUID), UID: o.Text(tag.SOPInstanceUID)}
	if !object.ValidUID(study) || !object.ValidUID(series) || !object.ValidUID(in.Class) ||
		!object.ValidUID(in.UID) {
		return errors.New("it does not say which study, series and instance it is")
	}
	if len(s.Instances) == 0 {
		s.Head, s.StudyUID, s.SeriesUID, s.FrameUID = o, study, series,
			o.Text(tag.FrameOfReferenceUID)
	}
	if series != s.SeriesUID {
		return errors.New("it belongs to another series than the first file")
	}
	s.Instances = append(s.Instances, in)
	frames := o.Items(tag.PerFrameFunctionalGroupsSequence)
	for i, frame := range frames {
		s.Images = append(s.Images, imageOf(in, i+1, frame.Item(tag.PlanePositionSequence)))
	}
	if len(frames) == 0 {
		s.Images = append(s.Images, imageOf(in, 0, o))
	}
	return nil
}

func imageOf(in Instance, frame int, place object.Set) Image {
	im := Image{Instance: in, Frame: frame}
	if p := place.Floats(tag.ImagePositionPatient); len(p) == 3 {
		im.Position, im.Located = volume.Point(p), true
	}
	return im
}

// BySlice returns the image of each slice of grid, nil where there is none. If there are as many
// images as slices, they are assigned in their order along the normal, so that unevenly spaced
// images find their slices too. Otherwise they are assigned by position.
func (s *Series) BySlice(grid volume.Geometry) []*Image {
	bySlice := make([]*Image, grid.Size[0])
	located := make([]*Image, 0, len(s.Images))
	for i := range s.Images {
		if s.Images[i].Located {
			located = append(located, &s.Images[i])
		}
	}
	if len(located) == len(bySlice) {
		n := grid.Normal()
		slices.SortStableFunc(located, func(a, b *Image) int {
			return cmp.Compare(a.Position.Dot(n), b.Position.Dot(n))
		})
		return located
	}
	for _, im := range located {
		zyx, ok := grid.ToIndex(im.Position)
		z := math.Round(zyx[0])
		if ok && z >= 0 && z < float64(len(bySlice)) && math.Abs(zyx[0]-z) < 0.1 {
			bySlice[int(z)] = im
		}
	}
	return bySlice
}

// Reference returns the item of a sequence of references to an instance.
func (in Instance) Reference() object.Set {
	return object.New(object.Text(tag.ReferencedSOPClassUID, in.Class),
		object.Text(tag.ReferencedSOPInstanceUID, in.UID))
}

// Reference returns the item of a sequence of references to an image.
func (im Image) Reference() object.Set {
	r := im.Instance.Reference()
	if im.Frame > 0 {
		r.Put(object.Int(tag.ReferencedFrameNumber, im.Frame))
	}
	return r
}

// References returns the references to all instances.
func (s *Series) References() []object.Set {
	all := make([]object.Set, len(s.Instances))
	for i, in := range s.Instances {
		all[i] = in.Reference()
	}
	return all
}

// Maker is the program that makes an object, and the series that the object becomes part of.
type Maker struct {
	// Version is the version of Glasswork.
	Version string
	// Description and Number are those of the new series.
	Description string
	Number      int
	Now         time.Time
}

// Derived returns the elements that are the same in every object made from s: patient, study and
// frame of reference, a new series, the equipment and the instance (PS3.3 C.7.5.1, C.7.5.2,
// C.12.1).
func (s *Series) Derived(class, modality string, m Maker) object.Set {
	date, clock := m.Now.Format("20060102"), m.Now.Format("150405")
	set := object.New(
		object.Text(tag.SOPClassUID, class), object.Text(tag.SOPInstanceUID, object.NewUID()),
		object.Text(tag.InstanceCreationDate, date), object.Text(tag.InstanceCreationTime, clock),
		object.Text(tag.Modality, modality), object.Text(tag.SeriesDescription, m.Description),
		object.Text(tag.SeriesInstanceUID, object.NewUID()), object.Int(tag.SeriesNumber, m.Number),
		object.Text(tag.SeriesDate, date), object.Text(tag.SeriesTime, clock),
		object.Int(tag.InstanceNumber, 1),
		object.Text(tag.Manufacturer, "Glasswork"),
		object.Text(tag.ManufacturerModelName, "Glasswork"),
		object.Text(tag.DeviceSerialNumber, "none"), object.Text(tag.SoftwareVersions, m.Version),
	)
	set.Put(Copied(s.Head).Elements...)
	return set
}
