// Activations against MPFR: correctly rounded to binary32 wherever the true value is not next to a tie.
#include <catch2/catch.hpp>

#include <mpfr.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>

#include <assay/bulk/gemm.hpp>

using namespace assay;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

/// activation(x) for each x: as products by one.
std::vector<float> activated(const std::vector<float>& x, activation f) {
  const float one = 1;
  std::vector<float> y(x.size());
  gemm_problem p;
  p.a = {.codes = x.data(), .rows = x.size(), .columns = 1};
  p.b = {.codes = &one, .rows = 1, .columns = 1};
  p.d = {.codes = y.data(), .rows = x.size(), .columns = 1};
  p.epilogue.apply = f;
  gemm(p);
  return y;
}

struct big {
  mpfr_t v;
  big() { mpfr_init2(v, 300); }
  big(const big&) = delete;
  big& operator=(const big&) = delete;
  ~big() { mpfr_clear(v); }
};

/// Plain transcriptions of the formulas, at 300 bits.
float truth(float number, activation f) {
  big x, y, z;
  mpfr_set_flt(x.v, number, MPFR_RNDN);
  const auto logistic = [&](mpfr_t of) {  // y = 1 / (1 + exp(-of))
    mpfr_neg(y.v, of, MPFR_RNDN);
    mpfr_exp(y.v, y.v, MPFR_RNDN);
    mpfr_add_ui(y.v, y.v, 1, MPFR_RNDN);
    mpfr_ui_div(y.v, 1, y.v, MPFR_RNDN);
  };
  switch (f) {
    case activation::gelu:
      mpfr_sqrt_ui(z.v, 2, MPFR_RNDN);
      mpfr_div(z.v, x.v, z.v, MPFR_RNDN);
      mpfr_neg(z.v, z.v, MPFR_RNDN);
      mpfr_erfc(y.v, z.v, MPFR_RNDN);
      mpfr_mul(y.v, y.v, x.v, MPFR_RNDN);
      mpfr_div_ui(y.v, y.v, 2, MPFR_RNDN);
      break;
    case activation::gelu_tanh: {
      big cube;
      mpfr_pow_ui(cube.v, x.v, 3, MPFR_RNDN);
      mpfr_mul_ui(cube.v, cube.v, 44715, MPFR_RNDN);
      mpfr_div_ui(cube.v, cube.v, 1000000, MPFR_RNDN);
      mpfr_add(cube.v, cube.v, x.v, MPFR_RNDN);
      mpfr_const_pi(z.v, MPFR_RNDN);
      mpfr_ui_div(z.v, 2, z.v, MPFR_RNDN);
      mpfr_sqrt(z.v, z.v, MPFR_RNDN);
      mpfr_mul(z.v, z.v, cube.v, MPFR_RNDN);
      mpfr_tanh(y.v, z.v, MPFR_RNDN);
      mpfr_add_ui(y.v, y.v, 1, MPFR_RNDN);
      mpfr_mul(y.v, y.v, x.v, MPFR_RNDN);
      mpfr_div_ui(y.v, y.v, 2, MPFR_RNDN);
      break;
    }
    case activation::silu:
      logistic(x.v);
      mpfr_mul(y.v, y.v, x.v, MPFR_RNDN);
      break;
    case activation::sigmoid: logistic(x.v); break;
    default: mpfr_tanh(y.v, x.v, MPFR_RNDN); break;
  }
  return mpfr_get_flt(y.v, MPFR_RNDN);
}

}  // namespace

TEST_CASE("Activations are correctly rounded, also where their value is tiny") {
  std::mt19937 random(1);
  std::vector<float> x;
  for (int i = 0; i < 3000; ++i) {
    const float size =
        std::ldexp(1.0f + static_cast<float>(random() % 8388608) * 0x1p-23f, static_cast<int>(random() % 40) - 35);
    x.push_back(random() % 2 == 0 ? size : -size);
  }
  for (int i = 0; i < 1000; ++i) x.push_back(-static_cast<float>(random() % 1000000) * 1.2e-5f);  // down to -12
  int wrong = 0;
  std::string first;
  for (const activation f :
       {activation::gelu, activation::gelu_tanh, activation::silu, activation::sigmoid, activation::tanh}) {
    const std::vector<float> got = activated(x, f);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const float due = truth(x[i], f);
      if (got[i] == due || wrong++ != 0) continue;
      first = "activation " + std::to_string(static_cast<int>(f)) + " of " + std::to_string(x[i]) + ": got " +
              std::to_string(std::bit_cast<std::uint32_t>(got[i])) + ", expected " +
              std::to_string(std::bit_cast<std::uint32_t>(due));
    }
  }
  INFO(first);
  CHECK(wrong == 0);
}

TEST_CASE("Activations take infinities to their limits and keep NaN") {
  const std::vector<float> x{infinity, -infinity, std::numeric_limits<float>::quiet_NaN(), 3.0e38f, -3.0e38f};
  for (const activation f : {activation::gelu, activation::gelu_tanh, activation::silu, activation::relu}) {
    const std::vector<float> y = activated(x, f);
    CHECK(y[0] == infinity);
    CHECK(y[1] == 0);
    CHECK(std::signbit(y[1]) == (f != activation::relu));
    CHECK(std::isnan(y[2]));
    CHECK(y[3] == 3.0e38f);
    CHECK(y[4] == 0);
  }
  const std::vector<float> s = activated(x, activation::sigmoid), t = activated(x, activation::tanh);
  CHECK((s[0] == 1 && s[1] == 0 && std::isnan(s[2])));
  CHECK((t[0] == 1 && t[1] == -1 && std::isnan(t[2])));
}
