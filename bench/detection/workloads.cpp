// The kernels that are judged, in sizes that a hundred thousand runs can afford.
#include <cmath>

#include <assay/format/name.hpp>

#include "trial.hpp"

namespace detection {

namespace {

/// What a kernel of small formats stores: bfloat16 for fp8, else the inputs' format.
format output_of(format storage) { return storage.fraction_bits < 7 ? bfloat16 : storage; }
std::string to(format f) { return " to=" + format_name(f); }

struct shape3 {
  std::size_t m, n, k;
};
constexpr shape3 gemm_shapes[] = {{32, 32, 64}, {24, 40, 200}, {16, 16, 1024}, {48, 48, 256}};

trial gemm(const setting& s, std::string claim, std::string honest) {
  random_source random(s.seed);
  const auto [m, n, k] = gemm_shapes[s.size];
  trial t{kernel_call("gemm"), std::move(claim) + to(output_of(s.storage)),
          std::move(honest) + to(output_of(s.storage))};
  t.call.set_input("a", draw(s.storage, {m, k}, s.inputs, random));
  t.call.set_input("b", draw(s.storage, {k, n}, s.inputs, random));
  return t;
}

trial gemm_plain(const setting& s) {
  return gemm(s, "fp32-accumulate", "compute=binary32 accumulate=floating:binary32");
}

trial gemm_unit(const setting& s) {
  return gemm(s, "tensor-core",
              "compute=binary32 accumulate=aligned:group=16,fraction=25,out=binary32,round=toward_zero");
}

trial gemm_fp8(const setting& s) {
  return gemm(s, "deepseek-fp8",
              "compute=binary32 accumulate=aligned:group=32,fraction=13,out=binary32,kept=e8m13,round=toward_zero/"
              "promote:128/floating:binary32");
}

/// alpha, beta, bias and an activation: everything that an epilogue has.
trial gemm_epilogue(const setting& s) {
  trial t = gemm_plain(s);
  random_source random(s.seed + 1);
  const auto [m, n, k] = gemm_shapes[s.size];
  t.call.set_input("c", draw(s.storage, {m, n}, s.inputs, random, std::sqrt(static_cast<double>(k))));
  t.call.set_input("bias", draw(binary32, {n}, s.inputs, random, std::sqrt(static_cast<double>(k))));
  t.call.set("alpha", 0.75);
  t.call.set("beta", 0.5);
  t.call.set("activation", "gelu");
  return t;
}

/// Blocks of 32 along k have a scale each, in both factors.
trial gemm_scaled(const setting& s) {
  trial t = gemm_plain(s);
  random_source random(s.seed + 2);
  const auto [m, n, k] = gemm_shapes[s.size];
  const std::size_t blocks = (k + 31) / 32;
  const auto scales = [&](extents shape) {
    tensor x = draw(binary32, shape, distribution::uniform_positive, random);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto v = static_cast<float>(std::ldexp(1 + random.unit(), static_cast<int>(random.below(6)) - 3));
      x.set(i, std::bit_cast<std::uint32_t>(v));
    }
    return x;
  };
  t.call.set_input("a_scale", scales({m, blocks}));
  t.call.set_input("b_scale", scales({blocks, n}));
  return t;
}

struct shape2 {
  std::size_t rows, length;
};
constexpr shape2 line_shapes[] = {{32, 64}, {16, 200}, {8, 1024}, {64, 128}};

trial lines(const char* kernel, const setting& s, double scale = 1) {
  random_source random(s.seed);
  const auto [rows, length] = line_shapes[s.size];
  trial t{kernel_call(kernel), "fp32-accumulate" + to(output_of(s.storage)),
          "compute=binary32" + to(output_of(s.storage))};
  t.call.set_input("x", draw(s.storage, {rows, length}, s.inputs, random, scale));
  return t;
}

trial softmax(const setting& s) {
  trial t = lines("softmax", s, 3);
  t.call.set("temperature", 0.8);
  return t;
}

trial norm(const char* kernel, const setting& s, bool bias) {
  trial t = lines(kernel, s);
  random_source random(s.seed + 1);
  const std::size_t n = line_shapes[s.size].length;
  t.call.set_input("weight", draw(binary32, {n}, distribution::normal, random));
  if (bias) t.call.set_input("bias", draw(binary32, {n}, distribution::normal, random));
  t.call.set("eps", 1e-5);
  return t;
}

/// Small variances about a large mean: where eps matters, and where one pass cancels.
trial layer_norm(const setting& s) {
  trial t = norm("layer_norm", s, true);
  random_source random(s.seed + 3);
  const auto [rows, length] = line_shapes[s.size];
  if (s.inputs == distribution::adversarial) {
    tensor x = draw(s.storage, {rows, length}, distribution::normal, random, 0.01);
    t.call.set_input("x", x);
  }
  return t;
}

trial cross_entropy(const setting& s, const char* reduction) {
  random_source random(s.seed);
  const auto [rows, length] = line_shapes[s.size];
  trial t{kernel_call("cross_entropy"), "fp32-accumulate to=binary32", "compute=binary32 to=binary32"};
  t.call.set_input("x", draw(s.storage, {rows, length}, s.inputs, random, 2));
  tensor target(element_type::integer(64, true), {rows});
  for (std::size_t i = 0; i < rows; ++i) {
    target.set(i, i % 5 == 3 ? static_cast<std::uint64_t>(-100) : random.below(length));
  }
  t.call.set_input("target", std::move(target));
  t.call.set("label_smoothing", 0.1);
  t.call.set("reduction", reduction);
  return t;
}

trial attention(const setting& s) {
  random_source random(s.seed);
  constexpr shape3 shapes[] = {{8, 8, 16}, {16, 32, 32}, {24, 64, 16}, {33, 33, 64}};
  const auto [queries, keys, width] = shapes[s.size];
  trial t{kernel_call("attention"), "fp32-accumulate" + to(output_of(s.storage)),
          "compute=binary32" + to(output_of(s.storage))};
  t.call.set_input("q", draw(s.storage, {2, queries, width}, s.inputs, random));
  t.call.set_input("k", draw(s.storage, {1, keys, width}, s.inputs, random));
  t.call.set_input("v", draw(s.storage, {1, keys, width}, s.inputs, random));
  t.call.set("causal", "bottom_right");
  return t;
}

trial conv2d(const setting& s) {
  random_source random(s.seed);
  constexpr std::size_t sides[] = {8, 12, 16, 10}, channels[] = {4, 8, 4, 16};
  trial t{kernel_call("conv2d"), "fp32-accumulate" + to(output_of(s.storage)),
          "compute=binary32" + to(output_of(s.storage))};
  t.call.set_input("x", draw(s.storage, {1, channels[s.size], sides[s.size], sides[s.size]}, s.inputs, random));
  t.call.set_input("weight", draw(s.storage, {8, channels[s.size], 3, 3}, s.inputs, random));
  t.call.set("padding", 1);
  return t;
}

/// binary32 into a small format, saturating.
trial quantise(const setting& s) {
  random_source random(s.seed);
  const auto [rows, length] = line_shapes[s.size];
  const std::string target = to(s.storage) + ":saturate_finite";
  trial t{kernel_call("convert"), "fp32-accumulate" + target, "compute=binary32" + target};
  const double scale = s.inputs == distribution::adversarial ? 100 : 3;
  tensor x = draw(binary32, {rows, length}, s.inputs, random, scale);
  for (std::size_t i = 0; i < x.size() / 64; ++i) {  // a few that no format of 8 bits holds, and zeros of both signs
    const float special[] = {1e6f, -1e6f, -0.0f, 0.001f, -0.0005f, 0.0f};
    x.set(random.below(x.size()), std::bit_cast<std::uint32_t>(special[random.below(6)]));
  }
  t.call.set_input("x", std::move(x));
  return t;
}

trial pointwise(const char* kernel, const setting& s) { return lines(kernel, s, 2); }

trial all_reduce(const setting& s) {
  random_source random(s.seed);
  const auto [rows, length] = line_shapes[s.size];
  trial t{kernel_call("all_reduce"), "fp32-accumulate" + to(s.storage), "compute=binary32" + to(s.storage)};
  t.call.set_input("x", draw(s.storage, {8, rows, length / 8}, s.inputs, random));
  return t;
}

const std::vector<std::string> sum_orders{
    "", "order=reversed", "order=pairwise", "order=lanes:32", "order=split_k:4", "order=blocked:16"};
const std::vector<std::string> softmax_forms{"", "algorithm=online", "algorithm=split chunk=64",
                                             "exp=exp2 divide=reciprocal", "exp=exp2_fma order=pairwise"};
const std::vector<std::string> norm_forms{"",
                                          "variance=welford",
                                          "variance=chunked chunk=32",
                                          "root=reciprocal",
                                          "root=quotient order=lanes:32",
                                          "mean=reciprocal affine=fused"};
const std::vector<std::string> rms_forms{"", "root=reciprocal", "root=quotient order=lanes:32", "mean=reciprocal"};
const std::vector<std::string> loss_forms{"", "algorithm=online", "algorithm=split chunk=64", "order=pairwise"};

}  // namespace

