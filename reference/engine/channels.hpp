// Kernels whose groups are the channels of x of shape (N, C, ...): reads and writes tiles of several channels, so that
// memory is gone through along its lines where a channel's elements lie far apart.
#pragma once

#include "groups.hpp"

namespace assay::reference {

struct channel_shape {
  std::size_t samples, channels, inner = 1;

  /// Throws std::invalid_argument below two axes, naming the input.
  channel_shape(const extents& shape, const char* name);

  std::size_t each() const { return samples * inner; }
  /// Channels that are read together: those that share a few cache lines, within a few megabytes.
  std::size_t tile() const;
};

/// Some channels of x, each in one piece, and their codes on the way back.
class channel_tile {
 public:
  explicit channel_tile(const channel_shape& shape)
      : shape_(shape), pitch_(shape.each() + 8), values_(shape.tile() * pitch_), codes_(values_.size()) {}

  void read(const reader& x, std::size_t first, std::size_t count);
  void write(truth& t, std::size_t first, std::size_t count) const;

  std::span<double> channel(std::size_t k) { return std::span(values_).subspan(k * pitch_, shape_.each()); }

  /// Takes the elements of one channel as the engine decides them.
  class store {
   public:
    store(channel_tile& tile, std::size_t k, std::size_t channel, truth& t)
        : codes_(std::span(tile.codes_).subspan(k * tile.pitch_, tile.shape_.each())),
          shape_(tile.shape_),
          channel_(channel),
          truth_(t) {}
    void operator()(std::size_t i, std::uint64_t code, ball::bounds_pair bounds) const {
      codes_[i] = code;
      const std::size_t sample = i / shape_.inner;
      put_bounds(truth_, (sample * shape_.channels + channel_) * shape_.inner + i % shape_.inner, bounds);
    }
    void line(const workspace& w) const {
      std::copy(w.codes.begin(), w.codes.end(), codes_.begin());
      if (truth_.lower.size() == 0) return;
      for (std::size_t i = 0; i < w.codes.size(); ++i) {
        if (w.codes[i] != output_rule::no_code) (*this)(i, w.codes[i], ball(w.values[i], w.radii[i]).bounds());
      }
    }

   private:
    std::span<std::uint64_t> codes_;
    const channel_shape& shape_;
    std::size_t channel_;
    truth& truth_;
  };

 private:
  const channel_shape& shape_;
  std::size_t pitch_;
  std::vector<double> values_;
  std::vector<std::uint64_t> codes_;
};

/// `kernel_of(channel, values)` makes a channel's kernel; the result has x's shape.
template <class KernelOf>
truth along_channels(const reader& x, const channel_shape& shape, const request& want, const KernelOf& kernel_of) {
  const output_rule rule(want.to, want.how);
  truth result = make_truth(want, x.view().shape());
  const std::size_t tile = shape.tile(), tiles = (shape.channels + tile - 1) / tile;
  result.decided =
      in_parallel(tiles, want.threads, result.value.size(),
                  [&](std::size_t first, std::size_t last, workspace& w, decisions& made) {
                    channel_tile here(shape);
                    for (std::size_t c = first * tile; c < std::min(last * tile, shape.channels); c += tile) {
                      const std::size_t count = std::min(tile, shape.channels - c);
                      here.read(x, c, count);
                      for (std::size_t k = 0; k < count; ++k) {
                        const channel_tile::store store(here, k, c + k, result);
                        decide(kernel_of(c + k, std::span<const double>(here.channel(k))), rule, want, w, store, made);
                      }
                      here.write(result, c, count);
                    }
                  });
  return result;
}

}  // namespace assay::reference
