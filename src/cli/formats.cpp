// assay formats [NAME] [--codes]
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <assay/format/limits.hpp>
#include <assay/number/order.hpp>
#include <assay/number/text.hpp>

#include "arguments.hpp"
#include "terminal.hpp"

namespace assay::cli {
namespace {

struct formats_options {
  std::string name;
  bool codes = false, json = false;
};

/// The shortest decimal that names the value, whatever the format's exponents.
std::string number_text(std::uint64_t code, format f) { return to_string(encoded{code, f}); }

std::string_view encoding_text(encoding e) {
  switch (e) {
    case encoding::ieee: return "infinities and NaNs as IEEE 754";
    case encoding::fn: return "no infinity, one NaN of each sign";
    case encoding::fnuz: return "no infinity, one NaN in place of negative zero";
    case encoding::finite: return "finite numbers only";
    case encoding::fnu: break;
  }
  return "powers of two without sign or zero, one NaN";
}

struct row {
  std::string what, value;
};

std::vector<row> limits_in_words(format f) {
  const std::uint64_t normal = f.min_normal_code(), largest = f.max_finite_code();
  const format_limits limits = limits_of(f);
  std::vector<row> rows{
      {"bits", fmt::format("{}: {}{} exponent, {} fraction", f.width(), f.is_signed() ? "1 sign, " : "",
                           f.exponent_bits, f.fraction_bits)},
      {"exponent bias", fmt::format("{}", f.bias)},
      {"special values", std::string(encoding_text(f.nonfinite))},
      {"largest", number_text(largest, f)},
      {"smallest normal", normal <= largest ? number_text(normal, f) : "none"},
      {"smallest positive", number_text(f.min_positive_code(), f)},
      {"epsilon", fmt::format("2^{} = {}", -f.fraction_bits, shortest(limits.epsilon))},
      {"unit roundoff", fmt::format("2^{} = {}", -f.fraction_bits - 1, shortest(limits.unit_roundoff))},
      {"decimal digits", fmt::format("{} always survive, {} always suffice", limits.digits10, limits.max_digits10)},
      {"finite codes", fmt::format("{}", f.finite_code_count())},
      {"bytes in memory", fmt::format("{}", storage_bytes(f))},
  };
  return rows;
}

std::string aliases_of(std::string_view name) {
  std::string text;
  for (const auto& alias : format_aliases) {
    if (alias.means == name) text += (text.empty() ? "" : ", ") + std::string(alias.name);
  }
  return text;
}

/// Values are text: a format's exponents may lie beyond every JSON reader's numbers.
nlohmann::ordered_json as_json(format f) {
  const bool has_normal = f.min_normal_code() <= f.max_finite_code();
  return {{"name", format_name(f)},
          {"bits", f.width()},
          {"exponent_bits", f.exponent_bits},
          {"fraction_bits", f.fraction_bits},
          {"bias", f.bias},
          {"has_infinity", f.has_infinity()},
          {"has_nan", f.has_nan()},
          {"has_negative_zero", f.has_negative_zero()},
          {"has_subnormals", f.has_subnormals()},
          {"max", number_text(f.max_finite_code(), f)},
          {"min_normal",
           has_normal ? nlohmann::ordered_json(number_text(f.min_normal_code(), f)) : nlohmann::ordered_json(nullptr)},
          {"min_positive", number_text(f.min_positive_code(), f)},
          {"finite_codes", f.finite_code_count()}};
}

std::string class_text(std::uint64_t code, format f) {
  switch (classify(code, f)) {
    case number_class::signalling_nan: return "signalling NaN";
    case number_class::quiet_nan: return "NaN";
    case number_class::negative_infinity:
    case number_class::positive_infinity: return "infinity";
    case number_class::negative_normal:
    case number_class::positive_normal: return "normal";
    case number_class::negative_subnormal:
    case number_class::positive_subnormal: return "subnormal";
    case number_class::negative_zero:
    case number_class::positive_zero: break;
  }
  return "zero";
}

void print_table() {
  fmt::print("{}\n",
             painted(fmt::format("{:<12} {:>4} {:>4} {:>5} {:>5}  {:<23} {:<23} {:<4} {:<5} {}", "name", "bits", "exp.",
                                 "frac.", "bias", "largest", "smallest positive", "inf", "NaN", "what it is"),
                     colour::bold));
  for (const auto& row : named_formats) {
    const format& f = row.value;
    const std::string aliases = aliases_of(row.name);
    fmt::print("{:<12} {:>4} {:>4} {:>5} {:>5}  {:<23} {:<23} {:<4} {:<5} {}{}\n", row.name, f.width(), f.exponent_bits,
               f.fraction_bits, f.bias, number_text(f.max_finite_code(), f), number_text(f.min_positive_code(), f),
               f.has_infinity() ? "yes" : "no", f.has_nan() ? "yes" : "no", row.summary,
               aliases.empty() ? "" : " (" + aliases + ")");
  }
  fmt::print(
      "\nAny other: e<exponent bits>m<fraction bits>[b<bias>][fn|fnuz|finite|fnu], for example e5m7 or e4m3b9fn.\n");
}

void print_codes(format f) {
  const int digits = (f.width() + 3) / 4;
  fmt::print("{}\n", painted(fmt::format("{:<10} {:<22} {:<24} {}", "code", "sign exponent fraction", "value", "class"),
                             colour::bold));
  for (std::uint64_t code = 0; code <= f.code_mask(); ++code) {
    std::string fields;
    if (f.is_signed()) fields = (code & f.sign_mask()) != 0 ? "1 " : "0 ";
    fields += fmt::format("{:0{}b}", (code & f.magnitude_mask()) >> f.fraction_bits, f.exponent_bits);
    if (f.fraction_bits > 0) fields += fmt::format(" {:0{}b}", code & f.fraction_mask(), f.fraction_bits);
    fmt::print("{:<10} {:<22} {:<24} {}\n", fmt::format("0x{:0{}x}", code, digits), fields, number_text(code, f),
               class_text(code, f));
  }
}

exit_code run(const formats_options& options) {
  if (options.name.empty()) {
    if (options.codes) throw usage_error("--codes needs the name of a format, as in `assay formats e4m3fn --codes`.");
    if (!options.json) {
      print_table();
      return passed;
    }
    auto all = nlohmann::ordered_json::array();
    for (const auto& row : named_formats) all.push_back(as_json(row.value));
    fmt::print("{}\n", all.dump(2));
    return passed;
  }
  const format f = format_argument(options.name);
  if (options.codes && f.width() > 16) {
    throw usage_error(
        fmt::format("{} has 2^{} codes; --codes lists formats of up to 16 bits.", format_name(f), f.width()));
  }
  if (options.json) {
    auto result = as_json(f);
    if (options.codes) {
      auto codes = nlohmann::ordered_json::array();
      for (std::uint64_t code = 0; code <= f.code_mask(); ++code) codes.push_back(number_text(code, f));
      result["codes"] = std::move(codes);
    }
    fmt::print("{}\n", result.dump(2));
    return passed;
  }
  fmt::print("{}\n", painted(format_name(f), colour::bold));
  for (const auto& [what, value] : limits_in_words(f)) fmt::print("  {:<18} {}\n", what, value);
  if (options.codes) {
    fmt::print("\n");
    print_codes(f);
  }
  return passed;
}

}  // namespace

void add_formats(CLI::App& app, action& chosen) {
  const auto options = std::make_shared<formats_options>();
  auto* command = app.add_subcommand("formats", "The table of formats, or one format's limits and codes");
  command->add_option("NAME", options->name, "A format: a name or alias of the table, or like e5m10, e4m3b9fn");
  command->add_flag("--codes", options->codes, "List every code point (formats of up to 16 bits)");
  command->add_flag("--json", options->json, "The same for machines");
  command->footer("Examples:\n  assay formats\n  assay formats e4m3fn --codes\n  assay formats e6m9 --json");
  command->callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

}  // namespace assay::cli
