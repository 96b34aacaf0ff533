#include "families.hpp"

namespace assay::kernel {

family collective_family() { return {}; }

}  // namespace assay::kernel
