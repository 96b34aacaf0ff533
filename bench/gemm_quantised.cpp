// Integer products with zero points and requantisation, and block scales, all 1024 x 1024 x 1024.
#include <functional>

#include "gemm_support.hpp"

namespace {

using namespace bench;

constexpr std::size_t n = gemm_size;

/// A problem with the memory that it points into.
struct owned_problem {
  std::vector<std::uint8_t> a, b, scale_codes;
  std::vector<std::int32_t> d = std::vector<std::int32_t>(n * n), zeros = std::vector<std::int32_t>(n, 3);
  std::vector<std::int32_t> multipliers = std::vector<std::int32_t>(n, 1234567890),
                            shifts = std::vector<std::int32_t>(n, -9);
  std::vector<float> scales = std::vector<float>(n * n / 128, 0.0011f);
  gemm_problem p;

  owned_problem(element type, const std::string& accumulator)
      : a(matrix_bytes(type, n * n, 1)), b(matrix_bytes(type, n * n, 2)) {
    p.a = {.codes = a.data(), .type = type, .rows = n, .columns = n};
    p.b = {.codes = b.data(), .type = type, .rows = n, .columns = n};
    p.d = {.codes = d.data(), .type = binary32, .rows = n, .columns = n};
    p.with = parse_accumulator(accumulator);
  }
};

void add(const std::string& row, element type, const std::string& accumulator, const std::string& label,
         const std::function<void(owned_problem&)>& more) {
  auto* const registered = benchmark::RegisterBenchmark(row.c_str(), [=](benchmark::State& state) {
    owned_problem x(type, accumulator);
    more(x);
    measure(state, n * n * n, label, [&] { gemm(x.p); });
  });
  registered->Unit(benchmark::kMillisecond);
}

/// Per-column zero points and biases, into int8.
std::function<void(owned_problem&)> requantised(requantiser by) {
  return [by](owned_problem& x) {
    x.p.zero_a = {x.zeros.data(), 1};
    x.p.zero_b = x.p.integer_bias = {x.zeros.data(), n};
    x.p.requantise.by = by;
    x.p.requantise.scales = {x.scales.data(), n};
    x.p.requantise.multipliers = {x.multipliers.data(), n};
    x.p.requantise.shifts = {x.shifts.data(), n};
    x.p.d.type = int8;
  };
}

void deepseek(owned_problem& x) {
  x.p.block_scales = {.a = {.codes = x.scales.data(), .rows = n, .columns = n / 128},
                      .b = {.codes = x.scales.data(), .rows = n / 128, .columns = n / 128},
                      .block_n = 128,
                      .block_k = 128};
}

void mx(owned_problem& x) {
  x.scale_codes.assign(n * n / 32, 125);
  x.p.block_scales = {.a = {.codes = x.scale_codes.data(), .type = e8m0fnu, .rows = n, .columns = n / 32},
                      .b = {.codes = x.scale_codes.data(), .type = e8m0fnu, .rows = n / 32, .columns = n},
                      .block_k = 32};
}

}  // namespace

int main(int argc, char** argv) {
  register_openblas<double>("dgemm");
  const auto as_int32 = [](owned_problem& x) { x.p.d.type = int32; };
  add("int8/int32", int8, "integer:32", "dgemm 1", as_int32);
  add("int8/int32/saturate", int8, "integer:32:saturate", "dgemm 1", as_int32);
  add("int8/float_scale", int8, "integer:32", "dgemm 1", requantised(requantiser::float_scale));
  add("int8/double_rounding", int8, "integer:32", "dgemm 1", requantised(requantiser::double_rounding));
  add("int8/single_rounding", int8, "integer:32", "dgemm 1", requantised(requantiser::single_rounding));
  add("e4m3fn/deepseek/binary32", e4m3fn, "floating:binary32", "dgemm 1", deepseek);
  add("e4m3fn/deepseek/wgmma", e4m3fn, "unit:h100.wgmma.e4m3fn.fp32", "dgemm 3", deepseek);
  add("e4m3fn/binary32", e4m3fn, "floating:binary32", "dgemm 1", [](owned_problem&) {});
  add("e4m3fn/mx/binary32", e4m3fn, "floating:binary32", "e4m3fn/binary32 1.5", mx);
  add("e4m3fn/mx_fused/binary32", e4m3fn, "floating:binary32", "e4m3fn/binary32 1.5", [](owned_problem& x) {
    mx(x);
    x.p.block_scales.order = block_scale_order::fused;
  });
  return bench::run(argc, argv);
}
