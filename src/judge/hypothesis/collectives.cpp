// Collectives: what one rank sends is lost, or arrives twice, everywhere or in some chunks.
#include <algorithm>
#include <string>

#include <assay/number/convert.hpp>

#include "tables.hpp"

namespace assay::detail {
namespace {

/// The rank's numbers times a factor.
change_of_call rank_times(std::size_t rank, double factor) {
  return [rank, factor](kernel_call& call) {
    const tensor x = call.input("x");
    if (x.shape().rank() == 0 || rank >= x.shape()[0]) return false;
    const std::size_t share = x.size() / x.shape()[0];
    const format f = x.type().layout;
    tensor y = x;
    for (std::size_t i = rank * share; i < (rank + 1) * share; ++i) {
      y.set(i, convert(factor * to_double(x[i], f), f).code);
    }
    call.set_input("x", std::move(y));
    return true;
  };
}

}  // namespace

void add_collectives(hypotheses& all, const kernel_call& call) {
  const extents& shape = call.input("x").shape();
  constexpr std::size_t most = 64;  // each is emulated
  const std::size_t ranks = shape.rank() == 0 ? 0 : std::min(most, shape[0]);
  for (std::size_t r = 0; r < ranks; ++r) {
    const std::string rank = std::to_string(r);
    for (hypothesis h : {hypothesis{"rank_" + rank + "_missing", "what rank " + rank + " sends is not added"},
                         hypothesis{"rank_" + rank + "_twice", "what rank " + rank + " sends is added twice"}}) {
      h.change_call = rank_times(r, h.name.ends_with("twice") ? 2 : 0);
      h.local = true;
      all.push_back(std::move(h));
    }
  }
}

}  // namespace assay::detail
