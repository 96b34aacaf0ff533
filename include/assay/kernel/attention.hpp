// Attention of one head, in the forms that kernels use.
//
//   three_pass  all scores, their softmax, then one product with v
//   flash       tiles of keys one after another: a running maximum and sum, and an output that is multiplied by
//               e^(old m - new m) before a tile's product is added (Dao, arXiv 2307.08691). How queries are tiled
//               changes no bit, since each has a maximum and a sum of its own.
//
// The probabilities pass through the store `probabilities` on their way into the product with v: bfloat16 or binary16
// as FlashAttention-2 has them, e4m3fn with a p_scale as fp8 kernels have them. Sums are of what they were before.
//
// Specials: as the steps give them. A hidden key has the score -infinity, so that its exponential is 0, but 0 times an
// infinite or NaN element of v is NaN. A query that sees no key gives NaN in three_pass, 0 / 0, and 0 in flash, whose
// kernels take a maximum of -infinity for 0 and a sum of 0 for 1.
#pragma once

#include <cmath>
#include <vector>

#include <assay/kernel/matrix.hpp>
#include <assay/kernel/softmax.hpp>

namespace assay::kernel {

struct attention_form {
  enum class algorithm { three_pass, flash };
  enum class scaling {
    scores,    ///< scale (q k)
    queries,   ///< (scale q) k
    both,      ///< (root(scale) q) (root(scale) k), as PyTorch's composed attention has it
    exponent,  ///< 2^(q k c - m c), c = scale log2 e: with exp2 or exp2_fma, without a bias
  };
  enum class division {
    before,  ///< probabilities are divided by their sum before the product with v
    after,   ///< the product is
  };
  enum class accumulation {
    added,   ///< a tile's product is summed on its own, then added to the output
    inside,  ///< a tile's sums start from the output, in the accumulator, as registers of a matrix unit do
  };

  algorithm how = algorithm::three_pass;
  scaling scale = scaling::scores;
  division divided = division::before;
  accumulation output = accumulation::inside;
  softmax_form softmax = {};
  std::size_t tile = 64;
  double p_scale = 1;
};

inline constexpr attribute_info attention_variants[]{
    {"algorithm", attribute_info::kind::choice, "three_pass", "all scores at once, or tiles of keys one after another",
     "three_pass flash"},
    {"scaling", attribute_info::kind::choice, "scores",
     "the scale times q k, times q before, its root times q and k, or as part of the exponent's factor",
     "scores queries both exponent"},
    {"normalise", attribute_info::kind::choice, "before",
     "three_pass: probabilities are divided by their sum, or their product with v is", "before after"},
    {"output", attribute_info::kind::choice, "inside",
     "flash: a tile's product added to the output, or summed from it in the accumulator", "added inside"},
    exp_variant,
    divide_variant,
    {"tile", attribute_info::kind::integer, "64", "keys in a tile of flash"},
    {"p_scale", attribute_info::kind::number, "1",
     "factor of the probabilities before their store, taken out at last"}};
inline constexpr store_info attention_stores[]{{"scores", "q k, before scale, bias and mask"},
                                               {"probabilities", "what is multiplied by v"}};

/// A head's matrices, and what else decides about its scores. Null: no bias, nothing masked.
template <class Value>
struct attention_head {
  value_matrix<Value> q, k, v;  ///< (L, E), (S, E), (S, D)
  double scale = 1;
  const Value* bias = nullptr;      ///< (L, S)
  const std::byte* mask = nullptr;  ///< (L, S); 0 hides a key
  bool is_causal = false;
  std::ptrdiff_t diagonal = 0;  ///< causal: query i sees keys up to i + diagonal

  bool sees(std::size_t i, std::size_t j) const {
    if (mask != nullptr && mask[i * k.rows + j] == std::byte{0}) return false;
    return !is_causal || static_cast<std::ptrdiff_t>(j) <= static_cast<std::ptrdiff_t>(i) + diagonal;
  }
};

template <scalar_arithmetic A, class Multiply>
class attention_run {
 public:
  using value = typename A::value;
  using values = value_matrix<value>;

  attention_run(A& a, Multiply& multiply, const attention_head<value>& head, const attention_form& form, format compute,
                const cast* scores, const cast* probabilities)
      : a_(a),
        multiply_(multiply),
        head_(head),
        form_(form),
        compute_(compute),
        score_store_(scores),
        probability_store_(probabilities),
        e_(a, form.softmax, form.scale == attention_form::scaling::exponent ? 1 / head.scale : 1),
        probabilities_in_(probabilities != nullptr ? probabilities->to : compute) {
    const bool both = form.scale == attention_form::scaling::both;
    if (both || form.scale == attention_form::scaling::queries) {
      const double factor = both ? std::sqrt(head.scale) : head.scale;
      head_.q = scaled(head.q, factor, q_);
      if (both) head_.k = scaled(head.k, factor, k_);
    }
  }

  /// (L, D), row by row.
  void operator()(std::span<value> y) { form_.how == attention_form::algorithm::flash ? flash(y) : three_pass(y); }

 private:
  values scaled(const values& x, double factor, std::vector<value>& into) {
    const value f = a_.constant(factor);
    for (std::size_t i = 0; i < x.rows; ++i) {
      for (std::size_t j = 0; j < x.columns; ++j) into.push_back(a_.multiply(x(i, j), f));
    }
    return dense_matrix(into.data(), x.rows, x.columns, compute_);
  }

