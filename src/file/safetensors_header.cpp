#include "safetensors_header.hpp"

#include <algorithm>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include <assay/tensor/describe.hpp>

#include "fail.hpp"

namespace assay::detail {
namespace {

constexpr std::uint64_t longest_header = 100'000'000;

/// Takes the JSON event by event: nothing is built that the format has no place for.
class header_handler final : public nlohmann::json_sax<nlohmann::json> {
 public:
  header_handler(safetensors_header& header, std::string_view name) : header_(header), name_(name) {}

  bool start_object(std::size_t) override {
    switch (state_) {
      case state::start: state_ = state::names; return true;
      case state::tensor: state_ = state::fields; return true;
      case state::metadata: state_ = state::metadata_keys; return true;
      default: return unexpected("an object");
    }
  }
  bool end_object() override {
    switch (state_) {
      case state::names: state_ = state::done; return true;
      case state::metadata_keys: state_ = state::names; return true;
      default: break;
    }
    for (std::size_t i = 0; i < std::size(fields); ++i) {
      if (!seen_[i]) refuse("the tensor " + in_quotes(tensor().name) + " lacks its " + std::string(fields[i]) + ".");
    }
    state_ = state::names;
    return true;
  }
  bool key(string_t& text) override {
    switch (state_) {
      case state::names: return tensor_name(text);
      case state::metadata_keys: return metadata_key(text);
      default: return field_key(text);
    }
  }
  bool string(string_t& text) override {
    if (state_ == state::metadata_value) {
      header_.metadata.emplace(std::move(key_), std::move(text));
      state_ = state::metadata_keys;
      return true;
    }
    if (state_ != state::field || field_ != 0) return unexpected("the text " + in_quotes(text));
    tensor().dtype = std::move(text);
    state_ = state::fields;
    return true;
  }
  bool start_array(std::size_t) override {
    if (state_ != state::field || field_ == 0) return unexpected("an array");
    state_ = state::numbers;
    return true;
  }
  bool number_unsigned(number_unsigned_t number) override {
    if (state_ != state::numbers) return unexpected("the number " + std::to_string(number));
    if (field_ == 1 && tensor().shape.size() == max_rank) {
      refuse("the tensor " + in_quotes(tensor().name) + " has more than 8 axes; at most 8 are supported.");
    }
    if (field_ == 1) {
      tensor().shape.push_back(number);
    } else if (offsets_ < 2) {
      (offsets_ == 0 ? tensor().begin : tensor().end) = number;
      ++offsets_;
    } else {
      refuse("the tensor " + in_quotes(tensor().name) + " has more than two data_offsets.");
    }
    return true;
  }
  bool end_array() override {
    if (field_ == 2 && offsets_ != 2) refuse("the tensor " + in_quotes(tensor().name) + " has not two data_offsets.");
    state_ = state::fields;
    return true;
  }
  bool null() override { return unexpected("null"); }
  bool boolean(bool value) override { return unexpected(value ? "true" : "false"); }
  bool number_integer(number_integer_t number) override { return unexpected("the number " + std::to_string(number)); }
  bool number_float(number_float_t, const string_t& text) override {
    return unexpected("the number " + in_quotes(text));
  }
  bool binary(binary_t&) override { return unexpected("binary data"); }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::detail::exception&) override {
    refuse("the header is malformed JSON at its byte " + std::to_string(at) + ".");
  }

 private:
  enum class state { start, names, tensor, fields, field, numbers, metadata, metadata_keys, metadata_value, done };
  static constexpr std::string_view fields[]{"dtype", "shape", "data_offsets"};

  [[noreturn]] void refuse(const std::string& sentence) const { fail(name_, sentence); }
  bool unexpected(const std::string& what) const {
    const auto expected = [&]() -> std::string {
      switch (state_) {
        case state::start: return "an object of tensors";
        case state::tensor: return "an object with dtype, shape and data_offsets for " + in_quotes(tensor().name);
        case state::field:
          return (field_ == 0 ? "a text" : "an array") + std::string(" for ") + std::string(fields[field_]) + " of " +
                 in_quotes(tensor().name);
        case state::numbers:
          return "whole numbers in " + std::string(fields[field_]) + " of " + in_quotes(tensor().name);
        case state::metadata: return "an object for __metadata__";
        case state::metadata_value: return "a text for " + in_quotes(key_) + " in __metadata__";
        default: return "a key";
      }
    };
    refuse("the header has " + what + "; expected " + expected() + ".");
  }

