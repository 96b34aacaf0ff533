#include <assay/tensor/describe.hpp>

#include "container.hpp"
#include "fail.hpp"
#include "safetensors_header.hpp"

namespace assay::detail {
namespace {

class safetensors_container final : public tensor_container {
 public:
  explicit safetensors_container(const byte_source& source)
      : source_(source), header_(read_safetensors_header(source)) {
    for (const safetensors_tensor& tensor : header_.tensors) names_.push_back(tensor.name);
    if (names_.empty()) fail(source.name(), "holds no tensor.");
  }

  tensor_entry describe(std::size_t index) const override {
    const safetensors_tensor& entry = header_.tensors[index];
    return {entry.name, entry.dtype, shape_of(entry)};
  }
  tensor read(std::size_t index, const std::optional<stated_type>& stated) const override {
    const safetensors_tensor& entry = header_.tensors[index];
    const std::string name = source_.name() + "#" + entry.name;
    if (!entry.of->type) fail(name, "holds complex numbers (" + entry.dtype + "), which are not supported.");
    const auto plan = plan_elements({entry.dtype, entry.of->type, entry.of->bits}, shape_of(entry), stated, name);
    range_stream stream(source_, header_.data_begin + entry.begin, entry.end - entry.begin);
    return read_elements(stream, plan, {}, name);
  }
  file_metadata metadata() const override { return header_.metadata; }

 private:
  static extents shape_of(const safetensors_tensor& entry) {
    const std::vector<std::size_t> sizes(entry.shape.begin(), entry.shape.end());
    return extents(std::span<const std::size_t>(sizes));
  }

  const byte_source& source_;
  safetensors_header header_;
};

}  // namespace

std::unique_ptr<tensor_container> open_safetensors(const byte_source& source) {
  return std::make_unique<safetensors_container>(source);
}

}  // namespace assay::detail
