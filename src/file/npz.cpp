// NumPy's .npz: a zip archive whose entries NAME.npy are .npy files.
#include "container.hpp"
#include "fail.hpp"
#include "npy_stream.hpp"
#include "zip_archive.hpp"

namespace assay::detail {
namespace {

class npz_container final : public tensor_container {
 public:
  explicit npz_container(const byte_source& source) : source_(source), archive_(source) {
    constexpr std::string_view ending = ".npy";
    for (const zip_entry& entry : archive_.entries()) {
      if (!entry.name.ends_with(ending)) continue;
      names_.push_back(entry.name.substr(0, entry.name.size() - ending.size()));
      entries_.push_back(&entry);
    }
    if (names_.empty()) {
      fail(source.name(), "is a zip archive without any array (" + std::to_string(archive_.entries().size()) +
                              " entries, none of them NAME.npy).");
    }
  }

  tensor_entry describe(std::size_t index) const override {
    const auto stream = archive_.open(*entries_[index]);
    const npy_header header = read_npy_header(*stream, name_of_entry(index));
    return {names_[index], header.dtype(), header.shape};
  }
  tensor read(std::size_t index, const std::optional<stated_type>& stated) const override {
    const auto stream = archive_.open(*entries_[index]);
    const std::string name = name_of_entry(index);
    return read_npy_elements(*stream, read_npy_header(*stream, name), stated, name);
  }

 private:
  std::string name_of_entry(std::size_t index) const { return source_.name() + "#" + names_[index]; }

  const byte_source& source_;
  zip_archive archive_;
  std::vector<const zip_entry*> entries_;
};

}  // namespace

std::unique_ptr<tensor_container> open_npz(const byte_source& source) {
  return std::make_unique<npz_container>(source);
}

}  // namespace assay::detail
