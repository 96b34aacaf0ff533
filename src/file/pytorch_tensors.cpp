#include <algorithm>
#include <unordered_set>

#include <assay/tensor/describe.hpp>

#include "fail.hpp"
#include "pytorch.hpp"

namespace assay::detail {
namespace {

using kind = pickle_value::kind;

constexpr std::string_view rebuild_tensor = "torch._utils._rebuild_tensor_v2",
                           rebuild_tensor_with_dtype = "torch._utils._rebuild_tensor_v3",
                           rebuild_parameter = "torch._utils._rebuild_parameter",
                           untyped_storage = "torch.storage.UntypedStorage";

std::span<const torch_dtype> torch_dtypes() {
  const auto integer = [](int bits, bool is_signed) { return element_type::integer(bits, is_signed); };
  static const torch_dtype dtypes[]{{"float16", "HalfStorage", 2, element_type::of(binary16)},
                                    {"bfloat16", "BFloat16Storage", 2, element_type::of(bfloat16)},
                                    {"float32", "FloatStorage", 4, element_type::of(binary32)},
                                    {"float64", "DoubleStorage", 8, element_type::of(binary64)},
                                    {"bool", "BoolStorage", 1, element_type::boolean()},
                                    {"int8", "CharStorage", 1, integer(8, true)},
                                    {"uint8", "ByteStorage", 1, integer(8, false)},
                                    {"int16", "ShortStorage", 2, integer(16, true)},
                                    {"int32", "IntStorage", 4, integer(32, true)},
                                    {"int64", "LongStorage", 8, integer(64, true)},
                                    {"complex64", "ComplexFloatStorage", 8, std::nullopt},
                                    {"complex128", "ComplexDoubleStorage", 16, std::nullopt},
                                    // These have no typed storage: _rebuild_tensor_v3 names the dtype.
                                    {"float8_e4m3fn", "", 1, element_type::of(e4m3fn)},
                                    {"float8_e5m2", "", 1, element_type::of(e5m2)},
                                    {"float8_e4m3fnuz", "", 1, element_type::of(e4m3fnuz)},
                                    {"float8_e5m2fnuz", "", 1, element_type::of(e5m2fnuz)},
                                    {"float8_e8m0fnu", "", 1, element_type::of(e8m0fnu)},
                                    {"float4_e2m1fn_x2", "", 1, element_type::of(e2m1fn), true},
                                    {"uint16", "", 2, integer(16, false)},
                                    {"uint32", "", 4, integer(32, false)},
                                    {"uint64", "", 8, integer(64, false)}};
  return dtypes;
}

/// The dtype of a global that is one, or the typed storage of one; else null.
const torch_dtype* dtype_of_global(std::string_view dotted) {
  constexpr std::string_view module = "torch.";
  if (!dotted.starts_with(module)) return nullptr;
  dotted.remove_prefix(module.size());
  for (const torch_dtype& dtype : torch_dtypes()) {
    if (dotted == dtype.name || (!dtype.storage.empty() && dotted == dtype.storage)) return &dtype;
  }
  return nullptr;
}

/// Walks the tree. A container that is reached twice is walked once: a pickle may hold itself.
class tensor_finder {
 public:
  tensor_finder(const pickle& tree, std::string_view file) : tree_(tree), file_(file) {}

  std::vector<torch_tensor> find() {
    visit(tree_.root, "", 0);
    std::unordered_set<std::string_view> names;
    for (const torch_tensor& tensor : found_) {
      if (!names.insert(tensor.name).second) fail(file_, "has two tensors named " + in_quotes(tensor.name, 100) + ".");
    }
    return std::move(found_);
  }

 private:
  void visit(std::size_t index, const std::string& name, int depth) {
    constexpr int deepest = 32;
    constexpr std::size_t longest_name = 1024, most_tensors = 1'000'000;  // a pickle's memory can repeat what it holds
    if (name.size() > longest_name) fail(file_, "has a tensor whose name is longer than 1024 bytes.");
    if (found_.size() == most_tensors) fail(file_, "holds more than a million tensors.");
    const pickle_value& value = tree_[index];
    const std::string inside = name.empty() ? "" : name + "/";
    switch (value.what) {
      case kind::call: visit_call(value, name); return;
      case kind::dictionary:
      case kind::list:
      case kind::tuple: break;
      default: return;  // epochs, names, dtypes: data that is no tensor
    }
    if (value.items.empty() || !walked_.insert(index).second) return;
    if (depth == deepest) fail(file_, "is nested more than 32 levels deep at " + in_quotes(name, 100) + ".");
    if (value.what != kind::dictionary) {
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        visit(value.items[i], inside + std::to_string(i), depth + 1);
      }
      return;
    }
    for (std::size_t i = 0; i < value.items.size(); i += 2) {
      const pickle_value& key = tree_[value.items[i]];
      const pickle_value& item = tree_[value.items[i + 1]];
      if (item.what < kind::tuple) continue;  // nothing below it
      if (key.what != kind::text && key.what != kind::integer) {
        fail(file_, "has a key in " + in_quotes(name) + " that is neither a text nor an integer.");
      }
      visit(value.items[i + 1], inside + (key.what == kind::text ? key.text : std::to_string(key.integer)), depth + 1);
    }
  }

