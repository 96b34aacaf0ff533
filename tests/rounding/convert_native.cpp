// float and double into every format of up to 16 bits, at every breakpoint of every format and just beside it, in every
// mode and policy, exceptions included.
#include <limits>

#include <assay/number/convert.hpp>
#include <support/breakpoints.hpp>
#include <support/budget.hpp>
#include <support/formats.hpp>
#include <support/mpfr_operations.hpp>
#include <support/tally.hpp>

namespace {

using namespace assay;

enum class policies { all, rotating };

template <class Float>
class sweep {
 public:
  using bits = typename oracle::neighbours<Float>::bits;

  sweep(const format& f, policies which, test::tally& count)
      : from_(sizeof(Float) == 4 ? binary32 : binary64), into_(f), which_(which), count_(count) {}

  void around(const oracle::real& x) {
    const oracle::neighbours<Float> n(x);
    for (bits b = n.below == 0 ? 0 : n.below - 1; b <= n.above + 1; ++b) both_signs(b);
  }
  void both_signs(bits magnitude) {
    at(magnitude);
    at(magnitude | (bits{1} << (8 * sizeof(Float) - 1)));
  }
  void at(bits code) {
    kept_.compute(code, from_, into_, false);
    flushed_.compute(code, from_, into_, true);
    const auto x = std::bit_cast<Float>(code);
    const std::size_t step = which_ == policies::all ? 1 : 12;
    const std::size_t start = which_ == policies::all ? 0 : turn_++ % 12;
    for (std::size_t i = start; i < all_.size(); i += step) {
      const conversion& how = all_[i];
      const rounded expected = (oracle::flushes_input(how) ? flushed_ : kept_).finish(into_, how);
      count_.expect_same(convert(x, into_.in().f, how), expected, [&] {
        return test::text(test::describe(into_.in().f), " from ", test::hex(code), ' ', test::describe(how));
      });
    }
  }

 private:
  oracle::limits from_;
  oracle::rounder into_;
  policies which_;
  test::tally& count_;
  std::vector<conversion> all_ = test::all_policies();
  std::size_t turn_ = 0;
  oracle::conversion_outcome kept_, flushed_;
};

template <class Float>
void check(const format& f, policies which, std::uint64_t step, test::tally& count) {
  sweep<Float> s(f, which, count);
  for (const oracle::real& x : oracle::breakpoints(oracle::limits(f), step)) s.around(x);
  // The ends of the source type, and its NaNs: quiet and signalling, with payloads high and low.
  using bits = typename sweep<Float>::bits;
  constexpr int t = sizeof(Float) == 4 ? 23 : 52;
  constexpr bits infinity = sizeof(Float) == 4 ? bits{0xff} << t : bits{0x7ff} << t;
  for (const bits b : {bits{1}, bits{2}, (bits{1} << t) - 1, bits{1} << t, infinity - 1, infinity}) s.both_signs(b);
  for (int i = 0; i < t; ++i) {
    s.both_signs(infinity | (bits{1} << i));
    s.both_signs(infinity | (bits{1} << (t - 1)) | (bits{1} << i));
    s.both_signs(infinity | ((bits{1} << t) - (bits{1} << i)));
  }
}

}  // namespace

TEST_CASE("float converts to every named 8-bit and smaller format as MPFR rounds it, in every policy") {
  test::tally count;
  for (const format& f : test::named_formats_up_to(8)) check<float>(f, policies::all, test::stride, count);
  count.require();
}

TEST_CASE("double converts to every named 8-bit and smaller format as MPFR rounds it, in every policy") {
  test::tally count;
  for (const format& f : test::named_formats_up_to(8)) check<double>(f, policies::all, test::stride, count);
  count.require();
}

TEST_CASE("float and double convert to 16-bit formats as MPFR rounds them at every breakpoint") {
  test::tally count;
  for (const format& f : {binary16, bfloat16, format{6, 9, 31}}) {
    check<float>(f, policies::rotating, test::stride, count);
    check<double>(f, policies::rotating, test::stride, count);
  }
  count.require();
}

TEST_CASE("float and double convert to user-made formats as MPFR rounds them") {
  test::tally count;
  std::size_t turn = 0;
  for (const format& f : test::made_formats(16)) {
    const std::uint64_t step = (f.width() <= 6 ? 1 : f.width() <= 10 ? 7 : 331) * test::stride;
    if (turn++ % 2 == 0) {
      check<float>(f, policies::rotating, step, count);
    } else {
      check<double>(f, policies::rotating, step, count);
    }
  }
  count.require();
}
