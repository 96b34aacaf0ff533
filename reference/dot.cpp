#include <assay/reference/dot.hpp>

#include <algorithm>
#include <bit>
#include <limits>
#include <stdexcept>
#include <string>

#include <assay/tensor/describe.hpp>

#include "engine/check.hpp"
#include "engine/matrix_sums.hpp"
#include "engine/round_mpfr.hpp"

namespace assay::reference {
namespace {

/// One term: the product of two finite values, kept apart so that no precision has to be chosen yet.
struct term {
  unpacked<std::uint64_t> x, y;
  bool is_zero() const { return x.is_zero() || y.is_zero(); }
  bool negative() const { return x.negative != y.negative; }
  std::int64_t lowest_bit() const { return std::int64_t{x.exponent} + y.exponent; }
  std::int64_t highest_bit() const { return std::int64_t{x.leading_exponent()} + y.leading_exponent() + 1; }
};

/// All terms of a row: c is one, times 1.
template <class Visit>
void for_each_term(const dot_row& row, Visit visit) {
  const unpacked<std::uint64_t> one{value_class::finite, false, 0, 1};
  visit(term{decode(row.c, row.c_format), one});
  for (std::size_t i = 0; i < row.a.size(); ++i)
    visit(term{decode(row.a[i], row.a_format), decode(row.b[i], row.b_format)});
}

/// What the special terms make of the sum, and how many bits the finite ones need.
struct survey {
  bool nan = false, positive_infinity = false, negative_infinity = false;
  bool all_positive_zero = true, all_negative_zero = true;
  std::int64_t lowest = std::numeric_limits<std::int64_t>::max(), highest = std::numeric_limits<std::int64_t>::min();

