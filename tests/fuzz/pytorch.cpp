// The reader of PyTorch's files. The first byte chooses the stated type; the second, whether the rest is the whole
// archive or the pickle in a sound one, with a few storages beside it.
#include "../../src/file/zip_archive.hpp"
#include "any_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto stated = stated_by(data[0]);
  const auto rest = std::as_bytes(std::span(data + 2, size - 2));
  constexpr std::size_t growth = 2;
  if (data[1] % 2 == 0) {
    read_every_tensor(rest, "fuzz.pt", stated, 2 * 1032);  // its entries may be deflated
    return 0;
  }
  constexpr std::string_view storage = "01234567ABCDEFGH01234567";
  const auto first = [&](std::size_t bytes) { return std::as_bytes(std::span(storage.substr(0, bytes))); };
  const std::string_view order = data[1] % 4 == 1 ? "little" : "big";
  std::vector<assay::detail::zip_part> parts;
  parts.push_back({"m/data.pkl", {rest}});
  parts.push_back({"m/byteorder", {std::as_bytes(std::span(order))}});
  parts.push_back({"m/data/0", {first(24)}});
  parts.push_back({"m/data/1", {first(4)}});
  parts.push_back({"m/data/2", {first(4)}});
  parts.push_back({"m/data/3", {first(1)}});
  std::vector<std::string> scratch;
  std::vector<std::byte> archive;
  for (const auto part : assay::detail::zip_of(parts, scratch)) archive.insert(archive.end(), part.begin(), part.end());
  read_every_tensor(archive, "fuzz.pt", stated, growth);
  return 0;
}
