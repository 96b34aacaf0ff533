#include "families.hpp"

namespace assay::kernel {

family gradient_family() { return {}; }

}  // namespace assay::kernel
