// Arithmetic on codes that are the upper halves of floats (bfloat16): two to a 32-bit lane, never taken apart.
// Included once per instruction set.
#if defined(ASSAY_BULK_PAIRS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ASSAY_BULK_PAIRS_INL
#undef ASSAY_BULK_PAIRS_INL
#else
#define ASSAY_BULK_PAIRS_INL
#endif

#include <hwy/highway.h>

#include "lanes-inl.hpp"

#if ASSAY_BULK_HAS_KERNELS
HWY_BEFORE_NAMESPACE();
namespace assay::bulk::HWY_NAMESPACE {

using halves = hn::Repartition<std::uint16_t, words>;

/// Vectors 0 and 1 have the even and odd elements of a block's first half, 2 and 3 of its second.
struct decode_pairs {
  HWY_INLINE float_block operator()(const std::uint16_t* from) const {
    float_block x;
    for (std::size_t j = 0; j < 4; j += 2) {
      const word_vector both = hn::BitCast(words(), hn::LoadU(halves(), from + j * lanes));
      x.v[j] = float_of(hn::ShiftLeft<16>(both));
      x.v[j + 1] = float_of(hn::And(both, set(0xFFFF0000)));
    }
    return x;
  }
};

struct paired_codes {
  word_vector v[2];
};
HWY_INLINE void store_codes(const paired_codes& x, std::uint16_t* to) {
  for (std::size_t j = 0; j < 2; ++j) hn::StoreU(hn::BitCast(halves(), x.v[j]), halves(), to + 2 * j * lanes);
}

/// The floats' upper halves, ties to even; not for NaN. A carry makes infinity by itself.
HWY_INLINE paired_codes round_to_pairs(const float_block& x) {
  const auto rounded = [](float_vector y) ASSAY_BULK_INLINE {
    const word_vector bits = bits_of(y);
    const word_vector odd = hn::And(hn::ShiftRight<16>(bits), set(1));
    return hn::Add(hn::Add(bits, set(0x7FFF)), odd);
  };
  paired_codes codes;
  for (std::size_t j = 0; j < 2; ++j) {
    codes.v[j] = hn::IfVecThenElse(set(0xFFFF0000), rounded(x.v[2 * j + 1]), hn::ShiftRight<16>(rounded(x.v[2 * j])));
  }
  return codes;
}
HWY_INLINE paired_codes pairs_of(const word_block& codes) {
  return {{hn::Or(codes.v[0], hn::ShiftLeft<16>(codes.v[1])), hn::Or(codes.v[2], hn::ShiftLeft<16>(codes.v[3]))}};
}

}  // namespace assay::bulk::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif
