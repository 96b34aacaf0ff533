// The fused addition of a matrix unit: terms are aligned to the largest exponent, cut, added exactly, rounded once.
#pragma once

#include <array>
#include <limits>

#include <assay/accumulate/operand.hpp>
#include <assay/number/arithmetic.hpp>
#include <assay/rounding/round.hpp>

namespace assay::accumulate {

/// A summand of a fused addition, exact: (-1)^negative * significand * 2^unit. `exponent` is what alignment goes by:
/// a product has its operands' exponents added, unnormalised, so that significand * 2^(unit - exponent) is in [0, 4).
struct term {
  value_class kind;
  bool negative;
  int exponent;
  int unit;
  uint128 significand;
};

constexpr term make_term(operand x) {
  return {x.value.kind, x.value.negative, x.exponent(), x.value.exponent, x.value.significand};
}

constexpr term make_product(operand a, operand b) {
  const unpacked<uint128> p = multiply_exact(widen<uint128>(a.value), widen<uint128>(b.value)).value;
  return {p.kind, p.negative, a.exponent() + b.exponent(), p.exponent, p.significand};
}

/// Where the accumulated value enters.
enum class addend : std::uint8_t {
  inside,  ///< it is aligned with the products and added with them
  after,   ///< the products' rounded sum is added to it, by one ordinary addition in the output format, ties to even
};

enum class nan_code : std::uint8_t {
  canonical,  ///< positive, quiet, no payload
  all_ones,   ///< every magnitude bit set: 0x7FFFFFFF, 0x7FFF (NVIDIA's matrix units)
};

/// One fused addition of up to `group` products and an addend c:
/// 1. A product or c that is zero takes no part.
/// 2. e = the largest exponent of the terms, at least exponent_floor.
/// 3. Each term is rounded to a multiple of 2^(e - fraction_bits) by the mode `alignment`; the results are added
///    exactly.
/// 4. The sum is rounded once to `kept` under the policy `output`; `kept` is the output format or a narrower one that
///    the output format contains. An exact zero is +0.
/// Any NaN, an infinity times zero, or infinities of both signs give NaN; else an infinity gives that infinity.
/// More products than a group are chained: each result is the next group's c. A last group may be smaller.
struct aligned {
  static constexpr int no_floor = std::numeric_limits<int>::min();
  static constexpr int max_group = 128;
  static constexpr int max_fraction_bits = 96;  // terms below 2^98, 129 of them: far inside 128 bits

  int group = 16;
  int fraction_bits = 24;
  format out = binary32;
  format kept = binary32;
  conversion output = {rounding::toward_zero};
  rounding alignment = rounding::toward_zero;
  accumulate::addend addend = accumulate::addend::inside;
  int exponent_floor = no_floor;
  bool overflow_to_infinity = false;  ///< infinity for every overflow, even where `output` would stay finite
  nan_code nan = nan_code::canonical;

  constexpr bool operator==(const aligned&) const = default;

  constexpr bool is_valid() const {
    return group >= 1 && group <= max_group && fraction_bits >= 0 && fraction_bits <= max_fraction_bits &&
           out.is_valid() && kept.is_valid() && kept.fraction_bits <= out.fraction_bits &&
           kept.min_ulp_exponent() >= out.min_ulp_exponent() && kept.max_exponent() <= out.max_exponent() &&
           output.is_valid() && output.mode != rounding::stochastic && alignment != rounding::stochastic;
  }

