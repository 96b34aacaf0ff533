#include "families.hpp"

namespace assay::reference {

family cell_family() { return {}; }

}  // namespace assay::reference
