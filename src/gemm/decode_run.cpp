// Runs of codes as binary32 or binary64 numbers: tables for 8-bit codes, plain loops that vectorise for the formats whose
// code is a shifted float, one code at a time for the rest. Every way is exact.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gemm/decode_run.cpp"
#include "../targets.hpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <bit>
#include <cstdint>
#include <cstring>

#include <assay/number/convert.hpp>

#include "vectors.hpp"

HWY_BEFORE_NAMESPACE();
namespace assay::gemm_kernels::HWY_NAMESPACE {

/// A code's magnitude, moved to a float's place, times 2^(127 - bias). The product is exact: its value is a float.
template <class Code>
void shifted_floats(const Code* HWY_RESTRICT codes, format in, std::size_t stride, std::size_t count,
                    float* HWY_RESTRICT out) {
  const auto magnitude_mask = static_cast<std::uint32_t>(in.magnitude_mask());
  const auto sign_mask = static_cast<std::uint32_t>(in.sign_mask());
  const int fraction_shift = 23 - in.fraction_bits, sign_shift = 31 - in.magnitude_bits();
  const auto scale = std::bit_cast<float>(static_cast<std::uint32_t>(254 - in.bias) << 23);
  const auto largest = static_cast<std::uint32_t>(in.max_finite_code());
  const std::uint32_t infinity = in.has_infinity() ? static_cast<std::uint32_t>(in.infinity_code()) : ~0u;
  const auto convert_one = [&](std::uint32_t code) HWY_ATTR {
    const std::uint32_t magnitude = code & magnitude_mask;
    float x = std::bit_cast<float>(magnitude << fraction_shift) * scale;
    std::uint32_t bits = std::bit_cast<std::uint32_t>(x) | ((code & sign_mask) << sign_shift);
    const std::uint32_t special = magnitude == infinity ? 0x7f800000u | ((code & sign_mask) << sign_shift) : 0x7fc00000u;
    bits = magnitude > largest ? special : bits;
    return std::bit_cast<float>(bits);
  };
  if (stride == 1) {
    for (std::size_t i = 0; i < count; ++i) out[i] = convert_one(codes[i]);
  } else {
    for (std::size_t i = 0; i < count; ++i) out[i] = convert_one(codes[i * stride]);
  }
}

void shifted_floats_8(const void* codes, format in, std::size_t first, std::size_t stride, std::size_t n, float* out) {
  shifted_floats(static_cast<const std::uint8_t*>(codes) + first, in, stride, n, out);
}
void shifted_floats_16(const void* codes, format in, std::size_t first, std::size_t stride, std::size_t n, float* out) {
  shifted_floats(static_cast<const std::uint16_t*>(codes) + first, in, stride, n, out);
}
void shifted_floats_32(const void* codes, format in, std::size_t first, std::size_t stride, std::size_t n, float* out) {
  shifted_floats(static_cast<const std::uint32_t*>(codes) + first, in, stride, n, out);
}

}  // namespace assay::gemm_kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace assay::gemm_kernels {
HWY_EXPORT(shifted_floats_8);
HWY_EXPORT(shifted_floats_16);
HWY_EXPORT(shifted_floats_32);

