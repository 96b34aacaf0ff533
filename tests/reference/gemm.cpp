#include <assay/reference/gemm.hpp>

#include <catch2/catch.hpp>
#include <cmath>

#include <assay/reference/dot.hpp>

#include "agreement.hpp"

using namespace assay;
using reference::activation;
using test::wide;

namespace {

/// How the codes of a matrix are drawn: any; of ordinary numbers; pairs of terms that cancel; the smallest; one a row.
enum class data { any_code, ordinary, cancelling, subnormal, sparse };
constexpr data all_data[] = {data::any_code, data::ordinary, data::cancelling, data::subnormal, data::sparse};

tensor draw(test::random_source& random, format f, extents shape, data how) {
  tensor t(element_type::of(f), shape);
  const oracle::limits l(f);
  const std::size_t length = shape[shape.rank() - 1];
  for (std::size_t i = 0; i < t.size(); ++i) {
    const std::uint64_t any = random() & f.code_mask();
    switch (how) {
      case data::any_code: t.set(i, test::biased_code(random, l)); break;
      case data::ordinary: t.set(i, wide(test::unit(random) * 4 - 2).rounded_to(f, {})); break;
      case data::cancelling:
        t.set(i, i % 2 == 1 ? t[i - 1] ^ (random.below(4) == 0 ? 1 : 0) : wide(test::unit(random)).rounded_to(f, {}));
        break;
      case data::subnormal: t.set(i, any & (f.sign_mask() | f.fraction_mask())); break;
      case data::sparse: t.set(i, i % length == i / length % length ? any : random() & f.sign_mask()); break;
    }
  }
  return t;
}

/// Every element of a plain product is the dot product of MPFR, bit for bit; and so are its bounds.
void compare_with_dot(test::tally& tally, const tensor& a, const tensor& b, format to, conversion how) {
  const std::size_t m = a.shape()[0], n = b.shape()[0], k = a.shape()[1];
  const auto truth = reference::gemm({.a = a.view(), .b = b.view()}, {.transpose_b = true},
                                     {.to = to, .how = how, .enclosure = true, .scales = true});
  std::vector<std::uint64_t> x(k), y(k);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      a.view().copy_line(i, x);
      b.view().copy_line(j, y);
      const auto expected = reference::dot({x, y, a.type().layout, b.type().layout, 0, binary32}, to, how);
      const std::size_t at = i * n + j;
      const auto name = [&](const char* what) {
        return test::text(what, " of element ", i, ", ", j, ", a sum of ", k, " products, ", expected.value,
                          " in mode ", static_cast<int>(how.mode));
      };
      tally.expect(truth.value[at] == expected.code, [&] {
        return test::text(name("code"), ": got ", test::hex(truth.value[at]), ", not ", test::hex(expected.code));
      });
      const double lower = std::bit_cast<double>(truth.lower[at]), upper = std::bit_cast<double>(truth.upper[at]);
      const bool is_nan = expected.kind == value_class::nan;
      tally.expect(is_nan ? std::isnan(lower) && std::isnan(upper) : lower <= expected.value && upper >= expected.value,
                   [&] { return test::text(name("enclosure"), ": ", lower, " to ", upper); });
      const double scale = std::bit_cast<double>(truth.scale[at]);
      const double due = std::ldexp(expected.scale, expected.ulp_exponent);  // may overflow in those units
      tally.expect(expected.kind == value_class::nan || expected.kind == value_class::infinity || std::isinf(due) ||
                       (scale >= due * (1 - 0x1p-50) && scale <= due * (1 + 0x1p-30) + 0x1p-1060),
                   [&] { return test::text(name("scale"), ": got ", scale, ", not ", due); });
    }
  }
}

}  // namespace

TEST_CASE("gemm's truth is the exact sum rounded once, whatever the inputs, format and mode", "[reference][gemm]") {
  test::tally tally;
  test::random_source random(1);
  for (const format from : {e4m3fn, e5m2, binary16, bfloat16, binary32}) {
    for (const data how_drawn : all_data) {
      for (const auto& output : test::formats_and_modes()) {
        const std::size_t k = random.below(24);
        const tensor a = draw(random, from, {3, k}, how_drawn), b = draw(random, from, {4, k}, how_drawn);
        compare_with_dot(tally, a, b, output.first, output.second);
      }
    }
  }
  tally.require();
}

