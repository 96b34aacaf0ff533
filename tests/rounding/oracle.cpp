// The oracle judged by a second one: MPFR's own modes, exponent range and subnormalisation.
#include <support/budget.hpp>
#include <support/formats.hpp>
#include <support/mpfr_native.hpp>
#include <support/mpfr_operations.hpp>
#include <support/tally.hpp>

namespace {

using namespace assay;

int apply(oracle::operation op, mpfr_ptr result, const oracle::operand& a, const oracle::operand& b, mpfr_rnd_t mode) {
  switch (op) {
    case oracle::operation::add: return mpfr_add(result, a.value, b.value, mode);
    case oracle::operation::multiply: return mpfr_mul(result, a.value, b.value, mode);
    case oracle::operation::divide: return mpfr_div(result, a.value, b.value, mode);
    default: return mpfr_sqrt(result, a.value, mode);
  }
}

void compare_oracles(const format& f, std::uint64_t step_a, std::uint64_t step_b, test::tally& count) {
  const oracle::limits l(f);
  oracle::rounder into(f);
  oracle::operand a, b;
  oracle::outcome exact;
  for (std::uint64_t x = 0; x < l.codes(); x += step_a) {
    a.read(x, l);
    for (std::uint64_t y = 0; y < l.codes(); y += step_b) {
      b.read(y, l);
      if (a.is_nan() || b.is_nan()) continue;
      for (const auto op : {oracle::operation::add, oracle::operation::multiply, oracle::operation::divide}) {
        exact.compute(op, a, b, b);
        if (mpfr_nan_p(exact.value.get())) continue;
        exact.place(into);
        for (const rounding mode : test::deterministic_modes) {
          if (!oracle::has_native_mode(mode)) continue;
          const std::uint64_t mine = exact.finish(into, {mode}).code;
          const std::uint64_t native = oracle::native_code(
              l, mode, [&](mpfr_ptr r, mpfr_rnd_t rnd) { return apply(op, r, a, b, rnd); });
          // MPFR's infinity is always exact, the oracle's may be none in a format without one.
          if (!l.has_infinity && mpfr_inf_p(exact.value.get())) continue;
          count.expect(mine == native, [&] {
            return test::text(test::describe(f), ' ', oracle::name_of(op), ' ', test::hex(x), ' ', test::hex(y), ' ',
                              test::describe({mode}), ": oracle ", test::hex(mine), ", MPFR ", test::hex(native));
          });
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("The oracle rounds as MPFR does under the format's own exponent range and subnormalisation") {
  test::tally count;
  for (const format& f : {e4m3fn, e5m2, e4m3fnuz, e3m4, e3m2fn, e2m3fn, e2m1fn, format{2, 4, 1}, format{1, 3, 0, encoding::finite},
                          format{6, 1, 40}}) {
    compare_oracles(f, 3 * test::stride, 7, count);
  }
  for (const format& f : {binary16, bfloat16, format{6, 9, 31}}) compare_oracles(f, 1511, 1013 * test::stride, count);
  count.require();
}
