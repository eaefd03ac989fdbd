package dicom

import (
	"strconv"
	"strings"

	"github.com/suyashkumar/dicom/pkg/tag"

	"glasswork/dataset/dicom/object"
)

// origin is what a file says about whose image it holds, how it was acquired and how it was
// reconstructed. A value is empty or 0 if the file does not give it.
type origin struct {
	birthDate string
	// of the reconstruction and the series
	kernel, filter, number, patientPosition, stackID string

	imageType []string
	energy    string // kVp
	nominal   string // thickness, the same for values that differ by rounding
	// of the acquisition
	acquisition, time                 int
	phase, trigger, event, contrast   string
	acquired, seriesTime, contentTime string
}

// fillOrigin copies what a data set says about the origin of its image.
func (h *header) fillOrigin(o object.Set) {
	h.birthDate = o.Text(tag.PatientBirthDate)
	h.kernel, h.filter = joined(o, tag.ConvolutionKernel), joined(o, tag.FilterType)
	h.number, h.patientPosition = o.Text(tag.SeriesNumber), o.Text(tag.PatientPosition)
	h.imageType = o.Texts(tag.ImageType)
	h.energy = kiloVolts(o)
	h.acquisition = o.Whole(tag.AcquisitionNumber).Or(0)
	h.time = o.Whole(tag.TemporalPositionIdentifier).Or(
		o.Whole(tag.TemporalPositionIndex).Or(0))
	h.fillPhase(o)
	h.trigger, h.event = joined(o, tag.TriggerTime), o.Text(tag.IrradiationEventUID)
	h.contrast = joined(o, tag.ContrastBolusAgent)
	h.acquired = o.Text(tag.AcquisitionDateTime)
	if h.acquired == "" {
		h.acquired = o.Text(tag.AcquisitionDate) + o.Text(tag.AcquisitionTime)
	}
	h.seriesTime = o.Text(tag.SeriesDate) + o.Text(tag.SeriesTime)
	h.contentTime = o.Text(tag.ContentDate) + o.Text(tag.ContentTime)
}

// fillFrameOrigin copies what functional groups say about the origin of a frame (PS3.3 C.7.6.16.2
// and C.8.15.3).
func (h *header) fillFrameOrigin(groups object.Set) {
	if kind := groups.Item(tag.CTImageFrameTypeSequence).Texts(tag.FrameType); len(kind) > 0 {
		h.imageType = kind
	}
	reconstruction := groups.Item(tag.CTReconstructionSequence)
	take(&h.kernel, joined(reconstruction, tag.ConvolutionKernel))
	take(&h.energy, kiloVolts(groups.Item(tag.CTXRayDetailsSequence)))
	take(&h.filter, joined(groups.Item(tag.CTXRayDetailsSequence), tag.FilterType))
	take(&h.event, groups.Item(tag.IrradiationEventIdentificationSequence).
		Text(tag.IrradiationEventUID))
	content := groups.Item(tag.FrameContentSequence)
	take(&h.stackID, content.Text(tag.StackID))
	take(&h.acquired, content.Text(tag.FrameAcquisitionDateTime))
	take(&h.contentTime, content.Text(tag.FrameReferenceDateTime))
	h.time = content.Int(tag.TemporalPositionIndex, h.time)
	h.acquisition = content.Int(tag.FrameAcquisitionNumber, h.acquisition)
	h.fillPhase(groups.Item(tag.CardiacSynchronizationSequence))
	h.fillPhase(groups.Item(tag.RespiratorySynchronizationSequence))
}

// fillPhase copies the phase of the motion of the heart or the lungs, in percent.
func (h *header) fillPhase(o object.Set) {
	for _, t := range []tag.Tag{
		tag.NominalPercentageOfCardiacPhase, tag.NominalPercentageOfRespiratoryPhase,
	} {
		if n, ok := o.Number(t).Get(); ok {
			h.phase = strconv.FormatFloat(n, 'g', 4, 64) + "%"
		}
	}
	if n, ok := o.Number(tag.NominalCardiacTriggerDelayTime).Get(); ok {
		h.trigger = strconv.FormatFloat(n, 'g', 6, 64)
	}
}

// kiloVolts returns the peak voltage of the tube without rounding errors.
func kiloVolts(o object.Set) string {
	if kv, ok := o.Number(tag.KVP).Get(); ok && kv > 0 {
		return strconv.FormatFloat(kv, 'f', 0, 64) + " kVp"
	}
	return ""
}

// joined returns all text of an element. Numbers are written out.
func joined(o object.Set, t tag.Tag) string {
	if n, ok := o.Number(t).Get(); ok {
		return strconv.FormatFloat(n, 'g', 8, 64)
	}
	return strings.Join(o.Texts(t), `\`)
}

// take replaces the value of a file by that of one of its frames, if there is one.
func take(whole *string, frame string) {
	if frame != "" {
		*whole = frame
	}
}
