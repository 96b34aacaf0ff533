#include <assay/reference/attention.hpp>

#include <cmath>
#include <map>

#include <assay/tensor/describe.hpp>

#include "engine/blas.hpp"
#include "engine/check.hpp"
#include "engine/exponential.hpp"
#include "engine/factor.hpp"
#include "engine/groups.hpp"
#include "engine/products.hpp"

namespace assay::reference {

namespace {

constexpr double u = 0x1p-53, infinity = std::numeric_limits<double>::infinity();

/// Extents, and how heads pair up.
struct attention_shape {
  std::size_t outer = 1, heads = 1, key_heads = 1, queries, keys, depth, width;

  std::size_t lines() const { return outer * heads * queries; }
  std::size_t key_head(std::size_t head) const { return head / heads * key_heads + head % heads / (heads / key_heads); }
};

/// The keys' values, column by column: a batch is a key head.
strided_factor columns_of(const reader& v, const attention_shape& s) {
  return strided_factor(v, s.width, s.keys, {s.keys * s.width, 1, s.width});
}

/// Rows of numbers in memory.
class memory_factor : public factor {
 public:
  memory_factor(const std::vector<double>& numbers, std::size_t rows, std::size_t elements)
      : factor(rows, elements), numbers_(numbers) {}
  void read(place at, std::size_t first, std::span<double> out) const override {
    std::copy_n(numbers_.begin() + static_cast<std::ptrdiff_t>(at.vector * length + first), out.size(), out.begin());
  }

 private:
  const std::vector<double>& numbers_;
};

struct inputs {
  attention_shape shape;
  const reader &q, &k, &v;
  const reader* bias;             ///< null: none
  bool shared_bias, shared_mask;  ///< one (L, S) for all heads
  attention_options options;

  bool is_seen(std::size_t line, std::size_t j) const {
    const std::size_t i = line % shape.queries;
    if (options.causal == causality::top_left && j > i) return false;
    if (options.causal == causality::bottom_right && j + shape.queries > i + shape.keys) return false;
    return options.keep.empty() || options.keep[(shared_mask ? i : line) * shape.keys + j] != 0;
  }
  double bias_at(std::size_t line, std::size_t j) const {
    return bias == nullptr ? 0 : (*bias)[(shared_bias ? line % shape.queries : line) * shape.keys + j];
  }
  template <class Real>
  Real scale() const {
    return options.scale ? Real(*options.scale) : Real(1) / sqrt(Real(static_cast<double>(shape.depth)));
  }
};

/// What balls know of a query's weights, before they are divided by their total.
struct row_of_weights {
  double relative = 0;  ///< bound of every weight's relative error, NaN when there is none
  double absolute = 0;  ///< and of its absolute error besides
  double top = 0;       ///< taken off every score
  ball total{0};
  std::size_t seen = 0, last_seen = 0;
  bool is_nan = false;
};

/// One query of one head: D elements that share their weights.
class attention_row {
 public:
  static constexpr bool estimates_beside_specials = true;

  attention_row(const inputs& in, const factor& q, const factor& k, std::size_t line, const row_of_weights& weights,
                std::span<const std::uint8_t> seen, const product_block& sums, std::size_t row_of_block,
                stretch_of_vectors columns)
      : in_(in),
        q_(q),
        k_(k),
        line_(line),
        weights_(weights),
        seen_(seen),
        sums_(sums),
        row_(row_of_block),
        columns_(columns) {}

  std::size_t outputs() const { return columns_.count; }
  bool any_special() const { return weights_.is_nan || sums_.right().any_special; }
  std::optional<special_value> special(std::size_t d) const {
    if (weights_.is_nan) return special_value{};
    double sum = 0;
    for (const auto& s : sums_.right().specials[d]) sum += seen_[s.k] != 0 ? s.value : 0;
    return std::isfinite(sum) ? std::nullopt : special_from(sum);
  }

