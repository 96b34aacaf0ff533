// assay check dot: the judge of dot products.
#include <memory>

#include <fmt/format.h>

#include <assay/accumulate/grammar.hpp>
#include <assay/file/error.hpp>
#include <assay/judge/dot.hpp>
#include <assay/tensor/describe.hpp>

#include "arguments.hpp"
#include "kernel_options.hpp"
#include "report.hpp"

namespace assay::cli {
namespace {

struct check_dot_options {
  std::string a, b, c, got;
  std::string accumulate = "floating:binary32", order;
  conversion_options store;
  std::size_t worst = 5;
  std::optional<std::size_t> only;
  bool diagnose = false, json = false, quiet = false;
};

/// The command that judges the worst element again, alone.
std::string reproducer(const check_dot_options& options, std::size_t element) {
  std::string line = "assay check dot";
  const auto add = [&](const char* name, const std::string& value, const std::string& usual) {
    if (value != usual) line += fmt::format(" --{} {}", name, shell_word(value));
  };
  add("a", options.a, "");
  add("b", options.b, "");
  add("c", options.c, "");
  add("got", options.got, "");
  add("accumulate", options.accumulate, "");
  add("order", options.order, "");
  add("rounding", options.store.rounding, "ties_to_even");
  add("overflow", options.store.overflow, "ieee");
  add("subnormals", options.store.subnormals, "keep");
  return line + fmt::format(" --only {}", element);
}

/// What the user asked to judge: all rows, or one.
dot_problem selected(const dot_problem& all, std::optional<std::size_t> only) {
  if (!only) return all;
  if (*only >= all.got.size()) {
    throw usage_error(fmt::format("--only is {}, but there are {} results, counted from 0.", *only, all.got.size()));
  }
  return {all.a.only_line(*only), all.b.only_line(*only), all.c.has_data() ? all.c.only_element(*only) : code_view(),
          all.got.only_element(*only)};
}

exit_code run(const check_dot_options& options) {
  tensor a = file_argument::parse(options.a).read_codes();
  tensor b = file_argument::parse(options.b).read_codes();
  tensor got = file_argument::parse(options.got).read_codes();
  tensor c;
  if (!options.c.empty()) c = file_argument::parse(options.c).read_codes();

  const accumulator with = parse_accumulator(options.accumulate);
  const std::optional<summation_order> in =
      options.order.empty() ? std::nullopt : std::optional(parse_order(options.order));
  const dot_claim claim = claim_of(with, in, got.type().layout, options.store.parse());
  if (const std::string why = unfit_accumulator(with, a.type().layout, b.type().layout,
                                                options.c.empty() ? got.type().layout : c.type().layout,
                                                a.shape().rank() == 0 ? 1 : a.shape()[a.shape().rank() - 1]);
      !why.empty()) {
    throw usage_error(fmt::format("{}: {}.", options.accumulate, why));
  }
  const dot_problem all{a.view(), b.view(), options.c.empty() ? code_view() : c.view(), got.view()};
  check_dot_shapes(all, claim);
  judge_options how;
  how.worst = options.worst;
  how.always_diagnose = options.diagnose;
  verdict v = judge_dot(selected(all, options.only), claim, how);
  if (options.only) {
    v.shape = got.shape();
    for (element_report& e : v.worst) e.index = *options.only;
  }
  if (options.json) {
    nlohmann::ordered_json report = verdict_json(v);
    if (!v.worst.empty()) report["reproduce"] = reproducer(options, v.worst.front().index);
    fmt::print("{}\n", report.dump(2));
  } else if (!options.quiet) {
    fmt::print("{}", verdict_text(v));
    if (!v.worst.empty()) fmt::print("\nreproduce: {}\n", reproducer(options, v.worst.front().index));
  }
  return v.pass ? passed : failed;
}

void add_check_dot(CLI::App& check, action& chosen) {
  const auto options = std::make_shared<check_dot_options>();
  auto* command = check.add_subcommand("dot", "Dot products: got = c + sum of a_i b_i, one for each row of a and b");
  command->add_option("--a", options->a, "Left factors, (..., K); raw bits need their format: FILE:bfloat16")
      ->required();
  command->add_option("--b", options->b, "Right factors, the same shape")->required();
  command->add_option("--c", options->c, "Addends, one for each row");
  command->add_option("--got", options->got, "The kernel's results, one for each row")->required();
  command->add_option("--accumulate", options->accumulate, "The claim: what the kernel keeps its sum in")
      ->capture_default_str();
  command->add_option(
      "--order", options->order,
      "The order the kernel claims to sum in; without it a floating-point sum may have any order, and its "
      "results must lie within the rigorous bound; with it bits must be equal");
  options->store.add_to(*command);
  command->add_option("--worst", options->worst, "How many failing elements to show")->capture_default_str();
  command->add_option("--only", options->only, "Judge this one result, counted in C order from 0");
  command->add_flag("--diagnose", options->diagnose,
                    "Look for kernels that give these very bits even if the check passes");
  command->add_flag("--json", options->json, "The verdict for machines");
  command->add_flag("-q,--quiet", options->quiet, "No output: the exit code is the verdict");
  command->footer(
      "Claims: floating:FORMAT[:MODE], exact, unit:ROW, aligned:..., kahan:FORMAT and others: see "
      "docs/accumulators-and-matrix-units.md.\n"
      "Orders: sequential, reversed, pairwise, blocked:N, split_k:N, warp, ...\n"
      "--rounding, --overflow and --subnormals say how the sum is stored in the format of --got.\n"
      "Examples:\n"
      "  assay check dot --a a.npy --b b.npy --c c.npy --got d.npy --accumulate floating:binary32\n"
      "  assay check dot --a a.npy:bfloat16 --b b.npy:bfloat16 --got d.npy:bfloat16 --accumulate floating:binary32\n"
      "  assay check dot --a a.npy:binary16 --b b.npy:binary16 --c c.npy:binary32 --got d.npy:binary32 \\\n"
      "      --accumulate unit:h100.mma.fp16.fp32");
  command->callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

}  // namespace

void add_check(CLI::App& app, action& chosen) {
  auto* check = app.add_subcommand("check", "Judges a kernel's results: exit code 0 pass, 1 fail");
  check->require_subcommand(1);
  check->footer("Example:\n  assay check dot --a a.npy --b b.npy --got d.npy --accumulate floating:binary32");
  add_check_dot(*check, chosen);
}

}  // namespace assay::cli
