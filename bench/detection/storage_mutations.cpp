// How results are stored: rounding modes, saturation, second roundings, zeros and subnormals.
#include <cmath>

#include <assay/format/name.hpp>
#include <assay/number/convert.hpp>

#include "mutation.hpp"

namespace detection {

namespace {

/// The last "to=..." of the honest words, with other words behind the format.
auto stored(std::string_view policies) {
  return [policies](const trial& t, random_source&) -> results {
    const std::size_t at = t.honest.rfind("to=") + 3, end = t.honest.find_first_of(" :", at);
    return run_honest(t, "to=" + t.honest.substr(at, end - at) + std::string(policies));
  };
}

/// Rounded to another format on the way.
auto through(format middle) {
  return [middle](const trial& t, random_source&) -> results {
    const std::vector<tensor> wide = run_honest(t, "to=" + format_name(middle));
    std::vector<tensor> all = run_honest(t);
    const format out = all[0].type().layout;
    if (middle.fraction_bits <= out.fraction_bits) return std::nullopt;
    const bool saturates = t.honest.find("saturate_finite") != std::string::npos;
    for (std::size_t i = 0; i < all[0].size(); ++i) {
      const conversion how{.on_overflow = saturates ? overflow::saturate_finite : overflow::ieee};
      all[0].set(i, convert(encoded{wide[0][i], middle}, out, how).code);
    }
    return all;
  };
}

/// Small results, so that subnormals are among them.
void make_small(trial& t, random_source&) {
  const tensor x = t.call.input("x");
  t.call.set_input("x", mapped(x, [](std::size_t, std::size_t, std::uint64_t code) {
                     return std::uint64_t{
                         std::bit_cast<std::uint32_t>(std::bit_cast<float>(static_cast<std::uint32_t>(code)) * 0.004f)};
                   }));
}

}  // namespace

void add_storage_mutations(std::vector<mutation>& all) {
  all.insert(
      all.end(),
      {
          {"gemm: truncating store", "gemm", "truncating_store", stored(":toward_zero")},
          {"softmax: truncating store", "softmax", "truncating_store", stored(":toward_zero")},
          {"layer_norm: truncating store", "layer_norm", "truncating_store", stored(":toward_zero")},
          {"gemm: stored upward", "gemm", "upward truncating store", stored(":upward")},
          {"gemm: rounded twice, through fp16", "gemm", "double_rounding store_sums", through(binary16)},
          {"quantise: rounded toward zero", "quantise", "truncating_store", stored(":toward_zero:saturate_finite")},
          {"quantise: ties away", "quantise", "ties_away", stored(":ties_to_away:saturate_finite")},
          {"quantise: overflow instead of saturation", "quantise", "overflowing_store nan_on_overflow", stored("")},
          {"quantise: NaN instead of saturation", "quantise", "nan_on_overflow overflowing_store", stored(":to_nan")},
          {"quantise: rounded twice, through bf16", "quantise", "double_rounding", through(bfloat16)},
          {"quantise: rounded twice, through fp16", "quantise", "double_rounding", through(binary16)},
          {"quantise: subnormals flushed", "quantise", "flushed_results", stored(":saturate_finite:flush_outputs"),
           make_small},
          {"quantise: -0 becomes +0", "quantise", "negative_zero_lost", with_results([](tensor& y, random_source&) {
             const std::uint64_t negative_zero = y.type().layout.sign_mask();
             for (std::size_t i = 0; i < y.size(); ++i) {
               if (y[i] == negative_zero) y.set(i, 0);
             }
             return true;
           })},
          {"quantise: NaN becomes zero", "quantise", "nan_lost", with_results([](tensor& y, random_source&) {
             for (std::size_t i = 0; i < y.size(); ++i) {
               if (y.type().layout.is_nan_code(y[i])) y.set(i, 0);
             }
             return true;
           }),
           [](trial& t, random_source& random) {
             tensor x = t.call.input("x");
             x.set(random.below(x.size()), 0x7FC00000);
             t.call.set_input("x", std::move(x));
           }},
      });
}

}  // namespace detection
