#include <stdexcept>

#include "call/families.hpp"

namespace assay::reference {

std::vector<truth> truth_of(const kernel_call& call, const request& want) {
  call.check();
  for (const family rows :
       {pointwise_family(), reduction_family(), product_family(), softmax_family(), norm_family(), loss_family(),
        attention_family(), pool_family(), cell_family(), collective_family(), gradient_family()}) {
    for (const call_row& row : rows) {
      if (row.kernel == call.name()) return row.evaluate(call, want);
    }
  }
  throw std::logic_error("the catalogue has " + std::string(call.name()) + ", but it has no truth");
}

}  // namespace assay::reference
