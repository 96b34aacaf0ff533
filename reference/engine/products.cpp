#include "products.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "blas.hpp"
#include "check.hpp"
#include "exact_sum.hpp"
#include "vectorised.hpp"

namespace assay::reference {

namespace {

constexpr std::size_t chunk_length = 1024;  // elements of a vector that are packed at a time
constexpr double u = 0x1p-53, infinity = std::numeric_limits<double>::infinity();

constexpr std::size_t width = 8;
using lanes [[gnu::vector_size(8 * width)]] = double;
using words [[gnu::vector_size(8 * width)]] = std::uint64_t;

struct chunk_facts {
  double squares = 0, unit = infinity;
};

/// x without the lowest nonzero bit of its fraction differs from x by that bit; without a fraction x is its own unit.
chunk_facts facts_of_one(double x) {
  constexpr std::uint64_t fraction = (std::uint64_t{1} << 52) - 1;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const double unit = (bits & fraction) == 0 ? std::abs(x) : std::abs(x - std::bit_cast<double>(bits & (bits - 1)));
  return {x * x, unit == 0 ? infinity : unit};
}

ASSAY_VECTORISED void facts_of_chunk(const double* x, std::size_t n, chunk_facts& facts) {
  const lanes infinities = lanes{} + infinity;
  lanes squares{}, unit = infinities;
  std::size_t i = 0;
  for (; i + width <= n; i += width) {
    lanes v;
    std::memcpy(&v, x + i, sizeof v);
    words bits;
    std::memcpy(&bits, &v, sizeof v);
    const words shorter_bits = bits & (bits - 1);
    lanes shorter;
    std::memcpy(&shorter, &shorter_bits, sizeof v);
    const lanes rest = (bits << 12) == 0 ? v : v - shorter;
    const lanes magnitude = rest < 0 ? -rest : rest;
    const lanes lifted = magnitude == 0 ? infinities : magnitude;  // two conditions in one are no vector instruction
    unit = lifted < unit ? lifted : unit;
    squares += v * v;
  }
  for (std::size_t k = 0; k < width; ++k) {
    facts.squares += squares[k];
    facts.unit = std::min(facts.unit, unit[k]);
  }
  for (; i < n; ++i) {
    const chunk_facts one = facts_of_one(x[i]);
    facts.squares += one.squares;
    facts.unit = std::min(facts.unit, one.unit);
  }
}

class packer {
 public:
  packer(const factor& f, stretch_of_vectors which, std::size_t batch, packed_vectors& out)
      : factor_(f), which_(which), batch_(batch), out_(out), unscaled_(which.count) {
    out.squares.assign(which.count, 0.0);
    out.unit.assign(which.count, infinity);
    out.in_units.assign(which.count, 0.0);
    out.specials.resize(which.count);
    for (auto& list : out.specials) list.clear();
    out.any_special = false;
  }

  void pack(std::size_t first, std::size_t count) {
    factor_.read_many({batch_, which_.first}, which_.count, first, count, out_.numbers);
    for (std::size_t v = 0; v < which_.count; ++v) {
      const std::span<double> line(out_.numbers + v * count, count);
      const place at{batch_, which_.first + v};
      if (factor_.scales.values != nullptr || factor_.multiplier != 1) scale(at, v, first, line);
      if (!all_finite(line)) set_specials_aside(v, first, line);
      chunk_facts facts;
      facts_of_chunk(line.data(), count, facts);
      out_.squares[v] += facts.squares;
      out_.unit[v] = std::min(out_.unit[v], facts.unit);
    }
  }

  /// Squares err by (n + 8) u of their sum, and by 2^-1075 each where they underflow.
  void finish() {
    const double n = static_cast<double>(factor_.length);
    for (std::size_t v = 0; v < which_.count; ++v) {
      double& norm = out_.squares[v];
      double& unit = out_.unit[v];
      if (unscaled_[v]) {
        norm = out_.in_units[v] = infinity;
        unit = 0;
        continue;
      }
      if (unit == infinity) {  // zeros only
        unit = 1;
        continue;
      }
      norm = std::sqrt(norm * (1 + (n + 16) * u) + n * 0x1p-1074) * (1 + 4 * u);
      out_.in_units[v] += norm / unit;
    }
  }

