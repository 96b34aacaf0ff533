#include <assay/reference/loss.hpp>

#include <catch2/catch.hpp>
#include <cmath>

#include <assay/reference/truth_of.hpp>

#include "lines.hpp"

using namespace assay;
using test::wide;

namespace {

/// What a loss is made of.
struct arguments {
  wide x, target, weight, pos_weight;
};

wide larger(const wide& a, const wide& b) { return a < b ? b : a; }
wide softplus(const wide& x) { return log(wide(1) + exp(x)); }
wide clamped_log(const wide& x) { return mpfr_zero_p(x.get()) != 0 ? wide(-100) : larger(log(x), wide(-100)); }

struct loss_row {
  const char* kernel;
  const char* attribute;  ///< or null
  const char* setting;
  wide (*formula)(const arguments& a);
  bool is_probability;  ///< x, too
  bool has_target_0_to_1;
};

const loss_row rows[] = {
    {"mse", nullptr, nullptr, [](const arguments& a) { return (a.x - a.target) * (a.x - a.target); }, false, false},
    {"l1", nullptr, nullptr, [](const arguments& a) { return abs(a.x - a.target); }, false, false},
    {"huber", "delta", "1.5",
     [](const arguments& a) {
       const wide d = abs(a.x - a.target), delta(1.5);
       return d < delta ? d * d / wide(2) : delta * (d - delta / wide(2));
     },
     false, false},
    {"smooth_l1", "beta", "0.75",
     [](const arguments& a) {
       const wide d = abs(a.x - a.target), beta(0.75);
       return d < beta ? d * d / (wide(2) * beta) : d - beta / wide(2);
     },
     false, false},
    {"bce", nullptr, nullptr,
     [](const arguments& a) {
       return -a.weight * (a.target * clamped_log(a.x) + (wide(1) - a.target) * clamped_log(wide(1) - a.x));
     },
     true, true},
    {"bce_with_logits", nullptr, nullptr,
     [](const arguments& a) {
       return a.weight * (a.pos_weight * a.target * softplus(-a.x) + (wide(1) - a.target) * softplus(a.x));
     },
     false, true},
    {"kl_div", "log_target", "false",
     [](const arguments& a) { return mpfr_zero_p(a.target.get()) != 0 ? wide(0) : a.target * (log(a.target) - a.x); },
     false, true},
    {"kl_div", "log_target", "true", [](const arguments& a) { return exp(a.target) * (a.target - a.x); }, false, false},
};

kernel_call call_of(const loss_row& r, const tensor& x, const tensor& target, const char* reduction) {
  kernel_call call(r.kernel);
  call.set_input("x", x);
  call.set_input("target", target);
  call.set("reduction", reduction);
  if (r.attribute != nullptr) call.set_text(r.attribute, r.setting);
  return call;
}

double value_of(const reference::truth& t, std::size_t i = 0) { return test::value_of(t, i); }
tensor line_of(std::initializer_list<double> values) {
  return test::tensor_of(binary32, {values.size()}, std::vector<double>(values));
}

}  // namespace

TEST_CASE("losses between x and a target are the formula rounded once, in every format, mode and reduction",
          "[reference][loss]") {
  test::tally tally;
  test::random_source random(51);
  for (const loss_row& r : rows) {
    for (const auto& output : test::formats_and_modes()) {
      const format to = output.first;
      const conversion how = output.second;
      const format from = random.below(2) == 0 ? bfloat16 : binary32;
      const std::size_t channels = 1 + random.below(5), n = 3 * channels;
      std::vector<double> xs = test::draw_line(random, n, 6), ts = test::draw_line(random, n, 4), ws(n), ps(channels);
      for (std::size_t i = 0; i < n; ++i) {
        const auto from_0_to_1 = [&](double v) {
          return random.below(5) == 0 ? std::round(std::abs(v) / 6) : std::abs(v) / 6;
        };
        if (r.is_probability) xs[i] = random.below(8) == 0 ? 0x1p-149 : from_0_to_1(xs[i]);
        if (r.has_target_0_to_1) ts[i] = from_0_to_1(ts[i]);
        if (random.below(6) == 0 && !r.has_target_0_to_1) ts[i] = xs[i];
        ws[i] = static_cast<double>(random.below(5)) * 0.5;
      }
      for (double& p : ps) p = 0.5 + test::unit(random);
      const extents shape{3, channels};
      const tensor x = test::tensor_of(from, shape, xs), t = test::tensor_of(binary32, shape, ts),
                   w = test::tensor_of(binary32, shape, ws), p = test::tensor_of(bfloat16, {channels}, ps);
      const auto vx = test::wide_of(x), vt = test::wide_of(t), vw = test::wide_of(w), vp = test::wide_of(p);
      const bool is_bce = std::string_view(r.kernel).starts_with("bce"),
                 has_pos = std::string_view(r.kernel).ends_with("logits");
      std::vector<wide> losses;
      wide total;
      for (std::size_t i = 0; i < n; ++i) {
        losses.push_back(r.formula({vx[i], vt[i], is_bce ? vw[i] : wide(1), vp[i % channels]}));
        total += losses.back();
      }
      for (const char* reduction : {"none", "sum", "mean", "batchmean"}) {
        const bool is_batch = std::string_view(reduction) == "batchmean";
        if (is_batch && std::string_view(r.kernel) != "kl_div") continue;
        kernel_call call = call_of(r, x, t, reduction);
        if (is_bce) call.set_input("weight", w);
        if (has_pos) call.set_input("pos_weight", p);
        const auto truth = std::move(reference::truth_of(call, {.to = to, .how = how, .enclosure = true}).front());
        const wide one[] = {std::string_view(reduction) == "sum" ? total
                                                                 : total / wide(static_cast<double>(is_batch ? 3 : n))};
        const bool apart = std::string_view(reduction) == "none";
        REQUIRE(truth.value.shape() == (apart ? shape : extents{}));
        test::compare(tally, truth, apart ? std::span<const wide>(losses) : std::span<const wide>(one), how,
                      test::text(r.kernel, " ", reduction));
      }
    }
  }
  tally.require();
}

TEST_CASE("a sum of many losses does not depend on the number of threads", "[reference][loss]") {
  test::random_source random(52);
  const std::size_t n = 100000;
  const tensor x = test::tensor_of(bfloat16, {n}, test::draw_line(random, n, 3)),
               t = test::tensor_of(bfloat16, {n}, test::draw_line(random, n, 3));
  const auto reduction = reference::loss_reduction::mean;
  const auto one = reference::mse(x.view(), t.view(), reduction, {.to = binary64, .enclosure = true, .threads = 1}),
             two = reference::mse(x.view(), t.view(), reduction, {.to = binary64, .enclosure = true, .threads = 3});
  REQUIRE(one.value[0] == two.value[0]);
  REQUIRE(one.lower[0] == two.lower[0]);
  REQUIRE(one.upper[0] == two.upper[0]);
  wide total;
  const auto vx = test::wide_of(x), vt = test::wide_of(t);
  for (std::size_t i = 0; i < n; ++i) total += (vx[i] - vt[i]) * (vx[i] - vt[i]);
  REQUIRE(one.value[0] == (total / wide(n)).rounded_to(binary64, {}));
}

TEST_CASE("losses that no precision tells from a boundary are decided by their rest", "[reference][loss]") {
  const tensor x = line_of({65504, 1e30}), zero = line_of({0, 0}), tiny = line_of({-65504, -65504});
  const reference::request up{.how = {.mode = rounding::upward}}, down{.how = {.mode = rounding::downward}};
  using enum reference::loss_reduction;
  const auto logits = [&](const tensor& v, reference::loss_reduction r, const reference::request& want) {
    return reference::bce_with_logits(v.view(), zero.view(), {}, {}, r, want);
  };
  REQUIRE(value_of(logits(x, none, up)) == std::nextafterf(65504, 1e9F));
  REQUIRE(value_of(logits(x, none, down)) == 65504);
  REQUIRE(value_of(logits(tiny, sum, up)) == 0x1p-149);
  REQUIRE(value_of(logits(tiny, mean, down)) == 0);
  // e^-1e5 - 2 e^-1e30, and a boundary with the one or the other beside it.
  const tensor logs = line_of({-1e5, -1e30, 0}), others = line_of({-100001, -1e30 + 0x1p77, -0.5});
  const auto divergence = [&](const tensor& t, const tensor& v, const reference::request& want) {
    return value_of(reference::kl_div(v.view(), t.view(), true, sum, want));
  };
  REQUIRE(divergence(logs, others, up) == 0.5 + 0x1p-24);
  REQUIRE(divergence(logs, others, down) == 0.5);
  const tensor mixed = line_of({-2e30, -1e30}), less = line_of({-3e30, 0});
  REQUIRE(divergence(mixed, less, down) == -0x1p-149);
  REQUIRE(test::is_same(divergence(mixed, less, up), -0.0));
  // Both powers overflow every exponent there is: the larger decides, or nothing is left.
  const tensor huge = line_of({1e30, 2e30}), beyond = line_of({0, 3e30}), equal = line_of({1e20, 1e20}),
               around = line_of({1e20 - 0x1p43, 1e20 + 0x1p43});
  REQUIRE(divergence(huge, beyond, up) == -std::numeric_limits<float>::max());
  REQUIRE(divergence(huge, beyond, down) == -HUGE_VAL);
  REQUIRE(test::is_same(divergence(equal, around, up), 0.0));
  // -ln of the least binary32 is clamped; ln(1 - x) of it is hardly below zero.
  const tensor least = line_of({0x1p-149}), half = line_of({0.5});
  REQUIRE(value_of(reference::bce(least.view(), half.view(), {}, none, down)) == 50);
  REQUIRE(value_of(reference::bce(least.view(), half.view(), {}, none, up)) == std::nextafterf(50, 60));
}

TEST_CASE("the specials of losses are those of their table", "[reference][loss]") {
  constexpr double inf = HUGE_VAL, nan = NAN;
  struct row {
    std::size_t loss;
    double x, target, none;
  };
  const row specials[] = {
      {0, nan, 1, nan},     {0, inf, 1, inf},   {0, inf, inf, nan}, {0, -inf, inf, inf}, {0, 2, 2, 0.0},
      {1, -inf, 0, inf},    {1, inf, inf, nan}, {2, inf, 0, inf},   {3, 0, -inf, inf},   {3, nan, 0, nan},
      {4, nan, 1, nan},     {4, 0, 1, 100},     {4, 1, 0, 100},     {4, 1, 1, 0.0},      {4, 0, 0, 0.0},
      {5, inf, 1, 0.0},     {5, inf, 0.5, inf}, {5, -inf, 0, 0.0},  {5, -inf, 0.5, inf}, {5, nan, 1, nan},
      {6, 3, 0, 0.0},       {6, inf, 0, nan},   {6, 3, -1, nan},    {6, -inf, 0.5, inf}, {6, inf, 0.5, -inf},
      {6, 0, inf, inf},     {6, inf, inf, nan}, {7, 3, -inf, 0.0},  {7, -inf, 1, inf},   {7, inf, 1, -inf},
      {7, -inf, -inf, nan}, {7, 2, inf, inf},   {7, 1, nan, nan},   {7, 1.5, 1.5, 0.0},
  };
  for (const row& s : specials) {
    const tensor x = line_of({s.x}), t = line_of({s.target});
    for (const char* reduction : {"none", "sum", "mean"}) {
      INFO(rows[s.loss].kernel << " of " << s.x << " and " << s.target << ", " << reduction);
      const auto truth = reference::truth_of(call_of(rows[s.loss], x, t, reduction)).front();
      REQUIRE(test::is_same(value_of(truth), s.none));
    }
  }
  const tensor both = line_of({inf, -inf}), t = line_of({0.5, 0.5}), none = test::tensor_of(binary32, {0}, {});
  REQUIRE(std::isnan(value_of(reference::truth_of(call_of(rows[6], both, t, "sum")).front())));
  REQUIRE(std::isnan(value_of(reference::truth_of(call_of(rows[0], none, none, "mean")).front())));
  REQUIRE(test::is_same(value_of(reference::truth_of(call_of(rows[0], none, none, "sum")).front()), 0.0));
}

