// attention: y = sum over j of p_j v_j, p the softmax of z_j = scale q k_j + bias_j.
//
// The scores are dot products of E terms: sum_error.hpp gives their absolute errors dz_j, to which the scale (alone or
// with log2 e) and the bias add a rounding each. A term e^(z_j - m) then errs, relative to itself, as in softmax.cpp
// with dz_j more: r_j. Before the second product it may be rounded once more, to the claim's operand format: u_p at
// random. So
//
//   |dy| <= sum p_j |v_j| |r_j|  +  |y| |r_Z|  +  the second sum's own error, S = sum p_j |v_j|  +  the division,
//
// and a running output that is rescaled whenever the maximum grows (flash attention) errs like the running sum there.
// In the likely bound the operand's roundings add by their squares.
#include "bounds.hpp"
#include "softmax_line.hpp"

namespace assay::detail {
namespace {

struct attention_shape {
  std::size_t batches = 1, heads, groups, queries, keys, width, values;

  explicit attention_shape(const kernel_call& call) {
    const extents &q = call.input("q").shape(), &k = call.input("k").shape(), &v = call.input("v").shape();
    const std::size_t rank = q.rank();
    heads = rank < 3 ? 1 : q[rank - 3];
    groups = rank < 3 ? 1 : k[rank - 3];
    queries = q[rank - 2];
    width = q[rank - 1];
    keys = k[rank - 2];
    values = v[rank - 1];
    for (std::size_t axis = 0; axis + 3 < rank; ++axis) batches *= q[axis];
  }
};

std::vector<error_bounds> attention(const bound_question& question) {
  const roundings& r = question.how;
  const kernel_call& call = question.call;
  const attention_shape a(call);
  const std::vector<double> q = doubles(call, "q"), k = doubles(call, "k"), v = doubles(call, "v"),
                            bias = doubles(call, "bias");
  const std::vector<std::uint8_t> mask = mask_bytes(call);
  const double scale = call.has("scale") ? call.number("scale") : 1 / std::sqrt(static_cast<double>(a.width));
  const std::string causal = call.choice("causal");
  const double u = r.u(), f = r.function_error();
  // Queries and keys may be scaled before they are multiplied, and are then the smaller.
  const double least = std::min(1.0, std::abs(scale));
  const bool flushes = r.flushes_factors();
  error_bounds b;
  b.resize(question.elements());
  std::vector<double> z(a.keys), p(a.keys), dz(a.keys), relative(a.keys), likely_relative(a.keys);
  const std::size_t plane = a.queries * a.keys;
  const auto offset = [&](std::size_t size, std::size_t head) { return size == plane ? 0 : head * plane; };
  for (std::size_t head = 0; head < a.batches * a.heads; ++head) {
    const std::size_t group = head / a.heads * a.groups + head % a.heads / (a.heads / a.groups);
    for (std::size_t i = 0; i < a.queries; ++i) {
      const double* query = &q[(head * a.queries + i) * a.width];
      double top = -HUGE_VAL, n = 0;
      for (std::size_t j = 0; j < a.keys; ++j) {
        z[j] = -HUGE_VAL;
        p[j] = dz[j] = 0;
        const std::ptrdiff_t last =
            static_cast<std::ptrdiff_t>(i) +
            (causal == "bottom_right" ? static_cast<std::ptrdiff_t>(a.keys) - static_cast<std::ptrdiff_t>(a.queries)
                                      : 0);
        if (causal != "none" && static_cast<std::ptrdiff_t>(j) > last) continue;
        if (!mask.empty() && mask[offset(mask.size(), head) + i * a.keys + j] == 0) continue;
        const double* key = &k[(group * a.keys + j) * a.width];
        double dot = 0, size = 0, flushed = 0;
        for (std::size_t e = 0; e < a.width; ++e) {
          dot += query[e] * key[e];
          if (flushes) flushed += r.flushed_product(query[e] * least, key[e] * least) / (least * least);
          size += std::abs(query[e] * key[e]);
        }
        const double added = bias.empty() ? 0 : bias[offset(bias.size(), head) + i * a.keys + j];
        const bounded s =
            r.sums().apply(static_cast<double>(a.width), dot, size, r.sums().exact_products() && r.exact_loads());
        z[j] = dot * scale + added;
        if (!(z[j] > -HUGE_VAL)) continue;
        // Inputs, scale and log2 e, bias; the scores may be stored in the operand format when products are apart.
        dz[j] = (s.worst + 2 * r.load_error() * size + flushed) * std::abs(scale) + 3 * u * std::abs(dot * scale) +
                (bias.empty() ? 0 : u * (std::abs(z[j]) + std::abs(added)));
        top = std::max(top, z[j]);
        n += 1;
      }
      if (!(top > -HUGE_VAL) || !(top < HUGE_VAL)) continue;
      double total = 0;
      for (std::size_t j = 0; j < a.keys; ++j) total += p[j] = std::exp(z[j] -= top);
      for (double& x : p) x /= total;
      const softmax_errors e(r, z, p, n, dz);
      for (std::size_t j = 0; j < a.keys; ++j) {
        const double size = p[j] > 0 ? std::abs(z[j]) : 0;
        relative[j] = std::expm1(e.worst_slope * size + dz[j]) * (1 + e.function) + e.function;
        likely_relative[j] =
            std::expm1(std::min(e.worst_slope, e.likely_slope) * size + dz[j]) * (1 + e.function) + e.function;
      }
      const double rescale = 2 * f + 3 * u, left = 1 - e.worst_total;
      for (std::size_t d = 0; d < a.values; ++d) {
        const std::size_t at = (head * a.queries + i) * a.values + d;
        double y = 0, sizes = 0, worst = 0, likely = 0, squares = 0, plain = 0, flushed = 0;
        for (std::size_t j = 0; j < a.keys; ++j) {
          if (!(p[j] > 0) && dz[j] == 0) continue;
          const double value = v[(group * a.keys + j) * a.values + d], term = p[j] * value, size = std::abs(term);
          y += term;
          sizes += size;
          plain += std::abs(value);
          if (flushes) flushed += p[j] * r.flushed_product(1, value);
          worst += size * relative[j];
          likely += size * likely_relative[j];
          squares += size * size;
        }
        const double operand = r.operand_error();
        bounded sum = r.sums().apply(n, y, sizes, false, worst + operand * sizes + r.load_error() * sizes + flushed,
                                     likely + flushed, operand * operand * squares, r.lambda());
        const double cancelled = left > 0 ? e.worst_total / left : HUGE_VAL;
        const double reach = std::abs(y) + sum.worst, likely_reach = std::abs(y) + sum.likely(r.lambda());
        const double tiny = (r.operand_eta() + e.eta) * plain;
        sum.worst += reach * (cancelled + 2 * u + f) + sizes * std::expm1(n * rescale) + r.eta() + tiny;
        sum.fixed += likely_reach * (std::min(cancelled, e.likely_of_total()) + 2 * u + f) +
                     sizes * std::min(n, 8.0) * rescale + r.eta() + tiny;
        b.set(at, sum, r.lambda());
      }
    }
  }
  return one(std::move(b));
}

constexpr bound_row attention_rows[] = {{"attention", attention}};

}  // namespace

bound_family attention_bounds() { return attention_rows; }

}  // namespace assay::detail
