// What the bulk functions ask of their arguments, and element-by-element access to codes.
#pragma once

#include <cstddef>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>

#include <assay/bulk/code_span.hpp>
#include <assay/bulk/random.hpp>

namespace assay::bulk {

inline std::string describe(format f) {
  const std::string_view name = name_of(f);
  if (!name.empty()) return std::string(name);
  std::string described = "E";
  described += std::to_string(f.exponent_bits);
  described += 'M';
  described += std::to_string(f.fraction_bits);
  return described;
}

inline void require_valid(format f, conversion how) {
  if (!f.is_valid()) throw std::invalid_argument(describe(f) + " is not a valid format");
  if (!how.is_valid()) {
    throw std::invalid_argument("stochastic rounding has " + std::to_string(how.random_bits) +
                                " random bits, expected 1 to 32");
  }
}

inline void require_sizes(const char* what, std::size_t found, const char* other, std::size_t expected) {
  if (found == expected) return;
  throw std::invalid_argument(std::string(what) + " has " + std::to_string(found) + " elements, but " + other +
                              " has " + std::to_string(expected));
}

inline void require_storage(const char* what, int found_bytes, format f) {
  if (found_bytes == storage_bytes(f)) return;
  throw std::invalid_argument(std::string(what) + " stores a code in " + std::to_string(found_bytes) +
                              " bytes, but a code of " + describe(f) + " takes " + std::to_string(storage_bytes(f)));
}

inline std::uint32_t word_of(conversion how, random_stream random, std::size_t i) {
  return how.mode == rounding::stochastic ? random_word(random.seed, random.first + i) : 0;
}

/// make(), or what it gave when this thread last asked here with the same format and policy: to derive a plan takes as
/// long as to convert a thousand elements. The result is good until the next call from the same place.
template <class Make>
const auto& remembered(format f, conversion how, const Make& make) {
  struct last_call {
    format f;
    conversion how;
    decltype(make()) made;
  };
  thread_local std::optional<last_call> last;
  if (!last || last->f != f || last->how != how) last.emplace(last_call{f, how, make()});
  return last->made;
}

/// Codes live in memory of any type of their size: numbers, floats, integers. Hence memcpy.
class code_reader {
 public:
  explicit code_reader(const_code_span in)
      : data_(static_cast<const std::byte*>(in.data())), bytes_(in.element_bytes()) {}

  std::uint64_t operator()(std::size_t i) const {
    switch (bytes_) {
      case 1: return get<std::uint8_t>(i);
      case 2: return get<std::uint16_t>(i);
      case 4: return get<std::uint32_t>(i);
      default: return get<std::uint64_t>(i);
    }
  }

 private:
  template <class Code>
  Code get(std::size_t i) const {
    Code code;
    std::memcpy(&code, data_ + i * sizeof(Code), sizeof(Code));
    return code;
  }
  const std::byte* data_;
  int bytes_;
};

class code_writer {
 public:
  code_writer(void* data, int bytes) : data_(static_cast<std::byte*>(data)), bytes_(bytes) {}
  explicit code_writer(code_span out) : code_writer(out.data(), out.element_bytes()) {}

  void operator()(std::size_t i, std::uint64_t code) const {
    switch (bytes_) {
      case 1: return put(i, static_cast<std::uint8_t>(code));
      case 2: return put(i, static_cast<std::uint16_t>(code));
      case 4: return put(i, static_cast<std::uint32_t>(code));
      default: return put(i, code);
    }
  }

 private:
  template <class Code>
  void put(std::size_t i, Code code) const {
    std::memcpy(data_ + i * sizeof(Code), &code, sizeof(Code));
  }
  std::byte* data_;
  int bytes_;
};

}  // namespace assay::bulk
