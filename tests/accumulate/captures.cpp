// Captures of real GPUs against the rows of matrix_unit.hpp: not one wrong bit.
#include <catch2/catch.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <assay/accumulate/matrix_unit_dot.hpp>

namespace {

namespace fs = std::filesystem;
namespace acc = assay::accumulate;

struct array {
  std::vector<std::size_t> shape;
  std::vector<std::uint32_t> codes;
};

/// The little that these files need of npy: version 1, little endian unsigned, C order.
array read_npy(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  REQUIRE(bytes.substr(0, 6) == "\x93NUMPY");
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes.at(i))); };
  const std::size_t header_end = 10 + byte(8) + 256 * byte(9);
  const std::string header = bytes.substr(10, header_end - 10);
  array a;
  const std::size_t type = header.find("u", header.find("'descr'") + 8);
  const std::size_t width = static_cast<std::size_t>(header.at(type + 1) - '0');
  std::size_t at = header.find('(') + 1;
  while (header.at(at) != ')') {
    if (header[at] < '0' || header[at] > '9') {
      ++at;
      continue;
    }
    std::size_t used = 0;
    a.shape.push_back(std::stoul(header.substr(at), &used));
    at += used;
  }
  std::size_t count = 1;
  for (const std::size_t n : a.shape) count *= n;
  REQUIRE(bytes.size() == header_end + count * width);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t code = 0;
    for (std::size_t b = 0; b < width; ++b) code |= byte(header_end + i * width + b) << (8 * b);
    a.codes.push_back(code);
  }
  return a;
}

std::string with_dots(std::string name) {
  for (char& c : name)
    if (c == '_') c = '.';
  return name;
}

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
  const fs::path captures = ASSAY_CAPTURES;
  if (!fs::is_directory(captures)) {
    WARN("skipped: there are no captures at " << captures);
    return;
  }
  std::set<std::string> seen;
  for (const auto& entry : fs::directory_iterator(captures)) {
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
