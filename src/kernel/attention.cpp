// attention.
#include <cmath>

#include <assay/kernel/attention.hpp>

#include "families.hpp"
#include "products.hpp"

namespace assay::kernel {

namespace {

attention_form attention_form_of(const arithmetic& with) {
  const auto& rows = attention_variants;
  attention_form form;
  form.how = choice<attention_form::algorithm>(with, rows[0]);
  form.scale = choice<attention_form::scaling>(with, rows[1]);
  form.divided = choice<attention_form::division>(with, rows[2]);
  form.output = choice<attention_form::accumulation>(with, rows[3]);
  form.softmax.exp = choice<softmax_form::exponential>(with, exp_variant);
  form.softmax.divide = choice<softmax_form::division>(with, divide_variant);
  form.tile = count_of(with, rows[6]);
  const auto p_scale = with.variants.find("p_scale");
  if (p_scale != with.variants.end()) form.p_scale = std::get<double>(parse_attribute(rows[7], p_scale->second));
  if (!(form.p_scale > 0) || std::isinf(form.p_scale)) {
    throw std::invalid_argument("p_scale is " + to_string(attribute_value(form.p_scale)) +
                                "; expected a number above zero.");
  }
  return form;
}

/// The extents of a call, checked; without a third axis from the end there is one head.
struct attention_shapes {
  std::size_t batches = 1, heads = 1, groups = 1, queries, keys, depth, width;
  double scale;

  explicit attention_shapes(const kernel_call& call) {
    const extents &q = call.input("q").shape(), &k = call.input("k").shape(), &v = call.input("v").shape();
    const std::size_t rank = q.rank();
    if (rank < 2) refuse("q", q, "(..., H, L, E)");
    queries = q[rank - 2], depth = q[rank - 1];
    if (k.rank() != rank || k[rank - 1] != depth) refuse("k", k, "(..., G, S, " + std::to_string(depth) + ")");
    keys = k[rank - 2];
    if (v.rank() != rank || v[rank - 2] != keys) refuse("v", v, "(..., G, " + std::to_string(keys) + ", D)");
    width = v[rank - 1];
    if (rank > 2) heads = q[rank - 3], groups = k[rank - 3];
    if (groups == 0 ? heads != 0 : heads % groups != 0) {
      refuse("k", k, "a number of heads that divides those of q, " + std::to_string(heads));
    }
    for (std::size_t i = 0; i + 2 < rank; ++i) {
      if (i + 3 < rank) batches *= q[i];
      const bool same = i + 3 == rank ? v[i] == groups : k[i] == q[i] && v[i] == q[i];
      if (!same) refuse("v", v, "the leading axes of k, " + to_string(k) + ", and those of q before the heads");
    }
    check_scores(call, "mask");
    check_scores(call, "bias");
    scale = call.has("scale") ? call.number("scale") : 1 / std::sqrt(static_cast<double>(depth));
    if (!std::isfinite(scale)) {
      throw std::invalid_argument("scale is " + to_string(attribute_value(scale)) + "; expected a finite number.");
    }
  }

  std::size_t all_heads() const { return batches * heads; }
  /// The head of k and v that a head of q meets.
  std::size_t key_head(std::size_t head) const { return head / heads * groups + head % heads / (heads / groups); }

