#include "families.hpp"

namespace assay::reference {

family gradient_family() { return {}; }

}  // namespace assay::reference