  void look_at(const term& t) {
    if (t.x.is_nan() || t.y.is_nan() || (t.x.is_infinite() && t.y.is_zero()) || (t.x.is_zero() && t.y.is_infinite())) {
      nan = true;
    } else if (t.x.is_infinite() || t.y.is_infinite()) {
      (t.negative() ? negative_infinity : positive_infinity) = true;
    } else if (!t.is_zero()) {
      lowest = std::min(lowest, t.lowest_bit());
      highest = std::max(highest, t.highest_bit());
    }
    all_positive_zero = all_positive_zero && t.is_zero() && !t.negative();
    all_negative_zero = all_negative_zero && t.is_zero() && t.negative();
  }
  bool has_finite() const { return lowest <= highest; }
  value_class kind() const {
    if (nan || (positive_infinity && negative_infinity)) return value_class::nan;
    return positive_infinity || negative_infinity ? value_class::infinity : value_class::finite;
  }
};

/// x in units of 2^exponent as a double.
double in_units(const real& x, int exponent, mpfr_rnd_t direction) {
  real scaled(mpfr_get_prec(x.get()));
  mpfr_mul_2si(scaled.get(), x.get(), -exponent, MPFR_RNDN);
  return mpfr_get_d(scaled.get(), direction);
}

/// got - exact in ulps, rounded toward zero. MPFR rounds a difference once, whatever the operands' exponents.
double distance(const real& exact, unpacked<std::uint64_t> got, int ulp) {
  real value(64), difference(64);
  set(value, got);
  mpfr_sub(difference.get(), value.get(), exact.get(), MPFR_RNDZ);
  return in_units(difference, ulp, MPFR_RNDZ);
}

}  // namespace

dot_truth dot(const dot_row& row, format output, conversion how, std::optional<std::uint64_t> got) {
  if (row.a.size() != row.b.size()) {
    throw std::invalid_argument("a dot product of " + std::to_string(row.a.size()) + " by " +
                                std::to_string(row.b.size()) + " elements; expected equally many");
  }
  if (how.mode == rounding::stochastic) {
    throw std::invalid_argument("the truth has no random bits: stochastic rounding has no single right result");
  }
  const widest_exponents range;
  survey seen;
  for_each_term(row, [&](const term& t) { seen.look_at(t); });

  // Wide enough for every bit of every term and the carries of so many additions: each addition below is exact.
  const std::int64_t carries = 64 - std::countl_zero(std::uint64_t{row.a.size()}) + 1;
  const auto precision = static_cast<mpfr_prec_t>(seen.has_finite() ? seen.highest - seen.lowest + carries + 1 : 2);
  real sum(precision), scale(precision), product(128), x(64), y(64);
  mpfr_set_zero(sum.get(), 1);
  mpfr_set_zero(scale.get(), 1);
  int inexact = 0;
  for_each_term(row, [&](const term& t) {
    if (!t.x.is_finite() || !t.y.is_finite() || t.is_zero()) return;
    set(x, t.x);
    set(y, t.y);
    inexact |= mpfr_mul(product.get(), x.get(), y.get(), MPFR_RNDN);
    inexact |= mpfr_add(sum.get(), sum.get(), product.get(), MPFR_RNDN);
    mpfr_abs(product.get(), product.get(), MPFR_RNDN);
    inexact |= mpfr_add(scale.get(), scale.get(), product.get(), MPFR_RNDN);
  });
  if (inexact != 0) throw std::logic_error("an exact sum was rounded");

  dot_truth truth;
  truth.kind = seen.kind();
  if (truth.kind != value_class::finite) {
    truth.negative = truth.kind == value_class::infinity && seen.negative_infinity;
    truth.code = special_into(truth.kind, truth.negative, output, how);
    truth.value = truth.kind == value_class::nan ? std::numeric_limits<double>::quiet_NaN()
                  : truth.negative               ? -std::numeric_limits<double>::infinity()
                                                 : std::numeric_limits<double>::infinity();
    truth.ulp_exponent = output.max_exponent() - output.fraction_bits;
    truth.scale = in_units(scale, truth.ulp_exponent, MPFR_RNDU);
    return truth;
  }
  if (mpfr_zero_p(sum.get())) {
    truth.kind = value_class::zero;
    const bool opposite_signs = !seen.all_positive_zero && !seen.all_negative_zero;
    const bool negative = opposite_signs ? how.mode == rounding::downward : seen.all_negative_zero;
    mpfr_set_zero(sum.get(), negative ? -1 : 1);
  }
  truth.negative = mpfr_signbit(sum.get()) != 0;
  truth.code = round_into(sum.get(), output, how);
  truth.value = mpfr_get_d(sum.get(), MPFR_RNDN);
  truth.ulp_exponent = ulp_exponent(sum.get(), output);
  truth.scale = in_units(scale, truth.ulp_exponent, MPFR_RNDU);
  mpfr_abs(scale.get(), sum.get(), MPFR_RNDN);
  truth.magnitude = in_units(scale, truth.ulp_exponent, MPFR_RNDU);
  if (got) {
    const auto v = decode(*got, output);
    if (v.is_finite()) truth.error = distance(sum, v, truth.ulp_exponent);
  }
  return truth;
}

truth dot(const code_view& a, const code_view& b, const code_view& c, const request& want) {
  const extents& shape = a.shape();
  if (shape.rank() == 0) throw std::invalid_argument("a has shape (); expected at least one axis, the products' own");
  check_same_shape(b.shape(), "b", shape, "a");
  const extents lines = shape.without_last();
  const reader left(a, "a"), right(b, "b");
  const std::size_t k = a.line_length();
  const strided_factor x(left, 1, k, {k, 0, 1}), y(right, 1, k, {k, 0, 1});
  matrix_sums sums{x, y, lines.count()};
  std::optional<reader> addends;
  if (c.has_data()) {
    check_same_shape(c.shape(), "c", lines, "a without its last axis");
    sums.addends.push_back({&addends.emplace(c, "c"), {1, 0, 0}});
  }
  return evaluate(sums, lines, want);
}

}  // namespace assay::reference