  // Weights off by relative and absolute parts of r and e, and the sums' own roundings:
  //   |N - sum w v| <= (r + gamma) M + e sum |v|,   M = sum w |v|,   sum |v| <= sqrt(S) |v|
  void estimate(std::span<double> values, std::span<double> radii) const {
    if (weights_.seen == 1) {
      for (std::size_t d = 0; d < values.size(); ++d) values[d] = value_at(weights_.last_seen, d), radii[d] = 0;
      return;
    }
    const std::span<const double> numerators = sums_.values(row_);
    sums_.magnitudes(row_, radii);
    const double roundings = static_cast<double>(in_.shape.keys) * (1 + 0x1p-9) + 16;
    const double relative = weights_.relative * (1 + 0x1p-20) + roundings * u;
    const double absolute = weights_.absolute * std::sqrt(static_cast<double>(in_.shape.keys)) * (1 + 0x1p-20);
    for (std::size_t d = 0; d < values.size(); ++d) {
      const double of_weights = absolute == 0 ? 0 : absolute * sums_.right().squares[d];
      const ball y = ball(numerators[d], relative * radii[d] + of_weights + 0x1p-1040) / weights_.total;
      values[d] = y.value, radii[d] = y.radius;
    }
  }
  /// sum w |v| / sum w, rounded up.
  void scales(std::span<double> out) const {
    sums_.magnitudes(row_, out);
    const double total = weights_.total.value - weights_.total.radius;
    for (std::size_t d = 0; d < out.size(); ++d) {
      const double of_weights = weights_.absolute * sums_.right().squares[d] * static_cast<double>(in_.shape.keys);
      out[d] = weights_.seen == 1 ? std::abs(finite_or_zero(value_at(weights_.last_seen, d)))
                                  : (out[d] * (1 + weights_.relative) + of_weights) / total * (1 + 0x1p-50);
      if (weights_.is_nan) out[d] = 0;
    }
  }

  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    std::vector<Real> sums(which.size(), Real(0));
    Real total(0);
    const Real scale = in_.scale<Real>();
    for (std::size_t j = 0; j < in_.shape.keys; ++j) {
      if (seen_[j] == 0) continue;
      Real score = scale * from_exact<Real>(product(j));
      if (in_.bias != nullptr) score += Real(in_.bias_at(line_, j));
      const Real weight = exp(score - Real(weights_.top));
      total += weight;
      for (std::size_t n = 0; n < which.size(); ++n) sums[n] += weight * Real(value_at(j, which[n]));
    }
    for (std::size_t n = 0; n < which.size(); ++n) emit(which[n], sums[n] / total);
  }

  /// The sign of sum e^(s_j) (v_j - t): of its terms where they agree, else of the sum of powers of e if the scale is
  /// rational.
  std::optional<int> compare(std::size_t d, const rational& t) const {
    const auto root = static_cast<double>(std::lround(std::sqrt(static_cast<double>(in_.shape.depth))));
    const bool is_rational = in_.options.scale || root * root == static_cast<double>(in_.shape.depth);
    const rational scale = in_.options.scale ? rational(*in_.options.scale) : rational(1) / rational(root);
    // By score: without a rational scale scores are equal when the products and the biases are.
    std::map<std::pair<rational, rational>, rational> by_score;
    for (std::size_t j = 0; j < in_.shape.keys; ++j) {
      if (seen_[j] == 0) continue;
      const rational product_of_j = from_exact<rational>(product(j)), bias(in_.bias_at(line_, j));
      const auto key =
          is_rational ? std::pair(rational(scale * product_of_j + bias), rational(0)) : std::pair(product_of_j, bias);
      by_score[key] += rational(value_at(j, d)) - t;
    }
    exponential_sum sum;
    bool positive = false, negative = false;
    for (const auto& [score, c] : by_score) {
      positive = positive || c > 0;
      negative = negative || c < 0;
      add_term(sum, score.first - rational(weights_.top), c);
    }
    if (!positive || !negative) return (positive ? 1 : 0) - (negative ? 1 : 0);
    return is_rational ? sign_of(sum) : std::nullopt;
  }

 private:
  static double finite_or_zero(double x) { return std::isfinite(x) ? x : 0; }
  std::size_t head() const { return line_ / in_.shape.queries; }
  double value_at(std::size_t j, std::size_t d) const {
    return in_.v[(in_.shape.key_head(head()) * in_.shape.keys + j) * in_.shape.width + columns_.first + d];
  }
  const dyadic& product(std::size_t j) const {
    const auto [at, is_new] = products_.try_emplace(j);
    if (is_new) {
      at->second = exact_product(q_, {head(), line_ % in_.shape.queries}, k_, {in_.shape.key_head(head()), j});
    }
    return at->second;
  }

  const inputs& in_;
  const factor &q_, &k_;
  std::size_t line_;
  const row_of_weights& weights_;
  std::span<const std::uint8_t> seen_;
  const product_block& sums_;
  std::size_t row_;
  stretch_of_vectors columns_;
  mutable std::map<std::size_t, dyadic> products_;
};

/// Some queries of one head.
class block_of_queries {
 public:
  block_of_queries(const inputs& in, const factor& q, const factor& k, std::size_t head, stretch_of_vectors rows)
      : in_(in),
        q_(q),
        k_(k),
        head_(head),
        rows_(rows),
        weights(rows.count),
        seen(rows.count * in.shape.keys),
        numbers(rows.count * in.shape.keys) {
    const std::size_t keys = in.shape.keys;
    std::vector<double> errors(rows.count, 0.0);
    for (std::size_t j = 0; j < keys; j += product_block::most_columns) {
      score(j, std::min(product_block::most_columns, keys - j), errors);
    }
    for (std::size_t r = 0; r < rows.count; ++r) raise(r, errors[r]);
  }

