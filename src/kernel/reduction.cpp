// sum, mean, variance.
#include "forms.hpp"
#include "lines.hpp"

namespace assay::kernel {

namespace {

constexpr attribute_info mean_variants[]{mean_variant};
constexpr attribute_info variance_variants[]{variance_variant, mean_variant, chunk_variant};

/// y = f(a, line) of every line along the axis.
template <class Reduce>
std::vector<tensor> reduce_lines(const kernel_call& call, const arithmetic& with, unsigned threads,
                                 const Reduce& reduce) {
  const tensor& x = call.input("x");
  const axis_lines lines = lines_along(x.shape(), call.integer("axis"));
  tensor y(element_type::of(*with.to), reduced_shape(x.shape(), call.integer("axis"), call.flag("keepdim")));
  with_scalar(with, [&]<class A>(std::type_identity<A>) {
    for_each_line<A>(with, lines.count(), lines.length, threads, [&](A& a, line_io<A>& io, std::size_t l) {
      std::vector<typename A::value> v(lines.length);
      io.load(x, lines.first(l), lines.step(), v, l);
      const typename A::value r = reduce(a, line<A>(v));
      io.store({&r, 1}, y, l, 1, l);
    });
  });
  return only(std::move(y));
}

std::vector<tensor> run_sum(const kernel_call& call, const arithmetic& with, unsigned threads) {
  return reduce_lines(call, with, threads, []<class A>(A& a, std::span<const typename A::value> x) {
    return a.sum(x.size(), [x](std::size_t i) { return x[i]; });
  });
}

std::vector<tensor> run_mean(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const auto form = choice<mean_form>(with, mean_variant);
  return reduce_lines(call, with, threads, [form]<class A>(A& a, std::span<const typename A::value> x) {
    const auto s = a.sum(x.size(), [x](std::size_t i) { return x[i]; });
    return divided_by_count(a, s, static_cast<double>(x.size()), form);
  });
}

std::vector<tensor> run_variance(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const statistics_form form = statistics_form_of(with);
  const double correction = call.number("correction");
  return reduce_lines(call, with, threads, [=]<class A>(A& a, std::span<const typename A::value> x) {
    if (x.empty()) return a.divide(a.constant(0), a.constant(0));
    const double divisor = std::max(static_cast<double>(x.size()) - correction, 0.0);
    return statistics_of(a, x, form, divisor).variance;
  });
}

constexpr kernel_row reduction_rows[] = {
    {"sum", {}, {}, run_sum},
    {"mean", mean_variants, {}, run_mean},
    {"variance", variance_variants, {}, run_variance},
};

}  // namespace

family reduction_family() { return reduction_rows; }

}  // namespace assay::kernel
