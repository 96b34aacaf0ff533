// Order and neighbours of codes: comparison, minimum and maximum, next_up and next_down, ulp, classification.
#pragma once

#include <compare>

#include <assay/format/decode.hpp>
#include <assay/number/arithmetic.hpp>

namespace assay {

namespace detail {

/// Grows with the value within one format; both zeros are 0. Not for NaN.
constexpr std::int64_t order_key(std::uint64_t code, format f) {
  const auto magnitude = static_cast<std::int64_t>(code & f.magnitude_mask());
  return (code & f.sign_mask()) != 0 ? -magnitude : magnitude + (f.has_zero() ? 0 : 1);
}

constexpr std::uint64_t code_of_key(std::int64_t key, format f) {
  if (!f.has_zero()) return static_cast<std::uint64_t>(key - 1);
  return key < 0 ? static_cast<std::uint64_t>(-key) | f.sign_mask() : static_cast<std::uint64_t>(key);
}

/// Largest code that is not a NaN: infinity where there is one.
constexpr std::uint64_t top_code(format f) { return f.has_infinity() ? f.infinity_code() : f.max_finite_code(); }

}  // namespace detail

/// Compares the values; formats may differ. Unordered when either is NaN; the zeros are equal.
constexpr std::partial_ordering compare(encoded a, encoded b) {
  const auto x = decode(a.code, a.in), y = decode(b.code, b.in);
  if (x.is_nan() || y.is_nan()) return std::partial_ordering::unordered;
  if (a.in == b.in) {
    return detail::order_key(a.code & a.in.code_mask(), a.in) <=> detail::order_key(b.code & b.in.code_mask(), b.in);
  }
  const auto sign = [](const unpacked<std::uint64_t>& v) { return v.is_zero() ? 0 : v.negative ? -1 : 1; };
  if (sign(x) != sign(y)) return sign(x) <=> sign(y);
  if (sign(x) == 0) return std::partial_ordering::equivalent;
  auto magnitude = std::partial_ordering::equivalent;
  if (x.is_infinite() || y.is_infinite()) {
    magnitude = x.is_infinite() <=> y.is_infinite();
  } else if (x.leading_exponent() != y.leading_exponent()) {
    magnitude = x.leading_exponent() <=> y.leading_exponent();
  } else {
    magnitude = normalised_to(x, 63).significand <=> normalised_to(y, 63).significand;
  }
  return sign(x) > 0 ? magnitude : 0 <=> magnitude;
}

/// IEEE 754 totalOrder: -NaN < -inf < ... < -0 < +0 < ... < +inf < +NaN. Both codes of one format.
constexpr std::strong_ordering total_order(std::uint64_t a, std::uint64_t b, format f) {
  const auto key = [&](std::uint64_t code) {
    code &= f.code_mask();
    const auto magnitude = static_cast<std::int64_t>(code & f.magnitude_mask());
    // fnuz keeps its only NaN at the code of negative zero; it ranks above everything, as an unsigned NaN.
    if (f.nonfinite == encoding::fnuz && f.is_nan_code(code)) return static_cast<std::int64_t>(f.sign_mask());
    return (code & f.sign_mask()) != 0 ? -magnitude - 1 : magnitude;
  };
  return key(a) <=> key(b);
}

/// What IEEE 754 calls the class of a value.
enum class number_class : std::uint8_t {
  signalling_nan, quiet_nan, negative_infinity, negative_normal, negative_subnormal, negative_zero,
  positive_zero, positive_subnormal, positive_normal, positive_infinity,
};

constexpr number_class classify(std::uint64_t code, format f) {
  const auto v = decode(code, f);
  switch (v.kind) {
    case value_class::nan: return (v.significand & quiet_bit) != 0 ? number_class::quiet_nan : number_class::signalling_nan;
    case value_class::infinity: return v.negative ? number_class::negative_infinity : number_class::positive_infinity;
    case value_class::zero: return v.negative ? number_class::negative_zero : number_class::positive_zero;
    case value_class::finite: break;
  }
  if (is_subnormal_in(v, f)) return v.negative ? number_class::negative_subnormal : number_class::positive_subnormal;
  return v.negative ? number_class::negative_normal : number_class::positive_normal;
}

/// The least number of f above this one (IEEE 754 nextUp). The largest stays where it is when f has no infinity;
/// +infinity stays; NaN stays NaN, made quiet. From the smallest negative number it goes to -0 where f has one.
constexpr std::uint64_t next_up(std::uint64_t code, format f) {
  const auto v = decode(code, f);
  if (v.is_nan()) return encode_nan(f, v.negative, v.significand).code;
  code &= f.code_mask();
  const std::int64_t key = detail::order_key(code, f);
  if (key == detail::order_key(detail::top_code(f), f)) return code;
  if (key == -1 && f.has_negative_zero()) return f.sign_mask();
  return detail::code_of_key(key + 1, f);
}

/// The greatest number of f below this one (IEEE 754 nextDown): the mirror of next_up. In a format without a sign
/// the smallest number stays.
constexpr std::uint64_t next_down(std::uint64_t code, format f) {
  const auto v = decode(code, f);
  if (v.is_nan()) return encode_nan(f, v.negative, v.significand).code;
  code &= f.code_mask();
  const std::int64_t key = detail::order_key(code, f);
  const std::int64_t lowest = f.is_signed() ? -detail::order_key(detail::top_code(f), f) : 1;
  return key == lowest ? code : detail::code_of_key(key - 1, f);
}

/// Exponent of ulp(x): the gap between the neighbours that enclose |x| is 2^this. For subnormals and zero it is the
/// smallest gap. Not for NaN and infinities.
constexpr int ulp_exponent(std::uint64_t code, format f) {
  const auto v = decode(code, f);
  if (v.is_zero()) return f.min_ulp_exponent();
  const int leading = v.leading_exponent();
  return (leading > f.min_exponent() ? leading : f.min_exponent()) - f.fraction_bits;
}

/// ulp(x) as a number of f, which every format holds. ulp of an infinity is +infinity, of a NaN that NaN, made quiet.
constexpr std::uint64_t ulp(std::uint64_t code, format f) {
  const auto v = decode(code, f);
  if (v.is_nan()) return encode_nan(f, v.negative, v.significand).code;
  if (v.is_infinite()) return round_to_format(make_infinity<std::uint64_t>(false), f).code;
  return round_to_format(unpacked<std::uint64_t>{value_class::finite, false, ulp_exponent(code, f), 1}, f).code;
}

namespace detail {

enum class nan_rule { propagate, prefer_number };

/// The four minima and maxima of IEEE 754-2019, 9.6, and their magnitude forms, differ in two choices.
constexpr rounded select(encoded a, encoded b, format out, conversion how, nan_rule rule, bool want_max, bool magnitude) {
  const auto x = operand<std::uint64_t>(a, how), y = operand<std::uint64_t>(b, how);
  const exceptions raised = raised_by(x) | raised_by(y);
  const auto give = [&](unpacked<std::uint64_t> v) {
    rounded r = round_to_format(v, out, how);
    r.raised |= raised;
    return r;
  };
  if (x.is_nan() || y.is_nan()) {
    if (rule == nan_rule::propagate || (x.is_nan() && y.is_nan())) return give(make_nan<std::uint64_t>());
    return give(x.is_nan() ? y : x);
  }
  const auto absolute = [](encoded e) { return encoded{e.code & ~e.in.sign_mask(), e.in}; };
  const auto flushed = [&](encoded e, const unpacked<std::uint64_t>& v) {
    return v.is_zero() ? encoded{0, binary32} : e;
  };
  const encoded ea = flushed(a, x), eb = flushed(b, y);
  std::partial_ordering order = magnitude ? compare(absolute(ea), absolute(eb)) : compare(ea, eb);
  if (magnitude && order == 0) order = compare(ea, eb);
  if (order == 0) order = y.negative <=> x.negative;  // -0 is below +0
  return give((want_max ? order >= 0 : order <= 0) ? x : y);
}

}  // namespace detail

// minimum and maximum of IEEE 754-2019, 9.6: -0 is less than +0. The plain ones propagate NaN; those ending in
// _number prefer a number to a NaN; the _magnitude ones compare absolute values first.

constexpr rounded minimum(encoded a, encoded b, format out, conversion how = {}) {
  return detail::select(a, b, out, how, detail::nan_rule::propagate, false, false);
}
constexpr rounded maximum(encoded a, encoded b, format out, conversion how = {}) {
  return detail::select(a, b, out, how, detail::nan_rule::propagate, true, false);
}
constexpr rounded minimum_number(encoded a, encoded b, format out, conversion how = {}) {
  return detail::select(a, b, out, how, detail::nan_rule::prefer_number, false, false);
}
constexpr rounded maximum_number(encoded a, encoded b, format out, conversion how = {}) {
  return detail::select(a, b, out, how, detail::nan_rule::prefer_number, true, false);
}
constexpr rounded minimum_magnitude(encoded a, encoded b, format out, conversion how = {}) {
  return detail::select(a, b, out, how, detail::nan_rule::propagate, false, true);
}
constexpr rounded maximum_magnitude(encoded a, encoded b, format out, conversion how = {}) {
  return detail::select(a, b, out, how, detail::nan_rule::propagate, true, true);
}
constexpr rounded minimum_magnitude_number(encoded a, encoded b, format out, conversion how = {}) {
  return detail::select(a, b, out, how, detail::nan_rule::prefer_number, false, true);
}
constexpr rounded maximum_magnitude_number(encoded a, encoded b, format out, conversion how = {}) {
  return detail::select(a, b, out, how, detail::nan_rule::prefer_number, true, true);
}

}  // namespace assay
