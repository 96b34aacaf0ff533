// Attention against loops of rounded operations, query by query.
#include <catch2/catch.hpp>

#include <kernel/scalars.hpp>

using namespace test;
using assay::attribute_value;
using assay::bfloat16;
using assay::binary16;
using assay::binary32;
using assay::binary64;
using assay::e4m3fn;
using assay::e5m2;
using assay::kernel_call;

namespace {

constexpr std::size_t batch = 2, heads = 4, groups = 2, queries = 5, keys = 11, depth = 8, width = 3;

struct attention_case {
  const char* causal = "none";
  bool has_bias = false, has_mask = false;
};
constexpr attention_case cases[]{{}, {"top_left", true, false}, {"bottom_right", false, true}, {"none", true, true}};

kernel_call attention_call(random_source& random, const attention_case& c) {
  kernel_call call("attention");
  call.set_input("q", normal_tensor(random, binary16, {batch, heads, queries, depth}));
  call.set_input("k", normal_tensor(random, binary16, {batch, groups, keys, depth}));
  call.set_input("v", normal_tensor(random, binary16, {batch, groups, keys, width}));
  if (c.has_bias) call.set_input("bias", normal_tensor(random, binary16, {queries, keys}));
  if (c.has_mask) {
    tensor mask(assay::element_type::boolean(), {batch, heads, queries, keys});
    // The first key stays, so that every query sees one.
    for (std::size_t i = 0; i < mask.size(); ++i) mask.set(i, i % keys == 0 || random() % 3 != 0 ? 1 : 0);
    call.set_input("mask", mask);
  }
  call.set("causal", c.causal);
  return call;
}

/// One query of one head: its scores' terms, read anew for each.
struct query {
  scalars& s;
  const kernel_call& call;
  std::size_t head, i;  ///< of all heads

  std::size_t key_head() const { return head / heads * groups + head % heads / (heads / groups); }
  num q(std::size_t e) const { return s.load(call.input("q"), (head * queries + i) * depth + e); }
  num k(std::size_t j, std::size_t e) const { return s.load(call.input("k"), (key_head() * keys + j) * depth + e); }
  num v(std::size_t j, std::size_t d) const { return s.load(call.input("v"), (key_head() * keys + j) * width + d); }
  bool sees(std::size_t j) const {
    const std::string causal = call.choice("causal");
    if (causal == "top_left" && j > i) return false;
    if (causal == "bottom_right" && j > i + keys - queries) return false;
    return !call.has_input("mask") || call.input("mask")[(head * queries + i) * keys + j] != 0;
  }
  num biased(num score, std::size_t j) const {
    return call.has_input("bias") ? score + s.load(call.input("bias"), i * keys + j) : score;
  }
  /// (q k) scale + bias.
  num score(std::size_t j, num scale) const {
    return biased(dot_of(
                      s, depth, [&](std::size_t e) { return q(e); }, [&](std::size_t e) { return k(j, e); }) *
                      scale,
                  j);
  }
};

const double root_scale = 1 / std::sqrt(double{depth});

/// Scores of what is seen, -infinity elsewhere: of formats that have one.
template <class Score>
nums seen_scores(const query& q, const Score& score) {
  nums all;
  for (std::size_t j = 0; j < keys; ++j) all.push_back(q.sees(j) ? score(j) : q.s(-INFINITY));
  return all;
}
num largest_of(const nums& x) {
  num most = x[0];
  for (const num& v : x) most = most < v ? v : most;
  return most;
}

template <class OfQuery>
nums each_query(scalars& s, const kernel_call& call, const OfQuery& of) {
  nums all;
  for (std::size_t r = 0; r < batch * heads * queries; ++r) {
    const nums y = of(query{s, call, r / queries, r % queries});
    all.insert(all.end(), y.begin(), y.end());
  }
  return all;
}

/// sum over j of p_j v_j for each column.
nums weighted_values(const query& q, const nums& p, std::size_t first = 0, const nums& start = {}) {
  nums y;
  for (std::size_t d = 0; d < width; ++d) {
    num sum = start.empty() ? q.s(0) : start[d];
    for (std::size_t j = 0; j < p.size(); ++j) sum = sum + p[j] * q.v(first + j, d);
    y.push_back(sum);
  }
  return y;
}

constexpr struct {
  format in;
  const char* name;
} formats_with_infinity[]{{binary16, "binary16"}, {bfloat16, "bfloat16"}, {binary32, "binary32"}};

}  // namespace

