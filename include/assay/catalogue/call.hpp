// One use of a kernel: its name, its inputs and its attributes, checked against the catalogue.
//
//   kernel_call call("softmax");
//   call.set_input("x", x);
//   call.set("axis", 0);
//
// Every setter throws std::invalid_argument for a name that the kernel does not have or a value of the wrong kind, in a
// sentence that says what was found and what was expected; check() for required inputs that are missing. Shapes are
// the kernels' own business.
#pragma once

#include <map>
#include <optional>
#include <set>

#include <assay/catalogue/attribute.hpp>
#include <assay/catalogue/kernels.hpp>
#include <assay/tensor/describe.hpp>
#include <assay/tensor/tensor.hpp>
#include <assay/tensor/whole_numbers.hpp>

namespace assay {

class kernel_call {
 public:
  explicit kernel_call(std::string_view kernel) : info_(find_kernel(kernel)) {
    if (info_ == nullptr) refuse("there is no kernel '" + std::string(kernel) + "'; expected", kernels);
  }

  const kernel_info& info() const { return *info_; }
  std::string_view name() const { return info_->name; }

  /// Integers of up to 32 bits do where numbers are due: they become codes of a format that holds them.
  void set_input(std::string_view name, tensor values) {
    const input_info& info = find("input", name, info_->inputs);
    integers_.erase(std::string(name));
    if (info.elements == input_info::kind::real && values.type().what != element_type::kind::boolean) {
      if (!values.type().is_floating()) integers_.emplace(name);
      values = as_numbers(std::move(values));
    }
    if (!fits(info.elements, values.type())) {
      constexpr std::string_view due[]{"floating-point codes", "integers", "booleans or bytes"};
      throw std::invalid_argument(std::string(name) + " holds " + to_string(values.type()) + "; expected " +
                                  std::string(due[static_cast<std::size_t>(info.elements)]) + ".");
    }
    inputs_.insert_or_assign(std::string(name), std::move(values));
  }

  /// Of the attribute's own kind; an integer does for a number, and twice itself where integers are due.
  void set(std::string_view name, attribute_value value) {
    const attribute_info& info = attribute(name);
    if (const auto* n = std::get_if<std::int64_t>(&value)) {
      if (info.type == attribute_info::kind::number) value = static_cast<double>(*n);
      if (info.type == attribute_info::kind::integers) value = std::vector(2, *n);
    }
    if (value.index() != static_cast<std::size_t>(info.type)) {
      detail::refuse_attribute(info, to_string(value), detail::kind_name(info.type));
    }
    if (const auto* word = std::get_if<std::string>(&value)) value = parse_attribute(info, *word);
    attributes_.insert_or_assign(std::string(name), std::move(value));
  }
  void set(std::string_view name, int value) { set(name, attribute_value(std::int64_t{value})); }
  void set(std::string_view name, double value) { set(name, attribute_value(value)); }
  void set(std::string_view name, bool value) { set(name, attribute_value(value)); }
  void set(std::string_view name, const char* word) { set(name, attribute_value(std::string(word))); }
  /// As people write it: parse_attribute()'s text.
  void set_text(std::string_view name, std::string_view text) {
    attribute_value value = parse_attribute(attribute(name), text);
    if (auto* all = std::get_if<std::vector<std::int64_t>>(&value); all != nullptr && all->size() == 1) {
      all->push_back(all->front());
    }
    attributes_.insert_or_assign(std::string(name), std::move(value));
  }

  /// That every required input is there.
  void check() const {
    for (const input_info& in : info_->inputs) {
      if (in.required && !has_input(in.name)) {
        throw std::invalid_argument(std::string(name()) + " needs the input " + std::string(in.name) + ", " +
                                    std::string(in.shape) + ": " + std::string(in.what) + ".");
      }
    }
  }

  bool has_input(std::string_view name) const { return inputs_.contains(name); }
  /// An empty tensor when an optional input was not given.
  const tensor& input(std::string_view name) const {
    static const tensor none;
    const auto found = inputs_.find(name);
    if (found == inputs_.end()) find("input", name, info_->inputs);
    return found == inputs_.end() ? none : found->second;
  }
  /// Whether numbers were given as integers.
  bool was_integer(std::string_view name) const { return integers_.contains(name); }
  /// An input's codes; without data when it was not given.
  code_view view(std::string_view name) const {
    if (!has_input(name)) return {};
    const tensor& x = input(name);
    // One that was given has data, so that its shape is looked at, though it holds nothing.
    static constexpr std::byte nothing{};
    return x.size() == 0 && x.type().is_floating() ? code_view(&nothing, x.type().layout, x.shape()) : x.view();
  }
  const std::map<std::string, tensor, std::less<>>& inputs() const { return inputs_; }
  /// The format of the first input of numbers, in the catalogue's order; binary32 where none was given.
  format storage_format() const {
    for (const input_info& in : info_->inputs) {
      if (in.elements == input_info::kind::real && has_input(in.name)) return input(in.name).type().layout;
    }
    return binary32;
  }

  /// Whether there is a value, given or initial.
  bool has(std::string_view name) const { return was_set(name) || !attribute(name).initial.empty(); }
  bool was_set(std::string_view name) const { return attributes_.contains(name); }
  /// Throws std::invalid_argument where has() is false.
  attribute_value value(std::string_view name) const {
    const attribute_info& info = attribute(name);
    const auto given = attributes_.find(name);
    return given != attributes_.end() ? given->second : parse_attribute(info, info.initial);
  }
  double number(std::string_view name) const { return std::get<double>(value(name)); }
  std::int64_t integer(std::string_view name) const { return std::get<std::int64_t>(value(name)); }
  bool flag(std::string_view name) const { return std::get<bool>(value(name)); }
  std::string choice(std::string_view name) const { return std::get<std::string>(value(name)); }
  std::vector<std::int64_t> integers(std::string_view name) const {
    return std::get<std::vector<std::int64_t>>(value(name));
  }
  /// Those that were set.
  const std::map<std::string, attribute_value, std::less<>>& attributes() const { return attributes_; }

 private:
  static bool fits(input_info::kind due, const element_type& found) {
    switch (due) {
      case input_info::kind::real: return found.is_floating();
      case input_info::kind::index:
        return found.what == element_type::kind::signed_integer || found.what == element_type::kind::unsigned_integer;
      case input_info::kind::mask: break;
    }
    return found.what == element_type::kind::boolean || (!found.is_floating() && found.integer_bits == 8);
  }

  template <class Rows>
  [[noreturn]] static void refuse(std::string sentence, const Rows& rows) {
    std::string_view before = " ";
    for (const auto& row : rows) {
      sentence += std::string(before) + std::string(row.name);
      before = ", ";
    }
    throw std::invalid_argument(sentence + (std::size(rows) == 0 ? " none." : "."));
  }
  template <class Row>
  const Row& find(std::string_view what, std::string_view name, std::span<const Row> rows) const {
    for (const Row& row : rows) {
      if (row.name == name) return row;
    }
    refuse(std::string(info_->name) + " has no " + std::string(what) + " '" + std::string(name) + "'; expected one of",
           rows);
  }
  const attribute_info& attribute(std::string_view name) const { return find("attribute", name, info_->attributes); }

  const kernel_info* info_;
  std::map<std::string, tensor, std::less<>> inputs_;
  std::map<std::string, attribute_value, std::less<>> attributes_;
  std::set<std::string, std::less<>> integers_;
};

}  // namespace assay
