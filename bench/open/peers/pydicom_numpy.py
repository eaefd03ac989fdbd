"""Opens a folder of CT slices with pydicom and numpy: headers and pixels into one HU volume.

usage: pydicom_numpy.py FOLDER; prints what every peer prints (see ../main.go).
"""
import os
import resource
import sys
import time

import numpy
import pydicom

start = time.perf_counter()
slices = []
for folder, _, names in os.walk(sys.argv[1]):
    slices += [pydicom.dcmread(os.path.join(folder, name)) for name in names]
slices.sort(key=lambda s: float(s.ImagePositionPatient[2]))
volume = numpy.empty((len(slices), slices[0].Rows, slices[0].Columns), numpy.int16)
for z, s in enumerate(slices):
    if s.file_meta.TransferSyntaxUID.is_compressed:
        stored = s.pixel_array.astype(numpy.int16)
    else:
        stored = numpy.frombuffer(s.PixelData, numpy.int16).reshape(volume.shape[1:])  # faster than pixel_array
    slope, intercept = float(s.RescaleSlope), float(s.RescaleIntercept)
    if slope == 1 and intercept == int(intercept):
        numpy.add(stored, int(intercept), out=volume[z], casting="unsafe")
    else:
        volume[z] = stored * slope + intercept
    del s.PixelData  # what was copied is not held a second time
took = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_SELF)

flat = volume.reshape(-1).view(numpy.uint16)
total = 0
for at in range(0, len(flat), 65521):
    part = flat[at : at + 65521].astype(numpy.uint64)
    total += int((part * numpy.arange(1, len(part) + 1, dtype=numpy.uint64)).sum())
print(f"{took:.6f} {used.ru_utime + used.ru_stime:.6f} {used.ru_maxrss} {len(flat)} {total % 2**64}")
