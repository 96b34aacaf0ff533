#include "families.hpp"

namespace assay::kernel {

family cell_family() { return {}; }

}  // namespace assay::kernel
