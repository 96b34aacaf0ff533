#include "families.hpp"

namespace assay::kernel {

family reduction_family() { return {}; }

}  // namespace assay::kernel
