// e^x of a whole line in a loop of our own, and the sums of such powers that softmax and its kin begin with.
#pragma once

#include <span>

#include "ball.hpp"

namespace assay::reference {

/// y_i = e^x_i for x_i <= 700: |y_i - e^x_i| <= power_error e^x_i + power_floor. Minus infinity is welcome.
inline constexpr double power_error = 0x1p-50, power_floor = 0x1p-1000;
void powers_of(std::span<const double> x, std::span<double> y);

/// What a loop over a line sees.
struct line_extremes {
  double least = HUGE_VAL, most = -HUGE_VAL;  ///< of all that is not NaN
  bool has_nan = false;
};
line_extremes extremes_of(std::span<const double> x);

/// (x_i - top) / T of a line, its powers, and their sum but for one element at the top. Elements that do not count
/// are minus infinity.
class power_line {
 public:
  /// top is the largest x, which lies at `top_at`. `powers` has as many elements as x and stays in use.
  power_line(std::span<const double> x, double top, std::size_t top_at, double temperature, std::span<double> powers);

  /// Sum of e^((x_j - top) / T) over all j but top_at.
  const ball& rest() const { return rest_; }
  /// The same over all j.
  ball total() const { return ball(1) + rest_; }
  /// e^((x_i - top) / T) as a loop has it, for all i, with this bound on the error of each.
  std::span<const double> powers() const { return powers_; }
  static double error_of_power(double power, double exponent) {
    return power * (power_error + exponent_error * std::abs(exponent)) + power_floor;
  }
  /// The exponent itself, clamped at lowest, is off by at most this share.
  static constexpr double exponent_error = 0x1.8p-52, lowest = -700;

 private:
  std::span<double> powers_;
  ball rest_;
};

}  // namespace assay::reference
