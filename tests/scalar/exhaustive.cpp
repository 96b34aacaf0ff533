// Formats small enough to try every pair of codes; unary operations of all formats of up to 16 bits.
#include "agreement.hpp"

using namespace assay;
using namespace assay::scalar_test;

namespace {

template <format F>
void check_all_pairs(tally& t) {
  std::mt19937_64 random{F.bias < 0 ? 7u : static_cast<unsigned>(F.bias)};
  for (std::uint64_t a = 0; a <= F.code_mask(); ++a) {
    for (std::uint64_t b = 0; b <= F.code_mask(); ++b) {
      check_pair<F>(t, a, b);
      const std::uint64_t r = random();
      for (int shift = 0; shift < 64; shift += 16) check_fma<F>(t, a, b, (r >> shift) & F.code_mask());
    }
  }
}

// Formats at the edges of what computes in float, and some that do not.
inline constexpr format e3m4fn{3, 4, 3, encoding::fn}, e6m1{6, 1, 31}, e1m3{1, 3, 0, encoding::finite}, e2m2{2, 2, 1},
    e7m0{7, 0, 63}, e2m5_biased{2, 5, -40}, e4m3_high{4, 3, 120}, e6m1_low{6, 1, 127}, e5m2_wide{5, 2, 200};

}  // namespace

TEST_CASE("Operators of 8-bit and smaller formats round as the integer path does, for all pairs") {
  tally t;
  for_each_format<e4m3fn, e5m2, e4m3fnuz, e5m2fnuz, e4m3b11fnuz, e4m3, e3m4, e3m2fn, e2m3fn, e2m1fn>(
      [&]<format F>() { check_all_pairs<F>(t); });
  INFO(t.first);
  REQUIRE(t.count == 0);
}

TEST_CASE("Operators of small formats with unusual ranges round as the integer path does, for all pairs") {
  tally t;
  for_each_format<e3m4fn, e6m1, e1m3, e2m2, e7m0, e2m5_biased, e4m3_high, e6m1_low, e5m2_wide>(
      [&]<format F>() { check_all_pairs<F>(t); });
  INFO(t.first);
  REQUIRE(t.count == 0);
}

TEST_CASE("Roots and conversions of every code are those of the integer path") {
  tally t;
  for_each_format<binary16, bfloat16, e4m3fn, e5m2, e4m3fnuz, e5m2fnuz, e4m3b11fnuz, e4m3, e3m4, e3m2fn, e2m3fn, e2m1fn,
                  e8m0fnu, e3m4fn, e1m3, e7m0, e4m3_high>([&]<format F>() { check_all_unary<F>(t); });
  INFO(t.first);
  REQUIRE(t.count == 0);
}
