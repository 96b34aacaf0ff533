#include <assay/reference/gemm_backward.hpp>

#include <assay/reference/gemm.hpp>
#include <assay/tensor/describe.hpp>

#include "engine/check.hpp"

namespace assay::reference {

gemm_gradients gemm_backward(const code_view& a, const code_view& b, const code_view& dy, const request& want) {
  if (a.shape().rank() != 2 || b.shape().rank() != 2 || a.shape()[1] != b.shape()[0]) {
    throw std::invalid_argument("a and b have shapes " + to_string(a.shape()) + " and " + to_string(b.shape()) +
                                "; expected (M, K) and (K, N)");
  }
  check_same_shape(dy.shape(), "dy", {a.shape()[0], b.shape()[1]}, "a b");
  return {gemm({.a = dy, .b = b}, {.transpose_b = true}, want), gemm({.a = a, .b = dy}, {.transpose_a = true}, want)};
}

}  // namespace assay::reference
