// layer_norm, rms_norm, batch_norm, group_norm.
#include <assay/kernel/normalise.hpp>

#include "families.hpp"
#include "lines.hpp"

namespace assay::kernel {

namespace {

normalise_form layer_norm_form(const arithmetic& with) {
  normalise_form form;
  form.statistics.variance = choice<variance_form>(with, variance_variant);
  form.statistics.mean = choice<mean_form>(with, mean_variant);
  form.statistics.chunk = count_of(with, chunk_variant);
  form.eps = choice<normalise_form::eps_place>(with, eps_variant);
  form.inverse = choice<normalise_form::root>(with, root_variant);
  form.end = choice<normalise_form::affine>(with, affine_variant);
  return form;
}

double eps_of(const kernel_call& call) {
  const double eps = call.number("eps");
  if (!(eps >= 0) || std::isinf(eps)) {
    throw std::invalid_argument("eps is " + to_string(attribute_value(eps)) + "; expected a number of at least zero.");
  }
  return eps;
}

/// An optional input's elements. Throws std::invalid_argument for another number of them than `due`.
template <class A>
std::vector<typename A::value> load_optional(line_io<A>& io, const kernel_call& call, std::string_view name,
                                             std::size_t due) {
  if (!call.has_input(name)) return {};
  const tensor& t = call.input(name);
  if (t.size() != due) {
    throw std::invalid_argument(std::string(name) + " has the shape " + to_string(t.shape()) + "; expected " +
                                std::to_string(due) + " elements for x of shape " + to_string(call.input("x").shape()) +
                                ".");
  }
  return io.load_all(t);
}

std::vector<tensor> run_layer_norm(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const tensor& x = call.input("x");
  const axis_lines lines = lines_of_last(x.shape(), call.integer("axes"));
  const normalise_form form = layer_norm_form(with);
  const double eps = eps_of(call);
  tensor y(element_type::of(*with.to), x.shape());
  with_scalar(with, [&]<class A>(std::type_identity<A>) {
    line_io<A> parameters(with);
    const auto weight = load_optional<A>(parameters, call, "weight", lines.length);
    const auto bias = load_optional<A>(parameters, call, "bias", lines.length);
    if (x.size() == 0) return;
    for_each_line<A>(with, lines.count(), lines.length, threads, [&](A& a, line_io<A>& io, std::size_t l) {
      std::vector<typename A::value> v(lines.length);
      io.load(x, lines.first(l), 1, v, l);
      layer_norm(a, line<A>(v), line<A>(weight), line<A>(bias), eps, line_out<A>(v), form, with.store_at("normalised"));
      io.store(v, y, lines.first(l), 1, l);
    });
  });
  return only(std::move(y));
}

constexpr kernel_row rows[] = {
    {"layer_norm", layer_norm_variants, normalise_stores, run_layer_norm},
};

}  // namespace

family norm_family() { return rows; }

}  // namespace assay::kernel
