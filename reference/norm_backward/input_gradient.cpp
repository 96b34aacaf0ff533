#include "input_gradient.hpp"

#include <cstring>

#include "../engine/vectorised.hpp"

namespace assay::reference {

namespace {

constexpr std::size_t width = 8;
using lanes [[gnu::vector_size(8 * width)]] = double;

constexpr double u = 0x1p-53, room = 0x1p-1060;

}  // namespace

// A product g = fl(dy w) errs by u, a difference by u, their product by u more, and each of a lane's additions by u of
// what is added up in magnitude: at most 32 in a lane, and 2 width at a block's end. The centre is off by some e, which
// moves sum g (x - c) by e |sum g|. Underflow loses less than 2^-1074 a product, the first of them times |x - c|.
ASSAY_VECTORISED gradient_sums<ball> long_gradient_sums(std::span<const double> x, const ball& centre,
                                                        std::span<const double> weight, std::span<const double> dy) {
  constexpr std::size_t block = 32 * width;
  constexpr double error_of_block = (32 + 2 * width + 5) * u * (1 + 0x1p-20);
  const double c = centre.value;
  gradient_sums<ball> total{ball(0), ball(0)};
  double magnitude_g = 0, magnitude_d = 0;
  for (std::size_t start = 0; start < x.size(); start += block) {
    const std::size_t end = start + std::min(block, x.size() - start);
    lanes g_sum{}, product_sum{}, g_size{}, product_size{}, d_size{};
    std::size_t i = start;
    for (; i + width <= end; i += width) {
      lanes x_here, w_here, dy_here;
      std::memcpy(&x_here, &x[i], sizeof x_here);
      std::memcpy(&w_here, &weight[i], sizeof w_here);
      std::memcpy(&dy_here, &dy[i], sizeof dy_here);
      const lanes g = dy_here * w_here, d = x_here - c, product = g * d;
      g_sum += g;
      product_sum += product;
      g_size += g < 0 ? -g : g;
      product_size += product < 0 ? -product : product;
      d_size += d < 0 ? -d : d;
    }
    double g_total = 0, product_total = 0, of_g = 0, of_product = 0;
    for (std::size_t k = 0; k < width; ++k) {
      g_total += g_sum[k];
      product_total += product_sum[k];
      of_g += g_size[k];
      of_product += product_size[k];
      magnitude_d += d_size[k];
    }
    for (; i < end; ++i) {
      const double g = dy[i] * weight[i], d = x[i] - c, product = g * d;
      g_total += g;
      product_total += product;
      of_g += std::abs(g);
      of_product += std::abs(product);
      magnitude_d += std::abs(d);
    }
    total.g += ball(g_total, of_g * error_of_block);
    total.product += ball(product_total, of_product * error_of_block);
    magnitude_g += of_g;
  }
  const double n = static_cast<double>(x.size()), underflow = n * 0x1p-1070;
  total.g.radius += underflow;
  total.product.radius += centre.radius * magnitude_g * (1 + 0x1p-20) + underflow + magnitude_d * 0x1p-1070;
  return total;
}

// With g = fl(dy w), t = fl(g - mean_g), d = fl(x - m), p = fl(d slope), r = fl(t - p), y = fl(r s), and mean_g, m,
// slope, s off by at most ea, em, eb, es:
//   |t - T| <= u |t| + u |g| + ea
//   |p - P| <= 2 u |p| + |d| eb + (|slope| + eb) em + small
//   |r - R| <= u |r| + |t - T| + |p - P|
//   |y - Y| <= u |y| + (|s| + es) |r - R| + es |r|
// small, u |d| eb, and the roundings of the radius itself are covered by 1 + 2^-25; `room` is for underflow: of g, p
// and y, the first two times |s|.
ASSAY_VECTORISED void estimate_input_gradient(std::span<const double> x, std::span<const double> weight,
                                              std::span<const double> dy, const ball& mean, const ball& mean_g,
                                              const ball& slope, const ball& scale, std::span<double> values,
                                              std::span<double> radii) {
  constexpr double wider = 1 + 0x1p-20;
  const double m = mean.value, a = mean_g.value, b = slope.value, s = scale.value;
  const double em = mean.radius * wider, ea = mean_g.radius * wider, eb = slope.radius * wider,
               es = scale.radius * wider;
  const double size_s = (std::abs(s) + es) * (1 + 0x1p-25), fixed = ea + (std::abs(b) + eb) * em + room;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double g = dy[i] * weight[i], t = g - a, d = x[i] - m, p = d * b, r = t - p, y = r * s;
    const double inner = u * (std::abs(g) + std::abs(t) + 2 * std::abs(p) + std::abs(r)) + std::abs(d) * eb + fixed;
    values[i] = y;
    radii[i] = size_s * inner + es * std::abs(r) + u * std::abs(y) + room;
  }
}

input_gradient_line::input_gradient_line(std::span<const double> x, std::span<const double> weight,
                                         std::vector<double> dy, const norm& of)
    : x_(x), weight_(weight), dy_(std::move(dy)), norm_(of) {
  is_nan_ = !all_finite(x) || of.is_undefined(x);
  no_gradient_ = std::all_of(dy_.begin(), dy_.end(), [](double v) { return v == 0; });
  if (is_nan_ || (all_finite(dy_) && all_finite(weight_))) return;
  special_g_ = true;
  mean_ = moments_of(x_, norm_.centred).mean;
  for (std::size_t i = 0; i < x_.size(); ++i) {
    if (!is_special_g(i)) continue;
    const double g = dy_[i] * weight_[i];
    infinite_product_ += g * sign_of_deviation(i);
    if (norm_.centred) infinite_g_ += g;
  }
}

double input_gradient_line::sign_of_deviation(std::size_t i) const { return rational(rational(x_[i]) - mean_).sign(); }

}  // namespace assay::reference