 private:
  // A rounded product counts as if it were one more rounding of the sum; one that may have lost more makes the vector's
  // norm infinite, so that only the exact sum serves.
  void scale(place at, std::size_t v, std::size_t first, std::span<double> line) {
    const block_scales& scales = factor_.scales;
    for (std::size_t i = 0; i < line.size();) {
      const std::size_t end = scales.values == nullptr ? line.size() : std::min(line.size(), i + scales.run(first + i));
      const double s = scales.values == nullptr ? 1 : scales(at, first + i), factor = s * factor_.multiplier;
      const bool factor_exact = std::fma(s, factor_.multiplier, -factor) == 0;
      for (; i < end; ++i) {
        const double x = line[i], y = x * factor;
        line[i] = y;
        if (x == 0 || factor_.multiplier == 0 || s == 0 || !std::isfinite(x) || !std::isfinite(s)) {
          line[i] = x * sign_or_special(s) * sign_or_special(factor_.multiplier);  // a zero or special, its sign right
        } else if (!(std::abs(y) >= 0x1p-900 && std::abs(y) <= 0x1p900 && std::abs(factor) >= 0x1p-900)) {
          line[i] = 0;
          unscaled_[v] = true;
        } else if (!factor_exact || std::fma(x, factor, -y) != 0) {
          out_.in_units[v] = infinity;
        }
      }
    }
  }

  void set_specials_aside(std::size_t v, std::size_t first, std::span<double> line) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (std::isfinite(line[i])) continue;
      out_.specials[v].push_back({first + i, line[i]});
      line[i] = 0;
    }
    out_.any_special = true;
  }

  const factor& factor_;
  stretch_of_vectors which_;
  std::size_t batch_;
  packed_vectors& out_;
  std::vector<bool> unscaled_;
};

/// Where nothing is rounded; see the header.
bool is_exact(double left, double right, double left_unit, double right_unit) {
  return (left * right <= 0x1p53) & (left_unit * right_unit > 0);
}

/// What n + a few roundings, two of them of scaled factors and one for each chunk, make of a sum of magnitudes.
double gamma(std::size_t n) {
  const double roundings = static_cast<double>(n + n / chunk_length + 8);
  return roundings * u * (1 + 0x1p-10);
}

ASSAY_VECTORISED void radii_of_line(double norm, double in_units, double unit, const packed_vectors& right, double g,
                                    double underflow, std::span<double> out) {
  const double *norms = right.squares.data(), *steps = right.in_units.data(), *units = right.unit.data();
  for (std::size_t j = 0; j < out.size(); ++j) {
    const double radius = norm * norms[j] * g + underflow;
    out[j] = is_exact(in_units, steps[j], unit, units[j]) ? 0.0 : radius;
  }
}

void make_absolute(std::span<double> x) {
  for (double& v : x) v = std::abs(v);
}

}  // namespace

void product_block::reserve(std::size_t numbers) {
  if (numbers <= capacity_) return;
  memory_ = std::make_unique_for_overwrite<double[]>(numbers);
  capacity_ = numbers;
}

void product_block::compute(batched_factor a, stretch_of_vectors rows, batched_factor b, stretch_of_vectors columns,
                            bool magnitudes) {
  columns_ = columns.count;
  length_ = a.of.length;
  const std::size_t longest = std::min(chunk_length, length_), sums = rows.count * columns.count;
  const std::size_t of_left = rows.count * longest, of_right = columns.count * longest;
  reserve(of_left + of_right + (magnitudes ? 2 : 1) * sums);
  left_.numbers = memory_.get();
  right_.numbers = left_.numbers + of_left;
  values_ = {right_.numbers + of_right, sums};
  magnitudes_ = {values_.data() + sums, magnitudes ? sums : 0};
  if (length_ == 0) std::fill_n(values_.data(), sums + magnitudes_.size(), 0.0);
  packer left(a.of, rows, a.batch, left_), right(b.of, columns, b.batch, right_);
  for (std::size_t k = 0; k < length_; k += chunk_length) {
    const std::size_t count = std::min(chunk_length, length_ - k);
    left.pack(k, count);
    right.pack(k, count);
    const auto add = [&](std::span<double> out) {
      multiply(rows.count, columns.count, count, left_.numbers, right_.numbers, k != 0, out.data());
    };
    add(values_);
    if (!magnitudes) continue;
    make_absolute({left_.numbers, rows.count * count});
    make_absolute({right_.numbers, columns.count * count});
    add(magnitudes_);
  }
  left.finish();
  right.finish();
}

