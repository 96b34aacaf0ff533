// Where along k the errors of a product come from.
#pragma once

#include <span>

#include <assay/judge/verdict.hpp>

namespace assay {
class kernel_call;
}

namespace assay::detail {

/// `errors`: got less the real value, of these elements of the call, in C order. Empty where the errors do not follow
/// the sums of any blocks of products.
k_profile profile_along_k(const kernel_call& call, std::span<const std::size_t> elements,
                          std::span<const double> errors);

}  // namespace assay::detail
