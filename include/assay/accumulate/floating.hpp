// A running sum kept in a floating-point format and rounded after every addition.
#pragma once

#include <assay/accumulate/operand.hpp>
#include <assay/number/arithmetic.hpp>
#include <assay/rounding/round.hpp>

namespace assay::accumulate {

enum class multiplication : std::uint8_t {
  fused,    ///< product and addition rounded once, as a fused multiply-add does
  rounded,  ///< the product is rounded into the format first, then the sum
};

/// Every rounding follows `how`. A stochastic one takes its random words from the counter-based stream of `seed`: word
/// i for the i-th rounding of a run, and another stream for each run that an order begins.
struct floating {
  format in = binary32;
  conversion how = {};
  multiplication multiply = multiplication::fused;
  std::uint64_t seed = 0;

  constexpr bool operator==(const floating&) const = default;

  struct state {
    unpacked<std::uint64_t> sum;
    std::uint64_t stream = 0, draws = 0;
  };

  /// The addend is rounded into the format. A NaN becomes the canonical one, as in every addition.
  constexpr state start(operand c = {}, std::uint64_t stream = 0) const {
    state s;
    if (how.mode == rounding::stochastic) s.stream = stream_word(seed, stream);
    c = flushed(c, how.on_subnormal);
    s.sum = c.value.is_nan() ? make_nan<std::uint64_t>() : c.value;
    s.sum = rounded_in(s, s.sum);
    return s;
  }

  constexpr void multiply_add(state& s, operand a, operand b) const {
    a = flushed(a, how.on_subnormal);
    b = flushed(b, how.on_subnormal);
    if (is_narrow(a) && is_narrow(b)) {
      multiply_add_in<std::uint64_t>(s, a, b);
    } else {
      multiply_add_in<uint128>(s, a, b);
    }
  }

  constexpr void add(state& s, operand x) const {
    x = flushed(x, how.on_subnormal);
    if (is_narrow(x)) {
      s.sum = rounded_in(s, add_exact(s.sum, x.value, how.mode).value);
    } else {
      s.sum = rounded_in(s, add_exact(widen<uint128>(s.sum), widen<uint128>(x.value), how.mode).value);
    }
  }

  constexpr void merge(state& into, const state& from) const { add(into, value(from)); }

  constexpr operand value(const state& s) const { return {s.sum, in.fraction_bits}; }
  constexpr rounded result(const state& s, format to, conversion to_how = {}, std::uint32_t random = 0) const {
    return round_to_format(s.sum, to, to_how, random);
  }

 private:
  /// What 64-bit words are wide enough for: see number/exact.hpp.
  constexpr bool is_narrow(const operand& x) const { return x.digits() <= 24 && in.precision() <= 24; }

  template <class Word>
  constexpr void multiply_add_in(state& s, const operand& a, const operand& b) const {
    const auto x = widen<Word>(a.value), y = widen<Word>(b.value);
    if (multiply == multiplication::fused) {
      s.sum = rounded_in(s, fma_exact(x, y, widen<Word>(s.sum), how.mode).value);
    } else {
      const auto product = rounded_in(s, multiply_exact(x, y).value);
      s.sum = rounded_in(s, add_exact(widen<Word>(s.sum), widen<Word>(product), how.mode).value);
    }
  }

  /// One rounding. The result is decoded again, so that flushed inputs see it as a number of the format.
  template <class Word>
  constexpr unpacked<std::uint64_t> rounded_in(state& s, unpacked<Word> v) const {
    std::uint32_t random = 0;
    if (how.mode == rounding::stochastic) random = static_cast<std::uint32_t>(stream_word(s.stream, s.draws++) >> 32);
    const unpacked<std::uint64_t> r = decode(round_to_format(v, in, how, random).code, in);
    return flushed({r, in.fraction_bits}, how.on_subnormal).value;
  }
};

}  // namespace assay::accumulate
