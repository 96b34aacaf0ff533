#include "families.hpp"

namespace assay::kernel {

family product_family() { return {}; }

}  // namespace assay::kernel
