// Opens a folder of CT slices with GDCM: headers and pixels into one HU volume.
// usage: gdcm FOLDER; prints what every peer prints (see ../main.go).
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "gdcmDirectory.h"
#include "gdcmImageHelper.h"
#include "gdcmImageReader.h"

struct Slice {
  double position;
  size_t at;  // its place in the volume as it was read
};

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  auto start = std::chrono::steady_clock::now();
  gdcm::Directory folder;
  folder.Load(argv[1], true);
  const auto &files = folder.GetFilenames();
  std::vector<Slice> slices;
  std::vector<int16_t> read, volume;
  size_t pixels = 0;
  for (const auto &name : files) {
    gdcm::ImageReader reader;
    reader.SetFileName(name.c_str());
    if (!reader.Read()) return 1;
    const gdcm::Image &image = reader.GetImage();
    if (image.GetPixelFormat().GetBitsAllocated() != 16) return 1;
    if (pixels == 0) {
      pixels = size_t(image.GetDimension(0)) * image.GetDimension(1);
      volume.resize(pixels * files.size());
    }
    int16_t *to = volume.data() + pixels * slices.size();
    if (!image.GetBuffer(reinterpret_cast<char *>(to))) return 1;
    const double slope = image.GetSlope(), intercept = image.GetIntercept();
    if (slope == 1 && intercept == int(intercept)) {
      const int offset = int(intercept);
      for (size_t i = 0; i < pixels; i++) to[i] = int16_t(to[i] + offset);
    } else {
      for (size_t i = 0; i < pixels; i++) to[i] = int16_t(to[i] * slope + intercept);
    }
    slices.push_back({image.GetOrigin(2), slices.size()});
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
