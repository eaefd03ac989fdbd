package dicom

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"glasswork/dataset/dicom/codec"
	"glasswork/dataset/internal/natural"
	"glasswork/dataset/series"
)

// build groups usable headers into series. dropped says which files were left out.
func build(
	ctx context.Context, root string, headers []*header,
) (all []*series.Series, dropped []string) {
	pixels := twins{ctx: ctx}
	defer pixels.close()
	var heads []*header // the first slice of each series
	for _, o := range owners(headers) {
		unique, copies, shared := pixels.dropCopies(o.headers)
		if copies > 0 {
			dropped = append(dropped, fmt.Sprintf("%s: %d %s left out because the same slice is "+
				"there twice.",
				title(unique[0]), copies, plural(copies, "file was", "files were")))
		}
		if shared {
			o.warnings = append(o.warnings, fmt.Sprintf("Different images of %s carry the same "+
				"SOP Instance UID; all of them are used.", title(unique[0])))
		}
		stacks, reasons := split(unique, pixels.same)
		for i, s := range stacks {
			s.warnings = append(s.warnings, o.warnings...)
			s.checkBits(ctx, &pixels.decoder)
			original := s.series(root, i, len(stacks), reasons)
			original.ID += o.suffix
			all, heads = append(all, original), append(heads, s.slices[0])
			if t := s.straighten(); t != nil {
				all, heads = append(all, s.resampled(original, t)), append(heads, s.slices[0])
			}
		}
	}
	tellApart(all, heads)
	slices.SortStableFunc(all, func(a, b *series.Series) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), natural.Compare(a.Description, b.Description),
			cmp.Compare(a.ID, b.ID))
	})
	return all, dropped
}

// tellApart adds kernel and series number to descriptions that several series share.
func tellApart(series []*series.Series, heads []*header) {
	count := map[string]int{}
	for _, s := range series {
		count[s.Description]++
	}
	for i, s := range series {
		if count[s.Description] < 2 {
			continue
		}
		if kernel := limit(heads[i].kernel, 16); kernel != "" {
			s.Description += ", kernel " + kernel
		}
		if number := limit(heads[i].number, 16); number != "" {
			s.Description += ", series " + number
		}
	}
}

// series returns what the user is offered for a stack, which is the i-th of n volumes that one
// DICOM series was split into for reasons.
func (s *stack) series(root string, i, n int, reasons []string) *series.Series {
	h := s.slices[0]
	out := &series.Series{
		ID: seriesID(s.slices), Format: "DICOM", Path: root,
		Description: title(h), Modality: h.modality, Date: h.date,
		PatientID: h.patientID, PatientName: h.patientName, StudyUID: h.studyUID,
		FrameUID: h.frameUID,
		Geometry: s.geometry, Thickness: h.thickness,
		Calibrated: true, Measurable: s.measurable, Warnings: s.warnings,
	}
	if n > 1 {
		out.Description += fmt.Sprintf(", volume %d of %d", i+1, n)
		for _, label := range s.labels {
			out.Description += ", " + label
		}
		out.Warnings = append(out.Warnings, fmt.Sprintf("%s holds images that differ in %s and "+
			"was split into %d volumes; this is number %d, with %d slices.",
			title(h), list(reasons), n, i+1, len(s.slices)))
		if i > 0 {
			out.ID += fmt.Sprintf("#%d", i+1)
		}
	}
	if warning := s.uncalibrated(); warning != "" {
		out.Calibrated = false
		out.Warnings = append(out.Warnings, warning)
	}
	if !allOf(s.slices, func(h *header) bool { return !h.inverted }) {
		out.Warnings = append(out.Warnings, "The files ask for an inverted display "+
			"(MONOCHROME1); it is shown with air black, HU are not changed.")
	}
	listed := map[string]bool{} // frames share a file
	for _, h := range s.slices {
		if !listed[h.path] {
			listed[h.path] = true
			out.Files = append(out.Files, h.path)
		}
	}
	out.Numbers = s.numbers()
	out.Source = &source{at: s.at}
	return out
}

// numbers returns the Instance Numbers of the slices, or nil if they do not identify slices.
func (s *stack) numbers() (all []int) {
	seen := map[int]bool{}
	for _, h := range s.slices {
		if !h.hasInstance || seen[h.instance] {
			return nil
		}
		seen[h.instance] = true
		all = append(all, h.instance)
	}
	return all
}

