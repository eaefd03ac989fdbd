"""Writes the CT series that all programs open: series.py FOLDER SLICES KIND.

512 x 512, 16 bits allocated, explicit little endian, noise as CT has it, files named in
another order than they lie. KIND is "unsigned" (12 bits stored, intercept -1024, as
Siemens and Philips write) or "signed" (16 bits stored, intercept -1024, as
GE writes).
"""
import os
import sys

import numpy
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

folder, count, kind = sys.argv[1], int(sys.argv[2]), sys.argv[3]
os.makedirs(folder, exist_ok=True)
random = numpy.random.default_rng(1)
y, x = numpy.mgrid[-1 : 1 : 512j, -1 : 1 : 512j]
body = numpy.where(x**2 + 1.6 * y**2 < 0.8, 1000, 100)
study, series, frame = generate_uid(), generate_uid(), generate_uid()
for z in range(count):
    pixels = body + random.integers(-100, 100, (512, 512)) + z % 50
    d = Dataset()
    d.file_meta = FileMetaDataset()
    d.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    d.file_meta.MediaStorageSOPClassUID = d.SOPClassUID = CTImageStorage
    d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID = generate_uid()
    d.is_little_endian, d.is_implicit_VR = True, False
    d.ImageType, d.Modality = ["ORIGINAL", "PRIMARY", "AXIAL"], "CT"
    d.StudyDate, d.SeriesDescription = "20260101", "CHEST 1.0"
    d.PatientName, d.PatientID = "Bench^Mark", "bench"
    d.StudyInstanceUID, d.SeriesInstanceUID, d.FrameOfReferenceUID = study, series, frame
    d.SeriesNumber, d.InstanceNumber = 1, z + 1
    d.SliceThickness, d.PixelSpacing = 1, [0.7, 0.7]
    d.ImagePositionPatient, d.ImageOrientationPatient = [-180, -180, z], [1, 0, 0, 0, 1, 0]
    d.SamplesPerPixel, d.PhotometricInterpretation = 1, "MONOCHROME2"
    d.Rows = d.Columns = 512
    d.BitsAllocated, d.RescaleIntercept, d.RescaleSlope = 16, -1024, 1
    if kind == "signed":
        d.BitsStored, d.HighBit, d.PixelRepresentation = 16, 15, 1
        pixels[x**2 + y**2 > 1] = -1000
    else:
        d.BitsStored, d.HighBit, d.PixelRepresentation = 12, 11, 0
    d.PixelData = pixels.astype("<i2").tobytes()
    d.preamble = bytes(128)
    name = f"IM{(z * 7919) % 100003:06d}"
    FileDataset(None, d, file_meta=d.file_meta, preamble=bytes(128), is_implicit_VR=False, is_little_endian=True).save_as(
        os.path.join(folder, name), write_like_original=False
    )
