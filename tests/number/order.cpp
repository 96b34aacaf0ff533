// Comparison, the eight minima and maxima of IEEE 754-2019, and total order: all pairs of small formats, samples of mixed.
#include <assay/number/order.hpp>

#include <support/budget.hpp>
#include <support/formats.hpp>
#include <support/mpfr_operations.hpp>
#include <support/random.hpp>
#include <support/tally.hpp>

namespace {

using namespace assay;

struct selection {
  const char* name;
  rounded (*ours)(encoded, encoded, format, conversion);
  bool maximum, magnitude, prefers_numbers;
};
constexpr selection selections[] = {
    {"minimum", minimum, false, false, false},
    {"maximum", maximum, true, false, false},
    {"minimum_number", minimum_number, false, false, true},
    {"maximum_number", maximum_number, true, false, true},
    {"minimum_magnitude", minimum_magnitude, false, true, false},
    {"maximum_magnitude", maximum_magnitude, true, true, false},
    {"minimum_magnitude_number", minimum_magnitude_number, false, true, true},
    {"maximum_magnitude_number", maximum_magnitude_number, true, true, true},
};

/// The operand that IEEE 754-2019, 9.6 selects, neither being NaN: -0 below +0.
const oracle::operand& select(const selection& s, const oracle::operand& x, const oracle::operand& y) {
  int order = s.magnitude ? mpfr_cmpabs(x.value, y.value) : 0;
  if (order == 0) order = mpfr_cmp(x.value, y.value);
  if (order == 0) order = static_cast<int>(mpfr_signbit(y.value.get()) != 0) - static_cast<int>(mpfr_signbit(x.value.get()) != 0);
  return (order >= 0) == s.maximum ? x : y;
}

class pair_judge {
 public:
  pair_judge(const format& a, const format& b, const format& out, test::tally& count)
      : a_(a), b_(b), into_(out), count_(count) {}

  void check(std::uint64_t x, std::uint64_t y, const conversion& how) {
    a_op_.read(x, a_);
    b_op_.read(y, b_);
    check_comparison(x, y);
    if (oracle::flushes_input(how)) {
      a_op_.flush();
      b_op_.flush();
    }
    for (const selection& s : selections) {
      const bool a_nan = a_op_.is_nan(), b_nan = b_op_.is_nan();
      rounded expected;
      if (a_nan || b_nan) {
        expected = (a_nan && b_nan) || !s.prefers_numbers ? into_.round_nan({})
                                                          : into_.round(a_nan ? b_op_.value : a_op_.value, 0, how);
      } else {
        expected = into_.round(select(s, a_op_, b_op_).value, 0, how);
      }
      if (a_op_.is_signalling() || b_op_.is_signalling()) expected.raised = expected.raised | exceptions::invalid;
      count_.expect_same(s.ours({x, a_.f}, {y, b_.f}, into_.in().f, how), expected, [&] {
        return test::text(s.name, ' ', test::hex(x), " (", test::describe(a_.f), ") ", test::hex(y), " (",
                          test::describe(b_.f), ") ", test::describe(how));
      });
    }
  }

 private:
  void check_comparison(std::uint64_t x, std::uint64_t y) {
    const auto got = compare({x, a_.f}, {y, b_.f});
    const int order = mpfr_unordered_p(a_op_.value.get(), b_op_.value.get()) ? 2 : mpfr_cmp(a_op_.value, b_op_.value);
    count_.expect(order == 2   ? got == std::partial_ordering::unordered
                  : order < 0  ? got == std::partial_ordering::less
                  : order == 0 ? got == std::partial_ordering::equivalent
                               : got == std::partial_ordering::greater,
                  [&] { return test::text("compare ", test::hex(x), ' ', test::hex(y), ' ', test::describe(a_.f)); });
  }

  oracle::limits a_, b_;
  oracle::rounder into_;
  test::tally& count_;
  oracle::operand a_op_, b_op_;
};

}  // namespace

TEST_CASE("All pairs of small formats compare and select their minima and maxima by value, zeros by sign") {
  test::tally count;
  const auto policies = test::all_policies();
  std::size_t turn = 0;
  for (const format& f : test::named_formats_up_to(8)) {
    pair_judge judge(f, f, f, count);
    for (std::uint64_t x = 0; x <= f.code_mask(); ++x) {
      for (std::uint64_t y = x % test::stride; y <= f.code_mask(); y += test::stride) {
        judge.check(x, y, policies[turn++ % policies.size()]);
      }
    }
  }
  count.require();
}

TEST_CASE("Numbers of different formats compare by value and select with one rounding") {
  test::tally count;
  const auto policies = test::all_policies();
  auto formats = test::named_formats_up_to(64);
  for (const format& f : test::made_formats(10, 5, 5)) formats.push_back(f);
  test::random_source random(2);
  for (std::uint64_t i = 0; i < test::cases(3000); ++i) {
    const auto any = [&] { return formats[random.below(formats.size())]; };
    const format f = any(), g = any();
    pair_judge judge(f, g, i % 2 == 0 ? any() : f, count);
    const oracle::limits lf(f), lg(g);
    for (int j = 0; j < 30; ++j) {
      const std::uint64_t x = test::biased_code(random, lf);
      // Often the same value, or the neighbour of it.
      oracle::rounder to_g(g);
      const std::uint64_t y = j % 2 == 0 ? test::biased_code(random, lg)
                                         : to_g.round(oracle::value_of(x, f), 0, {}).code + random.below(2);
      judge.check(x, y & (lg.top | lg.sign), policies[random.below(policies.size())]);
    }
  }
  count.require();
}

TEST_CASE("Total order ranks -NaN, -infinity, numbers with -0 below +0, +infinity, +NaN") {
  test::tally count;
  auto formats = test::named_formats_up_to(8);
  formats.push_back({3, 2, 3});
  for (const format& f : formats) {
    const oracle::limits l(f);
    oracle::operand a, b;
    for (std::uint64_t x = 0; x < l.codes(); ++x) {
      a.read(x, l);
      for (std::uint64_t y = 0; y < l.codes(); y += test::stride) {
        b.read(y, l);
        // IEEE 754-2019, 5.10: NaNs at the ends by sign, among them signalling below quiet, then by payload.
        const auto rank = [&](const oracle::operand& v) { return !v.is_nan() ? 0 : v.nan.negative ? -1 : 1; };
        int order = rank(a) - rank(b);
        if (order == 0 && a.is_nan()) {
          const int by_payload = a.nan.fraction < b.nan.fraction ? -1 : a.nan.fraction > b.nan.fraction ? 1 : 0;
          order = a.nan.negative ? -by_payload : by_payload;
        } else if (order == 0) {
          order = mpfr_cmp(a.value, b.value);
          if (order == 0) order = static_cast<int>(mpfr_signbit(b.value.get()) != 0) - static_cast<int>(mpfr_signbit(a.value.get()) != 0);
        }
        const auto got = total_order(x, y, f);
        count.expect(order < 0 ? got < 0 : order > 0 ? got > 0 : got == 0, [&] {
          return test::text("total_order ", test::hex(x), ' ', test::hex(y), ' ', test::describe(f));
        });
      }
    }
  }
  count.require();
}
