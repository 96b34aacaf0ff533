// The .safetensors reader. The first byte chooses the stated type.
#include "any_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto file = std::as_bytes(std::span(data + 1, size - 1));
  try {
    assay::parse_metadata(file, "fuzz.safetensors");
  } catch (const assay::file_error&) {
    return 0;
  }
  read_every_tensor(file, "fuzz.safetensors", stated_by(data[0]), 2);  // F4 takes half a byte
  return 0;
}
