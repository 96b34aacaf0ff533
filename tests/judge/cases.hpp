// Calls of kernels on random data, for honest and wrong kernels to be judged on.
#pragma once

#include <cmath>
#include <random>
#include <string>

#include <assay/judge/judge.hpp>
#include <assay/kernel/run.hpp>
#include <assay/number/convert.hpp>

namespace test {

/// What inputs look like.
enum class spread { normal, uniform_positive, outliers, wide };

inline double draw(std::mt19937_64& random, spread how) {
  const double unit = static_cast<double>(random() >> 11) * 0x1p-53;
  std::normal_distribution<double> normal;
  switch (how) {
    case spread::normal: return normal(random);
    case spread::uniform_positive: return unit;
    case spread::outliers: return normal(random) * (random() % 64 == 0 ? 20 : 1);
    case spread::wide: break;
  }
  return normal(random) * std::exp2(8 * unit - 4);
}

inline assay::tensor random_tensor(std::mt19937_64& random, assay::format f, assay::extents shape, spread how,
                                   double scale = 1, double shift = 0) {
  assay::tensor x(assay::element_type::of(f), shape);
  const assay::conversion saturating{.on_overflow = assay::overflow::saturate_finite};
  for (std::size_t i = 0; i < x.size(); ++i) x.set(i, convert(draw(random, how) * scale + shift, f, saturating).code);
  return x;
}

inline assay::tensor random_classes(std::mt19937_64& random, std::size_t n, std::size_t classes,
                                    std::int64_t ignored = -1) {
  assay::tensor x(assay::element_type::integer(64, true), {n});
  for (std::size_t i = 0; i < n; ++i) {
    x.set(i, ignored != -1 && random() % 4 == 0 ? static_cast<std::uint64_t>(ignored) : random() % classes);
  }
  return x;
}

/// A call of the kernel with `lines` lines of n elements, about.
inline assay::kernel_call random_call(std::mt19937_64& random, std::string_view kernel, assay::format f,
                                      std::size_t lines, std::size_t n, spread how) {
  using assay::extents;
  assay::kernel_call call(kernel);
  const auto input = [&](std::string_view name, extents shape, double scale = 1, double shift = 0) {
    call.set_input(name, random_tensor(random, f, shape, how, scale, shift));
  };
  const std::string k(kernel);
  if (k == "gemm") {
    input("a", {lines, n});
    input("b", {n, 24});
  } else if (k == "dot") {
    input("a", {lines, n});
    input("b", {lines, n});
  } else if (k == "conv2d") {
    input("x", {2, 3, 12, 12});
    input("weight", {8, 3, 3, 3});
  } else if (k == "max_pool2d" || k == "avg_pool2d") {
    input("x", {2, 3, 12, 12});
    call.set("window", 3);
  } else if (k == "attention") {
    input("q", {2, 2, lines, 16});
    input("k", {2, 2, n, 16});
    input("v", {2, 2, n, 8});
  } else if (k == "cross_entropy" || k == "cross_entropy_backward" || k == "nll") {
    input("x", {lines, n});
    call.set_input("target", random_classes(random, lines, n));
    call.set("reduction", random() % 2 == 0 ? "none" : "mean");
    if (k == "cross_entropy_backward") call.set("reduction", "mean");
  } else if (k == "batch_norm") {
    input("x", {lines * n == 1 ? 2 : lines, 6, n});  // in training a channel needs two elements
    call.set("training", assay::attribute_value(true));
    input("weight", {6});
    input("bias", {6});
  } else if (k == "group_norm") {
    input("x", {lines, 6, n});
    call.set("groups", 3);
  } else if (k == "lstm_cell" || k == "gru_cell" || k == "rnn_cell") {
    const std::size_t gates = k == "lstm_cell" ? 4 : k == "gru_cell" ? 3 : 1, h = 16;
    input("x", {lines, n});
    input("h", {lines, h});
    if (k == "lstm_cell") input("c", {lines, h});
    input("w_ih", {gates * h, n}, 0.2);
    input("w_hh", {gates * h, h}, 0.2);
    input("b_ih", {gates * h});
  } else if (k == "embedding") {
    input("weight", {50, n});
    call.set_input("indices", random_classes(random, lines, 50));
  } else if (k == "all_reduce" || k == "reduce_scatter") {
    input("x", {8, 8, n});
  } else if (k == "gemm_backward") {
    input("a", {lines, n});
    input("b", {n, 24});
    input("dy", {lines, 24});
  } else if (k == "bce") {
    call.set_input("x", random_tensor(random, f, {lines, n}, spread::uniform_positive));
    call.set_input("target", random_tensor(random, f, {lines, n}, spread::uniform_positive));
  } else if (k == "bce_with_logits" || k == "kl_div") {
    input("x", {lines, n});
    call.set_input("target", random_tensor(random, f, {lines, n}, spread::uniform_positive));
  } else if (k == "mse" || k == "l1" || k == "huber" || k == "smooth_l1" || k == "mse_backward") {
    input("x", {lines, n});
    input("target", {lines, n});
  } else if (k == "log" || k == "log2" || k == "sqrt" || k == "rsqrt" || k == "log1p") {
    call.set_input("x", random_tensor(random, f, {lines, n}, spread::uniform_positive, 4, 0.01));
  } else {
    input("x", {lines, n}, how == spread::outliers ? 0.5 : 1);
    if (k.ends_with("_backward")) input("dy", {lines, n});
    if (k == "layer_norm" || k == "rms_norm" || k == "layer_norm_backward" || k == "rms_norm_backward")
      input("weight", {n});
    if (k == "layer_norm") input("bias", {n});
  }
  for (const assay::attribute_info& a : call.info().attributes) {
    if (a.name == "reduction" && !call.was_set("reduction")) call.set("reduction", "none");
  }
  return call;
}

/// The results of a claim's arithmetic, stored in `to`.
inline std::vector<assay::tensor> results_of(const assay::kernel_call& call, assay::arithmetic with, assay::format to) {
  with.to = to;
  return run_kernel(call, with);
}

/// Whether truth and emulation of the kernel exist.
bool can_be_judged(std::string_view kernel);

}  // namespace test
