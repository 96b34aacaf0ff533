// The .npy reader: any bytes give a tensor or file_error. The first byte chooses the stated format.
#include <cstdlib>

#include <assay/file/npy.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::optional<assay::format> stated;
  if (data[0] % 20 < assay::named_formats.size()) stated = assay::named_formats[data[0] % 20].value;
  try {
    const assay::tensor t = assay::parse_npy(std::as_bytes(std::span(data + 1, size - 1)), "fuzz", stated);
    // No header makes a tensor larger than its file, and each code is one of its format.
    if (t.bytes().size() > size) std::abort();
    for (std::size_t i = 0; i < t.size(); ++i) {
      if (t.type().is_floating() && (t[i] & ~t.type().layout.code_mask()) != 0) std::abort();
    }
  } catch (const assay::file_error&) {
  }
  return 0;
}
