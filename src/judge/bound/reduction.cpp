// Sums, means and variances along a line.
//
// sum: see sum_error.hpp. mean: the sum, divided by n or times a rounded 1 / n.
//
// variance, D / (n - c) with D = sum (x - m)^2. Let the computed mean be m + e. As sum (x - m) = 0,
//
//   sum (x_i - m - e)^2 = D + n e^2:   the mean's error enters only by its square (two passes).
//
// Each difference is rounded once, its square once, and the squares are summed: relative errors 3 u and the sum's, of
// D + n e^2.
//
// Welford: m_k = m_(k-1) + (x_k - m_(k-1)) / k. An error of m_(k-1) is carried on by 1 - 1 / k, and each step adds u
// |m|: the running mean errs by e_k <= sum over j of (j / k) u |m| <= k u |m|, at random by sqrt(k / 3) u |m|. Every
// square (x_k - m_(k-1)) (x_k - m_k) errs by 2 |x_k - m| e_k and three roundings: 3 n u D + 2 n u |m| sum |x_i - m| in
// all, which is the n u kappa of Chan, Golub and LeVeque; at random sqrt(n / 3) in place of n. Merged chunks are within
// it. One pass: E[x^2] - m^2 is evaluated over bounded numbers as it stands; its terms are kappa^2 times as large as
// their difference. The same of x - x_0 has the kappa of these numbers, which is large where x_0 lies far out.
#include "bounds.hpp"
#include "variance.hpp"

namespace assay::detail {

namespace {

/// E[x^2] - m^2, and m, of x or of x - x_0.
moments in_one_pass(const roundings& r, std::span<const double> x, bool shifted) {
  const bounded first = shifted ? r.load(x[0]).shared(r.lambda()) : r.exact(0),
                n = r.exact(static_cast<double>(x.size()));
  sum_of sum(r, !shifted), squares(r, false);
  for (const double v : x) {
    const bounded term = shifted ? r.subtract(r.load(v), first) : r.load(v);
    sum.add(term);
    squares.add(r.square(term));
  }
  const bounded mean = r.divide(sum.total(), n).shared(r.lambda());
  moments m;
  m.mean = shifted ? r.add(mean, first) : mean;
  m.variance = r.subtract(r.divide(squares.total(), n), r.multiply(mean, mean));
  if (!(squares.scale() <= r.largest())) m.variance.worst = m.variance.fixed = HUGE_VAL;
  return m;
}

}  // namespace

moments moments_of(const bound_question& q, std::span<const double> x, double correction) {
  const roundings& r = q.how;
  const double n = static_cast<double>(x.size()), lambda = r.lambda();
  sum_of sum(r);
  for (const double v : x) sum.add(r.load(v));
  moments m;
  m.mean = r.divide(sum.total(), r.exact(n)).shared(lambda);
  double d = 0, first = 0, fourth = 0;
  for (const double v : x) {
    const double away = std::abs(v - m.mean.value);
    d += away * away;
    first += away;
    fourth += away * away * away * away;
  }
  const double u = r.u();
  const auto of_sum = [&](double mean_error, double& error) {
    const bounded s = r.sums().apply(n, d + n * mean_error * mean_error, d + n * mean_error * mean_error, false);
    error = n * mean_error * mean_error;
    return s;
  };
  double moved_worst = 0, moved_likely = 0;
  const bounded worst = of_sum(m.mean.worst, moved_worst), likely = of_sum(m.mean.fixed, moved_likely);
  const double load = r.load_error() * 2 * (d + first * std::abs(m.mean.value));
  bounded total{d, worst.worst + moved_worst + (3 * u + u * u) * worst.value + load, likely.fixed + moved_likely + load,
                likely.sigma};
  // The roundings of differences and squares: independent in each term, or not.
  (r.random() ? total.sigma : total.fixed) += 3 * u * (r.random() ? std::sqrt(fourth) : likely.value);
  total.worst += 8 * n * r.eta();
  total.fixed += 8 * n * r.eta();
  if (q.claimed.variance >= variance_algorithm::welford) {
    const double drift = 2 * u * first * std::abs(m.mean.value);
    const double worst_steps = 3 * n * u * d + n * drift;
    total.worst += worst_steps;
    if (r.random()) {
      total.sigma += 3 * u * std::sqrt(fourth) + std::sqrt(n / 3) * drift;
    } else {
      total.fixed += worst_steps;
    }
  }
  if (q.claimed.variance >= variance_algorithm::one_pass) {
    for (const bool shifted : {false, true}) {
      if (x.empty()) break;
      const moments other = in_one_pass(r, x, shifted);
      total.worst = std::max(total.worst, other.variance.worst * n);
      total.fixed = std::max(total.fixed, other.variance.likely(lambda) * n);
      m.mean.worst = std::max(m.mean.worst, other.mean.worst);
      m.mean.fixed = std::max(m.mean.fixed, other.mean.likely(lambda));
    }
  }
  if (!(d <= r.largest())) total.worst = total.fixed = HUGE_VAL;
  m.squares = total;
  m.variance = r.divide(total, r.exact(std::max(0.0, n - correction)));
  return m;
}

namespace {

std::vector<error_bounds> bound_lines(const bound_question& q,
                                      bounded (*of)(const bound_question&, std::span<const double>)) {
  const std::vector<double> x = doubles(q.call, "x");
  const line_shape shape(q.call.input("x").shape());
  error_bounds b;
  b.resize(q.elements());
  for (std::size_t line = 0; line < b.worst.size(); ++line) {
    b.set(line, of(q, std::span(x).subspan(line * shape.n, shape.n)), q.how.lambda());
  }
  return one(std::move(b));
}

bounded sum(const bound_question& q, std::span<const double> x) {
  sum_of all(q.how);
  for (const double v : x) all.add(q.how.load(v));
  return all.total();
}

constexpr bound_row reduction_rows[] = {
    {"sum", [](const bound_question& q) { return bound_lines(q, sum); }},
    {"mean",
     [](const bound_question& q) {
       return bound_lines(q, [](const bound_question& of, std::span<const double> x) {
         return of.how.divide(sum(of, x), of.how.exact(static_cast<double>(x.size())));
       });
     }},
    {"variance",
     [](const bound_question& q) {
       return bound_lines(q, [](const bound_question& of, std::span<const double> x) {
         return moments_of(of, x, of.call.number("correction")).variance;
       });
     }},
};

}  // namespace

bound_family reduction_bounds() { return reduction_rows; }

}  // namespace assay::detail
