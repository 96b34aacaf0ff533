// Exact sums through gemm(), bit for bit against MPFR numbers wide enough that every sum in here is exact in them too.
#include <catch2/catch.hpp>

#include <optional>

#include <assay/bulk/random.hpp>
#include <support/budget.hpp>
#include <support/mpfr_oracle.hpp>
#include <support/tally.hpp>

#include "problems.hpp"

using namespace gemm_test;

namespace {

using oracle::real;

/// Holds sums of products of binary64 numbers.
constexpr mpfr_prec_t wide = 4400;
/// And of all formats with at most 8 exponent bits.
constexpr mpfr_prec_t usual = 700;

real value_of(std::uint64_t code, const element& type, mpfr_prec_t precision) {
  real x(precision);
  if (const auto* f = std::get_if<format>(&type)) {
    oracle::value_of(code, oracle::limits(*f), x);
  } else {
    const auto& i = std::get<integer_format>(type);
    const auto unsigned_value = static_cast<long>(code % (std::uint64_t{1} << i.bits));
    const long range = 1L << i.bits;
    mpfr_set_si(x, i.is_signed && unsigned_value >= range / 2 ? unsigned_value - range : unsigned_value, MPFR_RNDN);
  }
  return x;
}

/// A problem with its memory; a is m x k and b k x n whatever their transposition in memory.
struct exact_problem {
  std::size_t m, n, k;
  owned_matrix a, b, c, d;
  bool transpose_a, transpose_b, has_c = false;
  gemm_problem p;

  exact_problem(element of_a, element of_b, format of_c, format of_d, std::size_t rows, std::size_t columns,
                std::size_t length, std::mt19937& random)
      : m(rows),
        n(columns),
        k(length),
        a(of_a, 0, 0),
        b(of_b, 0, 0),
        c(of_c, m, n, layout(random), random() % 3),
        d(of_d, m, n, layout(random), random() % 3),
        transpose_a(random() % 2 == 0),
        transpose_b(random() % 2 == 0) {
    a = owned_matrix(of_a, transpose_a ? k : m, transpose_a ? m : k, layout(random), random() % 3);
    b = owned_matrix(of_b, transpose_b ? n : k, transpose_b ? k : n, layout(random), random() % 3);
  }
  static matrix_layout layout(std::mt19937& random) {
    return random() % 2 == 0 ? matrix_layout::row_major : matrix_layout::column_major;
  }

  std::uint64_t at_a(std::size_t i, std::size_t l) const { return transpose_a ? a.get(l, i) : a.get(i, l); }
  std::uint64_t at_b(std::size_t l, std::size_t j) const { return transpose_b ? b.get(j, l) : b.get(l, j); }
  void set_a(std::size_t i, std::size_t l, std::uint64_t code) { transpose_a ? a.set(l, i, code) : a.set(i, l, code); }
  void set_b(std::size_t l, std::size_t j, std::uint64_t code) { transpose_b ? b.set(j, l, code) : b.set(l, j, code); }

  void fill(std::mt19937& random, numbers kind) {
    a.fill(random, kind);
    b.fill(random, kind);
    c.fill(random, kind);
  }

  void run() {
    p.a = a.view();
    p.b = b.view();
    p.transpose_a = transpose_a;
    p.transpose_b = transpose_b;
    if (has_c) p.c = c.view();
    p.d = d.output();
    p.with = accumulate::exact{};
    gemm(p);
  }

  /// The sums, zeros signed as accumulate/exact.hpp has it: negative when all terms are negative zeros, or when
  /// rounding downward and terms of both signs were added. Without an addend there is a +0.
  std::vector<real> sums(mpfr_prec_t precision) const {
    std::vector<real> x, y, all;
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t l = 0; l < k; ++l) x.push_back(value_of(at_a(i, l), a.type, precision));
    }
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t l = 0; l < k; ++l) y.push_back(value_of(at_b(l, j), b.type, precision));
    }
    real product(precision);
    for (std::size_t i = 0; i < m; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        real sum(precision);
        mpfr_set_zero(sum, 1);
        if (has_c && !p.c_in_epilogue) sum = value_of(c.get(i, j), c.type, precision);
        bool positive = !mpfr_signbit(sum.get()), negative = !positive;
        for (std::size_t l = 0; l < k; ++l) {
          mpfr_mul(product, x[i * k + l], y[j * k + l], MPFR_RNDN);
          (mpfr_signbit(product.get()) ? negative : positive) = true;
          mpfr_add(sum, sum, product, MPFR_RNDN);
        }
        const bool downward = p.to.mode == rounding::downward;
        if (mpfr_zero_p(sum.get())) mpfr_set_zero(sum, (positive && negative ? downward : negative) ? -1 : 1);
        all.push_back(std::move(sum));
      }
    }
    return all;
  }

  void compare(test::tally& tally, mpfr_prec_t precision) {
    run();
    mpfr_clear_flags();
    const std::vector<real> expected = sums(precision);
    if (mpfr_inexflag_p()) throw std::logic_error("the sums of this test need more than its MPFR numbers have");
    const format to = std::get<format>(d.type);
    oracle::rounder into(to);
    for (std::size_t e = 0; e < expected.size(); ++e) {
      const std::uint32_t word = p.to.mode == rounding::stochastic ? random_word(p.seed, e) : 0;
      const std::uint64_t code = into.round(expected[e], 0, p.to, word).code, got = d.get(e / n, e % n);
      tally.expect(got == code, [&] {
        return test::text("element ", e / n, ", ", e % n, " of ", m, " x ", k, " x ", n, " into e", to.exponent_bits,
                          "m", to.fraction_bits, " mode ", static_cast<int>(p.to.mode), ": got ", test::hex(got),
                          ", expected ", test::hex(code));
      });
    }
  }
};