  std::size_t line(std::size_t row) const { return head_ * in_.shape.queries + rows_.first + row; }
  std::span<const std::uint8_t> seen_by(std::size_t row) const {
    return std::span(seen).subspan(row * in_.shape.keys, in_.shape.keys);
  }

 private:
  /// Scores of keys from `first` on, and the largest error of each row's.
  void score(std::size_t first, std::size_t count, std::vector<double>& errors) {
    const std::size_t key_head = in_.shape.key_head(head_);
    products_.compute({q_, head_}, rows_, {k_, key_head}, {first, count}, false);
    const ball scale = in_.scale<ball>();
    radii_.resize(count);
    for (std::size_t r = 0; r < rows_.count; ++r) {
      row_of_weights& w = weights[r];
      products_.radii(r, radii_);
      const std::span<const double> products = products_.values(r);
      double& error = errors[r];
      for (std::size_t j = 0; j < count; ++j) {
        const std::size_t at = r * in_.shape.keys + first + j;
        if (!in_.is_seen(line(r), first + j)) continue;
        const double bias = in_.bias_at(line(r), first + j);
        double special = bias;
        if (products_.any_special(r)) {
          const double product = special_sum(q_, {head_, rows_.first + r}, products_.left().specials[r], k_,
                                             {key_head, first + j}, specials_of_key(j));
          special += product == 0 || std::isfinite(product) ? 0 : product * sign_or_special(scale.value);
        }
        if (special == -infinity) continue;
        if (!std::isfinite(special)) w.is_nan = true;
        const double scaled = products[j] * scale.value, s = scaled + bias;
        const double e = radii_[j] * std::abs(scale.value) + std::abs(products[j]) * scale.radius +
                         (std::abs(scaled) + std::abs(s)) * (2 * u);
        if (!(e <= error) && !std::isnan(error)) error = e;  // a NaN stays
        seen[at] = 1;
        numbers[at] = s;
        w.top = w.seen == 0 ? s : std::max(w.top, s);
        w.last_seen = first + j;
        ++w.seen;
      }
    }
  }

  std::span<const packed_vectors::special> specials_of_key(std::size_t j) const {
    if (!products_.right().any_special) return {};
    return products_.right().specials[j];
  }

  // e^(t + d) with t = fl(s - top): |d| <= the score's error and u |t|. What is below 2^-1000 counts as zero.
  void raise(std::size_t r, double error) {
    row_of_weights& w = weights[r];
    if (w.seen == 0) w.is_nan = true;
    double least = 0, total = 0;
    for (std::size_t at = r * in_.shape.keys; at < (r + 1) * in_.shape.keys; ++at) {
      if (seen[at] == 0) continue;
      const double t = numbers[at] - w.top;
      if (t < -690) {
        numbers[at] = 0;
        w.absolute = 0x1p-990;
        continue;
      }
      least = std::min(least, t);
      numbers[at] = std::exp(t);
      total += numbers[at];
    }
    const double d = error * (1 + 0x1p-20) - least * (2 * u);
    w.relative = d <= 0x1p-12 ? 2 * d + (ball_detail::libm_ulps + 1) * 0x1p-52 : ball_detail::nan;
    const double keys = static_cast<double>(in_.shape.keys);
    w.total = ball(total, total * (w.relative + keys * u) * (1 + 0x1p-20) + keys * w.absolute);
  }

  const inputs& in_;
  const factor &q_, &k_;
  std::size_t head_;
  stretch_of_vectors rows_;
  product_block products_;
  std::vector<double> radii_;

