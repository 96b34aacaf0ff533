// number<Format>: the scalar type. One code, with operators that round once, ties to even.
#pragma once

#include <assay/number/convert.hpp>
#include <assay/number/fast_compare.hpp>
#include <assay/number/fast_operators.hpp>
#include <assay/number/order.hpp>

namespace assay {

/// A number of format F. Trivially copyable and exactly as large as its code's storage, so that arrays of it are
/// arrays of raw codes.
///
/// Operators use the default policy: ties to even, IEEE overflow, subnormals kept. The named functions below take any
/// policy. NaN results of arithmetic are the canonical NaN; conversions keep a NaN's sign and leading payload bits.
template <format F>
class number {
  static_assert(F.is_valid(), "not a format: see assay::format");

 public:
  using storage = storage_of<F>;
  static constexpr format layout = F;

  number() = default;

  /// Rounds once. Explicit, since it may lose digits.
  template <native_number T>
  explicit constexpr number(T x, conversion how = {}, std::uint32_t random = 0)
      : number(rounded_from(x, how, random)) {}
  template <format G>
    requires(G != F)
  explicit constexpr number(number<G> x, conversion how = {}, std::uint32_t random = 0)
      : number(from_bits(how == conversion{} ? fast::code_of_other<F, G>(x.bits())
                                             : assay::convert(x.code(), F, how, random).code)) {}

  /// The number of this code. Bits above the format's width are dropped.
  static constexpr number from_bits(std::uint64_t bits) {
    number n;
    n.bits_ = static_cast<storage>(bits & F.code_mask());
    return n;
  }

  constexpr storage bits() const { return bits_; }
  constexpr encoded code() const { return {bits_, F}; }

  /// Exact where T holds the value, else rounded once: ties to even for float and double, toward zero and
  /// saturating for integers (see convert_to_integer).
  template <native_number T>
  explicit constexpr operator T() const {
    if constexpr (std::floating_point<T>) {
      return fast::value_of<F, std::remove_cv_t<T>>(bits_);
    } else {
      return convert_to_integer<T>(code()).value;
    }
  }

  friend constexpr number operator+(number a, number b) { return from_bits(fast::sum_of<F>(a.bits_, b.bits_)); }
  friend constexpr number operator-(number a, number b) { return from_bits(fast::difference_of<F>(a.bits_, b.bits_)); }
  friend constexpr number operator*(number a, number b) { return from_bits(fast::product_of<F>(a.bits_, b.bits_)); }
  friend constexpr number operator/(number a, number b) { return from_bits(fast::quotient_of<F>(a.bits_, b.bits_)); }
  constexpr number& operator+=(number b) { return *this = *this + b; }
  constexpr number& operator-=(number b) { return *this = *this - b; }
  constexpr number& operator*=(number b) { return *this = *this * b; }
  constexpr number& operator/=(number b) { return *this = *this / b; }

  /// Changes the sign bit, also of a NaN or a zero that has one. The only NaN of fnuz has no sign to change.
  constexpr number operator-() const
    requires(F.is_signed())
  {
    if (!F.has_negative_zero() && (bits_ & F.magnitude_mask()) == 0) return *this;
    return from_bits(bits_ ^ F.sign_mask());
  }
  constexpr number operator+() const { return *this; }

  friend constexpr bool operator==(number a, number b) { return fast::is_equal<F>(a.bits_, b.bits_); }
  friend constexpr std::partial_ordering operator<=>(number a, number b) { return fast::order<F>(a.bits_, b.bits_); }
  // What <=> implies, but in loops that vectorise.
  friend constexpr bool operator<(number a, number b) { return fast::is_less<F>(a.bits_, b.bits_); }
  friend constexpr bool operator>(number a, number b) { return fast::is_less<F>(b.bits_, a.bits_); }
  friend constexpr bool operator<=(number a, number b) { return fast::is_less_equal<F>(a.bits_, b.bits_); }
  friend constexpr bool operator>=(number a, number b) { return fast::is_less_equal<F>(b.bits_, a.bits_); }

 private:
  template <class T>
  static constexpr number rounded_from(T x, conversion how, std::uint32_t random) {
    if constexpr (std::floating_point<T>) {
      if (how == conversion{}) return from_bits(fast::code_of<F>(x));
    }
    return from_bits(assay::convert(x, F, how, random).code);
  }