// resampled returns what is offered besides original: the same slices on the straight grid of t.
func (s *stack) resampled(original *series.Series, t *straightened) *series.Series {
	out := *original
	out.ID += "#straight"
	out.Resampled = true
	out.Source, out.Geometry, out.Measurable = t, t.geometry, true
	out.Numbers = nil // its slices are not the scanner's
	name := title(s.slices[0])
	how := "shifted"
	switch {
	case s.tilt > 0 && s.uneven:
		out.Description += fmt.Sprintf(", tilt %.1f° and distances resampled", s.tilt)
	case s.tilt > 0:
		out.Description += fmt.Sprintf(", tilt %.1f° resampled", s.tilt)
	case s.uneven:
		out.Description += ", distances resampled"
	default:
		out.Description += ", shifts resampled"
	}
	if s.uneven {
		how = fmt.Sprintf("shifted and interpolated to a distance of %.3g mm",
			t.geometry.Spacing()[0])
	}
	out.Warnings = []string{fmt.Sprintf("These are not the slices of %s as they were acquired: "+
		"they were %s onto a straight grid, on which lengths and volumes are right; HU between "+
		"pixels are interpolated.", name, how)}
	original.Warnings = append(original.Warnings, fmt.Sprintf("%s is offered on a straight grid "+
		"as well, to be measured and read across slices.", name))
	if warning := s.uncalibrated(); warning != "" {
		out.Warnings = append(out.Warnings, warning)
	}
	if !original.Calibrated {
		out.Calibrated = false
	}
	return &out
}

// uncalibrated says in a sentence why values are not HU. It is "" if they are.
func (s *stack) uncalibrated() string {
	i := slices.IndexFunc(s.slices, func(h *header) bool { return !h.inHU() })
	switch {
	case i < 0:
		return ""
	case s.slices[i].hasRescale || s.slices[i].lut != nil:
		return oneLine(fmt.Sprintf("The files call their values %.16q, not HU; they are shown as "+
			"if they were HU, so nothing measured by HU can be trusted.", s.slices[i].unit))
	}
	return "The files do not say how grey values become HU; stored values are shown as HU, so HU " +
		"and everything measured by HU may be wrong."
}

// seriesID returns the Series Instance UID, or a hash of the instances if there is none.
func seriesID(headers []*header) string {
	if uid := headers[0].seriesUID; uid != "" {
		return uid
	}
	sum := sha256.New()
	for _, h := range headers {
		fmt.Fprintf(sum, "%s|%s|%d|%d|%v|%d|%d\n", h.sopUID, filepath.Base(h.path), h.rows,
			h.columns, h.position, h.size, h.frame)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// title returns what a series is called in sentences.
func title(h *header) string {
	if h.description != "" {
		return limit(h.description, 64)
	}
	if dir := filepath.Base(filepath.Dir(h.path)); dir != "." && dir != string(filepath.Separator) {
		return oneLine(dir)
	}
	return strings.TrimSuffix(oneLine(filepath.Base(h.path)), filepath.Ext(h.path))
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func allOf(headers []*header, ok func(*header) bool) bool {
	return !slices.ContainsFunc(headers, func(h *header) bool { return !ok(h) })
}

// source reads slices from their files. at[z] is nil if slice z is missing.
type source struct {
	at         []*header
	workspaces sync.Pool // *workspace
	inflated   inflated
	decoder    codec.Decoder
}

// ReadSlice fills hu ([y,x]) with slice z in HU. A missing slice is air.
func (s *source) ReadSlice(ctx context.Context, z int, hu []int16) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if z < 0 || z >= len(s.at) {
		return fmt.Errorf("slice %d was asked for, the series has %d", z+1, len(s.at))
	}
	h := s.at[z]
	if h == nil {
		fill(hu, defaultPaddingHU)
		return nil
	}
	w, _ := s.workspaces.Get().(*workspace)
	if w == nil {
		w = &workspace{inflated: &s.inflated}
	}
	defer s.workspaces.Put(w)
	if err := h.readPixels(ctx, &s.decoder, hu, w); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(h.path), err)
	}
	return nil
}

// ReadAll fills hu ([z,y,x]) with all slices, on all cores.
func (s *source) ReadAll(ctx context.Context, hu []int16) error {
	return readAll(ctx, s, len(s.at), hu)
}

// readAll reads the count slices of s into hu ([z,y,x]), on all cores.
func readAll(ctx context.Context, s series.Source, count int, hu []int16) error {
	n := len(hu) / count
	g, ctx := errgroup.WithContext(ctx)
	var taken atomic.Int64
	for range runtime.GOMAXPROCS(0) {
		g.Go(func() error {
			for z := int(taken.Add(1)) - 1; z < count; z = int(taken.Add(1)) - 1 {
				if err := s.ReadSlice(ctx, z, hu[z*n:(z+1)*n]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// Close ends the decoder's children. Files are open only while they are read.
func (s *source) Close() error {
	s.decoder.Close()
	return nil
}
