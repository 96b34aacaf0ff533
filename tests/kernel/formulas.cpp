// In binary64 every kernel and every one of its forms comes near its formula, written out here in long double.
#include <catch2/catch.hpp>

#include <functional>

#include <kernel/support.hpp>

using namespace test;
using assay::attribute_value;
using assay::binary32;
using assay::binary64;
using assay::element_type;
using assay::kernel_call;
using real = long double;
using reals = std::vector<real>;

namespace {

reals values_of(const tensor& t) {
  reals all(t.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = value_at(t, i);
  return all;
}

/// Within `bound` of the larger of |due| and 1, elementwise, in every form but those that have that word.
void check_near(const kernel_call& call, const reals& due, double bound = 1e-12, std::string_view besides = "",
                std::size_t result = 0) {
  for (const std::string& variant : single_variants(call.name())) {
    if (!besides.empty() && variant.find(besides) != std::string::npos) continue;
    CAPTURE(call.name(), variant);
    const auto with = assay::parse_arithmetic(call.name(), "compute=binary64 to=binary64" + variant);
    const tensor got = assay::run_kernel(call, with)[result];
    REQUIRE(got.size() == due.size());
    real most = 0;
    for (std::size_t i = 0; i < due.size(); ++i) {
      const real error = std::abs(value_at(got, i) - due[i]) / std::max<real>(std::abs(due[i]), 1);
      most = error <= most ? most : error == error ? error : INFINITY;
    }
    CHECK(most < bound);
  }
}

tensor indices(extents shape, const std::vector<std::int64_t>& values) {
  tensor t(element_type::integer(64, true), shape);
  for (std::size_t i = 0; i < t.size(); ++i) t.set(i, static_cast<std::uint64_t>(values[i % values.size()]));
  return t;
}

tensor uniform_tensor(random_source& random, extents shape, double low, double high) {
  tensor t(element_type::of(binary32), shape);
  for (std::size_t i = 0; i < t.size(); ++i) {
    t.set(i, assay::convert(low + (high - low) * (uniform(random) + 1) / 2, binary32).code);
  }
  return t;
}

real mean_of(const reals& x) {
  real s = 0;
  for (const real v : x) s += v;
  return s / static_cast<real>(x.size());
}
real squares_of(const reals& x) {
  const real m = mean_of(x);
  real s = 0;
  for (const real v : x) s += (v - m) * (v - m);
  return s;
}
real logsumexp_of(const reals& x) {
  real m = x[0], s = 0;
  for (const real v : x) m = std::max(m, v);
  for (const real v : x) s += std::exp(v - m);
  return m + std::log(s);
}
reals part(const reals& x, std::size_t first, std::size_t n, std::size_t step = 1) {
  reals some(n);
  for (std::size_t i = 0; i < n; ++i) some[i] = x[first + i * step];
  return some;
}
reals line_by_line(const tensor& x, std::size_t n, const std::function<real(const reals&)>& f) {
  const reals all = values_of(x);
  reals result;
  for (std::size_t i = 0; i < all.size(); i += n) result.push_back(f(part(all, i, n)));
  return result;
}

}  // namespace

TEST_CASE("functions of one element come near their formulas in every form") {
  random_source random(11);
  const tensor x = normal_tensor(random, binary32, {500}, 3), positive = uniform_tensor(random, {500}, 0.01, 20);
  struct row {
    const char* kernel;
    const tensor& x;
    real (*f)(real);
  };
  const row rows[] = {
      {"convert", x, [](real v) { return v; }},
      {"exp", x, [](real v) { return std::exp(v); }},
      {"exp2", x, [](real v) { return std::exp2(v); }},
      {"expm1", x, [](real v) { return std::expm1(v); }},
      {"log", positive, [](real v) { return std::log(v); }},
      {"log2", positive, [](real v) { return std::log2(v); }},
      {"log1p", positive, [](real v) { return std::log1p(v); }},
      {"tanh", x, [](real v) { return std::tanh(v); }},
      {"erf", x, [](real v) { return std::erf(v); }},
      {"sqrt", positive, [](real v) { return std::sqrt(v); }},
      {"rsqrt", positive, [](real v) { return 1 / std::sqrt(v); }},
      {"reciprocal", positive, [](real v) { return 1 / v; }},
      {"sigmoid", x, [](real v) { return 1 / (1 + std::exp(-v)); }},
      {"gelu", x, [](real v) { return v / 2 * std::erfc(-v / std::sqrt(real{2})); }},
      {"gelu_tanh", x,
       [](real v) {
         return v / 2 * (1 + std::tanh(std::sqrt(2 / std::acos(real{-1})) * (v + real{0.044715} * v * v * v)));
       }},
      {"silu", x, [](real v) { return v / (1 + std::exp(-v)); }},
      {"relu", x, [](real v) { return v > 0 ? v : 0; }},
      {"softplus", x, [](real v) { return std::log1p(std::exp(v)); }},
  };
  for (const row& r : rows) {
    kernel_call call(r.kernel);
    call.set_input("x", r.x);
    reals due = values_of(r.x);
    for (real& v : due) v = r.f(v);
    check_near(call, due);
  }
  kernel_call call("softplus");
  call.set_input("x", x);
  call.set("beta", attribute_value(0.5));
  reals due = values_of(x);
  for (real& v : due) v = std::log1p(std::exp(v / 2)) * 2;
  check_near(call, due);
}

TEST_CASE("reductions come near their formulas along any axis") {
  random_source random(12);
  const tensor x = normal_tensor(random, binary32, {6, 50, 4}, 2, 1);
  const reals all = values_of(x);
  const auto along_middle = [&](const std::function<real(const reals&)>& f) {
    reals result;
    for (std::size_t o = 0; o < 6; ++o) {
      for (std::size_t i = 0; i < 4; ++i) result.push_back(f(part(all, o * 200 + i, 50, 4)));
    }
    return result;
  };
  const auto check = [&](const char* kernel, const std::function<real(const reals&)>& f) {
    kernel_call call(kernel);
    call.set_input("x", x);
    check_near(call, line_by_line(x, 4, f));
    call.set("axis", 1);
    check_near(call, along_middle(f));
  };
  check("sum", [](const reals& v) { return mean_of(v) * static_cast<real>(v.size()); });
  check("mean", mean_of);
  check("variance", [](const reals& v) { return squares_of(v) / (static_cast<real>(v.size()) - 1); });
  check("logsumexp", logsumexp_of);
}

TEST_CASE("log_softmax comes near its formula, with a temperature and a mask too") {
  random_source random(13);
  const tensor x = normal_tensor(random, binary32, {5, 64}, 3);
  const reals all = values_of(x);
  for (const double temperature : {1.0, 0.7, 3.0}) {
    kernel_call call("log_softmax");
    call.set_input("x", x);
    call.set("temperature", attribute_value(temperature));
    reals due;
    for (std::size_t l = 0; l < 5; ++l) {
      reals v = part(all, l * 64, 64);
      for (real& e : v) e /= temperature;
      const real total = logsumexp_of(v);
      for (const real e : v) due.push_back(e - total);
    }
    check_near(call, due);
  }
  tensor mask(element_type::boolean(), {5, 64});
  for (std::size_t i = 0; i < mask.size(); ++i) mask.set(i, i % 3 == 0 ? 0 : 1);
  kernel_call call("softmax");
  call.set_input("x", x);
  call.set_input("mask", mask);
  reals due;
  for (std::size_t l = 0; l < 5; ++l) {
    real s = 0;
    for (std::size_t i = l * 64; i < l * 64 + 64; ++i) s += i % 3 == 0 ? 0 : std::exp(all[i]);
    for (std::size_t i = l * 64; i < l * 64 + 64; ++i) due.push_back(i % 3 == 0 ? 0 : std::exp(all[i]) / s);
  }
  check_near(call, due);
}

TEST_CASE("norms come near their formulas") {
  random_source random(14);
  constexpr real eps = 1e-5L;
  const auto normalised = [](reals v, real m, real variance) {
    for (real& e : v) e = (e - m) / std::sqrt(variance + eps);
    return v;
  };
  SECTION("rms_norm, over two axes") {
    const tensor x = normal_tensor(random, binary32, {3, 10, 8}), w = normal_tensor(random, binary32, {10, 8});
    kernel_call call("rms_norm");
    call.set_input("x", x);
    call.set_input("weight", w);
    call.set("axes", 2);
    call.set("eps", attribute_value(1e-5));
    reals due;
    for (std::size_t l = 0; l < 3; ++l) {
      const reals v = part(values_of(x), l * 80, 80);
      real q = 0;
      for (const real e : v) q += e * e / 80;
      for (std::size_t i = 0; i < 80; ++i) due.push_back(v[i] / std::sqrt(q + eps) * value_at(w, i));
    }
    check_near(call, due, 1e-12, "outside");
  }
  const tensor x = normal_tensor(random, binary32, {4, 6, 5, 3}, 2, 1);
  const reals all = values_of(x);
  const tensor w = normal_tensor(random, binary32, {6}), b = normal_tensor(random, binary32, {6});
  SECTION("group_norm") {
    kernel_call call("group_norm");
    call.set_input("x", x);
    call.set_input("weight", w);
    call.set_input("bias", b);
    call.set("groups", 3);
    reals due;
    for (std::size_t l = 0; l < 12; ++l) {
      const reals v = part(all, l * 30, 30);
      const reals n = normalised(v, mean_of(v), squares_of(v) / 30);
      for (std::size_t i = 0; i < 30; ++i) {
        const std::size_t channel = l % 3 * 2 + i / 15;
        due.push_back(n[i] * value_at(w, channel) + value_at(b, channel));
      }
    }
    check_near(call, due, 1e-11, "outside");
  }
  SECTION("batch_norm in training and inference") {
    const tensor mean = normal_tensor(random, binary32, {6}), var = uniform_tensor(random, {6}, 0.5, 2);
    kernel_call call("batch_norm");
    call.set_input("x", x);
    call.set_input("weight", w);
    call.set_input("bias", b);
    call.set_input("running_mean", mean);
    call.set_input("running_var", var);
    for (const bool training : {false, true}) {
      call.set("training", attribute_value(training));
      reals due(x.size()), new_mean(6), new_var(6);
      for (std::size_t c = 0; c < 6; ++c) {
        reals v;
        for (std::size_t s = 0; s < 4; ++s) {
          for (std::size_t i = 0; i < 15; ++i) v.push_back(all[(s * 6 + c) * 15 + i]);
        }
        const real m = mean_of(v), squares = squares_of(v);
        new_mean[c] = 0.1L * m + 0.9L * value_at(mean, c);
        new_var[c] = 0.1L * squares / 59 + 0.9L * value_at(var, c);
        const reals n = normalised(v, training ? m : value_at(mean, c), training ? squares / 60 : value_at(var, c));
        for (std::size_t j = 0; j < 60; ++j) {
          due[(j / 15 * 6 + c) * 15 + j % 15] = n[j] * value_at(w, c) + value_at(b, c);
        }
      }
      check_near(call, due, 1e-11, "outside");
      check_near(call, training ? new_mean : reals{}, 1e-12, "outside", 1);
      check_near(call, training ? new_var : reals{}, 1e-12, "outside", 2);
    }
  }
}

TEST_CASE("losses of elements come near their formulas in every reduction") {
  random_source random(15);
  const extents shape{6, 20};
  const tensor x = normal_tensor(random, binary32, shape), p = uniform_tensor(random, shape, 0.02, 0.98),
               t = uniform_tensor(random, shape, 0.05, 0.95), w = uniform_tensor(random, shape, 0.5, 2),
               pos = uniform_tensor(random, {20}, 0.5, 2);
  const auto check = [&](kernel_call& call, const std::function<real(std::size_t)>& f, double batch = 0) {
    reals due(120);
    for (std::size_t i = 0; i < due.size(); ++i) due[i] = f(i);
    real s = 0;
    for (const real v : due) s += v;
    call.set("reduction", "none");
    check_near(call, due);
    call.set("reduction", "sum");
    check_near(call, {s});
    call.set("reduction", "mean");
    check_near(call, {s / 120});
    if (batch == 0) return;
    call.set("reduction", "batchmean");
    check_near(call, {s / batch});
  };
  const auto pair = [&](const char* kernel, const tensor& input) {
    kernel_call call(kernel);
    call.set_input("x", input);
    call.set_input("target", t);
    return call;
  };
  const auto distance = [&](std::size_t i) -> real { return std::abs(value_at(x, i) - value_at(t, i)); };
  auto mse = pair("mse", x), l1 = pair("l1", x), huber = pair("huber", x), smooth = pair("smooth_l1", x),
       bce = pair("bce", p), logits = pair("bce_with_logits", x), kl = pair("kl_div", x), log_kl = pair("kl_div", x);
  check(mse, [&](std::size_t i) { return distance(i) * distance(i); });
  check(l1, distance);
  huber.set("delta", attribute_value(0.7));
  check(huber, [&](std::size_t i) {
    const real d = distance(i), delta = 0.7L;
    return d <= delta ? d * d / 2 : delta * (d - delta / 2);
  });
  smooth.set("beta", attribute_value(0.7));
  check(smooth, [&](std::size_t i) {
    const real d = distance(i), beta = 0.7L;
    return d < beta ? d * d / (2 * beta) : d - beta / 2;
  });
  bce.set_input("weight", w);
  check(bce, [&](std::size_t i) {
    const real y = value_at(t, i), q = value_at(p, i);
    return -value_at(w, i) * (y * std::log(q) + (1 - y) * std::log(1 - q));
  });
  logits.set_input("weight", w);
  logits.set_input("pos_weight", pos);
  check(logits, [&](std::size_t i) {
    const real y = value_at(t, i), s = 1 / (1 + std::exp(-real{value_at(x, i)}));
    return -value_at(w, i) * (value_at(pos, i % 20) * y * std::log(s) + (1 - y) * std::log(1 - s));
  });
  check(
      kl, [&](std::size_t i) { return value_at(t, i) * (std::log(real{value_at(t, i)}) - value_at(x, i)); }, 6);
  log_kl.set("log_target", attribute_value(true));
  check(
      log_kl, [&](std::size_t i) { return std::exp(real{value_at(t, i)}) * (value_at(t, i) - value_at(x, i)); }, 6);
}

TEST_CASE("cross_entropy and nll come near their formulas, weights, smoothing, ignored targets and axes included") {
  random_source random(16);
  const tensor x = normal_tensor(random, binary32, {4, 7, 3}, 2), w = uniform_tensor(random, {7}, 0.5, 2);
  const std::vector<std::int64_t> classes{0, 6, 3, -100, 2, 2, 5, 1, -100, 4, 0, 6};
  const reals all = values_of(x);
  reals log_p(all.size());
  for (std::size_t l = 0; l < 12; ++l) {
    const std::size_t first = l / 3 * 21 + l % 3;
    const real total = logsumexp_of(part(all, first, 7, 3));
    for (std::size_t c = 0; c < 7; ++c) log_p[first + 3 * c] = all[first + 3 * c] - total;
  }
  const auto check = [&](kernel_call& call, const reals& due, real denominator) {
    real s = 0;
    for (const real v : due) s += v;
    call.set("reduction", "none");
    check_near(call, due);
    call.set("reduction", "sum");
    check_near(call, {s});
    call.set("reduction", "mean");
    check_near(call, {s / denominator});
  };
  const auto classes_call = [&](const char* kernel, bool weighted) {
    kernel_call call(kernel);
    call.set_input("x", x);
    call.set_input("target", indices({4, 3}, classes));
    if (weighted) call.set_input("weight", w);
    return call;
  };
  const auto weight = [&](bool weighted, std::size_t c) -> real { return weighted ? value_at(w, c) : 1; };
  for (const bool weighted : {false, true}) {
    for (const double smoothing : {0.0, 0.2}) {
      reals due(12), nll(12);
      real denominator = 0;
      for (std::size_t l = 0; l < 12; ++l) {
        if (classes[l] < 0) continue;
        const std::size_t first = l / 3 * 21 + l % 3, target = static_cast<std::size_t>(classes[l]);
        for (std::size_t c = 0; c < 7; ++c) {
          const real share = smoothing / 7 + (c == target ? 1 - smoothing : 0);
          due[l] -= share * weight(weighted, c) * log_p[first + 3 * c];
        }
        nll[l] = -weight(weighted, target) * all[first + 3 * target];
        denominator += weight(weighted, target);
      }
      auto call = classes_call("cross_entropy", weighted);
      call.set("label_smoothing", attribute_value(smoothing));
      check(call, due, denominator);
      auto plain = classes_call("nll", weighted);
      check(plain, nll, denominator);
    }
  }
  kernel_call call("cross_entropy");
  const tensor p = uniform_tensor(random, {4, 7, 3}, 0, 0.3);
  call.set_input("x", x);
  call.set_input("weight", w);
  call.set_input("target_probabilities", p);
  call.set("label_smoothing", attribute_value(0.1));
  reals due(12);
  for (std::size_t l = 0; l < 12; ++l) {
    for (std::size_t c = 0; c < 7; ++c) {
      const std::size_t i = l / 3 * 21 + l % 3 + 3 * c;
      due[l] -= (0.9L * value_at(p, i) + 0.1L / 7) * value_at(w, c) * log_p[i];
    }
  }
  check(call, due, 12);
}
