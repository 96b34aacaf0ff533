// Conversion kernels, compiled once per instruction set.
#include <algorithm>

#include "kernels.hpp"
#include "targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bulk/convert_kernels.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "decode-inl.hpp"
#include "doubles-inl.hpp"
#include "encode-inl.hpp"
#include "encode_avx512-inl.hpp"
#include "philox-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace assay::bulk::HWY_NAMESPACE {
namespace {

#if ASSAY_BULK_HAS_KERNELS
bool have_kernels() { return true; }

template <class Encoder, class Code>
void encode_all(const Encoder& encoder, const float* in, Code* out, std::size_t n) {
  for_each_block(
      n, [encoder](Code* to, const float* from) ASSAY_BULK_INLINE { store_codes(encoder(load_floats(from), {}), to); },
      out, in);
}

/// The words go through buffers that start at an eighth element. Up to sixteen random bits need their lower halves
/// only.
template <class Encoder, class Code>
void encode_stochastic(const encode_plan& plan, const Encoder& encoder, const float* in, Code* out, std::size_t n,
                       random_stream random) {
  constexpr std::size_t at_once = 16 * block;
  alignas(64) std::uint16_t lower[at_once + block], upper[at_once + block];
  const bool is_wide = plan.random_shift < 16;
  for (std::size_t i = 0; i < n; i += at_once) {
    const std::uint64_t index = random.first + i;
    const std::size_t now = std::min(n - i, at_once), skip = index % 8, counters = (skip + now + 7) / 8;
    fill_random_halves(random.seed, 0, index / 8, counters, lower);
    const std::uint16_t *low = lower + skip, *high = upper + skip;
    if (!is_wide) {
      for_each_block(
          now,
          [encoder](Code* to, const float* from, const std::uint16_t* low_of)
              ASSAY_BULK_INLINE { store_codes(encoder(load_floats(from), load_codes(low_of)), to); },
          out + i, in + i, low);
      continue;
    }
    fill_random_halves(random.seed, 1, index / 8, counters, upper);
    for_each_block(
        now,
        [encoder](Code* to, const float* from, const std::uint16_t* low_of, const std::uint16_t* high_of) HWY_ATTR {
          const word_block low_words = load_codes(low_of), high_words = load_codes(high_of);
          word_block words_of;
          for (std::size_t j = 0; j < 4; ++j)
            words_of.v[j] = hn::Or(low_words.v[j], hn::ShiftLeft<16>(high_words.v[j]));
          store_codes(encoder(load_floats(from), words_of), to);
        },
        out + i, in + i, low, high);
  }
}

template <class Code>
void encode_to(const encode_plan& plan, const float* in, Code* out, std::size_t n, random_stream random) {
#if ASSAY_BULK_F16C
  if constexpr (sizeof(Code) == 2) {
    if (plan.plain_binary16) {
      const auto run = [&](const auto& encoder) ASSAY_BULK_INLINE { encode_all(encoder, in, out, n); };
      if (plan.how == decision::ties_to_even) return run(encode_binary16<rounding::ties_to_even>());
      if (plan.rounds_away[0]) return run(encode_binary16<rounding::upward>());
      if (plan.rounds_away[1]) return run(encode_binary16<rounding::downward>());
      return run(encode_binary16<rounding::toward_zero>());
    }
  }
#endif
#if ASSAY_BULK_AVX512
  if constexpr (sizeof(Code) <= 2) {
    if (encodes_blocks<Code>(plan)) {
      if (plan.how == decision::stochastic) {
        return encode_stochastic(plan, encode_block_of<Code, rounding::stochastic>(plan), in, out, n, random);
      }
      return with_block_encoder<Code>(plan,
                                      [&](const auto& encoder) ASSAY_BULK_INLINE { encode_all(encoder, in, out, n); });
    }
  }
#endif
  if (plan.how != decision::stochastic) {
    with_encoder<Code>(plan, [&](const auto& encoder) ASSAY_BULK_INLINE { encode_all(encoder, in, out, n); });
  } else if (plan.path == encode_path::shifted) {
    encode_stochastic(plan, encode_shifted<decision::stochastic>(plan), in, out, n, random);
  } else if (plan.path == encode_path::fixed) {
    encode_stochastic(plan, encode_fixed(plan), in, out, n, random);
  } else {
    encode_stochastic(plan, encode_any<true>(plan), in, out, n, random);
  }
}

void encode_floats(const encode_plan& plan, const float* in, void* out, int bytes, std::size_t n,
                   random_stream random) {
  switch (bytes) {
    case 1: return encode_to(plan, in, static_cast<std::uint8_t*>(out), n, random);
    case 2: return encode_to(plan, in, static_cast<std::uint16_t*>(out), n, random);
    default: return encode_to(plan, in, static_cast<std::uint32_t*>(out), n, random);
  }
}

template <class Code>
void decode_from(const decode_plan& plan, const Code* in, float* out, std::size_t n) {
  with_decoder<Code>(plan, [&](const auto& decoder) ASSAY_BULK_INLINE {
    for_each_block(
        n, [decoder](float* to, const Code* from) ASSAY_BULK_INLINE { store_floats(decoder(from), to); }, out, in);
  });
}

void decode_floats(const decode_plan& plan, const void* in, int bytes, float* out, std::size_t n) {
  switch (bytes) {
    case 1: return decode_from(plan, static_cast<const std::uint8_t*>(in), out, n);
    case 2: return decode_from(plan, static_cast<const std::uint16_t*>(in), out, n);
    default: return decode_from(plan, static_cast<const std::uint32_t*>(in), out, n);
  }
}

void floats_from_doubles_to_odd(const double* in, float* out, std::size_t n, bool flush_inputs) {
  const auto flush_below = hn::Set(doubles(), flush_inputs ? 0x1p-1022 : 0.0);
  for_each_block(
      n,
      [flush_below](float* to, const double* from) ASSAY_BULK_INLINE {
        for (std::size_t j = 0; j < block; j += lanes) {
          const auto get = [&](std::size_t k) ASSAY_BULK_INLINE {
            const double_vector x = hn::LoadU(doubles(), from + j + k);
            const auto flushed = hn::Lt(hn::Abs(x), flush_below);
            return hn::IfThenElse(flushed, hn::CopySignToAbs(hn::Zero(doubles()), x), x);
          };
          hn::StoreU(float_to_odd(get(0), get(lanes / 2)), floats(), to + j);
        }
      },
      out, in);
}

void floats_from_doubles(const double* in, float* out, std::size_t n) {
  for_each_block(
      n,
      [](float* to, const double* from) ASSAY_BULK_INLINE {
        const half_floats d;
        for (std::size_t j = 0; j < block; j += lanes / 2) {
          hn::StoreU(hn::DemoteTo(d, hn::LoadU(doubles(), from + j)), d, to + j);
        }
      },
      out, in);
}

void doubles_from_floats(const float* in, double* out, std::size_t n) {
  for_each_block(
      n,
      [](double* to, const float* from) ASSAY_BULK_INLINE {
        for (std::size_t j = 0; j < block; j += lanes / 2) {
          hn::StoreU(hn::PromoteTo(doubles(), hn::LoadU(half_floats(), from + j)), doubles(), to + j);
        }
      },
      out, in);
}

#else
bool have_kernels() { return false; }
void encode_floats(const encode_plan&, const float*, void*, int, std::size_t, random_stream) {}
void decode_floats(const decode_plan&, const void*, int, float*, std::size_t) {}
void floats_from_doubles_to_odd(const double*, float*, std::size_t, bool) {}
void floats_from_doubles(const double*, float*, std::size_t) {}
void doubles_from_floats(const float*, double*, std::size_t) {}
#endif

}  // namespace
}  // namespace assay::bulk::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace assay::bulk {

