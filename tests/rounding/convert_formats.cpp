// Every code of every format of up to 16 bits into every other, with one rounding.
#include <assay/number/convert.hpp>
#include <support/budget.hpp>
#include <support/formats.hpp>
#include <support/mpfr_operations.hpp>
#include <support/random.hpp>
#include <support/tally.hpp>

namespace {

using namespace assay;

class pair_sweep {
 public:
  pair_sweep(const format& from, const format& into, test::tally& count) : from_(from), into_(into), count_(count) {}

  /// Of all 72 policies, every nth, beginning at another one for each code.
  void at(std::uint64_t code, std::size_t nth) {
    kept_.compute(code, from_, into_, false);
    flushed_.compute(code, from_, into_, true);
    for (std::size_t i = turn_++ % nth; i < all_.size(); i += nth) {
      const rounded expected = (oracle::flushes_input(all_[i]) ? flushed_ : kept_).finish(into_, all_[i]);
      count_.expect_same(convert(encoded{code, from_.f}, into_.in().f, all_[i]), expected, [&] {
        return test::text(test::describe(from_.f), " to ", test::describe(into_.in().f), " code ", test::hex(code), ' ',
                          test::describe(all_[i]));
      });
    }
  }
  void all_codes(std::uint64_t step, std::size_t nth) {
    for (std::uint64_t code = 0; code < from_.codes(); code += step) at(code, nth);
  }

 private:
  oracle::limits from_;
  oracle::rounder into_;
  test::tally& count_;
  std::vector<conversion> all_ = test::all_policies();
  std::size_t turn_ = 0;
  oracle::conversion_outcome kept_, flushed_;
};

}  // namespace

TEST_CASE("Every code of every format of up to 16 bits converts to every other with one rounding") {
  test::tally count;
  const auto formats = test::named_formats_up_to(16);
  for (const format& from : formats) {
    for (const format& into : formats) {
      const bool small = from.width() <= 8;
      pair_sweep(from, into, count).all_codes(small ? 1 : test::stride, small ? 5 : 41);
    }
  }
  count.require();
}

TEST_CASE("User-made formats convert to each other with one rounding") {
  test::tally count;
  const auto formats = test::made_formats(16, 11, 12);
  test::random_source random(7);
  for (std::uint64_t i = 0; i < test::cases(3000); ++i) {
    const format& from = formats[random.below(formats.size())];
    const format& into = formats[random.below(formats.size())];
    pair_sweep sweep(from, into, count);
    const oracle::limits l(from);
    for (int j = 0; j < 30; ++j) sweep.at(test::biased_code(random, l), 5);
  }
  count.require();
}

TEST_CASE("Wide run-time formats convert to each other with one rounding") {
  test::tally count;
  test::random_source random(11);
  const auto wide = [&] {
    for (;;) {
      const format f{static_cast<int>(1 + random.below(11)), static_cast<int>(random.below(53)),
                     static_cast<int>(random.below(2200)) - 1100, static_cast<encoding>(random.below(4))};
      if (f.is_valid()) return f;
    }
  };
  for (std::uint64_t i = 0; i < test::cases(3000); ++i) {
    const format from = wide();
    pair_sweep sweep(from, i % 4 == 0 ? binary64 : wide(), count);
    const oracle::limits l(from);
    for (int j = 0; j < 30; ++j) sweep.at(test::biased_code(random, l), 5);
  }
  count.require();
}

TEST_CASE("A format that holds another converts it there and back without a change") {
  test::tally count;
  for (const format& f : test::named_formats_up_to(16)) {
    for (std::uint64_t code = 0; code <= f.code_mask(); ++code) {
      const rounded there = convert(encoded{code, f}, binary64);
      const rounded back = convert(encoded{there.code, binary64}, f);
      const std::uint64_t expected = f.is_nan_code(code) ? encode_nan(f, decode(code, f).negative, decode(code, f).significand).code : code;
      count.expect(back.code == expected && back.raised == exceptions::none,
                   [&] { return test::text(test::describe(f), ' ', test::hex(code)); });
    }
  }
  count.require();
}
