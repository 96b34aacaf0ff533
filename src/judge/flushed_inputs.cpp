#include "flushed_inputs.hpp"

#include <algorithm>

#include <assay/number/convert.hpp>

#include "../kernel/products.hpp"
#include "bound/sum_error.hpp"

namespace assay::detail {
namespace {

struct factors_row {
  std::string_view kernel;
  std::array<std::string_view, 3> inputs;
};
constexpr factors_row factors[] = {
    {"dot", {"a", "b", "c"}},
    {"gemm", {"a", "b"}},
    {"gemm_backward", {"a", "b", "dy"}},
    {"conv2d", {"x", "weight"}},
};

/// Numbers below the format's least normal one are zeros of their sign.
tensor flushed(tensor x, format below) {
  const format f = x.type().layout;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::uint64_t code = x[i] & f.code_mask();
    const auto v = decode(code, f);
    if (v.kind == value_class::finite && v.leading_exponent() < below.min_exponent()) x.set(i, code & f.sign_mask());
  }
  return x;
}

bool flushes_factors(const claim& claimed, format storage) {
  const std::vector<accumulator> all = claimed.all_accumulators(storage);
  return std::all_of(all.begin(), all.end(), takes_subnormals_for_zeros);
}

}  // namespace

std::optional<kernel_call> with_flushed_inputs(const claim& claimed, const kernel_call& call) {
  const format storage = call.storage_format();
  const arithmetic with = claimed.base.resolved(storage);
  const subnormals on_load = with.load.on_subnormal;
  const auto row = std::find_if(std::begin(factors), std::end(factors),
                                [&](const factors_row& r) { return r.kernel == call.name(); });
  const bool in_products = row != std::end(factors) && flushes_factors(claimed, storage);
  if (on_load == subnormals::keep && !in_products) return std::nullopt;
  kernel_call seen = call;
  for (const input_info& in : call.info().inputs) {
    if (in.elements != input_info::kind::real || !call.has_input(in.name)) continue;
    tensor x = call.input(in.name);
    const format own = x.type().layout, compute = *with.compute;
    if (flushes_inputs(on_load)) x = flushed(std::move(x), own);
    if (flushes_outputs(on_load)) x = flushed(std::move(x), compute);
    if (in_products && std::find(row->inputs.begin(), row->inputs.end(), in.name) != row->inputs.end()) {
      x = flushed(std::move(x), kernel::factor_format(x, with));
    }
    seen.set_input(in.name, std::move(x));
  }
  return seen;
}

}  // namespace assay::detail
