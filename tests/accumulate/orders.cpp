// Orders against sums written out by hand: an accumulator whose value is its own formula.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include <assay/accumulate/dot.hpp>
#include <assay/accumulate/exact.hpp>
#include <assay/accumulate/floating.hpp>
#include <assay/number/convert.hpp>

namespace {

namespace acc = assay::accumulate;
namespace order = assay::order;
using assay::summation_order;

/// Addition in sequence is written "c 0 1"; merging two runs "(...)+(...)".
struct formula {
  using state = std::string;
  state start(acc::operand c, std::uint64_t) const { return c.value.is_zero() ? "" : "c"; }
  void merge(state& into, const state& from) const { into = "(" + into + ")+(" + from + ")"; }
};

std::string written(const summation_order& o, std::size_t n) {
  const auto push = [](std::string& s, std::size_t i) { s += (s.empty() ? "" : " ") + std::to_string(i); };
  acc::walk<formula, decltype(push)> walk(formula{}, n, acc::read(std::int64_t{1}), push);
  return std::visit(walk, o);
}

assay::rounded sum_of(const acc::floating& a, const summation_order& o, const std::vector<int>& x) {
  return assay::sum(
      a, o, x.size(), [&](std::size_t i) { return acc::read(std::int64_t{x[i]}); }, acc::operand{}, a.in);
}

}  // namespace

TEST_CASE("Orders group terms as their definitions say") {
  CHECK(written(order::sequential{}, 5) == "c 0 1 2 3 4");
  CHECK(written(order::reversed{}, 5) == "c 4 3 2 1 0");
  CHECK(written(order::blocked{2}, 5) == "(((c)+(0 1))+(2 3))+(4)");
  CHECK(written(order::blocked{8}, 5) == "(c)+(0 1 2 3 4)");
  CHECK(written(order::split_k{2}, 5) == "(c)+((0 1 2)+(3 4))");
  CHECK(written(order::split_k{3}, 6) == "(c)+(((0 1)+(2 3))+(4 5))");
  CHECK(written(order::split_k{4}, 2) == "(c)+((0)+(1))");
  CHECK(written(order::pairwise{}, 1) == "(c)+(0)");
  CHECK(written(order::pairwise{}, 2) == "(c)+((0)+(1))");
  CHECK(written(order::pairwise{}, 3) == "(c)+(((0)+(1))+(2))");
  CHECK(written(order::pairwise{}, 6) == "(c)+((((0)+(1))+((2)+(3)))+((4)+(5)))");
  CHECK(written(order::pairwise{}, 7) == "(c)+((((0)+(1))+((2)+(3)))+(((4)+(5))+(6)))");
  CHECK(written(order::pairwise{2}, 7) == "(c)+(((0 1)+(2 3))+((4 5)+(6)))");
  CHECK(written(order::lanes{2}, 5) == "(c)+((0 2 4)+(1 3))");
  CHECK(written(order::lanes{4}, 6) == "(c)+(((0 4)+(2))+((1 5)+(3)))");
  CHECK(written(order::lanes{4}, 2) == "(c)+(((0)+())+((1)+()))");
  CHECK(written(order::tree{{0, 1, 2, order::tree::add, order::tree::add}}, 3) == "(c)+((0)+((1)+(2)))");
}

TEST_CASE("Without terms every order gives the addend") {
  for (const summation_order& o :
       {summation_order{order::sequential{}}, summation_order{order::reversed{}}, summation_order{order::pairwise{}},
        summation_order{order::blocked{3}}, summation_order{order::split_k{3}}, summation_order{order::lanes{}},
        summation_order{order::tree{}}, summation_order{order::permuted{1}}}) {
    CHECK(written(o, 0) == "c");
  }
}

TEST_CASE("A permutation is a permutation, seeded, and different for another seed") {
  const auto first = acc::shuffled_indices(1000, 7), again = acc::shuffled_indices(1000, 7);
  const auto other = acc::shuffled_indices(1000, 8);
  CHECK(first == again);
  CHECK(first != other);
  std::vector<bool> seen(1000, false);
  for (const std::size_t i : first) seen.at(i) = true;
  CHECK(std::count(seen.begin(), seen.end(), true) == 1000);
  // The definition, worked out apart for n = 3 and seed 0: SplitMix64 from 0 begins e220a8397b1dcdaf, 6e789e6aa1b965f4.
  // i = 2: floor(0.8833 * 3) = 2 stays; i = 1: floor(0.4315 * 2) = 0 exchanges 0 and 1.
  CHECK(acc::shuffled_indices(3, 0) == std::vector<std::size_t>{1, 0, 2});
  CHECK(acc::stream_word(0, 0) == 0xe220a8397b1dcdaf);
  CHECK(acc::stream_word(0, 1) == 0x6e789e6aa1b965f4);
}

TEST_CASE("An order that cannot be is refused before any work") {
  const acc::floating a;
  const std::vector<int> x{1, 2, 3};
  const auto refused = [&](const summation_order& o) { CHECK_THROWS_AS(sum_of(a, o, x), std::invalid_argument); };
  refused(order::pairwise{0});
  refused(order::blocked{0});
  refused(order::split_k{0});
  refused(order::lanes{0});
  refused(order::lanes{12});
  refused(order::tree{{0, 1, order::tree::add}});
  refused(order::tree{{0, 1, 1, order::tree::add, order::tree::add}});
  refused(order::tree{{0, 1, 3, order::tree::add, order::tree::add}});
  refused(order::tree{{0, 1, 2, order::tree::add}});
  refused(order::tree{{0, order::tree::add, 1, 2, order::tree::add}});
  refused(order::tree{{0, -2, 1, order::tree::add, order::tree::add}});
  CHECK(sum_of(a, order::tree{{2, 1, 0, order::tree::add, order::tree::add}}, x).code == 0x40c00000);
}

TEST_CASE("An order decides what a narrow sum loses") {
  // bfloat16 has 8 digits: 256 + 1 is 256 again; ones added among themselves first are not lost.
  const acc::floating a{assay::bfloat16};
  std::vector<int> x(33, 1);
  x[0] = 256;
  const auto value = [&](const summation_order& o) { return assay::to_double(sum_of(a, o, x).code, assay::bfloat16); };
  CHECK(value(order::sequential{}) == 256);
  CHECK(value(order::reversed{}) == 288);
  CHECK(value(order::blocked{8}) == 280);  // 256 + 7 lost one by one, then 264, 272, 280, and a last 1 is lost
  CHECK(value(order::pairwise{}) == 288);  // 258, 262, 270, 286, and with the last 1 a tie that goes to 288
}
