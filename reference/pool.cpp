#include <assay/reference/pool.hpp>

#include <cmath>
#include <stdexcept>
#include <string>

#include <assay/tensor/describe.hpp>

#include "engine/check.hpp"
#include "engine/groups.hpp"
#include "engine/windows.hpp"

namespace assay::reference {

namespace {

/// One row of outputs: the rows of x that its windows look at, one after another.
struct window_row {
  std::span<const double> x;
  std::size_t rows;
  const axis_windows& across;

  std::size_t outputs() const { return across.count; }
  std::size_t width() const { return across.extent; }
  template <class Visit>
  void for_each(std::size_t i, const Visit& visit) const {
    const axis_windows::places places = across.of(i);
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t at = places.first; at < places.end; at += places.step) visit(x[row * width() + at]);
    }
  }
};

struct max_row : window_row {
  bool may_be_empty;

  /// NaN, or -infinity for an empty window. +0 is above -0.
  double largest(std::size_t i) const {
    double most = -HUGE_VAL;
    for_each(i, [&](double v) {
      if (v > most || std::isnan(v) || (v == 0 && most == 0 && std::signbit(most))) most = v;
    });
    return most;
  }

  bool any_special() const { return may_be_empty || !all_finite(x); }
  std::optional<special_value> special(std::size_t i) const {
    const double y = largest(i);
    return std::isfinite(y) ? std::nullopt : special_from(y);
  }
  bool zero_is_negative(std::size_t i) const { return std::signbit(largest(i)); }
  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    for (const std::size_t i : which) emit(i, Real(largest(i)));
  }
};

struct average_row : window_row {
  axis_windows::places down;
  bool count_include_pad;
  std::optional<std::int64_t> divisor_override;
  rounding mode;

  using exact_field = rational;

  double divisor(std::size_t i) const {
    if (divisor_override) return static_cast<double>(*divisor_override);
    const axis_windows::places places = across.of(i);
    return static_cast<double>(count_include_pad ? down.padded * places.padded : down.inside() * places.inside());
  }

  bool any_special() const { return !all_finite(x); }
  std::optional<special_value> special(std::size_t i) const {
    double sum = 0;  // of what is not finite
    for_each(i, [&](double v) { sum += std::isfinite(v) ? 0 : v; });
    return sum == 0 ? std::nullopt : special_from(sum / divisor(i));
  }
  bool zero_is_negative(std::size_t i) const {
    bool all_negative = true, all_positive = true;
    for_each(i, [&](double v) {
      all_negative = all_negative && v == 0 && std::signbit(v);
      all_positive = all_positive && v == 0 && !std::signbit(v);
    });
    return (all_negative || (mode == rounding::downward && !all_positive)) != (divisor(i) < 0);
  }
  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    for (const std::size_t i : which) {
      Real sum(0);
      for_each(i, [&](double v) { sum += Real(v); });
      emit(i, sum / Real(divisor(i)));
    }
  }
};

/// `kernel_of(row, places)` makes the kernel of one row of outputs.
template <class KernelOf>
truth along_windows(const reader& x, const axis_windows& down, const axis_windows& across, const request& want,
                    const KernelOf& kernel_of) {
  const extents& shape = x.view().shape();
  const output_rule rule(want.to, want.how);
  truth result = make_truth(want, {shape[0], shape[1], down.count, across.count});
  result.decided = in_parallel(
      shape[0] * shape[1] * down.count, want.threads, result.value.size(),
      [&](std::size_t first, std::size_t last, workspace& w, decisions& made) {
        std::vector<double> values;
        for (std::size_t n = first; n < last; ++n) {
          const axis_windows::places places = down.of(n % down.count);
          values.resize(places.inside() * across.extent);
          for (std::size_t row = 0; row < places.inside(); ++row) {
            const std::size_t from = n / down.count * down.extent + places.first + row * places.step;
            x.read(from * across.extent, 1, std::span(values).subspan(row * across.extent, across.extent));
          }
          const line_of_truth store(result, n * across.count, 1);
          decide(kernel_of(window_row{values, places.inside(), across}, places), rule, want, w, store, made);
        }
      });
  return result;
}

void check_image(const extents& shape) {
  if (shape.rank() != 4) {
    throw std::invalid_argument("x has shape " + to_string(shape) + "; expected (N, C, H, W)");
  }
}

}  // namespace

truth max_pool2d(const code_view& x, const max_pool2d_options& o, const request& want) {
  const reader values(x, "x");
  check_image(x.shape());
  const pair2d stride = o.stride.value_or(o.window);
  const axis_windows down(x.shape()[2], o.window[0], stride[0], o.padding[0], o.dilation[0], o.ceil_mode, "rows");
  const axis_windows across(x.shape()[3], o.window[1], stride[1], o.padding[1], o.dilation[1], o.ceil_mode, "columns");
  bool may_be_empty = false;
  for (std::size_t i = 0; i < across.count; ++i) may_be_empty = may_be_empty || across.of(i).inside() == 0;
  return along_windows(values, down, across, want, [&](const window_row& row, const axis_windows::places&) {
    return max_row{row, may_be_empty || row.rows == 0};
  });
}

truth avg_pool2d(const code_view& x, const avg_pool2d_options& o, const request& want) {
  const reader values(x, "x");
  check_image(x.shape());
  const pair2d stride = o.stride.value_or(o.window);
  const axis_windows down(x.shape()[2], o.window[0], stride[0], o.padding[0], 1, o.ceil_mode, "rows");
  const axis_windows across(x.shape()[3], o.window[1], stride[1], o.padding[1], 1, o.ceil_mode, "columns");
  if (o.divisor_override) {
    const std::int64_t d = *o.divisor_override;
    constexpr std::int64_t most = std::int64_t{1} << 53;
    if (d == 0 || d > most || d < -most) {
      throw std::invalid_argument("divisor_override is " + std::to_string(d) +
                                  "; expected an integer that is not zero, of at most 2^53");
    }
  }
  return along_windows(values, down, across, want, [&](const window_row& row, const axis_windows::places& places) {
    return average_row{row, places, o.count_include_pad, o.divisor_override, want.how.mode};
  });
}

}  // namespace assay::reference
