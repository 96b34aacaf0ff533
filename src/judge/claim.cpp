#include <assay/judge/claim.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <assay/accumulate/grammar.hpp>
#include <assay/format/name.hpp>
#include <assay/rounding/name.hpp>

namespace assay {
namespace {

constexpr std::array<std::string_view, 3> variance_names{"two_pass", "welford", "one_pass"};

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> pieces;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    if (end != 0) pieces.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return pieces;
}

[[noreturn]] void refuse(std::string_view text, std::string_view found, const std::string& expected) {
  throw std::invalid_argument("claim '" + std::string(text) + "': found '" + std::string(found) + "', expected " +
                              expected + ".");
}

std::string preset_names() {
  std::string names;
  for (const claim_preset& p : claim_presets) names += (names.empty() ? "" : ", ") + std::string(p.name);
  return names;
}

/// What the words of a claim set, before the arithmetic is made of the rest.
struct claim_words {
  std::string_view kernel, text;
  claim made;
  std::vector<key_value> arithmetic_settings;
  bool accumulator_stated = false, order_stated = false;  ///< by the user, not by a preset

  void set(std::string_view key, std::string_view value) {
    const std::string v(value);
    if (key == "accumulate") {
      made.accumulators.clear();
      std::erase_if(arithmetic_settings, [](const key_value& s) { return s.first == "accumulate"; });
      for (const std::string_view one : split(value, "|")) made.accumulators.push_back(parse_accumulator(one));
      if (made.accumulators.empty()) refuse(text, value, "an accumulator");
      arithmetic_settings.emplace_back("accumulate", to_string(made.accumulators.front()));
      accumulator_stated = true;
    } else if (key == "order") {
      made.any_order = value == "any";
      order_stated = true;
      std::erase_if(arithmetic_settings, [](const key_value& s) { return s.first == "order"; });
      if (!made.any_order) arithmetic_settings.emplace_back("order", v);
    } else if (key == "function_ulps") {
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), made.function_ulps);
      if (error != std::errc() || end != value.data() + value.size() || !(made.function_ulps >= 0)) {
        refuse(text, value, "a number of ulps that is not negative");
      }
    } else if (key == "variance" && (value == "shifted" || value == "chunked")) {
      made.variance = value == "shifted" ? variance_algorithm::one_pass : variance_algorithm::welford;
      forward(key, value);
    } else if (key == "variance") {
      const auto found = std::find(variance_names.begin(), variance_names.end(), value);
      if (found == variance_names.end()) refuse(text, value, "two_pass, welford or one_pass");
      made.variance = static_cast<variance_algorithm>(found - variance_names.begin());
      for (const attribute_info& choice : variants_of(kernel)) {
        if (choice.name == key) forward(key, value);
      }
    } else if (key == "operand") {
      made.operand = parse_format(value);
      if (!made.operand) refuse(text, value, "a format");
    } else if (key == "to" && value.ends_with(":any")) {
      made.any_rounding = true;
      arithmetic_settings.emplace_back("to", v.substr(0, v.size() - 4));
    } else {
      forward(key, value);
    }
  }
  void forward(std::string_view key, std::string_view value) {
    std::erase_if(arithmetic_settings, [&](const key_value& s) { return s.first == key; });
    arithmetic_settings.emplace_back(std::string(key), std::string(value));
  }

  void read(std::string_view words) {
    bool first = true;
    for (const std::string_view word : split(words, " \t\n;")) {
      const std::size_t at = word.find('=');
      if (at != std::string_view::npos) {
        set(word.substr(0, at), word.substr(at + 1));
      } else if (word == "exact") {
        made.exact = true;
        made.any_order = false;
      } else if (word == "native") {
        set("compute", "native");
      } else if (word.starts_with("upcast:")) {
        set("compute", word.substr(7));
      } else {
        const auto preset = std::find_if(claim_presets.begin(), claim_presets.end(),
                                         [&](const claim_preset& p) { return p.name == word; });
        if (preset == claim_presets.end() || !first) {
          refuse(text, word, "key=value, 'exact' or, first, a preset: " + preset_names());
        }
        read(preset->settings);
        accumulator_stated = order_stated = false;
      }
      first = false;
    }
  }
};

/// Whether nothing is left open although nobody said "exact": a product or a sum in one stated accumulator. A floating
/// one without an order may add in any order; matrix units, integers and the like are models of their own.
bool is_model(const claim_words& words) {
  constexpr std::string_view plain[]{"dot", "gemm", "sum", "conv2d"};
  if (std::find(std::begin(plain), std::end(plain), words.kernel) == std::end(plain)) return false;
  if (!words.accumulator_stated || words.made.accumulators.size() != 1) return false;
  if (words.order_stated) return !words.made.any_order;
  return !std::holds_alternative<accumulate::floating>(words.made.accumulators.front());
}

bool sums_products(std::string_view kernel) {
  for (const std::string_view k :
       {"dot", "gemm", "conv2d", "attention", "lstm_cell", "gru_cell", "rnn_cell", "gemm_backward"}) {
    if (k == kernel) return true;
  }
  return false;
}

}  // namespace

std::vector<accumulator> claim::all_accumulators(format storage) const {
  if (!accumulators.empty()) return accumulators;
  return {*base.resolved(storage).accumulate};
}

claim parse_claim(std::string_view kernel, std::string_view text) {
  claim_words words{kernel, text, {}, {}};
  words.read(text);
  if (is_model(words)) {
    words.made.exact = true;
    words.made.any_order = false;
  }
  words.made.base = parse_arithmetic(kernel, words.arithmetic_settings);
  words.made.name = std::string(text);
  return words.made;
}

claim default_claim(const kernel_call& call) {
  const format storage = call.storage_format();
  std::string_view preset = "fp32-accumulate";
  const bool product = call.name() == "gemm" || call.name() == "dot";
  if (product && call.was_integer("a") && call.was_integer("b")) {
    preset = "int8";
  } else if (storage.precision() > 24) {
    preset = "fp64";
  } else if (sums_products(call.name()) && storage.width() <= 19) {
    const bool fp8 = storage.width() == 8;
    preset = fp8 ? "hopper-fp8" : "tensor-core";
  }
  claim c = parse_claim(call.name(), preset);
  // What is between two products may be in the storage format there: flash attention's probabilities.
  if (call.name() == "attention" && storage.width() <= 19) c.operand = storage;
  c.is_default = true;
  return c;
}

std::string describe(const claim& c) {
  std::string text = c.is_default ? "no claim was made; assumed: " : "";
  const auto preset =
      std::find_if(claim_presets.begin(), claim_presets.end(), [&](const claim_preset& p) { return p.name == c.name; });
  if (preset != claim_presets.end()) return text + std::string(preset->name) + ": " + std::string(preset->what);
  text += c.name.empty() ? to_string(c.base) : c.name;
  return text;
}

}  // namespace assay