TEST_CASE("Long sums, across chunks and blocks, are exact as well", "[reference][gemm]") {
  test::tally tally;
  test::random_source random(2);
  for (const format from : {e4m3fn, e5m2, bfloat16}) {
    for (const data how_drawn : {data::ordinary, data::any_code}) {
      const tensor a = draw(random, from, {2, 2500}, how_drawn), b = draw(random, from, {3, 2500}, how_drawn);
      compare_with_dot(tally, a, b, binary32, {});
      compare_with_dot(tally, a, b, binary32, {.mode = rounding::downward});
    }
  }
  const tensor tall = draw(random, e5m2, {600, 2}, data::any_code),
               wide_one = draw(random, e5m2, {530, 2}, data::any_code);
  compare_with_dot(tally, tall, wide_one, bfloat16, {});
  tally.require();
}

TEST_CASE("Ten million elements of gemm agree with MPFR over formats, modes and adversarial inputs",
          "[reference][gemm][.prove]") {
  test::tally tally;
  test::random_source random(3);
  while (tally.checked() < 30'000'000) {
    for (const format from : {e4m3fn, e5m2, binary16, bfloat16, binary32, binary64}) {
      for (const data how_drawn : all_data) {
        for (const auto& output : test::formats_and_modes()) {
          const std::size_t k = random.below(40);
          const tensor a = draw(random, from, {30, k}, how_drawn), b = draw(random, from, {40, k}, how_drawn);
          compare_with_dot(tally, a, b, output.first, output.second);
        }
      }
    }
  }
  tally.require();
}

namespace {

/// The formula written out in wide numbers: all inputs given, the factors as they enter it.
struct plain_gemm {
  std::vector<wide> a, b, c, bias, a_scale, b_scale;
  std::size_t n, k, block_m, block_k, block_n;
  double alpha, beta;
  activation then;

  wide operator()(std::size_t i, std::size_t j) const {
    const std::size_t across = (k + block_k - 1) / block_k, b_across = (n + block_n - 1) / block_n;
    wide sum;
    for (std::size_t t = 0; t < k; ++t) {
      sum += a_scale[i / block_m * across + t / block_k] * a[i * k + t] *
             b_scale[t / block_k * b_across + j / block_n] * b[t * n + j];
    }
    const wide x = wide(alpha) * sum + wide(beta) * c[i * n + j] + bias[j], one(1), half(0.5);
    switch (then) {
      case activation::relu: return x < wide(0) ? wide(0) : x;
      case activation::gelu: return half * x * erfc(-x * sqrt(half));
      case activation::gelu_tanh: {
        const wide t = sqrt(wide(2) / wide::pi()) * (x + wide(44715) / wide(1e6) * x * x * x);
        return x / (one + exp(-t - t));
      }
      case activation::silu: return x / (one + exp(-x));
      case activation::sigmoid: return one / (one + exp(-x));
      case activation::tanh: return tanh(x);
      default: return x;
    }
  }
};

tensor transposed(const tensor& t) {
  const std::size_t m = t.shape()[0], n = t.shape()[1];
  tensor other(t.type(), {n, m});
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < n; ++j) other.set(j * m + i, t[i * n + j]);
  return other;
}

/// Numbers up to a largest, or of any kind.
tensor numbers_of(test::random_source& random, format f, extents shape, double most = 0) {
  std::vector<double> values(shape.count());
  test::numbers draw_number(random);
  for (double& v : values) v = most > 0 ? most * (2 * test::unit(random) - 1) : draw_number();
  return test::tensor_of(f, shape, values);
}

}  // namespace

