// Inputs for matrix instructions: random codes in regimes that drive alignment, rounding and specials to their edges.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <assay/format/format.hpp>

namespace assay_gpu {

enum class regime : std::uint8_t {
  near_one,      ///< exponents within 3 of one: every term takes part
  wide,          ///< exponents over the whole range: most terms are shifted out
  tiny,          ///< subnormals and the smallest normals: the floor of the alignment exponent
  huge,          ///< the largest exponents: overflow inside the sum and at its end
  cancelling,    ///< products in pairs of opposite sign, a small rest
  sparse,        ///< mostly zeros of both signs
  any_code,      ///< uniform over all codes, infinities and NaNs included
};

struct named_regime {
  std::string_view name;
  regime value;
  bool zero_addend;  ///< C is +0 or -0 throughout
};

inline constexpr std::array regimes{
    named_regime{"near one", regime::near_one, false},       named_regime{"near one, zero addend", regime::near_one, true},
    named_regime{"wide exponents", regime::wide, false},     named_regime{"wide, zero addend", regime::wide, true},
    named_regime{"tiny", regime::tiny, false},               named_regime{"tiny, zero addend", regime::tiny, true},
    named_regime{"huge", regime::huge, false},               named_regime{"cancelling", regime::cancelling, false},
    named_regime{"cancelling, zero addend", regime::cancelling, true},
    named_regime{"sparse", regime::sparse, false},           named_regime{"any code", regime::any_code, false},
};

/// splitmix64 (Steele, Lea and Flood, OOPSLA 2014): one state word, any seed.
class random_words {
 public:
  explicit random_words(std::uint64_t seed) : state_(seed) {}
  std::uint64_t operator()() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// Uniform in [low, high]; the bias of the remainder does not matter here.
  int between(int low, int high) { return low + static_cast<int>((*this)() % static_cast<std::uint64_t>(high - low + 1)); }

 private:
  std::uint64_t state_;
};

/// A code of f in this regime. For `cancelling` the caller makes the pairs.
inline std::uint64_t random_code(assay::format f, regime r, random_words& random) {
  const std::uint64_t word = random();
  if (r == regime::any_code) return word & f.code_mask();
  if (r == regime::sparse && word >> 62 != 0) return word & f.sign_mask();
  const int top = static_cast<int>(f.max_finite_code() >> f.fraction_bits);
  int low = 0, high = top;
  if (r == regime::near_one || r == regime::cancelling) {
    low = f.bias > 3 ? f.bias - 3 : 0;
    high = f.bias + 3 < top ? f.bias + 3 : top;
  } else if (r == regime::tiny) {
    high = top < 4 ? top : 4;
  } else if (r == regime::huge) {
    low = top > 3 ? top - 3 : 0;
  }
  const auto field = static_cast<std::uint64_t>(random.between(low, high));
  const std::uint64_t magnitude = field << f.fraction_bits | (word & f.fraction_mask());
  return (word >> 1 & f.sign_mask()) | (magnitude > f.max_finite_code() ? f.max_finite_code() : magnitude);
}

}  // namespace assay_gpu
