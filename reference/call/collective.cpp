#include "families.hpp"

namespace assay::reference {

family collective_family() { return {}; }

}  // namespace assay::reference
