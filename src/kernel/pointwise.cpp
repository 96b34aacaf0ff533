#include "families.hpp"

namespace assay::kernel {

family pointwise_family() { return {}; }

}  // namespace assay::kernel
