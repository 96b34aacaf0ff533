// softmax along a line, in the forms that kernels use.
//
//   naive     e^x / sum e^x                    overflows from x = 88.7 in binary32, 11.1 in binary16: then NaN
//   safe      m = max x; e^(x - m) / sum       three passes
//   online    one pass keeps the running maximum and the sum, which is multiplied by e^(old m - new m) when the
//             maximum grows (Milakov and Gimelshein, arXiv 1805.02867); the sum itself is the compute format's
//   split     the line in parts of `chunk` elements, safe in each; then the parts' sums, each times e^(its m - m)
//
// Specials: a NaN or +infinity gives NaN everywhere (naive: +infinity gives NaN there and 0 elsewhere). Nothing but
// -infinity gives NaN: -infinity - -infinity, or 0 / 0. An online pass and the merging of parts leave out what is
// -infinity, as careful kernels do, so that it does not spoil the other elements.
#pragma once

#include <numbers>

#include <assay/kernel/scalar.hpp>

namespace assay::kernel {

struct softmax_form {
  enum class algorithm { naive, safe, online, split };
  enum class exponential {
    natural,    ///< e^(x - m)
    base2,      ///< 2^((x - m) c), c = log2 e / T rounded
    base2_fma,  ///< 2^(fma(x, c, -(m c)))
  };
  enum class division {
    quotient,    ///< e / sum
    reciprocal,  ///< e * (1 / sum)
  };
  enum class scaling {
    quotient,    ///< x / T
    reciprocal,  ///< x * (1 / T)
  };

  algorithm how = algorithm::safe;
  exponential exp = exponential::natural;
  division divide = division::quotient;
  scaling temperature = scaling::quotient;
  std::size_t chunk = 1024;
};

// Words in the order of softmax_form's enumerators.
inline constexpr attribute_info algorithm_variant{"algorithm", attribute_info::kind::choice, "safe",
                                                  "how the exponentials are kept from overflowing",
                                                  "naive safe online split"};
inline constexpr attribute_info exp_variant{
    "exp", attribute_info::kind::choice, "exp",
    "e^(x - m), 2^((x - m) c), or 2^(x c - m c) with one rounding in the exponent; c = log2 e / T",
    "exp exp2 exp2_fma"};
inline constexpr attribute_info divide_variant{"divide", attribute_info::kind::choice, "quotient",
                                               "e / sum, or e times 1 / sum", "quotient reciprocal"};
inline constexpr attribute_info temperature_variant{"temperature", attribute_info::kind::choice, "quotient",
                                                    "x / T, or x times 1 / T", "quotient reciprocal"};
inline constexpr attribute_info part_variant{"chunk", attribute_info::kind::integer, "1024",
                                             "elements in a part of split"};
inline constexpr attribute_info softmax_variants[]{algorithm_variant, exp_variant, divide_variant, temperature_variant,
                                                   part_variant};
inline constexpr store_info softmax_stores[]{{"exponentials", "e^(x - m), before they are summed and divided"}};

/// The exponentials of one line, relative to a maximum.
template <scalar_arithmetic A>
class exponentials {
 public:
  using value = typename A::value;

  exponentials(A& a, const softmax_form& form, double temperature)
      : a_(a),
        form_(form),
        scaled_(temperature != 1),
        temperature_(a.constant(form.temperature == softmax_form::scaling::quotient ? temperature : 1 / temperature)),
        factor_(a.constant(std::numbers::log2e / temperature)) {}

  /// What the maximum is taken of: x / T, or x itself where T is part of the exponent's factor.
  value logit(value x) { return form_.exp == softmax_form::exponential::natural ? over_temperature(x) : x; }
  /// A logit, or a difference of two, as the natural exponent that it stands for.
  value exponent(value x) { return form_.exp == softmax_form::exponential::natural ? x : over_temperature(x); }
  /// e^(x - m) for logits.
  value operator()(value x, value m) {
    switch (form_.exp) {
      case softmax_form::exponential::natural: return a_.call(elementary::exp, a_.subtract(x, m));
      case softmax_form::exponential::base2: return a_.call(elementary::exp2, a_.multiply(a_.subtract(x, m), factor_));
      case softmax_form::exponential::base2_fma: break;
    }
    return a_.call(elementary::exp2, a_.fma(x, factor_, a_.negate(a_.multiply(m, factor_))));
  }
  /// e^x.
  value operator()(value x) {
    if (form_.exp == softmax_form::exponential::natural) return a_.call(elementary::exp, x);
    return a_.call(elementary::exp2, a_.multiply(x, factor_));
  }

