#include <assay/reference/pointwise.hpp>

#include <catch2/catch.hpp>
#include <cmath>

#include <assay/reference/truth_of.hpp>

#include "lines.hpp"

using namespace assay;
using test::wide;

namespace {

struct function_row {
  const char* name;
  wide (*formula)(const wide&);
  double low, high;  ///< where random arguments are drawn from
};

const function_row functions[] = {
    {"convert", [](const wide& x) { return x; }, -1e3, 1e3},
    {"exp", [](const wide& x) { return exp(x); }, -110, 100},
    {"exp2", [](const wide& x) { return exp2(x); }, -160, 140},
    {"expm1", [](const wide& x) { return expm1(x); }, -80, 90},
    {"log", [](const wide& x) { return log(x); }, 0, 1e3},
    {"log2", [](const wide& x) { return log2(x); }, 0, 1e3},
    {"log1p", [](const wide& x) { return log1p(x); }, -1, 20},
    {"tanh", [](const wide& x) { return tanh(x); }, -60, 60},
    {"erf", [](const wide& x) { return erf(x); }, -12, 12},
    {"sqrt", [](const wide& x) { return sqrt(x); }, 0, 1e5},
    {"rsqrt", [](const wide& x) { return wide(1) / sqrt(x); }, 0, 1e5},
    {"reciprocal", [](const wide& x) { return wide(1) / x; }, -1e5, 1e5},
    {"sigmoid", [](const wide& x) { return wide(1) / (wide(1) + exp(-x)); }, -80, 80},
    {"gelu", [](const wide& x) { return x / wide(2) * (wide(1) + erf(x / sqrt(wide(2)))); }, -16, 16},
    {"gelu_tanh",
     [](const wide& x) {
       const wide u = sqrt(wide(2) / wide::pi()) * (x + wide(44715) / wide(1000000) * x * x * x);
       return x / wide(2) * (wide(1) + tanh(u));
     },
     -9, 9},
    {"silu", [](const wide& x) { return x / (wide(1) + exp(-x)); }, -80, 80},
    {"relu", [](const wide& x) { return x < wide(0) ? wide(0) : x; }, -5, 5},
    {"softplus", [](const wide& x) { return log(wide(1) + exp(wide(0.75) * x)) / wide(0.75); }, -100, 100},
};

reference::truth truth_of(const function_row& f, const tensor& x, const reference::request& want) {
  kernel_call call(f.name);
  call.set_input("x", x);
  if (call.name() == "softplus") call.set("beta", attribute_value(0.75));
  return std::move(reference::truth_of(call, want).front());
}

}  // namespace

TEST_CASE("the truth of functions of one number is the formula rounded once, in every format and mode",
          "[reference][pointwise]") {
  test::tally tally;
  test::random_source random(11);
  for (const function_row& f : functions) {
    for (const auto& output : test::formats_and_modes()) {
      const format to = output.first;
      const conversion how = output.second;
      std::vector<double> values;
      for (std::size_t i = 0; i < (test::is_sanitized ? 6 : 24); ++i) {
        const double v = f.low + (f.high - f.low) * test::unit(random);
        values.push_back(i % 4 == 0   ? std::ldexp(v, -static_cast<int>(random.below(60)))
                         : i % 4 == 1 ? std::trunc(v)
                                      : v);
      }
      const format from = random.below(2) == 0 ? binary32 : bfloat16;
      const tensor x = test::tensor_of(from, {values.size()}, values);
      std::vector<wide> exact;
      for (const wide& v : test::wide_of(x)) exact.push_back(f.formula(v));
      test::compare(tally, truth_of(f, x, {.to = to, .how = how, .enclosure = true}), exact, how, f.name);
    }
  }
  tally.require();
}

