// How far results lie from the truth, counted in powers of two of an ulp.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <string>

namespace assay {

/// Buckets: 0 exactly, up to 1/2 ulp, up to 1, up to 2, ... up to 2^30, beyond; then results of another class than the
/// truth's (NaN, infinity, finite), which have no distance.
class ulp_histogram {
 public:
  static constexpr std::size_t buckets = 34;
  static constexpr std::size_t beyond = buckets - 2, other_class = buckets - 1;

  /// The bucket of a distance in ulps; a NaN counts as another class.
  static std::size_t bucket_of(double ulps) {
    if (std::isnan(ulps)) return other_class;
    if (ulps == 0) return 0;
    if (ulps <= 0.5) return 1;
    double limit = 1;
    for (std::size_t bucket = 2; bucket < beyond; ++bucket, limit *= 2) {
      if (ulps <= limit) return bucket;
    }
    return beyond;
  }
  /// "0", "<= 1/2", "<= 1", "<= 2", ... "> 1073741824", "other class".
  static std::string label(std::size_t bucket) {
    if (bucket == 0) return "0";
    if (bucket == 1) return "<= 1/2";
    if (bucket == other_class) return "other class";
    const auto limit = [](std::size_t b) { return std::to_string(1ull << (b - 2)); };
    return bucket == beyond ? "> " + limit(beyond - 1) : "<= " + limit(bucket);
  }

  void add(double ulps) { ++counts_[bucket_of(ulps)]; }
  std::size_t operator[](std::size_t bucket) const { return counts_[bucket]; }

 private:
  std::array<std::size_t, buckets> counts_{};
};

}  // namespace assay
