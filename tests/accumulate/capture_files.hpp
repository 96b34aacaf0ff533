// Captures of real GPUs: folders of four arrays of codes, the rows of A, columns of B, addends and results.
#pragma once

#include <catch2/catch.hpp>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace captures {

namespace fs = std::filesystem;

struct array {
  std::vector<std::size_t> shape;
  std::vector<std::uint32_t> codes;
};

/// The little that these files need of npy: version 1, little endian unsigned, C order.
inline array read_npy(const fs::path& path) {
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

/// The unit that a capture's folder is named after.
inline std::string with_dots(std::string name) {
  for (char& c : name)
    if (c == '_') c = '.';
  return name;
}

}  // namespace captures
