#include <assay/reference/conv2d.hpp>

#include <optional>

#include <assay/tensor/describe.hpp>

#include "engine/check.hpp"
#include "engine/matrix_sums.hpp"

namespace assay::reference {

namespace {

struct geometry {
  std::size_t channels, height, width;         // of x, in a group
  std::size_t groups, filters, rows, columns;  // filters in a group, and their extents
  std::size_t down, across;                    // of the result
  conv2d_options options;

  std::size_t taps() const { return channels * rows * columns; }
};

/// The filters of each group; a batch is a pair of sample and group.
class filter_factor : public factor {
 public:
  filter_factor(const reader& weight, const geometry& g) : factor(g.filters, g.taps()), weight_(weight), g_(g) {}

  void read(place at, std::size_t first, std::span<double> out) const override {
    weight_.read((at.batch % g_.groups * g_.filters + at.vector) * length + first, 1, out);
  }

 private:
  const reader& weight_;
  const geometry& g_;
};

/// What the filters see of x from each place.
class window_factor : public factor {
 public:
  window_factor(const reader& x, const geometry& g) : factor(g.down * g.across, g.taps()), x_(x), g_(g) {}

  void read(place at, std::size_t first, std::span<double> out) const override {
    const conv2d_options& o = g_.options;
    // Places before the input wrap around to beyond its end.
    const std::size_t top = at.vector / g_.across * o.stride.down - o.padding.down;
    const std::size_t left = at.vector % g_.across * o.stride.across - o.padding.across;
    std::size_t s = first % g_.columns, r = first / g_.columns % g_.rows, c = first / g_.columns / g_.rows;
    for (double& v : out) {
      const std::size_t i = top + r * o.dilation.down, j = left + s * o.dilation.across;
      const bool inside = i < g_.height && j < g_.width;
      v = inside ? x_[((at.batch * g_.channels + c) * g_.height + i) * g_.width + j] : 0.0;
      if (++s < g_.columns) continue;
      s = 0;
      if (++r < g_.rows) continue;
      r = 0;
      ++c;
    }
  }

 private:
  const reader& x_;
  const geometry& g_;
};

[[noreturn]] void refuse(const char* name, const std::string& found, const std::string& expected) {
  throw std::invalid_argument(std::string(name) + " " + found + "; expected " + expected);
}

std::string text_of(pair_of_counts c) { return std::to_string(c.down) + "," + std::to_string(c.across); }

/// How many places a window has along an axis.
std::size_t places(const char* axis, std::size_t extent, std::size_t padding, std::size_t window, std::size_t dilation,
                   std::size_t stride) {
  const std::size_t padded = extent + 2 * padding, reach = dilation * (window - 1) + 1;
  if (window == 0 || reach > padded) {
    refuse("weight", "reaches over " + std::to_string(window == 0 ? 0 : reach) + " elements " + axis,
           "1 to " + std::to_string(padded) + ", the padded input's");
  }
  return (padded - reach) / stride + 1;
}

geometry geometry_of(const code_view& x, const code_view& weight, const conv2d_options& o) {
  const extents &in = x.shape(), &w = weight.shape();
  if (in.rank() != 4) refuse("x", "has shape " + to_string(in), "(N, C, H, W)");
  if (o.stride.down == 0 || o.stride.across == 0) refuse("stride", "is " + text_of(o.stride), "at least 1");
  if (o.dilation.down == 0 || o.dilation.across == 0) refuse("dilation", "is " + text_of(o.dilation), "at least 1");
  if (o.groups == 0 || in[1] % o.groups != 0) {
    refuse("groups", "is " + std::to_string(o.groups), "a divisor of x's " + std::to_string(in[1]) + " channels");
  }
  const std::size_t channels = in[1] / o.groups;
  if (w.rank() != 4 || w[1] != channels || w[0] % o.groups != 0) {
    refuse("weight", "has shape " + to_string(w),
           "(O, " + std::to_string(channels) + ", R, S), O a multiple of " + std::to_string(o.groups));
  }
  constexpr std::size_t most = std::size_t{1} << 31;  // keeps all index arithmetic far from overflow
  for (const std::size_t n :
       {o.stride.down, o.stride.across, o.padding.down, o.padding.across, o.dilation.down, o.dilation.across}) {
    if (n > most) refuse("an option", "is " + std::to_string(n), "at most " + std::to_string(most));
  }
  return {channels,
          in[2],
          in[3],
          o.groups,
          w[0] / o.groups,
          w[2],
          w[3],
          places("down", in[2], o.padding.down, w[2], o.dilation.down, o.stride.down),
          places("across", in[3], o.padding.across, w[3], o.dilation.across, o.stride.across),
          o};
}

}  // namespace

truth conv2d(const code_view& x, const code_view& weight, const code_view& bias, const conv2d_options& options,
             const request& want) {
  const geometry g = geometry_of(x, weight, options);
  const std::size_t samples = x.shape()[0], filters = weight.shape()[0];
  const reader values(x, "x"), weights(weight, "weight");
  const filter_factor left(weights, g);
  const window_factor right(values, g);
  matrix_sums sums{left, right, samples * g.groups};
  std::optional<reader> addends;
  if (bias.has_data()) {
    if (bias.shape() != extents{filters}) {
      refuse("bias", "has shape " + to_string(bias.shape()), to_string(extents{filters}));
    }
    sums.addends.push_back({.values = &addends.emplace(bias, "bias"), .steps = {g.filters, 1, 0}, .period = g.groups});
  }
  return evaluate(sums, {samples, filters, g.down, g.across}, want);
}

}  // namespace assay::reference
