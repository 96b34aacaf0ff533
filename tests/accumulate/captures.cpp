// Captures of real GPUs against the rows of matrix_unit.hpp: not one wrong bit.
#include <catch2/catch.hpp>
#include <set>

#include <assay/accumulate/matrix_unit_dot.hpp>

#include "capture_files.hpp"

namespace {

using namespace captures;
namespace acc = assay::accumulate;

std::size_t count_mismatches(const acc::matrix_unit& row, const fs::path& folder, std::string& first) {
  const array a = read_npy(folder / "a.npy"), b = read_npy(folder / "b.npy");
  const array c = read_npy(folder / "c.npy"), d = read_npy(folder / "d.npy");
  const assay::format in = row.input == assay::tf32 ? assay::binary32 : row.input;
  const acc::unit unit{row};
  const std::size_t k = a.shape.at(1);
  std::size_t mismatches = 0;
  for (std::size_t r = 0; r < a.shape[0]; ++r) {
    auto s = unit.start(acc::read(c.codes[r], row.output()));
    for (std::size_t i = 0; i < k; ++i) {
      unit.multiply_add(s, acc::read_for(row, a.codes[r * k + i], in), acc::read_for(row, b.codes[r * k + i], in));
    }
    const std::uint64_t got = unit.code(s);
    if (got != d.codes[r] && mismatches++ == 0) {
      first = "row " + std::to_string(r) + ": " + std::to_string(got) + " for " + std::to_string(d.codes[r]);
    }
  }
  return mismatches;
}

}  // namespace

TEST_CASE("Every row of every capture is reproduced bit for bit") {
  const fs::path folder = ASSAY_CAPTURES;
  if (!fs::is_directory(folder)) {
    WARN("skipped: there are no captures at " << folder);
    return;
  }
  std::set<std::string> seen;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_directory()) continue;
    const std::string name = with_dots(entry.path().filename().string());
    INFO(name);
    const auto row = acc::find_matrix_unit(name);
    REQUIRE(row.has_value());
    CHECK(row->proof == acc::evidence::capture);
    std::string first;
    const std::size_t mismatches = count_mismatches(*row, entry.path(), first);
    INFO(first);
    CHECK(mismatches == 0);
    seen.insert(name);
  }
  for (const acc::matrix_unit& row : acc::matrix_units) {
    INFO(row.name);
    if (row.proof == acc::evidence::capture) CHECK(seen.count(std::string(row.name)) == 1);
  }
}

TEST_CASE("No two matrix units share a name") {
  std::set<std::string_view> names;
  for (const acc::matrix_unit& row : acc::matrix_units) CHECK(names.insert(row.name).second);
}
