// The elementary functions of wide formats against MPFR, and the models of them.
#include <catch2/catch.hpp>

#include <elementary/mpfr_elementary.hpp>
#include <kernel/support.hpp>
#include <support/formats.hpp>

#include <assay/kernel/quick_functions.hpp>

using namespace test;
using assay::binary16;
using assay::binary32;
using assay::binary64;
using assay::conversion;
using assay::elementary;
using assay::encoded;
using assay::function_model;
using assay::tf32;

namespace {

/// Rounds f of codes by both sides, in these policies, and counts where they differ.
class against_mpfr {
 public:
  against_mpfr(elementary f, format in, format out, std::vector<conversion> policies)
      : f_(f), in_(in), in_limits_(in), into_(out), out_(out), policies_(std::move(policies)) {}

  void operator()(std::uint64_t code) {
    x_.read(code, in_limits_);
    truth_.compute(f_, x_);
    truth_.place(into_);
    for (const conversion& how : policies_) {
      const std::uint64_t due = truth_.finish(into_, how).code;
      const std::uint64_t got = assay::evaluate(function_model{}, f_, {code, in_}, out_, how).code;
      if (got == due || (out_.is_nan_code(got) && out_.is_nan_code(due))) continue;
      if (wrong++ == 0) first = code;
    }
  }

  std::size_t wrong = 0;
  std::uint64_t first = 0;

 private:
  elementary f_;
  format in_;
  oracle::limits in_limits_;
  oracle::rounder into_;
  format out_;
  std::vector<conversion> policies_;
  oracle::operand x_;
  oracle::elementary_outcome truth_;
};

const std::vector<conversion> modes{{assay::rounding::ties_to_even},
                                    {assay::rounding::toward_zero},
                                    {assay::rounding::upward},
                                    {assay::rounding::downward}};

/// Where the functions bend, and neighbours of zeros, ones and the ends of ranges.
std::uint64_t binary32_operand(random_source& random) {
  const double reach[] = {1, 20, 100, 200, 0.01};
  switch (random.below(3)) {
    case 0: return biased_code(random, oracle::limits(binary32));
    case 1: return random() & 0xffffffffu;
    default: return assay::convert(uniform(random) * reach[random.below(5)], binary32).code;
  }
}

/// f(x) by the C library's long double functions, whose 64 digits are far more than the quick functions promise.
long double in_long_double(elementary f, long double x) {
  switch (f) {
    case elementary::exp: return std::exp(x);
    case elementary::exp2: return std::exp2(x);
    case elementary::expm1: return std::expm1(x);
    case elementary::log: return std::log(x);
    case elementary::log2: return std::log2(x);
    case elementary::log1p: return std::log1p(x);
    case elementary::tanh: return std::tanh(x);
    case elementary::erf: return std::erf(x);
    case elementary::sigmoid: return 1 / (1 + std::exp(-x));
    case elementary::rsqrt: return 1 / std::sqrt(x);
    case elementary::reciprocal: return 1 / x;
    case elementary::gelu: return x / 2 * std::erfc(-x * std::sqrt(0.5L));
    case elementary::silu: return x / (1 + std::exp(-x));
  }
  return NAN;
}

}  // namespace

TEST_CASE("functions of binary32 numbers are rounded right into binary32, tf32 and binary16 in every mode") {
  random_source random(21);
  for (const auto& row : assay::elementary_functions) {
    for (const format out : {binary32, tf32, binary16}) {
      against_mpfr check(row.value, binary32, out, modes);
      for (int i = 0; i < 1500; ++i) check(binary32_operand(random));
      CAPTURE(row.name, check.first);
      CHECK(check.wrong == 0);
    }
  }
}

TEST_CASE("functions of binary64 numbers are rounded right into binary64 for operands taken at random") {
  random_source random(22);
  for (const auto& row : assay::elementary_functions) {
    against_mpfr check(row.value, binary64, binary64, modes);
    for (int i = 0; i < 400; ++i) check(biased_code(random, oracle::limits(binary64)));
    for (int i = 0; i < 400; ++i) {
      const double reach[] = {1, 20, 100, 700, 0.01};
      check(assay::convert(uniform(random) * reach[random.below(5)], binary64).code);
    }
    CAPTURE(row.name, check.first);
    CHECK(check.wrong == 0);
  }
}

