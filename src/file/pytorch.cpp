// PyTorch's .pt and .pth since 1.6: a zip archive NAME/ with data.pkl, which says what there is, and data/KEY, the
// bytes of each storage.
#include <algorithm>
#include <array>
#include <cstring>

#include <assay/tensor/describe.hpp>

#include "container.hpp"
#include "fail.hpp"
#include "pytorch.hpp"
#include "zip_archive.hpp"

namespace assay::detail {
namespace {

constexpr std::string_view pickle_ending = "/data.pkl";
constexpr std::uint64_t longest_pickle = std::uint64_t{32} << 20;

/// A part of a stream: what comes before is read away at first, what comes after at the end, for the checksum.
class window_stream final : public byte_stream {
 public:
  window_stream(byte_stream& whole, std::uint64_t begin, std::uint64_t length)
      : whole_(whole), begin_(begin), length_(length) {}
  std::uint64_t size() const override { return length_; }
  void read(std::span<std::byte> out) override {
    start();
    whole_.read(out);
    given_ += out.size();
  }
  void finish() override {
    start();
    skip(whole_, whole_.size() - begin_ - given_);
    whole_.finish();
  }

 private:
  void start() {
    if (!started_) skip(whole_, begin_);
    started_ = true;
  }

  byte_stream& whole_;
  std::uint64_t begin_, length_, given_ = 0;
  bool started_ = false;
};

class pytorch_container final : public tensor_container {
 public:
  explicit pytorch_container(const byte_source& source) : source_(source), archive_(source) {
    const zip_entry* described = nullptr;
    for (const zip_entry& entry : archive_.entries()) {
      if (entry.name.ends_with(pickle_ending) && entry.name.find('/') == entry.name.size() - pickle_ending.size()) {
        described = &entry;
        break;
      }
    }
    if (described == nullptr) fail(source.name(), "is a zip archive, but not PyTorch's: it has no NAME/data.pkl.");
    folder_ = described->name.substr(0, described->name.size() - pickle_ending.size());
    if (archive_.find(folder_ + "/constants.pkl") != nullptr) {
      fail(source.name(), "is a TorchScript program; expected a dictionary of tensors, as torch.save() writes it.");
    }
    const std::vector<std::byte> text = whole_entry(*described, longest_pickle);
    tensors_ = find_torch_tensors(parse_pickle(text, is_torch_global, source.name()), source.name());
    if (tensors_.empty()) fail(source.name(), "holds no tensor.");
    for (const torch_tensor& tensor : tensors_) names_.push_back(tensor.name);
    big_endian_ = reads_big_endian();
  }

  tensor_entry describe(std::size_t index) const override {
    const torch_tensor& entry = tensors_[index];
    return {entry.name, "torch." + std::string(entry.dtype->name), entry.shape};
  }

  tensor read(std::size_t index, const std::optional<stated_type>& stated) const override {
    const torch_tensor& entry = tensors_[index];
    const std::string name = entry.name.empty() ? source_.name() : source_.name() + "#" + entry.name;
    const element_plan plan = plan_of(entry, stated, name);
    const zip_entry* const storage = archive_.find(folder_ + "/data/" + entry.storage);
    if (storage == nullptr) fail(name, "its storage " + in_quotes(entry.storage) + " is missing from the archive.");
    if (storage->size != entry.storage_bytes) {
      fail(name, "its storage has " + std::to_string(storage->size) + " bytes; expected " +
                     std::to_string(entry.storage_bytes) + ".");
    }
    const auto each = static_cast<std::uint64_t>(entry.dtype->bytes);
    // Memory is taken for what is in the file: one element must not become a billion by strides of 0.
    if (const auto count = entry.shape.checked_count(); !count || *count > storage->size / each) {
      fail(name, "its shape " + to_string(entry.shape) + " repeats the " + std::to_string(storage->size / each) +
                     " elements of its storage (it was expanded); save it made contiguous.");
    }
    const bool empty = entry.shape.count() == 0;  // its offset may be anything
    const std::uint64_t begin = empty ? 0 : entry.offset * each, end = empty ? 0 : entry.end() * each;
    const auto whole = archive_.open(*storage);
    window_stream window(*whole, begin, end - begin);
    if (empty || entry.is_contiguous()) return read_elements(window, plan, {big_endian_}, name);
    std::vector<std::byte> used(static_cast<std::size_t>(end - begin));
    window.read(used);
    window.finish();
    const std::vector<std::byte> gathered = gather(entry, used);
    const memory_source in_order(gathered, name);
    range_stream elements(in_order);
    return read_elements(elements, plan, {big_endian_}, name);
  }

 private:
  static element_plan plan_of(const torch_tensor& entry, const std::optional<stated_type>& stated,
                              const std::string& name) {
    const torch_dtype& dtype = *entry.dtype;
    const std::string words = "torch." + std::string(dtype.name);
    if (!dtype.type) fail(name, "holds complex numbers (" + words + "), which are not supported.");
    if (!dtype.pairs) return plan_elements({words, dtype.type, 8 * dtype.bytes}, entry.shape, stated, name);
    stated_type pairs(dtype.type->layout);
    pairs.pairs = true;
    return plan_elements({words, std::nullopt, 8}, entry.shape, stated ? stated : pairs, name);
  }

  /// The elements in C order, from the part of the storage that begins with the tensor's first.
  static std::vector<std::byte> gather(const torch_tensor& entry, std::span<const std::byte> used) {
    const auto each = static_cast<std::size_t>(entry.dtype->bytes);
    std::vector<std::byte> gathered(entry.shape.count() * each);
    std::array<std::size_t, max_rank> index{};
    std::size_t from = 0;
    for (std::size_t to = 0; to < gathered.size(); to += each) {
      std::memcpy(gathered.data() + to, used.data() + from * each, each);
      for (std::size_t axis = entry.shape.rank(); axis-- > 0;) {
        const auto stride = static_cast<std::size_t>(entry.strides[axis]);
        from += stride;
        if (++index[axis] < entry.shape[axis]) break;
        from -= entry.shape[axis] * stride;
        index[axis] = 0;
      }
    }
    return gathered;
  }

  std::vector<std::byte> whole_entry(const zip_entry& entry, std::uint64_t most) const {
    if (entry.size > most) {
      fail(source_.name(), "the entry " + in_quotes(entry.name) + " has " + std::to_string(entry.size) +
                               " bytes; expected at most " + std::to_string(most) + ".");
    }
    const auto stream = archive_.open(entry);
    std::vector<std::byte> bytes(static_cast<std::size_t>(entry.size));
    stream->read(bytes);
    stream->finish();
    return bytes;
  }

  /// Files without that entry (before PyTorch 2.0) are taken for little-endian ones, as nearly all machines were.
  bool reads_big_endian() const {
    const zip_entry* const entry = archive_.find(folder_ + "/byteorder");
    if (entry == nullptr) return false;
    const std::vector<std::byte> bytes = whole_entry(*entry, 16);
    const std::string_view order(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (order != "little" && order != "big") {
      fail(source_.name(), "has the byte order " + in_quotes(order) + "; expected little or big.");
    }
    return order == "big";
  }

  const byte_source& source_;
  zip_archive archive_;
  std::string folder_;
  std::vector<torch_tensor> tensors_;
  bool big_endian_ = false;
};

}  // namespace

std::unique_ptr<tensor_container> open_pytorch(const byte_source& source) {
  return std::make_unique<pytorch_container>(source);
}

}  // namespace assay::detail
