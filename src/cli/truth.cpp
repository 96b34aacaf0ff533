// assay truth KERNEL --INPUT FILE ... -o OUT --to F: the certified result.
#include <chrono>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <assay/reference/truth_of.hpp>
#include <assay/tensor/describe.hpp>

#include "arguments.hpp"
#include "kernel_options.hpp"
#include "progress.hpp"
#include "result_files.hpp"

namespace assay::cli {
namespace {

using json = nlohmann::ordered_json;
using reference::decisions;
using reference::truth;

struct truth_options {
  explicit truth_options(const kernel_info& info) : kernel(info) {}

  kernel_options kernel;
  std::string output, to, enclosure;
  conversion_options store;
  unsigned threads = 0;
  bool stats = false, json = false, quiet = false;
};

/// How the elements of a decided truth were decided, in the order in which an element goes through them.
struct decision_row {
  const char *name, *what;
  std::uint64_t decisions::*count;
};
constexpr decision_row decision_rows[]{
    {"special", "given by the kernel's table of specials", &decisions::special},
    {"fast", "proved in binary64 with a running error bound", &decisions::fast},
    {"interval", "proved by intervals of more bits", &decisions::interval},
    {"exact", "a rounding boundary itself, proved by exact arithmetic", &decisions::exact}};

std::string decided_in_words(const decisions& made) {
  std::string text;
  for (const decision_row& row : decision_rows) {
    if (made.*row.count != 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", made.*row.count, row.name);
  }
  return text.empty() ? "no elements" : text;
}

json result_json(std::string_view name, const std::string& file, const truth& t) {
  json row{{"name", name},
           {"output", file},
           {"to", to_string(t.value.type())},
           {"shape", std::vector(t.value.shape().begin(), t.value.shape().end())},
           {"elements", t.value.size()}};
  for (const decision_row& decided : decision_rows) row["decided"][decided.name] = t.decided.*decided.count;
  row["decided"]["most_bits"] = t.decided.most_bits;
  return row;
}

void print_stats(const decisions& made, double seconds) {
  for (const decision_row& row : decision_rows) {
    fmt::print("  {:<9} {:>12}  {}\n", row.name, made.*row.count, row.what);
  }
  if (made.most_bits != 0) fmt::print("  the highest precision that an element needed: {} bits\n", made.most_bits);
  fmt::print("  {:.3g} s, {:.3g} elements a second\n", seconds, static_cast<double>(made.elements()) / seconds);
}

exit_code run(const truth_options& options) {
  const kernel_info& kernel = options.kernel.kernel();
  reference::request want;
  want.to = format_argument(options.to);
  want.how = options.store.parse();
  want.threads = options.threads;
  want.enclosure = !options.enclosure.empty();
  if (want.how.mode == rounding::stochastic) {
    throw usage_error("--rounding is stochastic; expected a mode that gives one result, as a truth has.");
  }
  input_files files;
  progress_line shown(std::string(kernel.name), !options.quiet);
  shown.say("reading files");
  const kernel_call call = options.kernel.call(files);
  const auto start = std::chrono::steady_clock::now();
  std::vector<truth> truths = reference::truth_of(call, want);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  files.check_unchanged();

  shown.say("writing files");
  json rows = json::array();
  std::vector<tensor> values;
  std::vector<named_tensor> bounds;
  for (std::size_t i = 0; i < truths.size(); ++i) {
    truth& t = truths[i];
    rows.push_back(result_json(kernel.results[i].name, result_file(options.output, kernel, i), t));
    const std::string prefix = kernel.results.size() == 1 ? "" : std::string(kernel.results[i].name) + ".";
    if (want.enclosure && was_asked_for(t.value)) {
      bounds.push_back({prefix + "lower", std::move(t.lower)});
      bounds.push_back({prefix + "upper", std::move(t.upper)});
    }
    values.push_back(t.value);
  }
  write_results(options.output, kernel, std::move(values));
  write_named(options.enclosure, std::move(bounds));
  shown.end();
  for (std::size_t i = 0; i < truths.size(); ++i) {
    const truth& t = truths[i];
    if (options.json || options.quiet || !was_asked_for(t.value)) continue;
    fmt::print("{}: the truth of {}{}, {} of shape {}; {}.\n", result_file(options.output, kernel, i), kernel.name,
               kernel.results.size() == 1 ? "" : fmt::format(", {}", kernel.results[i].name), to_string(t.value.type()),
               to_string(t.value.shape()), decided_in_words(t.decided));
    if (options.stats) print_stats(t.decided, seconds);
  }
  if (options.json) {
    const json report{
        {"kernel", kernel.name}, {"rounding", options.store.rounding}, {"seconds", seconds}, {"results", rows}};
    fmt::print("{}\n", report.dump(2));
  }
  return passed;
}

void add_truth_of(CLI::App& command, const kernel_info& kernel, action& chosen) {
  const auto options = std::make_shared<truth_options>(kernel);
  options->kernel.add_to(command);
  command.add_option("-o,--output", options->output, "The file to write; several results have their names inserted")
      ->check(output_complaint)
      ->type_name("FILE")
      ->required();
  command.add_option("--to", options->to, "The format of the truth")->type_name("FORMAT")->required();
  options->store.add_to(command);
  command
      .add_option("--enclosure", options->enclosure,
                  "Also write proved bounds of each real value, binary64: to bounds.lower.npy and bounds.upper.npy "
                  "for bounds.npy")
      ->type_name("FILE");
  command.add_option("--threads", options->threads, "Threads; 0 for all; results do not depend on it")
      ->type_name("N")
      ->capture_default_str();
  command.add_flag("--stats", options->stats, "How the elements were decided, and how fast");
  command.add_flag("--json", options->json, "The summary for machines");
  command.add_flag("-q,--quiet", options->quiet, "No summary");
  command.footer(fmt::format("{}Examples:\n  assay truth {} {} -o {} --to bfloat16", result_files_help(kernel),
                             kernel.name, example_words(kernel), kernel.results.size() > 1 ? "out.npy" : "truth.npy"));
  command.callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

}  // namespace

void add_truth(CLI::App& app, action& chosen) {
  auto* command =
      app.add_subcommand("truth", "The certified result of a kernel: its formula over the reals, rounded once");
  command->require_subcommand(1);
  command->footer(
      "Each element is proved: by error bounds, by intervals of as many bits as it takes, or by exact arithmetic.\n"
      "Examples:\n"
      "  assay truth softmax --x x.npy -o y.npy --to bfloat16\n"
      "  assay truth layer_norm --x x.npy:bfloat16 --weight w.npy --eps 1e-6 -o y.npy --to e4m3fn --enclosure "
      "y_bounds.npy");
  add_kernels(*command, [&](CLI::App& one, const kernel_info& kernel) { add_truth_of(one, kernel, chosen); });
}

}  // namespace assay::cli
