// Losses: many values, wanted one by one or as one sum.
//
// A family of terms is a class with
//   struct state;                                 what is read of one step: scratch that is used again
//   std::size_t steps() const;                    terms are read step by step: a line, or some elements
//   state start() const;
//   void load(state& s, std::size_t step) const;
//   std::size_t count(const state& s) const;      how many terms the step has
//   std::optional<special_value> special(const state& s, std::size_t k) const;
//   template <class Real> Real value(const state& s, std::size_t k) const;
//   split_value split(const state& s, std::size_t k) const;
//   template <class Real> Real divisor() const;   of a mean
#pragma once

#include "exponential.hpp"
#include "groups.hpp"

namespace assay::reference {

/// A value as a sum of powers of e, exactly, and a rest that is transcendental, of which only the sign is known: 0 when
/// there is none.
struct split_value {
  exponential_sum exact;
  int rest = 0;

  split_value() = default;
  split_value(const rational& x, int sign_of_rest) : rest(sign_of_rest) { add_term(exact, 0, x); }
};

/// The sign of exact + rest - t, if that is all it takes.
inline std::optional<int> compare(split_value v, const rational& t) {
  add_term(v.exact, 0, -t);
  if (v.rest == 0) return sign_of(v.exact);
  return v.exact.empty() ? std::optional(v.rest) : std::nullopt;
}

/// The terms of one step, each an element.
template <class Terms>
struct terms_apart {
  const Terms& terms;
  const typename Terms::state& at;

  std::size_t outputs() const { return terms.count(at); }
  bool any_special() const {
    for (std::size_t k = 0; k < outputs(); ++k) {
      if (terms.special(at, k)) return true;
    }
    return false;
  }
  std::optional<special_value> special(std::size_t k) const { return terms.special(at, k); }
  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    for (const std::size_t k : which) emit(k, terms.template value<Real>(at, k));
  }
  std::optional<int> compare(std::size_t k, const rational& t) const {
    return reference::compare(terms.split(at, k), t);
  }
};

/// All terms as one sum, or over the terms' divisor as a mean. Steps are streamed in a fixed number of ranges, whose
/// sums are added in order: the number of threads changes nothing.
template <class Terms>
class terms_together {
 public:
  terms_together(const Terms& terms, bool is_mean, unsigned threads)
      : terms_(terms), is_mean_(is_mean), threads_(threads), quick_(sum<ball>(true)) {
    if (is_mean && terms.template divisor<rational>() == 0) over_zero_ = true;
  }

  std::size_t outputs() const { return 1; }
  bool any_special() const { return has_nan_ || up_ || down_ || over_zero_; }
  std::optional<special_value> special(std::size_t) const {
    if (has_nan_ || (up_ && down_)) return special_value{};
    if (up_ || down_) return special_value{value_class::infinity, down_};
    const ball::bounds_pair b = quick_.bounds();
    if (b.lower > 0 || b.upper < 0) return special_value{value_class::infinity, b.upper < 0};
    return special_value{};
  }
  template <class Real, class Emit>
  void evaluate(selection, const Emit& emit) const {
    Real total = [&] {
      if constexpr (std::is_same_v<Real, ball>) {
        return quick_;
      } else {
        return sum<Real>(false);
      }
    }();
    emit(0, is_mean_ ? total / terms_.template divisor<Real>() : total);
  }
  std::optional<int> compare(std::size_t, const rational& t) const {
    split_value all;
    typename Terms::state at = terms_.start();
    for (std::size_t step = 0; step < terms_.steps(); ++step) {
      terms_.load(at, step);
      for (std::size_t k = 0; k < terms_.count(at); ++k) {
        if (terms_.special(at, k)) continue;
        const split_value v = terms_.split(at, k);
        if (v.rest * all.rest < 0) return std::nullopt;
        for (const auto& [x, c] : v.exact) add_term(all.exact, x, c);
        if (v.rest != 0) all.rest = v.rest;
      }
    }
    if (!is_mean_) return reference::compare(all, t);
    const rational divisor = terms_.template divisor<rational>();
    const std::optional<int> side = reference::compare(all, t * divisor);
    return side ? std::optional(*side * divisor.sign()) : std::nullopt;
  }

 private:
  /// Of all terms that are not special; at first a note is made of those that are.
  template <class Real>
  Real sum(bool notes_specials) const {
    const std::size_t steps = terms_.steps(), ranges = std::min<std::size_t>(steps, 64);
    const int bits = working_precision::bits();
    std::vector<Real> partial(ranges);
    std::mutex mutex;
    in_parallel(ranges, threads_, 0, [&](std::size_t first, std::size_t last, workspace&, decisions&) {
      const working_precision precision(bits);
      typename Terms::state at = terms_.start();
      for (std::size_t range = first; range < last; ++range) {
        Real total(0.0);
        for (std::size_t step = steps * range / ranges; step < steps * (range + 1) / ranges; ++step) {
          terms_.load(at, step);
          Real part(0.0);
          for (std::size_t k = 0; k < terms_.count(at); ++k) {
            const auto special = terms_.special(at, k);
            if (!special) {
              part += terms_.template value<Real>(at, k);
            } else if (notes_specials && special->kind != value_class::zero) {
              const std::lock_guard lock(mutex);
              (special->kind == value_class::nan ? has_nan_ : special->negative ? down_ : up_) = true;
            }
          }
          total += part;
        }
        partial[range] = std::move(total);
      }
    });
    Real total(0.0);
    for (const Real& p : partial) total += p;
    return total;
  }

  const Terms& terms_;
  bool is_mean_;
  unsigned threads_;
  mutable bool has_nan_ = false, up_ = false, down_ = false;  // noted by the first sum
  bool over_zero_ = false;
  ball quick_;
};

/// The truth of terms apart, in a tensor of this shape, or together, in one element.
template <class Terms>
truth truth_of_terms(const Terms& terms, bool apart, bool is_mean, const extents& shape, const request& want) {
  const output_rule rule(want.to, want.how);
  if (!apart) {
    const widest_exponents range;
    truth result = make_truth(want, {});
    workspace w;
    decide(terms_together<Terms>(terms, is_mean, want.threads), rule, want, w, line_of_truth(result, 0, 1),
           result.decided);
    return result;
  }
  truth result = make_truth(want, shape);
  const std::size_t steps = terms.steps();
  result.decided = in_parallel(
      steps, want.threads, result.value.size(),
      [&](std::size_t first, std::size_t last, workspace& w, decisions& made) {
        typename Terms::state at = terms.start();
        for (std::size_t step = first; step < last; ++step) {
          terms.load(at, step);
          decide(terms_apart<Terms>{terms, at}, rule, want, w, line_of_truth(result, terms.first(step), 1), made);
        }
      });
  return result;
}

}  // namespace assay::reference
