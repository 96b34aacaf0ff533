// softmax, log_softmax, logsumexp.
#include <assay/kernel/softmax.hpp>

#include "families.hpp"
#include "lines.hpp"

namespace assay::kernel {

namespace {

softmax_form softmax_form_of(const arithmetic& with) {
  softmax_form form;
  form.how = choice<softmax_form::algorithm>(with, softmax_variants[0]);
  form.exp = choice<softmax_form::exponential>(with, softmax_variants[1]);
  form.divide = choice<softmax_form::division>(with, softmax_variants[2]);
  form.temperature = choice<softmax_form::scaling>(with, softmax_variants[3]);
  form.chunk = count_of(with, softmax_variants[4]);
  return form;
}

double temperature_of(const kernel_call& call) {
  const double t = call.number("temperature");
  if (!(t > 0) || std::isinf(t)) {
    throw std::invalid_argument("temperature is " + to_string(attribute_value(t)) + "; expected a number above zero.");
  }
  return t;
}

/// A mask's elements as they are, or nothing when there is none. Throws std::invalid_argument for another shape than x.
const std::byte* mask_of(const kernel_call& call) {
  if (!call.has_input("mask")) return nullptr;
  const tensor& mask = call.input("mask");
  const extents& due = call.input("x").shape();
  if (mask.shape() != due) {
    throw std::invalid_argument("mask has the shape " + to_string(mask.shape()) + "; expected that of x, " +
                                to_string(due) + ".");
  }
  return mask.bytes().data();
}

std::vector<tensor> run_softmax(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const tensor& x = call.input("x");
  const axis_lines lines = lines_along(x.shape(), call.integer("axis"));
  const softmax_form form = softmax_form_of(with);
  const double temperature = temperature_of(call);
  const std::byte* mask = mask_of(call);
  tensor y(element_type::of(*with.to), x.shape());
  if (x.size() == 0) return only(std::move(y));
  with_scalar(with, [&]<class A>(std::type_identity<A>) {
    for_each_line<A>(with, lines.count(), lines.length, threads, [&](A& a, line_io<A>& io, std::size_t l) {
      std::vector<typename A::value> v(lines.length);
      io.load(x, lines.first(l), lines.step(), v, l);
      if (mask != nullptr) {
        const auto out = a.constant(-std::numeric_limits<double>::infinity());
        for (std::size_t i = 0; i < v.size(); ++i) {
          if (mask[lines.first(l) + i * lines.step()] == std::byte{0}) v[i] = out;
        }
      }
      softmax(a, line<A>(v), line_out<A>(v), form, temperature, with.store_at("exponentials"));
      io.store(v, y, lines.first(l), lines.step(), l);
    });
  });
  return only(std::move(y));
}

constexpr kernel_row rows[] = {
    {"softmax", softmax_variants, softmax_stores, run_softmax},
};

}  // namespace

family softmax_family() { return rows; }

}  // namespace assay::kernel
