// Blocks: four vectors of floats, and the codes they belong to. Included once per instruction set.
#if defined(ASSAY_BULK_LANES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ASSAY_BULK_LANES_INL
#undef ASSAY_BULK_LANES_INL
#else
#define ASSAY_BULK_LANES_INL
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "targets.hpp"

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include "pack-inl.hpp"

#if ASSAY_BULK_HAS_KERNELS
HWY_BEFORE_NAMESPACE();
namespace assay::bulk::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using floats = hn::ScalableTag<float>;
using words = hn::RebindToUnsigned<floats>;
using integers = hn::RebindToSigned<floats>;
using float_vector = hn::Vec<floats>;
using word_vector = hn::Vec<words>;
using integer_vector = hn::Vec<integers>;
using integer_mask = hn::Mask<integers>;

inline constexpr std::size_t lanes = HWY_MAX_BYTES / sizeof(float);
inline constexpr std::size_t block = 4 * lanes;

HWY_INLINE word_vector bits_of(float_vector x) { return hn::BitCast(words(), x); }
HWY_INLINE float_vector float_of(word_vector x) { return hn::BitCast(floats(), x); }
HWY_INLINE integer_vector signed_of(word_vector x) { return hn::BitCast(integers(), x); }
HWY_INLINE word_vector set(std::uint32_t x) { return hn::Set(words(), x); }
HWY_INLINE integer_vector set_signed(std::uint32_t x) { return hn::BitCast(integers(), hn::Set(words(), x)); }
HWY_INLINE word_vector mask_bits(integer_mask m) { return hn::BitCast(words(), hn::VecFromMask(integers(), m)); }

/// A shift by as many places in every lane. A count of its own for each is what x86 is quick at, from AVX2 on.
class shift_count {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
 public:
  explicit HWY_INLINE shift_count(int places) : places_(set(static_cast<std::uint32_t>(places))) {}
  HWY_INLINE word_vector left(word_vector x) const { return hn::Shl(x, places_); }
  HWY_INLINE word_vector right(word_vector x) const { return hn::Shr(x, places_); }

 private:
  word_vector places_;
#else
 public:
  explicit HWY_INLINE shift_count(int places) : places_(places) {}
  HWY_INLINE word_vector left(word_vector x) const { return hn::ShiftLeftSame(x, places_); }
  HWY_INLINE word_vector right(word_vector x) const { return hn::ShiftRightSame(x, places_); }

 private:
  int places_;
#endif
};

struct float_block {
  float_vector v[4];
};
struct word_block {
  word_vector v[4];
};

HWY_INLINE float_block load_floats(const float* from) {
  return {{hn::LoadU(floats(), from), hn::LoadU(floats(), from + lanes), hn::LoadU(floats(), from + 2 * lanes),
           hn::LoadU(floats(), from + 3 * lanes)}};
}
HWY_INLINE void store_floats(const float_block& x, float* to) {
  for (std::size_t j = 0; j < 4; ++j) hn::StoreU(x.v[j], floats(), to + j * lanes);
}

// Codes to 32-bit lanes.
template <class Code>
HWY_INLINE word_block load_codes(const Code* from) {
  word_block x;
  for (std::size_t j = 0; j < 4; ++j) {
    if constexpr (sizeof(Code) == 4) {
      x.v[j] = hn::LoadU(words(), from + j * lanes);
    } else {
      x.v[j] = hn::PromoteTo(words(), hn::LoadU(hn::Rebind<Code, words>(), from + j * lanes));
    }
  }
  return x;
}

// 32-bit lanes to codes. What is above a code must be zero, but AVX-512 stores drop it.
HWY_INLINE void store_codes(const word_block& x, std::uint32_t* to) {
  for (std::size_t j = 0; j < 4; ++j) hn::StoreU(x.v[j], words(), to + j * lanes);
}
HWY_INLINE void store_codes(const word_block& x, std::uint16_t* to) {
#if HWY_ARCH_X86 && HWY_TARGET == HWY_AVX2
  for (std::size_t j = 0; j < 4; j += 2) {
    const __m256i by_half = _mm256_packus_epi32(x.v[j].raw, x.v[j + 1].raw);
    const __m256i in_order = _mm256_permute4x64_epi64(by_half, _MM_SHUFFLE(3, 1, 2, 0));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + j * lanes), in_order);
  }
#elif ASSAY_BULK_AVX512
  for (std::size_t j = 0; j < 4; j += 2) {
    _mm512_storeu_si512(to + j * lanes, halves_in_order(interleave_halves(x.v[j].raw, x.v[j + 1].raw)));
  }
#else
  const hn::Rebind<std::uint16_t, words> narrow;
  for (std::size_t j = 0; j < 4; ++j) hn::StoreU(hn::DemoteTo(narrow, signed_of(x.v[j])), narrow, to + j * lanes);
