// Functions of one number.
//
// Each is evaluated over bounded numbers in the form in which programs write it, every primitive (exp, log, erf, tanh,
// a root, a quotient) within the claim's function_ulps. Where that form cancels, the bound says so: gelu of x = -5 is
// x / 2 (1 + erf(x / sqrt 2)), whose sum loses all digits, and a kernel that computes it so is honest. A kernel that
// does better lies within the bound as well.
//
// sigmoid is 1 / (1 + e^-x) or, below zero, e^x / (1 + e^x); the first overflows on its way to 0 for x below
// -ln(largest), where its result 0 is off by sigmoid(x) itself.
#include <numbers>

#include "bounds.hpp"

namespace assay::detail {
namespace {

bounded logistic(const roundings& r, bounded x) {
  const bool positive = x.value >= 0;
  const bounded e = r.exp(positive ? r.negate(x) : x), below = r.add(r.exact(1), e);
  bounded s = r.divide(positive ? r.exact(1) : e, below);
  if (!(-x.value + x.likely(r.lambda()) < std::log(r.largest()))) {
    s.worst = std::max(s.worst, s.value);
    s.fixed = std::max(s.fixed, s.value);
  }
  return s;
}

bounded tanh_of(const roundings& r, bounded x) {
  const double y = std::tanh(x.value);
  const auto slope = [&x](double e) {
    const double t = std::tanh(std::max(0.0, std::abs(x.value) - e));
    return 1 - t * t;
  };
  return r.function(x, y, slope(x.worst), slope(x.likely(r.lambda())));
}

bounded gelu(const roundings& r, bounded x) {
  const bounded t = r.multiply(x, r.constant(std::numbers::sqrt2 / 2));
  const bounded erf = r.function(t, std::erf(t.value), 2 * std::numbers::inv_sqrtpi);
  return r.multiply(r.multiply(x, r.exact(0.5)), r.add(r.exact(1), erf));
}

bounded gelu_tanh(const roundings& r, bounded x) {
  const bounded cube = r.multiply(r.multiply(x, x), x);
  const bounded inner = r.add(x, r.multiply(r.constant(0.044715), cube));
  const bounded t = tanh_of(r, r.multiply(r.constant(std::sqrt(2 / std::numbers::pi)), inner));
  return r.multiply(r.multiply(x, r.exact(0.5)), r.add(r.exact(1), t));
}

/// ln(1 + e^z), as log1p(exp z) or z where e^-z no longer counts.
bounded softplus(const roundings& r, bounded x, double beta) {
  const bounded z = beta == 1 ? x : r.multiply(x, r.constant(beta));
  if (z.value > 20) {
    bounded y = z;
    y.worst += std::exp(-z.value) + r.u() * std::abs(z.value) + r.function_error() * z.value;
    y.fixed += std::exp(-z.value) + r.u() * std::abs(z.value) + r.function_error() * z.value;
    return beta == 1 ? y : r.divide(y, r.constant(beta));
  }
  const bounded e = r.exp(z);
  const bounded y = r.function(e, std::log1p(e.value), 1);
  return beta == 1 ? y : r.divide(y, r.constant(beta));
}

struct function_row {
  std::string_view kernel;
  bounded (*of)(const roundings& r, bounded x, const kernel_call& call);
};

// clang-format off
constexpr function_row functions[] = {
    {"convert", [](const roundings&, bounded x, const kernel_call&) { return bounded{x.value, 0, 0, 0}; }},
    {"exp", [](const roundings& r, bounded x, const kernel_call&) { return r.exp(x); }},
    {"exp2", [](const roundings& r, bounded x, const kernel_call&) {
       bounded z = x;
       z.value *= std::numbers::ln2; z.worst *= std::numbers::ln2; z.fixed *= std::numbers::ln2; z.sigma *= std::numbers::ln2;
       return r.exp(z); }},
    {"expm1", [](const roundings& r, bounded x, const kernel_call&) {
       return r.function(x, std::expm1(x.value), std::exp(x.value + x.worst)); }},
    {"log", [](const roundings& r, bounded x, const kernel_call&) { return r.log(x); }},
    {"log2", [](const roundings& r, bounded x, const kernel_call&) {
       const double least = x.value - x.worst;
       return r.function(x, std::log2(x.value), least > 0 ? std::numbers::log2e / least : HUGE_VAL); }},
    {"log1p", [](const roundings& r, bounded x, const kernel_call&) {
       const double least = 1 + x.value - x.worst;
       return r.function(x, std::log1p(x.value), least > 0 ? 1 / least : HUGE_VAL); }},
    {"tanh", [](const roundings& r, bounded x, const kernel_call&) { return tanh_of(r, x); }},
    {"erf", [](const roundings& r, bounded x, const kernel_call&) {
       return r.function(x, std::erf(x.value), 2 * std::numbers::inv_sqrtpi); }},
    {"sqrt", [](const roundings& r, bounded x, const kernel_call&) { return r.sqrt(x); }},
    {"rsqrt", [](const roundings& r, bounded x, const kernel_call&) { return r.rsqrt(x); }},
    {"reciprocal", [](const roundings& r, bounded x, const kernel_call&) { return r.divide(r.exact(1), x); }},
    {"sigmoid", [](const roundings& r, bounded x, const kernel_call&) { return logistic(r, x); }},
    {"gelu", [](const roundings& r, bounded x, const kernel_call&) { return gelu(r, x); }},
    {"gelu_tanh", [](const roundings& r, bounded x, const kernel_call&) { return gelu_tanh(r, x); }},
    {"silu", [](const roundings& r, bounded x, const kernel_call&) { return r.multiply(x, logistic(r, x)); }},
    {"relu", [](const roundings&, bounded x, const kernel_call&) { return x; }},
    {"softplus", [](const roundings& r, bounded x, const kernel_call& call) {
       return softplus(r, x, call.number("beta")); }},
};
// clang-format on

std::vector<error_bounds> bound(const bound_question& q) {
  const auto row = std::find_if(std::begin(functions), std::end(functions),
                                [&](const function_row& f) { return f.kernel == q.call.name(); });
  const std::vector<double> x = doubles(q.call, "x");
  error_bounds b;
  b.resize(x.size());
  const bool moves = q.call.name() == "convert";
  for (std::size_t i = 0; i < x.size(); ++i) {
    b.set(i, row->of(q.how, moves ? q.how.exact(x[i]) : q.how.load(x[i]), q.call), q.how.lambda());
  }
  return one(std::move(b));
}

constexpr auto pointwise_rows = [] {
  std::array<bound_row, std::size(functions)> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = {functions[i].kernel, bound};
  return all;
}();

}  // namespace

bound_family pointwise_bounds() { return pointwise_rows; }

bounded bounded_activation(const roundings& r, std::string_view name, bounded x) {
  if (name == "relu") return x;
  if (name == "gelu") return gelu(r, x);
  if (name == "gelu_tanh") return gelu_tanh(r, x);
  if (name == "silu") return r.multiply(x, logistic(r, x));
  if (name == "sigmoid") return logistic(r, x);
  if (name == "tanh") return tanh_of(r, x);
  return x;
}

}  // namespace assay::detail
