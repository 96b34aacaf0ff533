// Random inputs, and tensors into files.
#pragma once

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <assay/assay.hpp>
#include <assay/file/npy.hpp>

namespace field_notes {

using namespace assay;

inline std::vector<float> normal_numbers(std::size_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> x(count);
  for (float& v : x) v = normal(engine);
  return x;
}

/// Codes of f, each the nearest to a float.
template <class Code>
std::vector<Code> codes_of(const std::vector<float>& x, format f) {
  std::vector<Code> codes(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) codes[i] = static_cast<Code>(convert(x[i], f).code);
  return codes;
}

template <class Code>
void dump(const std::string& folder, const char* name, const std::vector<Code>& codes, element_type type,
          extents shape) {
  tensor t(type, shape);
  std::memcpy(t.bytes().data(), codes.data(), t.bytes().size());
  write_npy(folder + "/" + name + ".npy", t);
}

}  // namespace field_notes
