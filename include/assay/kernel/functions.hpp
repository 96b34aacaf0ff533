// What a kernel's elementary functions are: a model of exp, log, tanh and the others, as a value.
//
//   correctly_rounded            the real value, rounded once into the compute format (the default)
//   approximate:ERROR[:flush]    off by up to a relative ERROR (2^-22, 1e-3), then rounded; `flush` takes operands and
//                                results that are subnormal in the compute format for zeros. With 2^-22:flush these are
//                                the bounds that NVIDIA states for ex2.approx.ftz.f32 (PTX ISA, ex2).
//   table:BITS                   linear interpolation between correctly rounded values at operands of BITS digits
//   custom                       a function of the caller's; only from C++
//
// The error of `approximate` is a fixed function of the operand and of the function's name, spread evenly between
// -ERROR and +ERROR. It stands for any implementation within that bound, not for a particular one.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <assay/number/elementary.hpp>

namespace assay {

struct function_model {
  enum class kind : std::uint8_t { correctly_rounded, approximate, table, custom };

  kind what = kind::correctly_rounded;
  double relative_error = 0;        ///< of approximate
  bool flushes_subnormals = false;  ///< of approximate
  int table_bits = 0;               ///< of table: 1 to 16
  /// Of custom: takes the operand's value and gives the result's, which is rounded into the compute format (nothing
  /// happens to a number of that format). Called from several threads at once.
  std::function<double(elementary, double)> call;

  static function_model custom(std::function<double(elementary, double)> f) {
    function_model m;
    m.what = kind::custom;
    m.call = std::move(f);
    return m;
  }
};

/// Both need assay::runtime. Throws std::invalid_argument, whose text says what was found and what was expected.
function_model parse_functions(std::string_view text);
std::string to_string(const function_model& model);

/// f(x) by the model, rounded once into `out`; any formats. Needs assay::runtime.
///
/// correctly_rounded is that for all operands where both formats have at most 24 digits. In wider ones the value that
/// is rounded is within a relative 2^-95 of f(x): the rounding is the right one unless f(x) lies that close to a
/// boundary, which of 2^40 operands about one would. What is raised is not told in full: inexact may be missing or too
/// much. Throws std::invalid_argument for a wide operand that binary64 does not hold.
rounded evaluate(const function_model& model, elementary f, encoded x, format out, conversion how = {},
                 std::uint32_t random = 0);

}  // namespace assay
