#include "output.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numbers>
#include <vector>

#include <assay/bulk/convert.hpp>
#include <assay/bulk/random.hpp>
#include <assay/number/convert.hpp>

#include "integer_parts.hpp"

namespace assay::gemm_kernels {

namespace {

/// Matrix units have a NaN of their own, which an output in their own format shows.
bool has_own_nan(const accumulator& a) {
  if (const auto* unit = std::get_if<accumulate::unit>(&a)) return unit->row.fused.nan != accumulate::nan_code::canonical;
  const auto* aligned = std::get_if<accumulate::aligned>(&a);
  return aligned != nullptr && aligned->nan != accumulate::nan_code::canonical;
}

float activated(float x, activation f) {
  const double v = static_cast<double>(x);
  double y = v;
  switch (f) {
    case activation::none: return x;
    case activation::relu: return x > 0 ? x : x == x ? 0.0f : x;
    case activation::gelu: y = 0.5 * v * std::erfc(-v / std::numbers::sqrt2); break;
    case activation::gelu_tanh:
      // v/2 (1 + tanh u) without the cancellation that 1 + tanh u has for large negative u.
      y = v / (1 + std::exp(-2 * std::sqrt(2 / std::numbers::pi) * (v + 0.044715 * v * v * v)));
      break;
    case activation::silu: y = v / (1 + std::exp(-v)); break;
    case activation::sigmoid: y = 1 / (1 + std::exp(-v)); break;
    case activation::tanh: y = std::tanh(v); break;
  }
  // x times a factor that is 0: the limit at minus infinity of those that are x times something.
  const bool tends_to_zero = f == activation::gelu || f == activation::gelu_tanh || f == activation::silu;
  if (tends_to_zero && x == -std::numeric_limits<float>::infinity()) return -0.0f;
  return static_cast<float>(y);
}

void store_one(void* d, std::size_t bytes, std::size_t at, std::uint64_t code) {
  switch (bytes) {
    case 1: static_cast<std::uint8_t*>(d)[at] = static_cast<std::uint8_t>(code); break;
    case 2: static_cast<std::uint16_t*>(d)[at] = static_cast<std::uint16_t>(code); break;
    case 4: static_cast<std::uint32_t*>(d)[at] = static_cast<std::uint32_t>(code); break;
    default: static_cast<std::uint64_t*>(d)[at] = code; break;
  }
}

/// Calls use(std::span<Word>) with memory as codes of `bytes` bytes.
template <class Use>
void as_codes(void* memory, std::size_t bytes, std::size_t count, const Use& use) {
  switch (bytes) {
    case 1: use(std::span(static_cast<std::uint8_t*>(memory), count)); break;
    case 2: use(std::span(static_cast<std::uint16_t*>(memory), count)); break;
    case 4: use(std::span(static_cast<std::uint32_t*>(memory), count)); break;
    default: use(std::span(static_cast<std::uint64_t*>(memory), count)); break;
  }
}

constexpr std::size_t chunk = 256;

/// Floats as they are, NaNs made canonical: integers throughout, which every processor has vectors for, and no copy of a
/// length that the compiler does not know, which is slow for the short runs of a tile.
void store_floats(const float* __restrict from, std::size_t count, std::byte* __restrict to) {
  for (std::size_t x = 0; x < count; ++x) {
    const auto code = std::bit_cast<std::int32_t>(from[x]);
    const std::int32_t canonical = (code & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : code;
    std::memcpy(to + x * sizeof canonical, &canonical, sizeof canonical);
  }
}

}  // namespace

output::output(const gemm_problem& p, const shape& s, std::size_t batch)
    : p_(p),
      shape_(s),
      batch_(batch),
      a_(rows_of_a(p, batch)),
      b_(columns_of_b(p, batch)),
      c_(p.c.codes != nullptr ? batch_of(p.c, batch) : nullptr),
      d_strides_(strides_of(p.d)),
      d_(batch_of(p.d, batch)),
      to_(std::holds_alternative<format>(p.d.type) ? std::get<format>(p.d.type) : binary32),
      has_epilogue_(gemm_kernels::has_epilogue(p)),
      own_nan_(has_own_nan(p.with) && !p.block_scales.is_on()),
      has_integer_parts_(has_integer_parts(p)) {
  if (c_ != nullptr) c_strides_ = strides_of(p.c);
}

encoded output::addend(std::size_t i, std::size_t j) const {
  if (!has_start()) return {0, binary32};
  const std::size_t at = i * c_strides_.row + j * c_strides_.column;
  const format f = std::get<format>(p_.c.type);
  switch (storage_bytes(f)) {
    case 1: return {static_cast<const std::uint8_t*>(c_)[at], f};
    case 2: return {static_cast<const std::uint16_t*>(c_)[at], f};
    case 4: return {static_cast<const std::uint32_t*>(c_)[at], f};
    default: return {static_cast<const std::uint64_t*>(c_)[at], f};
  }
}

template <class Lane>
void output::start_as(std::size_t i, std::size_t j, std::size_t count, format sum_format, conversion how,
                      Lane* sums) const {
  const format f = std::get<format>(p_.c.type);
  const std::size_t at = i * c_strides_.row + j * c_strides_.column;
  if (range_of(f).within(range_of(sum_format)) && sum_format.has_infinity() && how.on_overflow == overflow::ieee) {
    decode_run(c_, f, at, c_strides_.column, count, sums);
    return;
  }
  for (std::size_t x = 0; x < count; ++x) {
    const std::uint64_t code = convert(addend(i, j + x), sum_format, how).code;
    sums[x] = static_cast<Lane>(to_double(code, sum_format));
  }
}
void output::start(std::size_t i, std::size_t j, std::size_t n, format f, conversion how, float* sums) const {
  start_as(i, j, n, f, how, sums);
}
void output::start(std::size_t i, std::size_t j, std::size_t n, format f, conversion how, double* sums) const {
  start_as(i, j, n, f, how, sums);
}

std::uint32_t output::random(std::size_t i, std::size_t j) const {
  if (p_.to.mode != rounding::stochastic) return 0;
  return random_word(p_.seed, (batch_ * shape_.m + i) * shape_.n + j);
}

rounded output::sum_of(std::size_t i, std::size_t j, format out, conversion how, std::uint32_t random_bits) const {
  return dot(p_.with, p_.order, one_vector(a_, i), one_vector(b_, j), addend(i, j), out, how, random_bits);
}

void output::compute(std::size_t i, std::size_t j, std::size_t count) {
  if (has_integer_parts_) return compute_integers(i, j, count);
  for (std::size_t x = 0; x < count; ++x) {
    if (has_epilogue_) {
      const auto code = static_cast<std::uint32_t>(sum_of(i, j + x, binary32, {}, 0).code);
      finish_value(i, j + x, std::bit_cast<float>(code));
    } else {
      store_code(i, j + x, sum_of(i, j + x, to_, p_.to, random(i, j + x)).code);
    }
  }
}

void output::store_code(std::size_t i, std::size_t j, std::uint64_t code) {
  store_one(d_, bytes_of(to_), i * d_strides_.row + j * d_strides_.column, code);
}

template <class Lane>
void output::store(std::size_t i, std::size_t j, std::size_t count, const Lane* values) {
  const std::size_t bytes = bytes_of(to_), at = i * d_strides_.row + j * d_strides_.column;
  std::byte* const first = static_cast<std::byte*>(d_) + at * bytes;
  if constexpr (sizeof(Lane) == 4) {
    if (d_strides_.column == 1 && to_ == binary32 && p_.to == conversion{}) return store_floats(values, count, first);
  }
  Lane canonical[chunk];
  std::uint64_t codes_here[chunk];
  for (std::size_t done = 0; done < count; done += chunk) {
    const std::size_t n = std::min(chunk, count - done);
    for (std::size_t x = 0; x < n; ++x) {
      const Lane value = values[done + x];
      canonical[x] = value == value ? value : std::numeric_limits<Lane>::quiet_NaN();
    }
    const bool in_place = d_strides_.column == 1;
    void* const where = in_place ? static_cast<void*>(first + done * bytes) : codes_here;
    if (to_ == binary32 && sizeof(Lane) == 4 && p_.to == conversion{}) {
      std::memcpy(where, canonical, n * sizeof(Lane));
    } else {
      const random_stream words{p_.seed, (batch_ * shape_.m + i) * shape_.n + j + done};
      as_codes(where, bytes, n, [&](auto to) { convert(std::span<const Lane>(canonical, n), to, to_, p_.to, words); });
    }
    if (in_place) continue;
    as_codes(codes_here, bytes, n, [&](auto from) {
      for (std::size_t x = 0; x < n; ++x) store_one(d_, bytes, at + (done + x) * d_strides_.column, from[x]);
    });
  }
}

void output::finish_values(std::size_t i, std::size_t j, std::size_t count, const float* sums) {
  const gemm_epilogue& e = p_.epilogue;
  const bool adds_c = c_ != nullptr && p_.c_in_epilogue;
  float x[chunk], c[chunk];
  for (std::size_t done = 0; done < count; done += chunk) {
    const std::size_t n = std::min(chunk, count - done), column = j + done;
    std::copy_n(sums + done, n, x);
    if (adds_c) {
      const format f = std::get<format>(p_.c.type);
      const std::size_t at = i * c_strides_.row + column * c_strides_.column;
      if (range_of(f).within(float_range)) {
        decode_run(c_, f, at, c_strides_.column, n, c);
      } else {
        double wide[chunk];
        decode_run(c_, f, at, c_strides_.column, n, wide);
        for (std::size_t y = 0; y < n; ++y) c[y] = static_cast<float>(wide[y]);
      }
      for (std::size_t y = 0; y < n; ++y) x[y] = std::fma(e.alpha, x[y], e.beta == 1 ? c[y] : e.beta * c[y]);
    } else if (e.alpha != 1) {
      for (std::size_t y = 0; y < n; ++y) x[y] = e.alpha * x[y];
    }
    if (e.row_scale.values != nullptr) {
      for (std::size_t y = 0; y < n; ++y) x[y] *= e.row_scale.values[i];
    }
    if (e.column_scale.values != nullptr) {
      for (std::size_t y = 0; y < n; ++y) x[y] *= e.column_scale.values[column + y];
    }
    if (e.row_bias.values != nullptr) {
      for (std::size_t y = 0; y < n; ++y) x[y] += e.row_bias.values[i];
    }
    if (e.column_bias.values != nullptr) {
      for (std::size_t y = 0; y < n; ++y) x[y] += e.column_bias.values[column + y];
    }
    if (e.apply != activation::none) {
      for (std::size_t y = 0; y < n; ++y) x[y] = activated(x[y], e.apply);
    }
    if (e.amax != nullptr) {
      std::uint32_t largest = 0;  // as bits: magnitudes are in their order, NaNs above all
      for (std::size_t y = 0; y < n; ++y) largest = std::max(largest, std::bit_cast<std::uint32_t>(x[y]) & 0x7fffffffu);
      std::uint32_t known = amax_bits_;
      while (known < largest && !amax_bits_.compare_exchange_weak(known, largest)) {
      }
    }
    if (e.output_scale != 1) {
      for (std::size_t y = 0; y < n; ++y) x[y] *= e.output_scale;
    }
    store(i, column, n, x);
  }
}

template <class Lane>
void output::finish_as(std::size_t i, std::size_t j, std::size_t count, const Lane* sums) {
  if (own_nan_) {
    for (std::size_t x = 0; x < count; ++x) {
      if (sums[x] == sums[x]) continue;
      // Rare: the definition knows the NaN.
      std::vector<Lane> rest(sums, sums + count);
      for (std::size_t y = 0; y < count; ++y) {
        if (rest[y] != rest[y]) compute(i, j + y, 1);
        else if (has_epilogue_) finish_value(i, j + y, static_cast<float>(rest[y]));
        else store(i, j + y, 1, &rest[y]);
      }
      return;
    }
  }
  if (!has_epilogue_) return store(i, j, count, sums);
  if constexpr (sizeof(Lane) == 4) {
    finish_values(i, j, count, sums);
  } else {
    std::vector<float> narrow(sums, sums + count);
    finish_values(i, j, count, narrow.data());
  }
}
void output::finish(std::size_t i, std::size_t j, std::size_t count, const float* sums) { finish_as(i, j, count, sums); }
void output::finish(std::size_t i, std::size_t j, std::size_t count, const double* sums) { finish_as(i, j, count, sums); }

void output::finish_batch() const {
  if (p_.epilogue.amax == nullptr) return;
  const std::uint32_t bits = amax_bits_;
  p_.epilogue.amax[batch_] = bits > 0x7f800000u ? std::numeric_limits<float>::quiet_NaN() : std::bit_cast<float>(bits);
}

}  // namespace assay::gemm_kernels
