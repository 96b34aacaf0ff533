// Rounding of floats and doubles to small formats, ties to even, in the machine's own arithmetic and without branches.
//
// The bits of x below the format's last place are rounded away by an integer addition that carries when they must go
// up; below the format's normal range an addition of a number whose last place is the format's smallest step does it.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <assay/number/convert.hpp>

namespace assay::kernel {

template <class T>
class short_rounding {
 public:
  using bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  static constexpr int digits = std::numeric_limits<T>::digits;
  static constexpr int lowest_exponent = std::numeric_limits<T>::min_exponent - 1;  ///< of normal numbers of T

  /// Whether T holds every number of f and this class rounds by `how`: signed formats with a NaN and a negative zero.
  static bool serves(format f, const conversion& how) {
    const bool policy = how.mode == rounding::ties_to_even && how.on_subnormal == subnormals::keep &&
                        how.on_overflow != overflow::to_nan;
    const bool encoded = f.nonfinite == encoding::ieee || f.nonfinite == encoding::fn;
    return policy && encoded && f.fraction_bits >= 1 && f.precision() < digits && f.min_exponent() >= lowest_exponent &&
           f.max_exponent() < std::numeric_limits<T>::max_exponent;
  }

  short_rounding() : short_rounding(format{8, 7, 127}, {}) {}
  short_rounding(format f, const conversion& how)
      : format_(f),
        dropped_(digits - f.precision()),
        below_half_((bits{1} << (dropped_ - 1)) - 1),
        min_normal_(f.min_exponent() == lowest_exponent ? T{0} : std::ldexp(T{1}, f.min_exponent())),
        to_steps_(f.min_exponent() == lowest_exponent ? T{0} : std::ldexp(T{1.5}, f.min_ulp_exponent() + digits - 1)),
        largest_(static_cast<T>(to_double(f.max_finite_code(), f))),
        beyond_(how.on_overflow == overflow::saturate_finite ? largest_
                : f.has_infinity()                           ? std::numeric_limits<T>::infinity()
                                                             : std::numeric_limits<T>::quiet_NaN()) {}

  format to() const { return format_; }

  T operator()(T x) const {
    const bits b = std::bit_cast<bits>(x);
    const bits up = ((b >> dropped_) & 1) + below_half_;
    const T normal = std::bit_cast<T>((b + up) & ~((bits{1} << dropped_) - 1));
    const T small = std::copysign((x + to_steps_) - to_steps_, x);
    const T r = std::abs(x) < min_normal_ ? small : normal;
    const T limited = std::abs(r) > largest_ ? std::copysign(beyond_, x) : r;
    return x == x ? limited : x;
  }

  /// The code of a number of the format.
  std::uint64_t code_of(T x) const {
    constexpr int t = digits - 1;
    const bits b = std::bit_cast<bits>(x);
    if (x != x) return format_.nan_code();
    const std::uint64_t sign = std::signbit(x) ? format_.sign_mask() : 0;
    const bits magnitude = b & ~(bits{1} << (sizeof(T) * 8 - 1));
    if (std::abs(x) > largest_) return sign | format_.infinity_code();
    if (std::abs(x) < min_normal_) {
      return sign | static_cast<std::uint64_t>(std::ldexp(std::abs(x), -format_.min_ulp_exponent()));
    }
    constexpr int bias = std::numeric_limits<T>::max_exponent - 1;
    const bits rebias = static_cast<bits>(bias - format_.bias) << t;
    return sign | ((magnitude - rebias) >> dropped_);
  }

 private:
  format format_;
  int dropped_;
  bits below_half_;
  T min_normal_, to_steps_, largest_, beyond_;
};

}  // namespace assay::kernel
