// All 2^32 floats into every 8- and 16-bit and smaller named format, in every deterministic mode: code and exceptions.
//
// Between two neighbouring breakpoints, which MPFR finds, a rounding is constant. So the floats are walked in order;
// at the first float of each stretch the oracle says what all of it must give. One test case a format: ./dev prove
// '[prove][e5m2]' runs one alone. In ./dev test only the ends of the stretches are visited.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

#include <assay/number/number.hpp>
#include <support/breakpoints.hpp>
#include <support/budget.hpp>
#include <support/mpfr_operations.hpp>
#include <support/tally.hpp>

namespace {

using namespace assay;

constexpr std::uint32_t infinity_bits = 0x7f800000, sign_bit = 0x80000000;

/// The first floats of all stretches of constant result: each exact breakpoint is a stretch of its own.
std::vector<std::uint32_t> stretches(const format& f) {
  std::vector<std::uint32_t> starts;
  for (const oracle::real& x : oracle::breakpoints(oracle::limits(f))) {
    const oracle::neighbours<float> n(x);
    starts.push_back(n.above);
    if (n.below == n.above) starts.push_back(n.above + 1);
  }
  // Zero and infinity are never like what is beside them.
  for (const std::uint32_t start : {0u, 1u, infinity_bits, infinity_bits + 1}) starts.push_back(start);
  std::sort(starts.begin(), starts.end());
  starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
  while (starts.back() > infinity_bits + 1) starts.pop_back();
  return starts;
}

struct report {
  std::uint64_t checked = 0, mismatches = 0;
  std::uint32_t first = 0;
};

/// Floats from first to last (inclusive) all give `expected`. With the format and the mode known to the compiler.
template <format F, rounding Mode>
void walk(std::uint64_t first, std::uint64_t last, rounded expected, report& r) {
  for (std::uint64_t bits = first; bits <= last; ++bits) {
    const auto x = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    const rounded got = convert(x, F, conversion{Mode});
    const bool same = got.code == expected.code && got.raised == expected.raised;
    if (!same && r.mismatches++ == 0) r.first = static_cast<std::uint32_t>(bits);
  }
  r.checked += last - first + 1;
}

template <format F, rounding Mode>
report one_mode(const std::vector<std::uint32_t>& starts, std::uint32_t sign, bool ends_only) {
  report r;
  oracle::rounder into(F);
  const oracle::limits source(binary32);
  oracle::conversion_outcome exact;
  for (std::size_t i = 0; i + 1 < starts.size(); ++i) {
    exact.compute(starts[i] | sign, source, into, false);
    const rounded expected = exact.finish(into, {Mode});
    const std::uint64_t first = std::uint64_t{starts[i]} | sign, last = std::uint64_t{starts[i + 1] - 1} | sign;
    if (!ends_only || last - first < 4) {
      walk<F, Mode>(first, last, expected, r);
    } else {
      walk<F, Mode>(first, first + 1, expected, r);
      walk<F, Mode>(last - 1, last, expected, r);
    }
  }
  // NaNs: sign and leading payload bits kept where the format has room, and quiet.
  for (std::uint64_t bits = infinity_bits + 1; bits < sign_bit; bits += ends_only ? 10007 : 1) {
    const auto code = static_cast<std::uint32_t>(bits) | sign;
    oracle::nan_bits nan{sign != 0, std::uint64_t{code & 0x7fffff} << 41};
    rounded expected = into.round_nan(nan);
    if (nan.signalling()) expected.raised = expected.raised | exceptions::invalid;
    walk<F, Mode>(code, code, expected, r);
  }
  return r;
}

template <format F>
void every_float(const char* name, bool ends_only) {
  const std::vector<std::uint32_t> starts = stretches(F);
  struct work {
    report (*run)(const std::vector<std::uint32_t>&, std::uint32_t, bool);
    rounding mode;
  };
  constexpr work modes[] = {{one_mode<F, rounding::ties_to_even>, rounding::ties_to_even},
                            {one_mode<F, rounding::ties_to_away>, rounding::ties_to_away},
                            {one_mode<F, rounding::toward_zero>, rounding::toward_zero},
                            {one_mode<F, rounding::upward>, rounding::upward},
                            {one_mode<F, rounding::downward>, rounding::downward},
                            {one_mode<F, rounding::to_odd>, rounding::to_odd}};
  constexpr std::size_t jobs = 2 * std::size(modes);
  report reports[jobs];
  std::atomic<std::size_t> next = 0;
  const auto start = std::chrono::steady_clock::now();
  const auto work_through = [&] {
    for (std::size_t job = next++; job < jobs; job = next++) {
      reports[job] = modes[job / 2].run(starts, job % 2 != 0 ? sign_bit : 0, ends_only);
      if (ends_only) continue;
      const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
      std::printf("  %s %s %s: %llu mismatches, %.0f s\n", name, test::describe({modes[job / 2].mode}).c_str(),
                  job % 2 != 0 ? "negative" : "positive", static_cast<unsigned long long>(reports[job].mismatches),
                  passed.count());
      std::fflush(stdout);
    }
  };
  if (ends_only) {
    work_through();
  } else {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i) threads.emplace_back(work_through);
  }
  std::uint64_t checked = 0;
  for (std::size_t job = 0; job < jobs; ++job) {
    INFO(name << ' ' << test::describe({modes[job / 2].mode}) << ": the first of " << reports[job].mismatches
              << " mismatches is the float " << test::hex(reports[job].first));
    REQUIRE(reports[job].mismatches == 0);
    checked += reports[job].checked;
  }
  if (!ends_only) REQUIRE(checked == std::size(modes) << 32);
}

}  // namespace

#define ASSAY_EVERY_FLOAT(name)                                                                           \
  TEST_CASE("Every one of 2^32 floats converts to " #name " in every mode", "[.prove][every_float][" #name "]") { \
    every_float<name>(#name, false);                                                                      \
  }                                                                                                       \
  TEST_CASE("Floats at the ends of every stretch convert to " #name " in every mode") { every_float<name>(#name, true); }

ASSAY_EVERY_FLOAT(binary16)
ASSAY_EVERY_FLOAT(bfloat16)
ASSAY_EVERY_FLOAT(e4m3fn)
ASSAY_EVERY_FLOAT(e5m2)
ASSAY_EVERY_FLOAT(e4m3)
ASSAY_EVERY_FLOAT(e3m4)
ASSAY_EVERY_FLOAT(e4m3fnuz)
ASSAY_EVERY_FLOAT(e5m2fnuz)
ASSAY_EVERY_FLOAT(e4m3b11fnuz)
ASSAY_EVERY_FLOAT(e3m2fn)
ASSAY_EVERY_FLOAT(e2m3fn)
ASSAY_EVERY_FLOAT(e2m1fn)
ASSAY_EVERY_FLOAT(e8m0fnu)
