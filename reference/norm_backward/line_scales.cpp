#include "line_scales.hpp"

namespace assay::reference {

namespace {

template <class Real>
line_scale<Real> scale_of(std::span<const double> x, line_scales::kind kind, const norm& of) {
  if (kind != line_scales::kind::ordinary) return {Real(0), Real(0)};
  const line_moments<Real> moments(x, of.centred);
  return {moments.mean, Real(1) / sqrt(moments.square + Real(of.eps))};
}

line_scales::kind kind_of(std::span<const double> x, const norm& of) {
  using enum line_scales::kind;
  if (all_finite(x)) return of.is_undefined(x) ? undefined : ordinary;
  if (of.centred || std::any_of(x.begin(), x.end(), [](double v) { return std::isnan(v); })) return undefined;
  return infinite;
}

}  // namespace

line_scales::line_scales(const reader& x, const axis_lines& lines, const norm& of, unsigned threads)
    : x_(x), lines_(lines), norm_(of), kinds_(lines.count()), balls_(lines.count()) {
  in_parallel(lines.count(), threads, 0, [&](std::size_t first, std::size_t last, workspace&, decisions&) {
    std::vector<double> values(lines_.length);
    for (std::size_t n = first; n < last; ++n) {
      x_.read(lines_.first(n), lines_.step(), values);
      kinds_[n] = kind_of(values, norm_);
      balls_[n] = scale_of<ball>(values, kinds_[n], norm_);
    }
  });
  for (const kind k : kinds_) {
    any_undefined_ = any_undefined_ || k == kind::undefined;
    any_infinite_ = any_infinite_ || k == kind::infinite;
  }
}

std::vector<double> line_scales::line(std::size_t n) const {
  std::vector<double> values(lines_.length);
  x_.read(lines_.first(n), lines_.step(), values);
  return values;
}

double line_scales::sign_of_deviation(std::size_t n, double x) const {
  const rational mean = norm_.centred ? moments_of(line(n), true).mean : rational(0);
  return rational(rational(x) - mean).sign();
}

std::span<const line_scale<interval>> line_scales::intervals() const {
  const std::lock_guard guard(mutex_);
  std::vector<line_scale<interval>>& at = intervals_[working_precision::bits()];
  if (at.empty()) {
    at.reserve(kinds_.size());
    for (std::size_t n = 0; n < kinds_.size(); ++n) at.push_back(scale_of<interval>(line(n), kinds_[n], norm_));
  }
  return at;
}

const line_scales::exact_scale& line_scales::exact(std::size_t n) const {
  exact_.resize(kinds_.size());
  if (!exact_[n]) {
    exact_[n] = {0, {square_classes::rational_class, 0}};
    if (kinds_[n] == kind::ordinary) {
      const exact_moments moments = moments_of(line(n), norm_.centred);
      // 1 / sqrt(a) = sqrt(1 / a).
      exact_[n] = {moments.mean, classes_.split(1 / (moments.square + rational(norm_.eps)))};
    }
  }
  return *exact_[n];
}

}  // namespace assay::reference
