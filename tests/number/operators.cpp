// number<F>: its operators against MPFR (whatever fast path they take), exhaustively for 8-bit formats and densely for
// 16-bit ones; its named functions against the functions on codes.
#include "judged.hpp"

#include <cstdio>
#include <thread>

#include <support/budget.hpp>
#include <support/random.hpp>

#include <assay/number/number.hpp>

namespace {

using namespace assay;
using oracle::operation;

/// Judges the operators of one format on pairs of codes.
template <format F>
class operators {
 public:
  explicit operators(test::tally& count) : in_(F), into_(F), count_(count) {}

  void check(std::uint64_t x, std::uint64_t y) {
    if (!is_read_ || x != x_) a_.read(x_ = x, in_);
    b_.read(y, in_);
    is_read_ = true;
    const auto a = number<F>::from_bits(x), b = number<F>::from_bits(y);
    same(operation::add, a, b, a + b);
    same(operation::subtract, a, b, a - b);
    same(operation::multiply, a, b, a * b);
    same(operation::divide, a, b, a / b);
    const auto name = [&] { return test::text(test::describe(F), " compare ", test::hex(x), ' ', test::hex(y)); };
    const bool ordered = !a_.is_nan() && !b_.is_nan();
    const int order = ordered ? mpfr_cmp(a_.value, b_.value) : 0;
    count_.expect((a == b) == (ordered && order == 0) && (a < b) == (ordered && order < 0) &&
                      (a > b) == (ordered && order > 0) && (a <= b) == (ordered && order <= 0) &&
                      (a >= b) == (ordered && order >= 0) && (a != b) == !(ordered && order == 0),
                  name);
    count_.expect((a <=> b) == (!ordered    ? std::partial_ordering::unordered
                                : order < 0 ? std::partial_ordering::less
                                : order > 0 ? std::partial_ordering::greater
                                            : std::partial_ordering::equivalent),
                  name);
  }
  void check_fma(std::uint64_t x, std::uint64_t y, std::uint64_t z) {
    a_.read(x, in_);
    b_.read(y, in_);
    c_.read(z, in_);
    is_read_ = false;
    same(operation::fma, number<F>::from_bits(x), number<F>::from_bits(y),
         fma(number<F>::from_bits(x), number<F>::from_bits(y), number<F>::from_bits(z)), z);
  }
  void check_sqrt(std::uint64_t x) {
    a_.read(x, in_);
    is_read_ = false;
    same(operation::sqrt, number<F>::from_bits(x), number<F>::from_bits(x), sqrt(number<F>::from_bits(x)));
  }

 private:
  void same(operation op, number<F> a, number<F> b, number<F> got, std::uint64_t third = 0) {
    exact_.compute(op, a_, b_, c_);
    exact_.place(into_);
    const std::uint64_t expected = exact_.finish(into_, {}).code;
    count_.expect(got.bits() == expected, [&] {
      return test::text(test::describe(F), " operator ", oracle::name_of(op), ' ', test::hex(a.bits()), ' ',
                        test::hex(b.bits()), ' ', test::hex(third), ": got ", test::hex(got.bits()), ", expected ",
                        test::hex(expected));
    });
  }

  oracle::limits in_;
  oracle::rounder into_;
  test::tally& count_;
  bool is_read_ = false;
  std::uint64_t x_ = 0;
  oracle::operand a_, b_, c_;
  oracle::outcome exact_;
};

template <format F>
void every_pair() {
  test::tally count;
  operators<F> judge(count);
  test::random_source random(F.code_mask());
  for (std::uint64_t a = 0; a <= F.code_mask(); ++a) {
    judge.check_sqrt(a);
    for (std::uint64_t b = a % test::stride; b <= F.code_mask(); b += test::stride) {
      judge.check(a, b);
      judge.check_fma(a, b, random() & F.code_mask());
    }
  }
  count.require();
}

template <format F>
void many_pairs(std::uint64_t cases, std::uint64_t seed, test::tally& count) {
  operators<F> judge(count);
  const oracle::limits l(F);
  test::random_source random(seed);
  for (std::uint64_t i = 0; i < cases; ++i) {
    const std::uint64_t a = i % 4 < 2 ? random() & F.code_mask() : test::biased_code(random, l);
    const std::uint64_t b = i % 2 == 0 ? test::biased_code(random, l) : test::code_beside(random, l, a, F.fraction_bits + 2);
    judge.check(a, b);
    // c beside -a b, where a second rounding would show: half an ulp of the product away, or much smaller.
    const std::uint64_t product = multiply({a, F}, {b, F}, F).code;
    const std::uint64_t c = i % 3 == 0 ? test::biased_code(random, l)
                                       : test::code_beside(random, l, product, i % 3 == 1 ? 2 : 2 * F.precision());
    judge.check_fma(a, b, c);
  }
}

template <format F>
void prove_pairs() {
  const unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  std::vector<test::tally> counts(threads);
  {
    std::vector<std::jthread> workers;
    for (unsigned i = 0; i < threads; ++i) {
      workers.emplace_back([&, i] { many_pairs<F>(100'000'000 / threads + 1, 77 + i, counts[i]); });
    }
  }
  test::tally total;
  for (const test::tally& count : counts) total.add(count);
  total.require();
}

template <format F>
void dense_pairs() {
  test::tally count;
  many_pairs<F>(test::cases(300'000), 13, count);
  operators<F> judge(count);
  for (std::uint64_t code = 0; code <= 0xffff; code += test::stride) judge.check_sqrt(code & F.code_mask());
  count.require();
}

}  // namespace

TEST_CASE("Operators of e4m3fn are correct for all pairs") { every_pair<e4m3fn>(); }
TEST_CASE("Operators of e5m2 are correct for all pairs") { every_pair<e5m2>(); }
TEST_CASE("Operators of the other 8-bit formats are correct for all pairs") {
  every_pair<e4m3>();
  every_pair<e3m4>();
  every_pair<e4m3fnuz>();
  every_pair<e5m2fnuz>();
  every_pair<e4m3b11fnuz>();
  every_pair<e8m0fnu>();
}
TEST_CASE("Operators of 4- and 6-bit formats are correct for all pairs") {
  every_pair<e3m2fn>();
  every_pair<e2m3fn>();
  every_pair<e2m1fn>();
}
TEST_CASE("Operators of binary16 are correct on dense pairs") { dense_pairs<binary16>(); }
TEST_CASE("Operators of bfloat16 are correct on dense pairs") { dense_pairs<bfloat16>(); }
TEST_CASE("Operators of a user-made E6M9 are correct on dense pairs") { dense_pairs<format{6, 9, 31}>(); }
TEST_CASE("Operators of tf32 and binary32 are correct on dense pairs") {
  dense_pairs<tf32>();
  dense_pairs<binary32>();
}

TEST_CASE("Operators of binary16 are correct on 10^8 pairs", "[.prove][operators][binary16]") { prove_pairs<binary16>(); }
TEST_CASE("Operators of bfloat16 are correct on 10^8 pairs", "[.prove][operators][bfloat16]") { prove_pairs<bfloat16>(); }
TEST_CASE("Operators of binary32 are correct on 10^8 pairs", "[.prove][operators][binary32]") { prove_pairs<binary32>(); }
