// Elementary functions, correctly rounded: the result is the exact real value f(x) rounded once by the policy.
//
// Operands and results are of any formats of up to 16 bits, of the same or of different formats, chosen at run time or
// at compile time. Everything is constexpr, and integer arithmetic throughout: see elementary/fixed.hpp.
//
// Why the roundings are right. f(x) is evaluated with a relative error below 2^-56 and marked as inexact, unless it is
// a dyadic number, which each function decides first. A boundary between two roundings, in any format of up to 16 bits
// and whatever its bias, has at most 16 digits: it is a number of the format or the midpoint of two. So a rounding
// could only be wrong if f(x) were within 2^-56 of such a number. tests/elementary runs through every operand that
// formats of up to 16 bits can hold (15 digits, all exponents) and finds none within 2^-51, save operands so small or
// so large that f(x) is next to a simple number such as 1 or x; for those it is known on which side f(x) lies.
//
// Exact results raise nothing. inexact, overflow and underflow are as round_to_format says; every file in elementary/
// has its functions' special values. NaN gives the canonical NaN, and a signalling NaN raises invalid.
//
// Stochastic rounding draws on the evaluated value: its 32 random bits reach down to 2^-47, above the error.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <stdexcept>
#include <string>

#include <assay/number/elementary/erf.hpp>
#include <assay/number/elementary/exp.hpp>
#include <assay/number/elementary/inverse.hpp>
#include <assay/number/elementary/log.hpp>
#include <assay/number/elementary/logistic.hpp>
#include <assay/number/number.hpp>

// clang-format off
/// The list, written once: name and formula.
#define ASSAY_FOR_EACH_ELEMENTARY(apply)         \
  apply(exp, "e^x")                              \
  apply(exp2, "2^x")                             \
  apply(expm1, "e^x - 1")                        \
  apply(log, "natural logarithm of x")           \
  apply(log2, "logarithm of x to base 2")        \
  apply(log1p, "natural logarithm of 1 + x")     \
  apply(tanh, "hyperbolic tangent of x")         \
  apply(erf, "error function of x")              \
  apply(sigmoid, "1 / (1 + e^-x)")               \
  apply(rsqrt, "1 / sqrt(x)")                    \
  apply(reciprocal, "1 / x")                     \
  apply(gelu, "x / 2 * (1 + erf(x / sqrt(2)))")  \
  apply(silu, "x / (1 + e^-x)")
// clang-format on

namespace assay {

#define ASSAY_ENUMERATOR(name, formula) name,
enum class elementary : std::uint8_t { ASSAY_FOR_EACH_ELEMENTARY(ASSAY_ENUMERATOR) };
#undef ASSAY_ENUMERATOR

struct named_elementary {
  std::string_view name;
  elementary value;
  std::string_view formula;
};

#define ASSAY_ROW(name, formula) named_elementary{#name, elementary::name, formula},
inline constexpr std::array elementary_functions{ASSAY_FOR_EACH_ELEMENTARY(ASSAY_ROW)};
#undef ASSAY_ROW

/// The function of that name, if there is one. Case matters.
constexpr std::optional<elementary> find_elementary(std::string_view name) {
  for (const named_elementary& row : elementary_functions)
    if (row.name == name) return row.value;
  return std::nullopt;
}

constexpr std::string_view name_of(elementary f) { return elementary_functions[static_cast<std::size_t>(f)].name; }

/// Whether elementary functions take and give this format.
constexpr bool has_elementary_functions(format f) { return f.is_valid() && f.width() <= 16; }

namespace detail {

/// Throws std::invalid_argument for a format that is too wide. In device code this is the caller's duty.
constexpr void require_elementary([[maybe_unused]] format f, [[maybe_unused]] const char* role) {
#if !defined(__CUDA_ARCH__)
  if (!has_elementary_functions(f)) {
    throw std::invalid_argument(std::string("elementary functions: expected a valid ") + role +
                                " format of at most 16 bits, found one of " + std::to_string(f.width()) + " bits");
  }
#endif
}

constexpr exact_result<std::uint64_t> elementary_value(elementary f, unpacked<std::uint64_t> x) {
  switch (f) {
#define ASSAY_CASE(name, formula) \
  case elementary::name: return evaluation::name##_value(x);
    ASSAY_FOR_EACH_ELEMENTARY(ASSAY_CASE)
#undef ASSAY_CASE
  }
  return invalid_result<std::uint64_t>();
}

}  // namespace detail

/// f(x), rounded once into `out` under the policy `how`. `random` is the word of stochastic rounding.
/// Throws std::invalid_argument if either format has more than 16 bits.
constexpr rounded evaluate(elementary f, encoded x, format out, conversion how = {}, std::uint32_t random = 0) {
  detail::require_elementary(x.in, "operand");
  detail::require_elementary(out, "result");
  return detail::finish(detail::elementary_value(f, detail::operand<std::uint64_t>(x, how)), out, how, random);
}

template <format Out, format A>
constexpr number<Out> evaluate(elementary f, number<A> x, conversion how = {}, std::uint32_t random = 0,
                               exceptions* raised = nullptr) {
  static_assert(has_elementary_functions(A) && has_elementary_functions(Out), "formats of at most 16 bits only");
  return detail::take<Out>(evaluate(f, x.code(), Out, how, random), raised);
}
template <format A>
constexpr number<A> evaluate(elementary f, number<A> x, conversion how = {}, std::uint32_t random = 0,
                             exceptions* raised = nullptr) {
  return evaluate<A, A>(f, x, how, random, raised);
}

// Each function by its own name: exp(x.code(), out), exp(x), exp<Out>(x), each with an optional policy and random word.
#define ASSAY_DEFINE_ELEMENTARY(name, formula)                                                   \
  constexpr rounded name(encoded x, format out, conversion how = {}, std::uint32_t random = 0) { \
    return evaluate(elementary::name, x, out, how, random);                                      \
  }                                                                                              \
  template <format Out, format A>                                                                \
  constexpr number<Out> name(number<A> x, conversion how = {}, std::uint32_t random = 0,         \
                             exceptions* raised = nullptr) {                                     \
    return evaluate<Out, A>(elementary::name, x, how, random, raised);                           \
  }                                                                                              \
  template <format A>                                                                            \
  constexpr number<A> name(number<A> x, conversion how = {}, std::uint32_t random = 0,           \
                           exceptions* raised = nullptr) {                                       \
    return evaluate<A, A>(elementary::name, x, how, random, raised);                             \
  }
ASSAY_FOR_EACH_ELEMENTARY(ASSAY_DEFINE_ELEMENTARY)
#undef ASSAY_DEFINE_ELEMENTARY

}  // namespace assay

#undef ASSAY_FOR_EACH_ELEMENTARY
