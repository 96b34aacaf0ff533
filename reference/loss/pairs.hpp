// Losses between x and a target, element by element: what they read, and how a loss becomes a truth.
//
// A loss is a class with
//   std::optional<special_value> special(const pair& p) const;    for arguments that are not all finite, and others
//   template <class Real> Real value(const pair& p) const;
//   split_value split(const pair& p) const;                       see engine/terms.hpp
#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include <assay/reference/loss.hpp>

#include "../engine/check.hpp"
#include "../engine/classes.hpp"
#include "../engine/terms.hpp"

namespace assay::reference {

struct pair {
  double x, target, weight = 1, pos_weight = 1;
};

struct pair_inputs {
  reader x, target;
  std::optional<reader> weight;
  std::vector<double> pos_weight;  ///< along the last axis, or empty

  pair_inputs(const code_view& x_view, const code_view& target_view) : x(x_view, "x"), target(target_view, "target") {
    check_same_shape(target_view.shape(), "target", x_view.shape(), "x");
  }
};

template <class Loss>
struct pair_terms {
  const pair_inputs& in;
  Loss loss;
  double count_of_mean = 0;

  static constexpr std::size_t block = 1024;
  struct state {
    std::vector<double> x, target, weight;
    std::size_t first = 0;
  };

  std::size_t steps() const { return (in.x.size() + block - 1) / block; }
  std::size_t first(std::size_t step) const { return step * block; }
  state start() const { return {}; }
  void load(state& s, std::size_t step) const {
    s.first = first(step);
    const std::size_t n = std::min(block, in.x.size() - s.first);
    const auto read = [&](const reader& from, std::vector<double>& to) {
      to.resize(n);
      from.read(s.first, 1, to);
    };
    read(in.x, s.x);
    read(in.target, s.target);
    if (in.weight) read(*in.weight, s.weight);
  }
  std::size_t count(const state& s) const { return s.x.size(); }
  pair at(const state& s, std::size_t k) const {
    return {s.x[k], s.target[k], s.weight.empty() ? 1 : s.weight[k],
            in.pos_weight.empty() ? 1 : in.pos_weight[(s.first + k) % in.pos_weight.size()]};
  }
  std::optional<special_value> special(const state& s, std::size_t k) const { return loss.special(at(s, k)); }
  template <class Real>
  Real value(const state& s, std::size_t k) const {
    return loss.template value<Real>(at(s, k));
  }
  split_value split(const state& s, std::size_t k) const { return loss.split(at(s, k)); }
  template <class Real>
  Real divisor() const {
    return Real(count_of_mean);
  }
};

/// A mean is over all elements, or over the first extent.
template <class Loss>
truth truth_of_pairs(const pair_inputs& in, const Loss& loss, loss_reduction reduction, const request& want) {
  const extents& shape = in.x.view().shape();
  if (reduction == loss_reduction::batch_mean && shape.rank() == 0) {
    throw std::invalid_argument("x has shape (); expected an axis to take the batch's mean over");
  }
  const std::size_t over = reduction == loss_reduction::batch_mean ? shape[0] : in.x.size();
  const pair_terms<Loss> terms{in, loss, static_cast<double>(over)};
  const bool is_mean = reduction == loss_reduction::mean || reduction == loss_reduction::batch_mean;
  return truth_of_terms(terms, reduction == loss_reduction::none, is_mean, shape, want);
}

}  // namespace assay::reference
