// Why correct rounding is proved for formats that no test names: the margin between every value and every boundary.
//
// An operand of a format of up to 16 bits has at most 15 digits, and a boundary between two roundings into such a
// format at most 16, whatever exponents and biases the formats have. So two things suffice for each function: that
// evaluated values are within 2^-56 of the true ones, relatively, and that none lies within 2^-51 of a number of 16
// digits, unless it is known to lie on one side of it. Here significands run through all of 15 digits and exponents
// through all that are evaluated; beyond them results are 0, infinite, or beside a number by the function's definition.
#include <elementary/mpfr_elementary.hpp>
#include <support/budget.hpp>
#include <support/tally.hpp>

namespace {

using namespace assay;
using value = unpacked<std::uint64_t>;

/// Exponents of the operand's leading digit, from where f is not beside f(0) or its tangent to where it is not beside
/// its limit.
struct domain {
  elementary f;
  int first, last;
  bool negative;
};
const std::vector<domain> domains{
    {elementary::exp, -48, 21, true},    {elementary::exp2, -48, 22, true},    {elementary::expm1, -48, 21, true},
    {elementary::log, -160, 160, false}, {elementary::log2, -160, 160, false}, {elementary::log1p, -48, 160, true},
    {elementary::tanh, -24, 5, true},    {elementary::erf, -80, 2, true},      {elementary::sigmoid, -48, 21, true},
    {elementary::gelu, -48, 11, true},   {elementary::silu, -48, 21, true}};

constexpr std::uint64_t first_significand = 1 << 14, last_significand = (1 << 15) - 1;

/// A value's 64 leading digits: 16 that a boundary can have, and 48 that say how far it is from one.
constexpr int margin_digits = 48;
constexpr std::uint64_t boundary_gap = std::uint64_t{1} << margin_digits;
constexpr std::uint64_t required_margin = std::uint64_t{1} << (63 - 51);

/// f stays below |x| (silu, gelu) or 1 (the others) and comes arbitrarily near: that boundary is never reached.
bool is_limit(elementary f, value x, std::uint64_t boundary) {
  switch (f) {
    case elementary::silu:
    case elementary::gelu: return !x.negative && boundary << 1 == normalised_to(x, 63).significand << 1;
    case elementary::tanh:
    case elementary::erf:
    case elementary::sigmoid: return boundary == 0;
    case elementary::expm1: return x.negative && boundary == 0;
    default: return false;
  }
}

std::string describe(elementary f, value x) {
  return test::text(name_of(f), '(', x.negative ? "-" : "", x.significand, " * 2^", x.exponent, ')');
}

bool is_exact(value y) { return y.kind != value_class::finite || (y.significand & (y.significand - 1)) == 0; }

void expect_margin(test::tally& tally, elementary f, value x) {
  value y = detail::elementary_value(f, x).value;
  if (y.is_nan() || is_exact(y) || (f == elementary::log2 && (x.significand & (x.significand - 1)) == 0)) return;
  y = normalised_to(y, 63);
  const std::uint64_t above = y.significand & (boundary_gap - 1), below = boundary_gap - above;
  const bool clear_of_next = below > required_margin || is_limit(f, x, y.significand + below);
  tally.expect(above > required_margin && clear_of_next, [&] { return describe(f, x); });
}

template <class Visit>
void visit(const domain& d, std::uint64_t stride, Visit visit_one) {
  std::uint64_t count = 0;
  for (int leading = d.first; leading <= d.last; ++leading) {
    for (std::uint64_t s = first_significand + count % stride; s <= last_significand; s += stride) {
      for (const bool negative : {false, true}) {
        if (negative && !d.negative) continue;
        visit_one(value{value_class::finite, negative, leading - 14, s});
      }
    }
    ++count;
  }
}

void check_margins(const domain& d, std::uint64_t stride) {
  test::tally tally;
  visit(d, stride, [&](value x) { expect_margin(tally, d.f, x); });
  CAPTURE(name_of(d.f));
  tally.require();
}

/// The largest errors are below 2^-60, but for gelu's 2^-57 in its far tail.
void check_errors(const domain& d, std::uint64_t stride) {
  test::tally tally;
  oracle::operand x;
  oracle::elementary_outcome expected;
  oracle::real got(128), error(64);
  visit(d, stride, [&](value v) {
    const value y = detail::elementary_value(d.f, v).value;
    if (y.kind != value_class::finite) return;
    mpfr_set_ui_2exp(x.value, v.significand, v.exponent, MPFR_RNDN);
    mpfr_setsign(x.value, x.value, v.negative, MPFR_RNDN);
    expected.compute(d.f, x);
    mpfr_set_ui_2exp(got, y.significand, y.exponent, MPFR_RNDN);
    mpfr_setsign(got, got, y.negative, MPFR_RNDN);
    mpfr_div(error, got, expected.value, MPFR_RNDN);
    mpfr_sub_ui(error, error, 1, MPFR_RNDA);
    mpfr_abs(error, error, MPFR_RNDN);
    tally.expect(mpfr_cmp_ui_2exp(error, 1, -56) < 0, [&] { return describe(d.f, v); });
  });
  CAPTURE(name_of(d.f));
  tally.require();
}

}  // namespace

TEST_CASE("No value of an elementary function is near a rounding boundary without being known on its side") {
  for (const domain& d : domains) check_margins(d, test::stride);
}

TEST_CASE("Elementary functions are evaluated with a relative error below 2^-56") {
  for (const domain& d : domains) check_errors(d, 4999);
}

TEST_CASE("Elementary functions of every 15-digit operand are evaluated with a relative error below 2^-56",
          "[.prove]") {
  for (const domain& d : domains) check_errors(d, 1);
}

// Logarithms alone are evaluated at every exponent that a format can have; from 2^60 on log1p(x) is the evaluated
// log(x).
TEST_CASE("No logarithm at any exponent is near a rounding boundary", "[.prove]") {
  constexpr int widest = format::max_bias + (1 << 11) + 16;
  for (const elementary f : {elementary::log, elementary::log2}) {
    check_margins({f, -widest, widest, false}, 1);
    check_errors({f, -widest, widest, false}, 20011);
  }
}
