// Random and boundary-biased operands of 16-bit formats, tf32 and binary32, in every mode: 10^6 an operation by default,
// 10^8 an operation and format in ./dev prove.
#include "judged.hpp"

#include <cstdio>
#include <thread>

#include <support/budget.hpp>
#include <support/random.hpp>

namespace {

using namespace assay;
using oracle::operation;

constexpr operation operations[] = {operation::add,       operation::subtract, operation::multiply, operation::divide,
                                    operation::remainder, operation::fma,      operation::sqrt};
constexpr format formats[] = {binary16, bfloat16, format{6, 9, 31}, tf32, binary32};

std::vector<conversion> six_modes() {
  std::vector<conversion> result;
  for (const rounding mode : test::deterministic_modes) result.push_back({mode});
  return result;
}

/// Operands that meet at a dangerous place: close exponents, products beside c, results at the ends of the range.
class operands {
 public:
  operands(const oracle::limits& l, std::uint64_t seed) : l_(l), random_(seed) {}
  void next(operation op, std::uint64_t& a, std::uint64_t& b, std::uint64_t& c) {
    const int t = l_.f.fraction_bits;
    const auto field = [&](std::uint64_t code) { return static_cast<std::int64_t>((code & l_.top) >> t); };
    const auto with_field = [&](std::uint64_t code, std::int64_t wanted) {
      const auto most = static_cast<std::int64_t>(l_.top >> t);
      wanted = wanted < 0 ? 0 : wanted > most ? most : wanted;
      return (code & (l_.sign | (l_.hidden - 1))) | static_cast<std::uint64_t>(wanted) << t;
    };
    a = test::biased_code(random_, l_);
    b = test::biased_code(random_, l_);
    c = test::biased_code(random_, l_);
    const std::uint64_t r = random_();
    const auto jitter = static_cast<std::int64_t>(r / 64 % 7) - 3;
    if (r % 4 == 0) return;  // anything
    switch (op) {
      case operation::add:
      case operation::subtract:
      case operation::remainder:
        b = test::code_beside(random_, l_, a, r % 4 == 1 ? 2 : t + 3);
        break;
      case operation::multiply:
      case operation::divide:
      case operation::fma: {
        // Aim the result's exponent at the subnormals, at the overflow threshold, or (fma) at c.
        const std::int64_t ends[] = {-t + jitter, jitter, field(l_.largest) + jitter, field(c) + jitter, field(c) - t + jitter};
        const std::int64_t aim = ends[r / 512 % (op == operation::fma ? 5 : 3)];
        if (op == operation::divide) {
          b = with_field(b, field(a) + l_.f.bias - aim);
        } else {
          b = with_field(b, aim + l_.f.bias - field(a));
        }
        break;
      }
      case operation::sqrt: break;
    }
  }

 private:
  const oracle::limits& l_;
  test::random_source random_;
};

void sample(const format& f, operation op, std::uint64_t cases, std::uint64_t seed, test::tally& count) {
  test::judged judge(f, count);
  const auto modes = six_modes();
  operands draw(judge.in(0), seed);
  for (std::uint64_t i = 0; i < cases; ++i) {
    std::uint64_t a = 0, b = 0, c = 0;
    draw.next(op, a, b, c);
    judge.check(op, a, b, c, modes);
  }
}

void sample_all(const format& f) {
  for (const operation op : operations) {
    INFO(oracle::name_of(op));
    test::tally count;
    sample(f, op, test::cases(200'000), static_cast<std::uint64_t>(f.width()), count);
    count.require();
  }
}

void prove_all(const format& f) {
  for (const operation op : operations) {
    const unsigned threads = std::max(1u, std::thread::hardware_concurrency());
    std::vector<test::tally> counts(threads);
    {
      std::vector<std::jthread> workers;
      for (unsigned i = 0; i < threads; ++i) {
        workers.emplace_back([&, i] {
          sample(f, op, 100'000'000 / threads + 1, 1000 + i, counts[i]);
          mpfr_free_cache();
        });
      }
    }
    test::tally total;
    for (const test::tally& count : counts) total.add(count);
    std::printf("  %s %s: %llu mismatches in %llu\n", test::describe(f).c_str(), oracle::name_of(op),
                static_cast<unsigned long long>(total.mismatches()), static_cast<unsigned long long>(total.checked()));
    std::fflush(stdout);
    total.require();
  }
}

}  // namespace

TEST_CASE("Sampled binary16 operations round as MPFR does in every mode") { sample_all(binary16); }
TEST_CASE("Sampled bfloat16 operations round as MPFR does in every mode") { sample_all(bfloat16); }
TEST_CASE("Sampled E6M9 operations round as MPFR does in every mode") { sample_all(formats[2]); }
TEST_CASE("Sampled tf32 operations round as MPFR does in every mode") { sample_all(tf32); }
TEST_CASE("Sampled binary32 operations round as MPFR does in every mode") { sample_all(binary32); }

TEST_CASE("10^8 binary16 operands for each operation", "[.prove][sampled][binary16]") { prove_all(binary16); }
TEST_CASE("10^8 bfloat16 operands for each operation", "[.prove][sampled][bfloat16]") { prove_all(bfloat16); }
TEST_CASE("10^8 E6M9 operands for each operation", "[.prove][sampled][e6m9]") { prove_all(formats[2]); }
TEST_CASE("10^8 tf32 operands for each operation", "[.prove][sampled][tf32]") { prove_all(tf32); }
TEST_CASE("10^8 binary32 operands for each operation", "[.prove][sampled][binary32]") { prove_all(binary32); }
