#include <assay/reference/attention.hpp>

#include <catch2/catch.hpp>

#include <assay/reference/truth_of.hpp>

#include "agreement.hpp"

using namespace assay;
using test::wide;

namespace {

struct problem {
  std::size_t outer, heads, key_heads, queries, keys, depth, width;
  reference::causality causal;
  bool has_bias, has_mask, whole;  // bias and mask for every head
  std::optional<double> scale;
};

/// Written from the formula, without a maximum taken off.
std::vector<wide> plain_attention(const problem& p, const tensor& q, const tensor& k, const tensor& v,
                                  const tensor& bias, std::span<const std::uint8_t> keep) {
  const auto qs = test::wide_of(q), ks = test::wide_of(k), vs = test::wide_of(v), bs = test::wide_of(bias);
  const wide scale = p.scale ? wide(*p.scale) : wide(1) / sqrt(wide(static_cast<double>(p.depth)));
  std::vector<wide> y;
  for (std::size_t head = 0; head < p.outer * p.heads; ++head) {
    const std::size_t key_head = head / p.heads * p.key_heads + head % p.heads * p.key_heads / p.heads;
    for (std::size_t i = 0; i < p.queries; ++i) {
      std::vector<wide> sums(p.width, wide(0));
      wide total;
      for (std::size_t j = 0; j < p.keys; ++j) {
        const std::size_t at = ((p.whole ? head * p.queries : 0) + i) * p.keys + j;
        const auto last = static_cast<long>(i) + (p.causal == reference::causality::bottom_right
                                                      ? static_cast<long>(p.keys) - static_cast<long>(p.queries)
                                                      : 0);
        if (p.causal != reference::causality::none && static_cast<long>(j) > last) continue;
        if (p.has_mask && keep[at] == 0) continue;
        wide product;
        for (std::size_t e = 0; e < p.depth; ++e) {
          product += qs[(head * p.queries + i) * p.depth + e] * ks[(key_head * p.keys + j) * p.depth + e];
        }
        const wide weight = exp(product * scale + (p.has_bias ? bs[at] : wide(0)));
        total += weight;
        for (std::size_t d = 0; d < p.width; ++d) sums[d] += weight * vs[(key_head * p.keys + j) * p.width + d];
      }
      for (const wide& s : sums) y.push_back(s / total);
    }
  }
  return y;
}

tensor uniform(test::random_source& random, format f, extents shape, double most) {
  std::vector<double> values(shape.count());
  for (double& x : values) x = most * (2 * test::unit(random) - 1);
  return test::tensor_of(f, shape, values);
}

/// One head, one query; keys that score s_j with values v_j.
double one_query(std::vector<double> scores, std::vector<double> values, std::vector<std::uint8_t> keep = {}) {
  const std::size_t n = scores.size();
  const tensor q = test::tensor_of(binary32, {1, 1}, std::vector<double>{1});
  tensor k(element_type::of(binary64), {n, 1}), v(element_type::of(binary64), {n, 1});
  for (std::size_t j = 0; j < n; ++j) {
    k.set(j, std::bit_cast<std::uint64_t>(scores[j]));
    v.set(j, std::bit_cast<std::uint64_t>(values[j]));
  }
  return test::value_of(reference::attention(q.view(), k.view(), v.view(), {}, {.keep = keep}), 0);
}

}  // namespace

