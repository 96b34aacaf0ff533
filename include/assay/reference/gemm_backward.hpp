// The certified truth of a matrix product's gradients. With y = a b and dy the gradient of a loss by y:
//
//   da = dy b^T,   db = a^T dy
//
// as torch.autograd has them. Specials, zeros and scales are those of gemm.hpp; the values are dyadic numbers.
#pragma once

#include <assay/reference/truth.hpp>

namespace assay::reference {

struct gemm_gradients {
  truth da, db;
};

/// a is (M, K), b (K, N), dy (M, N). Throws std::invalid_argument for shapes that do not fit, or a format that binary64
/// does not hold.
gemm_gradients gemm_backward(const code_view& a, const code_view& b, const code_view& dy, const request& want = {});

}  // namespace assay::reference
