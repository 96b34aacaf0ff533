// Normalisations.
#include <cmath>

#include <assay/number/convert.hpp>

#include "mutation.hpp"

namespace detection {

namespace {

/// A mean so large that E[x^2] - E[x]^2 cancels.
void make_offset(trial& t, random_source&) {
  const tensor x = t.call.input("x");
  const format f = x.type().layout;
  t.call.set_input("x", mapped(x, [&](std::size_t, std::size_t, std::uint64_t code) {
                     return convert(to_double(code, f) + 300, f).code;
                   }));
}

/// Deviations so small that eps decides.
void make_flat(trial& t, random_source&) {
  const tensor x = t.call.input("x");
  const format f = x.type().layout;
  t.call.set_input("x", mapped(x, [&](std::size_t, std::size_t, std::uint64_t code) {
                     return convert(to_double(code, f) * 0.004, f).code;
                   }));
}

auto weights(double factor, double addend) {
  return with_call([=](kernel_call& call, random_source&) {
    const tensor w = call.input("weight");
    call.set_input("weight", mapped(w, [&](std::size_t, std::size_t, std::uint64_t code) {
                     return convert(to_double(code, binary32) * factor + addend, binary32).code;
                   }));
    return true;
  });
}

/// 1/n for 1/(n-1), as a factor of the weights; exact enough to be nothing else.
auto unbiased() {
  return [](const trial& t, random_source& random) -> results {
    const double n = static_cast<double>(columns_of(t.call.input("x")));
    trial other = t;
    other.call.set("eps", t.call.number("eps") * (n - 1) / n);
    return weights(std::sqrt((n - 1) / n), 0)(other, random);
  };
}

}  // namespace

void add_norm_mutations(std::vector<mutation>& all) {
  all.insert(
      all.end(),
      {
          {"layer_norm: eps outside the root", "layer_norm", "eps_outside", with_arithmetic("eps=outside"), make_flat},
          {"rms_norm: eps outside the root", "rms_norm", "eps_outside", with_arithmetic("eps=outside"), make_flat},
          {"layer_norm: variance in one pass", "layer_norm", "one_pass_variance", with_arithmetic("variance=one_pass"),
           make_offset},
          {"layer_norm: unbiased variance", "layer_norm", "unbiased_variance", unbiased()},
          {"layer_norm: normalised values cast early", "layer_norm", "early_cast store_normalised_bfloat16",
           with_arithmetic("store.normalised=bfloat16")},
          {"rms_norm: normalised values cast early", "rms_norm", "early_cast store_normalised_bfloat16",
           with_arithmetic("store.normalised=bfloat16")},
          {"layer_norm: sums in bf16", "layer_norm", "bf16_accumulator",
           with_arithmetic("accumulate=floating:bfloat16")},
          {"layer_norm: everything in the storage format", "layer_norm", "native compute_", with_arithmetic("native")},
          {"layer_norm: weight missing", "layer_norm", "weight_missing", weights(0, 1)},
          {"rms_norm: weight plus one", "rms_norm", "weight_plus_1", weights(1, 1)},
          {"layer_norm: eps missing", "layer_norm", "eps_missing eps",
           with_call([](kernel_call& call, random_source&) { return call.set("eps", 1e-12), true; }), make_flat},
          {"layer_norm: another eps", "layer_norm", "eps_",
           with_call([](kernel_call& call, random_source&) { return call.set("eps", 1e-6), true; }), make_flat},
          {"layer_norm: one line shifted by one element", "layer_norm", "columns_moved",
           with_results([](tensor& y, random_source& random) {
             const std::size_t n = columns_of(y), row = random.below(rows_of(y));
             for (std::size_t j = n - 1; j > 0; --j) y.set(row * n + j, y[row * n + j - 1]);
             return true;
           })},
      });
}

}  // namespace detection