TEST_CASE("nll takes the target's entry, weighs it and leaves out what is ignored", "[reference][loss]") {
  tensor targets(element_type::integer(64, true), {2, 2});
  const std::int64_t classes[] = {2, 0, -100, 1};
  for (std::size_t i = 0; i < 4; ++i) targets.set(i, static_cast<std::uint64_t>(classes[i]));
  std::vector<double> v(12);
  for (std::size_t i = 0; i < 12; ++i) v[i] = -0.25 * static_cast<double>(i) - 0.25;
  const tensor x = test::tensor_of(binary32, {2, 3, 2}, v), w = line_of({1, 2, 4});
  using enum reference::loss_reduction;
  const auto apart = reference::nll(x.view(), targets, w.view(), {.reduction = none});
  REQUIRE(apart.value.shape() == extents{2, 2});
  // x[0, 2, 0] = -1.25 weighs 4, x[0, 0, 1] = -0.5 weighs 1, x[1, 1, 1] = -2.5 weighs 2.
  const double expected[] = {5, 0.5, 0.0, 5};
  for (std::size_t i = 0; i < 4; ++i) REQUIRE(test::is_same(value_of(apart, i), expected[i]));
  REQUIRE(value_of(reference::nll(x.view(), targets, w.view(), {.reduction = sum})) == 10.5);
  REQUIRE(value_of(reference::nll(x.view(), targets, w.view())) == 1.5);
  for (std::size_t i = 0; i < 4; ++i) targets.set(i, static_cast<std::uint64_t>(-100));
  REQUIRE(std::isnan(value_of(reference::nll(x.view(), targets, w.view()))));
  REQUIRE(value_of(reference::nll(x.view(), targets, w.view(), {.reduction = sum})) == 0);
  targets.set(3, 3);
  REQUIRE_THROWS_WITH(reference::nll(x.view(), targets),
                      Catch::Contains("element 3 of target is 3; expected 0 to 3 - 1"));
}

TEST_CASE("losses refuse what they cannot mean", "[reference][loss]") {
  const tensor x = line_of({0.5, 2}), t = line_of({0.5, 1}), three = line_of({1, 2, 3});
  const tensor scalar = test::tensor_of(binary32, {}, std::vector<double>{1}), bad = line_of({1, NAN});
  REQUIRE_THROWS_WITH(reference::mse(x.view(), three.view()), Catch::Contains("target has shape (3,); expected (2,)"));
  REQUIRE_THROWS_WITH(reference::bce(x.view(), t.view()), Catch::Contains("element 1 of x is 2.0"));
  REQUIRE_THROWS_WITH(reference::bce_with_logits(t.view(), x.view()), Catch::Contains("element 1 of target is 2.0"));
  REQUIRE_THROWS_WITH(reference::bce(t.view(), t.view(), bad.view()), Catch::Contains("element 1 of weight is nan"));
  REQUIRE_THROWS_WITH(reference::bce_with_logits(x.view(), t.view(), {}, three.view()),
                      Catch::Contains("pos_weight has shape (3,); expected 2"));
  REQUIRE_THROWS_WITH(reference::huber(x.view(), t.view(), 0), Catch::Contains("delta is 0"));
  REQUIRE_THROWS_WITH(reference::smooth_l1(x.view(), t.view(), -1), Catch::Contains("beta is -1"));
  REQUIRE_THROWS_WITH(reference::kl_div(scalar.view(), scalar.view(), false, reference::loss_reduction::batch_mean),
                      Catch::Contains("shape ()"));
}
