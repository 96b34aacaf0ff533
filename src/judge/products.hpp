// The products that an element of a gemm or a dot is the sum of, one by one, in double: for looking at where along k an
// error comes from.
#pragma once

#include <optional>
#include <vector>

#include <assay/catalogue/call.hpp>

namespace assay::detail {

class products_of {
 public:
  /// Whether each element is a sum of products that can be told: a dot, or a gemm of two matrices without an
  /// activation.
  static bool can_tell(const kernel_call& call);
  explicit products_of(const kernel_call& call);

  std::size_t length() const { return length_; }
  /// Of an element in C order: alpha, scales and factors multiplied in double.
  std::vector<double> operator()(std::size_t element) const;

 private:
  struct scales {
    const tensor* values = nullptr;
    std::size_t rows = 1, columns = 1, per_row = 1;  ///< a block's extents; scales in a row

    double operator()(std::size_t row, std::size_t column) const;
  };
  static scales scales_of(const kernel_call& call, std::string_view name, std::size_t rows, std::size_t columns);

  const tensor &a_, &b_;
  bool gemm_, transpose_a_ = false, transpose_b_ = false;
  std::size_t rows_ = 1, columns_ = 1, length_ = 0;
  double alpha_ = 1;
  scales a_scales_, b_scales_;
};

}  // namespace assay::detail
