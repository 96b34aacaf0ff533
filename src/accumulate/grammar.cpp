// Accumulators as text: see grammar.hpp for the grammar.
#include <algorithm>
#include <array>

#include <assay/accumulate/grammar.hpp>
#include <assay/format/name.hpp>
#include <assay/rounding/name.hpp>

#include "words.hpp"

namespace assay {

namespace {

using namespace accumulate;

constexpr std::array kinds =
    std::to_array<std::string_view>({"floating", "unit", "aligned", "fixed", "integer", "exact", "kahan", "neumaier",
                                     "two_sum", "dp4a", "dp4a_saturating", "pmaddubsw"});

/// One accumulator being read: its words, and how to complain about them.
struct reader {
  std::string_view whole;
  std::vector<std::string_view> words;
  std::size_t next = 0;

  [[noreturn]] void fail(std::string_view found, const std::string& expected) const {
    words::fail("accumulator", whole, found, expected);
  }
  bool done() const { return next == words.size(); }
  std::string_view take(const std::string& expected) {
    if (done()) fail("nothing more", expected);
    return words[next++];
  }
  template <class Integer>
  Integer number_of(std::string_view word, std::string_view digits, Integer low, Integer high) const {
    const auto value = words::number<Integer>(digits);
    if (!value || *value < low || *value > high) {
      fail(word, "a number from " + std::to_string(low) + " to " + std::to_string(high));
    }
    return *value;
  }
  format format_of(std::string_view word) const {
    const auto f = parse_format(word);
    if (!f) fail(word, "a format such as binary32, bfloat16 or e5m10");
    if (!f->is_signed()) fail(word, "a format with a sign and a zero");
    return *f;
  }
  rounding mode_of(std::string_view word) const {
    const auto mode = find_named_value<rounding>(word);
    if (!mode || *mode == rounding::stochastic) fail(word, "a rounding mode, and not stochastic");
    return *mode;
  }
};

/// key=value, when the word has that key.
std::optional<std::string_view> value_of(std::string_view word, std::string_view key) {
  if (!word.starts_with(key) || word.size() <= key.size() || word[key.size()] != '=') return std::nullopt;
  return word.substr(key.size() + 1);
}

floating read_floating(reader& r) {
  floating a;
  a.in = r.format_of(r.take("a format"));
  while (!r.done()) {
    const std::string_view word = r.take("");
    if (const auto bits = value_of(word, "stochastic")) {
      a.how.mode = rounding::stochastic;
      a.how.random_bits = r.number_of(word, *bits, 1, 32);
    } else if (const auto seed = value_of(word, "seed")) {
      a.seed = r.number_of<std::uint64_t>(word, *seed, 0, ~std::uint64_t{0});
    } else if (word == "fused") {
      a.multiply = multiplication::fused;
    } else if (word == "rounded") {
      a.multiply = multiplication::rounded;
    } else if (const auto mode = find_named_value<rounding>(word); mode && *mode != rounding::stochastic) {
      a.how.mode = *mode;
    } else if (const auto on_overflow = find_named_value<overflow>(word)) {
      a.how.on_overflow = *on_overflow;
    } else if (const auto on_subnormal = find_named_value<subnormals>(word)) {
      a.how.on_subnormal = *on_subnormal;
    } else {
      r.fail(word, "a rounding mode, stochastic=BITS, seed=N, an overflow or subnormals policy, fused or rounded");
    }
  }
  return a;
}

aligned read_aligned(reader& r) {
  aligned a;
  bool kept_given = false;
  while (!r.done()) {
    const std::string_view word = r.take("");
    if (const auto n = value_of(word, "group")) {
      a.group = r.number_of(word, *n, 1, aligned::max_group);
    } else if (const auto n2 = value_of(word, "fraction")) {
      a.fraction_bits = r.number_of(word, *n2, 0, aligned::max_fraction_bits);
    } else if (const auto out = value_of(word, "out")) {
      a.out = r.format_of(*out);
      if (!kept_given) a.kept = a.out;
    } else if (const auto kept = value_of(word, "kept")) {
      a.kept = r.format_of(*kept);
      kept_given = true;
    } else if (const auto round = value_of(word, "round")) {
      a.output.mode = r.mode_of(*round);
    } else if (const auto align = value_of(word, "align")) {
      a.alignment = r.mode_of(*align);
    } else if (const auto floor = value_of(word, "floor")) {
      a.exponent_floor = r.number_of(word, *floor, -(1 << 24), 1 << 24);
    } else if (word == "addend=inside" || word == "addend=after") {
      a.addend = word == "addend=inside" ? addend::inside : addend::after;
    } else if (word == "nan=canonical" || word == "nan=all_ones") {
      a.nan = word == "nan=canonical" ? nan_code::canonical : nan_code::all_ones;
    } else if (word == "overflow=infinity") {
      a.output.on_overflow = overflow::ieee;
      a.overflow_to_infinity = true;
    } else if (const auto policy = value_of(word, "overflow"); policy && find_named_value<overflow>(*policy)) {
      a.output.on_overflow = *find_named_value<overflow>(*policy);
      a.overflow_to_infinity = false;
    } else if (const auto flush = value_of(word, "subnormals"); flush && find_named_value<subnormals>(*flush)) {
      a.output.on_subnormal = *find_named_value<subnormals>(*flush);
    } else {
      r.fail(word,
             "group=N, fraction=N, out=FORMAT, kept=FORMAT, round=MODE, align=MODE, addend=inside or after, floor=E, "
             "overflow=POLICY or infinity, subnormals=POLICY, nan=canonical or all_ones");
    }
  }
  if (!a.is_valid()) r.fail("kept=" + format_name(a.kept), "a format that out=" + format_name(a.out) + " contains");
  return a;
}

unit read_unit(reader& r) {
  const std::string_view name = r.take("a matrix unit such as h100.wgmma.e4m3fn.fp32");
  const auto row = find_matrix_unit(name);
  if (row) return unit{*row};
  std::vector<std::string_view> names;
  for (const matrix_unit& known : matrix_units) names.push_back(known.name);
  r.fail(name, "a matrix unit such as h100.wgmma.e4m3fn.fp32" + words::suggestion(name, names));
}

fixed_overflow overflow_of(const reader& r, std::string_view word, const std::string& expected) {
  if (word == "wrap") return fixed_overflow::wrap;
  if (word == "saturate") return fixed_overflow::saturate;
  r.fail(word, expected);
}

fixed read_fixed(reader& r) {
  const std::string shape = "INTEGER_BITS.FRACTION_BITS, 1 to 63 in all";
  const std::string_view word = r.take(shape);
  const auto parts = words::split(word, ".");
  if (parts.size() != 2) r.fail(word, shape);
  fixed a;
  a.integer_bits = r.number_of(word, parts[0], 0, 63);
  a.fraction_bits = r.number_of(word, parts[1], 0, 63);
  if (!a.is_valid()) r.fail(word, shape);
  while (!r.done()) {
    const std::string_view option = r.take("");
    if (const auto mode = find_named_value<rounding>(option); mode && *mode != rounding::stochastic) {
      a.mode = *mode;
    } else {
      a.on_overflow = overflow_of(r, option, "wrap, saturate or a rounding mode, and not stochastic");
    }
  }
  return a;
}

void read_integer_options(reader& r, integer& a) {
  while (!r.done()) {
    const std::string_view word = r.take("");
    if (const auto n = value_of(word, "group")) {
      a.group = r.number_of(word, *n, 1, 1024);
    } else if (const auto bits = value_of(word, "group_bits")) {
      a.group_bits = r.number_of(word, *bits, 8, 64);
    } else {
      a.on_overflow = overflow_of(r, word, "wrap, saturate, group=N or group_bits=N");
    }
  }
}

compensated read_compensated(reader& r, compensation method) {
  compensated a;
  a.method = method;
  a.in = r.format_of(r.take("a format"));
  if (!r.done()) a.mode = r.mode_of(r.take(""));
  if (!r.done()) r.fail(r.take(""), "nothing more");
  return a;
}

exact read_exact(reader& r) {
  exact a;
  while (!r.done()) {
    const std::string_view word = r.take("");
    const auto lowest = value_of(word, "lowest");
    if (!lowest) r.fail(word, "lowest=E or nothing more");
    a.lowest_exponent = r.number_of(word, *lowest, -(1 << 22), 1 << 22);
  }
  return a;
}

plain_accumulator read_plain(std::string_view whole, std::string_view text) {
  reader r{whole, words::split(text, ":,")};
  const std::string_view kind = r.take("an accumulator");
  if (kind == "floating") return read_floating(r);
  if (kind == "unit") {
    const unit a = read_unit(r);
    if (!r.done()) r.fail(r.take(""), "nothing more");
    return a;
  }
  if (kind == "aligned") return read_aligned(r);
  if (kind == "fixed") return read_fixed(r);
  if (kind == "exact") return read_exact(r);
  if (kind == "kahan") return read_compensated(r, compensation::kahan);
  if (kind == "neumaier") return read_compensated(r, compensation::neumaier);
  if (kind == "two_sum") return read_compensated(r, compensation::two_sum);
  std::optional<integer> a;
  if (kind == "dp4a") a = dp4a;
  if (kind == "dp4a_saturating") a = dp4a_saturating;
  if (kind == "pmaddubsw") a = pmaddubsw;
  if (kind == "integer") {
    const std::string_view bits = r.take("the number of bits, 8 to 64");
    a = integer{r.number_of(bits, bits, 8, 64)};
  }
  if (a) {
    read_integer_options(r, *a);
    return *a;
  }
  if (parse_format(kind)) {
    r.next = 0;
    return read_floating(r);
  }
  std::string list;
  for (const std::string_view known : kinds) list += (list.empty() ? "" : ", ") + std::string(known);
  r.fail(kind, "one of " + list + " or a format's name" + words::suggestion(kind, kinds));
}

std::string option(std::string_view key, long long value) { return std::string(key) + "=" + std::to_string(value); }

std::string text_of(const floating& a) {
  const floating usual;
  std::string text = "floating:" + format_name(a.in);
  if (a.how.mode == rounding::stochastic) {
    text += ":" + option("stochastic", a.how.random_bits);
  } else if (a.how.mode != usual.how.mode) {
    text += ":" + std::string(name_of_value(a.how.mode));
  }
  if (a.how.on_overflow != usual.how.on_overflow) text += ":" + std::string(name_of_value(a.how.on_overflow));
  if (a.how.on_subnormal != usual.how.on_subnormal) text += ":" + std::string(name_of_value(a.how.on_subnormal));
  if (a.multiply == multiplication::rounded) text += ":rounded";
  if (a.seed != 0) text += ":seed=" + std::to_string(a.seed);
  return text;
}

std::string text_of(const aligned& a) {
  const aligned usual;
  std::string text = "aligned:" + option("group", a.group) + "," + option("fraction", a.fraction_bits);
  if (a.out != usual.out) text += ",out=" + format_name(a.out);
  if (a.kept != a.out) text += ",kept=" + format_name(a.kept);
  if (a.output.mode != usual.output.mode) text += ",round=" + std::string(name_of_value(a.output.mode));
  if (a.alignment != usual.alignment) text += ",align=" + std::string(name_of_value(a.alignment));
  if (a.addend == addend::after) text += ",addend=after";
  if (a.exponent_floor != usual.exponent_floor) text += "," + option("floor", a.exponent_floor);
  if (a.overflow_to_infinity) text += ",overflow=infinity";
  if (a.output.on_overflow != usual.output.on_overflow) {
    text += ",overflow=" + std::string(name_of_value(a.output.on_overflow));
  }
  if (a.output.on_subnormal != usual.output.on_subnormal) {
    text += ",subnormals=" + std::string(name_of_value(a.output.on_subnormal));
  }
  if (a.nan == nan_code::all_ones) text += ",nan=all_ones";
  return text;
}

std::string text_of(const unit& a) { return "unit:" + std::string(a.row.name); }

std::string text_of(const fixed& a) {
  std::string text = "fixed:" + std::to_string(a.integer_bits) + "." + std::to_string(a.fraction_bits);
  text += a.on_overflow == fixed_overflow::wrap ? ":wrap" : ":saturate";
  if (a.mode != fixed{}.mode) text += ":" + std::string(name_of_value(a.mode));
  return text;
}

std::string text_of(const integer& a) {
  std::string text = "integer:" + std::to_string(a.bits);
  text += a.on_overflow == fixed_overflow::wrap ? ":wrap" : ":saturate";
  if (a.group != 1) text += "," + option("group", a.group);
  if (a.group_bits != 0) text += "," + option("group_bits", a.group_bits);
  return text;
}

std::string text_of(const exact& a) { return a == exact{} ? "exact" : "exact:" + option("lowest", a.lowest_exponent); }

std::string text_of(const compensated& a) {
  std::string text = a.method == compensation::kahan      ? "kahan:"
                     : a.method == compensation::neumaier ? "neumaier:"
                                                          : "two_sum:";
  text += format_name(a.in);
  if (a.mode != compensated{}.mode) text += ":" + std::string(name_of_value(a.mode));
  return text;
}

std::string text_of(const plain& a) {
  return std::visit([](const auto& x) { return text_of(x); }, a.which);
}

std::string text_of(const promotion& a) {
  return text_of(a.inner) + "/promote:" + std::to_string(a.every) + "/" + text_of(a.outer);
}

}  // namespace

accumulator parse_accumulator(std::string_view text) {
  const auto parts = words::split(text, "/");
  if (parts.size() == 1) {
    return std::visit([](const auto& a) -> accumulator { return a; }, read_plain(text, text));
  }
  const std::string_view word = parts[1], key = "promote:";
  const bool is_promotion = parts.size() == 3 && word.starts_with(key);
  if (!is_promotion) words::fail("accumulator", text, word, "INNER/promote:N/OUTER");
  const auto every = words::number<int>(word.substr(key.size()));
  if (!every || *every < 1) words::fail("accumulator", text, word, "promote:N with N from 1 to 2147483647");
  return promotion{{read_plain(text, parts[0])}, {read_plain(text, parts[2])}, *every};
}

std::string to_string(const accumulator& a) {
  return std::visit([](const auto& x) { return text_of(x); }, a);
}

}  // namespace assay
