// Promotion: every n products a partial sum moves on into a second accumulator.
#pragma once

#include <assay/accumulate/aligned.hpp>
#include <assay/accumulate/compensated.hpp>
#include <assay/accumulate/exact.hpp>
#include <assay/accumulate/fixed.hpp>
#include <assay/accumulate/floating.hpp>
#include <assay/accumulate/integer.hpp>
#include <assay/accumulate/matrix_unit_dot.hpp>

namespace assay::accumulate {

/// The format in which an accumulator's partial sums are handed on; binary64 where it has none of its own.
constexpr format carrier_of(const floating& a) { return a.in; }
constexpr format carrier_of(const aligned& a) { return a.out; }
constexpr format carrier_of(const unit& a) { return a.row.output(); }
constexpr format carrier_of(const compensated& a) { return a.in; }
constexpr format carrier_of(const fixed&) { return binary64; }
constexpr format carrier_of(const integer&) { return binary64; }
constexpr format carrier_of(const exact&) { return binary64; }

/// What has been summed so far as one operand. Only an exact sum must be rounded for it, into `carrier`.
template <class Accumulator>
constexpr operand partial_sum(const Accumulator& a, const typename Accumulator::state& s, format /*carrier*/) {
  return a.value(s);
}
constexpr operand partial_sum(const exact& a, const exact::state& s, format carrier) {
  return read(a.result(s, carrier).code, carrier);
}

/// Products are summed by `inner`, from zero. After every n of them, and at the end, its sum is added into `outer`,
/// which also starts from the addend. DeepSeek-V3's fp8 GEMM (arXiv 2412.19437, 3.3.2) promotes from Hopper's wgmma to
/// binary32 every 128 products.
template <class Inner, class Outer>
struct promoted {
  Inner inner;
  Outer outer;
  int every = 128;

  constexpr bool operator==(const promoted&) const = default;
  constexpr bool is_valid() const { return every >= 1; }

  struct state {
    typename Outer::state outer;
    typename Inner::state inner;
    int count = 0;
    std::uint64_t stream = 0;  ///< of the inner run in progress
  };

  constexpr state start(operand c = {}, std::uint64_t stream = 0) const {
    const std::uint64_t inner_stream = stream_word(stream, 0);
    return {outer.start(c, stream), inner.start({}, inner_stream), 0, inner_stream};
  }
  constexpr void multiply_add(state& s, operand a, operand b) const {
    inner.multiply_add(s.inner, a, b);
    if (++s.count == every) promote(s);
  }
  constexpr void add(state& s, operand x) const {
    inner.add(s.inner, x);
    if (++s.count == every) promote(s);
  }
  constexpr void merge(state& into, state from) const {
    promote(into);
    promote(from);
    outer.merge(into.outer, from.outer);
  }
  constexpr operand value(state s) const {
    promote(s);
    return partial_sum(outer, s.outer, carrier_of(outer));
  }
  constexpr rounded result(state s, format to, conversion how = {}, std::uint32_t random = 0) const {
    promote(s);
    return outer.result(s.outer, to, how, random);
  }

 private:
  constexpr void promote(state& s) const {
    if (s.count == 0) return;
    outer.add(s.outer, partial_sum(inner, s.inner, carrier_of(outer)));
    s.inner = inner.start({}, ++s.stream);
    s.count = 0;
  }
};

template <class Inner, class Outer>
constexpr format carrier_of(const promoted<Inner, Outer>& a) {
  return carrier_of(a.outer);
}

}  // namespace assay::accumulate
