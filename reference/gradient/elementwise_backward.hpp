// Gradients whose elements depend on a few numbers each: blocks of elements, read together.
//
// A formula is a class with
//   std::optional<special_value> special(const gradient_arguments& a) const;
//   template <class Real> Real value(const gradient_arguments& a) const;
//   std::optional<int> compare(const gradient_arguments& a, const rational& t) const;   see engine/kernel.hpp
#pragma once

#include <optional>

#include "../engine/check.hpp"
#include "../engine/exponential.hpp"
#include "../engine/groups.hpp"

namespace assay::reference {

struct gradient_arguments {
  double x, dy, target;
};

template <class Formula>
struct gradient_block {
  const Formula& f;
  std::span<const gradient_arguments> a;

  std::size_t outputs() const { return a.size(); }
  bool any_special() const {
    return std::any_of(a.begin(), a.end(), [&](const gradient_arguments& each) { return f.special(each).has_value(); });
  }
  std::optional<special_value> special(std::size_t i) const { return f.special(a[i]); }
  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    for (const std::size_t i : which) emit(i, f.template value<Real>(a[i]));
  }
  std::optional<int> compare(std::size_t i, const rational& t) const { return f.compare(a[i], t); }
};

/// dy and target may be absent (then 1 and 0), and dy one number for all.
template <class Formula>
truth truth_of_gradient(const code_view& x, const code_view& dy, const code_view& target, const request& want,
                        const Formula& f) {
  constexpr std::size_t block = 1024;
  const reader values(x, "x");
  std::optional<reader> gradient, goal;
  if (dy.has_data()) gradient.emplace(dy, "dy");
  if (target.has_data()) goal.emplace(target, "target");
  const bool one_dy = !dy.has_data() || dy.size() == 1;
  const double common = gradient && one_dy ? (*gradient)[0] : 1;
  const output_rule rule(want.to, want.how);
  truth result = make_truth(want, x.shape());
  const std::size_t count = values.size();
  result.decided =
      in_parallel((count + block - 1) / block, want.threads, result.value.size(),
                  [&](std::size_t first, std::size_t last, workspace& w, decisions& made) {
                    std::vector<gradient_arguments> a;
                    for (std::size_t n = first * block; n < std::min(last * block, count); n += block) {
                      a.clear();
                      for (std::size_t i = n; i < std::min(n + block, count); ++i) {
                        a.push_back({values[i], one_dy ? common : (*gradient)[i], goal ? (*goal)[i] : 0});
                      }
                      decide(gradient_block<Formula>{f, a}, rule, want, w, line_of_truth(result, n, 1), made);
                    }
                  });
  return result;
}

}  // namespace assay::reference