 private:
  value over_temperature(value x) {
    if (!scaled_) return x;
    const bool divides = form_.temperature == softmax_form::scaling::quotient;
    return divides ? a_.divide(x, temperature_) : a_.multiply(x, temperature_);
  }

  A& a_;
  softmax_form form_;
  bool scaled_;
  value temperature_, factor_;
};

/// Maximum and sum of exponentials: of a part of a line, or of all of it.
template <class Value>
struct softmax_state {
  Value maximum, sum;
};

/// Two parts as one.
template <scalar_arithmetic A>
softmax_state<typename A::value> merged(A& a, exponentials<A>& e, const softmax_state<typename A::value>& x,
                                        const softmax_state<typename A::value>& y) {
  const auto m = larger(a, x.maximum, y.maximum);
  const auto rescaled = [&](const auto& part) {
    const bool empty = a.is_infinite(part.maximum) && a.less(part.maximum, m);
    return empty ? a.constant(0) : a.multiply(part.sum, e(part.maximum, m));
  };
  const auto left = rescaled(x);
  return {m, a.add(left, rescaled(y))};
}

/// Maximum and sum of a line of logits, not empty.
template <scalar_arithmetic A>
softmax_state<typename A::value> softmax_statistics(A& a, exponentials<A>& e, line<A> x, const softmax_form& form) {
  using value = typename A::value;
  const auto safe = [&](line<A> part) -> softmax_state<value> {
    const value m = largest(a, part);
    return {m, a.sum(part.size(), [&](std::size_t i) { return e(part[i], m); })};
  };
  if (form.how == softmax_form::algorithm::safe) return safe(x);
  if (form.how == softmax_form::algorithm::split) {
    const std::size_t first = std::min(form.chunk, x.size());
    softmax_state<value> all = safe(x.first(first));
    for (std::size_t i = first; i < x.size(); i += form.chunk) {
      all = merged(a, e, all, safe(x.subspan(i, std::min(form.chunk, x.size() - i))));
    }
    return all;
  }
  // Online: the sum is rescaled when the maximum grows.
  const value zero = a.constant(0);
  softmax_state<value> all{x[0], zero};
  for (const value& v : x) {
    if (a.is_infinite(v) && a.less(v, zero)) continue;
    const value m = larger(a, all.maximum, v);
    if (a.less(all.maximum, m) || a.is_nan(m)) {
      if (!a.is_infinite(all.maximum)) all.sum = a.multiply(all.sum, e(all.maximum, m));
      all.maximum = m;
    }
    all.sum = a.add(all.sum, e(v, m));
  }
  return all;
}

/// y = softmax(x / T) of a line that is not empty. x and y may be the same memory.
template <scalar_arithmetic A>
void softmax(A& a, line<A> x, line_out<A> y, const softmax_form& form, double temperature = 1,
             const cast* exponentials_store = nullptr) {
  using value = typename A::value;
  exponentials<A> e(a, form, temperature);
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = e.logit(x[i]);
  value s{};
  const bool stored = exponentials_store != nullptr;
  if (form.how == softmax_form::algorithm::naive || form.how == softmax_form::algorithm::safe) {
    if (form.how == softmax_form::algorithm::naive) {
      for (value& v : y) v = e(v);
    } else {
      const value m = largest(a, line<A>(y));
      for (value& v : y) v = e(v, m);
    }
    if (stored) {
      for (value& v : y) v = a.through(exponentials_store, v);
    }
    s = sum(a, line<A>(y));
  } else {
    const auto state = softmax_statistics(a, e, line<A>(y), form);
    for (value& v : y) v = a.through(exponentials_store, e(v, state.maximum));
    s = state.sum;
  }
  if (form.divide == softmax_form::division::quotient) {
    for (value& v : y) v = a.divide(v, s);
  } else {
    const value r = a.divide(a.constant(1), s);
    for (value& v : y) v = a.multiply(v, r);
  }
}

}  // namespace assay::kernel
