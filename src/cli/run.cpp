// assay run KERNEL --INPUT FILE ... -o OUT [arithmetic]: the emulated kernel.
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <assay/kernel/run.hpp>
#include <assay/tensor/describe.hpp>

#include "arguments.hpp"
#include "arithmetic_options.hpp"
#include "kernel_options.hpp"
#include "progress.hpp"
#include "result_files.hpp"
#include "run_integers.hpp"

namespace assay::cli {
namespace {

using json = nlohmann::ordered_json;

struct run_options {
  explicit run_options(const kernel_info& info) : kernel(info), with(info.name) {}

  kernel_options kernel;
  arithmetic_options with;
  integer_options integers;
  std::string output;
  unsigned threads = 0;
  bool json = false, quiet = false;
};

exit_code run(const run_options& options) {
  const kernel_info& kernel = options.kernel.kernel();
  input_files files;
  std::vector<tensor> results;
  std::string in_words;
  progress_line shown(std::string(kernel.name), !options.quiet);
  shown.say("reading files");
  if (auto integers = options.integers.run(files, options.kernel, options.with, options.threads)) {
    results.push_back(std::move(*integers));
    const std::string accumulate = options.with.value("accumulate"), order = options.with.value("order");
    in_words = "accumulate=" + (accumulate.empty() ? "integer:32" : accumulate);
    if (!order.empty()) in_words += " order=" + order;
  } else {
    const arithmetic with = options.with.parse();
    kernel_call call = options.kernel.call(files);
    options.integers.move(files, call, options.kernel);
    results = as_usage([&] { return run_kernel(call, with, options.threads); });
    in_words = to_string(with);
  }
  files.check_unchanged();
  shown.say("writing files");
  json rows = json::array();
  std::string text;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const tensor& t = results[i];
    if (!was_asked_for(t)) continue;
    const std::string file = result_file(options.output, kernel, i);
    rows.push_back({{"name", kernel.results[i].name},
                    {"output", file},
                    {"to", to_string(t.type())},
                    {"shape", std::vector(t.shape().begin(), t.shape().end())}});
    text += fmt::format("{}: {}{}, {} of shape {}{}.\n", file, kernel.name,
                        kernel.results.size() == 1 ? "" : fmt::format(", {}", kernel.results[i].name),
                        to_string(t.type()), to_string(t.shape()), in_words.empty() ? "" : "; " + in_words);
  }
  write_results(options.output, kernel, std::move(results));
  shown.end();
  if (options.json) {
    fmt::print("{}\n", json{{"kernel", kernel.name}, {"arithmetic", in_words}, {"results", rows}}.dump(2));
  } else if (!options.quiet) {
    fmt::print("{}", text);
  }
  return passed;
}

constexpr const char* product_help =
    " With an integer type in --to the inputs are integers and\n"
    "sums are kept in integer:32, or another integer accumulator, and stored as they are or requantised. Integers are\n"
    "int8, int16 and int32 arrays, or named: FILE:uint8. docs/gemm.md has each step to the formula.";

std::string more_examples(const kernel_info& kernel) {
  if (kernel.name == "dot") {
    return "\n"
           "  assay run dot --a a.npy:binary16 --b b.npy:binary16 --c c.npy:binary32 -o d.npy --to binary32 \\\n"
           "      --accumulate unit:h100.mma.fp16.fp32";
  }
  if (kernel.name != "gemm") return "";
  return "\n"
         "  assay run gemm --a x.npy:e4m3fn --b w.npy:e4m3fn --transpose-b -o y.npy --to bfloat16 \\\n"
         "      --accumulate unit:h100.wgmma.e4m3fn.fp32/promote:128/floating:binary32\n"
         "  assay run gemm --a x.npy:e4m3fn --b w.npy:e4m3fn --a-scale xs.npy --b-scale ws.npy --bias b.npy \\\n"
         "      --activation silu -o y.npy --to bfloat16 --accumulate floating:binary32\n"
         "  assay run gemm --a x.npy --b w.npy --bias b.npy -o y.npy --to int32\n"
         "  assay run gemm --a x.npy:uint8 --b w.npy --zero-a 128 -o y.npy --to uint8 --requantise float_scale \\\n"
         "      --factor 0.0072 --zero-y 128 --clamp 0,255";
}

void add_run_of(CLI::App& command, const kernel_info& kernel, action& chosen) {
  const auto options = std::make_shared<run_options>(kernel);
  options->kernel.add_to(command);
  command.add_option("-o,--output", options->output, "The file to write; several results have their names inserted")
      ->check(output_complaint)
      ->type_name("FILE")
      ->required();
  command.add_option("--threads", options->threads, "Threads; 0 for all; results do not depend on it")
      ->type_name("N")
      ->capture_default_str();
  command.add_flag("--json", options->json, "The summary for machines");
  command.add_flag("-q,--quiet", options->quiet, "No summary");
  options->with.add_to(command, "--arithmetic",
                       "All of the arithmetic in one text: upcast:FORMAT or native, then key=value for any of the "
                       "options below");
  if (has_integers(kernel)) options->integers.add_to(command);
  command.footer(fmt::format(
      "{}Without an arithmetic inputs are cast to binary32, the kernel computes in it, and results are cast to the\n"
      "format of the first input.{}\n"
      "Examples:\n"
      "  assay run {} {} -o out.npy --to bfloat16\n"
      "  assay run {} {} -o out.npy --arithmetic native\n"
      "  assay run {} {} -o out.npy --compute binary16 --rounding toward_zero{}",
      result_files_help(kernel), has_integers(kernel) ? product_help : "", kernel.name, example_words(kernel),
      kernel.name, example_words(kernel), kernel.name, example_words(kernel), more_examples(kernel)));
  command.callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

}  // namespace

void add_run(CLI::App& app, action& chosen) {
  auto* command = app.add_subcommand("run", "Computes a kernel in a given arithmetic, to the bit");
  command->require_subcommand(1);
  command->footer(
      "Examples:\n"
      "  assay run softmax --x x.npy:bfloat16 -o y.npy --compute binary32 --to bfloat16\n"
      "  assay run gemm --a a.npy --b b.npy -o d.npy --to binary16 --accumulate floating:binary32");
  add_kernels(*command, [&](CLI::App& one, const kernel_info& kernel) { add_run_of(one, kernel, chosen); });
}

}  // namespace assay::cli