  /// The scores of all queries with some keys, row by row.
  std::vector<value> scores(std::size_t first, std::size_t n) {
    const std::size_t queries = head_.q.rows;
    std::vector<value> s(queries * n);
    multiply_(head_.q, head_.k.some_rows(first, n).transposed(), std::span<value>(s));
    const value factor = a_.constant(head_.scale), hidden = a_.lowest();
    for (std::size_t i = 0; i < queries; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        value& x = s[i * n + j];
        x = a_.through(score_store_, x);
        if (form_.scale == attention_form::scaling::scores) x = a_.multiply(x, factor);
        if (head_.bias != nullptr) x = a_.add(x, head_.bias[i * head_.k.rows + first + j]);
        if (!head_.sees(i, first + j)) x = hidden;
      }
    }
    return s;
  }

  /// What v is multiplied by, in place.
  void prepare(std::span<value> p) {
    const value factor = a_.constant(form_.p_scale);
    for (value& x : p) x = a_.through(probability_store_, form_.p_scale == 1 ? x : a_.multiply(x, factor));
  }

  /// The output of a query without p_scale, divided by `sum` if there is one.
  void finish(std::span<value> row, const value* sum) {
    const bool by_reciprocal = form_.softmax.divide == softmax_form::division::reciprocal;
    const value unscale = a_.constant(1 / form_.p_scale);
    const value r = sum != nullptr && by_reciprocal ? a_.divide(a_.constant(1), *sum) : unscale;
    for (value& x : row) {
      if (form_.p_scale != 1) x = a_.multiply(x, unscale);
      if (sum != nullptr) x = by_reciprocal ? a_.multiply(x, r) : a_.divide(x, *sum);
    }
  }

  void three_pass(std::span<value> y) {
    const std::size_t keys = head_.k.rows, width = head_.v.columns;
    std::vector<value> p = scores(0, keys), sums(head_.q.rows);
    const bool before = form_.divided == attention_form::division::before;
    for (std::size_t i = 0; i < head_.q.rows; ++i) {
      const std::span<value> row(p.data() + i * keys, keys);
      const value m = largest(a_, line<A>(row));
      for (value& x : row) x = e_(x, m);
      sums[i] = sum(a_, line<A>(row));
      if (before) divide(row, sums[i]);
    }
    prepare(p);
    multiply_(dense_matrix<value>(p.data(), head_.q.rows, keys, probabilities_in_), head_.v, y);
    for (std::size_t i = 0; i < head_.q.rows; ++i) {
      finish(y.subspan(i * width, width), before ? nullptr : &sums[i]);
    }
  }
  void divide(std::span<value> row, value sum) {
    if (form_.softmax.divide == softmax_form::division::quotient) {
      for (value& x : row) x = a_.divide(x, sum);
    } else {
      const value r = a_.divide(a_.constant(1), sum);
      for (value& x : row) x = a_.multiply(x, r);
    }
  }

  void flash(std::span<value> y) {
    const std::size_t queries = head_.q.rows, keys = head_.k.rows, width = head_.v.columns;
    const value zero = a_.constant(0);
    std::vector<value> maxima(queries, a_.lowest()), sums(queries, zero), tile_product(y.size());
    // -infinity as the maximum of nothing would make -infinity - -infinity: 0 in its place.
    const auto usable = [&](value m) { return a_.is_infinite(m) && a_.less(m, zero) ? zero : m; };
    for (std::size_t first = 0; first < keys; first += form_.tile) {
      const std::size_t n = std::min(form_.tile, keys - first);
      std::vector<value> p = scores(first, n);
      for (std::size_t i = 0; i < queries; ++i) {
        const std::span<value> row(p.data() + i * n, n);
        const value m = larger(a_, maxima[i], largest(a_, line<A>(row)));
        const value rescale = first == 0 ? a_.constant(1) : e_(maxima[i], usable(m));
        maxima[i] = m;
        for (value& x : row) x = e_(x, usable(m));
        const value part = sum(a_, line<A>(row));
        sums[i] = first == 0 ? part : a_.add(a_.multiply(sums[i], rescale), part);
        for (value& x : y.subspan(i * width, width)) x = first == 0 ? zero : a_.multiply(x, rescale);
      }
      prepare(p);
      const auto left = dense_matrix<value>(p.data(), queries, n, probabilities_in_);
      const values right = head_.v.some_rows(first, n);
      if (first == 0) {
        multiply_(left, right, y);
      } else if (form_.output == attention_form::accumulation::inside) {
        multiply_(left, right, y, y);
      } else {
        multiply_(left, right, std::span<value>(tile_product));
        for (std::size_t e = 0; e < y.size(); ++e) y[e] = a_.add(y[e], tile_product[e]);
      }
    }
    for (std::size_t i = 0; i < queries; ++i) {
      const bool nothing = !a_.less(sums[i], zero) && !a_.less(zero, sums[i]) && !a_.is_nan(sums[i]);
      const value divisor = nothing ? a_.constant(1) : sums[i];
      finish(y.subspan(i * width, width), &divisor);
    }
  }

  A& a_;
  Multiply& multiply_;
  attention_head<value> head_;
  attention_form form_;
  format compute_;
  const cast *score_store_, *probability_store_;
  exponentials<A> e_;
  format probabilities_in_;
  std::vector<value> q_, k_;
};

/// y, (L, D): multiply is as matrix.hpp says, `compute` the compute format; there are keys.
template <scalar_arithmetic A, class Multiply>
void attention(A& a, Multiply& multiply, const attention_head<typename A::value>& head, std::span<typename A::value> y,
               const attention_form& form, format compute, const cast* scores = nullptr,
               const cast* probabilities = nullptr) {
  attention_run<A, Multiply>(a, multiply, head, form, compute, scores, probabilities)(y);
}

}  // namespace assay::kernel
