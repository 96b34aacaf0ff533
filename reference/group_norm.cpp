#include <assay/reference/group_norm.hpp>

#include "engine/channels.hpp"
#include "engine/moments_line.hpp"

namespace assay::reference {

truth group_norm(const code_view& x, const code_view& weight, const code_view& bias, const group_norm_options& options,
                 const request& want) {
  const reader values(x, "x");
  const channel_shape shape(x.shape(), "x");
  check_not_negative(options.eps, "eps");
  if (options.groups == 0 || shape.channels % options.groups != 0) {
    throw std::invalid_argument("groups is " + std::to_string(options.groups) + "; expected a divisor of the " +
                                std::to_string(shape.channels) + " channels of x");
  }
  const std::vector<double> w = optional_vector(weight, shape.channels, "weight");
  const std::vector<double> b = optional_vector(bias, shape.channels, "bias");
  const std::size_t channels = shape.channels / options.groups;
  const axis_lines lines(shape.samples * options.groups, channels * shape.inner);
  return along_lines(values, lines, want, [&](std::size_t n, std::span<double> line) {
    const affine own = affine{w, b, std::max<std::size_t>(shape.inner, 1)}.part(n % options.groups * channels, channels);
    return moments_line(line, own, !all_finite(own.weight) || !all_finite(own.bias), options.eps);
  });
}

}  // namespace assay::reference
