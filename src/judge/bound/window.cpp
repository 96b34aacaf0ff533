// Pools. A maximum moves numbers: it errs by nothing but the loading of inputs. An average is a sum of at most the
// window's elements and a division, or a product with a rounded reciprocal; its terms are the inputs in the window.
#include "bounds.hpp"

namespace assay::detail {
namespace {

std::vector<error_bounds> max_pool(const bound_question& q) {
  error_bounds b;
  b.resize(q.elements());
  for (std::size_t i = 0; i < b.worst.size(); ++i) b.worst[i] = b.likely[i] = q.how.load_error() * std::abs(q.truth(i));
  return one(std::move(b));
}

std::vector<error_bounds> average_pool(const bound_question& q) {
  const std::vector<double> x = doubles(q.call, "x");
  const extents &in = q.call.input("x").shape(), &out = q.truths[0].value.shape();
  const std::vector<std::int64_t> window = q.call.integers("window"), pad = q.call.integers("padding"),
                                  step = q.call.has("stride") ? q.call.integers("stride") : window;
  const auto height = static_cast<std::int64_t>(in[2]), width = static_cast<std::int64_t>(in[3]);
  error_bounds b;
  b.resize(q.elements());
  for (std::size_t i = 0; i < b.worst.size(); ++i) {
    const std::size_t column = i % out[3], row = i / out[3] % out[2], plane = i / out[3] / out[2];
    const std::int64_t top = static_cast<std::int64_t>(row) * step[0] - pad[0],
                       left = static_cast<std::int64_t>(column) * step[1] - pad[1];
    sum_of sum(q.how);
    for (std::int64_t h = std::max<std::int64_t>(top, 0); h < std::min(top + window[0], height); ++h) {
      for (std::int64_t w = std::max<std::int64_t>(left, 0); w < std::min(left + window[1], width); ++w) {
        sum.add(q.how.load(x[(plane * in[2] + static_cast<std::size_t>(h)) * in[3] + static_cast<std::size_t>(w)]));
      }
    }
    // The divisor is known from the truth: the sum over it.
    bounded y = sum.total();
    const double divisor = q.truth(i) != 0 && y.value != 0 ? std::abs(y.value / q.truth(i)) : 1;
    b.set(i, q.how.divide(y, q.how.exact(divisor)), q.how.lambda());
  }
  return one(std::move(b));
}

constexpr bound_row window_rows[] = {{"max_pool2d", max_pool}, {"avg_pool2d", average_pool}};

}  // namespace

bound_family window_bounds() { return window_rows; }

}  // namespace assay::detail