void product_block::radii(std::size_t row, std::span<double> out) const {
  const double underflow = static_cast<double>(length_) * 0x1p-1073;
  radii_of_line(left_.squares[row], left_.in_units[row], left_.unit[row], right_, gamma(length_), underflow, out);
}

void product_block::magnitudes(std::size_t row, std::span<double> out) const {
  const double more = 1 + gamma(length_), underflow = static_cast<double>(length_) * 0x1p-1073;
  const bool unscaled = left_.unit[row] == 0;
  for (std::size_t j = 0; j < out.size(); ++j) {
    const double sum = magnitudes_[row * columns_ + j];
    out[j] = unscaled || right_.unit[j] == 0 ? infinity
             : is_exact(left_.in_units[row], right_.in_units[j], left_.unit[row], right_.unit[j])
                 ? sum
                 : sum * more + underflow;
  }
}

dyadic exact_product(const factor& a, place left, const factor& b, place right) {
  constexpr std::size_t most = 512;
  double x[most], y[most];
  dyadic total;
  const bool scaled = a.scales.values != nullptr || b.scales.values != nullptr;
  const auto run = [](const factor& f, std::size_t k) {
    return f.scales.values == nullptr ? f.length - k : std::min(f.scales.run(k), f.length - k);
  };
  for (std::size_t k = 0; k < a.length;) {
    constexpr std::size_t most_in_a_sum = std::size_t{1} << 27;
    const std::size_t end = k + std::min({run(a, k), run(b, k), most_in_a_sum}), start = k;
    exact_sum sum;
    while (k < end) {
      const std::size_t count = std::min(most, end - k);
      a.read(left, k, {x, count});
      b.read(right, k, {y, count});
      sum.add_products({x, count}, {y, count});
      k += count;
    }
    dyadic part = sum.value();
    if (scaled && a.scales.values != nullptr) part = part * dyadic(a.scales(left, start));
    if (scaled && b.scales.values != nullptr) part = part * dyadic(b.scales(right, start));
    total += part;
  }
  if (a.multiplier != 1) total = total * dyadic(a.multiplier);
  if (b.multiplier != 1) total = total * dyadic(b.multiplier);
  return total;
}

zero_terms zeros_of(const factor& a, place left, const factor& b, place right) {
  zero_terms seen;
  const auto scaled = [](const factor& f, place at, std::size_t k) {
    double x = 0;
    f.read(at, k, {&x, 1});
    const double s = f.scales.values == nullptr ? 1 : f.scales(at, k);
    return sign_or_special(x) * sign_or_special(s) * sign_or_special(f.multiplier);
  };
  for (std::size_t k = 0; k < a.length && !seen.nonzero && !(seen.positive && seen.negative); ++k) {
    const double term = scaled(a, left, k) * scaled(b, right, k);
    (term != 0 ? seen.nonzero : std::signbit(term) ? seen.negative : seen.positive) = true;
  }
  return seen;
}

double special_sum(const factor& a, place left, std::span<const packed_vectors::special> of_left, const factor& b,
                   place right, std::span<const packed_vectors::special> of_right) {
  const auto times = [](double special, const factor& f, place at, std::size_t k) {
    double x = 0;
    f.read(at, k, {&x, 1});
    const double s = f.scales.values == nullptr ? 1 : f.scales(at, k);
    return special * sign_or_special(x) * sign_or_special(s) * sign_or_special(f.multiplier);
  };
  double sum = 0;
  for (const auto& s : of_left) sum += times(s.value, b, right, s.k);
  for (const auto& s : of_right) sum += times(s.value, a, left, s.k);
  return sum;
}

}  // namespace assay::reference
