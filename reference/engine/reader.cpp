#include "reader.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include <assay/format/name.hpp>

namespace assay::reference {

namespace {

double decoded(std::uint64_t code, format f) {
  const auto v = decode(code, f);
  switch (v.kind) {
    case value_class::nan: return std::copysign(std::numeric_limits<double>::quiet_NaN(), v.negative ? -1 : 1);
    case value_class::infinity: return v.negative ? -HUGE_VAL : HUGE_VAL;
    case value_class::zero: return v.negative ? -0.0 : 0.0;
    case value_class::finite: break;
  }
  const double magnitude = std::ldexp(static_cast<double>(v.significand), v.exponent);
  return v.negative ? -magnitude : magnitude;
}

}  // namespace

reader::reader(const code_view& view, const char* name) : view_(view), mask_(view.layout().code_mask()) {
  const format f = view.layout();
  if (f.max_exponent() > 1023 || f.min_ulp_exponent() < -1074) {
    throw std::invalid_argument(std::string(name) + " is in " + format_name(f) +
                                "; expected a format whose numbers binary64 holds");
  }
  if (f.width() > 16) return;
  table_.resize(std::size_t{1} << f.width());
  for (std::size_t code = 0; code < table_.size(); ++code) table_[code] = decoded(code, f);
}

double reader::wide_value(std::uint64_t code) const {
  const format f = view_.layout();
  if (f == binary64) return std::bit_cast<double>(code);
  if (f == binary32) return std::bit_cast<float>(static_cast<std::uint32_t>(code));
  return decoded(code, f);
}

void reader::read(std::size_t n, std::size_t step, std::span<double> out) const {
  if (const std::byte* const start = view_.contiguous()) {
    const auto bytes = static_cast<std::size_t>(storage_bytes(view_.layout()));
    const auto each = [&](auto code) {
      for (std::size_t i = 0; i < out.size(); ++i) {
        std::memcpy(&code, start + (n + i * step) * sizeof code, sizeof code);
        out[i] = value(code);
      }
    };
    switch (bytes) {
      case 1: return each(std::uint8_t{});
      case 2: return each(std::uint16_t{});
      case 4: return each(std::uint32_t{});
      default: return each(std::uint64_t{});
    }
  }
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = value(view_[n + i * step]);
}

void reader::read_transposed(std::size_t n, std::size_t row_step, std::size_t columns, std::size_t rows,
                             double* out) const {
  const std::byte* const start = view_.contiguous();
  if (start == nullptr) {
    for (std::size_t c = 0; c < columns; ++c) read(n + c, row_step, {out + c * rows, rows});
    return;
  }
  // Eight rows at a time: what is read lies behind each other, and of each line a whole stretch is written.
  constexpr std::size_t at_once = 8;
  const auto each = [&](auto code) {
    for (std::size_t r = 0; r < rows; r += at_once) {
      const std::size_t some = std::min(at_once, rows - r);
      for (std::size_t c = 0; c < columns; ++c) {
        for (std::size_t k = 0; k < some; ++k) {
          std::memcpy(&code, start + (n + (r + k) * row_step + c) * sizeof code, sizeof code);
          out[c * rows + r + k] = value(code);
        }
      }
    }
  };
  switch (storage_bytes(view_.layout())) {
    case 1: return each(std::uint8_t{});
    case 2: return each(std::uint16_t{});
    case 4: return each(std::uint32_t{});
    default: return each(std::uint64_t{});
  }
}

std::vector<double> reader::all() const {
  std::vector<double> values(size());
  read(0, 1, values);
  return values;
}

}  // namespace assay::reference