/// All modes, overflow policies and formats of D by turns.
struct policies {
  std::uint32_t turn = 0;
  conversion next() {
    ++turn;
    return {static_cast<rounding>(turn % 7), static_cast<overflow>(turn / 7 % 3), static_cast<subnormals>(turn / 5 % 4),
            1 + static_cast<int>(turn % 32)};
  }
  format next_format() const {
    constexpr format all[] = {binary32, binary16, binary64, e4m3fn, bfloat16, e5m2};
    return all[turn / 2 % 6];
  }
};

element pairs[][2] = {{e4m3fn, e4m3fn}, {e5m2, e5m2},     {binary16, binary16}, {bfloat16, bfloat16},
                      {int8, int8},     {uint8, int8},    {e4m3fn, bfloat16},   {binary16, e5m2},
                      {int8, binary16}, {e2m1fn, e5m2},   {e8m0fnu, e4m3fn},    {binary32, binary32},
                      {uint4, int4},    {e4m3fnuz, tf32}, {int16, binary32}};

}  // namespace

TEST_CASE("Every bit of an exact GEMM is that of the sum over the reals, rounded once") {
  std::mt19937 random(1);
  test::tally tally;
  policies policy;
  for (const auto& pair : pairs) {
    for (const numbers kind : all_numbers) {
      for (const std::size_t k : {0u, 1u, 2u, 9u, 65u}) {
        for (const bool has_c : {false, true}) {
          const conversion to = policy.next();
          exact_problem x(pair[0], pair[1], random() % 2 == 0 ? binary32 : bfloat16, policy.next_format(), 5, 19, k,
                          random);
          x.fill(random, kind);
          x.has_c = has_c;
          x.p.to = to;
          x.p.seed = random();
          x.compare(tally, usual);
        }
      }
    }
  }
  tally.require();
}

TEST_CASE("Exact sums of binary64 numbers with the whole exponent range are those over the reals") {
  std::mt19937 random(2);
  test::tally tally;
  policies policy;
  for (const numbers kind : all_numbers) {
    for (const bool has_c : {false, true}) {
      exact_problem x(binary64, binary64, binary64, binary64, 3, 4, 30, random);
      x.fill(random, kind);
      x.has_c = has_c;
      x.p.to = policy.next();
      x.compare(tally, wide);
    }
  }
  tally.require();
}

TEST_CASE("Exact sums are right for every width of the exponent range, short and long") {
  // From vectors of one slice to vectors of many, past all lengths of partial sums; cancelling, so that what is lost
  // in one place shows.
  std::mt19937 random(3);
  test::tally tally;
  policies policy;
  std::uint64_t seen = 0;
  for (const format in : {binary16, bfloat16, binary32, binary64}) {
    for (const int spread : {0, 3, 9, 14, 18, 22, 25, 27, 30, 33, 36, 40, 48, 60, 90}) {
      if (in == binary16 && spread > 24) continue;
      for (const std::size_t k : {40u, 300u, 1500u, 4200u}) {
        if (!test::taken(seen++)) continue;
        const std::size_t m = k > 1000 ? 1 : 3, n = k > 1000 ? 2 : 18;
        exact_problem x(in, in, binary32, random() % 2 == 0 ? binary64 : policy.next_format(), m, n, k, random);
        const auto number = [&](bool first) {
          // Both ends of the range are there, and all digits are in use.
          const int exponent = first ? spread : static_cast<int>(random() % static_cast<unsigned>(spread + 1));
          const double digits = 1 + static_cast<double>(random()) / 0x1p32 + static_cast<double>(random()) / 0x1p64;
          return convert(std::ldexp(random() % 2 == 0 ? digits : -digits, exponent - spread * 2 / 3), in).code;
        };
        for (std::size_t l = 0; l < k; ++l) {
          for (std::size_t i = 0; i < m; ++i) x.set_a(i, l, number(l == 0));
          for (std::size_t j = 0; j < n; ++j) x.set_b(l, j, number(l == 1));
        }
        // The second half takes the first one back, but for its last terms.
        for (std::size_t l = 0; l + 5 < k / 2; ++l) {
          for (std::size_t i = 0; i < m; ++i) x.set_a(i, l + k / 2, x.at_a(i, l) ^ in.sign_mask());
          for (std::size_t j = 0; j < n; ++j) x.set_b(l + k / 2, j, x.at_b(l, j));
        }
        x.c.fill(random, numbers::ordinary);
        x.has_c = random() % 3 == 0;
        x.p.to = policy.next();
        x.compare(tally, usual);
      }
    }
  }
  tally.require();
}

