// What judging costs. A softmax of 4096 x 4096 numbers against its certified truth; a product of 4096 x 4096 e4m3fn
// matrices against a binary64 product of OpenBLAS, both on two threads; and the memory that either takes, in bytes for
// each byte of the tensors, inputs and results: the tables' ns stands for bytes there.
#include <fstream>
#include <string>

#include <assay/judge/judge.hpp>
#include <assay/kernel/run.hpp>
#include <assay/reference/truth_of.hpp>

#include "bulk_support.hpp"
#include "openblas.hpp"

namespace bench {

namespace {

constexpr std::size_t size = 4096;
constexpr unsigned threads = 2;

tensor normal_matrix(format f, std::uint64_t seed) {
  tensor t(element_type::of(f), {size, size});
  const auto put = [&](const auto& codes) { std::memcpy(t.bytes().data(), codes.data(), t.bytes().size()); };
  if (t.type().bytes() == 1) {
    put(normal_codes<std::uint8_t>(t.size(), f, seed));
  } else {
    put(normal_codes<std::uint16_t>(t.size(), f, seed));
  }
  return t;
}

/// A kernel's call, and what an honest kernel that computes in binary32 gives.
struct check {
  kernel_call call;
  claim claimed;
  std::vector<tensor> got;

  check(kernel_call of, std::string_view claim_words, format to)
      : call(std::move(of)), claimed(parse_claim(call.name(), claim_words)) {
    arithmetic with;
    with.to = to;
    got = run_kernel(call, with, threads);
  }
  std::size_t bytes() const {
    std::size_t all = got[0].bytes().size();
    for (const auto& [name, x] : call.inputs()) all += x.bytes().size();
    return all;
  }
};

check softmax_into(format to) {
  kernel_call call("softmax");
  call.set_input("x", normal_matrix(bfloat16, 1));
  return {std::move(call), "fp32-accumulate", to};
}
check gemm_into(format to) {
  kernel_call call("gemm");
  call.set_input("a", normal_matrix(e4m3fn, 1));
  call.set_input("b", normal_matrix(e4m3fn, 2));
  return {std::move(call), "hopper-fp8", to};
}

using maker = check (*)(format);

/// The last check that a row asked for: tensors of one at a time.
const check& check_of(maker make, format to) {
  static maker made = nullptr;
  static format into{};
  static std::optional<check> last;
  if (made != make || !(into == to)) {
    last.reset();
    last.emplace(make(to));
    made = make;
    into = to;
  }
  return *last;
}

template <class Once>
void register_row(const std::string& row, const std::string& label, std::size_t items, const Once& once) {
  benchmark::RegisterBenchmark(row.c_str(),
                               [=](benchmark::State& state) {
                                 once(state);
                                 state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(items));
                                 state.SetLabel(label);
                               })
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime()
      ->Iterations(1);
}

void register_judge(const std::string& row, maker make, format to, unsigned used, std::size_t items,
                    const std::string& label) {
  register_row(row, label, items, [=](benchmark::State& state) {
    const check& c = check_of(make, to);
    for (auto _ : state) {
      const verdict v = judge(c.call, c.got, c.claimed, {.threads = used});
      if (!v.pass) state.SkipWithError("an honest kernel failed");
    }
  });
}

std::size_t bytes_of(std::string_view key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key)) return std::stoull(line.substr(key.size() + 1)) * 1024;
  }
  return 0;
}

/// The tensors, and the most that judging takes besides them at any time.
void register_memory(const std::string& row, maker make, format to) {
  benchmark::RegisterBenchmark(
      row.c_str(),
      [=](benchmark::State& state) {
        const check& c = check_of(make, to);
        for (auto _ : state) {
          std::ofstream("/proc/self/clear_refs") << "5";  // the peak begins anew
          const std::size_t before = bytes_of("VmRSS:");
          benchmark::DoNotOptimize(judge(c.call, c.got, c.claimed, {.threads = threads}));
          state.SetIterationTime(static_cast<double>(bytes_of("VmHWM:") - before + c.bytes()) * 1e-9);
        }
        state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(c.bytes()));
        state.SetLabel("ns 4");
      })
      ->UseManualTime()
      ->Iterations(1);
}

void register_truth(const std::string& row, format to) {
  register_row(row, "", size * size, [=](benchmark::State& state) {
    const check& c = check_of(softmax_into, to);
    for (auto _ : state) benchmark::DoNotOptimize(reference::truth_of(c.call, {.to = to}));
  });
}

void register_dgemm() {
  register_row("dgemm", "", size * size * size, [](benchmark::State& state) {
    const auto x = normal_floats(size * size, 1), y = normal_floats(size * size, 2);
    const std::vector<double> a(x.begin(), x.end()), b(y.begin(), y.end());
    std::vector<double> c(size * size);
    use_openblas_threads(threads);
    for (auto _ : state) openblas_gemm(size, a.data(), b.data(), c.data());
    use_openblas_threads(1);
  });
}

}  // namespace

}  // namespace bench

int main(int argc, char** argv) {
  using namespace bench;
  const std::string timed = "/iterations:1/real_time";
  for (const format to : {bfloat16, binary32}) {
    const std::string row = "softmax/" + name(to);
    register_truth(row + "/truth", to);
    register_judge(row + "/judge", softmax_into, to, 1, size * size, row + "/truth" + timed + " 3");
    register_memory(row + "/memory", softmax_into, to);
  }
  register_dgemm();
  for (const format to : {bfloat16, binary32}) {
    const std::string row = "gemm/" + name(to);
    register_judge(row + "/judge", gemm_into, to, threads, size * size * size, "dgemm" + timed + " 4");
    register_memory(row + "/memory", gemm_into, to);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
