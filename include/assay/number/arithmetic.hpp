// Correctly rounded arithmetic on codes of any formats, chosen at run time or at compile time: one rounding each.
#pragma once

#include <assay/number/exact.hpp>
#include <assay/rounding/round.hpp>

namespace assay {

/// A code together with the format that gives it a meaning.
struct encoded {
  std::uint64_t code = 0;
  format in = binary32;
};

namespace detail {

/// Operands as the operation sees them: decoded, and flushed where the policy says so.
template <class Word>
constexpr unpacked<Word> operand(encoded x, conversion how) {
  const unpacked<std::uint64_t> v = decode(x.code, x.in);
  if (flushes_inputs(how.on_subnormal) && is_subnormal_in(v, x.in)) return make_zero<Word>(v.negative);
  return widen<Word>(v);
}

template <class Word>
constexpr rounded finish(exact_result<Word> r, format out, conversion how, std::uint32_t random) {
  rounded result = round_to_format(r.value, out, how, random);
  result.raised |= r.raised;
  return result;
}

/// 64-bit words hold every intermediate of formats of up to 24 digits: see exact.hpp.
constexpr bool fits_narrow_word(format f) { return f.precision() <= 24; }
template <class... Formats>
constexpr bool fit_narrow_word(Formats... f) {
  return (fits_narrow_word(f) && ...);
}

}  // namespace detail

// Every function below rounds its exact result once into `out`, under the policy `how`, and returns the code with
// the exceptions raised. The operands may be of different formats. Every NaN result is the canonical one, except
// that convert keeps sign and payload (see encode_nan). `random` is the word of stochastic rounding.

constexpr rounded add(encoded a, encoded b, format out, conversion how = {}, std::uint32_t random = 0) {
  const auto compute = [&](auto word) {
    using Word = decltype(word);
    return detail::finish(add_exact(detail::operand<Word>(a, how), detail::operand<Word>(b, how), how.mode), out, how,
                          random);
  };
  return detail::fit_narrow_word(a.in, b.in, out) ? compute(std::uint64_t{}) : compute(uint128{});
}

constexpr rounded subtract(encoded a, encoded b, format out, conversion how = {}, std::uint32_t random = 0) {
  const auto compute = [&](auto word) {
    using Word = decltype(word);
    const auto minus_b = negate(detail::operand<Word>(b, how));
    return detail::finish(add_exact(detail::operand<Word>(a, how), minus_b, how.mode), out, how, random);
  };
  return detail::fit_narrow_word(a.in, b.in, out) ? compute(std::uint64_t{}) : compute(uint128{});
}

constexpr rounded multiply(encoded a, encoded b, format out, conversion how = {}, std::uint32_t random = 0) {
  const auto compute = [&](auto word) {
    using Word = decltype(word);
    return detail::finish(multiply_exact(detail::operand<Word>(a, how), detail::operand<Word>(b, how)), out, how,
                          random);
  };
  return detail::fit_narrow_word(a.in, b.in, out) ? compute(std::uint64_t{}) : compute(uint128{});
}

constexpr rounded divide(encoded a, encoded b, format out, conversion how = {}, std::uint32_t random = 0) {
  // A 64-bit quotient of 24-digit operands has 40 bits: too few for 24 digits and 32 random bits.
  const auto compute = [&](auto word) {
    using Word = decltype(word);
    return detail::finish(divide_exact(detail::operand<Word>(a, how), detail::operand<Word>(b, how)), out, how, random);
  };
  const bool narrow = detail::fit_narrow_word(a.in, b.in, out) && how.mode != rounding::stochastic;
  return narrow ? compute(std::uint64_t{}) : compute(uint128{});
}

/// a * b + c.
constexpr rounded fma(encoded a, encoded b, encoded c, format out, conversion how = {}, std::uint32_t random = 0) {
  const auto compute = [&](auto word) {
    using Word = decltype(word);
    return detail::finish(fma_exact(detail::operand<Word>(a, how), detail::operand<Word>(b, how),
                                    detail::operand<Word>(c, how), how.mode),
                          out, how, random);
  };
  return detail::fit_narrow_word(a.in, b.in, c.in, out) ? compute(std::uint64_t{}) : compute(uint128{});
}

constexpr rounded sqrt(encoded a, format out, conversion how = {}, std::uint32_t random = 0) {
  return detail::finish(sqrt_exact(detail::operand<uint128>(a, how)), out, how, random);
}

/// IEEE 754 remainder: a - b * n, n the integer nearest a / b, ties to even.
constexpr rounded remainder(encoded a, encoded b, format out, conversion how = {}, std::uint32_t random = 0) {
  return detail::finish(remainder_exact(detail::operand<uint128>(a, how), detail::operand<uint128>(b, how)), out, how,
                        random);
}

/// a * 2^n, rounded once.
constexpr rounded scalbn(encoded a, int n, format out, conversion how = {}, std::uint32_t random = 0) {
  auto v = detail::operand<uint128>(a, how);
  if (v.is_nan()) return detail::finish(detail::nan_result<uint128>(v), out, how, random);
  constexpr int limit = 1 << 24;  // far outside every format's range, far inside int's
  v.exponent += n < -limit ? -limit : n > limit ? limit : n;
  return detail::finish(exact_result<uint128>{v}, out, how, random);
}

/// The same number in another format: one rounding, never through a third format.
constexpr rounded convert(encoded a, format out, conversion how = {}, std::uint32_t random = 0) {
  // 64 bits hold every significand exactly: nothing is sticky before the rounding.
  const auto v = detail::operand<std::uint64_t>(a, how);
  return detail::finish(exact_result<std::uint64_t>{v, detail::raised_by(v)}, out, how, random);
}

}  // namespace assay
