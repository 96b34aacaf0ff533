// A .npy file as it comes along a stream: alone, or as an entry of a .npz.
#pragma once

#include "byte_source.hpp"
#include "elements.hpp"
#include "npy_header.hpp"

namespace assay::detail {

/// Leaves the stream where the elements begin. Throws file_error.
npy_header read_npy_header(byte_stream& stream, std::string_view name);

/// The rest, which must be the elements and nothing else: so many bytes remain. Throws file_error.
tensor read_npy_elements(byte_stream& stream, const npy_header& header, const std::optional<stated_type>& stated,
                         std::string_view name);

/// A file of version 1, but for the elements: preamble and dictionary.
std::string npy_preamble_of(const tensor& values);

}  // namespace assay::detail