TEST_CASE("gemm with scales, alpha, beta, c, bias, transposes and activations is its formula", "[reference][gemm]") {
  test::tally tally;
  test::random_source random(4);
  for (const activation then : {activation::none, activation::relu, activation::gelu, activation::gelu_tanh,
                                activation::silu, activation::sigmoid, activation::tanh}) {
    for (const auto& output : test::formats_and_modes()) {
      const std::size_t m = 1 + random.below(5), n = 1 + random.below(5), k = 1 + random.below(12);
      const std::size_t block_m = 1 + random.below(m), block_n = 1 + random.below(n), block_k = 1 + random.below(k);
      const auto blocks = [](std::size_t extent, std::size_t each) { return (extent + each - 1) / each; };
      // Scales cut an extent into equal blocks: those that this block's length is the shortest of.
      const auto even = [&](std::size_t extent, std::size_t each) { return blocks(extent, blocks(extent, each)); };
      const std::size_t rows = even(m, block_m), columns = even(n, block_n), deep = even(k, block_k);
      // 600 bits tell activations from their limits only near zero.
      const double most = then == activation::none || then == activation::relu ? 0 : 1;
      const tensor a = numbers_of(random, bfloat16, {m, k}, most), b = numbers_of(random, e4m3fn, {k, n}, most / 2),
                   c = numbers_of(random, binary16, {m, n}, most), bias = numbers_of(random, binary32, {n}, most),
                   a_scale = numbers_of(random, binary32, {blocks(m, rows), blocks(k, deep)}, most),
                   b_scale = numbers_of(random, bfloat16, {blocks(k, deep), blocks(n, columns)}, most);
      const double alpha = random.below(2) == 0 ? 0.7 : 2, beta = random.below(2) == 0 ? -0.3 : 1;
      const bool transpose_a = random.below(2) == 0, transpose_b = random.below(2) == 0;
      const tensor stored_a = transpose_a ? transposed(a) : a, stored_b = transpose_b ? transposed(b) : b;
      const plain_gemm plain{test::wide_of(a),
                             test::wide_of(b),
                             test::wide_of(c),
                             test::wide_of(bias),
                             test::wide_of(a_scale),
                             test::wide_of(b_scale),
                             n,
                             k,
                             rows,
                             deep,
                             columns,
                             alpha,
                             beta,
                             then};
      std::vector<wide> exact;
      for (std::size_t i = 0; i < m * n; ++i) exact.push_back(plain(i / n, i % n));
      const auto truth = reference::gemm(
          {stored_a.view(), stored_b.view(), c.view(), bias.view(), a_scale.view(), b_scale.view()},
          {transpose_a, transpose_b, alpha, beta, then}, {.to = output.first, .how = output.second, .enclosure = true});
      test::compare(tally, truth, exact, output.second, "gemm");
    }
  }
  tally.require();
}

TEST_CASE("A batch of products is each product alone, whoever has the batch", "[reference][gemm]") {
  test::random_source random(5);
  const tensor a = numbers_of(random, binary16, {3, 4, 5}), b = numbers_of(random, binary16, {3, 5, 2}),
               scales = numbers_of(random, binary16, {3, 4, 1});
  const auto part = [](const tensor& t, std::size_t n) {
    tensor one(t.type(), {t.shape()[1], t.shape()[2]});
    for (std::size_t i = 0; i < one.size(); ++i) one.set(i, t[n * one.size() + i]);
    return one;
  };
  const auto all = reference::gemm({.a = a.view(), .b = b.view(), .a_scale = scales.view()});
  const tensor shared = part(b, 1);
  const auto one_b = reference::gemm({.a = a.view(), .b = shared.view()}, {}, {.threads = 3});
  REQUIRE(all.value.shape() == extents{3, 4, 2});
  for (std::size_t n = 0; n < 3; ++n) {
    const tensor left = part(a, n), right = part(b, n), scale = part(scales, n);
    const auto alone = reference::gemm({.a = left.view(), .b = right.view(), .a_scale = scale.view()});
    const auto with_shared = reference::gemm({.a = left.view(), .b = shared.view()});
    for (std::size_t i = 0; i < 8; ++i) {
      REQUIRE(all.value[n * 8 + i] == alone.value[i]);
      REQUIRE(one_b.value[n * 8 + i] == with_shared.value[i]);
    }
  }
}