TEST_CASE("attention's truth is the formula rounded once, in every format and mode", "[reference][attention]") {
  test::tally tally;
  test::random_source random(1);
  for (const auto& output : test::formats_and_modes()) {
    const std::size_t key_heads = 1 + random.below(2);
    const problem p{1 + random.below(2),
                    key_heads * (1 + random.below(2)),
                    key_heads,
                    1 + random.below(4),
                    1 + random.below(6),
                    1 + random.below(5),
                    1 + random.below(3),
                    static_cast<reference::causality>(random.below(3)),
                    random.below(2) == 0,
                    random.below(2) == 0,
                    random.below(2) == 0,
                    random.below(2) == 0 ? std::optional(0.3) : std::nullopt};
    const tensor q = uniform(random, bfloat16, {p.outer, p.heads, p.queries, p.depth}, 4),
                 k = uniform(random, binary16, {p.outer, p.key_heads, p.keys, p.depth}, 4),
                 v = uniform(random, e4m3fn, {p.outer, p.key_heads, p.keys, p.width}, 3);
    const extents all{p.outer, p.heads, p.queries, p.keys}, one{p.queries, p.keys};
    const tensor bias = uniform(random, binary32, p.whole ? all : one, 2);
    std::vector<std::uint8_t> keep(bias.size());
    for (std::uint8_t& m : keep) m = random.below(3) != 0;
    const auto truth = reference::attention(
        q.view(), k.view(), v.view(), p.has_bias ? bias.view() : code_view(),
        {.scale = p.scale,
         .causal = p.causal,
         .keep = p.has_mask ? std::span<const std::uint8_t>(keep) : std::span<const std::uint8_t>()},
        {.to = output.first, .how = output.second, .enclosure = true});
    std::vector<wide> exact = plain_attention(p, q, k, v, bias, keep);
    // Queries that see nothing are NaN, in truth.value as well: compared by their own test.
    std::vector<wide> seen;
    reference::truth rest = truth;
    std::size_t count = 0;
    for (std::size_t n = 0; n < exact.size(); ++n) {
      const bool is_nan = mpfr_nan_p(exact[n].get()) != 0;
      if (is_nan) {
        const std::uint64_t nan = output.first.has_nan() ? output.first.nan_code() : output.first.max_finite_code();
        tally.expect(truth.value[n] == nan, [] { return std::string("a query that sees nothing is not NaN"); });
        continue;
      }
      seen.push_back(exact[n]);
      rest.value.set(count, truth.value[n]);
      rest.lower.set(count, truth.lower[n]);
      rest.upper.set(count++, truth.upper[n]);
    }
    const extents flat{count};
    reference::truth compact{tensor(rest.value.type(), flat),
                             tensor(element_type::of(binary64), flat),
                             tensor(element_type::of(binary64), flat),
                             {},
                             {}};
    for (std::size_t n = 0; n < count; ++n) {
      compact.value.set(n, rest.value[n]);
      compact.lower.set(n, rest.lower[n]);
      compact.upper.set(n, rest.upper[n]);
    }
    compact.decided.fast = count;
    REQUIRE(truth.decided.elements() == exact.size());
    test::compare(tally, compact, seen, output.second, "attention");
  }
  tally.require();
}

TEST_CASE("attention over equal scores or equal values is exact, whatever the mode", "[reference][attention]") {
  for (const rounding mode : {rounding::ties_to_even, rounding::upward, rounding::downward, rounding::to_odd}) {
    for (const std::size_t depth : {std::size_t{4}, std::size_t{3}}) {  // a rational scale, and another
      const std::vector<double> ones(depth, 1.0), same(4 * depth, 0.5);
      std::vector<double> other(4 * depth);
      for (std::size_t n = 0; n < other.size(); ++n) other[n] = static_cast<double>(n % 5) - 2;
      const tensor q = test::tensor_of(binary32, {1, depth}, ones), equal = test::tensor_of(binary32, {4, depth}, same),
                   k = test::tensor_of(binary32, {4, depth}, other),
                   v = test::tensor_of(binary32, {4, 1}, std::vector<double>{1, 2, 3, 5}),
                   constant = test::tensor_of(binary32, {4, 1}, std::vector<double>{7, 7, 7, 7});
      const reference::request want{.to = bfloat16, .how = {.mode = mode}};
      REQUIRE(test::value_of(reference::attention(q.view(), equal.view(), v.view(), {}, {}, want), 0) == 2.75);
      REQUIRE(test::value_of(reference::attention(q.view(), k.view(), constant.view(), {}, {}, want), 0) == 7);
    }
  }
}

TEST_CASE("attention's specials are those of its table", "[reference][attention]") {
  const double inf = HUGE_VAL;
  REQUIRE(std::isnan(one_query({0, NAN}, {1, 2})));
  REQUIRE(std::isnan(one_query({0, inf}, {1, 2})));
  REQUIRE(one_query({0, -inf}, {1, NAN}) == 1);
  REQUIRE(std::isnan(one_query({-inf, -inf}, {1, 2})));
  REQUIRE(one_query({0, NAN}, {1, 2}, {1, 0}) == 1);
  REQUIRE(std::isnan(one_query({0, 1}, {1, 2}, {0, 0})));
  REQUIRE(std::isnan(one_query({0, 1}, {NAN, 2})));
  REQUIRE(std::isnan(one_query({0, 1}, {inf, -inf})));
  REQUIRE(one_query({0, -1e6}, {3, -inf}) == -inf);  // a weight too small for any format is a weight
  REQUIRE(one_query({0, 1}, {inf, -5}, {0, 1}) == -5);
  REQUIRE(one_query({2, 2}, {-1, 1}) == 0);
  REQUIRE_FALSE(std::signbit(one_query({2, 2}, {-1, 1})));
  REQUIRE(one_query({1000, 0}, {1, 5}) == 1);
  REQUIRE(one_query({-1e30, 1e30}, {1, 5}) == 5);
  REQUIRE(one_query({1}, {-3}) == -3);
  const tensor q(element_type::of(binary32), {1, 2}), none(element_type::of(binary32), {0, 2});
  REQUIRE(std::isnan(test::value_of(reference::attention(q.view(), none.view(), none.view()), 0)));
}

