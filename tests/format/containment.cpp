// What one format holds of another, against the sets of their numbers.
#include <support/tally.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include <assay/format/containment.hpp>
#include <assay/format/name.hpp>

using namespace assay;

namespace {

/// What its codes stand for: finite numbers in order, and which of infinities (1), NaNs (2) and a negative zero (4).
struct known_format {
  format f;
  std::vector<double> numbers;
  unsigned specials = 0;
};

known_format read_all(format f) {
  known_format all{f, {}};
  std::vector<double>& numbers = all.numbers;
  for (std::uint64_t code = 0; code <= f.code_mask(); ++code) {
    const auto v = decode(code, f);
    all.specials |= (v.is_infinite() ? 1u : 0) | (v.is_nan() ? 2u : 0) | (v.is_zero() && v.negative ? 4u : 0);
    if (!v.is_finite()) continue;
    const double magnitude = std::ldexp(static_cast<double>(v.significand), v.is_zero() ? 0 : v.exponent);
    numbers.push_back(v.negative && !v.is_zero() ? -magnitude : magnitude);
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());  // zeros of both signs are one number
  return all;
}

std::vector<known_format> small_formats() {
  std::vector<known_format> all;
  for (const encoding nonfinite : {encoding::ieee, encoding::fn, encoding::fnuz, encoding::finite, encoding::fnu}) {
    for (int exponent_bits = 1; exponent_bits <= 4; ++exponent_bits) {
      for (int fraction_bits = 0; fraction_bits <= 3; ++fraction_bits) {
        for (int shift = -1; shift <= 1; ++shift) {
          const format f{exponent_bits, fraction_bits, format::ieee_bias(exponent_bits) + shift, nonfinite};
          if (f.is_valid()) all.push_back(read_all(f));
        }
      }
    }
  }
  return all;
}

/// Whether a normal number has an odd significand: only then is the format's precision that of its numbers.
bool uses_its_precision(format f) { return f.fraction_bits == 0 || f.min_normal_code() + 1 <= f.max_finite_code(); }

}  // namespace

TEST_CASE("A format holds all of another exactly where each of its numbers is one of the format's") {
  test::tally all;
  const std::vector<known_format> formats = small_formats();
  for (const known_format& outer : formats) {
    for (const known_format& inner : formats) {
      const bool said = holds_all_of(outer.f, inner.f);
      const bool is =
          std::includes(outer.numbers.begin(), outer.numbers.end(), inner.numbers.begin(), inner.numbers.end());
      const bool holds = said == is || (is && !uses_its_precision(inner.f));
      all.expect(holds, [&] {
        return test::text(format_name(outer.f), " holds ", format_name(inner.f), ": said ", said, ", is ", is);
      });
    }
  }
  all.require();
}

TEST_CASE("A format contains another where it holds its numbers and its special values, too") {
  test::tally all;
  const std::vector<known_format> formats = small_formats();
  for (const known_format& outer : formats) {
    for (const known_format& inner : formats) {
      const bool specials = (outer.specials & inner.specials) == inner.specials;
      all.expect(contains(outer.f, inner.f) == (specials && holds_all_of(outer.f, inner.f)),
                 [&] { return test::text(format_name(outer.f), " contains ", format_name(inner.f)); });
    }
  }
  all.require();
  STATIC_REQUIRE(contains(binary32, binary16));
  STATIC_REQUIRE(contains(binary32, e8m0fnu));
  STATIC_REQUIRE(!contains(binary16, bfloat16));
  STATIC_REQUIRE(!contains(binary16, tf32));
  STATIC_REQUIRE(holds_all_of(e4m3fn, e2m1fn));
  STATIC_REQUIRE(!contains(e2m1fn, e4m3fn));
}
