// The fast paths on captures of real GPUs: one product a batch.
#include <catch2/catch.hpp>

#include <support/budget.hpp>

#include "accumulate/capture_files.hpp"
#include "problems.hpp"

using namespace gemm_test;
namespace fs = captures::fs;

namespace {

/// Codes of one matrix after another, in memory of their format's width.
std::vector<std::uint8_t> stored(const captures::array& x, format f) {
  const auto bytes = static_cast<std::size_t>(storage_bytes(f));
  std::vector<std::uint8_t> memory(x.codes.size() * bytes);
  for (std::size_t i = 0; i < x.codes.size(); ++i) std::memcpy(memory.data() + i * bytes, &x.codes[i], bytes);
  return memory;
}

int mismatches(const accumulate::matrix_unit& row, const fs::path& folder) {
  const auto a = captures::read_npy(folder / "a.npy"), b = captures::read_npy(folder / "b.npy");
  const auto c = captures::read_npy(folder / "c.npy"), d = captures::read_npy(folder / "d.npy");
  const std::size_t batches = test::fewer(a.shape.at(0)), k = a.shape.at(1);
  const format in = row.input == tf32 ? binary32 : row.input;
  const auto a_codes = stored(a, in), b_codes = stored(b, in), c_codes = stored(c, row.output());
  std::vector<std::uint32_t> got(batches);
  const auto result_bytes = static_cast<std::size_t>(storage_bytes(row.output()));
  gemm_problem p;
  p.a = {.codes = a_codes.data(), .type = in, .rows = 1, .columns = k, .batch_stride = k};
  p.b = {.codes = b_codes.data(), .type = in, .rows = k, .columns = 1, .batch_stride = k};
  p.c = {.codes = c_codes.data(), .type = row.output(), .rows = 1, .columns = 1, .batch_stride = 1};
  p.d = {.codes = got.data(), .type = row.output(), .rows = 1, .columns = 1, .batch_stride = 1};
  p.batches = batches;
  p.with = accumulate::unit{row};
  gemm(p);
  int wrong = 0;
  for (std::size_t i = 0; i < batches; ++i) {
    std::uint32_t code = 0;
    std::memcpy(&code, reinterpret_cast<const char*>(got.data()) + i * result_bytes, result_bytes);
    wrong += code == d.codes[i] ? 0 : 1;
  }
  return wrong;
}

}  // namespace

TEST_CASE("A product of one row and one column is that of the real GPU for every row of every capture") {
  const fs::path folder = ASSAY_CAPTURES;
  if (!fs::is_directory(folder)) {
    WARN("skipped: there are no captures at " << folder);
    return;
  }
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_directory()) continue;
    const std::string name = captures::with_dots(entry.path().filename().string());
    INFO(name);
    CHECK(mismatches(accumulate::find_matrix_unit(name).value(), entry.path()) == 0);
  }
}
