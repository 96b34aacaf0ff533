#include "families.hpp"

namespace assay::reference {

family product_family() { return {}; }

}  // namespace assay::reference