TEST_CASE("the quick functions are within their bound of the values rounded to 53 digits") {
  random_source random(23);
  for (const auto& row : assay::elementary_functions) {
    double most = 0;
    for (int i = 0; i < 20000; ++i) {
      const std::uint64_t code = binary32_operand(random);
      const double x = assay::to_double(code, binary32), y = assay::kernel::quick_value(row.value, x);
      if (!(std::abs(y) > 1e-290 && std::abs(y) < 1e290)) continue;
      const double due =
          std::bit_cast<double>(assay::evaluate(function_model{}, row.value, {code, binary32}, binary64).code);
      most = std::max(most, std::abs(y - due) / std::abs(due));
    }
    CAPTURE(row.name);
    CHECK(most < assay::kernel::quick_error / 2);
  }
}

// All of them would take MPFR days.
TEST_CASE("functions of every 1009th binary32 number are rounded right into binary32", "[.prove]") {
  for (const auto& row : assay::elementary_functions) {
    against_mpfr check(row.value, binary32, binary32, {conversion{}});
    for (std::uint64_t code = 0; code < std::uint64_t{1} << 32; code += 1009) check(code);
    CAPTURE(row.name, check.first);
    CHECK(check.wrong == 0);
  }
}

TEST_CASE("the quick functions are within their bound at every binary32 number", "[.prove]") {
  for (const auto& row : assay::elementary_functions) {
    long double most = 0;
    for (std::uint64_t code = 0; code < std::uint64_t{1} << 32; ++code) {
      const double x = std::bit_cast<float>(static_cast<std::uint32_t>(code));
      const double y = assay::kernel::quick_value(row.value, x);
      if (!(std::abs(y) > 1e-290 && std::abs(y) < 1e290)) continue;
      const long double due = in_long_double(row.value, x);
      most = std::max(most, std::abs(y - due) / std::abs(due));
    }
    CAPTURE(row.name);
    CHECK(most < assay::kernel::quick_error / 2);
  }
}

TEST_CASE("an approximate function is off by no more than its error, and somewhere by most of it") {
  random_source random(24);
  const function_model model = assay::parse_functions("approximate:2^-12:flush");
  CHECK(to_string(model) == "approximate:0.000244140625:flush");
  for (const elementary f : {elementary::exp2, elementary::log, elementary::tanh, elementary::rsqrt}) {
    double most = 0;
    for (int i = 0; i < 2000; ++i) {
      const std::uint64_t code = assay::convert(1.5 + uniform(random), binary32).code;
      const auto value = [&](const function_model& m) {
        return assay::to_double(assay::evaluate(m, f, {code, binary32}, binary32).code, binary32);
      };
      const double due = value({});
      if (due != 0) most = std::max(most, std::abs(value(model) - due) / std::abs(due));
    }
    CAPTURE(assay::name_of(f));
    CHECK(most <= 0x1p-12 + 0x1p-23);
    CHECK(most > 0x1p-13);
  }
  const std::uint64_t subnormal = 1000;
  CHECK(assay::evaluate(model, elementary::expm1, {subnormal, binary32}, binary32).code == 0);
  const std::uint64_t far = assay::convert(-127.5, binary32).code;
  CHECK(assay::evaluate(model, elementary::exp2, {far, binary32}, binary32).code == 0);
  CHECK(assay::evaluate({}, elementary::exp2, {far, binary32}, binary32).code != 0);
}

TEST_CASE("a table is right at its own operands and on a straight line between them") {
  const function_model model = assay::parse_functions("table:4");
  const auto at = [&](double x) {
    return assay::to_double(
        assay::evaluate(model, elementary::exp, encoded{assay::convert(x, binary32).code, binary32}, binary32).code,
        binary32);
  };
  CHECK(at(1.25) == Approx(std::exp(1.25)).epsilon(1e-7));
  CHECK(at(1.5) == Approx(std::exp(1.5)).epsilon(1e-7));
  // Four digits: 1.25 and 1.375 are neighbours.
  CHECK(at(1.3125) == Approx((std::exp(1.25) + std::exp(1.375)) / 2).epsilon(1e-7));
  CHECK(at(-1.3125) == Approx((std::exp(-1.25) + std::exp(-1.375)) / 2).epsilon(1e-7));
}