TEST_CASE("specials of functions of one number are those of the table", "[reference][pointwise]") {
  constexpr double inf = HUGE_VAL, nan = NAN;
  struct row {
    const char* name;
    double at_minus_infinity, at_minus_one, at_minus_two, at_minus_zero, at_zero, at_infinity;
  };
  constexpr double computed = 12345;  // not special
  const row rows[] = {
      {"convert", -inf, -1, -2, -0.0, 0.0, inf},
      {"exp", 0.0, computed, computed, 1, 1, inf},
      {"exp2", 0.0, 0.5, 0.25, 1, 1, inf},
      {"expm1", -1, computed, computed, -0.0, 0.0, inf},
      {"log", nan, nan, nan, -inf, -inf, inf},
      {"log2", nan, nan, nan, -inf, -inf, inf},
      {"log1p", nan, -inf, nan, -0.0, 0.0, inf},
      {"tanh", -1, computed, computed, -0.0, 0.0, 1},
      {"erf", -1, computed, computed, -0.0, 0.0, 1},
      {"sqrt", nan, nan, nan, -0.0, 0.0, inf},
      {"rsqrt", nan, nan, nan, -inf, inf, 0.0},
      {"reciprocal", -0.0, -1, -0.5, -inf, inf, 0.0},
      {"sigmoid", 0.0, computed, computed, 0.5, 0.5, 1},
      {"gelu", -0.0, computed, computed, -0.0, 0.0, inf},
      {"gelu_tanh", -0.0, computed, computed, -0.0, 0.0, inf},
      {"silu", -0.0, computed, computed, -0.0, 0.0, inf},
      {"relu", 0.0, 0.0, 0.0, 0.0, 0.0, inf},
      {"softplus", 0.0, computed, computed, computed, computed, inf},
  };
  const tensor x = test::tensor_of(binary32, {7}, std::vector<double>{-inf, -1, -2, -0.0, 0.0, inf, nan});
  for (std::size_t k = 0; k < std::size(rows); ++k) {
    for (const rounding mode : {rounding::ties_to_even, rounding::upward, rounding::downward}) {
      const auto truth = truth_of(functions[k], x, {.to = binary64, .how = {.mode = mode}});
      const row& r = rows[k];
      REQUIRE(std::string(r.name) == functions[k].name);
      const double expected[] = {
          r.at_minus_infinity, r.at_minus_one, r.at_minus_two, r.at_minus_zero, r.at_zero, r.at_infinity, nan};
      for (std::size_t i = 0; i < 7; ++i) {
        INFO(r.name << " of number " << i);
        if (expected[i] != computed) REQUIRE(test::is_same(std::bit_cast<double>(truth.value[i]), expected[i]));
      }
    }
  }
  const auto at = [&](double v, double beta) {
    const tensor one = test::tensor_of(binary32, {1}, std::vector<double>{v});
    return std::bit_cast<double>(reference::softplus(one.view(), beta, {.to = binary64}).value[0]);
  };
  REQUIRE(at(-inf, -2) == -inf);
  REQUIRE(test::is_same(at(inf, -2), -0.0));
  REQUIRE_THROWS_WITH(at(1, 0), Catch::Contains("beta is 0"));
}

TEST_CASE("values that no precision tells from a boundary are decided by their side of it", "[reference][pointwise]") {
  struct row {
    const char* name;
    double x, up, down;  ///< rounded upward and downward into binary64
  };
  const double below_one = 1 - 0x1p-53, least = 0x1p-1074, above_one = 1 + 0x1p-52;
  const double most = std::numeric_limits<double>::max();
  const row rows[] = {
      {"exp", -1e30, least, 0},
      {"exp", 1e30, HUGE_VAL, most},
      {"exp", 0x1p-140, above_one, 1},
      {"exp2", -1e30, least, 0},
      {"exp2", -0x1p-149, 1, below_one},
      {"expm1", -1e30, -below_one, -1},
      {"expm1", 0x1p-140, std::nextafter(0x1p-140, 1), 0x1p-140},
      {"log1p", 0x1p-149, 0x1p-149, std::nextafter(0x1p-149, 0)},
      {"tanh", 1e30, 1, below_one},
      {"tanh", -1e5, -below_one, -1},
      {"tanh", 0x1p-149, 0x1p-149, std::nextafter(0x1p-149, 0)},
      {"erf", 1e30, 1, below_one},
      {"sigmoid", 1e30, 1, below_one},
      {"sigmoid", 40, 1, below_one},
      {"sigmoid", -1e30, least, 0},
      {"silu", -1000, -0.0, -least},
      {"silu", -1e30, -0.0, -least},
      {"silu", 1024, 1024, std::nextafter(1024.0, 0)},
      {"gelu", -100, -0.0, -least},
      {"gelu", 1e9, 1e9, std::nextafter(1e9, 0)},
      {"gelu_tanh", -1e30, -0.0, -least},
      {"gelu_tanh", 1024, 1024, std::nextafter(1024.0, 0)},
      {"softplus", 1e9, std::nextafter(1e9, 2e9), 1e9},
      {"softplus", -1e9, least, 0},
  };
  for (const row& r : rows) {
    const auto f = std::find_if(std::begin(functions), std::end(functions),
                                [&](const function_row& g) { return std::string(g.name) == r.name; });
    const tensor x = test::tensor_of(binary32, {1}, std::vector<double>{r.x});
    INFO(r.name << "(" << r.x << ")");
    const auto in_mode = [&](rounding mode) {
      return std::bit_cast<double>(truth_of(*f, x, {.to = binary64, .how = {.mode = mode}}).value[0]);
    };
    REQUIRE(test::is_same(in_mode(rounding::upward), r.up));
    REQUIRE(test::is_same(in_mode(rounding::downward), r.down));
  }
}

TEST_CASE("a tensor with every code of bfloat16 gives what its elements give alone", "[reference][pointwise]") {
  const std::size_t n = (1 << 16) + 5;  // enough for a table
  tensor x(element_type::of(bfloat16), {n});
  for (std::size_t i = 0; i < n; ++i) x.set(i, i * 40503 % 65536);
  for (const auto f : {reference::pointwise_function::gelu, reference::pointwise_function::exp}) {
    const auto all = reference::pointwise(f, x.view(), {.to = binary16, .enclosure = true});
    REQUIRE(all.decided.elements() == n);
    for (std::size_t i = 0; i < n; i += test::is_sanitized ? 9973 : 509) {
      const auto one = reference::pointwise(f, x.view().only_element(i), {.to = binary16, .enclosure = true});
      REQUIRE(one.value[0] == all.value[i]);
      REQUIRE(one.lower[0] == all.lower[i]);
      REQUIRE(one.upper[0] == all.upper[i]);
    }
  }
}
