#include "products.hpp"

#include <algorithm>

#include <assay/number/convert.hpp>

namespace assay::detail {

bool products_of::can_tell(const kernel_call& call) {
  if (call.name() == "dot") return true;
  return call.name() == "gemm" && call.input("a").shape().rank() == 2 && call.input("b").shape().rank() == 2 &&
         call.choice("activation") == "none";
}

products_of::products_of(const kernel_call& call)
    : a_(call.input("a")), b_(call.input("b")), gemm_(call.name() == "gemm") {
  const extents &a = a_.shape(), &b = b_.shape();
  if (!gemm_) {
    length_ = a.rank() == 0 ? 0 : a[a.rank() - 1];
    return;
  }
  transpose_a_ = call.flag("transpose_a");
  transpose_b_ = call.flag("transpose_b");
  rows_ = a[transpose_a_ ? 1 : 0];
  length_ = a[transpose_a_ ? 0 : 1];
  columns_ = b[transpose_b_ ? 0 : 1];
  alpha_ = call.number("alpha");
  a_scales_ = scales_of(call, "a_scale", rows_, length_);
  b_scales_ = scales_of(call, "b_scale", length_, columns_);
}

products_of::scales products_of::scales_of(const kernel_call& call, std::string_view name, std::size_t rows,
                                           std::size_t columns) {
  if (!call.has_input(name)) return {};
  const tensor& values = call.input(name);
  const extents& s = values.shape();
  if (s.rank() != 2) return {&values, std::max<std::size_t>(1, rows), std::max<std::size_t>(1, columns), 1};
  const auto block = [](std::size_t extent, std::size_t blocks) {
    return std::max<std::size_t>(1, (extent + blocks - 1) / std::max<std::size_t>(1, blocks));
  };
  return {&values, block(rows, s[0]), block(columns, s[1]), s[1]};
}

double products_of::scales::operator()(std::size_t row, std::size_t column) const {
  if (values == nullptr || values->size() == 0) return 1;
  const std::size_t at = row / rows * per_row + column / columns;
  return to_double((*values)[std::min(at, values->size() - 1)], values->type().layout);
}

std::vector<double> products_of::operator()(std::size_t element) const {
  std::vector<double> all(length_);
  const std::size_t i = gemm_ ? element / columns_ : element, j = gemm_ ? element % columns_ : element;
  const format left = a_.type().layout, right = b_.type().layout;
  for (std::size_t k = 0; k < length_; ++k) {
    const double x = to_double(a_[transpose_a_ ? k * rows_ + i : i * length_ + k], left);
    const double y = to_double(b_[!gemm_ || transpose_b_ ? j * length_ + k : k * columns_ + j], right);
    all[k] = alpha_ * (a_scales_(i, k) * x) * (b_scales_(k, j) * y);
  }
  return all;
}

}  // namespace assay::detail
