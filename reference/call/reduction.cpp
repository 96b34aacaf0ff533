#include "families.hpp"

namespace assay::reference {

family reduction_family() { return {}; }

}  // namespace assay::reference
