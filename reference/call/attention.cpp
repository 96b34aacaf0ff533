#include "families.hpp"

namespace assay::reference {

family attention_family() { return {}; }

}  // namespace assay::reference
