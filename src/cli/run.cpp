// assay run KERNEL --INPUT FILE ... -o OUT [arithmetic]: the emulated kernel.
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <assay/kernel/run.hpp>
#include <assay/tensor/describe.hpp>

#include "arguments.hpp"
#include "arithmetic_options.hpp"
#include "kernel_options.hpp"
#include "result_files.hpp"
#include "run_product.hpp"

namespace assay::cli {
namespace {

using json = nlohmann::ordered_json;

struct run_options {
  explicit run_options(const kernel_info& info) : kernel(info), with(info.name) {}

  kernel_options kernel;
  arithmetic_options with;
  std::string output;
  unsigned threads = 0;
  bool json = false, quiet = false;
};

exit_code run(const run_options& options) {
  const kernel_info& kernel = options.kernel.kernel();
  const arithmetic with = options.with.parse();
  const kernel_call call = options.kernel.call();
  std::vector<tensor> results = as_usage([&] { return run_kernel(call, with, options.threads); });
  const std::string in_words = to_string(with);
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
  if (options.json) {
    fmt::print("{}\n", json{{"kernel", kernel.name}, {"arithmetic", in_words}, {"results", rows}}.dump(2));
  } else if (!options.quiet) {
    fmt::print("{}", text);
  }
  return passed;
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
  command.footer(fmt::format(
      "{}Without an arithmetic inputs are cast to binary32, the kernel computes in it, and results are cast to the\n"
      "format of the first input.\n"
      "Examples:\n"
      "  assay run {} {} -o out.npy --to bfloat16\n"
      "  assay run {} {} -o out.npy --arithmetic native\n"
      "  assay run {} {} -o out.npy --compute binary16 --rounding toward_zero",
      result_files_help(kernel), kernel.name, example_words(kernel), kernel.name, example_words(kernel), kernel.name,
      example_words(kernel)));
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
  add_kernels(*command, [&](CLI::App& one, const kernel_info& kernel) {
    if (!add_run_product(one, kernel, chosen)) add_run_of(one, kernel, chosen);
  });
}

}  // namespace assay::cli
