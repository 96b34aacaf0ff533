// softmax, log_softmax, logsumexp and their gradients.
//
// With m the largest x of a line, z_j = (x_j - m) / T, t_j = e^z_j, Z = sum t_j and y_j = t_j / Z:
//
// The argument z_j is made by at most three roundings (the difference, the division or the product with a rounded
// 1 / T or log2 e / T): |dz_j| <= ((1 + u)^3 - 1) |z_j| =: a |z_j|. What errs in m is common to all terms and cancels:
// any m will do, as log2 e m in exp2(fma(x, c, -m c)) does with c's and its own error. Then
//
//   t_j (1 + r_j),   |r_j| <= e^(a |z_j|) (1 + f) - 1,   f the function's error, and eta where t_j underflows.
//
// The sum of the t_j errs by sum y_j r_j, relative to Z, and by the roundings of n additions. In an online or a split
// softmax what has been summed is multiplied by e^(old m - new m) each time the maximum grows: one function, one
// product, each time; the arguments' errors telescope into a |z_j|. In the worst case, a rising line, that is n times;
// in random order the maximum grows some ln n times, and likely bounds allow 8.
//
//   y_i errs, relative to itself, by |r_i| + |r_Z| and the quotient, and absolutely by eta.
//
// There is nothing to evaluate: y_j is known from the truth, |z_j| from x.
//
// log_softmax, z_i - ln Z: the error of z_i, that of ln Z (absolute: r_Z and the logarithm's own) and a subtraction.
// The logarithm of a softmax is not within it when y_i underflows. logsumexp is m / T + ln Z.
#include <numeric>

#include "bounds.hpp"
#include "softmax_line.hpp"

namespace assay::detail {

softmax_errors::softmax_errors(const roundings& r, std::span<const double> z, std::span<const double> y, double n,
                               std::span<const double> dz) {
  const double u = r.u(), lambda = r.lambda(), f = r.function_error();
  const double a = std::expm1(3 * u), a_random = std::sqrt(3.0) * u;
  worst_slope = a;
  likely_slope = r.random() ? lambda * a_random : a;
  function = f + u;
  double mean_worst = 0, mean_fixed = 0, squares = 0;
  for (std::size_t j = 0; j < z.size(); ++j) {
    if (!(y[j] > 0)) continue;
    const double size = std::abs(z[j]), given = dz.empty() ? 0 : dz[j];
    mean_worst += y[j] * (grown(a * size + given) * (1 + function) + function);
    const double likely = y[j] * likely_slope * size;
    squares += likely * likely;
    mean_fixed += y[j] * (function + given * (1 + given));
  }
  if (!r.random()) mean_worst = std::max(mean_worst, mean_fixed + std::sqrt(squares));
  const sum_coefficients c = r.sums().of(n, true);
  const double grown = 1 + c.by_m + c.by_s;
  const double rescale = 2 * f + 3 * u;
  constexpr double usual_rescales = 8;
  worst_total = mean_worst * grown + c.by_m + c.by_s + std::expm1(n * rescale);
  const double additions = c.fixed_m + c.fixed_s + lambda * std::hypot(c.sigma_m, c.sigma_s);
  const double arguments = r.random() ? std::sqrt(squares) : std::sqrt(squares) * std::sqrt(n);
  likely_total =
      std::min(worst_total, (mean_fixed + arguments) * grown + additions + std::min(n, usual_rescales) * rescale);
  eta = 2 * r.eta() * (1 + n);
  // Nothing overflows: terms are at most 1, their sum at most n.
  const double largest = std::min(r.largest(), c.largest);
  if (!(n * (1 + worst_total) <= largest)) worst_total = HUGE_VAL;
  if (!(n * (1 + likely_total) <= largest)) likely_total = HUGE_VAL;
}

namespace {

struct line_reader {
  const bound_question& q;
  std::vector<double> x;
  std::vector<std::uint8_t> keep;
  line_shape shape;
  double t;
  std::vector<double> z, y;
  double top = 0, n = 0;

  explicit line_reader(const bound_question& question)
      : q(question),
        x(doubles(q.call, "x")),
        keep(mask_bytes(q.call)),
        shape(q.call.input("x").shape()),
        t(q.call.number("temperature")),
        z(shape.n),
        y(shape.n) {}