TEST_CASE("Partial sums of an exact sum that just fit binary64 are exact, and such as do not fit are cut up") {
  // Odd integers near 2^w: k of their products reach 2^(2 w) k.
  std::mt19937 random(8);
  test::tally tally;
  for (unsigned w = 14; w <= 24; ++w) {
    for (const std::size_t k : {250u, 256u, 1024u, 4096u, 4100u}) {
      exact_problem x(binary32, binary32, binary32, binary64, 1, 3, k, random);
      const auto number = [&] {
        const std::uint32_t integer = (1u << w) - 1 - 2 * static_cast<std::uint32_t>(random() % (1u << (w - 8)));
        return convert(static_cast<double>(integer), binary32).code;
      };
      for (std::size_t l = 0; l < k; ++l) {
        x.set_a(0, l, number());
        for (std::size_t j = 0; j < 3; ++j) x.set_b(l, j, number() | (j == 2 ? binary32.sign_mask() : 0));
      }
      x.compare(tally, usual);
    }
  }
  tally.require();
}

TEST_CASE("The smallest term of an exact sum decides beside a rounding boundary") {
  std::mt19937 random(9);
  test::tally tally;
  policies policy;
  for (int round = 0; round < 400; ++round) {
    const conversion to = policy.next();
    const format d = policy.next_format();
    exact_problem x(binary64, binary32, d, d, 3, 20, 3, random);
    for (std::size_t i = 0; i < 3; ++i) {
      // A number of D or the midpoint of two, and then what is far below.
      const auto digits =
          static_cast<double>((std::uint64_t{random()} << 32 | random()) % (std::uint64_t{2} << d.fraction_bits));
      x.set_a(i, 0, convert(1 + std::ldexp(digits, -d.fraction_bits - 1), binary64).code);
      x.set_a(i, 1, convert(std::ldexp(1.0, -static_cast<int>(random() % 50)), binary64).code);
      x.set_a(i, 2, convert(1.0, binary64).code);
    }
    for (std::size_t j = 0; j < 20; ++j) {
      x.set_b(0, j, convert(random() % 2 == 0 ? 1.0 : -1.0, binary32).code);
      x.set_b(1, j,
              convert(std::ldexp(random() % 2 == 0 ? 1.0 : -1.0, -static_cast<int>(random() % 56)), binary32).code);
      x.set_b(2, j, random() % 2 == 0 ? 0 : convert(1.0, binary32).code);
      for (std::size_t i = 0; i < 3; ++i) x.c.set(i, j, random_code(random, d, numbers::tiny));
    }
    x.has_c = random() % 2 == 0;
    x.p.to = to;
    x.compare(tally, wide);
  }
  tally.require();
}

