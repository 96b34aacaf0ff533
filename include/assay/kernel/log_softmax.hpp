// log_softmax and logsumexp along a line, in softmax's forms and with three ends.
//
//   shifted   (x - m) - ln s
//   folded    x - (m + ln s)
//   log       ln(e^(x - m) / s): the logarithm of softmax, -infinity where that underflows
//
// Naive takes m for 0. Specials as softmax's, save that logsumexp takes an infinite maximum for 0, as PyTorch does: a
// line of nothing but -infinity gives -infinity, one with +infinity gives +infinity.
#pragma once

#include <assay/kernel/softmax.hpp>

namespace assay::kernel {

struct log_softmax_form {
  enum class ending { shifted, folded, log };

  softmax_form softmax = {};
  ending end = ending::shifted;
};

inline constexpr attribute_info log_end_variant{"end", attribute_info::kind::choice, "shifted",
                                                "(x - m) - ln s, x - (m + ln s), or ln(e^(x - m) / s)",
                                                "shifted folded log"};
inline constexpr attribute_info log_softmax_variants[]{algorithm_variant, exp_variant,         log_end_variant,
                                                       divide_variant,    temperature_variant, part_variant};
inline constexpr attribute_info logsumexp_variants[]{algorithm_variant, exp_variant, temperature_variant, part_variant};

/// ln of softmax, element by element, once maximum and sum of a line are known.
template <scalar_arithmetic A>
class log_probability {
 public:
  using value = typename A::value;

  /// `logits` are exponentials::logit of a line that is not empty.
  log_probability(A& a, exponentials<A>& e, line<A> logits, const log_softmax_form& form) : a_(a), e_(e), form_(form) {
    if (is_naive()) {
      state_.maximum = a.constant(0);
      state_.sum = a.sum(logits.size(), [&](std::size_t i) { return e(logits[i]); });
    } else {
      state_ = softmax_statistics(a, e, logits, form.softmax);
    }
    using ending = log_softmax_form::ending;
    if (form.end != ending::log) {
      end_ = a.call(elementary::log, state_.sum);
      if (form.end == ending::folded && !is_naive()) end_ = a.add(e.exponent(state_.maximum), end_);
    } else if (form.softmax.divide == softmax_form::division::reciprocal) {
      end_ = a.divide(a.constant(1), state_.sum);
    }
  }

  value operator()(value logit) {
    switch (form_.end) {
      case log_softmax_form::ending::folded: return a_.subtract(e_.exponent(logit), end_);
      case log_softmax_form::ending::shifted: {
        const value distance = is_naive() ? logit : a_.subtract(logit, state_.maximum);
        return a_.subtract(e_.exponent(distance), end_);
      }
      case log_softmax_form::ending::log: break;
    }
    const value x = is_naive() ? e_(logit) : e_(logit, state_.maximum);
    const bool divides = form_.softmax.divide == softmax_form::division::quotient;
    return a_.call(elementary::log, divides ? a_.divide(x, state_.sum) : a_.multiply(x, end_));
  }

 private:
  bool is_naive() const { return form_.softmax.how == softmax_form::algorithm::naive; }

  A& a_;
  exponentials<A>& e_;
  log_softmax_form form_;
  softmax_state<value> state_{};
  value end_{};
};

/// y = log_softmax(x / T) of a line that is not empty. x and y may be the same memory.
template <scalar_arithmetic A>
void log_softmax(A& a, line<A> x, line_out<A> y, const log_softmax_form& form, double temperature = 1) {
  exponentials<A> e(a, form.softmax, temperature);
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = e.logit(x[i]);
  log_probability<A> log(a, e, line<A>(y), form);
  for (auto& v : y) v = log(v);
}

/// ln of the sum of e^(x / T). `logits` is room for a line.
template <scalar_arithmetic A>
typename A::value logsumexp(A& a, line<A> x, line_out<A> logits, const softmax_form& form, double temperature = 1) {
  exponentials<A> e(a, form, temperature);
  for (std::size_t i = 0; i < x.size(); ++i) logits[i] = e.logit(x[i]);
  const auto naive = [&] {
    return a.call(elementary::log, a.sum(x.size(), [&](std::size_t i) { return e(logits[i]); }));
  };
  if (form.how == softmax_form::algorithm::naive || a.is_infinite(largest(a, line<A>(logits)))) return naive();
  const auto s = softmax_statistics(a, e, line<A>(logits), form);
  return a.add(e.exponent(s.maximum), a.call(elementary::log, s.sum));
}

}  // namespace assay::kernel