TEST_CASE("attention's scale is the weighted sum of magnitudes", "[reference][attention]") {
  const tensor q = test::tensor_of(binary32, {1, 1}, std::vector<double>{1}),
               k = test::tensor_of(binary32, {3, 1}, std::vector<double>{0, 1, -1}),
               v = test::tensor_of(binary32, {3, 1}, std::vector<double>{1, -2, 4});
  const auto truth = reference::attention(q.view(), k.view(), v.view(), {}, {}, {.scales = true});
  const double e = std::exp(1), due = (1 + 2 * e + 4 / e) / (1 + e + 1 / e),
               scale = std::bit_cast<double>(truth.scale[0]);
  REQUIRE(scale >= due * (1 - 1e-15));
  REQUIRE(scale <= due * (1 + 1e-12));
}

TEST_CASE("attention over many keys and heads gives the same bits whatever the threads", "[reference][attention]") {
  test::random_source random(2);
  const tensor q = uniform(random, bfloat16, {2, 150, 16}, 2), k = uniform(random, bfloat16, {1, 700, 16}, 2),
               v = uniform(random, bfloat16, {1, 700, 3}, 2);
  const auto one = reference::attention(q.view(), k.view(), v.view()),
             three = reference::attention(q.view(), k.view(), v.view(), {}, {}, {.threads = 3});
  REQUIRE(std::equal(one.value.bytes().begin(), one.value.bytes().end(), three.value.bytes().begin()));
  REQUIRE(one.decided == three.decided);
  test::tally tally;
  const problem p{1, 2, 1, 150, 700, 16, 3, reference::causality::none, false, false, false, std::nullopt};
  tensor first(element_type::of(bfloat16), {2, 1, 16});  // a query of each head is enough
  for (std::size_t e = 0; e < 16; ++e) first.set(e, q[e]), first.set(16 + e, q[150 * 16 + e]);
  problem small = p;
  small.queries = 1;
  const auto exact = plain_attention(small, first, k, v, {}, {});
  for (std::size_t d = 0; d < 3; ++d) {
    tally.expect(one.value[d] == exact[d].rounded_to(binary32, {}), [] { return std::string("the first head"); });
    tally.expect(one.value[150 * 3 + d] == exact[3 + d].rounded_to(binary32, {}),
                 [] { return std::string("the second"); });
  }
  tally.require();
}

TEST_CASE("attention refuses what it cannot mean, and says what it found", "[reference][attention]") {
  const auto zeros = [](extents shape) { return tensor(element_type::of(binary16), shape); };
  const tensor q = zeros({2, 4, 3, 8}), k = zeros({2, 2, 5, 8}), v = zeros({2, 2, 5, 6}), three = zeros({2, 3, 5, 8}),
               flat = zeros({8}), other = zeros({2, 2, 4, 6}), bias = zeros({3, 4});
  const auto refused = [&](const tensor& a, const tensor& b, const tensor& c, const std::string& sentence) {
    REQUIRE_THROWS_WITH(reference::attention(a.view(), b.view(), c.view()), Catch::Contains(sentence));
  };
  refused(flat, k, v, "q has shape (8,); expected (..., H, L, E)");
  refused(q, v, v, "k has shape (2, 2, 5, 6); expected (2, G, S, 8)");
  refused(q, three, v, "expected a number of key heads that divides q's 4");
  refused(q, k, other, "v has shape (2, 2, 4, 6); expected (2, 2, 5, D)");
  REQUIRE_THROWS_WITH(reference::attention(q.view(), k.view(), v.view(), bias.view()),
                      Catch::Contains("bias has 12 elements; expected 15 of shape (L, S), or 120"));
  REQUIRE_THROWS_WITH(reference::attention(q.view(), k.view(), v.view(), {}, {.scale = NAN}),
                      Catch::Contains("scale is"));
  kernel_call call("attention");
  call.set_input("q", q);
  call.set_input("k", k);
  call.set_input("v", v);
  call.set_input("bias", zeros({5, 3}));
  REQUIRE_THROWS_WITH(reference::truth_of(call),
                      Catch::Contains("bias has shape (5, 3); expected (3, 5) or (2, 4, 3, 5)"));
}
