// assay study KERNEL --INPUT FILE ...: one kernel in several arithmetics, each against the truth.
#include <cmath>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <assay/kernel/run.hpp>
#include <assay/reference/truth_of.hpp>
#include <assay/tensor/describe.hpp>

#include "arguments.hpp"
#include "arithmetic_options.hpp"
#include "distance.hpp"
#include "kernel_options.hpp"
#include "progress.hpp"
#include "report.hpp"

namespace assay::cli {
namespace {

using json = nlohmann::ordered_json;

struct study_options {
  explicit study_options(const kernel_info& info) : kernel(info) {}

  kernel_options kernel;
  std::vector<std::string> arithmetics{"upcast:binary64", "upcast:binary32", "compute=tf32", "compute=bfloat16",
                                       "compute=binary16"};
  std::string to;
  unsigned threads = 0;
  bool json = false;
};

/// The errors of one arithmetic in one of the results, in ulps of the output.
struct study_row {
  std::string arithmetic, result;
  std::size_t elements = 0, correctly_rounded = 0, other_class = 0;
  double mean = 0, root_mean_square = 0, largest = 0;
  double bias = 0;  ///< mean error, negative where results are too small in magnitude
};

study_row measured(const tensor& got, const tensor& real, const tensor& rounded) {
  study_row row;
  row.elements = got.size();
  const format f = got.type().layout;
  double sum = 0, magnitudes = 0, squares = 0;
  for (std::size_t n = 0; n < got.size(); ++n) {
    const double apart = ulps_apart({got[n], f}, {real[n], binary64}, f);
    row.correctly_rounded += ulps_apart({got[n], f}, {rounded[n], f}, f) == 0 ? 1u : 0u;
    if (std::isnan(apart)) {
      ++row.other_class;
      continue;
    }
    sum += apart;
    magnitudes += std::abs(apart);
    squares += apart * apart;
    row.largest = std::max(row.largest, std::abs(apart));
  }
  const auto count = static_cast<double>(std::max<std::size_t>(row.elements - row.other_class, 1));
  row.bias = sum / count;
  row.mean = magnitudes / count;
  row.root_mean_square = std::sqrt(squares / count);
  return row;
}

std::vector<study_row> study(const study_options& options) {
  const kernel_info& kernel = options.kernel.kernel();
  input_files files;
  progress_line shown(std::string(kernel.name));
  shown.say("reading files");
  const kernel_call call = options.kernel.call(files);
  const std::string to = options.to.empty() ? "" : " to=" + options.to;
  std::vector<std::vector<tensor>> results;
  for (progress_stage done("study", "arithmetics", options.arithmetics.size());
       const std::string& text : options.arithmetics) {
    results.push_back(
        as_usage([&] { return run_kernel(call, parse_arithmetic(kernel.name, text + to), options.threads); }));
    done.add(1);
  }
  // The real values to binary64's precision, and rounded once into the output.
  reference::request want{.to = binary64};
  want.threads = options.threads;
  const auto real = reference::truth_of(call, want);
  std::vector<study_row> rows;
  for (std::size_t r = 0; r < kernel.results.size(); ++r) {
    for (std::size_t i = 0; i < results.size(); ++i) {
      const tensor& got = results[i][r];
      if (got.size() == 0) continue;
      want.to = got.type().layout;
      study_row row = measured(got, real[r].value, reference::truth_of(call, want)[r].value);
      row.arithmetic = options.arithmetics[i];
      row.result = kernel.results[r].name;
      rows.push_back(std::move(row));
    }
  }
  files.check_unchanged();
  return rows;
}

exit_code run(const study_options& options) {
  const std::vector<study_row> rows = study(options);
  if (options.json) {
    json all = json::array();
    for (const study_row& row : rows) {
      all.push_back({{"arithmetic", row.arithmetic},
                     {"result", row.result},
                     {"elements", row.elements},
                     {"correctly_rounded", row.correctly_rounded},
                     {"mean_ulps", row.mean},
                     {"rms_ulps", row.root_mean_square},
                     {"largest_ulps", row.largest},
                     {"bias_ulps", row.bias},
                     {"other_class", row.other_class}});
    }
    fmt::print("{}\n", json{{"kernel", options.kernel.kernel().name}, {"rows", all}}.dump(2));
    return passed;
  }
  std::size_t widest = 10;
  for (const study_row& row : rows) widest = std::max(widest, row.arithmetic.size());
  fmt::print("{:<{}}  {:<7} {:>17} {:>10} {:>10} {:>10} {:>10} {:>11}\n", "arithmetic", widest, "result",
             "correctly rounded", "mean", "rms", "largest", "bias", "other class");
  for (const study_row& row : rows) {
    fmt::print("{:<{}}  {:<7} {:>17} {:>10} {:>10} {:>10} {:>10} {:>11}\n", row.arithmetic, widest, row.result,
               percent(row.correctly_rounded, row.elements), ulps(row.mean), ulps(row.root_mean_square),
               ulps(row.largest), ulps(row.bias), row.other_class);
  }
  fmt::print("\nErrors are in ulps of the output; a bias below zero: too small in magnitude.\n");
  return passed;
}

void add_study_of(CLI::App& command, const kernel_info& kernel, action& chosen) {
  const auto options = std::make_shared<study_options>(kernel);
  options->kernel.add_to(command);
  command
      .add_option("--arithmetic", options->arithmetics,
                  "An arithmetic, in the words of `assay run`; again for each that is compared")
      ->type_name("TEXT")
      ->allow_extra_args(false)
      ->default_str("")
      ->group("Arithmetic");
  command.add_option("--to", options->to, "The format of the results; the first input's where none is given")
      ->type_name("FORMAT")
      ->group("Arithmetic");
  command.add_option("--threads", options->threads, "Threads; 0 for all; results do not depend on it")
      ->type_name("N")
      ->capture_default_str();
  command.add_flag("--json", options->json, "The table for machines");
  command.footer(
      fmt::format("Examples:\n"
                  "  assay study {0} {1}\n"
                  "  assay study {0} {1} --to bfloat16 --arithmetic upcast:binary32 \\\n"
                  "      --arithmetic 'compute=bfloat16 order=pairwise'",
                  kernel.name, example_words(kernel)));
  command.callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

}  // namespace

void add_study(CLI::App& app, action& chosen) {
  auto* command =
      app.add_subcommand("study", "Runs a kernel in several arithmetics and measures each against the truth");
  command->require_subcommand(1);
  command->footer(
      "Examples:\n"
      "  assay study softmax --x x.npy --to bfloat16\n"
      "  assay study gemm --a a.npy --b b.npy --arithmetic accumulate=floating:bfloat16 --arithmetic accumulate=exact");
  add_kernels(*command, [&](CLI::App& one, const kernel_info& kernel) { add_study_of(one, kernel, chosen); });
}

}  // namespace assay::cli
