// All pairs of codes of every named format of up to 8 bits: + - * / in every mode and policy, exceptions included;
// remainder, and fma with a sampled third operand, in policies taken in turn.
#include "judged.hpp"
#include <support/budget.hpp>
#include <support/random.hpp>

namespace {

using namespace assay;
using oracle::operation;

void all_pairs(const format& f) {
  test::tally count;
  test::judged judge(f, count);
  const auto policies = test::all_policies();
  const std::uint64_t codes = judge.in(0).codes();
  test::random_source random(codes);
  std::size_t turn = 0;
  for (std::uint64_t a = 0; a < codes; ++a) {
    for (std::uint64_t b = a % test::stride; b < codes; b += test::stride) {
      for (const auto op : {operation::add, operation::subtract, operation::multiply, operation::divide}) {
        judge.check(op, a, b, 0, policies);
      }
      judge.check(operation::remainder, a, b, 0, policies, turn++ % 37, 37);
      for (int i = 0; i < 2; ++i) judge.check(operation::fma, a, b, random.below(codes), policies, turn++ % 13, 13);
    }
  }
  count.require();
}

}  // namespace

TEST_CASE("All pairs of e4m3fn numbers add, subtract, multiply and divide as MPFR does in every policy") { all_pairs(e4m3fn); }
TEST_CASE("All pairs of e5m2 numbers add, subtract, multiply and divide as MPFR does in every policy") { all_pairs(e5m2); }
TEST_CASE("All pairs of e4m3 numbers add, subtract, multiply and divide as MPFR does in every policy") { all_pairs(e4m3); }
TEST_CASE("All pairs of e3m4 numbers add, subtract, multiply and divide as MPFR does in every policy") { all_pairs(e3m4); }
TEST_CASE("All pairs of fnuz numbers add, subtract, multiply and divide as MPFR does in every policy") {
  for (const format& f : {e4m3fnuz, e5m2fnuz, e4m3b11fnuz}) all_pairs(f);
}
TEST_CASE("All pairs of 4- and 6-bit numbers add, subtract, multiply and divide as MPFR does in every policy") {
  for (const format& f : {e2m1fn, e3m2fn, e2m3fn}) all_pairs(f);
}
TEST_CASE("All pairs of e8m0fnu numbers add, subtract, multiply and divide as MPFR does in every policy") { all_pairs(e8m0fnu); }
TEST_CASE("All pairs of odd little user-made formats add, subtract, multiply and divide as MPFR does in every policy") {
  for (const format& f : test::made_formats(4, 3, 3)) all_pairs(f);
}