TEST_CASE("The largest numbers of one sign do not overflow an exact sum, however many") {
  std::mt19937 random(4);
  test::tally tally;
  struct extreme {
    element in;
    std::uint64_t code;
    std::size_t k;
  };
  for (const extreme e : {extreme{e4m3fn, 0x7e, 140'000}, extreme{int8, 0x80, 140'000}, extreme{uint8, 0xff, 140'000},
                          extreme{e5m2, 0x7b, 9000}, extreme{binary16, 0x7bff, 9000}, extreme{bfloat16, 0x7f7f, 3000},
                          extreme{binary32, 0x7f7fffff, 3000}, extreme{int16, 0x8000, 140'000}}) {
    const std::size_t k = test::fewer(e.k);
    exact_problem x(e.in, e.in, binary32, binary64, 1, 2, k, random);
    for (std::size_t l = 0; l < k; ++l) {
      x.set_a(0, l, e.code);
      x.set_b(l, 0, e.code);
      x.set_b(l, 1, l % 1000 == 0 ? e.code - 1 : e.code);
    }
    x.compare(tally, usual);
    x.set_a(0, k / 2, 1);  // and with the smallest number among them
    x.compare(tally, usual);
  }
  tally.require();
}

TEST_CASE("Infinities and NaNs in some rows and columns of an exact GEMM leave the others exact") {
  std::mt19937 random(5);
  test::tally tally;
  policies policy;
  for (const format in : {e4m3fn, e5m2, binary16, bfloat16, binary32}) {
    for (int round = 0; round < 14; ++round) {
      exact_problem x(in, in, in, binary32, 20, 21, 40, random);
      x.fill(random, round % 2 == 0 ? numbers::ordinary : numbers::whole);
      x.has_c = round % 3 == 0;
      const std::uint64_t nan = in.nan_code(), infinity = in.has_infinity() ? in.infinity_code() : nan;
      x.set_a(3, 7, nan);
      x.set_a(5, 8, infinity);
      x.set_a(6, 8, infinity | in.sign_mask());
      x.set_b(1, 4, infinity);
      x.set_b(39, 20, nan | in.sign_mask());
      x.c.set(9, 9, infinity);
      x.c.set(9, 10, nan);
      x.p.to = policy.next();
      x.compare(tally, usual);
    }
  }
  tally.require();
}

TEST_CASE("The sign of an exact zero sum is what the terms' signs make it, in every mode") {
  std::mt19937 random(6);
  test::tally tally;
  for (const format in : {e4m3fn, binary16, binary32}) {
    for (int mode = 0; mode < 7; ++mode) {
      for (const bool has_c : {false, true}) {
        exact_problem x(in, in, in, binary16, 8, 17, 6, random);
        // Rows of zeros of either sign, and of numbers that cancel or meet zeros; C cancels some sums.
        const std::uint64_t one = convert(1.0, in).code, minus = in.sign_mask();
        const std::uint64_t values[] = {0, minus, one, one | minus};
        for (std::size_t i = 0; i < 8; ++i) {
          for (std::size_t l = 0; l < 6; ++l) x.set_a(i, l, values[random() % (i < 4 ? 2 : 4)]);
        }
        for (std::size_t j = 0; j < 17; ++j) {
          for (std::size_t l = 0; l < 6; ++l) x.set_b(l, j, values[random() % (j < 6 ? 2 : 4)]);
          for (std::size_t i = 0; i < 8; ++i) x.c.set(i, j, values[random() % 4]);
        }
        x.has_c = has_c;
        x.p.to = {static_cast<rounding>(mode), overflow::ieee, subnormals::keep, 8};
        x.compare(tally, usual);
      }
    }
  }
  tally.require();
}

TEST_CASE("With an epilogue an exact sum is rounded to binary32 first") {
  std::mt19937 random(7);
  test::tally tally;
  for (const format in : {e4m3fn, binary16, binary32}) {
    for (const bool c_in_epilogue : {false, true}) {
      exact_problem x(in, in, binary16, binary16, 9, 33, 50, random);
      x.fill(random, numbers::wide);
      x.has_c = true;
      x.p.c_in_epilogue = c_in_epilogue;
      std::vector<float> bias(33);
      for (float& b : bias) b = static_cast<float>(random() % 1000) / 7;
      x.p.epilogue.column_bias = {bias.data(), bias.size()};
      x.p.epilogue.output_scale = 0.37f;
      if (c_in_epilogue) x.p.epilogue.alpha = 1.7f, x.p.epilogue.beta = 0.9f;
      x.run();
      const std::vector<real> sums = x.sums(usual);
      oracle::rounder to_float_format(binary32), to_half(binary16);
      for (std::size_t e = 0; e < sums.size(); ++e) {
        float y = std::bit_cast<float>(static_cast<std::uint32_t>(to_float_format.round(sums[e], 0, {}).code));
        if (c_in_epilogue) {
          const double addend = mpfr_get_d(value_of(x.c.get(e / 33, e % 33), binary16, usual), MPFR_RNDN);
          y = std::fma(1.7f, y, 0.9f * static_cast<float>(addend));
        }
        y = (y + bias[e % 33]) * 0.37f;
        real rounded_value(64);
        mpfr_set_flt(rounded_value, y, MPFR_RNDN);
        const std::uint64_t code = to_half.round(rounded_value, 0, {}).code, got = x.d.get(e / 33, e % 33);
        tally.expect(got == code, [&] { return test::text(e, ": ", test::hex(got), " for ", test::hex(code)); });
      }
    }
  }
  tally.require();
}
