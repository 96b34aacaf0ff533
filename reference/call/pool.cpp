#include "families.hpp"

namespace assay::reference {

family pool_family() { return {}; }

}  // namespace assay::reference