HWY_EXPORT(have_kernels);
HWY_EXPORT(encode_floats);
HWY_EXPORT(decode_floats);
HWY_EXPORT(floats_from_doubles_to_odd);
HWY_EXPORT(floats_from_doubles);
HWY_EXPORT(doubles_from_floats);

bool have_kernels() { return HWY_DYNAMIC_DISPATCH(have_kernels)(); }

void encode_floats(const encode_plan& plan, const float* in, void* out, int bytes, std::size_t n,
                   random_stream random) {
  HWY_DYNAMIC_DISPATCH(encode_floats)(plan, in, out, bytes, n, random);
}
void decode_floats(const decode_plan& plan, const void* in, int bytes, float* out, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(decode_floats)(plan, in, bytes, out, n);
}
void floats_from_doubles_to_odd(const double* in, float* out, std::size_t n, bool flush_inputs) {
  HWY_DYNAMIC_DISPATCH(floats_from_doubles_to_odd)(in, out, n, flush_inputs);
}
void floats_from_doubles(const double* in, float* out, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(floats_from_doubles)(in, out, n);
}
void doubles_from_floats(const float* in, double* out, std::size_t n) {
  HWY_DYNAMIC_DISPATCH(doubles_from_floats)(in, out, n);
}

}  // namespace assay::bulk
#endif
