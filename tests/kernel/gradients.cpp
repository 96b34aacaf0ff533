// Gradients against loops of rounded operations.
#include <catch2/catch.hpp>

#include <numbers>

#include <kernel/scalars.hpp>

using namespace test;
using assay::attribute_value;
using assay::bfloat16;
using assay::binary16;
using assay::binary32;
using assay::binary64;
using assay::elementary;
using assay::kernel_call;

namespace {

constexpr std::size_t lines = 4, length = 9;

nums line_of(scalars& s, const tensor& t, std::size_t l) {
  nums all;
  for (std::size_t i = 0; i < length; ++i) all.push_back(s.load(t, l * length + i));
  return all;
}
void append(nums& all, const nums& more) { all.insert(all.end(), more.begin(), more.end()); }

kernel_call gradient_call(std::string_view name, random_source& random, double deviation = 1) {
  kernel_call call(name);
  call.set_input("x", normal_tensor(random, binary16, {lines, length}, deviation));
  call.set_input("dy", normal_tensor(random, binary16, {lines, length}));
  return call;
}

/// e^(x - m) / sum.
nums softmax_of(scalars& s, nums x) {
  num m = x[0];
  for (const num& v : x) m = m < v ? v : m;
  for (num& v : x) v = exp(v - m);
  const num sum = sum_of(s, x);
  for (num& v : x) v = v / sum;
  return x;
}

std::string computing_in(const char* name) { return std::string("to=binary32 compute=") + name; }

}  // namespace

TEST_CASE("a product's gradients are products with its factors transposed") {
  random_source random(61);
  constexpr std::size_t m = 3, k = 5, n = 4;
  kernel_call call("gemm_backward");
  call.set_input("a", normal_tensor(random, binary16, {m, k}));
  call.set_input("b", normal_tensor(random, binary16, {k, n}));
  call.set_input("dy", normal_tensor(random, binary16, {m, n}));
  for (const auto& compute : compute_formats) {
    scalars s(compute.in);
    const nums a = load_all(s, call.input("a")), b = load_all(s, call.input("b")), dy = load_all(s, call.input("dy"));
    nums da, db;
    for (std::size_t e = 0; e < m * k; ++e) {
      da.push_back(dot_of(
          s, n, [&](std::size_t j) { return dy[e / k * n + j]; }, [&](std::size_t j) { return b[e % k * n + j]; }));
    }
    for (std::size_t e = 0; e < k * n; ++e) {
      db.push_back(dot_of(
          s, m, [&](std::size_t i) { return a[i * k + e / n]; }, [&](std::size_t i) { return dy[i * n + e % n]; }));
    }
    CAPTURE(compute.name);
    const auto got = assay::run_kernel(call, assay::parse_arithmetic("gemm_backward", computing_in(compute.name)));
    CHECK(differences(got[0], da) == 0);
    CHECK(differences(got[1], db) == 0);
  }
}

TEST_CASE("softmax's gradient is y (dy - s) / T or dy y - y s, log_softmax's dy - y s") {
  random_source random(62);
  for (const auto& compute : compute_formats) {
    scalars s(compute.in);
    kernel_call call = gradient_call("softmax_backward", random, 2),
                of_log = gradient_call("log_softmax_backward", random, 2);
    call.set("temperature", attribute_value(2.0));
    nums factored, split, log, by_log;
    for (std::size_t l = 0; l < lines; ++l) {
      nums x = line_of(s, call.input("x"), l);
      const nums dy = line_of(s, call.input("dy"), l);
      for (num& v : x) v = v / s(2);
      nums y = softmax_of(s, x);
      for (num& v : y) v = s.through(v, bfloat16);
      const num sum = dot_of(
          s, length, [&](std::size_t i) { return y[i]; }, [&](std::size_t i) { return dy[i]; });
      for (std::size_t i = 0; i < length; ++i) {
        factored.push_back((y[i] * (dy[i] - sum)) / s(2));
        split.push_back((dy[i] * y[i] - y[i] * sum) / s(2));
      }
      const nums z = line_of(s, of_log.input("x"), l), dz = line_of(s, of_log.input("dy"), l), p = softmax_of(s, z);
      num m = z[0];
      for (const num& v : z) m = m < v ? v : m;
      nums e;
      for (const num& v : z) e.push_back(exp(v - m));
      const num ln = s.call(elementary::log, sum_of(s, e)), total = sum_of(s, dz);
      for (std::size_t i = 0; i < length; ++i) {
        log.push_back(dz[i] - p[i] * total);
        by_log.push_back(dz[i] - exp((z[i] - m) - ln) * total);
      }
    }
    CAPTURE(compute.name);
    const std::string with = computing_in(compute.name);
    CHECK(differences(run(call, with + " store.probabilities=bfloat16"), factored) == 0);
    CHECK(differences(run(call, with + " store.probabilities=bfloat16 form=split"), split) == 0);
    CHECK(differences(run(of_log, with), log) == 0);
    CHECK(differences(run(of_log, with + " probabilities=log"), by_log) == 0);
  }
}

TEST_CASE("a norm's gradients take its line's means, or sums over N, and lines of dy n for the weight") {
  random_source random(63);
  for (const bool has_mean : {true, false}) {
    const std::string name = has_mean ? "layer_norm_backward" : "rms_norm_backward";
    for (const auto& compute : compute_formats) {
      scalars s(compute.in);
      kernel_call call = gradient_call(name, random);
      call.set_input("weight", normal_tensor(random, binary16, {length}));
      call.set("eps", attribute_value(0.25));
      const nums w = load_all(s, call.input("weight"));
      nums means, sums, by_weight(length, s(0)), by_bias(length, s(0));
      const num n = s(double{length});
      for (std::size_t l = 0; l < lines; ++l) {
        const nums dy = line_of(s, call.input("dy"), l);
        nums x = line_of(s, call.input("x"), l), g;
        if (has_mean) {
          const num m = sum_of(s, x) / n;
          for (num& v : x) v = v - m;
        }
        const auto square = [&](std::size_t i) { return x[i]; };
        const num r = s.call(elementary::rsqrt, dot_of(s, length, square, square) / n + s(0.25));
        for (num& v : x) v = v * r;
        for (std::size_t i = 0; i < length; ++i) {
          g.push_back(dy[i] * w[i]);
          by_weight[i] = by_weight[i] + dy[i] * x[i];
          by_bias[i] = by_bias[i] + dy[i];
        }
        const num total = sum_of(s, g);
        const num product = dot_of(
            s, length, [&](std::size_t i) { return g[i]; }, square);
        for (std::size_t i = 0; i < length; ++i) {
          const num centred = has_mean ? g[i] - total / n : g[i];
          means.push_back(r * (centred - x[i] * (product / n)));
          const num scaled = has_mean ? n * g[i] - total : n * g[i];
          sums.push_back((r / n) * (scaled - x[i] * product));
        }
      }
      CAPTURE(name, compute.name);
      const auto results = [&](const std::string& more) {
        return assay::run_kernel(call, assay::parse_arithmetic(name, computing_in(compute.name) + more), 2);
      };
      const auto got = results("");
      CHECK(differences(got[0], means) == 0);
      CHECK(differences(got[1], by_weight) == 0);
      if (has_mean) CHECK(differences(got[2], by_bias) == 0);
      CHECK(differences(results(" form=sums")[0], sums) == 0);
    }
  }
}

TEST_CASE("gradients of norms in binary64 come near the truth in every form") {
  random_source random(64);
  for (const char* name : {"layer_norm_backward", "rms_norm_backward"}) {
    kernel_call call = gradient_call(name, random);
    call.set_input("weight", normal_tensor(random, binary16, {length}));
    const auto due = assay::reference::truth_of(call, {.to = binary64});
    for (const std::string& variant : single_variants(name)) {
      if (variant.find("outside") != std::string::npos) continue;  // sqrt(v) + eps is another function
      CAPTURE(name, variant);
      const auto got = assay::run_kernel(call, assay::parse_arithmetic(name, "compute=binary64 to=binary64" + variant));
      for (std::size_t r = 0; r < due.size(); ++r) CHECK(largest_error(got[r], due[r].value) < 0x1p-38);
    }
  }
}