  struct state;
  constexpr state start(operand c = {}, std::uint64_t stream = 0) const;
  constexpr void multiply_add(state& s, operand a, operand b) const;
  constexpr void add(state& s, operand x) const;
  constexpr void merge(state& into, const state& from) const;
  constexpr operand value(const state& s) const;
  constexpr rounded result(const state& s, format to, conversion how = {}, std::uint32_t random = 0) const;
};

/// The sum of terms that are aligned to the exponent `e`: an integer multiple of 2^unit.
struct aligned_sum {
  bool is_empty = true;  ///< no term took part
  int exponent = 0;
  int unit = 0;
  int128 total = 0;
};

/// What the terms' classes alone decide: a NaN or an infinity, or finite when the sum must be computed.
constexpr value_class special_sum(const term* terms, int count, bool& negative) {
  bool positive_infinity = false, negative_infinity = false;
  for (int i = 0; i < count; ++i) {
    if (terms[i].kind == value_class::nan) return value_class::nan;
    if (terms[i].kind == value_class::infinity) (terms[i].negative ? negative_infinity : positive_infinity) = true;
  }
  if (positive_infinity && negative_infinity) return value_class::nan;
  negative = negative_infinity;
  return positive_infinity || negative_infinity ? value_class::infinity : value_class::finite;
}

/// x in units of 2^to, rounded by the mode when the units are coarser. The result must fit.
constexpr int128 rescale(int128 x, int from, int to, rounding mode) {
  const bool negative = x < 0;
  const uint128 magnitude = negative ? uint128{0} - static_cast<uint128>(x) : static_cast<uint128>(x);
  uint128 kept = 0;
  if (from >= to) {
    kept = magnitude == 0 ? magnitude : magnitude << (from - to);
  } else if (mode == rounding::toward_zero) {
    kept = shift_right(magnitude, to - from);
  } else {
    kept = round_significand(magnitude, to - from, negative, {mode}, 0).kept;
  }
  return negative ? -static_cast<int128>(kept) : static_cast<int128>(kept);
}

/// Steps 1 to 3 for every `stride`th term. All terms must be finite or zero.
constexpr aligned_sum align_and_add(const term* terms, int count, int fraction_bits, rounding mode,
                                    int exponent_floor = aligned::no_floor, int stride = 1) {
  aligned_sum sum;
  for (int i = 0; i < count; i += stride) {
    if (terms[i].kind == value_class::zero) continue;
    if (sum.is_empty || terms[i].exponent > sum.exponent) sum.exponent = terms[i].exponent;
    sum.is_empty = false;
  }
  if (sum.is_empty) return sum;
  if (sum.exponent < exponent_floor) sum.exponent = exponent_floor;
  sum.unit = sum.exponent - fraction_bits;
  for (int i = 0; i < count; i += stride) {
    if (terms[i].kind == value_class::zero) continue;
    const auto magnitude = static_cast<int128>(terms[i].significand);
    sum.total += rescale(terms[i].negative ? -magnitude : magnitude, terms[i].unit, sum.unit, mode);
  }
  return sum;
}

/// An exact total as a value; zero is +0.
constexpr unpacked<uint128> unpack(int128 total, int unit) {
  if (total == 0) return make_zero<uint128>(false);
  const bool negative = total < 0;
  return {value_class::finite, negative, unit,
          negative ? uint128{0} - static_cast<uint128>(total) : static_cast<uint128>(total)};
}

/// Step 4: the code of v in unit.out, with the unit's own NaN and overflow.
constexpr std::uint64_t encode_output(const aligned& unit, unpacked<uint128> v) {
  if (v.is_nan()) return unit.nan == nan_code::all_ones ? unit.out.magnitude_mask() : unit.out.nan_code();
  rounded r = round_to_format(v, unit.kept, unit.output);
  if (unit.overflow_to_infinity && any(r.raised & exceptions::overflow) && unit.kept.has_infinity()) {
    r.code = unit.kept.infinity_code() | (v.negative ? unit.kept.sign_mask() : 0);
  }
  return unit.kept == unit.out ? r.code : convert(encoded{r.code, unit.kept}, unit.out).code;
}

/// The whole fused addition of `count` terms, c among them.
constexpr std::uint64_t fused_add(const aligned& unit, const term* terms, int count) {
  bool negative = false;
  switch (special_sum(terms, count, negative)) {
    case value_class::nan: return encode_output(unit, make_nan<uint128>());
    case value_class::infinity: return encode_output(unit, make_infinity<uint128>(negative));
    case value_class::zero:
    case value_class::finite: break;
  }
  const aligned_sum sum = align_and_add(terms, count, unit.fraction_bits, unit.alignment, unit.exponent_floor);
  return encode_output(unit, unpack(sum.total, sum.unit));
}

/// One ordinary addition in the unit's output format, ties to even: what a program does with a unit's results.
constexpr std::uint64_t ordinary_add(const aligned& unit, std::uint64_t x, std::uint64_t y) {
  const rounded r = assay::add(encoded{x, unit.out}, encoded{y, unit.out}, unit.out);
  return unit.out.is_nan_code(r.code) ? encode_output(unit, make_nan<uint128>()) : r.code;
}

/// Terms that wait for their group to fill. Terms beyond `count` are never read, and need no time to clear.
struct pending_terms {
  int count = 0;
  term terms[aligned::max_group + 1];  // one more for c

  constexpr pending_terms() {}  // NOLINT: leaves the terms as they are
  constexpr pending_terms(const pending_terms& other) { *this = other; }
  constexpr pending_terms& operator=(const pending_terms& other) {
    count = other.count;
    for (int i = 0; i < count; ++i) terms[i] = other.terms[i];
    return *this;
  }
  constexpr void push(const term& t) { terms[count++] = t; }
};

struct aligned::state {
  operand c;  ///< what has been added so far, in `out` once a group is complete
  pending_terms pending;
};

namespace detail_aligned {
constexpr void flush(const aligned& unit, aligned::state& s) {
  if (s.pending.count == 0) return;
  if (unit.addend == addend::inside) {
    s.pending.push(make_term(s.c));
    s.c = read(fused_add(unit, s.pending.terms, s.pending.count), unit.out);
  } else {
    const std::uint64_t sum = fused_add(unit, s.pending.terms, s.pending.count);
    const encoded c{round_to_format(s.c.value, unit.out).code, unit.out};
    s.c = read(ordinary_add(unit, c.code, sum), unit.out);
  }
  s.pending.count = 0;
}
}  // namespace detail_aligned

/// The addend may be of any format: it is aligned as it is.
constexpr aligned::state aligned::start(operand c, std::uint64_t /*stream*/) const {
  state s;
  s.c = c;
  return s;
}
constexpr void aligned::multiply_add(state& s, operand a, operand b) const {
  s.pending.push(make_product(flushed(a, output.on_subnormal), flushed(b, output.on_subnormal)));
  if (s.pending.count == group) detail_aligned::flush(*this, s);
}
constexpr void aligned::add(state& s, operand x) const {
  s.pending.push(make_term(flushed(x, output.on_subnormal)));
  if (s.pending.count == group) detail_aligned::flush(*this, s);
}
/// Results of two runs are added by one ordinary addition in the output format.
constexpr void aligned::merge(state& into, const state& from) const {
  const std::uint64_t x = round_to_format(value(into).value, out).code;
  const std::uint64_t y = round_to_format(value(from).value, out).code;
  into.pending.count = 0;
  into.c = read(ordinary_add(*this, x, y), out);
}
constexpr operand aligned::value(const state& s) const {
  if (s.pending.count == 0) return s.c;
  state finished = s;
  detail_aligned::flush(*this, finished);
  return finished.c;
}
constexpr rounded aligned::result(const state& s, format to, conversion how, std::uint32_t random) const {
  return round_to_format(value(s).value, to, how, random);
}

}  // namespace assay::accumulate