namespace {

/// Whether shifted_floats serves: the exponent field becomes a float's without reaching the top one, which multiplication
/// would not scale, and the scale is a normal float. A bias of 127 needs no scaling.
bool is_shifted_float(format f) {
  if (!f.is_signed() || f.nonfinite == encoding::fnuz || !range_of(f).within(float_range)) return false;
  if (f.bias < 0 || f.bias > 253) return false;
  return f.exponent_bits < 8 || (f.nonfinite == encoding::ieee && f.exponent_bits == 8);
}

std::uint64_t code_at(const void* codes, std::size_t bytes, std::size_t i) {
  switch (bytes) {
    case 1: return static_cast<const std::uint8_t*>(codes)[i];
    case 2: return static_cast<const std::uint16_t*>(codes)[i];
    case 4: return static_cast<const std::uint32_t*>(codes)[i];
    default: return static_cast<const std::uint64_t*>(codes)[i];
  }
}

template <class Lane>
Lane decode_one(std::uint64_t code, format in) {
  code &= in.code_mask();
  if (in.is_nan_code(code)) code = in.nan_code() & ~(in.has_signed_nan() ? in.sign_mask() : 0);
  if constexpr (sizeof(Lane) == 4) return to_float(code, in);
  else return to_double(code, in);
}

template <class Lane>
void decode_each(const void* codes, format in, std::size_t first, std::size_t stride, std::size_t count, Lane* out) {
  const std::size_t bytes = bytes_of(in);
  for (std::size_t i = 0; i < count; ++i) out[i] = decode_one<Lane>(code_at(codes, bytes, first + i * stride), in);
}

/// Two's complement in the low bits of a code.
template <class Lane>
void decode_integers(const void* codes, integer_format in, std::size_t first, std::size_t stride, std::size_t count,
                     Lane* out) {
  const std::size_t bytes = bytes_of(in);
  const int unused = 64 - in.bits;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t code = code_at(codes, bytes, first + i * stride) << unused;
    out[i] = in.is_signed ? static_cast<Lane>(static_cast<std::int64_t>(code) >> unused) : static_cast<Lane>(code >> unused);
  }
}

/// All values of a format of up to 8 bits, kept for the last format that this thread met.
const float* table_of(format in) {
  thread_local format known{0, 0, 0};
  thread_local float values[256];
  if (!(known == in)) {
    for (std::uint32_t code = 0; code < 256; ++code) values[code] = decode_one<float>(code, in);
    known = in;
  }
  return values;
}

}  // namespace

void decode_run(const void* codes, const element& type, std::size_t first, std::size_t stride, std::size_t count,
                float* out) {
  if (const auto* integer = std::get_if<integer_format>(&type)) {
    return decode_integers(codes, *integer, first, stride, count, out);
  }
  const format in = std::get<format>(type);
  const int bytes = storage_bytes(in);
  if (in == binary32 && stride == 1) {
    const auto* from = static_cast<const std::uint32_t*>(codes) + first;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t bits = (from[i] & 0x7fffffffu) > 0x7f800000u ? 0x7fc00000u : from[i];
      out[i] = std::bit_cast<float>(bits);
    }
  } else if (is_shifted_float(in)) {
    if (bytes == 1) HWY_DYNAMIC_DISPATCH(shifted_floats_8)(codes, in, first, stride, count, out);
    else if (bytes == 2) HWY_DYNAMIC_DISPATCH(shifted_floats_16)(codes, in, first, stride, count, out);
    else HWY_DYNAMIC_DISPATCH(shifted_floats_32)(codes, in, first, stride, count, out);
  } else if (bytes == 1) {
    const float* table = table_of(in);
    const auto* from = static_cast<const std::uint8_t*>(codes) + first;
    for (std::size_t i = 0; i < count; ++i) out[i] = table[from[i * stride]];
  } else {
    decode_each(codes, in, first, stride, count, out);
  }
}

void decode_run(const void* codes, const element& type, std::size_t first, std::size_t stride, std::size_t count,
                double* out) {
  if (const auto* integer = std::get_if<integer_format>(&type)) {
    return decode_integers(codes, *integer, first, stride, count, out);
  }
  const format in = std::get<format>(type);
  if (!range_of(in).within(float_range)) return decode_each(codes, in, first, stride, count, out);
  constexpr std::size_t chunk = 256;
  float narrow[chunk];
  for (std::size_t done = 0; done < count; done += chunk) {
    const std::size_t n = count - done < chunk ? count - done : chunk;
    decode_run(codes, type, first + done * stride, stride, n, narrow);
    for (std::size_t i = 0; i < n; ++i) out[done + i] = static_cast<double>(narrow[i]);
  }
}

}  // namespace assay::gemm_kernels
#endif
