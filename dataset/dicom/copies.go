package dicom

import (
	"context"
	"fmt"
	"slices"

	"glasswork/dataset/dicom/codec"
)

// twins compares images by their pixels.
type twins struct {
	ctx     context.Context //nolint:containedctx // it lives as long as the call that made it
	decoder codec.Decoder
}

// same reports whether two images have the same HU. An image that cannot be read is not the same as
// any other.
func (t *twins) same(a, b *header) bool {
	if a.rows != b.rows || a.columns != b.columns {
		return false
	}
	x, y := make([]int16, a.slicePixels()), make([]int16, b.slicePixels())
	w := &workspace{inflated: &inflated{}}
	return a.readPixels(t.ctx, &t.decoder, x, w) == nil &&
		b.readPixels(t.ctx, &t.decoder, y, w) == nil && slices.Equal(x, y)
}

func (t *twins) close() { t.decoder.Close() }

// dropCopies keeps one of the images that are copies of each other: they have the same SOP Instance
// UID, the same description and the same pixels. shared says whether different images have the same
// UID.
func (t *twins) dropCopies(headers []*header) (unique []*header, copies int, shared bool) {
	seen := map[string][]*header{}
	for _, h := range headers {
		key := fmt.Sprint(h.sopUID, "/", h.frame)
		if h.sopUID != "" && slices.ContainsFunc(seen[key], func(o *header) bool {
			return h.saysAs(o) && t.same(h, o)
		}) {
			copies++
			continue
		}
		shared = shared || h.sopUID != "" && len(seen[key]) > 0
		seen[key] = append(seen[key], h)
		unique = append(unique, h)
	}
	return unique, copies, shared
}

// saysAs reports whether two images describe themselves in the same way. A copy does, wherever it
// is.
func (h *header) saysAs(o *header) bool {
	if h.hasPosition != o.hasPosition || h.position != o.position || h.instance != o.instance ||
		h.location != o.location {
		return false
	}
	said, guesses := acquisitions()
	for _, t := range slices.Concat(identities(), reconstructions(), said, guesses) {
		if t.name != "folder" && t.of(h) != t.of(o) {
			return false
		}
	}
	return true
}
