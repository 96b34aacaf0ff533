#include <assay/reference/norm_backward.hpp>

#include <stdexcept>

#include "input_gradient.hpp"
#include "weight_gradient.hpp"

namespace assay::reference {

namespace {

norm_gradients gradients_of(const code_view& x, const code_view& weight, const code_view& dy, std::size_t axes,
                            const norm& of, const request& want) {
  const reader values(x, "x"), gradients(dy, "dy");
  check_same_shape(dy.shape(), "dy", x.shape(), "x");
  const axis_lines lines = last_axes(x.shape(), axes, "x");
  check_not_negative(of.eps, "eps");
  std::vector<double> w = optional_vector(weight, lines.length, "weight");
  if (w.empty()) w.assign(lines.length, 1);

  truth dx = along_lines(values, lines, want, [&](std::size_t n, std::span<double> line) {
    std::vector<double> own(line.size());
    gradients.read(lines.first(n), lines.step(), own);
    return input_gradient_line(line, w, std::move(own), of);
  });
  const extents shape(std::span(x.shape().end() - axes, x.shape().end()));
  const line_scales scales(values, lines, of, want.threads);
  truth dweight = weight_gradient(values, gradients, scales, shape, want);
  truth dbias = of.centred ? sum_of_columns(gradients, lines.count(), shape, false, want) : truth{};
  return {std::move(dx), std::move(dweight), std::move(dbias)};
}

}  // namespace

norm_gradients layer_norm_backward(const code_view& x, const code_view& weight, const code_view& dy,
                                   const layer_norm_options& options, const request& want) {
  return gradients_of(x, weight, dy, options.axes, {.centred = true, .eps = options.eps}, want);
}

norm_gradients rms_norm_backward(const code_view& x, const code_view& weight, const code_view& dy,
                                 const rms_norm_options& options, const request& want) {
  if (options.cast_before_weight) {
    throw std::invalid_argument("rms_norm_backward with cast_before_weight; expected none: a cast has no derivative");
  }
  return gradients_of(x, weight, dy, options.axes, {.centred = false, .eps = options.eps}, want);
}

}  // namespace assay::reference
