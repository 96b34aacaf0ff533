#include "families.hpp"

namespace assay::kernel {

family convolution_family() { return {}; }

}  // namespace assay::kernel
