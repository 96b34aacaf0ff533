#include "families.hpp"

namespace assay::kernel {

family attention_family() { return {}; }

}  // namespace assay::kernel
