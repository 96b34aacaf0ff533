// The .npz reader. The first byte chooses the stated type; the second, whether the rest is the whole archive or the
// .npy file in a sound one (no mutation of an archive has the right checksum).
#include "../../src/file/zip_archive.hpp"
#include "any_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto stated = stated_by(data[0]);
  const auto rest = std::as_bytes(std::span(data + 2, size - 2));
  constexpr std::size_t growth = 2 * 1032;  // deflate's best, and pairs in a byte
  if (data[1] % 2 == 0) {
    read_every_tensor(rest, "fuzz.npz", stated, growth);
    return 0;
  }
  std::vector<assay::detail::zip_part> parts;
  parts.push_back({"a.npy", {rest}});
  std::vector<std::string> scratch;
  std::vector<std::byte> archive;
  for (const auto part : assay::detail::zip_of(parts, scratch)) archive.insert(archive.end(), part.begin(), part.end());
  read_every_tensor(archive, "fuzz.npz", stated, growth);
  return 0;
}
