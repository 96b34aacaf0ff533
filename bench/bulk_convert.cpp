// Bulk conversions: in cache against x86's binary16 instruction, out of cache against memcpy of as many bytes.
#include <cstring>

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
__attribute__((target("avx,f16c"))) void f16c_decode(const std::uint16_t* in, float* out, std::size_t n) {
  for (std::size_t i = 0; i < n; i += 8) {
    const __m128i codes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + i));
    _mm256_storeu_ps(out + i, _mm256_cvtph_ps(codes));
  }
}

void register_instruction() {
  if (!__builtin_cpu_supports("avx2")) return;
  benchmark::RegisterBenchmark("f16c/encode", [](benchmark::State& state) {
    const auto in = normal_floats(in_cache);
    std::vector<std::uint16_t> out(in.size());
    measure(state, in.size(), "", [&] { f16c_encode(in.data(), out.data(), in.size()); });
  });
  benchmark::RegisterBenchmark("f16c/decode", [](benchmark::State& state) {
    const auto in = normal_codes<std::uint16_t>(in_cache, binary16);
    std::vector<float> out(in.size());
    measure(state, in.size(), "", [&] { f16c_decode(in.data(), out.data(), in.size()); });
  });
}
#else
void register_instruction() {}
#endif

/// What the measurements out of cache work on, made once: touching so much new memory takes longer than they do.
std::vector<float>& large_floats() {
  static std::vector<float> floats = normal_floats(out_of_cache);
  return floats;
}
template <class Code>
std::vector<Code>& large_codes() {
  static std::vector<Code> codes(out_of_cache);
  return codes;
}

/// Reads and writes as many bytes as a conversion of n elements between `element_bytes` and the size of a float.
void register_memcpy(int element_bytes) {
  const std::string name = "memcpy/" + std::to_string(element_bytes + 4) + "_bytes";
  benchmark::RegisterBenchmark(name.c_str(), [element_bytes](benchmark::State& state) {
    const std::size_t bytes = out_of_cache * static_cast<std::size_t>(element_bytes + 4) / 2;
    static std::vector<char> out(out_of_cache * 3, 1);
    measure(state, out_of_cache, "", [&] { std::memcpy(out.data(), large_floats().data(), bytes); });
  });
}

template <class Code>
void register_format(format f) {
  const std::string limit_of_memory = "memcpy/" + std::to_string(sizeof(Code) + 4) + "_bytes 1.25";
  for (const rounding mode : {rounding::ties_to_even, rounding::ties_to_away, rounding::toward_zero, rounding::upward,
                              rounding::downward, rounding::to_odd, rounding::stochastic}) {
    const conversion how{mode, overflow::ieee, subnormals::keep, mode == rounding::stochastic ? 16 : 0};
    const std::string limit = mode == rounding::ties_to_even ? "3" : mode == rounding::stochastic ? "8" : "6";
    benchmark::RegisterBenchmark(("encode/" + name(f) + "/" + mode_name(mode)).c_str(), [=](benchmark::State& state) {
      const auto in = normal_floats(in_cache);
      std::vector<Code> out(in.size());
      measure(state, in.size(), "f16c/encode " + limit, [&] { convert(in, out, f, how); });
    });
  }
  benchmark::RegisterBenchmark(("decode/" + name(f)).c_str(), [=](benchmark::State& state) {
    const auto in = normal_codes<Code>(in_cache, f);
    std::vector<float> out(in.size());
    measure(state, in.size(), "f16c/decode 3", [&] { convert(in, out, f); });
  });
  benchmark::RegisterBenchmark(("encode_16M/" + name(f)).c_str(), [=](benchmark::State& state) {
    measure(state, out_of_cache, limit_of_memory, [&] { convert(large_floats(), large_codes<Code>(), f); });
  });
  benchmark::RegisterBenchmark(("decode_16M/" + name(f)).c_str(), [=](benchmark::State& state) {
    convert(large_floats(), large_codes<Code>(), f);
    static std::vector<float> out(out_of_cache);
    measure(state, out_of_cache, limit_of_memory, [&] { convert(large_codes<Code>(), out, f); });
  });
  benchmark::RegisterBenchmark(("encode_doubles/" + name(f)).c_str(), [=](benchmark::State& state) {
    const auto floats = normal_floats(in_cache);
    const std::vector<double> in(floats.begin(), floats.end());
    std::vector<Code> out(in.size());
    measure(state, in.size(), "", [&] { convert(in, out, f); });
  });
}

}  // namespace

int main(int argc, char** argv) {
  register_instruction();
  for (const int element_bytes : {1, 2}) register_memcpy(element_bytes);
  register_format<std::uint16_t>(binary16);
  register_format<std::uint16_t>(bfloat16);
  register_format<std::uint8_t>(e4m3fn);
  register_format<std::uint8_t>(e5m2);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