TEST_CASE("attention in three passes is scores, softmax and a product, divided before or after it") {
  random_source random(51);
  for (const auto& compute : formats_with_infinity) {
    scalars s(compute.in);
    for (const attention_case& c : cases) {
      const kernel_call call = attention_call(random, c);
      const auto passes = [&](bool before, bool reciprocal) {
        return each_query(s, call, [&](const query& q) {
          nums p = seen_scores(q, [&](std::size_t j) { return q.score(j, s(root_scale)); });
          const num m = largest_of(p);
          for (num& x : p) x = exp(x - m);
          const num sum = sum_of(s, p);
          const auto divided = [&](num x) { return reciprocal ? x * (s(1) / sum) : x / sum; };
          if (before) {
            for (num& x : p) x = divided(x);
          }
          nums y = weighted_values(q, p);
          if (!before) {
            for (num& x : y) x = divided(x);
          }
          return y;
        });
      };
      CAPTURE(compute.name, c.causal);
      const std::string with = std::string("to=binary32 compute=") + compute.name;
      CHECK(differences(run(call, with, 2), passes(true, false)) == 0);
      CHECK(differences(run(call, with + " normalise=after"), passes(false, false)) == 0);
      CHECK(differences(run(call, with + " normalise=after divide=reciprocal"), passes(false, true)) == 0);
    }
  }
}

TEST_CASE("the scale meets q k where the form says") {
  random_source random(52);
  for (const auto& compute : formats_with_infinity) {
    scalars s(compute.in);
    kernel_call call = attention_call(random, {});
    call.set("scale", attribute_value(0.3));
    const auto with_scores = [&](const auto& score, const auto& exponential) {
      return each_query(s, call, [&](const query& q) {
        nums p = seen_scores(q, [&](std::size_t j) { return score(q, j); });
        const num m = largest_of(p);
        for (num& x : p) x = exponential(x, m);
        const num sum = sum_of(s, p);
        for (num& x : p) x = x / sum;
        return weighted_values(q, p);
      });
    };
    const auto natural = [](num x, num m) { return exp(x - m); };
    const num root = s(std::sqrt(0.3)), c = s(std::numbers::log2e / (1 / 0.3));
    const auto scaled = [&](const num& on_q, const num& on_k) {
      return [&](const query& q, std::size_t j) {
        return dot_of(
            s, depth, [&](std::size_t e) { return q.q(e) * on_q; }, [&](std::size_t e) { return q.k(j, e) * on_k; });
      };
    };
    const num one = s(1), scale = s(0.3);
    CAPTURE(compute.name);
    const std::string with = std::string("to=binary32 compute=") + compute.name;
    CHECK(differences(run(call, with + " scaling=queries"), with_scores(scaled(scale, one), natural)) == 0);
    CHECK(differences(run(call, with + " scaling=both"), with_scores(scaled(root, root), natural)) == 0);
    const auto exp2 = [](num x) { return x.of->call(assay::elementary::exp2, x); };
    CHECK(differences(run(call, with + " scaling=exponent exp=exp2"),
                      with_scores(scaled(one, one), [&](num x, num m) { return exp2((x - m) * c); })) == 0);
    CHECK(differences(run(call, with + " scaling=exponent exp=exp2_fma"),
                      with_scores(scaled(one, one), [&](num x, num m) { return exp2(fma(x, c, -(m * c))); })) == 0);
    CHECK_THROWS_WITH(run(call, with + " scaling=exponent"), Catch::Contains("expected exp2 or exp2_fma"));
  }
}

