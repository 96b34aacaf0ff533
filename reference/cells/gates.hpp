// Four gates of a recurrent cell, row by row: their sums as numbers of any type, and the formula that joins them.
//
// A formula is a class with
//   template <class Real> static Real value(const gates_of<Real>& g, const Real& state, const gates_of<double>& kinds,
//                                           double state_kind);
// written with sigmoid() and tanh() of gates. Over doubles it tells only what becomes of infinities and NaN: a finite
// number then stands for any.
#pragma once

#include <array>

#include "../engine/blas.hpp"
#include "../engine/exponential.hpp"
#include "../pointwise/exponentials.hpp"
#include "cell_factors.hpp"

namespace assay::reference {

template <>
inline exponential from_exact<exponential>(const dyadic& x) {
  return exponential(from_exact<rational>(x));
}

/// A sum: a number, or where limit is not 0 the infinity of its sign.
template <class Real>
struct gate {
  Real sum;
  double limit = 0;
};
template <class Real>
using gates_of = std::array<gate<Real>, 4>;

inline bool is_below_zero(const ball& x) { return x.value < 0; }
inline bool is_below_zero(const interval& x) { return mpfr_sgn(x.upper()) < 0; }
inline bool is_below_zero(const exponential&) { return false; }

template <class Real>
Real sigmoid(const gate<Real>& g) {
  if (g.limit != 0) return Real(g.limit > 0 ? 1.0 : 0.0);
  return sigmoid_of(g.sum, is_below_zero(g.sum));
}
template <class Real>
Real tanh(const gate<Real>& g) {
  return g.limit != 0 ? Real(std::copysign(1.0, g.limit)) : tanh(g.sum);
}
inline double sigmoid(const gate<double>& g) { return std::isinf(g.sum) ? (g.sum > 0 ? 1.0 : 0.0) : g.sum * 0 + 0.5; }
inline double tanh(const gate<double>& g) { return std::isinf(g.sum) ? std::copysign(1.0, g.sum) : g.sum * 0 + 0.5; }

/// A number that a formula makes on its way, for a further gate; `kind` is the same over doubles.
template <class Real>
gate<Real> as_gate(const Real& x, double kind) {
  return {x, std::isinf(kind) ? kind : 0.0};
}
inline gate<double> as_gate(double x, double) { return {x}; }

/// Where a gate's sums come from: columns from `first` on of the sums of these factors.
struct gate_source {
  const factor &a, &b;
  std::vector<addend> addends;
  std::size_t first;
};

/// The elements of one sample, as the engine sees them.
template <class Formula>
struct cell_row {
  const std::array<const sum_row*, 4>& gates;
  std::span<const double> state;

  using exact_field = exponential;

  std::size_t outputs() const { return state.size(); }
  bool any_special() const {
    return !all_finite(state) ||
           std::any_of(gates.begin(), gates.end(), [](const sum_row* g) { return g->any_special(); });
  }
  std::optional<special_value> special(std::size_t j) const {
    const gates_of<double> g = kinds(j);
    const double kind = Formula::value(g, state[j], g, state[j]);
    return std::isfinite(kind) ? std::nullopt : special_from(kind);
  }
  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    for (const std::size_t j : which) {
      gates_of<Real> g{gate<Real>{Real(0.0)}, {Real(0.0)}, {Real(0.0)}, {Real(0.0)}};
      const gates_of<double> kind = kinds(j);
      for (std::size_t n = 0; n < g.size(); ++n) {
        if (std::isinf(kind[n].sum))
          g[n].limit = kind[n].sum;
        else
          g[n].sum = sum_as<Real>(*gates[n], j);
      }
      emit(j, Formula::value(g, Real(std::isfinite(state[j]) ? state[j] : 0.0), kind, state[j]));
    }
  }

 private:
  gates_of<double> kinds(std::size_t j) const {
    gates_of<double> all;
    for (std::size_t n = 0; n < all.size(); ++n) {
      const double s = gates[n]->any_special() ? gates[n]->special(j) : 0;
      all[n].sum = std::isfinite(s) ? 0.5 : s;
    }
    return all;
  }
};

/// The formula's value for each sample and each element of the state.
template <class Formula>
truth truth_of_cells(const std::array<gate_source, 4>& sources, const reader& state, std::size_t samples,
                     std::size_t states, const request& want) {
  const output_rule rule(want.to, want.how);
  truth result = make_truth(want, {samples, states});
  if (result.value.size() == 0) return result;
  const block_grid grid{1, samples, states, 64, 256};
  const single_threaded_blas own_threads_only;
  result.decided =
      in_parallel(grid.count(), want.threads, result.value.size(),
                  [&](std::size_t first, std::size_t last, workspace& w, decisions& made) {
                    std::array<product_block, 4> blocks;
                    std::array<row_memory, 4> memory;
                    std::vector<double> of_state;
                    for (std::size_t n = first; n < last; ++n) {
                      const stretch_of_vectors rows = grid.row_stretch(n), columns = grid.column_stretch(n);
                      const auto of_gate = [&](std::size_t g) {
                        return stretch_of_vectors{sources[g].first + columns.first, columns.count};
                      };
                      for (std::size_t g = 0; g < 4; ++g) {
                        blocks[g].compute({sources[g].a, 0}, rows, {sources[g].b, 0}, of_gate(g), false);
                      }
                      of_state.resize(columns.count);
                      for (std::size_t r = 0; r < rows.count; ++r) {
                        const std::size_t i = rows.first + r, at = i * states + columns.first;
                        const auto row = [&](std::size_t g) {
                          return sum_row({sources[g].a, 0}, {sources[g].b, 0}, sources[g].addends, blocks[g], i, r,
                                         of_gate(g), false, memory[g]);
                        };
                        const std::array<sum_row, 4> sums{row(0), row(1), row(2), row(3)};
                        const std::array<const sum_row*, 4> gates{&sums[0], &sums[1], &sums[2], &sums[3]};
                        state.read(at, 1, of_state);
                        decide(cell_row<Formula>{gates, of_state}, rule, want, w, line_of_truth(result, at, 1), made);
                      }
                    }
                  });
  return result;
}

}  // namespace assay::reference