 public:
  std::vector<row_of_weights> weights;
  std::vector<std::uint8_t> seen;  ///< by row and key
  std::vector<double> numbers;     ///< weights before division; zero where not seen
};

[[noreturn]] void refuse(const char* name, const code_view& view, const std::string& expected) {
  throw std::invalid_argument(std::string(name) + " has shape " + to_string(view.shape()) + "; expected " + expected);
}

attention_shape shape_of(const code_view& q, const code_view& k, const code_view& v) {
  const extents &a = q.shape(), &b = k.shape(), &c = v.shape();
  const std::size_t rank = a.rank();
  if (rank < 2) refuse("q", q, "(..., H, L, E)");
  attention_shape s{.queries = a[rank - 2], .keys = 0, .depth = a[rank - 1], .width = 0};
  std::string front = "(";
  for (std::size_t axis = 0; axis + 3 < rank; ++axis) {
    s.outer *= a[axis];
    front += std::to_string(a[axis]) + ", ";
  }
  if (rank >= 3) s.heads = a[rank - 3];
  const auto fits = [&](const extents& other) {
    return other.rank() == rank && std::equal(a.begin(), a.begin() + (rank < 3 ? 0 : rank - 3), other.begin());
  };
  const std::string heads = rank < 3 ? "" : "G, ";
  if (!fits(b) || b[rank - 1] != s.depth) refuse("k", k, front + heads + "S, " + std::to_string(s.depth) + ")");
  s.keys = b[rank - 2];
  if (rank >= 3) s.key_heads = b[rank - 3];
  if (s.heads != 0 && (s.key_heads == 0 || s.heads % s.key_heads != 0)) {
    refuse("k", k, "a number of key heads that divides q's " + std::to_string(s.heads));
  }
  if (!fits(c) || c[rank - 2] != s.keys || (rank >= 3 && c[rank - 3] != s.key_heads)) {
    refuse("v", v, front + (rank < 3 ? "" : std::to_string(s.key_heads) + ", ") + std::to_string(s.keys) + ", D)");
  }
  s.width = c[rank - 1];
  return s;
}

/// Whether one matrix serves all heads.
bool is_shared(std::size_t size, const attention_shape& s, const char* name) {
  const std::size_t one = s.queries * s.keys, all = s.outer * s.heads * one;
  if (size != one && size != all) {
    throw std::invalid_argument(std::string(name) + " has " + std::to_string(size) + " elements; expected " +
                                std::to_string(one) + " of shape (L, S), or " + std::to_string(all) +
                                " with q's leading axes");
  }
  return size != all;
}

}  // namespace

truth attention(const code_view& q, const code_view& k, const code_view& v, const code_view& bias,
                const attention_options& options, const request& want) {
  const attention_shape s = shape_of(q, k, v);
  if (!options.scale && s.depth == 0) refuse("q", q, "E of at least 1 where no scale is given");
  if (options.scale) check_finite(*options.scale, "scale");
  const reader queries(q, "q"), keys(k, "k"), values(v, "v");
  std::optional<reader> biases;
  if (bias.has_data()) biases.emplace(bias, "bias");
  const inputs in{s,
                  queries,
                  keys,
                  values,
                  biases ? &*biases : nullptr,
                  biases && is_shared(bias.size(), s, "bias"),
                  !options.keep.empty() && is_shared(options.keep.size(), s, "mask"),
                  options};
  const strided_factor q_rows(queries, s.queries, s.depth, {s.queries * s.depth, s.depth, 1});
  const strided_factor k_rows(keys, s.keys, s.depth, {s.keys * s.depth, s.depth, 1});
  const strided_factor v_columns = columns_of(values, s);

  std::vector<std::size_t> sizes(q.shape().begin(), q.shape().end());
  sizes.back() = s.width;
  const extents shape{std::span<const std::size_t>(sizes)};
  const output_rule rule(want.to, want.how);
  truth result = make_truth(want, shape);
  if (want.scales) result.scale = tensor(element_type::of(binary64), shape);
  if (shape.count() == 0) return result;

  // As many queries at a time as keep their weights within some megabytes.
  const std::size_t most = std::clamp<std::size_t>((std::size_t{1} << 18) / std::max<std::size_t>(s.keys, 1), 1, 128);
  const std::size_t blocks = (s.queries + most - 1) / most;
  const single_threaded_blas own_threads_only;
  result.decided =
      in_parallel(s.outer * s.heads * blocks, want.threads, result.value.size(),
                  [&](std::size_t first, std::size_t last, workspace& w, decisions& made) {
                    product_block sums;
                    std::vector<double> scales;
                    for (std::size_t n = first; n < last; ++n) {
                      const std::size_t head = n / blocks, start = n % blocks * most;
                      const stretch_of_vectors rows{start, std::min(most, s.queries - start)};
                      const block_of_queries block(in, q_rows, k_rows, head, rows);
                      const memory_factor weights(block.numbers, rows.count, s.keys);
                      for (std::size_t d = 0; d < s.width; d += product_block::most_columns) {
                        const stretch_of_vectors columns{d, std::min(product_block::most_columns, s.width - d)};
                        sums.compute({weights, 0}, {0, rows.count}, {v_columns, s.key_head(head)}, columns, true);
                        for (std::size_t r = 0; r < rows.count; ++r) {
                          const std::size_t at = block.line(r) * s.width + d;
                          const attention_row row(in, q_rows, k_rows, block.line(r), block.weights[r], block.seen_by(r),
                                                  sums, r, columns);
                          decide(row, rule, want, w, line_of_truth(result, at, 1), made);
                          if (!want.scales) continue;
                          scales.resize(columns.count);
                          row.scales(scales);
                          put_scales(result, at, scales);
                        }
                      }
                    }
                  });
  return result;
}

}  // namespace assay::reference