TEST_CASE("flash attention keeps a maximum, a sum and a rescaled output from tile to tile") {
  random_source random(53);
  for (const auto& compute : formats_with_infinity) {
    scalars s(compute.in);
    for (const attention_case& c : cases) {
      const kernel_call call = attention_call(random, c);
      for (const std::size_t tile : {1u, 4u, 64u}) {
        const auto tiles = [&](bool inside, std::optional<format> stored, double p_scale) {
          return each_query(s, call, [&](const query& q) {
            const nums scores = seen_scores(q, [&](std::size_t j) { return q.score(j, s(root_scale)); });
            num m = s(-INFINITY), sum = s(0);
            nums y(width, s(0));
            for (std::size_t first = 0; first < keys; first += tile) {
              nums p(scores.begin() + static_cast<std::ptrdiff_t>(first),
                     scores.begin() + static_cast<std::ptrdiff_t>(std::min(first + tile, keys)));
              const num before = m, top = largest_of(p);
              m = m < top ? top : m;
              const num usable = m.value() == -INFINITY ? s(0) : m;
              for (num& x : p) x = exp(x - usable);
              const num rescale = exp(before - usable), part = sum_of(s, p);
              sum = first == 0 ? part : sum * rescale + part;
              for (num& x : p) {
                if (p_scale != 1) x = x * s(p_scale);
                if (stored) x = s.through(x, *stored);
              }
              if (first == 0) {
                y = weighted_values(q, p);
                continue;
              }
              for (num& x : y) x = x * rescale;
              const nums product = weighted_values(q, p, first, inside ? y : nums());
              for (std::size_t d = 0; d < width; ++d) y[d] = inside ? product[d] : y[d] + product[d];
            }
            for (num& x : y) x = (p_scale != 1 ? x * s(1 / p_scale) : x) / sum;
            return y;
          });
        };
        CAPTURE(compute.name, c.causal, tile);
        const std::string with =
            std::string("algorithm=flash to=binary32 compute=") + compute.name + " tile=" + std::to_string(tile);
        CHECK(differences(run(call, with), tiles(true, {}, 1)) == 0);
        CHECK(differences(run(call, with + " output=added"), tiles(false, {}, 1)) == 0);
        CHECK(differences(run(call, with + " store.probabilities=e4m3fn p_scale=256"), tiles(true, e4m3fn, 256)) == 0);
      }
    }
  }
}

TEST_CASE("a query that sees no key is NaN in three passes and 0 in flash") {
  random_source random(54);
  kernel_call call = attention_call(random, {});
  tensor mask(assay::element_type::boolean(), {queries, keys});
  for (std::size_t i = keys; i < mask.size(); ++i) mask.set(i, 1);
  call.set_input("mask", mask);
  const tensor three = run(call, ""), flash = run(call, "algorithm=flash tile=4");
  for (std::size_t e = 0; e < three.size(); ++e) {
    const bool sees_nothing = e / width % queries == 0;
    CHECK((three[e] == 0x7e00) == sees_nothing);
    CHECK((flash[e] == 0) == sees_nothing);
  }
}

TEST_CASE("products of attention run in a matrix unit, and sums of exponentials beside it") {
  random_source random(55);
  const kernel_call call = attention_call(random, cases[1]);
  const std::string unit = "accumulate=unit:h100.mma.fp16.fp32 store.probabilities=binary16 to=binary32";
  // Eleven terms, exact products: the unit differs from exact sums in their last places alone.
  const tensor got = run(call, unit), near = run(call, "accumulate=exact store.probabilities=binary16 to=binary32");
  CHECK(differences(got, near) != 0);
  CHECK(largest_error(got, near) < 0x1p-12);
  CHECK_THROWS_WITH(run(call, "accumulate=unit:h100.mma.fp16.fp32"), Catch::Contains("fp16"));
}

TEST_CASE("attention whose shapes do not fit is refused in a sentence") {
  random_source random(56);
  kernel_call call = attention_call(random, {});
  call.set_input("k", normal_tensor(random, binary16, {batch, 3, keys, depth}));
  CHECK_THROWS_WITH(run(call, ""),
                    "k has the shape (2, 3, 11, 8); expected a number of heads that divides those of q, 4.");
  call = attention_call(random, {});
  call.set_input("bias", normal_tensor(random, binary16, {queries, keys + 1}));
  CHECK_THROWS_WITH(run(call, ""), "bias has the shape (5, 12); expected (5, 11) or (2, 4, 5, 11).");
}
