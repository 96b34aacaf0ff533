// std::numeric_limits of number<Format> and quantised<Format>. format/limits.hpp has the run-time form.
#pragma once

#include <limits>

#include <assay/bits/power_of_ten.hpp>
#include <assay/format/limits.hpp>
#include <assay/number/number.hpp>
#include <assay/number/quantised.hpp>

namespace assay::detail {

/// floor(log10(v)) of a positive finite value. Powers of ten that 53 bits can equal are exact; no other is so near to a
/// format's limit that 104 bits could not tell them apart.
constexpr int floor_log10(unpacked<std::uint64_t> v) {
  const auto x = normalised_to(widen<uint128>(v), 127);
  const auto leading = std::int64_t{v.leading_exponent()};
  const std::int64_t estimate = (leading * 1'292'913'986 >> 32) - 1;  // log10(2) * 2^32; too small by two at most
  const auto reaches = [&](std::int64_t n) {
    const binary_power power = power_of_ten(n);
    const std::int64_t power_leading = power.exponent + 127;
    return leading > power_leading || (leading == power_leading && x.significand >= power.significand);
  };
  return static_cast<int>(reaches(estimate + 2) ? estimate + 2 : reaches(estimate + 1) ? estimate + 1 : estimate);
}

}  // namespace assay::detail

/// Where the standard leaves a member without a meaning: min() is the smallest positive number if no number is normal;
/// infinity() and the NaNs give what conversion makes of them (NaN and the largest number, where there is none);
/// epsilon() and round_error() are rounded to the format, which matters only where its bias is unusual.
template <assay::format F>
class std::numeric_limits<assay::number<F>> {
  using number = assay::number<F>;
  static constexpr assay::format_limits all = assay::limits_of(F);
  static constexpr bool has_normals = F.min_normal_code() <= F.max_finite_code();
  static constexpr auto smallest = assay::decode(has_normals ? F.min_normal_code() : F.min_positive_code(), F);

 public:
  static constexpr bool is_specialized = true;
  static constexpr bool is_signed = F.is_signed();
  static constexpr bool is_integer = false;
  static constexpr bool is_exact = false;
  static constexpr bool has_infinity = F.has_infinity();
  static constexpr bool has_quiet_NaN = F.has_nan();
  static constexpr bool has_signaling_NaN = F.nonfinite == assay::encoding::ieee && F.fraction_bits >= 2;
  static constexpr std::float_denorm_style has_denorm = F.has_subnormals() ? std::denorm_present : std::denorm_absent;
  static constexpr bool has_denorm_loss = false;
  static constexpr std::float_round_style round_style = std::round_to_nearest;
  static constexpr bool is_iec559 = F.nonfinite == assay::encoding::ieee && F.has_nan() && F.exponent_bits >= 2 &&
                                    F.bias == assay::format::ieee_bias(F.exponent_bits);
  static constexpr bool is_bounded = true;
  static constexpr bool is_modulo = false;
  static constexpr int digits = all.precision;
  static constexpr int digits10 = all.digits10;
  static constexpr int max_digits10 = all.max_digits10;
  static constexpr int radix = 2;
  static constexpr int min_exponent = all.min_exponent + 1;
  static constexpr int max_exponent = all.max_exponent + 1;
  // The least power of ten that is not below the smallest number: no power of two but 1 is a power of ten.
  static constexpr int min_exponent10 =
      assay::detail::floor_log10(smallest) + (smallest.leading_exponent() == 0 ? 0 : 1);
  static constexpr int max_exponent10 = assay::detail::floor_log10(assay::decode(F.max_finite_code(), F));
  static constexpr bool traps = false;
  static constexpr bool tinyness_before = false;

  static constexpr number min() noexcept {
    return number::from_bits(has_normals ? F.min_normal_code() : F.min_positive_code());
  }
  static constexpr number max() noexcept { return number::from_bits(F.max_finite_code()); }
  static constexpr number lowest() noexcept {
    return number::from_bits(F.is_signed() ? F.sign_mask() | F.max_finite_code() : F.min_positive_code());
  }
  static constexpr number denorm_min() noexcept { return number::from_bits(F.min_positive_code()); }
  static constexpr number epsilon() noexcept { return number(all.epsilon); }
  static constexpr number round_error() noexcept { return number(0.5); }
  static constexpr number infinity() noexcept { return number(std::numeric_limits<double>::infinity()); }
  static constexpr number quiet_NaN() noexcept { return number::from_bits(assay::encode_nan(F, false, 0).code); }
  static constexpr number signaling_NaN() noexcept {
    return has_signaling_NaN ? number::from_bits(F.infinity_code() | 1) : quiet_NaN();
  }
};

template <assay::integer_format I>
class std::numeric_limits<assay::quantised<I>> {
  using number = assay::quantised<I>;

 public:
  static constexpr bool is_specialized = true;
  static constexpr bool is_signed = I.is_signed;
  static constexpr bool is_integer = true;
  static constexpr bool is_exact = true;
  static constexpr bool has_infinity = false;
  static constexpr bool has_quiet_NaN = false;
  static constexpr bool has_signaling_NaN = false;
  static constexpr std::float_denorm_style has_denorm = std::denorm_absent;
  static constexpr bool has_denorm_loss = false;
  static constexpr std::float_round_style round_style = std::round_to_nearest;  // of conversions
  static constexpr bool is_iec559 = false;
  static constexpr bool is_bounded = true;
  static constexpr bool is_modulo = false;  // operators saturate
  static constexpr int digits = I.is_signed ? I.bits - 1 : I.bits;
  static constexpr int digits10 = digits * 1233 / 4096;
  static constexpr int max_digits10 = 0;
  static constexpr int radix = 2;
  static constexpr int min_exponent = 0;
  static constexpr int max_exponent = 0;
  static constexpr int min_exponent10 = 0;
  static constexpr int max_exponent10 = 0;
  static constexpr bool traps = false;
  static constexpr bool tinyness_before = false;

  static constexpr number min() noexcept { return number::from_bits(static_cast<std::uint64_t>(I.min())); }
  static constexpr number max() noexcept { return number::from_bits(static_cast<std::uint64_t>(I.max())); }
  static constexpr number lowest() noexcept { return min(); }
  static constexpr number denorm_min() noexcept { return number::from_bits(0); }
  static constexpr number epsilon() noexcept { return number::from_bits(0); }
  static constexpr number round_error() noexcept { return number::from_bits(0); }
  static constexpr number infinity() noexcept { return number::from_bits(0); }
  static constexpr number quiet_NaN() noexcept { return number::from_bits(0); }
  static constexpr number signaling_NaN() noexcept { return number::from_bits(0); }
};
