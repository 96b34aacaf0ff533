// Mean and variance of a line, in the forms that kernels use.
//
//   two_pass   m = sum x / n, then sum (x - m)^2
//   one_pass   sum x^2 - (sum x)^2 / n as E[x^2] - E[x]^2: cancels when the mean is large
//   shifted    one_pass of x - x_0
//   welford    m += (x - m) / k, M2 += (x - m_old) (x - m_new), one element after another (Welford, 1962)
//   chunked    welford in chunks, merged in sequence (Chan, Golub and LeVeque, 1979), all divisions by a count as
//              multiplications by 1 / count, the form of PyTorch's CUDA kernels (WelfordOps, cuWelfordCombine)
//
// Specials: a NaN or an infinity makes variances and means NaN, infinities at least the variance.
#pragma once

#include <algorithm>

#include <assay/kernel/scalar.hpp>

namespace assay::kernel {

enum class variance_form { two_pass, one_pass, shifted, welford, chunked };

enum class mean_form {
  quotient,    ///< sum / n
  reciprocal,  ///< sum * (1 / n)
};

inline constexpr attribute_info variance_variant{
    "variance", attribute_info::kind::choice, "two_pass",
    "sum (x - m)^2; E[x^2] - E[x]^2; the same of x - x_0; Welford's; Welford's in chunks, with 1 / n",
    "two_pass one_pass shifted welford chunked"};
inline constexpr attribute_info mean_variant{"mean", attribute_info::kind::choice, "quotient",
                                             "sums divided by n, or multiplied by 1 / n", "quotient reciprocal"};
inline constexpr attribute_info chunk_variant{"chunk", attribute_info::kind::integer, "1024",
                                              "elements in a chunk of chunked"};

struct statistics_form {
  variance_form variance = variance_form::two_pass;
  mean_form mean = mean_form::quotient;
  std::size_t chunk = 1024;
};

/// sum / n.
template <scalar_arithmetic A>
typename A::value divided_by_count(A& a, typename A::value sum, double n, mean_form form) {
  if (form == mean_form::quotient) return a.divide(sum, a.constant(n));
  return a.multiply(sum, a.divide(a.constant(1), a.constant(n)));
}

template <class Value>
struct line_statistics {
  Value mean, variance;
};

namespace detail {

template <class Value>
struct welford_state {
  Value mean, squares;
  double count;
};

template <scalar_arithmetic A>
welford_state<typename A::value> welford(A& a, line<A> x, bool by_reciprocal) {
  welford_state<typename A::value> s{a.constant(0), a.constant(0), 0};
  for (const auto& v : x) {
    s.count += 1;
    const auto delta = a.subtract(v, s.mean);
    const auto step = by_reciprocal ? a.multiply(delta, a.divide(a.constant(1), a.constant(s.count)))
                                    : a.divide(delta, a.constant(s.count));
    s.mean = a.add(s.mean, step);
    s.squares = a.add(s.squares, a.multiply(delta, a.subtract(v, s.mean)));
  }
  return s;
}

/// Chan, Golub and LeVeque's merge: shares of the counts weigh the means.
template <scalar_arithmetic A>
welford_state<typename A::value> merged(A& a, const welford_state<typename A::value>& x,
                                        const welford_state<typename A::value>& y) {
  const double n = x.count + y.count;
  const auto delta = a.subtract(y.mean, x.mean);
  const auto one_over_n = a.divide(a.constant(1), a.constant(n));
  const auto share_x = a.multiply(a.constant(x.count), one_over_n),
             share_y = a.multiply(a.constant(y.count), one_over_n);
  const auto mean_x = a.multiply(share_x, x.mean), mean_y = a.multiply(share_y, y.mean);
  const auto between = a.multiply(a.multiply(a.multiply(delta, delta), a.constant(x.count)), share_y);
  const auto within = a.add(x.squares, y.squares);
  return {a.add(mean_x, mean_y), a.add(within, between), n};
}

}  // namespace detail

/// Of a line that is not empty; the squares are divided by `divisor`: n, or n - 1 for the unbiased variance. The
/// one-pass forms have E[x^2] - E[x]^2 by n and multiply that by n / divisor where it is another.
template <scalar_arithmetic A>
line_statistics<typename A::value> statistics_of(A& a, line<A> x, const statistics_form& form, double divisor) {
  using value = typename A::value;
  const auto n = static_cast<double>(x.size());
  const auto one_pass = [&](const auto& term) -> line_statistics<value> {
    const value s = a.sum(x.size(), term), q = a.dot(x.size(), term, term);
    const value m = divided_by_count(a, s, n, form.mean);
    const value v = a.subtract(divided_by_count(a, q, n, form.mean), a.multiply(m, m));
    return {m, divisor == n ? v : a.multiply(v, a.constant(n / divisor))};
  };
  switch (form.variance) {
    case variance_form::two_pass: {
      const value m = divided_by_count(a, sum(a, x), n, form.mean);
      const auto distance = [&](std::size_t i) { return a.subtract(x[i], m); };
      return {m, divided_by_count(a, a.dot(x.size(), distance, distance), divisor, form.mean)};
    }
    case variance_form::one_pass: return one_pass([&](std::size_t i) { return x[i]; });
    case variance_form::shifted: {
      auto s = one_pass([&](std::size_t i) { return a.subtract(x[i], x[0]); });
      s.mean = a.add(s.mean, x[0]);
      return s;
    }
    case variance_form::welford: {
      const auto s = detail::welford(a, x, form.mean == mean_form::reciprocal);
      return {s.mean, divided_by_count(a, s.squares, divisor, form.mean)};
    }
    case variance_form::chunked: break;
  }
  auto all = detail::welford(a, x.first(std::min(form.chunk, x.size())), true);
  for (std::size_t i = form.chunk; i < x.size(); i += form.chunk) {
    all = detail::merged(a, all, detail::welford(a, x.subspan(i, std::min(form.chunk, x.size() - i)), true));
  }
  return {all.mean, divided_by_count(a, all.squares, divisor, form.mean)};
}

}  // namespace assay::kernel
