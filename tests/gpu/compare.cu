// Runs every matrix instruction that this GPU has on inputs of every regime, and compares each output bit for bit with
// the rows of accumulate/matrix_unit.hpp. What disagrees is printed as a reproducible case; --record writes golden text.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <cuda_runtime.h>

#include <assay/accumulate/matrix_unit_dot.hpp>

#include "inputs.hpp"
#include "instructions.cuh"

namespace {

using namespace assay_gpu;

void check(cudaError_t status, const char* what) {
  if (status != cudaSuccess) throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(status));
}

template <class T>
class device_array {
 public:
  explicit device_array(std::size_t count) : bytes_(count * sizeof(T)) { check(cudaMalloc(&data_, bytes_), "cudaMalloc"); }
  ~device_array() { cudaFree(data_); }
  device_array(const device_array&) = delete;
  device_array& operator=(const device_array&) = delete;
  T* get() const { return data_; }
  void upload(const std::vector<T>& from) {
    check(cudaMemcpy(data_, from.data(), bytes_, cudaMemcpyHostToDevice), "copy to the GPU");
  }
  void download(std::vector<T>& into) const {
    check(cudaMemcpy(into.data(), data_, bytes_, cudaMemcpyDeviceToHost), "copy from the GPU");
  }

 private:
  std::size_t bytes_;
  T* data_ = nullptr;
};

template <class I>
__global__ void multiply_tiles(const typename I::element* a, const typename I::element* b, const typename I::result* c,
                               typename I::result* d, int tiles) {
  for (int tile = static_cast<int>(blockIdx.x); tile < tiles; tile += static_cast<int>(gridDim.x)) {
    const std::size_t t = static_cast<std::size_t>(tile);
    multiply_tile<I>(a + t * I::m * I::k, b + t * I::n * I::k, c + t * I::m * I::n, d + t * I::m * I::n);
  }
}

struct options {
  std::string gpu = "h100";     // the rows' first word
  std::string only;             // an instruction's name, or empty for all
  std::string record;           // folder for golden text, or empty
  std::uint64_t outputs = 20'000'000;  // per instruction and regime
  std::uint64_t seed = 1;
};

/// One tile's inputs. `cancelling` makes neighbours along k each other's negative but for the last fraction bit.
template <class I>
void fill_tile(const assay::accumulate::matrix_unit& row, const named_regime& how, std::uint64_t seed,
               typename I::element* a, typename I::element* b, typename I::result* c) {
  random_words random(seed);
  const auto fill = [&](typename I::element* out, int count, bool negate_pairs) {
    for (int i = 0; i < count; ++i) {
      std::uint64_t code = random_code(row.input, how.value, random);
      if (how.value == regime::cancelling && i % 2 == 1) {
        const std::uint64_t previous = row.input == assay::tf32 ? out[i - 1] >> 13 : out[i - 1];
        code = previous ^ (negate_pairs ? row.input.sign_mask() : 0) ^ (random() % 8 == 0 ? 1 : 0);
      }
      if (row.input == assay::tf32) code <<= 13;  // lives in the upper bits of a binary32
      out[i] = static_cast<typename I::element>(code);
    }
  };
  fill(a, I::m * I::k, true);
  fill(b, I::n * I::k, false);
  for (int i = 0; i < I::m * I::n; ++i) {
    const std::uint64_t code = random_code(row.output(), how.value, random);
    c[i] = static_cast<typename I::result>(how.zero_addend ? code & row.output().sign_mask() : code);
  }
}

template <class I>
std::uint64_t emulate(const assay::accumulate::matrix_unit& row, const typename I::element* a,
                      const typename I::element* b, typename I::result c) {
  const assay::accumulate::unit unit{row};
  const assay::format in = row.input == assay::tf32 ? assay::binary32 : row.input;
  auto state = unit.start(assay::accumulate::read(c, row.output()));
  for (int k = 0; k < I::k; ++k)
    unit.multiply_add(state, assay::accumulate::read_for(row, a[k], in), assay::accumulate::read_for(row, b[k], in));
  return unit.code(state);
}

template <class I>
struct batch {
  static constexpr int tiles = 8192;
  std::vector<typename I::element> a = std::vector<typename I::element>(std::size_t{tiles} * I::m * I::k);
  std::vector<typename I::element> b = std::vector<typename I::element>(std::size_t{tiles} * I::n * I::k);
  std::vector<typename I::result> c = std::vector<typename I::result>(std::size_t{tiles} * I::m * I::n), d = c;
};

