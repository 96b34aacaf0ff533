// The exact dot product over big integers, rounded by looking for its neighbours among the decoded codes: shares
// nothing with the MPFR code but format/ decoding.
#pragma once

#include <boost/multiprecision/cpp_int.hpp>

#include <assay/reference/dot.hpp>

namespace model {

using integer = boost::multiprecision::cpp_int;

/// Every finite term is a multiple of 2^unit.
struct exact_sum {
  assay::value_class kind = assay::value_class::zero;
  bool negative = false;  ///< of an infinity or a zero
  integer total, magnitudes;
  int unit = 0;
};

inline integer scaled(assay::unpacked<std::uint64_t> v, int unit) {
  return v.is_zero() ? integer(0) : integer(v.significand) << static_cast<unsigned>(v.exponent - unit);
}

inline exact_sum sum_of(const assay::reference::dot_row& row, assay::rounding mode) {
  using assay::decode;
  exact_sum s;
  s.unit = std::min(row.a_format.min_ulp_exponent() + row.b_format.min_ulp_exponent(), row.c_format.min_ulp_exponent());
  bool nan = false, up = false, down = false;
  int positive_zeros = 0, negative_zeros = 0, others = 0;
  const auto add = [&](assay::unpacked<std::uint64_t> x, assay::unpacked<std::uint64_t> y) {
    const bool negative = x.negative != y.negative;
    if (x.is_nan() || y.is_nan()) {
      nan = true;
    } else if (x.is_infinite() || y.is_infinite()) {
      if (x.is_zero() || y.is_zero())
        nan = true;
      else
        (negative ? down : up) = true;
    } else if (x.is_zero() || y.is_zero()) {
      ++(negative ? negative_zeros : positive_zeros);
      return;
    } else {
      const integer product = (integer(x.significand) * y.significand)
                              << static_cast<unsigned>(x.exponent + y.exponent - s.unit);
      s.total += negative ? integer(-product) : product;
      s.magnitudes += product;
    }
    ++others;
  };
  add(decode(row.c, row.c_format), {assay::value_class::finite, false, 0, 1});
  for (std::size_t i = 0; i < row.a.size(); ++i) add(decode(row.a[i], row.a_format), decode(row.b[i], row.b_format));
  if (nan || (up && down)) {
    s.kind = assay::value_class::nan;
  } else if (up || down) {
    s.kind = assay::value_class::infinity;
    s.negative = down;
  } else if (s.total != 0) {
    s.kind = assay::value_class::finite;
    s.negative = s.total < 0;
  } else if (others == 0 && positive_zeros == 0) {
    s.negative = true;
  } else {
    s.negative = (others != 0 || negative_zeros != 0) && mode == assay::rounding::downward;
  }
  return s;
}

/// The code of a nonzero finite sum, for formats with a sign and a zero, under IEEE overflow.
inline std::uint64_t round_to(const exact_sum& s, assay::format f, assay::rounding mode) {
  using assay::rounding;
  // All values in units of 2^unit, small enough for both the sum and the format, and halves of its gaps.
  const int unit = std::min(s.unit, f.min_ulp_exponent() - 1);
  const integer magnitude = abs(s.total) << static_cast<unsigned>(s.unit - unit);
  const auto value = [&](std::uint64_t code) { return scaled(assay::decode(code, f), unit); };
  std::uint64_t below = 0, above = f.max_finite_code() + 1;  // codes: value(below) <= magnitude < value(above)
  while (above - below > 1) {
    const std::uint64_t middle = below + (above - below) / 2;
    (value(middle) <= magnitude ? below : above) = middle;
  }
  const bool at_top = below == f.max_finite_code();
  const integer low = value(below), high = at_top ? integer(low + low - value(below - 1)) : value(above);
  const bool exact = magnitude == low;
  // The parity of the last significand digit; of one-digit significands that digit is 1.
  const bool odd = f.fraction_bits == 0 ? below != 0 : below % 2 == 1;
  bool up = false;
  const integer twice = 2 * magnitude, middle = low + high;
  switch (mode) {
    case rounding::ties_to_even: up = twice > middle || (twice == middle && odd); break;
    case rounding::ties_to_away: up = twice >= middle; break;
    case rounding::upward: up = !exact && !s.negative; break;
    case rounding::downward: up = !exact && s.negative; break;
    case rounding::to_odd: up = !exact && !odd && !at_top; break;
    default: break;
  }
  const std::uint64_t sign = s.negative ? f.sign_mask() : 0;
  if (at_top && up) return f.has_infinity() ? sign | f.infinity_code() : f.nan_code() | (f.has_signed_nan() ? sign : 0);
  const std::uint64_t code = up ? above : below;
  return code == 0 && !f.has_negative_zero() ? 0 : sign | code;
}

}  // namespace model