  safetensors_tensor& tensor() { return header_.tensors.back(); }
  const safetensors_tensor& tensor() const { return header_.tensors.back(); }

  bool tensor_name(string_t& text) {
    if (!names_.insert(text).second) refuse("the header has " + in_quotes(text, 100) + " twice.");
    if (text == "__metadata__") {
      state_ = state::metadata;
      return true;
    }
    header_.tensors.push_back({});
    tensor().name = std::move(text);
    std::fill(std::begin(seen_), std::end(seen_), false);
    offsets_ = 0;
    state_ = state::tensor;
    return true;
  }
  bool metadata_key(string_t& text) {
    if (header_.metadata.contains(text)) refuse("__metadata__ has " + in_quotes(text) + " twice.");
    key_ = std::move(text);
    state_ = state::metadata_value;
    return true;
  }
  bool field_key(const string_t& text) {
    field_ = static_cast<std::size_t>(std::find(std::begin(fields), std::end(fields), text) - std::begin(fields));
    if (field_ == std::size(fields) || seen_[field_]) {
      refuse("the tensor " + in_quotes(tensor().name) + " has the key " + in_quotes(text) +
             "; expected dtype, shape and data_offsets, each once.");
    }
    seen_[field_] = true;
    state_ = state::field;
    return true;
  }

  safetensors_header& header_;
  std::string_view name_;
  state state_ = state::start;
  std::unordered_set<std::string> names_;
  std::string key_;
  std::size_t field_ = 0;
  int offsets_ = 0;
  bool seen_[std::size(fields)]{};
};

/// Finds the dtype, and compares size with offsets.
void check_tensor(safetensors_tensor& tensor, std::string_view name) {
  const auto refuse = [&](const std::string& why) {
    fail(name, "the tensor " + in_quotes(tensor.name, 100) + " " + why);
  };
  for (const safetensors_dtype& dtype : safetensors_dtypes()) {
    if (dtype.name == tensor.dtype) tensor.of = &dtype;
  }
  if (tensor.of == nullptr) refuse("has the dtype " + in_quotes(tensor.dtype) + ", which the format does not define.");
  const std::vector<std::size_t> sizes(tensor.shape.begin(), tensor.shape.end());
  const extents shape{std::span<const std::size_t>(sizes)};
  const std::string what = "of shape " + to_string(shape) + " and dtype " + tensor.dtype;
  const auto bytes = stored_bytes(shape, tensor.of->bits);
  if (!bytes) refuse(what + " needs more bytes than any file can hold.");
  if (*shape.checked_count() % 8 * static_cast<std::size_t>(tensor.of->bits) % 8 != 0) {
    refuse(what + " does not fill whole bytes, as the format demands.");
  }
  if (tensor.end < tensor.begin || tensor.end - tensor.begin != *bytes) {
    refuse(what + " needs " + std::to_string(*bytes) + " bytes, but its data_offsets are [" +
           std::to_string(tensor.begin) + ", " + std::to_string(tensor.end) + "].");
  }
}

}  // namespace