  storage bits_;
};

using fp16_t = number<binary16>;
using bf16_t = number<bfloat16>;
using fp8_e4m3_t = number<e4m3fn>;
using fp8_e5m2_t = number<e5m2>;

namespace detail {
template <format Out>
constexpr number<Out> take(rounded r, exceptions* raised) {
  if (raised != nullptr) *raised |= r.raised;
  return number<Out>::from_bits(r.code);
}

constexpr bool is_default(conversion how, const exceptions* raised) {
  return raised == nullptr && how == conversion{};
}
}  // namespace detail

// Operations with a policy. Out is the result's format, by default the first operand's; operands may differ in format.
// `raised`, when given, collects the exceptions: they are added to what is there, as IEEE 754's status flags do.
// With the default policy, and nobody asking for exceptions, they are as quick as the operators.

#define ASSAY_DEFINE_BINARY(name, quick)                                                                         \
  template <format Out, format A, format B>                                                                      \
  constexpr number<Out> name(number<A> a, number<B> b, conversion how = {}, std::uint32_t random = 0,            \
                             exceptions* raised = nullptr) {                                                     \
    return detail::take<Out>(name(a.code(), b.code(), Out, how, random), raised);                                \
  }                                                                                                              \
  template <format A>                                                                                            \
  ASSAY_ALWAYS_INLINE constexpr number<A> name(number<A> a, number<A> b, conversion how = {},                    \
                                               std::uint32_t random = 0, exceptions* raised = nullptr) {         \
    if (detail::is_default(how, raised)) return number<A>::from_bits(quick);                                     \
    return detail::take<A>(name(a.code(), b.code(), A, how, random), raised);                                    \
  }
ASSAY_DEFINE_BINARY(add, fast::sum_of<A>(a.bits(), b.bits()))
ASSAY_DEFINE_BINARY(subtract, fast::difference_of<A>(a.bits(), b.bits()))
ASSAY_DEFINE_BINARY(multiply, fast::product_of<A>(a.bits(), b.bits()))
ASSAY_DEFINE_BINARY(divide, fast::quotient_of<A>(a.bits(), b.bits()))
ASSAY_DEFINE_BINARY(remainder, remainder(a.code(), b.code(), A).code)
#undef ASSAY_DEFINE_BINARY

/// a * b + c, rounded once.
template <format Out, format A, format B, format C>
constexpr number<Out> fma(number<A> a, number<B> b, number<C> c, conversion how = {}, std::uint32_t random = 0,
                          exceptions* raised = nullptr) {
  return detail::take<Out>(fma(a.code(), b.code(), c.code(), Out, how, random), raised);
}
template <format A>
ASSAY_ALWAYS_INLINE constexpr number<A> fma(number<A> a, number<A> b, number<A> c, conversion how = {},
                                            std::uint32_t random = 0, exceptions* raised = nullptr) {
  if (detail::is_default(how, raised)) return number<A>::from_bits(fast::fused_of<A>(a.bits(), b.bits(), c.bits()));
  return detail::take<A>(fma(a.code(), b.code(), c.code(), A, how, random), raised);
}

template <format Out, format A>
constexpr number<Out> sqrt(number<A> a, conversion how = {}, std::uint32_t random = 0, exceptions* raised = nullptr) {
  return detail::take<Out>(sqrt(a.code(), Out, how, random), raised);
}
template <format A>
ASSAY_ALWAYS_INLINE constexpr number<A> sqrt(number<A> a, conversion how = {}, std::uint32_t random = 0,
                                             exceptions* raised = nullptr) {
  if (detail::is_default(how, raised)) return number<A>::from_bits(fast::root_of<A>(a.bits()));
  return detail::take<A>(sqrt(a.code(), A, how, random), raised);
}

/// a * 2^n, rounded once.
template <format A>
constexpr number<A> scalbn(number<A> a, int n, conversion how = {}, std::uint32_t random = 0,
                           exceptions* raised = nullptr) {
  return detail::take<A>(scalbn(a.code(), n, A, how, random), raised);
}

template <format Out, format A>
constexpr number<Out> convert(number<A> a, conversion how = {}, std::uint32_t random = 0,
                              exceptions* raised = nullptr) {
  if (detail::is_default(how, raised)) return number<Out>::from_bits(fast::code_of_other<Out, A>(a.bits()));
  return detail::take<Out>(convert(a.code(), Out, how, random), raised);
}
template <format Out, native_number T>
constexpr number<Out> convert(T x, conversion how = {}, std::uint32_t random = 0, exceptions* raised = nullptr) {
  if constexpr (std::floating_point<T>) {
    if (detail::is_default(how, raised)) return number<Out>::from_bits(fast::code_of<Out>(x));
  }
  return detail::take<Out>(convert(x, Out, how, random), raised);
}

/// The integer nearest a by the mode: see the function of the same name on codes.
template <integer_number T, format A>
constexpr T to_integer(number<A> a, conversion how = {rounding::toward_zero}, std::uint32_t random = 0,
                       exceptions* raised = nullptr) {
  const auto r = convert_to_integer<T>(a.code(), how, random);
  if (raised != nullptr) *raised |= r.raised;
  return r.value;
}

// minimum and maximum of IEEE 754-2019: see order.hpp.
#define ASSAY_DEFINE_SELECTION(name)                                                                            \
  template <format A>                                                                                           \
  constexpr number<A> name(number<A> a, number<A> b, conversion how = {}, exceptions* raised = nullptr) {       \
    return detail::take<A>(name(a.code(), b.code(), A, how), raised);                                           \
  }
ASSAY_DEFINE_SELECTION(minimum)
ASSAY_DEFINE_SELECTION(maximum)
ASSAY_DEFINE_SELECTION(minimum_number)
ASSAY_DEFINE_SELECTION(maximum_number)
ASSAY_DEFINE_SELECTION(minimum_magnitude)
ASSAY_DEFINE_SELECTION(maximum_magnitude)
ASSAY_DEFINE_SELECTION(minimum_magnitude_number)
ASSAY_DEFINE_SELECTION(maximum_magnitude_number)
#undef ASSAY_DEFINE_SELECTION

template <format A>
constexpr number<A> next_up(number<A> a) {
  return number<A>::from_bits(next_up(a.bits(), A));
}
template <format A>
constexpr number<A> next_down(number<A> a) {
  return number<A>::from_bits(next_down(a.bits(), A));
}
template <format A>
constexpr number<A> ulp(number<A> a) {
  return number<A>::from_bits(ulp(a.bits(), A));
}
template <format A>
constexpr std::strong_ordering total_order(number<A> a, number<A> b) {
  return total_order(a.bits(), b.bits(), A);
}

// Sign operations work on the code alone and raise nothing, NaN or not.
template <format A>
constexpr bool signbit(number<A> a) {
  return (a.bits() & A.sign_mask()) != 0 && (A.has_negative_zero() || (a.bits() & A.magnitude_mask()) != 0);
}
template <format A>
constexpr number<A> abs(number<A> a) {
  if constexpr (!A.is_signed()) {
    return a;
  } else {
    return signbit(a) ? -a : a;
  }
}
template <format A>
constexpr number<A> copysign(number<A> magnitude, number<A> sign) {
  if constexpr (!A.is_signed()) {
    return magnitude;
  } else {
    return signbit(magnitude) == signbit(sign) ? magnitude : -magnitude;
  }
}

template <format A>
constexpr number_class classify(number<A> a) {
  return classify(a.bits(), A);
}
template <format A>
constexpr bool isnan(number<A> a) {
  return A.is_nan_code(a.bits());
}
template <format A>
constexpr bool isinf(number<A> a) {
  return A.has_infinity() && (a.bits() & A.magnitude_mask()) == A.infinity_code();
}
template <format A>
constexpr bool isfinite(number<A> a) {
  return !isnan(a) && !isinf(a);
}
template <format A>
constexpr bool isnormal(number<A> a) {
  const number_class c = classify(a);
  return c == number_class::positive_normal || c == number_class::negative_normal;
}
// Not issubnormal: glibc's math.h has a macro of that name.
template <format A>
constexpr bool is_subnormal(number<A> a) {
  const number_class c = classify(a);
  return c == number_class::positive_subnormal || c == number_class::negative_subnormal;
}

}  // namespace assay
