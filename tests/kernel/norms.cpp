// Norms and statistics in every form, bit for bit against loops of correctly rounded operations.
#include <catch2/catch.hpp>

#include <kernel/scalars.hpp>

using namespace test;
using assay::attribute_value;
using assay::elementary;
using assay::kernel_call;

namespace {

struct moments {
  num mean, variance;
};

struct form {
  std::string variance = "two_pass", mean = "quotient", root = "rsqrt", eps = "inside", affine = "rounded";

  std::string text() const {
    return " variance=" + variance + " mean=" + mean + " root=" + root + " eps=" + eps + " affine=" + affine +
           " chunk=7";
  }
};

num over_count(scalars& in, num x, double n, const std::string& mean) {
  return mean == "quotient" ? x / in(n) : x * (in(1) / in(n));
}

struct welford_state {
  num mean, squares;
  double n;
};
welford_state welford(scalars& in, const nums& x, bool reciprocal) {
  welford_state w{in(0), in(0), 0};
  for (const num& v : x) {
    w.n += 1;
    const num delta = v - w.mean;
    w.mean = w.mean + (reciprocal ? delta * (in(1) / in(w.n)) : delta / in(w.n));
    w.squares = w.squares + delta * (v - w.mean);
  }
  return w;
}

moments moments_of(scalars& in, const nums& x, const form& f, double divisor) {
  const auto n = static_cast<double>(x.size());
  const auto divided = [&](num s, double count) { return over_count(in, s, count, f.mean); };
  const auto one_pass = [&](const nums& y) -> moments {
    const num m = divided(sum_of(in, y), n);
    num q = in(0);
    for (const num& v : y) q = q + v * v;
    const num v = divided(q, n) - m * m;
    return {m, divisor == n ? v : v * in(n / divisor)};
  };
  if (f.variance == "two_pass") {
    const num m = divided(sum_of(in, x), n);
    num q = in(0);
    for (const num& v : x) q = q + (v - m) * (v - m);
    return {m, divided(q, divisor)};
  }
  if (f.variance == "one_pass") return one_pass(x);
  if (f.variance == "shifted") {
    nums y;
    for (const num& v : x) y.push_back(v - x[0]);
    moments s = one_pass(y);
    s.mean = s.mean + x[0];
    return s;
  }
  if (f.variance == "welford") {
    const welford_state w = welford(in, x, f.mean == "reciprocal");
    return {w.mean, divided(w.squares, divisor)};
  }
  welford_state all = welford(in, nums(x.begin(), x.begin() + 7), true);
  for (std::size_t i = 7; i < x.size(); i += 7) {
    const auto from = x.begin() + static_cast<std::ptrdiff_t>(i);
    const welford_state b =
        welford(in, nums(from, x.begin() + static_cast<std::ptrdiff_t>(std::min(i + 7, x.size()))), true);
    const num delta = b.mean - all.mean, share = in(1) / in(all.n + b.n);
    const num share_a = in(all.n) * share, share_b = in(b.n) * share;
    all.squares = (all.squares + b.squares) + ((delta * delta) * in(all.n)) * share_b;
    all.mean = share_a * all.mean + share_b * b.mean;
    all.n += b.n;
  }
  return {all.mean, divided(all.squares, divisor)};
}

/// 1 / sqrt(v + eps), or the root where it divides.
num scale_of(scalars& in, num v, double eps, const form& f) {
  if (f.eps == "inside" && f.root == "rsqrt") return in.call(elementary::rsqrt, v + in(eps));
  const num root = f.eps == "inside" ? sqrt(v + in(eps)) : sqrt(v) + in(eps);
  return f.root == "quotient" ? root : in(1) / root;
}

nums normalised(scalars& in, const nums& x, const moments& m, const nums& w, const nums& b, double eps, const form& f,
                std::optional<format> store = {}) {
  const num scale = scale_of(in, m.variance, eps, f);
  nums y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (f.affine == "folded") {
      const num slope = (f.root == "quotient" ? in(1) / scale : scale) * w[i];
      y.push_back(x[i] * slope + (b[i] - m.mean * slope));
      continue;
    }
    num n = f.root == "quotient" ? (x[i] - m.mean) / scale : (x[i] - m.mean) * scale;
    if (store) n = in.through(n, *store);
    y.push_back(f.affine == "fused" ? fma(n, w[i], b[i]) : n * w[i] + b[i]);
  }
  return y;
}

constexpr const char* variances[] = {"two_pass", "one_pass", "shifted", "welford", "chunked"};
constexpr const char* means[] = {"quotient", "reciprocal"};

