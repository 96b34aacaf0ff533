#include "normalise.hpp"

#include "vectorised.hpp"

namespace assay::reference {

namespace {

/// Of an element's bound: times |q|, times |weight|, with q the scaled difference before the bias.
struct factors {
  double relative, absolute;
};

constexpr double u = 0x1p-53, room = 0x1p-1060;

// With d = fl(x - m), p = fl(d s), q = fl(p w), y = fl(q + b), m and s off by at most em and es = r |s|:
//   |d - D| <= u |d| + em
//   |p - P| <= |p| (2u + r + small) + (|s| + es) em
//   |q - Q| <= |q| (3u + r + small) + |w| (|s| + es) em
//   |y - Y| <= that + u |y|
// small stands for products of these, below 2^-30 of their sum for r up to 2^-32. `room` is for underflow: products
// lose less than 2^-1074 each, the first of them times |w|.
factors factors_of(const ball& mean, const ball& scale) {
  const double s = std::abs(scale.value), em = mean.radius * (1 + 0x1p-20), es = scale.radius * (1 + 0x1p-20);
  const double r = es / s;
  if (!(r < 0x1p-32)) return {ball_detail::nan, ball_detail::nan};
  return {(3 * u + r) * (1 + 0x1p-25), (s + es) * em * (1 + 0x1p-25) + room};
}

// Two loops, with weights that differ from element to element and with one weight for all.
ASSAY_VECTORISED void each_weight(const double* x, std::size_t n, double m, double s, const double* w, const double* b,
                                  factors f, double* values, double* radii) {
  for (std::size_t i = 0; i < n; ++i) {
    const double q = (x[i] - m) * s * w[i], y = q + b[i];
    values[i] = y;
    radii[i] = std::abs(q) * f.relative + std::abs(w[i]) * f.absolute + std::abs(y) * u + room;
  }
}
ASSAY_VECTORISED void one_weight(const double* x, std::size_t n, double m, double s, double w, double b, factors f,
                                 double* values, double* radii) {
  const double absolute = std::abs(w) * f.absolute + room;
  for (std::size_t i = 0; i < n; ++i) {
    const double q = (x[i] - m) * s * w, y = q + b;
    values[i] = y;
    radii[i] = std::abs(q) * f.relative + absolute + std::abs(y) * u;
  }
}

}  // namespace

void estimate_normalised(std::span<const double> x, const ball& mean, const ball& scale, const affine& a,
                         std::span<double> values, std::span<double> radii) {
  const factors f = factors_of(mean, scale);
  const bool plain = a.weight.empty() && a.bias.empty();
  const std::size_t n = x.size(), step = plain ? n : a.run;
  if (!plain && step == 1) {
    constexpr std::size_t block = 512;
    double ones[block], zeros[block] = {};
    std::fill_n(ones, block, 1.0);
    for (std::size_t i = 0; i < n; i += block) {
      each_weight(&x[i], std::min(block, n - i), mean.value, scale.value, a.weight.empty() ? ones : &a.weight[i],
                  a.bias.empty() ? zeros : &a.bias[i], f, &values[i], &radii[i]);
    }
    return;
  }
  for (std::size_t i = 0; i < n; i += step) {
    one_weight(&x[i], std::min(step, n - i), mean.value, scale.value, a.weight_of(i), a.bias_of(i), f, &values[i],
               &radii[i]);
  }
}

}  // namespace assay::reference
