// Sums in a format that is known only at run time, ones with kernels of their own and others, fused and not. The limit
// is 50 ns a multiply-add; it has no peer.
#include <assay/accumulate/accumulator.hpp>
#include <assay/accumulate/grammar.hpp>

#include "gemm_support.hpp"

namespace {

using namespace bench;

/// One long dot product at a time.
void register_dot(const std::string& row, element type, const std::string& accumulator) {
  benchmark::RegisterBenchmark(row.c_str(), [=](benchmark::State& state) {
    constexpr std::size_t n = 4096;
    const auto a = normal_codes<std::uint16_t>(n, std::get<format>(type), 1),
               b = normal_codes<std::uint16_t>(n, std::get<format>(type), 2);
    const auto with = parse_accumulator(accumulator);
    measure(state, n, "", [&] {
      auto sum = dot(with, order::sequential{}, {a, type}, {b, type}, {0, binary32}, binary32);
      benchmark::DoNotOptimize(sum);
    });
  });
}

}  // namespace

int main(int argc, char** argv) {
  for (const char* sum : {"binary16", "e6m9", "e8m13", "e4m3", "binary32", "e8m13:toward_zero", "binary16:ties_to_away",
                          "e8m13:rounded", "bfloat16:stochastic=8"}) {
    register_dot("dot/" + std::string(sum), binary16, "floating:" + std::string(sum));
    register_gemm("gemm:256/" + std::string(sum),
                  {.type = binary16, .accumulator = "floating:" + std::string(sum), .size = 256}, "");
  }
  return run(argc, argv);
}
