#include <assay/reference/layer_norm.hpp>

#include "engine/groups.hpp"
#include "engine/moments_line.hpp"

namespace assay::reference {

truth layer_norm(const code_view& x, const code_view& weight, const code_view& bias, const layer_norm_options& options,
                 const request& want) {
  const reader values(x, "x");
  const axis_lines lines = last_axes(x.shape(), options.axes, "x");
  check_not_negative(options.eps, "eps");
  const std::vector<double> w = optional_vector(weight, lines.length, "weight");
  const std::vector<double> b = optional_vector(bias, lines.length, "bias");
  const bool affine_special = !all_finite(w) || !all_finite(b);
  return along_lines(values, lines, want, [&](std::size_t, std::span<double> line) {
    return moments_line(line, {w, b}, affine_special, options.eps);
  });
}

}  // namespace assay::reference
