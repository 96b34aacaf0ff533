// assay convert IN -o OUT --to F
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <assay/bulk/random.hpp>
#include <assay/number/convert.hpp>
#include <assay/tensor/describe.hpp>

#include "arguments.hpp"
#include "progress.hpp"
#include "terminal.hpp"

namespace assay::cli {
namespace {

struct convert_options {
  std::string input, output, to, shape;
  conversion_options policy;
  int random_bits = 32;
  std::uint64_t seed = 0;
  bool json = false, quiet = false;
};

/// An integer of the tensor's type as the sign-extended 64-bit value.
std::int64_t sign_extended(std::uint64_t bits, int width) {
  const int unused = 64 - width;
  return static_cast<std::int64_t>(bits << unused) >> unused;
}

rounded convert_element(std::uint64_t bits, const element_type& from, format to, conversion how, std::uint32_t random) {
  switch (from.what) {
    case element_type::kind::floating: return assay::convert(encoded{bits, from.layout}, to, how, random);
    case element_type::kind::signed_integer:
      return assay::convert(sign_extended(bits, from.integer_bits), to, how, random);
    case element_type::kind::unsigned_integer:
    case element_type::kind::boolean: break;
  }
  return assay::convert(bits, to, how, random);
}

struct exception_name {
  exceptions which;
  std::string_view name;
};
constexpr exception_name exception_names[]{{exceptions::inexact, "inexact"},
                                           {exceptions::underflow, "underflowed"},
                                           {exceptions::overflow, "overflowed"},
                                           {exceptions::invalid, "invalid"}};

exit_code run(const convert_options& options) {
  const format to = format_argument(options.to);
  conversion how = options.policy.parse();
  how.random_bits = options.random_bits;
  if (!how.is_valid()) throw usage_error(fmt::format("--random-bits is {}; expected 1 to 32.", options.random_bits));
  const file_argument input =
      file_argument::parse(options.shape.empty() ? options.input : with_shape(options.input, options.shape));
  input_files files;
  progress_line shown("", !options.quiet);
  shown.say("reading files");
  const tensor from = input.read(files);

  tensor result(element_type::of(to), from.shape());
  std::size_t counts[std::size(exception_names)]{};
  in_counted_blocks("conversion", from.size(), [&](std::size_t i) {
    const rounded r = convert_element(from[i], from.type(), to, how, random_word(options.seed, i));
    result.set(i, r.code);
    for (std::size_t k = 0; k < std::size(exception_names); ++k) counts[k] += any(r.raised & exception_names[k].which);
  });
  files.check_unchanged();
  shown.say("writing files");
  // A .safetensors file's own metadata goes along; other kinds have none to give or to take.
  const bool has_metadata = input.path.extension() == ".safetensors";
  write_output(options.output, result, has_metadata ? read_metadata(input.path) : file_metadata());
  shown.end();

  if (options.json) {
    nlohmann::ordered_json report{{"output", options.output},
                                  {"from", to_string(from.type())},
                                  {"to", format_name(to)},
                                  {"shape", std::vector(from.shape().begin(), from.shape().end())},
                                  {"rounding", options.policy.rounding},
                                  {"elements", from.size()}};
    for (std::size_t k = 0; k < std::size(exception_names); ++k)
      report[std::string(exception_names[k].name)] = counts[k];
    fmt::print("{}\n", report.dump(2));
  } else if (!options.quiet) {
    std::string what;
    for (std::size_t k = 0; k < std::size(exception_names); ++k) {
      if (counts[k] != 0) what += fmt::format("{}{} {}", what.empty() ? "" : ", ", counts[k], exception_names[k].name);
    }
    fmt::print("{}: {} elements of shape {}, {} to {}, {}: {}.\n", options.output, from.size(), to_string(from.shape()),
               to_string(from.type()), format_name(to), options.policy.rounding, what.empty() ? "all exact" : what);
  }
  return passed;
}

}  // namespace

void add_convert(CLI::App& app, action& chosen) {
  const auto options = std::make_shared<convert_options>();
  auto* command = app.add_subcommand("convert", "Converts a tensor to another format, rounding each element once");
  command->add_option("IN", options->input, "FILE, FILE#tensor; raw bits need their format: FILE:bfloat16")->required();
  command->add_option("-o,--output", options->output, "The file to write: .npy, .npz, .safetensors, .bin")
      ->check(output_complaint)
      ->required();
  command->add_option("--shape", options->shape, "Shape of a raw file, as in 64,128")->type_name("N,N");
  command->add_option("--to", options->to, "The format to convert to")->required();
  options->policy.add_to(*command, true);
  command->add_option("--random-bits", options->random_bits, "Random bits of stochastic rounding, 1 to 32")
      ->capture_default_str();
  command->add_option("--seed", options->seed, "Seed of stochastic rounding; the same seed gives the same bits")
      ->capture_default_str();
  command->add_flag("--json", options->json, "The summary for machines");
  command->add_flag("-q,--quiet", options->quiet, "No summary");
  command->footer(
      "Files: .npy, .npz, .safetensors, .pt, .bin (FILE.bin:e5m2[64,128], or --shape); docs/file-formats.md.\n"
      "Examples:\n"
      "  assay convert weights.npy -o weights_fp8.npy --to e4m3fn --overflow saturate_finite\n"
      "  assay convert bits.npy:bfloat16 -o values.npy --to binary32\n"
      "  assay convert model.safetensors#layer.weight -o w.safetensors --to e4m3fn\n"
      "  assay convert x.npy -o y.npy --to e5m2 --rounding stochastic --seed 7");
  command->callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

}  // namespace assay::cli
