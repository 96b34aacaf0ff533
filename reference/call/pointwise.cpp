#include "families.hpp"

namespace assay::reference {

family pointwise_family() { return {}; }

}  // namespace assay::reference