#endif
}
HWY_INLINE void store_codes(const word_block& x, std::uint8_t* to) {
#if HWY_ARCH_X86 && HWY_TARGET == HWY_AVX2
  const __m256i low = _mm256_packus_epi32(x.v[0].raw, x.v[1].raw);
  const __m256i high = _mm256_packus_epi32(x.v[2].raw, x.v[3].raw);
  const __m256i by_half = _mm256_packus_epi16(low, high);
  const __m256i in_order = _mm256_permutevar8x32_epi32(by_half, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), in_order);
#elif ASSAY_BULK_AVX512
  for (std::size_t j = 0; j < 4; ++j) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + j * lanes), _mm512_cvtepi32_epi8(x.v[j].raw));
  }
#else
  const hn::Rebind<std::uint8_t, words> narrow;
  for (std::size_t j = 0; j < 4; ++j) hn::StoreU(hn::DemoteTo(narrow, signed_of(x.v[j])), narrow, to + j * lanes);
#endif
}

template <class T>
struct padded_block {
  T values[block];
};
template <class T>
padded_block<T> padded(const T* from, std::size_t n) {
  padded_block<T> copy = {};
  std::memcpy(copy.values, from, n * sizeof(T));
  return copy;
}

/// The one place where a kernel is expanded. It is copied first: stores through Out may alias anything but a local.
template <class OnBlock, class Out, class... In>
HWY_NOINLINE void on_blocks(std::size_t count, const OnBlock& kernel, Out* out, const In*... in) {
  const OnBlock on_block = kernel;
  for (std::size_t i = 0; i < count * block; i += block) on_block(out + i, (in + i)...);
}

/// What is left over goes through padded copies, so that nothing beyond the spans is touched and no element is computed
/// from an output.
template <class OnBlock, class Out, class... In>
void on_partial_block(std::size_t n, const OnBlock& on_block, Out* out, const In*... in) {
  if (n == 0) return;
  padded_block<Out> last;
  on_blocks(1, on_block, last.values, static_cast<const In*>(padded(in, n).values)...);
  std::memcpy(out, last.values, n * sizeof(Out));
}

// Above this many bytes, read and written, a call is limited by memory: its output is not left in the caches, and its
// inputs are asked for ahead of the processor's own guesses.
inline constexpr std::size_t streamed_bytes = std::size_t{48} << 20;
inline constexpr std::size_t chunk = 16 * block;

/// n bytes, a multiple of 64, between memory aligned to vectors, around the caches.
inline HWY_ATTR void stream_bytes(const void* from, void* to, std::size_t n) {
  const hn::Repartition<std::uint8_t, words> d;
  const auto* source = static_cast<const std::uint8_t*>(from);
  auto* target = static_cast<std::uint8_t*>(to);
  for (std::size_t i = 0; i < n; i += 4 * lanes) hn::Stream(hn::Load(d, source + i), d, target + i);
}
template <class T>
void prefetch(const T* from, std::size_t n) {
  for (std::size_t i = 0; i < n; i += 64 / sizeof(T)) hwy::Prefetch(from + i);
}

/// As many whole chunks as there are; out is aligned to vectors. Returns the number of elements done.
template <class OnBlock, class Out, class... In>
std::size_t on_streamed_chunks(std::size_t n, const OnBlock& on_block, Out* out, const In*... in) {
  alignas(64) Out results[chunk];
  std::size_t i = 0;
  for (; n - i >= chunk; i += chunk) {
    if (n - i >= 2 * chunk) (prefetch(in + i + chunk, chunk), ...);
    on_blocks(chunk / block, on_block, results, (in + i)...);
    stream_bytes(results, out + i, sizeof(results));
  }
  hwy::FlushStream();
  return i;
}

/// Calls on_block(out, in...) for every block.
template <class OnBlock, class Out, class... In>
void for_each_block(std::size_t n, const OnBlock& on_block, Out* out, const In*... in) {
  std::size_t done = 0;
  const auto address = reinterpret_cast<std::uintptr_t>(out);
  if (HWY_UNLIKELY(n >= streamed_bytes / (sizeof(Out) + ... + sizeof(In)) && address % sizeof(Out) == 0)) {
    constexpr std::size_t vector_bytes = 4 * lanes;
    done = (vector_bytes - address % vector_bytes) % vector_bytes / sizeof(Out);  // less than a block
    on_partial_block(done, on_block, out, in...);
    done += on_streamed_chunks(n - done, on_block, out + done, (in + done)...);
  }
  const std::size_t whole = (n - done) / block;
  on_blocks(whole, on_block, out + done, (in + done)...);
  done += whole * block;
  on_partial_block(n - done, on_block, out + done, (in + done)...);
}

}  // namespace assay::bulk::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif
