// Bulk arithmetic, in cache, against x86's binary16 instruction for as many elements.
#include "bulk_support.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace {

using namespace bench;

#if defined(__x86_64__)
__attribute__((target("avx,f16c"))) void f16c_encode(const float* in, std::uint16_t* out, std::size_t n) {
  for (std::size_t i = 0; i < n; i += 8) {
    const __m128i codes = _mm256_cvtps_ph(_mm256_loadu_ps(in + i), _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), codes);
  }
}
#endif

void register_instruction() {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2")) return;
  benchmark::RegisterBenchmark("f16c/encode", [](benchmark::State& state) {
    const auto in = normal_floats(in_cache);
    std::vector<std::uint16_t> out(in.size());
    measure(state, in.size(), "", [&] { f16c_encode(in.data(), out.data(), in.size()); });
  });
#endif
}

template <class Code, class Operation>
void register_operation(const char* operation_name, format f, const std::string& label, const Operation& operation) {
  benchmark::RegisterBenchmark((operation_name + ("/" + name(f))).c_str(), [=](benchmark::State& state) {
    const auto a = normal_codes<Code>(in_cache, f, 1), b = normal_codes<Code>(in_cache, f, 2),
               c = normal_codes<Code>(in_cache, f, 3);
    std::vector<Code> out(in_cache);
    measure(state, in_cache, label, [&] { operation(a, b, c, out); });
  });
}

template <class Code>
void register_format(format f) {
  using codes_in = const std::vector<Code>&;
  using codes_out = std::vector<Code>&;
  const std::string limit = "f16c/encode 5";
  register_operation<Code>("add", f, limit,
                           [f](codes_in a, codes_in b, codes_in, codes_out out) { add(a, b, out, f); });
  register_operation<Code>("multiply", f, limit,
                           [f](codes_in a, codes_in b, codes_in, codes_out out) { multiply(a, b, out, f); });
  register_operation<Code>("fma", f, limit,
                           [f](codes_in a, codes_in b, codes_in c, codes_out out) { fma(a, b, c, out, f); });
  register_operation<Code>("fma_upward", f, "", [f](codes_in a, codes_in b, codes_in c, codes_out out) {
    fma(a, b, c, out, f, {rounding::upward});
  });
}

}  // namespace

int main(int argc, char** argv) {
  register_instruction();
  register_format<std::uint16_t>(binary16);
  register_format<std::uint16_t>(bfloat16);
  register_format<std::uint8_t>(e4m3fn);
  register_format<std::uint8_t>(e5m2);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
