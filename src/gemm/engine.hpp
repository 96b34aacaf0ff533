// From packed panels to finished sums, block by block and on several threads: what all kernels share.
//
// A worker is a kernel as the engine sees it:
//   lane                                       what a panel is made of
//   rows(), columns()                          of a tile
//   panel_size(width, length)                  lanes that a packed panel takes
//   pack(vectors, panel, width, index, out)    packs one and says what the worker must know of it
//   choose(stats of A's panel, of B's, tile)   the way to take for a tile with these start values, or `unserved`
//   walk(way, a, b, k, use, tile), merge(way, into, from)
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <assay/progress.hpp>

#include "panel_stats.hpp"
#include "parallel.hpp"
#include "plan.hpp"
#include "vectors.hpp"

namespace assay::gemm_kernels {

inline constexpr int unserved = -1;

/// Panels of a range of vectors, all of k.
template <class Worker>
class packed {
 public:
  using lane = typename Worker::lane;

  packed(const Worker& worker, const vectors& v, std::size_t first_panel, std::size_t panel_count, std::size_t width,
         std::span<const std::uint32_t> index, std::size_t threads)
      : first_(first_panel),
        size_((worker.panel_size(width, v.length) + 15) / 16 * 16),  // each starts aligned
        data_(panel_count * size_),
        stats_(panel_count) {
    parallel_for(threads, panel_count, [&](std::size_t p) {
      stats_[p] = worker.pack(v, first_ + p, width, index, data_.data() + p * size_);
    });
  }
  const lane* panel(std::size_t p) const { return data_.data() + (p - first_) * size_; }
  const panel_stats& stats(std::size_t p) const { return stats_[p - first_]; }

 private:
  std::size_t first_, size_;
  aligned_buffer<lane> data_;
  std::vector<panel_stats> stats_;
};

/// Panels [first_row, first_row + rows) of A by [first_column, first_column + columns) of B.
struct block {
  std::size_t first_row, rows, first_column, columns;
};

/// A block's sums fit the second-level cache beside the panels of one stage.
inline constexpr std::size_t block_rows = 96, block_columns = 256;
/// Packed memory at a time, in lanes of each input: larger matrices are walked in several passes.
inline constexpr std::size_t packed_lanes = std::size_t{1} << 25;

/// Packs, and calls compute(packed A, packed B, block) for every block of the product of v and w, and tells how many
/// elements are done.
template <class Worker, class Compute>
void for_each_block(const Worker& worker, const vectors& v, const vectors& w, std::span<const std::uint32_t> index,
                    std::size_t threads, progress_stage& told, const Compute& compute) {
  const std::size_t row_panels = panels_of(v.count, worker.rows()), column_panels = panels_of(w.count, worker.columns());
  const std::size_t length = std::max<std::size_t>(v.length, 1);
  struct extent {
    std::size_t in_block, in_pass;
  };
  const auto fit = [&](std::size_t width, std::size_t block_size) {
    const std::size_t in_block = std::max<std::size_t>(block_size / width, 1);
    return extent{in_block, in_block * std::max<std::size_t>(packed_lanes / (width * length * in_block), 1)};
  };
  const extent down = fit(worker.rows(), block_rows), across = fit(worker.columns(), block_columns);
  for (std::size_t r = 0; r < row_panels; r += down.in_pass) {
    const std::size_t rows = std::min(down.in_pass, row_panels - r);
    const packed<Worker> a(worker, v, r, rows, worker.rows(), index, threads);
    for (std::size_t c = 0; c < column_panels; c += across.in_pass) {
      const std::size_t columns = std::min(across.in_pass, column_panels - c);
      const packed<Worker> b(worker, w, c, columns, worker.columns(), index, threads);
      const std::size_t blocks_down = panels_of(rows, down.in_block), blocks_across = panels_of(columns, across.in_block);
      parallel_for(threads, blocks_down * blocks_across, [&](std::size_t task) {
        const std::size_t p = task % blocks_down * down.in_block, q = task / blocks_down * across.in_block;
        const block here{r + p, std::min(down.in_block, rows - p), c + q, std::min(across.in_block, columns - q)};
        compute(a, b, here);
        const auto vectors_in = [](std::size_t first, std::size_t panels, std::size_t width, std::size_t all) {
          return std::min((first + panels) * width, all) - first * width;
        };
        told.add(vectors_in(here.first_row, here.rows, worker.rows(), v.count) *
                 vectors_in(here.first_column, here.columns, worker.columns(), w.count));
      });
    }
  }
}

/// The whole product of v and w. `start(i, j, count, sums)` fills in start values, +0 otherwise; `finish(i, j, count, sums,
/// served)` takes the sums of row i from column j on, or must find them itself where no way served.
template <class Worker, class Start, class Finish>
void run_product(const Worker& worker, const vectors& v, const vectors& w, const plan& how, std::size_t threads,
                 progress_stage& told, const Start& start, const Finish& finish) {
  using lane = typename Worker::lane;
  const std::size_t tile_rows = worker.rows(), tile_columns = worker.columns(), tile_size = tile_rows * tile_columns;
  const auto compute = [&](const packed<Worker>& a, const packed<Worker>& b, const block& where) {
    const std::size_t tiles = where.rows * where.columns;
    const aligned_buffer<lane> scratch((tiles + how.slots - 1) * tile_size);
    lane* const sums = scratch.data();
    lane* const slots = sums + tiles * tile_size;  // slots 1 and up
    std::fill_n(sums, tiles * tile_size, lane{0});
    std::vector<int> ways(tiles);

    const auto for_each_tile = [&](auto&& work) {
      for (std::size_t q = 0; q < where.columns; ++q) {
        for (std::size_t p = 0; p < where.rows; ++p) work(p, q, sums + (q * where.rows + p) * tile_size, ways[q * where.rows + p]);
      }
    };
    const auto for_each_run = [&](std::size_t p, std::size_t q, lane* tile, auto&& work) {
      const std::size_t i = (where.first_row + p) * tile_rows, j = (where.first_column + q) * tile_columns;
      const std::size_t rows = std::min(tile_rows, v.count - i), columns = std::min(tile_columns, w.count - j);
      for (std::size_t r = 0; r < rows; ++r) work(i + r, j, columns, tile + r * tile_columns);
    };
    for_each_tile([&](std::size_t p, std::size_t q, lane* tile, int& way) {
      for_each_run(p, q, tile, start);
      way = worker.choose(a.stats(where.first_row + p), b.stats(where.first_column + q), tile);
    });
    for (const auto& stage : how.stages) {
      for_each_tile([&](std::size_t p, std::size_t q, lane* tile, int way) {
        if (way == unserved) return;
        const auto slot = [&](std::size_t s) { return s == 0 ? tile : slots + (s - 1) * tile_size; };
        const lane *const rows = a.panel(where.first_row + p), *const columns = b.panel(where.first_column + q);
        for (const plan_step& step : stage) {
          if (step.what == plan_step::action::walk) {
            worker.walk(way, rows, columns, step.k, step.use, slot(step.into));
          } else {
            worker.merge(way, slot(step.into), slot(step.from));
          }
        }
      });
    }
    for_each_tile([&](std::size_t p, std::size_t q, lane* tile, int way) {
      for_each_run(p, q, tile, [&](std::size_t i, std::size_t j, std::size_t count, const lane* run) {
        finish(i, j, count, run, way != unserved);
      });
    });
  };
  for_each_block(worker, v, w, how.index, threads, told, compute);
}

}  // namespace assay::gemm_kernels