/// Ordinary numbers, and numbers whose mean is far from zero.
tensor lines(random_source& random, format f) {
  std::vector<double> x;
  for (int i = 0; i < 19; ++i) x.push_back(normal(random));
  for (int i = 0; i < 19; ++i) x.push_back(30 + normal(random));
  return tensor_of(f, {2, 19}, x);
}
nums line(scalars& in, const tensor& x, std::size_t l) {
  nums v;
  for (std::size_t i = 0; i < 19; ++i) v.push_back(in.load(x, l * 19 + i));
  return v;
}

}  // namespace

TEST_CASE("variance in each form is the loop that its words describe") {
  random_source random(51);
  for (const auto& c : compute_formats) {
    scalars in(c.in);
    kernel_call call("variance");
    call.set_input("x", lines(random, c.in));
    for (const double correction : {0.0, 1.0}) {
      call.set("correction", attribute_value(correction));
      for (const char* variance : variances) {
        for (const char* mean : means) {
          const form f{.variance = variance, .mean = mean};
          nums due;
          for (std::size_t l = 0; l < 2; ++l) {
            due.push_back(moments_of(in, line(in, call.input("x"), l), f, 19 - correction).variance);
          }
          CAPTURE(c.name, variance, mean, correction);
          const std::string words = " variance=" + f.variance + " mean=" + f.mean + " chunk=7";
          CHECK(differences(run(call, "compute=" + std::string(c.name) + words), due) == 0);
        }
      }
    }
  }
}

TEST_CASE("layer_norm in each form is the loop that its words describe") {
  random_source random(52);
  for (const auto& c : compute_formats) {
    scalars in(c.in);
    kernel_call call("layer_norm");
    call.set_input("x", lines(random, c.in));
    call.set_input("weight", normal_tensor(random, c.in, {19}));
    call.set_input("bias", normal_tensor(random, c.in, {19}));
    const nums w = load_all(in, call.input("weight")), b = load_all(in, call.input("bias"));
    for (const char* variance : variances) {
      for (const char* mean : means) {
        form f{.variance = variance, .mean = mean};
        std::vector<moments> of;
        for (std::size_t l = 0; l < 2; ++l) of.push_back(moments_of(in, line(in, call.input("x"), l), f, 19));
        for (const char* root : {"rsqrt", "reciprocal", "quotient"}) {
          for (const char* eps : {"inside", "outside"}) {
            for (const char* affine : {"rounded", "fused", "folded"}) {
              f.root = root, f.eps = eps, f.affine = affine;
              nums due;
              for (std::size_t l = 0; l < 2; ++l) {
                const nums y = normalised(in, line(in, call.input("x"), l), of[l], w, b, 1e-5, f);
                due.insert(due.end(), y.begin(), y.end());
              }
              CAPTURE(c.name, f.text());
              CHECK(differences(run(call, "compute=" + std::string(c.name) + f.text()), due) == 0);
            }
          }
        }
      }
    }
  }
}

TEST_CASE("the normalised value can pass through a storage format before the weight") {
  random_source random(53);
  scalars in(assay::binary32);
  const tensor x = lines(random, assay::bfloat16), w = normal_tensor(random, assay::bfloat16, {19});
  kernel_call layer("layer_norm");
  layer.set_input("x", x);
  layer.set_input("weight", w);
  layer.set_input("bias", w);
  const nums weight = load_all(in, w);
  nums due, square_due;
  for (std::size_t l = 0; l < 2; ++l) {
    const nums v = line(in, x, l);
    const nums y = normalised(in, v, moments_of(in, v, {}, 19), weight, weight, 1e-5, {}, assay::bfloat16);
    due.insert(due.end(), y.begin(), y.end());
    num q = in(0);
    for (const num& e : v) q = q + e * e;
    const num r = in.call(elementary::rsqrt, q / in(19) + in(1e-6));
    for (std::size_t i = 0; i < 19; ++i) square_due.push_back(in.through(v[i] * r, assay::bfloat16) * weight[i]);
  }
  CHECK(differences(run(layer, "store.normalised=bfloat16"), due) == 0);
  kernel_call rms("rms_norm");
  rms.set_input("x", x);
  rms.set_input("weight", w);
  CHECK(differences(run(rms, "store.normalised=bfloat16"), square_due) == 0);
  rms.set("cast_before_weight", "bfloat16");
  CHECK(differences(run(rms, ""), square_due) == 0);
}
