// Operands and results of different formats, wide run-time formats, and stochastic rounding: one rounding each.
#include "judged.hpp"

#include <support/budget.hpp>
#include <support/random.hpp>

#include <assay/number/number.hpp>

namespace {

using namespace assay;
using oracle::operation;

constexpr operation operations[] = {operation::add,       operation::subtract, operation::multiply, operation::divide,
                                    operation::remainder, operation::fma,      operation::sqrt};

/// Draws formats from a list, then a few operands each; every nth policy.
void mix(const std::vector<format>& formats, std::uint64_t rounds, std::uint64_t seed, test::tally& count) {
  test::random_source random(seed);
  const auto policies = test::all_policies();
  const auto any = [&] { return formats[random.below(formats.size())]; };
  for (std::uint64_t i = 0; i < rounds; ++i) {
    const format f = any();
    const bool same = i % 3 == 0;
    test::judged judge(f, same ? f : any(), same ? f : any(), i % 2 == 0 ? f : any(), count);
    for (int j = 0; j < 20; ++j) {
      const std::uint64_t a = test::biased_code(random, judge.in(0)), b = test::biased_code(random, judge.in(1)),
                          c = test::biased_code(random, judge.in(2));
      for (const operation op : operations) judge.check(op, a, b, c, policies, random.below(11), 11);
    }
  }
}

std::vector<format> wide_formats() {
  test::random_source random(3);
  std::vector<format> result{binary64, binary32, tf32, binary16, e8m0fnu, format{11, 52, 1024, encoding::fn}};
  while (result.size() < 200) {
    const auto e = static_cast<int>(1 + random.below(11));
    const format f{e, static_cast<int>(random.below(53)), format::ieee_bias(e) + static_cast<int>(random.below(9)) - 4,
                   static_cast<encoding>(random.below(4))};
    if (f.is_valid()) result.push_back(f);
  }
  return result;
}

}  // namespace

TEST_CASE("Operations on mixed named formats round once, in every policy") {
  test::tally count;
  mix(test::named_formats_up_to(32), test::cases(2000), 1, count);
  count.require();
}

TEST_CASE("Operations on mixed user-made formats round once, in every policy") {
  test::tally count;
  mix(test::made_formats(16, 11, 12), test::cases(2000), 2, count);
  count.require();
}

TEST_CASE("Operations on wide run-time formats up to binary64 round once, in every policy") {
  test::tally count;
  mix(wide_formats(), test::cases(2000), 3, count);
  count.require();
}

TEST_CASE("Formats with extreme biases neither overflow an int nor lose a bit") {
  test::tally count;
  std::vector<format> formats;
  for (const int bias : {format::max_bias, format::max_bias - 5, -format::max_bias, 0, 60}) {
    formats.push_back({5, 10, bias});
    formats.push_back({11, 52, bias});
    formats.push_back({4, 3, bias, encoding::fn});
    formats.push_back({8, 0, bias, encoding::fnu});
  }
  // A remainder of numbers 2^21 binades apart takes MPFR seconds: the other operations only.
  test::random_source random(9);
  const auto policies = test::all_policies();
  for (std::uint64_t i = 0; i < test::cases(4000); ++i) {
    const auto any = [&] { return formats[random.below(formats.size())]; };
    const format f = any();
    test::judged judge(f, i % 2 == 0 ? f : any(), any(), any(), count);
    const std::uint64_t a = test::biased_code(random, judge.in(0)), b = test::biased_code(random, judge.in(1)),
                        c = test::biased_code(random, judge.in(2));
    for (const operation op : operations) {
      if (op != operation::remainder) judge.check(op, a, b, c, policies, random.below(7), 7);
    }
  }
  count.require();
}

TEST_CASE("Stochastic operations use the exact result, not a rounded one, in any number of random bits") {
  test::tally count;
  test::random_source random(4);
  const std::vector<format> formats{e4m3fn, e5m2, e8m0fnu, e2m1fn, binary16, bfloat16, tf32, binary32, binary64};
  for (std::uint64_t i = 0; i < test::cases(4000); ++i) {
    const format f = formats[random.below(formats.size())], g = i % 2 == 0 ? f : formats[random.below(formats.size())];
    test::judged judge(f, g, f, i % 4 < 3 ? f : g, count);
    for (int j = 0; j < 20; ++j) {
      const std::uint64_t a = test::biased_code(random, judge.in(0));
      const std::uint64_t b = f == g && j % 2 == 0 ? test::code_beside(random, judge.in(1), a, f.fraction_bits + 8)
                                                   : test::biased_code(random, judge.in(1));
      const std::uint64_t c = test::biased_code(random, judge.in(2));
      const std::vector<conversion> how{{rounding::stochastic, test::overflow_policies[random.below(3)],
                                         test::subnormal_policies[random.below(4)],
                                         j % 3 == 0 ? 32 : static_cast<int>(1 + random.below(32))}};
      const auto word = static_cast<std::uint32_t>(j % 5 == 0 ? ~std::uint64_t{0} : random());
      for (const operation op : operations) judge.check(op, a, b, c, how, 0, 1, word);
    }
  }
  count.require();
}

TEST_CASE("fma<Out> of typed numbers is the fma of their codes") {
  test::random_source random(8);
  test::tally count;
  test::judged judge(e4m3fn, e5m2, binary32, binary16, count);
  for (int i = 0; i < 20'000; ++i) {
    const auto a = number<e4m3fn>::from_bits(random());
    const auto b = number<e5m2>::from_bits(random());
    const auto c = number<binary32>::from_bits(i % 2 == 0 ? random() : (random() & 0x87ffffff) | 0x38000000);
    judge.check(operation::fma, a.bits(), b.bits(), c.bits(), {conversion{}});
    exceptions raised = exceptions::none;
    const auto typed = fma<binary16>(a, b, c, {}, 0, &raised);
    const rounded coded = fma(a.code(), b.code(), c.code(), binary16);
    count.expect_same({typed.bits(), raised}, coded, [&] { return test::text("fma ", test::hex(a.bits()), ' ', test::hex(b.bits())); });
  }
  count.require();
}
