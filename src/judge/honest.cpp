#include "honest.hpp"

#include <cmath>

#include <assay/accumulate/grammar.hpp>
#include <assay/kernel/run.hpp>

namespace assay::detail {
namespace {

/// Choices that are no rounding matter: they overflow, cancel or compute something else.
struct unsound {
  std::string_view key, value;
  std::string_view kernel = {};  ///< of this kernel only
};
constexpr unsound unsound_choices[] = {
    {"algorithm", "naive"},
    {"eps", "outside"},
    {"end", "log"},
    {"complement", "difference"},
    {"form", "sigmoid", "bce_with_logits"},
    {"form", "direct", "softplus"},
    {"form", "steps", "tanh"},  // 1 - 2 / (e^(2 x) + 1) loses all digits near zero
    {"activation", "steps"},
};

bool is_sound(std::string_view kernel, std::string_view key, std::string_view value, const claim& claimed) {
  if (key == "variance" && (value == "one_pass" || value == "shifted")) return claimed.variance >= variance_algorithm::one_pass;
  if (key == "variance" && value != "two_pass") return claimed.variance >= variance_algorithm::welford;
  for (const unsound& u : unsound_choices) {
    if (u.key == key && u.value == value && (u.kernel.empty() || u.kernel == kernel)) return false;
  }
  return true;
}

}  // namespace

bool uses_functions(std::string_view kernel) {
  for (const std::string_view plain :
       {"convert",    "relu",       "sum",       "mean",        "variance",       "dot",           "gemm", "conv2d",
        "max_pool2d", "avg_pool2d", "embedding", "all_reduce",  "reduce_scatter", "gemm_backward", "mse",  "l1",
        "huber",      "smooth_l1",  "nll",       "mse_backward"}) {
    if (plain == kernel) return false;
  }
  return true;
}

std::vector<honest_kernel> honest_kernels(const court& c, std::size_t most) {
  std::vector<honest_kernel> all;
  const std::string_view kernel = c.call.name();
  if (!has_emulation(kernel)) return all;
  arithmetic base = c.claimed.base;
  all.push_back({"the claim's plainest form", base});
  // Right behind it, lest `most` cut them off: with a short operand these err the most, and the tests' null hypothesis
  // would lack what the claim allows.
  if (c.claimed.operand) {
    for (const store_info& point : stores_of(kernel)) {
      arithmetic other = base;
      other.stores[std::string(point.name)] = {*c.claimed.operand, {}};
      all.push_back({std::string(point.name) + " stored", other});
    }
  }
  for (std::size_t i = 1; i < c.claimed.accumulators.size(); ++i) {
    arithmetic other = base;
    other.accumulate = c.claimed.accumulators[i];
    all.push_back({to_string(c.claimed.accumulators[i]), other});
  }
  if (c.claimed.any_order) {
    for (const summation_order& order :
         {summation_order(order::lanes{32}), summation_order(order::split_k{4}), summation_order(order::pairwise{8})}) {
      arithmetic other = base;
      other.order = order;
      all.push_back({to_string(order), other});
    }
  }
  if (uses_functions(kernel) && c.claimed.function_ulps > 0.5) {
    arithmetic other = base;
    other.functions.what = function_model::kind::approximate;
    const int digits = base.compute ? base.compute->precision() : c.outputs.front().precision();
    other.functions.relative_error = std::ldexp(c.claimed.function_ulps, 1 - digits);
    all.push_back({"functions off by up to " + std::to_string(c.claimed.function_ulps) + " ulp", other});
  }
  for (const attribute_info& choice : variants_of(kernel)) {
    if (choice.type != attribute_info::kind::choice || base.variants.contains(choice.name)) continue;
    assay::detail::for_each_word(choice.choices, ' ', [&](std::string_view word) {
      if (word == choice.initial || !is_sound(kernel, choice.name, word, c.claimed)) return;
      arithmetic other = base;
      other.variants[std::string(choice.name)] = std::string(word);
      all.push_back({std::string(choice.name) + "=" + std::string(word), other});
    });
  }
  if (all.size() > most) all.resize(most);
  return all;
}

std::optional<std::vector<tensor>> emulate(const court& c, const kernel_call& call, arithmetic with) {
  std::vector<tensor> all;
  try {
    for (std::size_t r = 0; r < c.outputs.size(); ++r) {
      if (r != 0 && c.outputs[r] == c.outputs[0]) continue;
      with.to = c.outputs[r];
      std::vector<tensor> these = run_kernel(call, with, c.threads);
      if (r == 0) {
        all = std::move(these);
      } else if (r < these.size()) {
        all[r] = std::move(these[r]);
      }
    }
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
  for (tensor& results : all) clamp_whole_numbers(c.claimed, results);
  return all;
}

}  // namespace assay::detail
