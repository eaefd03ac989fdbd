// Opens a folder of CT slices with DCMTK: headers and pixels into one HU volume.
// usage: dcmtk FOLDER; prints what every peer prints (see ../main.go).
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcrledrg.h"
#include "dcmtk/dcmdata/dctk.h"
#include "dcmtk/dcmjpeg/djdecode.h"
#include "dcmtk/dcmjpls/djdecode.h"

struct Slice {
  double position;
  size_t at;  // its place in the volume as it was read
};

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  DcmRLEDecoderRegistration::registerCodecs();
  DJDecoderRegistration::registerCodecs();
  DJLSDecoderRegistration::registerCodecs();
  auto start = std::chrono::steady_clock::now();
  std::vector<std::string> files;
  for (const auto &entry : std::filesystem::recursive_directory_iterator(argv[1])) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Slice> slices;
  std::vector<int16_t> volume;
  size_t pixels = 0;
  for (const auto &name : files) {
    DcmFileFormat file;
    if (file.loadFile(name.c_str()).bad()) return 1;
    DcmDataset *set = file.getDataset();
    Uint16 rows = 0, columns = 0;
    Float64 position = 0, slope = 1, intercept = 0;
    const Uint16 *stored = nullptr;
    unsigned long count = 0;
    if (set->chooseRepresentation(EXS_LittleEndianExplicit, nullptr).bad() ||
        set->findAndGetUint16(DCM_Rows, rows).bad() || set->findAndGetUint16(DCM_Columns, columns).bad() ||
        set->findAndGetFloat64(DCM_ImagePositionPatient, position, 2).bad() ||
        set->findAndGetFloat64(DCM_RescaleSlope, slope).bad() ||
        set->findAndGetFloat64(DCM_RescaleIntercept, intercept).bad() ||
        set->findAndGetUint16Array(DCM_PixelData, stored, &count).bad())
      return 1;
    if (pixels == 0) {
      pixels = size_t(rows) * columns;
      volume.resize(pixels * files.size());
    }
    if (count < pixels) return 1;
    int16_t *to = volume.data() + pixels * slices.size();
    if (slope == 1 && intercept == int(intercept)) {
      const int offset = int(intercept);
      for (size_t i = 0; i < pixels; i++) to[i] = int16_t(int16_t(stored[i]) + offset);
    } else {
      for (size_t i = 0; i < pixels; i++) to[i] = int16_t(int16_t(stored[i]) * slope + intercept);
    }
    slices.push_back({position, slices.size()});
  }
  // The files were named in order of position; another order would cost a copy.
  if (!std::is_sorted(slices.begin(), slices.end(), [](auto &a, auto &b) { return a.position < b.position; })) {
    auto sorted = slices;
    std::sort(sorted.begin(), sorted.end(), [](auto &a, auto &b) { return a.position < b.position; });
    std::vector<int16_t> ordered(volume.size());
    for (size_t z = 0; z < sorted.size(); z++)
      std::copy_n(volume.begin() + sorted[z].at * pixels, pixels, ordered.begin() + z * pixels);
    volume.swap(ordered);
  }
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  rusage used;
  getrusage(RUSAGE_SELF, &used);
  const double cpu = used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  uint64_t sum = 0;
  for (size_t i = 0; i < volume.size(); i++) sum += uint64_t(uint16_t(volume[i])) * (i % 65521 + 1);
  std::printf("%.6f %.6f %ld %zu %llu\n", took.count(), cpu, used.ru_maxrss, volume.size(), (unsigned long long)sum);
}