TEST_CASE("gemm's specials are those of its table", "[reference][gemm]") {
  const double inf = HUGE_VAL;
  const auto vector_of = [](std::vector<double> values, bool column) {
    const std::size_t n = values.size();
    tensor t(element_type::of(binary64), column ? extents{n, 1} : extents{1, n});
    for (std::size_t i = 0; i < n; ++i) t.set(i, std::bit_cast<std::uint64_t>(values[i]));
    return t;
  };
  struct extras {
    double c = NAN, bias = NAN;  // a NaN: none
    double alpha = 1, beta = 1;
    activation then = activation::none;
    rounding mode = rounding::ties_to_even;
  };
  const auto value = [&](std::vector<double> x, std::vector<double> y, extras e = {}) {
    const tensor a = vector_of(x, false), b = vector_of(y, true), c = vector_of({e.c}, false);
    tensor bias(element_type::of(binary64), {1});
    bias.set(0, std::bit_cast<std::uint64_t>(e.bias));
    const auto truth = reference::gemm({.a = a.view(),
                                        .b = b.view(),
                                        .c = std::isnan(e.c) ? code_view() : c.view(),
                                        .bias = std::isnan(e.bias) ? code_view() : bias.view()},
                                       {.alpha = e.alpha, .beta = e.beta, .then = e.then}, {.how = {.mode = e.mode}});
    return test::value_of(truth, 0);
  };
  const auto is_plus_zero = [](double x) { return x == 0 && !std::signbit(x); };
  REQUIRE(std::isnan(value({NAN, 1}, {0, 1})));
  REQUIRE(std::isnan(value({inf, 1}, {0, 1})));
  REQUIRE(std::isnan(value({inf, -inf}, {1, 1})));
  REQUIRE(value({inf, 1e300}, {2, -1e300}) == inf);
  REQUIRE(value({inf, 1}, {-5e-324, 1}) == -inf);
  REQUIRE(value({inf, 1}, {1, 1}, {.alpha = -2}) == -inf);
  REQUIRE(std::isnan(value({inf, 1}, {1, 1}, {.alpha = 0})));
  REQUIRE(std::isnan(value({inf, 1}, {1, 1}, {.c = -inf})));
  REQUIRE(value({1, 1}, {1, 1}, {.c = inf, .beta = -1}) == -inf);
  REQUIRE(value({1, 1}, {1, 1}, {.c = inf, .beta = 0}) == 2);
  REQUIRE(value({1, 1}, {1, 1}, {.bias = -inf}) == -inf);
  // Signs of zeros.
  REQUIRE(is_plus_zero(value({-0.0}, {1})));
  REQUIRE(test::is_negative_zero(value({-0.0}, {1}, {.c = -0.0})));
  REQUIRE(is_plus_zero(value({-0.0}, {1}, {.c = -0.0, .alpha = -1})));
  REQUIRE(is_plus_zero(value({-0.0}, {1}, {.c = -0.0, .bias = 0.0})));
  REQUIRE(test::is_negative_zero(value({-0.0}, {1}, {.mode = rounding::downward})));
  REQUIRE(is_plus_zero(value({0.0}, {1}, {.mode = rounding::downward})));
  REQUIRE(test::is_negative_zero(value({1, -1}, {1, 1}, {.mode = rounding::downward})));
  REQUIRE(is_plus_zero(value({1, -1}, {1, 1})));
  REQUIRE(is_plus_zero(value({}, {})));
  REQUIRE(value({}, {}, {.c = 3, .bias = 4, .beta = 2}) == 10);
  // Activations.
  for (const activation f : {activation::gelu, activation::gelu_tanh, activation::silu}) {
    REQUIRE(value({inf}, {1}, {.then = f}) == inf);
    REQUIRE(test::is_negative_zero(value({inf}, {-1}, {.then = f})));
    REQUIRE(test::is_negative_zero(value({-0.0}, {1}, {.c = -0.0, .then = f})));
    REQUIRE(test::is_negative_zero(value({-1e30}, {1}, {.then = f})));  // underflows
    REQUIRE(value({-1e30}, {1}, {.then = f, .mode = rounding::downward}) == -0x1p-149);
    REQUIRE(value({1e30}, {1}, {.then = f}) == 1e30f);
    REQUIRE(value({0x1p100}, {1}, {.then = f, .mode = rounding::downward}) == std::nextafterf(0x1p100f, 0));
  }
  REQUIRE(value({inf}, {1}, {.then = activation::tanh}) == 1);
  REQUIRE(value({inf}, {-1}, {.then = activation::tanh}) == -1);
  REQUIRE(value({1e30}, {-1}, {.then = activation::tanh, .mode = rounding::upward}) == std::nextafterf(-1, 0));
  REQUIRE(value({inf}, {1}, {.then = activation::sigmoid}) == 1);
  REQUIRE(is_plus_zero(value({inf}, {-1}, {.then = activation::sigmoid})));
  REQUIRE(value({1e30}, {-1}, {.then = activation::sigmoid, .mode = rounding::upward}) == 0x1p-149);
  REQUIRE(value({1e30}, {1}, {.then = activation::sigmoid, .mode = rounding::downward}) == std::nextafterf(1, 0));
  REQUIRE(value({0.0}, {1}, {.then = activation::sigmoid}) == 0.5);
  REQUIRE(is_plus_zero(value({inf}, {-1}, {.then = activation::relu})));
  REQUIRE(is_plus_zero(value({-0.0}, {1}, {.c = -0.0, .then = activation::relu})));
  REQUIRE(value({inf}, {1}, {.then = activation::relu}) == inf);
  REQUIRE(std::isnan(value({NAN}, {1}, {.then = activation::relu})));
}

