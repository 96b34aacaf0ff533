// Arithmetics as text: see arithmetic.hpp for the grammar.
#include <algorithm>

#include <assay/accumulate/grammar.hpp>
#include <assay/format/name.hpp>
#include <assay/kernel/arithmetic.hpp>
#include <assay/rounding/name.hpp>

#include "accumulate/words.hpp"
#include "families.hpp"

namespace assay {

namespace {

constexpr attribute_info::kind word = attribute_info::kind::choice;

// Of type choice without choices: a grammar of its own, said in `what`.
constexpr attribute_info keys[]{
    {"compute", word, "binary32", "FORMAT that operations are rounded to, or native: the storage format of the input"},
    {"rounding", word, "ties_to_even", "the mode of every operation",
     "ties_to_even ties_to_away toward_zero upward downward to_odd stochastic"},
    {"random_bits", attribute_info::kind::integer, "32", "of stochastic rounding, 1 to 32"},
    {"overflow", word, "ieee", "of every operation", "ieee saturate_finite to_nan"},
    {"subnormals", word, "keep", "of every operation", "keep flush_inputs flush_outputs flush_both"},
    {"load", word, "ties_to_even", "MODE[:POLICY...] of inputs on their way into the compute format"},
    {"accumulate", word, "",
     "ACCUMULATOR of sums; without it the compute format, products and sums rounded one by one"},
    {"order", word, "sequential", "ORDER of a sum's terms"},
    {"functions", word, "correctly_rounded", "correctly_rounded, approximate:ERROR[:flush] or table:BITS"},
    {"to", word, "", "FORMAT[:MODE][:POLICY...] of the result; the storage format of the input where none is given"},
    {"seed", attribute_info::kind::integer, "0", "of stochastic roundings"}};

[[noreturn]] void fail(std::string_view key, std::string_view found, const std::string& expected) {
  throw std::invalid_argument(std::string(key) + " is '" + std::string(found) + "'; expected " + expected + ".");
}

format format_of(std::string_view key, std::string_view text) {
  const auto f = parse_format(text);
  if (!f) fail(key, text, "a format such as binary32, bfloat16 or e5m10");
  return *f;
}

/// A mode or policy, whichever has that name.
void set_conversion(conversion& how, std::string_view key, std::string_view text) {
  const bool stochastic = text.starts_with("stochastic=");
  if (const auto mode = find_named_value<rounding>(stochastic ? "stochastic" : text)) {
    how.mode = *mode;
    if (*mode != rounding::stochastic) return;
    const auto bits = stochastic ? words::number<int>(text.substr(11)) : std::optional(32);
    if (!bits || *bits < 1 || *bits > 32) fail(key, text, "stochastic=BITS with 1 to 32 bits");
    how.random_bits = *bits;
  } else if (const auto on_overflow = find_named_value<overflow>(text)) {
    how.on_overflow = *on_overflow;
  } else if (const auto on_subnormal = find_named_value<subnormals>(text)) {
    how.on_subnormal = *on_subnormal;
  } else {
    fail(key, text, "a rounding mode, an overflow or a subnormals policy");
  }
}

conversion conversion_of(std::string_view key, std::span<const std::string_view> pieces) {
  conversion how;
  for (const std::string_view piece : pieces) set_conversion(how, key, piece);
  return how;
}

cast cast_of(std::string_view key, std::string_view text) {
  const auto pieces = words::split(text, ":,");
  return {format_of(key, pieces[0]), conversion_of(key, std::span(pieces).subspan(1))};
}

std::string text_of(const conversion& how) {
  std::string text;
  const auto append = [&](std::string_view piece) { text += (text.empty() ? "" : ":") + std::string(piece); };
  if (how.mode == rounding::stochastic) {
    append("stochastic=" + std::to_string(how.random_bits));
  } else if (how.mode != rounding::ties_to_even) {
    append(name_of_value(how.mode));
  }
  if (how.on_overflow != overflow::ieee) append(name_of_value(how.on_overflow));
  if (how.on_subnormal != subnormals::keep) append(name_of_value(how.on_subnormal));
  return text;
}
std::string text_of(const cast& c) {
  const std::string how = text_of(c.how);
  return format_name(c.to) + (how.empty() ? "" : ":" + how);
}

template <class Rows>
std::string names_of(const Rows& rows, std::string_view prefix = "") {
  std::string all;
  for (const auto& row : rows) all += (all.empty() ? "" : ", ") + std::string(prefix) + std::string(row.name);
  return all;
}

/// A mode or policy that has a key of its own.
void set_policy(conversion& how, const attribute_info& info, std::string_view text) {
  if (info.name == "rounding" && text.starts_with("stochastic=")) return set_conversion(how, info.name, text);
  if (!detail::is_choice(info, text)) fail(info.name, text, "one of " + std::string(info.choices));
  const int random_bits = how.random_bits;
  set_conversion(how, info.name, text);
  if (random_bits != 0) how.random_bits = random_bits;
}

void set_preset(arithmetic& a, std::string_view text) {
  if (text == "native") {
    a.compute.reset();
  } else if (text == "upcast" || text.starts_with("upcast:")) {
    a.compute = text == "upcast" ? binary32 : format_of("upcast", text.substr(7));
  } else {
    throw std::invalid_argument("'" + std::string(text) + "' in an arithmetic; expected key=value, upcast:FORMAT or " +
                                "native.");
  }
}

void set_key(arithmetic& a, const attribute_info& info, std::string_view text) {
  const std::string_view key = info.name;
  if (key == "compute") {
    if (text == "native")
      a.compute.reset();
    else
      a.compute = format_of(key, text);
  } else if (key == "rounding" || key == "overflow" || key == "subnormals") {
    set_policy(a.how, info, text);
  } else if (key == "random_bits") {
    const auto bits = words::number<int>(text);
    if (!bits || *bits < 1 || *bits > 32) fail(key, text, "1 to 32");
    a.how.random_bits = *bits;
  } else if (key == "load") {
    a.load = conversion_of(key, words::split(text, ":,"));
  } else if (key == "accumulate") {
    a.accumulate = parse_accumulator(text);
  } else if (key == "order") {
    a.order = parse_order(text);
  } else if (key == "functions") {
    a.functions = parse_functions(text);
  } else if (key == "to") {
    const cast c = cast_of(key, text);
    a.to = c.to;
    a.to_how = c.how;
  } else {
    const auto seed = words::number<std::uint64_t>(text);
    if (!seed) fail(key, text, "an integer from 0 to 2^64 - 1");
    a.seed = *seed;
  }
}

const attribute_info* find_info(std::span<const attribute_info> rows, std::string_view name) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.name == name; });
  return found == rows.end() ? nullptr : &*found;
}

