// A check is made part by part, on several threads, with bounds only where they matter: none of it shows in a verdict.
#include <catch2/catch.hpp>

#include <algorithm>

#include <support/budget.hpp>

#include "cases.hpp"

using namespace assay;

namespace {

/// Honest results with so many bits flipped.
std::vector<tensor> with_flips(std::mt19937_64& random, const kernel_call& call, const arithmetic& with, format to,
                               std::size_t flips) {
  std::vector<tensor> got = test::results_of(call, with, to);
  for (std::size_t n = 0; n < flips; ++n) {
    const std::size_t i = random() % got[0].size();
    got[0].set(i, got[0][i] ^ std::uint64_t{1} << random() % static_cast<unsigned>(to.width()));
  }
  return got;
}

void check_same(const verdict& a, const verdict& b) {
  CHECK(a.pass == b.pass);
  CHECK(a.class_failures == b.class_failures);
  CHECK(a.bound_failures == b.bound_failures);
  CHECK(a.exact == b.exact);
  CHECK(a.correctly_rounded == b.correctly_rounded);
  CHECK(a.low == b.low);
  CHECK(a.largest_distance == b.largest_distance);
  CHECK(a.largest_share == b.largest_share);
  CHECK(a.median_bound == b.median_bound);
  CHECK(summary(a) == summary(b));
  REQUIRE(a.pictures.size() == b.pictures.size());
  CHECK(a.pictures[0].mean == b.pictures[0].mean);
  CHECK(a.pictures[0].largest == b.pictures[0].largest);
  CHECK(a.pictures[0].failing == b.pictures[0].failing);
  CHECK(a.pictures[0].distances == b.pictures[0].distances);
  CHECK(a.pictures[0].fails == b.pictures[0].fails);
}

std::size_t failing_in(const error_picture& p) {
  std::size_t all = 0;
  for (const std::uint32_t n : p.failing) all += n;
  return all;
}

tensor some_rows(const tensor& x, std::size_t first, std::size_t count) {
  tensor rows(x.type(), {count, x.shape()[1]});
  for (std::size_t i = 0; i < rows.size(); ++i) rows.set(i, x[first * x.shape()[1] + i]);
  return rows;
}

}  // namespace

TEST_CASE("No number of threads changes a verdict") {
  std::mt19937_64 random(31);
  for (const format to : {bfloat16, binary32}) {
    const kernel_call call =
        test::random_call(random, "softmax", bfloat16, test::fewer(900), 400, test::spread::normal);
    const claim claimed = parse_claim("softmax", "fp32-accumulate");
    const std::vector<tensor> got = with_flips(random, call, claimed.base, to, 300);
    const judge_options one{.diagnose = false, .keep_elements = true};
    judge_options three = one;
    three.threads = 3;
    const verdict v = judge(call, got, claimed, one);
    check_same(v, judge(call, got, claimed, three));
    CHECK(v.judged == v.elements);
    CHECK(v.within + v.outside == v.elements);
    CHECK(failing_in(v.pictures[0]) == v.outside);
  }
}

TEST_CASE("What fails in a large product fails among its rows alone, though not all scales are computed") {
  std::mt19937_64 random(32);
  constexpr std::size_t rows = 1200, columns = 1100, k = 24;
  for (const char* words : {"tensor-core", "fp32-accumulate"}) {
    kernel_call call("gemm");
    call.set_input("a", test::random_tensor(random, e4m3fn, {rows, k}, test::spread::wide));
    call.set_input("b", test::random_tensor(random, e4m3fn, {k, columns}, test::spread::normal));
    const claim claimed = parse_claim("gemm", words);
    const std::vector<tensor> got = with_flips(random, call, claimed.base, bfloat16, 2000);
    const judge_options options{.diagnose = false, .statistical_bounds = false, .distribution = false, .threads = 2};
    const verdict v = judge(call, got, claimed, options);
    std::size_t failures = 0, rounded = 0;
    for (std::size_t first = 0; first < rows; first += 150) {
      kernel_call part("gemm");
      part.set_input("a", some_rows(call.input("a"), first, 150));
      part.set_input("b", call.input("b"));
      const std::vector<tensor> of_part{some_rows(got[0], first, 150)};
      const verdict p = judge(part, of_part, claimed, options);
      failures += p.outside;
      rounded += p.correctly_rounded;
    }
    INFO(words);
    CHECK(v.outside > 1000);
    CHECK(v.outside == failures);
    CHECK(v.correctly_rounded == rounded);
    CHECK(failing_in(v.pictures[0]) == v.outside);
  }
}

TEST_CASE("Elements that an honest kernel's own roundings acquit are not drawn as failing") {
  kernel_call call("sum");
  tensor x(element_type::of(binary32), {4, 60000});
  for (std::size_t i = 0; i < x.size(); ++i) x.set(i, 0x3dcccccd);  // 0.1: every addition rounds the same way
  call.set_input("x", x);
  const claim nearest = parse_claim("sum", "fp32-accumulate");
  const verdict v = judge(call, test::results_of(call, nearest.base, binary32), nearest, {.keep_elements = true});
  CHECK(v.pass);
  CHECK(failing_in(v.pictures[0]) == 0);
  CHECK(std::count(v.pictures[0].fails.begin(), v.pictures[0].fails.end(), true) == 0);
  CHECK(v.largest_share <= 1);
  CHECK(v.within == 4);
}