TEST_CASE("The ends of binary64's range are summed exactly, scaled or not", "[reference][gemm]") {
  const auto one_by_one = [](double x) {
    tensor t(element_type::of(binary64), {1, 1});
    t.set(0, std::bit_cast<std::uint64_t>(x));
    return t;
  };
  const tensor large = one_by_one(0x1.fp1023), small = one_by_one(0x1.8p-1070), scale = one_by_one(0x1p-1000);
  const auto value = [&](const reference::gemm_inputs& in, double alpha) {
    return std::bit_cast<double>(reference::gemm(in, {.alpha = alpha}, {.to = binary64, .scales = true}).value[0]);
  };
  REQUIRE(value({large.view(), small.view()}, 1) == 0x1.fp1023 * 0x1.8p-1070);
  REQUIRE(value({large.view(), large.view()}, 1) == HUGE_VAL);
  REQUIRE(value({.a = large.view(), .b = large.view(), .a_scale = scale.view(), .b_scale = scale.view()}, 1) ==
          0x1.fp23 * 0x1.fp23);
  REQUIRE(value({.a = small.view(), .b = large.view(), .a_scale = scale.view()}, 0x1p900) == 0x1.8p-1070 * 0x1.fp923);
  REQUIRE(value({.a = small.view(), .b = large.view(), .a_scale = scale.view()}, 1) == 0x1.8p-1070 * 0x1.fp23);
}

TEST_CASE("gemm gives the same bits whatever the threads", "[reference][gemm]") {
  test::random_source random(6);
  const tensor a = draw(random, e5m2, {300, 70}, data::any_code), b = draw(random, e5m2, {70, 600}, data::any_code);
  const auto one = reference::gemm({a.view(), b.view()}, {}, {.scales = true}),
             four = reference::gemm({a.view(), b.view()}, {}, {.scales = true, .threads = 4});
  REQUIRE(std::equal(one.value.bytes().begin(), one.value.bytes().end(), four.value.bytes().begin()));
  REQUIRE(std::equal(one.scale.bytes().begin(), one.scale.bytes().end(), four.scale.bytes().begin()));
  REQUIRE(one.decided == four.decided);
}

TEST_CASE("gemm refuses what it cannot mean, and says what it found", "[reference][gemm]") {
  const auto zeros = [](extents shape) { return tensor(element_type::of(binary16), shape); };
  const tensor a = zeros({2, 3}), b = zeros({4, 5}), right = zeros({3, 5}), vector = zeros({3}), c = zeros({2, 4}),
               bias = zeros({2}), two = zeros({2, 3, 4}), three = zeros({3, 4, 5});
  const auto refused = [](const reference::gemm_inputs& in, const reference::gemm_options& options,
                          const std::string& sentence) {
    REQUIRE_THROWS_WITH(reference::gemm(in, options), Catch::Contains(sentence));
  };
  refused({a.view(), b.view()}, {}, "b has shape (4, 5); expected (3, N): a, of shape (2, 3), has K = 3");
  refused({a.view(), right.view()}, {.transpose_a = true}, "expected (2, N)");
  refused({a.view(), b.view()}, {.transpose_b = true}, "expected (N, 3)");
  refused({vector.view(), b.view()}, {}, "a has shape (3,); expected a matrix or a batch of matrices");
  refused({two.view(), three.view()}, {}, "b has shape (3, 4, 5); expected a batch of 2, as a has");
  refused({.a = a.view(), .b = right.view(), .c = c.view()}, {}, "c has shape (2, 4); expected (2, 5)");
  refused({.a = a.view(), .b = right.view(), .bias = bias.view()}, {}, "bias has shape (2,); expected (5,)");
  const tensor uneven = zeros({5, 4}), scales = zeros({3, 4});
  refused({.a = right.view(), .b = uneven.view(), .a_scale = scales.view()}, {},
          "a_scale has shape (3, 4); expected () or as many rows and columns of scales as cut (3, 5)");
  refused({.a = a.view(), .b = right.view(), .b_scale = c.view()}, {}, "such as (1, 1) or (1, 5)");
  refused({a.view(), right.view()}, {.alpha = HUGE_VAL}, "alpha is inf");
  refused({a.view(), right.view()}, {.beta = NAN}, "beta is nan");
}
