// How people name a tensor in a file: FILE, FILE:FORMAT, FILE#tensor, FILE#tensor:FORMAT, FILE.bin:FORMAT[64,128].
//
// What follows the last colon is a type if it reads as one: a format (bfloat16, e4m3fn, e5m10), an integer type (int8,
// uint16), bool, or a 4-bit format with the ending _x2 for two codes in each byte, the first in the low half, as
// PyTorch's float4_e2m1fn_x2. A shape in brackets may follow. What follows a # is the name of a tensor. A text that is
// the name of an existing file is that file, whatever colons and hashes it has.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <assay/format/integer_format.hpp>
#include <assay/tensor/tensor.hpp>

namespace assay {

/// What a user says that the elements of a file are.
struct stated_type {
  element_type type;                       ///< as they lie in a tensor
  std::optional<integer_format> integers;  ///< when they are integers: all of their range, int4's too
  bool pairs = false;                      ///< two 4-bit codes a byte; the last axis has twice the file's extent

  stated_type() = default;
  stated_type(format f) : type(element_type::of(f)) {}  // NOLINT(google-explicit-constructor): a format is a type
  explicit stated_type(element_type t) : type(t) {}
  explicit stated_type(integer_format f);

  /// Bits of a code: 4 for int4 and e2m1fn, 8 for bool.
  int code_bits() const;
  bool operator==(const stated_type& other) const;
};

/// The type of a name: bfloat16, int8, bool, e2m1fn_x2.
std::optional<stated_type> parse_stated_type(std::string_view name);

/// A name that parse_stated_type() reads back as the same.
std::string to_string(const stated_type& type);

struct file_reference {
  std::filesystem::path path;
  std::optional<std::string> tensor;  ///< without it, the file's only one
  std::optional<stated_type> type;
  std::optional<extents> shape;  ///< of a raw file

  /// FILE#tensor, for messages.
  std::string name() const;
};

/// Reads a reference. `is_file` says whether a path is an existing file. Throws std::invalid_argument, with one
/// sentence, for a misspelt format or a malformed shape.
file_reference parse_file_reference(std::string_view text,
                                    const std::function<bool(const std::filesystem::path&)>& is_file);
/// The same on this machine's files.
file_reference parse_file_reference(std::string_view text);

/// OUT or OUT#tensor, to be written: the part before the last # must be the name of a kind that holds several tensors.
file_reference parse_output_reference(std::string_view text);

/// Of the names, the one closest to the word, if one is close: a misspelling of it. Else empty.
std::string_view closest_name(std::string_view word, std::span<const std::string_view> names);

}  // namespace assay