void set_variant(arithmetic& a, const attribute_info& info, std::string_view text) {
  parse_attribute(info, text);
  a.variants.insert_or_assign(std::string(info.name), std::string(text));
}

void set_store(arithmetic& a, std::string_view kernel, std::string_view point, std::string_view text) {
  const auto stores = stores_of(kernel);
  if (std::none_of(stores.begin(), stores.end(), [&](const auto& row) { return row.name == point; })) {
    throw std::invalid_argument(std::string(kernel) + " has no store '" + std::string(point) + "'; expected " +
                                (stores.empty() ? "none" : names_of(stores)) + ".");
  }
  a.stores.insert_or_assign(std::string(point), cast_of("store." + std::string(point), text));
}

}  // namespace

std::span<const attribute_info> arithmetic_keys() { return keys; }

arithmetic parse_arithmetic(std::string_view kernel, std::span<const key_value> settings) {
  arithmetic a;
  for (const auto& [key, text] : settings) {
    if (key.starts_with("store.")) {
      set_store(a, kernel, std::string_view(key).substr(6), text);
    } else if (const attribute_info* info = find_info(keys, key)) {
      set_key(a, *info, text);
    } else if (const attribute_info* variant = find_info(variants_of(kernel), key)) {
      set_variant(a, *variant, text);
    } else if (text.empty()) {
      set_preset(a, key);
    } else {
      const std::string own = names_of(variants_of(kernel)), points = names_of(stores_of(kernel), "store.");
      throw std::invalid_argument(std::string(kernel) + " has no arithmetic key '" + key + "'; expected one of " +
                                  names_of(keys) + (own.empty() ? "" : ", " + own) +
                                  (points.empty() ? "" : ", " + points) + ".");
    }
  }
  if (a.how.mode != rounding::stochastic) a.how.random_bits = 0;
  check_arithmetic(kernel, a);
  return a;
}

