// quantised<Format>: the scalar type of small integers, with operators that saturate.
#pragma once

#include <compare>

#include <assay/number/integer.hpp>
#include <assay/number/number.hpp>

namespace assay {

/// An integer of format I. Trivially copyable and as large as its storage; 4-bit integers take a byte each, their
/// value sign-extended. Operators saturate; the named functions below take either policy and tell of overflow.
template <integer_format I>
class quantised {
  static_assert(I.is_valid(), "not an integer format: see assay::integer_format");

 public:
  using storage = integer_storage_of<I>;
  static constexpr integer_format layout = I;

  quantised() = default;

  /// Rounds, by default to nearest with ties to even, and saturates: see quantise.
  template <native_number T>
  explicit constexpr quantised(T x, integer_conversion how = {}, std::uint32_t random = 0)
      : quantised(from_value(quantise(x, I, how, random).value)) {}
  template <format F>
  explicit constexpr quantised(number<F> x, integer_conversion how = {}, std::uint32_t random = 0)
      : quantised(from_value(quantise(x.code(), I, how, random).value)) {}
  template <integer_format J>
    requires(J != I)
  explicit constexpr quantised(quantised<J> x, integer_overflow on_overflow = integer_overflow::saturate)
      : quantised(from_value(add(x.value(), 0, I, on_overflow).value)) {}

  /// The integer of this code. Bits above the format's are dropped; the code that a narrow range leaves out gives its
  /// minimum.
  static constexpr quantised from_bits(std::uint64_t bits) { return from_value(detail::wrap(bits, I)); }

  constexpr storage value() const { return value_; }
  /// The code: two's complement in the low bits, zeros above.
  constexpr std::uint64_t bits() const { return static_cast<std::uint64_t>(value_) & I.code_mask(); }

  /// Exact where T holds the value; float and double round once, integers saturate.
  template <native_number T>
  explicit constexpr operator T() const {
    if constexpr (std::floating_point<T>) {
      return static_cast<T>(value_);
    } else {
      using limits = std::numeric_limits<T>;
      const auto v = static_cast<int128>(value_);
      return v < limits::min() ? limits::min() : v > limits::max() ? limits::max() : static_cast<T>(v);
    }
  }
  template <format F>
  explicit constexpr operator number<F>() const {
    return number<F>(value_);
  }

  friend constexpr quantised operator+(quantised a, quantised b) {
    return from_value(add(a.value_, b.value_, I).value);
  }
  friend constexpr quantised operator-(quantised a, quantised b) {
    return from_value(subtract(a.value_, b.value_, I).value);
  }
  friend constexpr quantised operator*(quantised a, quantised b) {
    return from_value(multiply(a.value_, b.value_, I).value);
  }
  constexpr quantised& operator+=(quantised b) { return *this = *this + b; }
  constexpr quantised& operator-=(quantised b) { return *this = *this - b; }
  constexpr quantised& operator*=(quantised b) { return *this = *this * b; }
  constexpr quantised operator+() const { return *this; }
  constexpr quantised operator-() const { return from_value(subtract(0, value_, I).value); }

  friend constexpr bool operator==(quantised a, quantised b) = default;
  friend constexpr auto operator<=>(quantised a, quantised b) = default;

 private:
  static constexpr quantised from_value(std::int64_t value) {
    quantised q;
    q.value_ = static_cast<storage>(value);
    return q;
  }

  storage value_;
};

using qint4_t = quantised<int4>;
using quint4_t = quantised<uint4>;
using qint8_t = quantised<int8>;
using quint8_t = quantised<uint8>;
using qint16_t = quantised<int16>;
using qint32_t = quantised<int32>;

namespace detail {
template <integer_format Out>
constexpr quantised<Out> take(rounded_integer<std::int64_t> r, exceptions* raised) {
  if (raised != nullptr) *raised |= r.raised;
  return quantised<Out>::from_bits(static_cast<std::uint64_t>(r.value));
}
}  // namespace detail

// Out is the result's format, by default that of both operands. `raised`, when given, collects overflow.
#define ASSAY_DEFINE_INTEGER_BINARY(name)                                                  \
  template <integer_format Out, integer_format A, integer_format B>                        \
  constexpr quantised<Out> name(quantised<A> a, quantised<B> b,                            \
                                integer_overflow on_overflow = integer_overflow::saturate, \
                                exceptions* raised = nullptr) {                            \
    return detail::take<Out>(name(a.value(), b.value(), Out, on_overflow), raised);        \
  }                                                                                        \
  template <integer_format A>                                                              \
  constexpr quantised<A> name(quantised<A> a, quantised<A> b,                              \
                              integer_overflow on_overflow = integer_overflow::saturate,   \
                              exceptions* raised = nullptr) {                              \
    return detail::take<A>(name(a.value(), b.value(), A, on_overflow), raised);            \
  }
ASSAY_DEFINE_INTEGER_BINARY(add)
ASSAY_DEFINE_INTEGER_BINARY(subtract)
ASSAY_DEFINE_INTEGER_BINARY(multiply)
#undef ASSAY_DEFINE_INTEGER_BINARY

/// The exact product, in the smallest format that holds all of them: int8 by int8 gives int16.
template <integer_format A, integer_format B>
  requires(product_format(A, B).is_valid())
constexpr quantised<product_format(A, B)> multiply_widening(quantised<A> a, quantised<B> b) {
  return multiply<product_format(A, B)>(a, b);
}

/// a * b + c in c's format, fitted once: the step of an integer dot product.
template <integer_format A, integer_format B, integer_format C>
constexpr quantised<C> multiply_add(quantised<A> a, quantised<B> b, quantised<C> c,
                                    integer_overflow on_overflow = integer_overflow::saturate,
                                    exceptions* raised = nullptr) {
  return detail::take<C>(multiply_add(a.value(), b.value(), c.value(), C, on_overflow), raised);
}

}  // namespace assay
