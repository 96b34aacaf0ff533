// From a function of one number to the truth of a tensor: element by element, or code by code.
//
// A function is a class with
//   std::optional<special_value> special(double x) const;   where the formula is not evaluated: zeros, NaN, infinities
//   template <class Real> Real value(double x) const;       the formula
//   int sign(double x) const;                               of the value, never zero itself; 0 where it is not known
//   std::optional<int> compare(double x, const rational& t) const;   the sign of value - t: see engine/kernel.hpp
#pragma once

#include <algorithm>
#include <cmath>

#include "../engine/check.hpp"
#include "../engine/exponential.hpp"
#include "../engine/groups.hpp"

namespace assay::reference {

inline special_value zero_of(bool negative) { return {value_class::zero, negative}; }
inline special_value infinity_of(bool negative) { return {value_class::infinity, negative}; }

template <class Function>
struct elements {
  std::span<const double> x;
  const Function& f;

  std::size_t outputs() const { return x.size(); }
  bool any_special() const {
    return std::any_of(x.begin(), x.end(), [&](double v) { return f.special(v).has_value(); });
  }
  std::optional<special_value> special(std::size_t i) const { return f.special(x[i]); }
  int strict_sign(std::size_t i) const { return f.sign(x[i]); }
  std::optional<int> compare(std::size_t i, const rational& t) const { return f.compare(x[i], t); }

  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    for (const std::size_t i : which) emit(i, f.template value<Real>(x[i]));
  }
};

template <class Function>
truth one_by_one(const code_view& x, const request& want, const Function& f) {
  constexpr std::size_t block = 4096;
  const reader values(x, "x");
  const output_rule rule(want.to, want.how);
  truth result = make_truth(want, x.shape());
  const std::size_t count = values.size();
  result.decided =
      in_parallel((count + block - 1) / block, want.threads, result.value.size(),
                  [&](std::size_t first, std::size_t last, workspace& w, decisions& made) {
                    std::vector<double> line;
                    for (std::size_t n = first * block; n < std::min(last * block, count); n += block) {
                      line.resize(std::min(block, count - n));
                      values.read(n, 1, line);
                      decide(elements<Function>{line, f}, rule, want, w, line_of_truth(result, n, 1), made);
                    }
                  });
  return result;
}

/// Codes of at most 16 bits: each that occurs is decided once.
template <class Function>
truth code_by_code(const code_view& x, const request& want, const Function& f) {
  const std::uint64_t mask = x.layout().code_mask();
  std::vector<std::uint64_t> occurs(mask + 1);
  for (std::size_t n = 0; n < x.size(); ++n) ++occurs[x[n] & mask];

  tensor codes(element_type::of(x.layout()), {occurs.size()});
  for (std::size_t code = 0; code < occurs.size(); ++code) codes.set(code, code);
  const reader values(codes.view(), "x");
  const output_rule rule(want.to, want.how);
  truth table = make_truth(want, codes.shape()), result = make_truth(want, x.shape());
  result.decided =
      in_parallel(occurs.size(), want.threads, result.value.size(),
                  [&](std::size_t first, std::size_t last, workspace& w, decisions& made) {
                    for (std::size_t code = first; code < last; ++code) {
                      if (occurs[code] == 0) continue;
                      const double value = values[code];
                      decisions once;
                      decide(elements<Function>{{&value, 1}, f}, rule, want, w, line_of_truth(table, code, 1), once);
                      once.special *= occurs[code];
                      once.fast *= occurs[code];
                      once.interval *= occurs[code];
                      once.exact *= occurs[code];
                      made += once;
                    }
                  });
  for (std::size_t n = 0; n < x.size(); ++n) {
    const std::uint64_t code = x[n] & mask;
    result.value.set(n, table.value[code]);
    if (!want.enclosure) continue;
    result.lower.set(n, table.lower[code]);
    result.upper.set(n, table.upper[code]);
  }
  return result;
}

template <class Function>
truth truth_of_elements(const code_view& x, const request& want, const Function& f) {
  const bool has_table = x.layout().width() <= 16 && x.size() > x.layout().code_mask();
  return has_table ? code_by_code(x, want, f) : one_by_one(x, want, f);
}

}  // namespace assay::reference
