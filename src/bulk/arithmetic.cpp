// The bulk operations: arguments checked, then the fastest way that is exact.
#include <assay/bulk/arithmetic.hpp>

#include <array>
#include <bit>
#include <numeric>

#include <assay/number/fast_carrier.hpp>

#include "kernels.hpp"
#include "spans.hpp"

namespace assay {
namespace {

using namespace bulk;

/// The same format with binary16's bias. A format that is decoded through binary16 keeps these values: scaling every
/// operand and the result by one power of two changes no code.
format scaled_as_binary16(format f) {
  f.bias = binary16.bias;
  return f;
}

arithmetic_plan make_arithmetic_plan(format f, conversion how) {
  arithmetic_plan plan;
  if (how.mode == rounding::stochastic) return plan;
  const bool is_default = how == conversion{rounding::ties_to_even, overflow::ieee, subnormals::keep, how.random_bits};
  if (f == binary32 && is_default) {
    plan.path = arithmetic_path::binary32;
    plan.decode = make_decode_plan(f, false);
    return plan;
  }
  if (!fits_binary32(f) || !odd_floats_round_alike(f, how)) return plan;

  const decode_plan plain = make_decode_plan(f, false);
  plan.encode = make_encode_plan(f, how, nan_result::canonical);
  const bool narrow =
      plan.encode.path == encode_path::aligned && plan.encode.how == decision::ties_to_even && f.fraction_bits <= 10;
  plan.sums_round_once = fast::sums_round_once(f, binary32);
  // Any product of two of the format's numbers is a number of binary32, or too large for both.
  const bool products_fit = 2 * f.min_ulp_exponent() >= -149 && 2 * f.max_exponent() + 2 <= 127;
  if (plain.through_binary16 && narrow && f.bias >= -40 && f.bias <= 60) {
    plan.path = arithmetic_path::half;
    plan.decode = make_decode_plan(scaled_as_binary16(f), false);
    plan.encode = make_encode_plan(scaled_as_binary16(f), how, nan_result::canonical);
    plan.product_scale = power_of_two(binary16.bias - f.bias);
    return plan;
  }
  if (narrow && products_fit) {
    plan.path = arithmetic_path::narrow;
    plan.decode = plain;
    return plan;
  }
  if (plain.path == decode_path::shifted && plan.encode.path == encode_path::shifted &&
      plan.encode.how == decision::ties_to_even && f.fraction_bits <= 10) {
    plan.path = arithmetic_path::shifted;
    plan.decode = plain;
    return plan;
  }
  plan.path = arithmetic_path::general;
  plan.decode = make_decode_plan(f, flushes_inputs(how.on_subnormal));
  how.on_subnormal = flushes_outputs(how.on_subnormal) ? subnormals::flush_outputs : subnormals::keep;
  plan.encode = make_encode_plan(f, how, nan_result::canonical);
  plan.zero_sums_are_negative = how.mode == rounding::downward;
  return plan;
}

void check(const char* name, const_code_span x, code_span out, format f) {
  require_sizes(name, x.size(), "output", out.size());
  require_storage(name, x.element_bytes(), f);
}

/// Of values times `scale`, a power of two. The vector kernels exist.
value_table table_of(const decode_plan& plan, float scale) {
  std::array<std::uint8_t, 128> codes;
  std::array<float, 128> values;
  std::iota(codes.begin(), codes.end(), std::uint8_t{0});
  decode_floats(plan, codes.data(), 1, values.data(), codes.size());
  value_table table;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(values[i] * scale);
    table.upper[i] = static_cast<std::uint8_t>(bits >> 24);
    table.lower[i] = static_cast<std::uint8_t>(bits >> 16);
  }
  return table;
}

arithmetic_plan make_plan_with_tables(format f, conversion how) {
  arithmetic_plan plan = make_arithmetic_plan(f, how);
  const bool through_floats = plan.path == arithmetic_path::half || plan.path == arithmetic_path::narrow;
  if (through_floats && plan.decode.magnitude_bits == 7) {
    plan.values = table_of(plan.decode, 1);
    plan.scaled_values = table_of(plan.decode, plan.product_scale);
  }
  return plan;
}

/// The vector kernel if there is one, else scalar(i) element by element.
template <class Scalar>
void compute_or(operation op, const_code_span a, const_code_span b, const_code_span c, code_span out, format f,
                conversion how, const Scalar& scalar) {
  require_valid(f, how);
  require_storage("output", out.element_bytes(), f);
  check("a", a, out, f);
  check("b", b, out, f);
  check("c", c, out, f);
  if (have_kernels()) {
    const arithmetic_plan& plan = remembered(f, how, [&] { return make_plan_with_tables(f, how); });
    if (plan.path != arithmetic_path::scalar &&
        bulk::compute(plan, op, a.data(), b.data(), c.data(), out.data(), out.element_bytes(), out.size())) {
      return;
    }
  }
  const code_writer put(out);
  for (std::size_t i = 0; i < out.size(); ++i) put(i, scalar(i).code);
}

}  // namespace

#define ASSAY_DEFINE_BULK_BINARY(name)                                                                             \
  void name(const_code_span a, const_code_span b, code_span out, format f, conversion how, random_stream random) { \
    const code_reader get_a(a), get_b(b);                                                                          \
    compute_or(operation::name, a, b, a, out, f, how, [&](std::size_t i) {                                         \
      return name(encoded{get_a(i), f}, encoded{get_b(i), f}, f, how, word_of(how, random, i));                    \
    });                                                                                                            \
  }
ASSAY_DEFINE_BULK_BINARY(add)
ASSAY_DEFINE_BULK_BINARY(subtract)
ASSAY_DEFINE_BULK_BINARY(multiply)
#undef ASSAY_DEFINE_BULK_BINARY

void fma(const_code_span a, const_code_span b, const_code_span c, code_span out, format f, conversion how,
         random_stream random) {
  const code_reader get_a(a), get_b(b), get_c(c);
  compute_or(operation::fma, a, b, c, out, f, how, [&](std::size_t i) {
    return fma(encoded{get_a(i), f}, encoded{get_b(i), f}, encoded{get_c(i), f}, f, how, word_of(how, random, i));
  });
}

}  // namespace assay