/// f(begin, end) over [0, count), on all cores.
template <class F>
void in_parallel(int count, F f) {
  const int workers = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::thread> threads;
  for (int w = 0; w < workers; ++w)
    threads.emplace_back(f, static_cast<int>(std::int64_t{count} * w / workers),
                         static_cast<int>(std::int64_t{count} * (w + 1) / workers));
  for (std::thread& t : threads) t.join();
}

template <class Word>
void print_codes(std::FILE* out, const char* label, const Word* codes, int count) {
  std::fprintf(out, " %s", label);
  for (int i = 0; i < count; ++i)
    std::fprintf(out, "%c%0*llx", i == 0 ? '=' : ',', static_cast<int>(2 * sizeof(Word)), static_cast<unsigned long long>(codes[i]));
}

/// A golden line: everything that one output follows from, in hexadecimal codes.
template <class I>
void print_case(std::FILE* out, const batch<I>& x, std::size_t tile, int row, int column) {
  print_codes(out, "a", &x.a[(tile * I::m + static_cast<std::size_t>(row)) * I::k], I::k);
  print_codes(out, "b", &x.b[(tile * I::n + static_cast<std::size_t>(column)) * I::k], I::k);
  const std::size_t at = (tile * I::m + static_cast<std::size_t>(row)) * I::n + static_cast<std::size_t>(column);
  print_codes(out, "c", &x.c[at], 1);
  print_codes(out, "d", &x.d[at], 1);
  std::fputc('\n', out);
}

struct tally {
  std::uint64_t outputs = 0, wrong = 0;
};

template <class I>
tally compare(const assay::accumulate::matrix_unit& row, const named_regime& how, const options& o, std::FILE* record) {
  batch<I> x;
  device_array<typename I::element> a(x.a.size()), b(x.b.size());
  device_array<typename I::result> c(x.c.size()), d(x.d.size());
  tally total;
  while (total.outputs < o.outputs) {
    const std::uint64_t first_seed = o.seed * 0x9e3779b97f4a7c15u + total.outputs;
    in_parallel(batch<I>::tiles, [&](int begin, int end) {
      for (int t = begin; t < end; ++t) {
        const std::size_t tile = static_cast<std::size_t>(t);
        fill_tile<I>(row, how, first_seed + tile, &x.a[tile * I::m * I::k], &x.b[tile * I::n * I::k], &x.c[tile * I::m * I::n]);
      }
    });
    std::fill(x.d.begin(), x.d.end(), static_cast<typename I::result>(0x5a5a5a5a));  // an unwritten output shows
    a.upload(x.a), b.upload(x.b), c.upload(x.c), d.upload(x.d);
    multiply_tiles<I><<<1024, I::threads>>>(a.get(), b.get(), c.get(), d.get(), batch<I>::tiles);
    check(cudaGetLastError(), "launch");
    d.download(x.d);

    std::vector<std::uint8_t> wrong(x.d.size());
    in_parallel(batch<I>::tiles, [&](int begin, int end) {
      for (int t = begin; t < end; ++t)
        for (int i = 0; i < I::m * I::n; ++i) {
          const std::size_t tile = static_cast<std::size_t>(t), at = tile * I::m * I::n + static_cast<std::size_t>(i);
          const std::uint64_t expected = emulate<I>(row, &x.a[(tile * I::m + static_cast<std::size_t>(i / I::n)) * I::k],
                                                    &x.b[(tile * I::n + static_cast<std::size_t>(i % I::n)) * I::k], x.c[at]);
          wrong[at] = expected != x.d[at];
        }
    });
    for (std::size_t at = 0; at < wrong.size(); ++at) {
      if (wrong[at] == 0) continue;
      if (total.wrong++ < 3) {
        std::printf("  differs:");
        print_case(stdout, x, at / (I::m * I::n), static_cast<int>(at % (I::m * I::n)) / I::n, static_cast<int>(at) % I::n);
      }
    }
    if (record != nullptr && total.outputs == 0)
      for (std::size_t tile = 0; tile < 40; ++tile) print_case(record, x, tile, static_cast<int>(tile) % I::m, static_cast<int>(tile) % I::n);
    total.outputs += x.d.size();
  }
  return total;
}