const std::vector<workload>& workloads() {
  static const std::vector<workload> all{
      {"gemm", {bfloat16, binary16, e4m3fn, binary32}, gemm_plain, sum_orders},
      {"gemm_unit", {bfloat16, binary16}, gemm_unit, {"", "accumulate=floating:binary32"}},
      {"gemm_fp8", {e4m3fn, e5m2}, gemm_fp8, {"", "accumulate=floating:binary32"}},
      {"gemm_epilogue", {bfloat16, binary16, e4m3fn}, gemm_epilogue, sum_orders},
      {"gemm_scaled", {e4m3fn, bfloat16, binary16}, gemm_scaled, {""}},
      {"softmax", {bfloat16, binary16, binary32}, softmax, softmax_forms},
      {"layer_norm", {bfloat16, binary16, binary32}, layer_norm, norm_forms},
      {"rms_norm",
       {bfloat16, binary16, binary32},
       [](const setting& s) { return norm("rms_norm", s, false); },
       rms_forms},
      {"cross_entropy",
       {bfloat16, binary16, binary32},
       [](const setting& s) { return cross_entropy(s, "none"); },
       loss_forms},
      {"cross_entropy_mean",
       {bfloat16, binary16, binary32},
       [](const setting& s) { return cross_entropy(s, "mean"); },
       loss_forms},
      {"attention", {bfloat16, binary16, e4m3fn}, attention, {"", "order=pairwise"}},
      {"conv2d", {bfloat16, binary16, binary32}, conv2d, sum_orders},
      {"quantise", {e4m3fn, e5m2, binary16}, quantise, {""}},
      {"gelu",
       {bfloat16, binary16, binary32},
       [](const setting& s) { return pointwise("gelu", s); },
       {"", "form=steps"}},
      {"silu",
       {bfloat16, binary16, binary32},
       [](const setting& s) { return pointwise("silu", s); },
       {"", "form=steps"}},
      {"all_reduce", {bfloat16, binary16, binary32}, all_reduce, {""}},
  };
  return all;
}

}  // namespace detection