  /// z of the line; -infinity where masked. False when a special decides the line.
  bool read(std::size_t line) {
    top = -HUGE_VAL;
    n = 0;
    for (std::size_t i = 0; i < shape.n; ++i) {
      const std::size_t at = line * shape.n + i;
      z[i] = keep.empty() || keep[at] != 0 ? x[at] : -HUGE_VAL;
      if (!(z[i] < HUGE_VAL)) return false;
      top = std::max(top, z[i]);
      n += z[i] > -HUGE_VAL;
    }
    if (!(top > -HUGE_VAL)) return false;
    for (double& v : z) v = (v - top) / t;
    return true;
  }
  /// Where the truth is not a softmax.
  void weigh() {
    double total = 0;
    for (std::size_t i = 0; i < z.size(); ++i) total += y[i] = std::exp(z[i]);
    for (double& v : y) v /= total;
  }
};

std::vector<error_bounds> softmax(const bound_question& q) {
  line_reader in(q);
  const roundings& r = q.how;
  error_bounds b;
  b.resize(in.x.size());
  for (std::size_t line = 0; line < in.shape.lines; ++line) {
    if (!in.read(line)) continue;
    const std::size_t at = line * in.shape.n;
    for (std::size_t i = 0; i < in.shape.n; ++i) in.y[i] = q.truth(at + i);
    const softmax_errors e(r, in.z, in.y, in.n);
    const double division = 2 * r.u() + r.function_error();
    for (std::size_t i = 0; i < in.shape.n; ++i) {
      if (!(in.z[i] > -HUGE_VAL)) continue;
      const double size = std::abs(in.z[i]), y = in.y[i];
      const double worst = grown(e.worst_slope * size) + e.function + e.worst_total + division;
      const double likely = e.likely_slope * size + e.function + e.likely_total + division;
      // Relative errors of a quotient: (1 + r) / (1 - r_Z) - 1.
      const double left = 1 - e.worst_total;
      b.worst[at + i] = left > 0 ? y * worst * (1 + worst) / left + e.eta : HUGE_VAL;
      b.likely[at + i] = std::min(b.worst[at + i], e.likely_relative(likely) * y + e.eta);
    }
  }
  return one(std::move(b));
}

bounded log_total(const bound_question& q, const softmax_errors& e, double log_sum) {
  const double own = (q.how.function_error() + q.how.u()) * std::abs(log_sum);
  const double left = 1 - e.worst_total;
  const double worst = left > 0 ? e.worst_total / left : HUGE_VAL;
  return {log_sum, worst + own, std::min(worst, e.likely_of_total()) + own, 0};
}

std::vector<error_bounds> log_softmax(const bound_question& q) {
  line_reader in(q);
  const roundings& r = q.how;
  error_bounds b;
  b.resize(in.x.size());
  for (std::size_t line = 0; line < in.shape.lines; ++line) {
    if (!in.read(line)) continue;
    double log_sum = 0;
    for (const double z : in.z) log_sum += std::exp(z);
    log_sum = std::log(log_sum);
    in.weigh();
    const softmax_errors e(r, in.z, in.y, in.n);
    const bounded total = log_total(q, e, log_sum);
    for (std::size_t i = 0; i < in.shape.n; ++i) {
      if (!(in.z[i] > -HUGE_VAL)) continue;
      const double size = std::abs(in.z[i]);
      bounded z{in.z[i], e.worst_slope * size, r.random() ? 0 : e.worst_slope * size,
                r.random() ? std::sqrt(3.0) * r.u() * size : 0};
      b.set(line * in.shape.n + i, r.subtract(r.subtract(z, total), r.exact(0)), r.lambda());
    }
  }
  return one(std::move(b));
}

std::vector<error_bounds> logsumexp(const bound_question& q) {
  line_reader in(q);
  error_bounds b;
  b.resize(q.elements());
  for (std::size_t line = 0; line < in.shape.lines; ++line) {
    if (!in.read(line)) continue;
    double log_sum = 0;
    for (const double z : in.z) log_sum += std::exp(z);
    log_sum = std::log(log_sum);
    in.weigh();
    const bounded total = log_total(q, softmax_errors(q.how, in.z, in.y, in.n), log_sum);
    const bounded top = in.t == 1 ? q.how.load(in.top) : q.how.divide(q.how.load(in.top), q.how.constant(in.t));
    b.set(line, q.how.add(top, total), q.how.lambda());
  }
  return one(std::move(b));
}

/// dx_i = y_i (dy_i - sum y_j dy_j) / T: the softmax's errors, a sum of products, two products and a division.
/// dx_i = (dy_i - y_i sum dy_j) / T likewise.
template <bool OfLogarithm>
std::vector<error_bounds> backward(const bound_question& q) {
  line_reader in(q);
  const roundings& r = q.how;
  const std::vector<double> dy = doubles(q.call, "dy");
  error_bounds b;
  b.resize(in.x.size());
  std::vector<bounded> y(in.shape.n);
  for (std::size_t line = 0; line < in.shape.lines; ++line) {
    if (!in.read(line)) continue;
    in.weigh();
    const softmax_errors e(r, in.z, in.y, in.n);
    const std::size_t at = line * in.shape.n;
    sum_of sum(r, OfLogarithm);
    for (std::size_t i = 0; i < in.shape.n; ++i) {
      const double size = in.z[i] > -HUGE_VAL ? std::abs(in.z[i]) : 0, division = 2 * r.u() + r.function_error();
      const double worst = in.y[i] * (grown(e.worst_slope * size) + e.function + e.worst_total + division) + e.eta;
      const double likely =
          in.y[i] * e.likely_relative(e.likely_slope * size + e.function + e.likely_total + division) + e.eta;
      y[i] = {in.y[i], worst, std::min(worst, likely), 0};
      sum.add(OfLogarithm ? r.load(dy[at + i]) : r.multiply(y[i], r.load(dy[at + i])));
    }
    const bounded total = sum.total();
    for (std::size_t i = 0; i < in.shape.n; ++i) {
      const bounded g = r.load(dy[at + i]);
      const bounded d = OfLogarithm ? r.subtract(g, r.multiply(y[i], total)) : r.multiply(y[i], r.subtract(g, total));
      b.set(at + i, in.t == 1 ? d : r.divide(d, r.constant(in.t)), r.lambda());
    }
  }
  return one(std::move(b));
}

constexpr bound_row softmax_rows[] = {
    {"softmax", softmax},
    {"log_softmax", log_softmax},
    {"logsumexp", logsumexp},
    {"softmax_backward", backward<false>},
    {"log_softmax_backward", backward<true>},
};

}  // namespace

bound_family softmax_bounds() { return softmax_rows; }

}  // namespace assay::detail
