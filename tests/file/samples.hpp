// Files that other programs wrote, and short ways to read them.
#pragma once

#include <assay/file/tensor_file.hpp>
#include <assay/number/convert.hpp>

#include "support.hpp"

/// The bytes of samples/NAME.hex: lines of hexadecimal after comments that say who wrote the file.
inline std::string sample(const std::string& name) {
  std::ifstream file(std::string(ASSAY_FILE_SAMPLES) + "/" + name + ".hex");
  std::string bytes;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    for (std::size_t i = 0; i + 1 < line.size(); i += 2) {
      bytes += static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16));
    }
  }
  return bytes;
}

/// The tensor of a reference, FILE#tensor:FORMAT, in these bytes.
inline assay::tensor parse(const std::string& bytes, const std::string& reference) {
  return assay::parse_tensor(as_bytes(bytes),
                             assay::parse_file_reference(reference, [](const auto&) { return false; }));
}

/// What is said about it.
inline std::string complaint(const std::string& bytes, const std::string& reference) {
  try {
    parse(bytes, reference);
  } catch (const assay::file_error& error) {
    return error.what();
  }
  return "nothing";
}

/// Its elements as numbers.
inline std::vector<double> values_of(const assay::tensor& t) {
  std::vector<double> values(t.size());
  for (std::size_t i = 0; i < t.size(); ++i) {
    const int unused = 64 - 8 * t.type().bytes();
    const bool is_signed = t.type().what == assay::element_type::kind::signed_integer;
    values[i] = t.type().is_floating() ? assay::to_double(t[i], t.type().layout)
                : is_signed            ? static_cast<double>(static_cast<std::int64_t>(t[i] << unused) >> unused)
                                       : static_cast<double>(t[i]);
  }
  return values;
}