TEST_CASE("cross_entropy's gradient is g (p Q - q), or a chain of two, over what the mean divides by") {
  random_source random(65);
  for (const auto& compute : compute_formats) {
    scalars s(compute.in);
    kernel_call call("cross_entropy_backward");
    call.set_input("x", normal_tensor(random, binary16, {lines, length}));
    tensor target(assay::element_type::integer(64, true), {lines});
    for (std::size_t l = 0; l < lines; ++l) target.set(l, random.below(length));
    target.set(2, static_cast<std::uint64_t>(-100));
    call.set_input("target", target);
    call.set_input("weight", tensor_of(binary16, {length}, {0.5, 1.25, 2, 0.75}));
    call.set("label_smoothing", attribute_value(0.125));
    const nums w = load_all(s, call.input("weight"));
    num counted = s(0);
    for (std::size_t l = 0; l < lines; ++l) {
      if (l != 2) counted = counted + w[target[l]];
    }
    const num g = s(1) / counted;
    nums fused, chain;
    for (std::size_t l = 0; l < lines; ++l) {
      if (l == 2) {
        append(fused, nums(length, s(0)));
        append(chain, nums(length, s(0)));
        continue;
      }
      const nums p = softmax_of(s, line_of(s, call.input("x"), l));
      nums q, by_log;
      for (std::size_t c = 0; c < length; ++c) {
        q.push_back((s(c == target[l] ? 1 : 0) * s(0.875) + s(0.125 / length)) * w[c]);
        by_log.push_back(-(g * q[c]));
      }
      const num total = sum_of(s, q), log_total = sum_of(s, by_log);
      for (std::size_t c = 0; c < length; ++c) {
        fused.push_back(g * (p[c] * total - q[c]));
        chain.push_back(by_log[c] - p[c] * log_total);
      }
    }
    CAPTURE(compute.name);
    CHECK(differences(run(call, computing_in(compute.name)), fused) == 0);
    CHECK(differences(run(call, computing_in(compute.name) + " form=chain"), chain) == 0);
  }
}

TEST_CASE("gradients of gelu, silu and the squared error are their formulas' steps") {
  random_source random(66);
  for (const auto& compute : compute_formats) {
    scalars s(compute.in);
    const kernel_call gelu = gradient_call("gelu_backward", random, 3),
                      silu = gradient_call("silu_backward", random, 3);
    kernel_call mse("mse_backward");
    mse.set_input("x", gelu.input("x"));
    mse.set_input("target", gelu.input("dy"));
    nums of_gelu, gelu_fused, of_silu, silu_steps, of_mse, mse_last;
    const num n = s(double{lines * length});
    for (std::size_t i = 0; i < lines * length; ++i) {
      num x = s.load(gelu.input("x"), i), dy = s.load(gelu.input("dy"), i);
      const num phi_sum = s(0.5) * (s(1) + s.call(elementary::erf, x * s(std::numbers::sqrt2 / 2)));
      const num density = exp((-s(0.5) * x) * x) * s(std::numbers::inv_sqrtpi * std::numbers::sqrt2 / 2);
      of_gelu.push_back(dy * (phi_sum + x * density));
      gelu_fused.push_back(dy * fma(x, density, phi_sum));
      of_mse.push_back((s(2) * (s(1) / n)) * (x - dy));
      mse_last.push_back((s(2.0 / (lines * length)) * (x - dy)) * s(1));
      x = s.load(silu.input("x"), i), dy = s.load(silu.input("dy"), i);
      const auto gradient = [&](num sigma) { return (dy * sigma) * (s(1) + x * (s(1) - sigma)); };
      of_silu.push_back(gradient(sigmoid(x)));
      silu_steps.push_back(gradient(s(1) / (s(1) + exp(-x))));
    }
    CAPTURE(compute.name);
    const std::string with = computing_in(compute.name);
    CHECK(differences(run(gelu, with), of_gelu) == 0);
    CHECK(differences(run(gelu, with + " sum=fused"), gelu_fused) == 0);
    CHECK(differences(run(silu, with), of_silu) == 0);
    CHECK(differences(run(silu, with + " form=steps"), silu_steps) == 0);
    CHECK(differences(run(mse, with), of_mse) == 0);
    CHECK(differences(run(mse, with + " product=gradient_last"), mse_last) == 0);
  }
}

TEST_CASE("gradients whose shapes do not fit are refused in a sentence") {
  random_source random(67);
  kernel_call call = gradient_call("gelu_backward", random);
  call.set_input("dy", normal_tensor(random, binary16, {length}));
  CHECK_THROWS_WITH(run(call, ""), "dy has the shape (9,); expected (4, 9).");
  call = kernel_call("mse_backward");
  call.set_input("x", normal_tensor(random, binary16, {length}));
  call.set_input("target", normal_tensor(random, binary16, {length}));
  call.set_input("dy", normal_tensor(random, binary16, {length}));
  CHECK_THROWS_WITH(run(call, ""), "dy has the shape (9,); expected ().");
}
