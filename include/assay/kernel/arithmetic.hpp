// The arithmetic that a kernel computes in, as a value: formats, roundings, sums, functions, casts and algorithm.
//
// From left to right, what happens to an element:
//
//   input --load--> compute format --operations, each rounded--> [stores] --> compute format --to--> output
//
// Two presets name the usual extremes: upcast:binary32 (x is cast to binary32, the kernel computes in it and casts the
// result back, as autocast does) and native (everything in the storage format).
//
// As text it is a list of key=value:
//
//   compute=FORMAT|native       what operations are rounded to; native: the storage format of the first input
//   rounding=MODE  random_bits=N  overflow=POLICY  subnormals=POLICY        of every operation
//   load=MODE[:POLICY...]       how inputs are brought into the compute format
//   accumulate=ACCUMULATOR      what sums are kept in (accumulate/grammar.hpp); without it the compute format, products
//                               and sums rounded one by one
//   order=ORDER                 the order of their terms
//   functions=MODEL             of elementary functions (functions.hpp)
//   store.POINT=FORMAT[:MODE][:POLICY...]   an intermediate result that passes through another format
//   to=FORMAT[:MODE][:POLICY...]            the output; the storage format of the first input where none is given
//   seed=N                      of every stochastic rounding
//   VARIANT=WORD                the kernel's own choices: variants_of()
//
// upcast:FORMAT and native may stand alone as a preset, best first.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <assay/accumulate/accumulator.hpp>
#include <assay/catalogue/kernel_info.hpp>
#include <assay/kernel/functions.hpp>

namespace assay {

/// A conversion into a format.
struct cast {
  format to = binary32;
  conversion how = {};

  constexpr bool operator==(const cast&) const = default;
};

struct arithmetic {
  std::optional<format> compute = binary32;  ///< nothing: the storage format of the kernel's first input
  conversion how = {};                       ///< of every operation
  conversion load = {};                      ///< of inputs into the compute format
  std::optional<accumulator> accumulate;     ///< nothing: the compute format, products and sums rounded one by one
  summation_order order = assay::order::sequential{};
  function_model functions;
  std::map<std::string, cast, std::less<>> stores;
  std::optional<format> to;  ///< nothing: the storage format of the kernel's first input
  conversion to_how = {};
  std::uint64_t seed = 0;
  std::map<std::string, std::string, std::less<>> variants;

  /// Cast up, compute, cast back.
  static arithmetic upcast(format f = binary32) {
    arithmetic a;
    a.compute = f;
    return a;
  }
  /// Everything in the storage format.
  static arithmetic native() {
    arithmetic a;
    a.compute.reset();
    return a;
  }

  /// With every format and the accumulator said, for inputs of that storage format.
  arithmetic resolved(format storage) const {
    arithmetic a = *this;
    if (!a.compute) a.compute = storage;
    if (!a.to) a.to = storage;
    if (!a.accumulate) {
      a.accumulate = accumulate::floating{*a.compute, how, accumulate::multiplication::rounded, seed};
    }
    return a;
  }

  /// The cast at a point, if the arithmetic has one there.
  const cast* store_at(std::string_view point) const {
    const auto found = stores.find(point);
    return found == stores.end() ? nullptr : &found->second;
  }
};

/// A place where a kernel can pass an intermediate result through a storage format.
struct store_info {
  std::string_view name;
  std::string_view what;
};

// ---- needs assay::runtime ----

/// The keys that every kernel has, for help texts; store.POINT and the variants come on top.
std::span<const attribute_info> arithmetic_keys();
/// The choices that this kernel has; empty for one without, or without an emulation (has_emulation() in run.hpp).
std::span<const attribute_info> variants_of(std::string_view kernel);
/// The points at which this kernel can store intermediate results.
std::span<const store_info> stores_of(std::string_view kernel);

using key_value = std::pair<std::string, std::string>;

/// Throws std::invalid_argument, whose text says what was found and what was expected.
arithmetic parse_arithmetic(std::string_view kernel, std::span<const key_value> settings);
/// The same from one text: words of the form key=value with blanks or ';' between them, or a preset's name.
arithmetic parse_arithmetic(std::string_view kernel, std::string_view text);
/// As parse_arithmetic reads it back, defaults left out; a custom function model as "functions=custom", which is not
/// read back.
std::string to_string(const arithmetic& a);

/// That formats are valid, conversions too, and that variants and stores are this kernel's. Throws
/// std::invalid_argument.
void check_arithmetic(std::string_view kernel, const arithmetic& a);

}  // namespace assay
