// A row of matrix_unit.hpp at work: an accumulator that takes products as the unit does.
#pragma once

#include <assay/accumulate/exact.hpp>
#include <assay/accumulate/matrix_unit.hpp>

namespace assay::accumulate {

/// The operand that a unit reads: a tf32 unit cuts a binary32 to its upper 19 bits.
constexpr operand read_for(const matrix_unit& row, std::uint64_t code, format f) {
  if (row.input == tf32 && f == binary32) return read(code >> 13, tf32);
  return read(code, f);
}

namespace unit_detail {

inline constexpr int scaled_group = 16;  // products that scaled_groups sums exactly

/// Products per instruction: what is complete before c changes.
constexpr int block(const matrix_unit& row) {
  return row.compose == composition::split_pairs ? 2 * row.fused.group : row.fused.group;
}

constexpr std::uint64_t split_pairs(const matrix_unit& row, const pending_terms& products, std::uint64_t c) {
  pending_terms first, second;
  for (int i = 0; i < products.count; ++i) (i % 4 < 2 ? first : second).push(products.terms[i]);
  const std::uint64_t sum = fused_add(row.fused, first.terms, first.count);
  second.push(make_term(read(sum, row.output())));
  return ordinary_add(row.fused, c, fused_add(row.fused, second.terms, second.count));
}

constexpr std::uint64_t exact_group(const matrix_unit& row, const pending_terms& products, operand c) {
  const exact sum;
  exact::state s = sum.start(c);
  for (int i = 0; i < products.count; ++i) {
    const term& t = products.terms[i];
    sum.add(s, unpacked<uint128>{t.kind, t.negative, t.unit, t.significand});
  }
  return encode_output(row.fused, sum.value(s));
}

/// The sum of terms [first, first + count): halves first, each addition rounded. Missing terms are +0.
constexpr std::uint64_t rounded_tree(const matrix_unit& row, const pending_terms& products, int first, int count) {
  const aligned& u = row.fused;
  if (count == 1) {
    if (first >= products.count) return 0;
    const term& t = products.terms[first];
    return round_to_format(unpacked<uint128>{t.kind, t.negative, t.unit, t.significand}, u.out, u.output).code;
  }
  const std::uint64_t low = rounded_tree(row, products, first, count / 2);
  const std::uint64_t high = rounded_tree(row, products, first + count / 2, count - count / 2);
  return assay::add(encoded{low, u.out}, encoded{high, u.out}, u.out, u.output).code;
}

/// x floored to `fraction_bits` below 2^exponent.
constexpr aligned_sum floored(const aligned_sum& x, int exponent, int fraction_bits) {
  const int unit = exponent - fraction_bits;
  return {x.is_empty, exponent, unit, rescale(x.total, x.unit, unit, rounding::downward)};
}

/// CDNA3. The products' sum keeps 31 fraction bits below the larger exponent, c keeps 24.
constexpr std::uint64_t late_addend(const matrix_unit& row, pending_terms products, operand c) {
  const aligned& u = row.fused;
  const bool even_odd = row.compose == composition::even_odd;
  constexpr int sum_fraction_bits = 31;
  for (int i = 0; i < products.count; ++i) {  // a product beyond binary32 is an infinity already
    term& t = products.terms[i];
    if (t.kind == value_class::finite && bit_width(t.significand) - 1 + t.unit > u.out.max_exponent()) {
      t.kind = value_class::infinity;
    }
  }
  const term c_term = make_term(c);
  products.push(c_term);
  bool negative = false;
  const value_class special = special_sum(products.terms, products.count--, negative);
  if (special == value_class::nan) return encode_output(u, make_nan<uint128>());
  if (special == value_class::infinity) return encode_output(u, make_infinity<uint128>(negative));

  aligned_sum sum;
  if (even_odd) {
    const aligned_sum even =
        align_and_add(products.terms, products.count, u.fraction_bits, u.alignment, aligned::no_floor, 2);
    const aligned_sum odd =
        align_and_add(products.terms + 1, products.count - 1, u.fraction_bits, u.alignment, aligned::no_floor, 2);
    const int larger = even.is_empty || (!odd.is_empty && odd.exponent > even.exponent) ? odd.exponent : even.exponent;
    sum = floored(even, larger, u.fraction_bits);
    sum.total += floored(odd, larger, u.fraction_bits).total;
    sum.is_empty = even.is_empty && odd.is_empty;
  } else {
    sum = align_and_add(products.terms, products.count, u.fraction_bits, u.alignment);
  }
  // c, zero or not, has at least the exponent of the smallest normal number.
  const int c_exponent = c_term.kind == value_class::zero ? u.out.min_exponent() : c_term.exponent;
  const int exponent = !sum.is_empty && sum.exponent > c_exponent ? sum.exponent : c_exponent;
  aligned_sum total = floored(sum, exponent, sum_fraction_bits);
  const bool c_counts = c_term.kind != value_class::zero && !(even_odd && c_exponent < exponent - u.fraction_bits - 1);
  if (c_counts) {
    const auto magnitude = static_cast<int128>(c_term.significand);
    const int128 kept =
        rescale(c_term.negative ? -magnitude : magnitude, c_term.unit, exponent - u.fraction_bits, rounding::downward);
    total.total += rescale(kept, exponent - u.fraction_bits, total.unit, rounding::downward);
  }
  return encode_output(u, unpack(total.total, total.unit));
}

}  // namespace unit_detail

/// A matrix unit as an accumulator. The addend is a register of the output format; another format is rounded into it.
/// A last block with fewer products is filled with zeros, which is what kernels do.
struct unit {
  matrix_unit row;

  constexpr bool operator==(const unit& other) const { return row.name == other.row.name; }

