#include <assay/file/file_reference.hpp>

#include <algorithm>
#include <charconv>
#include <numeric>
#include <vector>

#include <assay/format/name.hpp>
#include <assay/tensor/describe.hpp>

#include "fail.hpp"

namespace assay {
namespace {

constexpr std::string_view pairs_ending = "_x2";

/// Every name that a type can have but for those like e5m10, which cannot be listed.
std::vector<std::string_view> type_names() {
  std::vector<std::string_view> names{"bool"};
  for (const auto& row : named_formats) names.push_back(row.name);
  for (const auto& row : format_aliases) names.push_back(row.name);
  for (const auto& row : named_integer_formats) names.push_back(row.name);
  names.insert(names.end(), {"uint64", "e2m1fn_x2", "int4_x2", "uint4_x2"});
  return names;
}

/// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1] ? 1u : 0u)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = last;
    last = row;
  }
  return last[b.size()];
}

/// The extents between brackets: "64,128". Nothing between them is a scalar's shape.
extents parse_shape(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    throw std::invalid_argument("The shape [" + std::string(text.substr(0, 80)) + "] " + std::string(why) +
                                "; expected extents such as [64,128].");
  };
  std::vector<std::size_t> sizes;
  std::string_view rest = text;
  while (!rest.empty()) {
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), size);
    if (error != std::errc()) refuse("is malformed");
    if (sizes.size() == max_rank) refuse("has more than 8 axes");
    sizes.push_back(size);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    if (rest.empty()) break;
    if (!rest.starts_with(',')) refuse("is malformed");
    rest.remove_prefix(1);
    if (rest.empty()) refuse("ends with a comma");
  }
  return extents(std::span<const std::size_t>(sizes));
}

struct type_and_shape {
  stated_type type;
  std::optional<extents> shape;
};

/// TYPE or TYPE[SHAPE], if the text is of that form and the type is one.
std::optional<type_and_shape> parse_type_and_shape(std::string_view text) {
  std::optional<std::string_view> shape;
  if (const std::size_t bracket = text.find('['); bracket != std::string_view::npos && text.ends_with(']')) {
    shape = text.substr(bracket + 1, text.size() - bracket - 2);
    text = text.substr(0, bracket);
  }
  const auto type = parse_stated_type(text);
  if (!type) return std::nullopt;
  return type_and_shape{*type, shape ? std::optional(parse_shape(*shape)) : std::nullopt};
}

[[noreturn]] void refuse_type(std::string_view text) {
  const std::string_view name = text.substr(0, text.find('['));
  const std::string_view closest = closest_name(name, type_names());
  throw std::invalid_argument("There is no format " + detail::in_quotes(name) + "." +
                              (closest.empty() ? " `assay formats` lists the named ones; others are written like e5m10."
                                               : " Did you mean " + std::string(closest) + "?"));
}

}  // namespace

stated_type::stated_type(integer_format f)
    : type(element_type::integer(f.bits <= 8 ? 8 : f.bits, f.is_signed)), integers(f) {}

int stated_type::code_bits() const {
  if (type.is_floating()) return type.layout.width();
  return integers ? integers->bits : 8 * type.bytes();
}

bool stated_type::operator==(const stated_type& other) const {
  return type.what == other.type.what && type.bytes() == other.type.bytes() && pairs == other.pairs &&
         code_bits() == other.code_bits() && (!type.is_floating() || type.layout == other.type.layout) &&
         integers == other.integers;
}

std::optional<stated_type> parse_stated_type(std::string_view name) {
  if (name == "bool") return stated_type(element_type::boolean());
  if (name == "uint64" || name == "u64") return stated_type(element_type::integer(64, false));
  if (const auto f = parse_format(name)) return stated_type(*f);
  if (const auto f = find_named_integer_format(name)) return stated_type(*f);
  if (!name.ends_with(pairs_ending)) return std::nullopt;
  name.remove_suffix(pairs_ending.size());
  if (name == "float4_e2m1fn") name = "e2m1fn";  // PyTorch's and ml_dtypes' name
  auto one = parse_stated_type(name);
  if (!one || one->pairs || one->code_bits() != 4) return std::nullopt;
  one->pairs = true;
  return one;
}

std::string to_string(const stated_type& type) {
  const std::string one = type.integers ? std::string(name_of(*type.integers)) : to_string(type.type);
  return type.pairs ? one + std::string(pairs_ending) : one;
}

std::string file_reference::name() const { return tensor ? path.string() + "#" + *tensor : path.string(); }

file_reference parse_file_reference(std::string_view text,
                                    const std::function<bool(const std::filesystem::path&)>& is_file) {
  file_reference reference;
  const auto take_type = [&](std::string_view name) {
    const auto read = parse_type_and_shape(name);
    if (!read) return false;
    reference.type = read->type;
    reference.shape = read->shape;
    return true;
  };
  if (is_file(text)) {
    reference.path = text;
    return reference;
  }
  // The # after an existing file, or else the first.
  std::size_t hash = text.find('#');
  for (std::size_t at = hash; at != std::string_view::npos; at = text.find('#', at + 1)) {
    if (!is_file(text.substr(0, at))) continue;
    hash = at;
    break;
  }
  const bool has_colon_file = hash != std::string_view::npos && !is_file(text.substr(0, hash)) &&
                              text.rfind(':') != std::string_view::npos && is_file(text.substr(0, text.rfind(':')));
  if (hash != std::string_view::npos && !has_colon_file) {
    reference.path = text.substr(0, hash);
    std::string_view rest = text.substr(hash + 1);
    // A tensor's name may have colons of its own.
    if (const std::size_t colon = rest.rfind(':'); colon != std::string_view::npos && take_type(rest.substr(colon + 1)))
      rest = rest.substr(0, colon);
    reference.tensor = rest;
    return reference;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    reference.path = text;
    return reference;
  }
  if (!take_type(text.substr(colon + 1))) refuse_type(text.substr(colon + 1));
  reference.path = text.substr(0, colon);
  return reference;
}

file_reference parse_file_reference(std::string_view text) {
  return parse_file_reference(text, [](const std::filesystem::path& path) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(path, ignored);
  });
}

file_reference parse_output_reference(std::string_view text) {
  file_reference reference;
  const std::size_t hash = text.rfind('#');
  const std::string_view before = text.substr(0, hash);
  if (hash == std::string_view::npos || !(before.ends_with(".npz") || before.ends_with(".safetensors"))) {
    reference.path = text;
    return reference;
  }
  reference.path = before;
  reference.tensor = text.substr(hash + 1);
  return reference;
}

std::string_view closest_name(std::string_view word, std::span<const std::string_view> names) {
  std::string_view best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string_view name : names) {
    if (name.size() > 200 || word.size() > 200) continue;  // names from files may be of any length
    const std::size_t longer = std::max(name.size(), word.size()), shorter = std::min(name.size(), word.size());
    if (longer - shorter >= least) continue;  // so many letters are missing
    if (const std::size_t distance = edit_distance(word, name); distance < least) {
      least = distance;
      best = name;
    }
  }
  return least >= std::max(word.size(), best.size()) ? std::string_view() : best;
}

}  // namespace assay
