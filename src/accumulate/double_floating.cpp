#include "double_floating.hpp"

#include "gemm/vectors.hpp"

namespace assay::accumulate {

double_floating::double_floating(const floating& a)
    : exact_(a),
      mode_(a.how.mode),
      multiply_(a.multiply),
      dropped_bits_(52 - a.in.fraction_bits),
      min_exponent_(a.in.min_exponent()),
      random_bits_(a.how.mode == rounding::stochastic ? a.how.random_bits : 0),
      largest_(bits_of(to_double(a.in.max_finite_code(), a.in))),
      keeps_negative_zero_(a.in.has_negative_zero()) {}

bool double_floating::serves(const floating& a, const element& left, const element& right) {
  using gemm_kernels::range_of;
  constexpr gemm_kernels::value_range limits{53, -1000, 1000};
  const format f = a.in;
  const auto product = range_of(left).times(range_of(right)), sum = range_of(f);
  // One-digit formats have a rule of their own for ties.
  const bool small = f.precision() >= 2 && f.precision() <= 50 && f.is_signed() &&
                     sum.lowest_bit >= limits.lowest_bit && sum.below <= limits.below;
  const bool stochastic_fits = a.how.mode != rounding::stochastic || f.precision() + a.how.random_bits <= 52;
  return small && product.within(limits) && a.how.on_subnormal == subnormals::keep && stochastic_fits;
}

double_floating::state double_floating::start(operand c, std::uint64_t stream) const {
  const floating::state s = exact_.start(c, stream);
  const double sum = std::bit_cast<double>(round_to_format(s.sum, binary64).code);
  return {sum, s.stream, s.draws};
}

rounded double_floating::result(const state& s, format to, conversion how, std::uint32_t random) const {
  return round_to_format(decode(s.sum), to, how, random);
}

double double_floating::round_rare(double x, std::uint32_t random) const {
  // The machine's NaNs have signs of their own; an operation's is the canonical one, an overflow's has the sum's sign.
  const unpacked<std::uint64_t> v = x == x ? decode(x) : make_nan<std::uint64_t>();
  return to_double(round_to_format(v, exact_.in, exact_.how, random).code, exact_.in);
}

}  // namespace assay::accumulate