 private:
  [[noreturn]] static void refuse(std::string_view name, const extents& found, const std::string& due) {
    throw std::invalid_argument(std::string(name) + " has the shape " + to_string(found) + "; expected " + due + ".");
  }
  /// mask and bias: (L, S), or that for each head.
  void check_scores(const kernel_call& call, std::string_view name) const {
    if (!call.has_input(name)) return;
    const extents& shape = call.input(name).shape();
    std::vector<std::size_t> due(call.input("q").shape().begin(), call.input("q").shape().end());
    due.back() = keys;
    if (shape == extents{queries, keys} || shape == extents(std::span<const std::size_t>(due))) return;
    refuse(name, shape,
           to_string(extents{queries, keys}) + " or " + to_string(extents(std::span<const std::size_t>(due))));
  }
};

void check_form(const attention_form& form, const kernel_call& call, double scale) {
  if (form.scale == attention_form::scaling::both && scale < 0) {
    throw std::invalid_argument("scaling is both with a negative scale; expected a scale with a root.");
  }
  if (form.scale != attention_form::scaling::exponent) return;
  if (form.softmax.exp == softmax_form::exponential::natural || call.has_input("bias") || !(scale > 0)) {
    throw std::invalid_argument(
        "scaling is exponent; expected exp2 or exp2_fma with it, a scale above zero, and no bias.");
  }
}

/// The arithmetic of all but the products. A matrix unit takes the formats of its factors alone: beside one, the sum of
/// exponentials is the compute format's.
arithmetic beside_products(const arithmetic& with) {
  const auto is_unit = [](const auto& a) { return std::holds_alternative<accumulate::unit>(a); };
  const auto* promoted = std::get_if<accumulate::promotion>(&*with.accumulate);
  arithmetic sums = with;
  if (is_unit(*with.accumulate) || (promoted != nullptr && is_unit(promoted->inner.which))) sums.accumulate.reset();
  return sums.resolved(*with.to);
}

std::vector<tensor> run_attention(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const attention_shapes shapes(call);
  const attention_form form = attention_form_of(with);
  check_form(form, call, shapes.scale);
  const tensor &q = call.input("q"), &k = call.input("k"), &v = call.input("v");
  const tensor &bias = call.input("bias"), &mask = call.input("mask");
  const std::string causal = call.choice("causal");

  std::vector<std::size_t> sizes(q.shape().begin(), q.shape().end());
  sizes.back() = shapes.width;
  tensor y(element_type::of(*with.to), extents(std::span<const std::size_t>(sizes)));
  if (y.size() == 0) return only(std::move(y));
  if (shapes.keys == 0) throw std::invalid_argument("k has no keys; expected at least one.");
  const arithmetic beside = beside_products(with);
  const std::size_t scores = shapes.queries * shapes.keys;
  const auto first_of = [&](const tensor& t, std::size_t head) { return t.size() == scores ? 0 : head * scores; };
  progress_stage told("emulation", "elements", shapes.all_heads(), y.size());
  with_scalar(beside, [&]<class A>(std::type_identity<A>) {
    using value = typename A::value;
    for_each_line<A>(beside, shapes.all_heads(), 16384, threads, [&](A& a, line_io<A>& io, std::size_t l) {
      const auto load = [&](const tensor& t, std::size_t head, std::size_t rows, std::size_t columns,
                            std::vector<value>& into, std::uint64_t stream) {
        into.resize(rows * columns);
        io.load(t, head * rows * columns, 1, into, 4 * head + stream);
        return dense_matrix<value>(into.data(), rows, columns, factor_format(t, with));
      };
      std::vector<value> of_q, of_k, of_v, of_bias;
      attention_head<value> head;
      head.q = load(q, l, shapes.queries, shapes.depth, of_q, 0);
      head.k = load(k, shapes.key_head(l), shapes.keys, shapes.depth, of_k, 1);
      head.v = load(v, shapes.key_head(l), shapes.keys, shapes.width, of_v, 2);
      head.scale = shapes.scale;
      if (call.has_input("bias")) {
        of_bias.resize(scores);
        io.load(bias, first_of(bias, l), 1, of_bias, 4 * l + 3);
        head.bias = of_bias.data();
      }
      if (call.has_input("mask")) head.mask = mask.bytes().data() + first_of(mask, l);
      head.is_causal = causal != "none";
      if (causal == "bottom_right") {
        head.diagonal = static_cast<std::ptrdiff_t>(shapes.keys) - static_cast<std::ptrdiff_t>(shapes.queries);
      }
      products<A> multiply(with, l);
      std::vector<value> out(shapes.queries * shapes.width);
      attention(a, multiply, head, out, form, *with.compute, with.store_at("scores"), with.store_at("probabilities"));
      io.store(out, y, l * out.size(), 1, l);
      told.add(1);
    });
  });
  return only(std::move(y));
}

constexpr kernel_row attention_rows[] = {
    {"attention", attention_variants, attention_stores, run_attention},
};

}  // namespace

family attention_family() { return attention_rows; }

}  // namespace assay::kernel
