// Every function on every operand of every format of up to 16 bits, in every deterministic mode, against MPFR.
#include <elementary/mpfr_elementary.hpp>
#include <support/budget.hpp>
#include <support/formats.hpp>
#include <support/random.hpp>
#include <support/tally.hpp>

namespace {

using namespace assay;

/// One function on every `stride`-th operand, into several formats, under several policies. An MPFR evaluation serves
/// all.
class sweep {
 public:
  sweep(format in, const std::vector<format>& outs, const std::vector<conversion>& policies)
      : in_(in), policies_(policies) {
    for (const format out : outs) outs_.emplace_back(out);
  }

  test::tally run(elementary f, std::uint64_t first, std::uint64_t stride) {
    test::tally tally;
    for (std::uint64_t code = first; code < in_.codes(); code += stride) {
      operand_.read(code, in_);
      compare(tally, f, code, false);
      if (operand_.subnormal) {
        operand_.flush();
        compare(tally, f, code, true);
      }
    }
    return tally;
  }

 private:
  void compare(test::tally& tally, elementary f, std::uint64_t code, bool flushed) {
    bool computed = false;
    for (oracle::rounder& out : outs_) {
      bool placed = false;
      for (const conversion& how : policies_) {
        if ((operand_.subnormal && oracle::flushes_input(how)) != flushed) continue;
        if (!computed) expected_.compute(f, operand_);
        if (!placed) expected_.place(out);
        computed = placed = true;
        tally.expect_same(evaluate(f, {code, in_.f}, out.in().f, how), expected_.finish(out, how), [&] {
          return test::text(name_of(f), '(', test::hex(code), " in ", test::describe(in_.f), ") to ",
                            test::describe(out.in().f), ' ', test::describe(how));
        });
      }
    }
  }

  oracle::limits in_;
  std::vector<oracle::rounder> outs_;
  std::vector<conversion> policies_;
  oracle::operand operand_;
  oracle::elementary_outcome expected_;
};

std::vector<conversion> all_modes() {
  std::vector<conversion> result;
  for (const rounding mode : test::deterministic_modes) result.push_back({mode});
  return result;
}

/// User-made formats of 16 and fewer bits: many exponents, few exponents, odd biases, every encoding.
const std::vector<format> made_formats{{6, 9, 31},
                                       {3, 12, 3},
                                       {11, 4, 1023},
                                       {2, 13, 1},
                                       {1, 14, 0},
                                       {8, 7, 100, encoding::fnuz},
                                       {7, 8, 63, encoding::fn},
                                       {2, 5, 1},
                                       {5, 10, -20},
                                       {4, 11, 1000},
                                       {5, 9, 5, encoding::finite},
                                       {11, 0, 1023, encoding::fnu},
                                       {8, 7, 1 << 20},
                                       {8, 7, -(1 << 20), encoding::fn},
                                       {4, 3, 5000}};

void check(format in, const std::vector<format>& outs, const std::vector<conversion>& policies, std::uint64_t stride) {
  sweep operands(in, outs, policies);
  test::tally total;
  std::uint64_t first = 0;
  for (const named_elementary& f : elementary_functions) total.add(operands.run(f.value, first++ % stride, stride));
  CAPTURE(test::describe(in));
  total.require();
}

}  // namespace

TEST_CASE("Every elementary function of every binary16 number is correctly rounded in every mode") {
  check(binary16, {binary16}, all_modes(), test::stride);
}

TEST_CASE("Every elementary function of every bfloat16 number is correctly rounded in every mode") {
  check(bfloat16, {bfloat16}, all_modes(), test::stride);
}

TEST_CASE("Every elementary function of every 4- to 8-bit number is correctly rounded under every policy") {
  for (const format f : test::named_formats_up_to(8)) check(f, {f}, test::all_policies(), test::is_sanitized ? 3 : 1);
}

TEST_CASE("Elementary functions round once into another format") {
  const std::vector<format> all = test::named_formats_up_to(16);
  for (const format f : all)
    check(f, all, all_modes(), f.width() <= 8 ? (test::is_sanitized ? 7 : 1) : 31 * test::stride);
}

TEST_CASE("Elementary functions of user-made formats are correctly rounded") {
  for (const format f : made_formats) check(f, {f, binary16}, all_modes(), f.width() <= 8 ? 1 : 61 * test::stride);
}

TEST_CASE("Every elementary function of every number of user-made 16-bit formats, under every policy", "[.prove]") {
  for (const format f : made_formats) check(f, {f, binary16}, test::all_policies(), 1);
  for (int exponent_bits = 1; exponent_bits <= 11; ++exponent_bits) {
    const format f{exponent_bits, 15 - exponent_bits, format::ieee_bias(exponent_bits)};
    check(f, {f, bfloat16}, test::all_policies(), 1);
  }
}

TEST_CASE("Every elementary function of every 16-bit number into every other format", "[.prove]") {
  for (const format f : {binary16, bfloat16}) check(f, test::named_formats_up_to(16), test::all_policies(), 1);
}

TEST_CASE("Stochastic rounding of elementary functions follows the exact distance") {
  test::random_source random(20);
  test::tally tally;
  for (const format f : {binary16, bfloat16, e4m3fn}) {
    const oracle::limits in(f);
    oracle::rounder out(f);
    oracle::operand x;
    oracle::elementary_outcome expected;
    for (std::uint64_t i = 0; i < test::cases(20000); ++i) {
      const elementary which = elementary_functions[random.below(elementary_functions.size())].value;
      const std::uint64_t code = test::biased_code(random, in);
      conversion how{rounding::stochastic};
      how.random_bits = 1 + static_cast<int>(random.below(32));
      const auto word = static_cast<std::uint32_t>(random());
      x.read(code, in);
      expected.compute(which, x);
      expected.place(out);
      tally.expect_same(evaluate(which, {code, f}, f, how, word), expected.finish(out, how, word), [&] {
        return test::text(name_of(which), '(', test::hex(code), " in ", test::describe(f), ") ", test::describe(how),
                          " word ", word);
      });
    }
  }
  tally.require();
}
