#include "families.hpp"

namespace assay::reference {

family loss_family() { return {}; }

}  // namespace assay::reference
