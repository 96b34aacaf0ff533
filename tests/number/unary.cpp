// Functions of one code, over all codes of every format of up to 16 bits: square root in every policy, neighbours, ulp,
// scalbn, classification and total order.
#include "judged.hpp"

#include <assay/number/order.hpp>
#include <support/budget.hpp>
#include <support/mpfr_native.hpp>
#include <support/random.hpp>

namespace {

using namespace assay;

std::vector<format> formats() {
  auto result = test::named_formats_up_to(16);
  for (const format& f : {format{6, 9, 31}, format{5, 6, 15, encoding::fn}, format{4, 7, 20, encoding::fnuz}, format{3, 5, 2, encoding::finite},
                          format{5, 0, 15}, format{1, 3, 0}, format{4, 0, 7, encoding::finite}}) {
    result.push_back(f);
  }
  return result;
}

template <class Check>
void all_codes(Check check) {
  test::tally count;
  for (const format& f : formats()) {
    const oracle::limits l(f);
    for (std::uint64_t code = 0; code < l.codes(); code += f.width() > 8 ? test::stride : 1) {
      count.expect(check(code, l), [&] { return test::text(test::describe(f), ' ', test::hex(code)); });
    }
  }
  count.require();
}

/// A NaN that passes through a function which is no arithmetic: itself, made quiet.
std::uint64_t quieted(std::uint64_t code, const oracle::limits& l) {
  return l.f.nonfinite == encoding::ieee ? code | l.hidden / 2 : code;
}

}  // namespace

TEST_CASE("The square root of every number is rounded as MPFR does in every policy") {
  test::tally count;
  const auto policies = test::all_policies();
  for (const format& f : formats()) {
    test::judged judge(f, count);
    const bool small = f.width() <= 8;
    std::size_t turn = 0;
    for (std::uint64_t code = 0; code < judge.in(0).codes(); code += small ? 1 : test::stride) {
      judge.check(oracle::operation::sqrt, code, 0, 0, policies, small ? 0 : turn++ % 13, small ? 1 : 13);
    }
  }
  count.require();
}

TEST_CASE("next_up and next_down go to the neighbouring value, and back") {
  // The values of a format in ascending order, from a sort by MPFR.
  test::tally count;
  for (const format& f : formats()) {
    const oracle::limits l(f);
    struct entry {
      std::uint64_t code;
      double value;
    };
    std::vector<entry> line;
    oracle::real x(64);
    for (std::uint64_t code = 0; code < l.codes(); ++code) {
      oracle::value_of(code, l, x);
      const auto name = [&] { return test::text(test::describe(f), ' ', test::hex(code)); };
      if (mpfr_nan_p(x.get())) {
        count.expect(next_up(code, f) == quieted(code, l) && next_down(code, f) == quieted(code, l), name);
      } else if (mpfr_zero_p(x.get()) && mpfr_signbit(x.get())) {
        count.expect(next_up(code, f) == next_up(0, f) && next_down(code, f) == next_down(0, f), name);
      } else {
        line.push_back({code, mpfr_get_d(x, MPFR_RNDN)});
      }
    }
    std::sort(line.begin(), line.end(), [](const entry& a, const entry& b) { return a.value < b.value; });
    for (std::size_t i = 0; i < line.size(); ++i) {
      const auto name = [&] { return test::text(test::describe(f), ' ', test::hex(line[i].code)); };
      // IEEE 754, 5.3.1: the neighbour above the least negative number is -0.
      const auto zero_below = [&](std::uint64_t code) { return code == 0 && l.has_negative_zero && l.has_zero ? l.sign : code; };
      const std::uint64_t up = i + 1 < line.size() ? line[i + 1].code : line[i].code;
      const std::uint64_t down = i > 0 ? line[i - 1].code : line[i].code;
      count.expect(next_up(line[i].code, f) == (i + 1 < line.size() ? zero_below(up) : up), name);
      count.expect(next_down(line[i].code, f) == down, name);
    }
  }
  count.require();
}

TEST_CASE("ulp is the gap between the neighbours that enclose a magnitude") {
  all_codes([](std::uint64_t code, const oracle::limits& l) {
    static oracle::real x(64), gap(64), got(64);
    oracle::value_of(code, l, x);
    oracle::value_of(ulp(code, l.f), l, got);
    if (mpfr_nan_p(x.get())) return ulp(code, l.f) == quieted(code, l);
    if (mpfr_inf_p(x.get())) return mpfr_inf_p(got.get()) && !mpfr_signbit(got.get());
    const auto leading = mpfr_zero_p(x.get()) ? mpfr_exp_t{l.emin} : mpfr_get_exp(x.get()) - 1;
    mpfr_set_ui_2exp(gap, 1, (leading < l.emin ? l.emin : leading) - l.f.fraction_bits, MPFR_RNDN);
    return mpfr_equal_p(gap, got) && mpfr_cmp_ui_2exp(gap, 1, ulp_exponent(code, l.f)) == 0;
  });
}

TEST_CASE("scalbn multiplies by a power of two with one rounding in every policy") {
  test::tally count;
  const auto policies = test::all_policies();
  test::random_source random(1);
  const oracle::exponent_range widest(mpfr_get_emin_min(), mpfr_get_emax_max());
  for (const format& f : formats()) {
    const oracle::limits l(f);
    oracle::rounder into(f);
    oracle::operand x;
    const int span = 1 << f.exponent_bits;
    for (std::uint64_t code = 0; code < l.codes(); code += f.width() > 8 ? 7 * test::stride : 1) {
      for (int i = 0; i < 4; ++i) {
        constexpr int extremes[] = {0, 1 << 30, -(1 << 30), 2147483647, -2147483647 - 1};
        const int n = i == 0 ? extremes[random.below(5)]
                             : static_cast<int>(random.below(static_cast<std::uint64_t>(2 * span))) - span;
        const conversion& how = policies[random.below(policies.size())];
        x.read(code, l);
        if (oracle::flushes_input(how)) x.flush();
        const bool signalling = x.is_signalling();
        mpfr_mul_2si(x.value, x.value, n, MPFR_RNDN);
        rounded expected = into.round(x.value, 0, how);
        if (signalling) expected.raised = expected.raised | exceptions::invalid;
        count.expect_same(scalbn(encoded{code, f}, n, f, how), expected, [&] {
          return test::text(test::describe(f), " scalbn ", test::hex(code), " by ", n, ' ', test::describe(how));
        });
      }
    }
  }
  count.require();
}

TEST_CASE("Every code has the class that its value has") {
  all_codes([](std::uint64_t code, const oracle::limits& l) {
    static oracle::real x(64);
    oracle::value_of(code, l, x);
    const number_class got = classify(code, l.f);
    if (mpfr_nan_p(x.get())) {
      return got == (oracle::nan_of(code, l).signalling() ? number_class::signalling_nan : number_class::quiet_nan);
    }
    const bool negative = mpfr_signbit(x.get()) != 0;
    if (mpfr_inf_p(x.get())) return got == (negative ? number_class::negative_infinity : number_class::positive_infinity);
    if (mpfr_zero_p(x.get())) return got == (negative ? number_class::negative_zero : number_class::positive_zero);
    if (mpfr_get_exp(x.get()) - 1 < l.emin) {
      return got == (negative ? number_class::negative_subnormal : number_class::positive_subnormal);
    }
    return got == (negative ? number_class::negative_normal : number_class::positive_normal);
  });
}
