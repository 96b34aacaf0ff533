#include "families.hpp"

namespace assay::kernel {

family pool_family() { return {}; }

}  // namespace assay::kernel
