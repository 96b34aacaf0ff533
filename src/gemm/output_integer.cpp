// From integer sums to D: as they are, requantised, or rounded into a floating-point format.
#include <algorithm>
#include <vector>

#include <assay/number/convert.hpp>

#include "integer_parts.hpp"
#include "output.hpp"

namespace assay::gemm_kernels {

namespace {

constexpr std::size_t chunk = 256;

/// Whether a float that is clamped to the range first can be rounded to an integer by adding and subtracting.
bool rounds_by_adding(const gemm_requantisation& r, integer_format f) {
  constexpr std::int32_t far = 1 << 20;
  return r.by == requantiser::float_scale && r.mode == rounding::ties_to_even && f.bits <= 20 &&
         r.range.zero_point > -far && r.range.zero_point < far;
}

void requantise_by_adding(const gemm_requantisation& r, integer_format f, std::size_t j, std::size_t count,
                          const std::int32_t* sums, std::int32_t* out) {
  const auto bound = [&](std::int64_t x) { return static_cast<float>(x - r.range.zero_point); };
  const float low = bound(std::max<std::int64_t>(r.range.lowest, f.min()));
  const float high = bound(std::min<std::int64_t>(r.range.highest, f.max()));
  // A float near this has no place for fractions. The bounds are integers: clamping first changes nothing.
  constexpr float to_integer = 0x1.8p23f;
  const auto finish = [&](std::int32_t sum, float scale) {
    const float y = static_cast<float>(sum) * scale;
    const float clamped = y < low ? low : y > high ? high : y;
    return static_cast<std::int32_t>((clamped + to_integer) - to_integer) + r.range.zero_point;
  };
  if (r.scales.size == 1) {
    const float scale = r.scales.values[0];
    for (std::size_t x = 0; x < count; ++x) out[x] = finish(sums[x], scale);
  } else {
    const float* const scales = r.scales.values + j;
    for (std::size_t x = 0; x < count; ++x) out[x] = finish(sums[x], scales[x]);
  }
}

fixed_point_multiplier multiplier(const gemm_requantisation& r, std::size_t j) {
  return {r.multipliers.values[r.multipliers.size == 1 ? 0 : j], r.shifts.values[r.shifts.size == 1 ? 0 : j]};
}

void requantise(const gemm_requantisation& r, integer_format f, std::size_t j, std::size_t count,
                const std::int32_t* sums, std::int32_t* out) {
  if (rounds_by_adding(r, f)) return requantise_by_adding(r, f, j, count, sums, out);
  const auto rescale_each = [&](const auto& scaled) {
    for (std::size_t x = 0; x < count; ++x) out[x] = r.range.place(scaled(x), f);
  };
  switch (r.by) {
    case requantiser::none: break;
    case requantiser::float_scale:
      return rescale_each([&](std::size_t x) {
        return multiply_by_scale(sums[x], r.scales.values[r.scales.size == 1 ? 0 : j + x], r.mode);
      });
    case requantiser::double_rounding:
      return rescale_each([&](std::size_t x) { return multiply_double_rounding(sums[x], multiplier(r, j + x)); });
    case requantiser::single_rounding:
      return rescale_each([&](std::size_t x) { return multiply_single_rounding(sums[x], multiplier(r, j + x)); });
  }
}

template <class Code, class Number>
void store_codes(void* d, std::size_t at, std::size_t stride, std::uint64_t mask, std::size_t count,
                 const Number* values) {
  Code* const to = static_cast<Code*>(d) + at;
  const auto code = [&](std::size_t x) { return static_cast<Code>(static_cast<std::uint64_t>(values[x]) & mask); };
  if (stride == 1) {
    for (std::size_t x = 0; x < count; ++x) to[x] = code(x);
  } else {
    for (std::size_t x = 0; x < count; ++x) to[x * stride] = code(x);
  }
}

}  // namespace

void output::integer_start(std::size_t i, std::size_t j, std::size_t count, std::int64_t* values) const {
  if (has_start()) {
    const auto f = std::get<integer_format>(p_.c.type);
    return decode_integer_run(c_, f, i * c_strides_.row + j * c_strides_.column, c_strides_.column, count, values);
  }
  for (std::size_t x = 0; x < count; ++x) values[x] = element_of(p_.integer_bias, j + x);
}

template <class Number>
void output::store_integers(std::size_t i, std::size_t j, std::size_t count, const Number* values) {
  const element& type = p_.d.type;
  const std::uint64_t mask = std::get<integer_format>(type).code_mask();
  const std::size_t at = i * d_strides_.row + j * d_strides_.column, stride = d_strides_.column;
  switch (bytes_of(type)) {
    case 1: return store_codes<std::uint8_t>(d_, at, stride, mask, count, values);
    case 2: return store_codes<std::uint16_t>(d_, at, stride, mask, count, values);
    case 4: return store_codes<std::uint32_t>(d_, at, stride, mask, count, values);
    default: return store_codes<std::uint64_t>(d_, at, stride, mask, count, values);
  }
}

template <class Number>
void output::finish_integers_as(std::size_t i, std::size_t j, std::size_t count, const Number* sums) {
  const auto* to = std::get_if<integer_format>(&p_.d.type);
  if (to != nullptr && p_.requantise.by == requantiser::none) return store_integers(i, j, count, sums);
  for (std::size_t done = 0; done < count; done += chunk) {
    const std::size_t n = std::min(chunk, count - done);
    const Number* const from = sums + done;
    if (to != nullptr) {
      std::int32_t narrow[chunk], small[chunk];
      for (std::size_t x = 0; x < n; ++x) narrow[x] = static_cast<std::int32_t>(from[x]);
      requantise(p_.requantise, *to, j + done, n, narrow, small);
      store_integers(i, j + done, n, small);
    } else if (has_epilogue_) {
      float floats[chunk];
      for (std::size_t x = 0; x < n; ++x) floats[x] = static_cast<float>(from[x]);
      finish_values(i, j + done, n, floats);
    } else {
      for (std::size_t x = 0; x < n; ++x) {
        const std::size_t column = j + done + x;
        store_code(i, column, convert(std::int64_t{from[x]}, to_, p_.to, random(i, column)).code);
      }
    }
  }
}

void output::finish_integers(std::size_t i, std::size_t j, std::size_t count, const std::int32_t* sums) {
  if (has_epilogue_ || std::holds_alternative<integer_format>(p_.d.type)) return finish_integers_as(i, j, count, sums);
  double exact[chunk];
  for (std::size_t done = 0; done < count; done += chunk) {
    const std::size_t n = std::min(chunk, count - done);
    std::copy_n(sums + done, n, exact);
    finish(i, j + done, n, exact);
  }
}
void output::finish_integers(std::size_t i, std::size_t j, std::size_t count, const std::int64_t* sums) {
  finish_integers_as(i, j, count, sums);
}

void output::compute_integers(std::size_t i, std::size_t j, std::size_t count) {
  for (std::size_t x = 0; x < count; ++x) {
    std::int64_t start = 0;
    integer_start(i, j + x, 1, &start);
    const std::int64_t sum = integer_sum(p_, a_, b_, i, j + x, start);
    finish_integers(i, j + x, 1, &sum);
  }
}

}  // namespace assay::gemm_kernels