template <class I>
tally run(const char* instruction, const options& o, const char* device) {
  if (!o.only.empty() && o.only != instruction) return {};
  const std::string name = o.gpu + "." + instruction;
  const auto row = assay::accumulate::find_matrix_unit(name);
  if (!row) throw std::invalid_argument("no row named " + name + " in matrix_unit.hpp");
  std::FILE* record = nullptr;
  if (!o.record.empty()) {
    const std::string path = o.record + "/" + name + ".txt";
    record = std::fopen(path.c_str(), "w");
    if (record == nullptr) throw std::runtime_error("cannot write " + path);
    std::fprintf(record, "# d = a . b + c of %s, captured on %s by tests/gpu/compare.cu, seed %llu; codes in hexadecimal\n",
                 name.c_str(), device, static_cast<unsigned long long>(o.seed));
  }
  tally total;
  for (const named_regime& how : regimes) {
    if (record != nullptr) std::fprintf(record, "# %.*s\n", static_cast<int>(how.name.size()), how.name.data());
    const tally t = compare<I>(*row, how, o, record);
    std::printf("%-26s %-24.*s %12llu outputs %10llu differ\n", name.c_str(), static_cast<int>(how.name.size()), how.name.data(),
                static_cast<unsigned long long>(t.outputs), static_cast<unsigned long long>(t.wrong));
    std::fflush(stdout);
    total.outputs += t.outputs, total.wrong += t.wrong;
  }
  if (record != nullptr && std::fclose(record) != 0) throw std::runtime_error("writing the golden text of " + name + " failed");
  return total;
}

options parse(int count, char** arguments) {
  options o;
  for (int i = 1; i < count; ++i) {
    const std::string key = arguments[i];
    if (i + 1 == count) throw std::invalid_argument(key + " needs a value");
    const char* value = arguments[++i];
    if (key == "--gpu") o.gpu = value;
    else if (key == "--only") o.only = value;
    else if (key == "--record") o.record = value;
    else if (key == "--outputs") o.outputs = std::strtoull(value, nullptr, 10);
    else if (key == "--seed") o.seed = std::strtoull(value, nullptr, 10);
    else throw std::invalid_argument("unknown option " + key + "; known: --gpu --only --record --outputs --seed");
  }
  return o;
}

tally run_all(const options& o) {
  cudaDeviceProp device{};
  check(cudaGetDeviceProperties(&device, 0), "no GPU");
  const int capability = 10 * device.major + device.minor;
  std::printf("%s, compute capability %d.%d, compared with the rows of %s\n", device.name, device.major, device.minor, o.gpu.c_str());
  tally total;
  const auto count = [&](tally t) { total.outputs += t.outputs, total.wrong += t.wrong; };
  count(run<mma_fp16_fp32>("mma.fp16.fp32", o, device.name));
  count(run<mma_fp16_fp16>("mma.fp16.fp16", o, device.name));
  count(run<mma_bf16_fp32>("mma.bf16.fp32", o, device.name));
  count(run<mma_tf32_fp32>("mma.tf32.fp32", o, device.name));
#if defined(ASSAY_GPU_FP8)
  if (capability >= 89) {
    count(run<mma_e4m3fn_fp32>("mma.e4m3fn.fp32", o, device.name));
    count(run<mma_e4m3fn_fp16>("mma.e4m3fn.fp16", o, device.name));
    count(run<mma_e5m2_fp32>("mma.e5m2.fp32", o, device.name));
    count(run<mma_e5m2_fp16>("mma.e5m2.fp16", o, device.name));
  }
#endif
#if defined(ASSAY_GPU_WGMMA)
  if (capability == 90) {
    count(run<wgmma_fp16_fp32>("wgmma.fp16.fp32", o, device.name));
    count(run<wgmma_fp16_fp16>("wgmma.fp16.fp16", o, device.name));
    count(run<wgmma_bf16_fp32>("wgmma.bf16.fp32", o, device.name));
    count(run<wgmma_tf32_fp32>("wgmma.tf32.fp32", o, device.name));
    count(run<wgmma_e4m3fn_fp32>("wgmma.e4m3fn.fp32", o, device.name));
    count(run<wgmma_e4m3fn_fp16>("wgmma.e4m3fn.fp16", o, device.name));
    count(run<wgmma_e5m2_fp32>("wgmma.e5m2.fp32", o, device.name));
    count(run<wgmma_e5m2_fp16>("wgmma.e5m2.fp16", o, device.name));
  }
#endif
  return total;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    const tally total = run_all(parse(count, arguments));
    std::printf("%llu outputs compared, %llu differ\n", static_cast<unsigned long long>(total.outputs),
                static_cast<unsigned long long>(total.wrong));
    return total.outputs == 0 ? 2 : total.wrong == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "compare: %s\n", error.what());
    return 2;
  }
}
