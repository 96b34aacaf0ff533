// Formats too large to try every pair: random operands, biased to where the fast paths part from each other.
#include <algorithm>
#include <thread>
#include <vector>

#include "agreement.hpp"

using namespace assay;
using namespace assay::scalar_test;

namespace {

// Through float and through double, with and without lifted products, signed and unsigned zero.
inline constexpr format e6m9{6, 9, 31}, e7m8{7, 8, 63}, e7m8_low{7, 8, 126}, e8m7fn{8, 7, 127, encoding::fn},
    e5m10fnuz{5, 10, 16, encoding::fnuz}, e5m10_biased{5, 10, 2}, e8m10_fnuz{8, 10, 127, encoding::fnuz},
    e11m4{11, 4, 1023}, e5m20{5, 20, 15}, e11m24{11, 24, 1023}, e11m25{11, 25, 1023}, e9m12{9, 12, 255};

template <format F>
void prove(std::uint64_t per_thread) {
  std::vector<tally> tallies(std::max(1U, std::thread::hardware_concurrency()));
  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < tallies.size(); ++i)
    workers.emplace_back([&tallies, i, per_thread] { check_random<F>(tallies[i], 1000 + i, per_thread); });
  for (auto& worker : workers) worker.join();
  for (const tally& t : tallies) {
    INFO(t.first);
    REQUIRE(t.count == 0);
  }
}

}  // namespace

TEMPLATE_TEST_CASE_SIG("Operators of 16-bit formats round as the integer path does", "", ((format F), F), binary16,
                       bfloat16) {
  tally t;
  check_random<F>(t, 16, test::cases(2'000'000));
  INFO(t.first);
  REQUIRE(t.count == 0);
}

TEST_CASE("Operators of tf32, binary32 and binary64 round as the integer path does") {
  tally t;
  for_each_format<tf32, binary32, binary64>([&]<format F>() { check_random<F>(t, 32, test::cases(200'000)); });
  INFO(t.first);
  REQUIRE(t.count == 0);
}

TEST_CASE("Operators of user-made formats round as the integer path does") {
  tally t;
  for_each_format<e6m9, e7m8, e7m8_low, e8m7fn, e5m10fnuz, e5m10_biased, e8m10_fnuz, e11m4, e5m20, e11m24, e11m25,
                  e9m12>([&]<format F>() { check_random<F>(t, 64, test::cases(100'000)); });
  INFO(t.first);
  REQUIRE(t.count == 0);
}

TEST_CASE("Conversions from float and double are those of the integer path") {
  tally t;
  for_each_format<binary16, bfloat16, e4m3fn, e5m2, e4m3fnuz, e2m1fn, tf32, binary32, binary64, e7m8_low, e8m7fn,
                  e8m10_fnuz, e11m24>([&]<format F>() { check_from_native<F>(t, 8, test::cases(50'000)); });
  INFO(t.first);
  REQUIRE(t.count == 0);
}

TEMPLATE_TEST_CASE_SIG("Operators round as the integer path does, 10^9 operations a format", "[.prove]",
                       ((format F), F), binary16, bfloat16, tf32) {
  // Eight rounded operations a step.
  prove<F>(1'000'000'000 / 8 / std::max(1U, std::thread::hardware_concurrency()));
}
