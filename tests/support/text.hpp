// Texts for messages. (Streams: GCC 12 warns falsely about "literal" + std::string.)
#pragma once

#include <sstream>
#include <string>

#include <assay/format/format.hpp>
#include <assay/rounding/conversion.hpp>

namespace test {

template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream stream;
  (stream << ... << parts);
  return stream.str();
}

template <class Number>
std::string hex(Number x) {
  std::ostringstream stream;
  stream << "0x" << std::hex << +x;
  return stream.str();
}

inline std::string describe(const assay::format& f) {
  constexpr const char* names[] = {"ieee", "fn", "fnuz", "finite", "fnu"};
  return text('e', f.exponent_bits, 'm', f.fraction_bits, " bias ", f.bias, ' ', names[static_cast<int>(f.nonfinite)]);
}

inline std::string describe(const assay::conversion& how) {
  constexpr const char* modes[] = {"ties_to_even", "ties_to_away", "toward_zero", "upward",
                                   "downward",     "to_odd",       "stochastic"};
  constexpr const char* overflows[] = {"ieee", "saturate_finite", "to_nan"};
  constexpr const char* subnormals[] = {"keep", "flush_inputs", "flush_outputs", "flush_both"};
  return text(modes[static_cast<int>(how.mode)], '(', how.random_bits, ") ", overflows[static_cast<int>(how.on_overflow)],
              ' ', subnormals[static_cast<int>(how.on_subnormal)]);
}

}  // namespace test
