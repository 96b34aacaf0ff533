// Elementary functions of operands wider than 16 bits.
#pragma once

#include <assay/number/elementary.hpp>

namespace assay::kernel {

/// f(x), marked as inexact where it is: rounded right in every format of up to 24 digits.
exact_result<uint128> wide_value(elementary f, unpacked<std::uint64_t> x);

}  // namespace assay::kernel
