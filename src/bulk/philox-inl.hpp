// The halves of random_word over whole blocks of elements. Included once per instruction set.
#if defined(ASSAY_BULK_PHILOX_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ASSAY_BULK_PHILOX_INL
#undef ASSAY_BULK_PHILOX_INL
#else
#define ASSAY_BULK_PHILOX_INL
#endif

#include <hwy/highway.h>
#include <assay/bulk/random.hpp>

#include "lanes-inl.hpp"

#if ASSAY_BULK_HAS_KERNELS
HWY_BEFORE_NAMESPACE();
namespace assay::bulk::HWY_NAMESPACE {

/// One Philox state a 64-bit lane. Only the low halves count: the multiplication looks at nothing else, so the
/// high halves need no clearing.
struct philox_state {
  using wide = hn::RepartitionToWide<words>;
  hn::Vec<wide> word[4];

  static HWY_INLINE hn::Vec<wide> set_wide(std::uint32_t x) { return hn::Set(wide(), std::uint64_t{x}); }
  static HWY_INLINE hn::Vec<wide> product(hn::Vec<wide> x, std::uint32_t multiplier) {
    return hn::MulEven(hn::BitCast(words(), x), hn::BitCast(words(), set_wide(multiplier)));
  }
  static HWY_INLINE hn::Vec<wide> high(hn::Vec<wide> x) { return hn::ShiftRight<32>(x); }
  /// The blocks of `counter`, with `which` in the third word.
  HWY_INLINE philox_state(std::uint64_t seed, hn::Vec<wide> counter, std::uint32_t which) {
    auto key_0 = static_cast<std::uint32_t>(seed), key_1 = static_cast<std::uint32_t>(seed >> 32);
    // The first round, in which two words are the same everywhere.
    const std::uint64_t product_1 = std::uint64_t{philox::multiplier_1} * which;
    const auto product_0 = product(counter, philox::multiplier_0);
    word[0] = hn::Xor(high(counter), set_wide(static_cast<std::uint32_t>(product_1 >> 32) ^ key_0));
    word[1] = set_wide(static_cast<std::uint32_t>(product_1));
    word[2] = hn::Xor(high(product_0), set_wide(key_1));
    word[3] = product_0;
    for (int round = 1; round < philox::rounds; ++round) {
      key_0 += philox::key_step_0;
      key_1 += philox::key_step_1;
      run_round(key_0, key_1);
    }
  }

 private:
  HWY_INLINE void run_round(std::uint32_t key_0, std::uint32_t key_1) {
    const auto product_0 = product(word[0], philox::multiplier_0), product_1 = product(word[2], philox::multiplier_1);
    word[0] = hn::Xor3(high(product_1), word[1], set_wide(key_0));
    word[2] = hn::Xor3(high(product_0), word[3], set_wide(key_1));
    word[1] = product_1;
    word[3] = product_0;
  }
};

/// The lower (which = 0) or upper halves of the words of at least 8 * `counters` elements, and at most a block more,
/// the first being 8 * first_counter.
inline HWY_ATTR void fill_random_halves(std::uint64_t seed, std::uint32_t which, std::uint64_t first_counter,
                                        std::size_t counters, std::uint16_t* out) {
  const philox_state::wide d;
  constexpr std::size_t at_once = lanes / 2;
  static_assert(8 * at_once == block);
  // Interleaving within 128 bits brings the blocks into order when they start as 0, n / 2, 1, n / 2 + 1, ...
  alignas(64) std::uint64_t order[at_once];
  for (std::size_t i = 0; i < at_once; ++i) order[i] = i % 2 * (at_once / 2) + i / 2;
  const auto low_half = hn::Set(d, std::uint64_t{0xFFFFFFFF});
  for (std::size_t c = 0; c < counters; c += at_once, out += block) {
    const auto counter = hn::Add(hn::Set(d, first_counter + c), hn::Load(d, order));
    const philox_state state(seed, counter, which);
    const auto first = hn::Or(hn::And(state.word[0], low_half), hn::ShiftLeft<32>(state.word[1]));
    const auto second = hn::Or(hn::And(state.word[2], low_half), hn::ShiftLeft<32>(state.word[3]));
    const hn::Repartition<std::uint16_t, words> halves;
    hn::StoreU(hn::BitCast(halves, hn::InterleaveLower(d, first, second)), halves, out);
    hn::StoreU(hn::BitCast(halves, hn::InterleaveUpper(d, first, second)), halves, out + block / 2);
  }
}

}  // namespace assay::bulk::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif
