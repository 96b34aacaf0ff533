// What the options of integer products name: tensors of integers, zero points, factors, integer types, ranges. Every
// function throws usage_error, which names the option or the input.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <assay/bulk/operands.hpp>
#include <assay/file/input_files.hpp>
#include <assay/judge/requantised.hpp>

#include "command.hpp"

namespace assay::cli {

/// A tensor of integers, as the file has them.
struct integers : integer_tensor {
  integers() = default;
  /// int8, int16 and int32 arrays are what they hold; others are named, as in FILE:uint8, or of the type that is due.
  integers(input_files& files, std::string_view name, const std::string& text, std::optional<integer_format> due = {});

  std::vector<std::int32_t> narrow(std::string_view name) const;
  matrix view() const { return {.codes = codes.bytes().data(), .type = type}; }
};

/// One number for all, or a file of as many as there are `lines`; nothing for an empty text.
std::vector<std::int32_t> zero_points(input_files& files, const std::string& text, std::string_view name,
                                      std::size_t lines);

/// One number, or a file of one or of as many as there are columns.
std::vector<double> factors(input_files& files, const std::string& text, std::size_t columns);

struct integer_target {
  integer_format type;
  rounding mode = rounding::ties_to_even;
};

/// int8, int8:toward_zero; nothing for what begins with another name.
std::optional<integer_target> target_of(const std::string& to);

/// A zero point and a clamp, as two integers with a comma between them.
requantised_range range_of(const std::string& zero, const std::string& clamp);

[[noreturn]] void refuse_shape(std::string_view name, const extents& found, const extents& expected);

}  // namespace assay::cli
