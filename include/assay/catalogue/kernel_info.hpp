// What a kernel is called, what it takes and what it gives: plain data, for everything that handles kernels by name.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace assay {

struct input_info {
  enum class kind : std::uint8_t {
    real,   ///< codes of a floating-point format
    index,  ///< signed or unsigned integers
    mask,   ///< booleans, or bytes where 0 is false
  };

  std::string_view name;
  std::string_view shape;  ///< in words of the other inputs' extents: "(N, C, ...)"
  std::string_view what;
  kind elements = kind::real;
  bool required = true;
};

struct attribute_info {
  enum class kind : std::uint8_t { number, integer, flag, choice, integers };

  std::string_view name;
  kind type = kind::number;
  std::string_view initial;  ///< its value where none is given, as text; empty: the kernel's own rule, said in `what`
  std::string_view what;
  std::string_view choices = {};  ///< of a choice: its words, with one space between them
};

struct result_info {
  std::string_view name;
  std::string_view shape;
};

struct kernel_info {
  std::string_view name;
  std::string_view formula;  ///< one line, over the reals
  std::span<const input_info> inputs;
  std::span<const attribute_info> attributes;
  std::span<const result_info> results;
};

}  // namespace assay
