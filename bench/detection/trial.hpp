// What the detection benchmark judges: a kernel's inputs, what it claims, and how it honestly computes.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <assay/accumulate/operand.hpp>
#include <assay/catalogue/call.hpp>
#include <assay/kernel/run.hpp>

namespace detection {

using namespace assay;

enum class distribution : std::uint8_t {
  normal,
  uniform_positive,
  heavy_tailed,  ///< normal, with channels of outliers, as in activations
  adversarial,   ///< exponents far apart, cancellation, ties, the smallest and largest numbers
};
inline constexpr std::string_view distribution_names[] = {"normal", "uniform", "heavy-tailed", "adversarial"};

/// One draw of a workload: `size` is 0 to 3.
struct setting {
  format storage = bfloat16;
  distribution inputs = distribution::normal;
  std::size_t size = 0;
  std::uint64_t seed = 0;
};

/// A counter-based stream of random words.
class random_source {
 public:
  explicit random_source(std::uint64_t seed) : seed_(seed) {}
  std::uint64_t word() { return accumulate::stream_word(seed_, next_++); }
  double unit() { return static_cast<double>(word() >> 11) * 0x1p-53; }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(word() % n); }
  double normal();

 private:
  std::uint64_t seed_, next_ = 0;
};

/// A tensor of this distribution, each number rounded to f.
tensor draw(format f, extents shape, distribution inputs, random_source& random, double scale = 1);

struct trial {
  kernel_call call;
  std::string claim;   ///< judge/claim.hpp's words
  std::string honest;  ///< an arithmetic within the claim
};

struct workload {
  std::string_view name;
  std::vector<format> storage;
  std::function<trial(const setting&)> make;
  std::vector<std::string> twins;  ///< more words for `honest`: other arithmetics within the claim
};

const std::vector<workload>& workloads();

/// The results of the trial's honest kernel, with more words for its arithmetic.
std::vector<tensor> run_honest(const trial& t, const std::string& more = "");

}  // namespace detection
