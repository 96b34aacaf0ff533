// random_word over whole groups of elements. Included once per instruction set.
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
  hn::Vec<wide> counter[4];

  HWY_INLINE void run(std::uint64_t seed) {
    const wide d;
    const auto multiplier_0 = hn::BitCast(words(), hn::Set(d, std::uint64_t{philox::multiplier_0}));
    const auto multiplier_1 = hn::BitCast(words(), hn::Set(d, std::uint64_t{philox::multiplier_1}));
    auto key_0 = static_cast<std::uint32_t>(seed), key_1 = static_cast<std::uint32_t>(seed >> 32);
    for (int round = 0; round < philox::rounds; ++round) {
      const auto product_0 = hn::MulEven(hn::BitCast(words(), counter[0]), multiplier_0);
      const auto product_1 = hn::MulEven(hn::BitCast(words(), counter[2]), multiplier_1);
      const auto high_0 = hn::ShiftRight<32>(product_0), high_1 = hn::ShiftRight<32>(product_1);
      counter[0] = hn::Xor(high_1, hn::Xor(counter[1], hn::Set(d, std::uint64_t{key_0})));
      counter[2] = hn::Xor(high_0, hn::Xor(counter[3], hn::Set(d, std::uint64_t{key_1})));
      counter[1] = product_1;
      counter[3] = product_0;
      key_0 += philox::key_step_0;
      key_1 += philox::key_step_1;
    }
  }
};

/// The words of `groups` groups of elements, the first being group `first_group`.
inline HWY_ATTR void fill_random_words(std::uint64_t seed, std::uint64_t first_group, std::size_t groups,
                                       std::uint32_t* out) {
  const philox_state::wide d;
  const auto low_half = hn::Set(d, std::uint64_t{0xFFFFFFFF});
  constexpr std::size_t counters = philox::counters_per_group;
  static_assert(counters % lanes == 0, "a vector of counters must not cross a group");
  for (std::size_t g = 0; g < groups; ++g, out += philox::words_per_group) {
    for (std::size_t c = 0; c < counters; c += lanes) {
      // Even counters in one state, odd ones in the other: interleaving their words puts them in order.
      const auto first = (first_group + g) * counters + c;
      philox_state even, odd;
      const auto step = hn::Iota(d, 0);
      const auto counter = hn::Add(hn::Set(d, first), hn::Add(step, step));
      even.counter[0] = counter;
      odd.counter[0] = hn::Or(counter, hn::Set(d, std::uint64_t{1}));
      even.counter[1] = odd.counter[1] = hn::ShiftRight<32>(counter);
      even.counter[2] = odd.counter[2] = even.counter[3] = odd.counter[3] = hn::Zero(d);
      even.run(seed);
      odd.run(seed);
      for (std::size_t j = 0; j < 4; ++j) {
        const auto both = hn::Or(hn::And(even.counter[j], low_half), hn::ShiftLeft<32>(odd.counter[j]));
        hn::StoreU(hn::BitCast(words(), both), words(), out + j * counters + c);
      }
    }
  }
}

}  // namespace assay::bulk::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif
