// Block scales and fp8: scales off, formats mistaken.
#include <cmath>

#include <assay/number/convert.hpp>

#include "mutation.hpp"

namespace detection {

namespace {

/// a's scales, a matrix of (rows, blocks of k), changed: change(scales, row, block, code).
template <class Change>
auto change_scales(Change change) {
  return with_call([change](kernel_call& call, random_source&) {
    const tensor s = call.input("a_scale");
    if (columns_of(s) < 2) return false;
    call.set_input("a_scale", mapped(s, [&](std::size_t i, std::size_t block, std::uint64_t code) {
                     return change(s, i, block, code);
                   }));
    return true;
  });
}

std::uint64_t float_code(float x) { return std::bit_cast<std::uint32_t>(x); }
float float_of(std::uint64_t code) { return std::bit_cast<float>(static_cast<std::uint32_t>(code)); }

/// The inputs' codes as if they were of another format.
auto read_as(format other) {
  return with_call([other](kernel_call& call, random_source&) {
    const tensor a = call.input("a");
    const format f = a.type().layout;
    if (!(f == e4m3fn)) return false;
    call.set_input("a", mapped(a, [&](std::size_t, std::size_t, std::uint64_t code) {
                     return convert(encoded{code, other}, f).code;
                   }));
    return true;
  });
}

}  // namespace

void add_block_mutations(std::vector<mutation>& all) {
  all.insert(
      all.end(),
      {
          {"scale index off by one", "gemm_scaled", "a_scale scale",
           change_scales([](const tensor& s, std::size_t i, std::size_t block, std::uint64_t) {
             return s[i * columns_of(s) + (block + 1) % columns_of(s)];
           })},
          {"the scale before", "gemm_scaled", "a_scale scale",
           change_scales([](const tensor& s, std::size_t i, std::size_t block, std::uint64_t) {
             return s[i * columns_of(s) + (block == 0 ? 0 : block - 1)];
           })},
          {"last scale reused", "gemm_scaled", "a_scale scale",
           change_scales([](const tensor& s, std::size_t i, std::size_t block, std::uint64_t code) {
             return block + 1 == columns_of(s) ? s[i * columns_of(s) + block - 1] : code;
           })},
          {"the row above's scales", "gemm_scaled", "a_scale scale",
           change_scales([](const tensor& s, std::size_t i, std::size_t block, std::uint64_t code) {
             return i == 0 ? code : s[(i - 1) * columns_of(s) + block];
           })},
          {"scales rounded down to powers of two", "gemm_scaled", "a_scale scale",
           change_scales([](const tensor&, std::size_t, std::size_t, std::uint64_t code) {
             return float_code(std::exp2(std::floor(std::log2(float_of(code)))));
           })},
          {"reciprocal missing", "gemm_scaled", "a_scale scale",
           change_scales([](const tensor&, std::size_t, std::size_t, std::uint64_t code) {
             return float_code(1 / float_of(code));
           })},
          {"scales not applied", "gemm_scaled", "a_scale scale",
           change_scales([](const tensor&, std::size_t, std::size_t, std::uint64_t) { return float_code(1); })},
          {"a block of zeros gives NaN", "gemm_scaled", "nan_from_zero_block",
           with_results([](tensor& y, random_source&) {
             for (std::size_t j = 0; j < columns_of(y); ++j) y.set(j, y.type().layout.nan_code());
             return true;
           }),
           [](trial& t, random_source&) {
             t.call.set_input("a", mapped(t.call.input("a"), [](std::size_t i, std::size_t k, std::uint64_t code) {
                                return i == 0 && k < 32 ? 0 : code;
                              }));
           }},
          {"FN read as FNUZ", "gemm_scaled", "a_e4m3fn_read_as_e4m3fnuz", read_as(e4m3fnuz)},
          {"E4M3FN read as E4M3", "gemm_fp8", "a_e4m3fn_read_as_e4m3", read_as(e4m3)},
          {"inputs' subnormals flushed", "gemm_fp8", "flushed_inputs", with_call([](kernel_call& call, random_source&) {
             for (const char* name : {"a", "b"}) {
               const tensor x = call.input(name);
               const format f = x.type().layout;
               call.set_input(name, mapped(x, [&](std::size_t, std::size_t, std::uint64_t code) {
                                return std::abs(to_double(code, f)) < std::ldexp(1.0, f.min_exponent()) ? 0 : code;
                              }));
             }
             return true;
           }),
           [](trial& t, random_source&) {  // a quarter of a and b are subnormal, most products of them are not
             for (const char* name : {"a", "b"}) {
               const tensor x = t.call.input(name);
               const format f = x.type().layout;
               t.call.set_input(
                   name, mapped(x, [&](std::size_t, std::size_t k, std::uint64_t code) {
                     const double v = to_double(code, f);
                     return k % 4 == 0 ? convert(std::remainder(v, std::ldexp(2.0, f.min_exponent())), f).code : code;
                   }));
             }
           }},
      });
}

}  // namespace detection