  void visit_call(const pickle_value& call, const std::string& name) {
    const std::string& function = tree_[call.items[0]].text;
    const auto& arguments = tree_[call.items[1]].items;
    if (function == rebuild_parameter) {
      if (arguments.empty() || tree_[arguments[0]].what != kind::call ||
          tree_[tree_[arguments[0]].items[0]].text == rebuild_parameter) {
        refuse(name, "is a parameter without a tensor");
      }
      visit_call(tree_[arguments[0]], name);
      return;
    }
    const bool names_dtype = function == rebuild_tensor_with_dtype;
    if (function != rebuild_tensor && !names_dtype) refuse(name, "is made by a call of " + in_quotes(function, 80));
    if (arguments.size() < (names_dtype ? 7 : 4)) refuse(name, "is rebuilt from too few arguments");
    torch_tensor tensor;
    tensor.name = name;
    tensor.offset = whole(arguments[1], name, "offset");
    const std::vector<std::uint64_t> sizes = wholes(arguments[2], name, "size");
    if (sizes.size() > max_rank) refuse(name, "has more than 8 axes; at most 8 are supported");
    tensor.shape = extents(std::span<const std::size_t>(std::vector<std::size_t>(sizes.begin(), sizes.end())));
    tensor.strides = wholes(arguments[3], name, "stride");
    if (tensor.strides.size() != sizes.size()) refuse(name, "has not as many strides as axes");
    if (names_dtype) {
      tensor.dtype = tree_[arguments[6]].what == kind::global ? dtype_of_global(tree_[arguments[6]].text) : nullptr;
    }
    find_storage(arguments[0], tensor);
    check_place(tensor);
    found_.push_back(std::move(tensor));
  }

  /// The persistent id is ("storage", class, key, device, number of elements).
  void find_storage(std::size_t index, torch_tensor& tensor) const {
    const pickle_value& reference = tree_[index];
    const auto malformed = [&] { refuse(tensor.name, "has a malformed storage"); };
    if (reference.what != kind::persistent) malformed();
    const pickle_value& id = tree_[reference.items[0]];
    if (id.what != kind::tuple || id.items.size() < 5 || tree_[id.items[0]].text != "storage" ||
        tree_[id.items[1]].what != kind::global || tree_[id.items[2]].what != kind::text) {
      malformed();
    }
    const std::string& storage_class = tree_[id.items[1]].text;
    const bool untyped = storage_class == untyped_storage;
    const torch_dtype* const typed = untyped ? nullptr : dtype_of_global(storage_class);
    if (tensor.dtype == nullptr) tensor.dtype = typed;
    if (tensor.dtype == nullptr || (!untyped && typed != tensor.dtype)) malformed();
    tensor.storage = tree_[id.items[2]].text;
    const std::uint64_t elements = whole(id.items[4], tensor.name, "storage");
    const std::uint64_t each = untyped ? 1 : static_cast<std::uint64_t>(tensor.dtype->bytes);
    if (elements > ~std::uint64_t{0} / 16) malformed();
    tensor.storage_bytes = elements * each;
  }

  /// Every element lies in the storage.
  void check_place(const torch_tensor& tensor) const {
    const std::uint64_t elements = tensor.storage_bytes / static_cast<std::uint64_t>(tensor.dtype->bytes);
    const std::string what = "of shape " + to_string(tensor.shape) + " from element " + std::to_string(tensor.offset) +
                             " on does not fit its storage of " + std::to_string(elements) + " elements";
    if (std::find(tensor.shape.begin(), tensor.shape.end(), std::size_t{0}) != tensor.shape.end()) return;
    if (tensor.offset >= elements) refuse(tensor.name, what);
    std::uint64_t room = elements - 1 - tensor.offset;  // how far its last element may lie behind its first
    for (std::size_t axis = 0; axis < tensor.shape.rank(); ++axis) {
      const std::uint64_t steps = tensor.shape[axis] - 1, stride = tensor.strides[axis];
      if (steps != 0 && stride > room / steps) refuse(tensor.name, what);
      room -= steps * stride;
    }
  }

  std::uint64_t whole(std::size_t index, const std::string& name, const char* what) const {
    const pickle_value& value = tree_[index];
    if (value.what != kind::integer || value.integer < 0) {
      refuse(name, std::string("has a malformed ") + what + "; expected a number from 0 on");
    }
    return static_cast<std::uint64_t>(value.integer);
  }
  std::vector<std::uint64_t> wholes(std::size_t index, const std::string& name, const char* what) const {
    if (tree_[index].what != kind::tuple) refuse(name, std::string("has a malformed ") + what + "; expected a tuple");
    std::vector<std::uint64_t> numbers;
    for (const std::size_t item : tree_[index].items) numbers.push_back(whole(item, name, what));
    return numbers;
  }
  [[noreturn]] void refuse(const std::string& name, const std::string& why) const {
    fail(file_, "the tensor " + in_quotes(name, 100) + " " + why + ".");
  }

  const pickle& tree_;
  std::string_view file_;
  std::unordered_set<std::size_t> walked_;
  std::vector<torch_tensor> found_;
};

}  // namespace

bool is_torch_global(std::string_view dotted) {
  return dotted == rebuild_tensor || dotted == rebuild_tensor_with_dtype || dotted == rebuild_parameter ||
         dotted == untyped_storage || dtype_of_global(dotted) != nullptr;
}

std::vector<torch_tensor> find_torch_tensors(const pickle& tree, std::string_view name) {
  return tensor_finder(tree, name).find();
}

std::uint64_t torch_tensor::end() const {
  std::uint64_t last = offset;
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] == 0) return offset;
    last += (shape[axis] - 1) * strides[axis];
  }
  return last + 1;
}

bool torch_tensor::is_contiguous() const {
  std::uint64_t expected = 1;
  for (std::size_t axis = shape.rank(); axis-- > 0;) {
    if (shape[axis] != 1 && strides[axis] != expected) return false;
    expected *= shape[axis];
  }
  return true;
}

}  // namespace assay::detail
