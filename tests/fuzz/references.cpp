// References to tensors in files, raw files read by them, and names to be compared. The first byte chooses which paths
// are taken for existing files.
#include "any_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::size_t existing = data[0] % 16;  // as the length of the path, so that each # and : may end one
  assay::file_reference reference;
  try {
    reference = assay::parse_file_reference(
        text, [&](const std::filesystem::path& path) { return path.native().size() == existing; });
  } catch (const std::invalid_argument&) {
    return 0;
  }
  check(reference.path.native().size() <= text.size());
  if (reference.tensor) check(reference.name().size() <= text.size());
  if (reference.type) check(assay::parse_stated_type(assay::to_string(*reference.type)) == *reference.type);
  assay::parse_output_reference(text);
  if (!reference.shape) return 0;
  try {
    check_tensor(assay::parse_tensor(std::as_bytes(std::span(data, size)), reference), 8 * size);
  } catch (const assay::file_error&) {
  }
  return 0;
}