std::span<const safetensors_dtype> safetensors_dtypes() {
  const auto integer = [](int bits, bool is_signed) { return element_type::integer(bits, is_signed); };
  // The order of safetensors' own enumeration (tensor.rs, 0.8), by which its writer sorts.
  static const safetensors_dtype dtypes[]{{"BOOL", 8, element_type::boolean()},
                                          {"F4", 4, element_type::of(e2m1fn)},
                                          {"F6_E2M3", 6, element_type::of(e2m3fn)},
                                          {"F6_E3M2", 6, element_type::of(e3m2fn)},
                                          {"U8", 8, integer(8, false)},
                                          {"I8", 8, integer(8, true)},
                                          {"F8_E5M2", 8, element_type::of(e5m2)},
                                          {"F8_E4M3", 8, element_type::of(e4m3fn)},
                                          {"F8_E8M0", 8, element_type::of(e8m0fnu)},
                                          {"F8_E4M3FNUZ", 8, element_type::of(e4m3fnuz)},
                                          {"F8_E5M2FNUZ", 8, element_type::of(e5m2fnuz)},
                                          {"I16", 16, integer(16, true)},
                                          {"U16", 16, integer(16, false)},
                                          {"F16", 16, element_type::of(binary16)},
                                          {"BF16", 16, element_type::of(bfloat16)},
                                          {"I32", 32, integer(32, true)},
                                          {"U32", 32, integer(32, false)},
                                          {"F32", 32, element_type::of(binary32)},
                                          {"C64", 64, std::nullopt},
                                          {"F64", 64, element_type::of(binary64)},
                                          {"I64", 64, integer(64, true)},
                                          {"U64", 64, integer(64, false)}};
  return dtypes;
}

safetensors_header parse_safetensors_header(std::string_view json, std::uint64_t data_bytes, std::string_view name) {
  if (!json.starts_with('{')) fail(name, "the header does not begin with '{'.");
  if (!is_utf8(json)) fail(name, "the header is not UTF-8.");
  safetensors_header header;
  header_handler handler(header, name);
  nlohmann::json::sax_parse(json, &handler);  // the handler throws where it refuses

  for (safetensors_tensor& tensor : header.tensors) check_tensor(tensor, name);
  std::stable_sort(header.tensors.begin(), header.tensors.end(),
                   [](const auto& a, const auto& b) { return a.begin != b.begin ? a.begin < b.begin : a.end < b.end; });
  std::uint64_t end = 0;
  for (const safetensors_tensor& tensor : header.tensors) {
    if (tensor.begin != end) {
      fail(name, "the data of " + in_quotes(tensor.name, 100) + " begins at byte " + std::to_string(tensor.begin) +
                     "; expected " + std::to_string(end) + ": tensors lie one after another, without holes.");
    }
    end = tensor.end;
  }
  if (end != data_bytes) {
    fail(name, (end > data_bytes ? "is truncated: its tensors need " : "has bytes too many: its tensors need ") +
                   std::to_string(end) + " bytes of data, but there are " + std::to_string(data_bytes) + ".");
  }
  return header;
}

safetensors_header read_safetensors_header(const byte_source& source) {
  const std::string& name = source.name();
  if (source.size() == 0) fail(name, "the file is empty; expected a .safetensors file.");
  if (source.size() < 8)
    fail(name, "the file ends inside its header, after " + std::to_string(source.size()) + " bytes.");
  std::byte length_field[8];
  source.read_at(0, length_field);
  const std::uint64_t length = little_endian(length_field);
  if (length > longest_header) {
    fail(name, "is no .safetensors file: its header claims " + std::to_string(length) +
                   " bytes; the format allows 100 megabytes.");
  }
  if (length > source.size() - 8) {
    fail(name, "the header claims " + std::to_string(length) + " bytes, but the file has only " +
                   std::to_string(source.size() - 8) + " after the length: it is truncated.");
  }
  std::string json(static_cast<std::size_t>(length), '\0');
  source.read_at(8, std::as_writable_bytes(std::span(json)));
  safetensors_header header = parse_safetensors_header(json, source.size() - 8 - length, name);
  header.data_begin = 8 + length;
  return header;
}

std::string safetensors_preamble_of(std::span<const safetensors_tensor> tensors, const file_metadata& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  for (const safetensors_tensor& tensor : tensors) {
    header[tensor.name] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {tensor.begin, tensor.end}}};
  }
  std::string json = header.dump();
  json.append((8 - json.size() % 8) % 8, ' ');
  std::string whole;
  append_little_endian(whole, json.size(), 8);
  return whole + json;
}

}  // namespace assay::detail
