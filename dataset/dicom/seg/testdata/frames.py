"""Prints what pydicom makes of a segmentation: one line a frame with its segment, position
and the SHA-256 of its mask (one byte a pixel, 0 or 1). Of label maps one line a frame and
segment. Exits with 42 without pydicom."""

import hashlib
import sys

try:
    import numpy
    import pydicom
except ImportError:
    sys.exit(42)

d = pydicom.dcmread(sys.argv[1])
frames = d.pixel_array
if frames.ndim == 2:
    frames = frames[numpy.newaxis]
shared = d.SharedFunctionalGroupsSequence[0]
for frame, group in zip(frames, d.PerFrameFunctionalGroupsSequence):
    position = group.get("PlanePositionSequence", shared.get("PlanePositionSequence"))
    where = [float(x) for x in position[0].ImagePositionPatient] if position else []
    if d.SegmentationType == "LABELMAP":
        masks = [(s.SegmentNumber, frame == s.SegmentNumber) for s in d.SegmentSequence]
    else:
        segment = group.get("SegmentIdentificationSequence", shared.get("SegmentIdentificationSequence"))
        if d.SegmentationType == "FRACTIONAL":
            frame = 2 * frame.astype(int) >= d.MaximumFractionalValue
        masks = [(segment[0].ReferencedSegmentNumber, frame)]
    for number, mask in masks:
        digest = hashlib.sha256(mask.astype("uint8").tobytes()).hexdigest()
        print(number, " ".join("%.4f" % x for x in where), digest[:16], int(mask.astype("uint8").sum()))