  struct state {
    std::uint64_t c = 0;
    pending_terms pending;
    term scale[aligned::max_group / unit_detail::scaled_group + 1];  ///< of each group of scaled_groups

    constexpr state() {}  // NOLINT: scales are written before they are read
    constexpr state(const state& other) { *this = other; }
    constexpr state& operator=(const state& other) {
      c = other.c;
      pending = other.pending;
      for (int i = 0; i < pending.count; i += unit_detail::scaled_group) {
        scale[i / unit_detail::scaled_group] = other.scale[i / unit_detail::scaled_group];
      }
      return *this;
    }
  };

  constexpr state start(operand c = {}, std::uint64_t /*stream*/ = 0) const {
    state s;
    const bool flush = row.compose == composition::rounded_pairs && flushes_inputs(row.fused.output.on_subnormal);
    if (flush && c.is_subnormal()) c = {};
    s.c =
        c.value.is_nan() ? encode_output(row.fused, make_nan<uint128>()) : round_to_format(c.value, row.output()).code;
    return s;
  }

  constexpr void multiply_add(state& s, operand a, operand b) const { multiply_add(s, a, b, one(), one()); }

  /// A product with the block scales of its two operands. Consecutive products of a block must have the same.
  constexpr void multiply_add(state& s, operand a, operand b, operand scale_a, operand scale_b) const {
    if (row.compose == composition::rounded_pairs && flushes_inputs(row.fused.output.on_subnormal)) {
      if (a.is_subnormal()) a = {};
      if (b.is_subnormal()) b = {};
    }
    const int index = s.pending.count;
    s.pending.push(make_product(a, b));
    if (row.has_scales()) {
      scale_a.value.negative = scale_b.value.negative = false;
      const term scale = make_product(scale_a, scale_b);
      if (row.compose == composition::scaled_groups) {
        if (index % unit_detail::scaled_group == 0) s.scale[index / unit_detail::scaled_group] = scale;
      } else {
        apply_scale(s.pending.terms[index], scale);
      }
    }
    if (s.pending.count == unit_detail::block(row)) flush(s);
  }

  /// x times one: a unit knows only products.
  constexpr void add(state& s, operand x) const { multiply_add(s, x, one()); }

  /// Results of two runs are added by one ordinary addition in the output format, ties to even.
  constexpr void merge(state& into, const state& from) const {
    const std::uint64_t x = code(into), y = code(from);
    into.pending.count = 0;
    into.c = ordinary_add(row.fused, x, y);
  }

  constexpr std::uint64_t code(const state& s) const {
    if (s.pending.count == 0) return s.c;
    state finished = s;
    flush(finished);
    return finished.c;
  }
  constexpr operand value(const state& s) const { return read(code(s), row.output()); }
  constexpr rounded result(const state& s, format to, conversion how = {}, std::uint32_t random = 0) const {
    const std::uint64_t c = code(s);
    if (to == row.output() && how == conversion{}) return {c};  // the unit's own NaN, bit for bit
    return convert(encoded{c, row.output()}, to, how, random);
  }

 private:
  static constexpr operand one() { return read(std::int64_t{1}); }

  static constexpr void apply_scale(term& t, const term& scale) {
    if (scale.kind == value_class::nan) t.kind = value_class::nan;
    if (scale.kind == value_class::zero && t.kind == value_class::finite) t.kind = value_class::zero;
    if (scale.kind == value_class::zero && t.kind == value_class::infinity) t.kind = value_class::nan;
    if (t.kind != value_class::finite) return;
    t.exponent += scale.exponent;
    t.unit += scale.unit;
    t.significand *= scale.significand;
  }

  /// Exact sums of 16 products, then each with its scales; alignment goes by the scales' exponents alone.
  constexpr pending_terms scaled_sums(const state& s) const {
    constexpr int n = unit_detail::scaled_group;
    const int last_place = 2 * row.input.min_ulp_exponent();
    pending_terms sums;
    for (int first = 0; first < s.pending.count; first += n) {
      const int count = s.pending.count - first < n ? s.pending.count - first : n;
      int128 total = 0;
      for (int i = first; i < first + count; ++i) {
        const term& t = s.pending.terms[i];
        if (t.kind == value_class::zero) continue;
        const int128 x = rescale(static_cast<int128>(t.significand), t.unit, last_place, rounding::toward_zero);
        total += t.negative ? -x : x;
      }
      const unpacked<uint128> sum = unpack(total, last_place);
      term t{sum.kind, sum.negative, 0, sum.exponent, sum.significand};
      apply_scale(t, s.scale[first / n]);
      sums.push(t);
    }
    return sums;
  }

  constexpr void flush(state& s) const {
    const operand c = read(s.c, row.output());
    switch (row.compose) {
      case composition::chained:
      case composition::scaled:
        s.pending.push(make_term(c));
        s.c = fused_add(row.fused, s.pending.terms, s.pending.count);
        break;
      case composition::split_pairs: s.c = unit_detail::split_pairs(row, s.pending, s.c); break;
      case composition::exact_groups: s.c = unit_detail::exact_group(row, s.pending, c); break;
      case composition::rounded_pairs: {
        const std::uint64_t sum = unit_detail::rounded_tree(row, s.pending, 0, row.fused.group);
        s.c = assay::add(encoded{s.c, row.output()}, encoded{sum, row.output()}, row.output(), row.fused.output).code;
        break;
      }
      case composition::late_addend:
      case composition::even_odd: s.c = unit_detail::late_addend(row, s.pending, c); break;
      case composition::scaled_groups: {
        pending_terms sums = scaled_sums(s);
        sums.push(make_term(c));
        s.c = fused_add(row.fused, sums.terms, sums.count);
        break;
      }
    }
    s.pending.count = 0;
  }
};

}  // namespace assay::accumulate