arithmetic parse_arithmetic(std::string_view kernel, std::string_view text) {
  std::vector<key_value> settings;
  for (const std::string_view piece : words::split(text, " ;\t\n")) {
    if (piece.empty()) continue;
    const std::size_t equals = piece.find('=');
    const bool preset = equals == std::string_view::npos;
    settings.emplace_back(piece.substr(0, equals), preset ? std::string_view() : piece.substr(equals + 1));
    if (!preset && settings.back().second.empty()) {
      throw std::invalid_argument("'" + std::string(piece) + "' in an arithmetic; expected a value after =.");
    }
  }
  return parse_arithmetic(kernel, settings);
}

std::string to_string(const arithmetic& a) {
  std::string text;
  const auto append = [&](std::string_view key, const std::string& value) {
    text += (text.empty() ? "" : " ") + std::string(key) + "=" + value;
  };
  if (a.compute != binary32) append("compute", a.compute ? format_name(*a.compute) : "native");
  if (a.how.mode != rounding::ties_to_even) {
    append("rounding", std::string(name_of_value(a.how.mode)));
    if (a.how.mode == rounding::stochastic) append("random_bits", std::to_string(a.how.random_bits));
  }
  if (a.how.on_overflow != overflow::ieee) append("overflow", std::string(name_of_value(a.how.on_overflow)));
  if (a.how.on_subnormal != subnormals::keep) append("subnormals", std::string(name_of_value(a.how.on_subnormal)));
  if (a.load != conversion{}) append("load", text_of(a.load));
  if (a.accumulate) append("accumulate", to_string(*a.accumulate));
  if (a.order != summation_order(order::sequential{})) append("order", to_string(a.order));
  if (a.functions.what != function_model::kind::correctly_rounded) append("functions", to_string(a.functions));
  for (const auto& [point, c] : a.stores) append("store." + point, text_of(c));
  if (a.to) append("to", text_of(cast{*a.to, a.to_how}));
  if (a.seed != 0) append("seed", std::to_string(a.seed));
  for (const auto& [name, value] : a.variants) append(name, value);
  return text;
}

void check_arithmetic(std::string_view kernel, const arithmetic& a) {
  const auto check = [](std::string_view key, const std::optional<format>& f, const conversion& how) {
    if (f && !f->is_valid()) throw std::invalid_argument(std::string(key) + " is no valid format.");
    if (!how.is_valid()) {
      throw std::invalid_argument(std::string(key) + " rounds stochastically with " + std::to_string(how.random_bits) +
                                  " random bits; expected 1 to 32.");
    }
  };
  check("compute", a.compute, a.how);
  check("load", std::nullopt, a.load);
  check("to", a.to, a.to_how);
  for (const auto& [point, c] : a.stores) check("store." + point, c.to, c.how);
  if (a.functions.what == function_model::kind::custom && !a.functions.call) {
    throw std::invalid_argument("functions is custom without a function.");
  }
  for (const auto& [name, value] : a.variants) {
    const attribute_info* info = find_info(variants_of(kernel), name);
    if (info == nullptr) {
      const std::string own = names_of(variants_of(kernel));
      throw std::invalid_argument(std::string(kernel) + " has no variant '" + name + "'; expected " +
                                  (own.empty() ? "none" : "one of " + own) + ".");
    }
    parse_attribute(*info, value);
  }
}

}  // namespace assay
