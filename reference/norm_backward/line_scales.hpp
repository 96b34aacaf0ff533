// The means and scales of all lines of x, which an element of dweight needs all of: as balls, as intervals of any
// precision, and exactly. The latter two are computed when they are first asked for.
#pragma once

#include <map>
#include <mutex>

#include "../engine/groups.hpp"
#include "../engine/square_classes.hpp"
#include "norm.hpp"

namespace assay::reference {

/// n_i = (x_i - mean) scale.
template <class Real>
struct line_scale {
  Real mean, scale;
};

class line_scales {
 public:
  line_scales(const reader& x, const axis_lines& lines, const norm& of, unsigned threads);

  enum class kind : std::uint8_t {
    ordinary,
    undefined,  ///< every n_i is NaN
    infinite,   ///< rms_norm of a line with an infinity: its scale is zero
  };
  std::span<const kind> kinds() const { return kinds_; }
  bool any_special() const { return any_undefined_ || any_infinite_; }
  bool any_undefined() const { return any_undefined_; }
  double sign_of_deviation(std::size_t line, double x) const;

  /// Of ball, or of interval at the thread's working precision.
  template <class Real>
  std::span<const line_scale<Real>> all() const {
    if constexpr (std::is_same_v<Real, ball>) {
      return balls_;
    } else {
      return intervals();
    }
  }

  struct exact_scale {
    rational mean;
    square_classes::part scale;
  };
  const exact_scale& exact(std::size_t line) const;
  const rational& first_of(std::size_t square_class) const { return classes_.first_of(square_class); }
  /// Whoever uses these two holds this.
  std::unique_lock<std::mutex> lock() const { return std::unique_lock(mutex_); }

 private:
  std::span<const line_scale<interval>> intervals() const;
  std::vector<double> line(std::size_t n) const;

  const reader& x_;
  axis_lines lines_;
  norm norm_;
  std::vector<kind> kinds_;
  bool any_undefined_ = false, any_infinite_ = false;
  std::vector<line_scale<ball>> balls_;

  mutable std::mutex mutex_;
  mutable std::map<int, std::vector<line_scale<interval>>> intervals_;
  mutable std::vector<std::optional<exact_scale>> exact_;
  mutable square_classes classes_;
};

}  // namespace assay::reference
