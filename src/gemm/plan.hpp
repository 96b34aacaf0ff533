// The order of a sum as a little program that every tile runs: walk some k, merge two partial tiles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <assay/accumulate/order.hpp>

#include "tile.hpp"

namespace assay::gemm_kernels {

struct plan_step {
  enum class action { walk, merge } what = action::walk;
  k_walk k;                          ///< of a walk
  tile_use use = tile_use::resume;   ///< of a walk
  std::size_t into = 0, from = 0;    ///< slots: partial tiles; slot 0 holds the start value and in the end the sum
};

/// Steps in stages: all tiles of a block run one stage before the next begins, which keeps its panels in cache. Between
/// stages only slot 0 lives on. Place k of the panels holds term index[k], or term k when there is no index: every run of
/// terms is consecutive there.
struct plan {
  std::vector<std::vector<plan_step>> stages;
  std::size_t slots = 1;
  std::vector<std::uint32_t> index;
};

/// The plan of an order over `length` terms, which fits them. `join_every` is promotion: within a run from the start value,
/// every so many products are summed from +0 and joined. A run is interrupted only after multiples of `group` products (1 to
/// 128). None where the plan would be too large, or for promotion inside orders of several runs.
std::optional<plan> make_plan(const summation_order& order, std::size_t length, std::size_t join_every = 0,
                              std::size_t group = 1);

/// A plan for sums whose order cannot matter.
plan any_order_plan(std::size_t length);

}  // namespace assay::gemm_kernels
