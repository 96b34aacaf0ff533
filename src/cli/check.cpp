// assay check KERNEL --INPUT FILE ... --got FILE [claim]: the judge; exit code 0 pass, 1 fail.
#include <memory>

#include <fmt/format.h>

#include "arguments.hpp"
#include "arithmetic_options.hpp"
#include "integer_files.hpp"
#include "progress.hpp"
#include "run_integers.hpp"
#include "spec.hpp"

namespace assay::cli {
namespace {

/// A claim's keys beside those of an arithmetic: judge/claim.hpp.
constexpr attribute_info claim_keys[]{
    {"accumulate", attribute_info::kind::choice, "", "ACCUMULATOR that sums are kept in; alternatives with | between"},
    {"order", attribute_info::kind::choice, "any", "ORDER of a sum's terms, or any"},
    {"function_ulps", attribute_info::kind::number, "4", "how far elementary functions may be off"},
    {"variance", attribute_info::kind::choice, "welford", "how variances may be computed: each allows those before it",
     "two_pass welford one_pass"},
    {"operand", attribute_info::kind::choice, "", "FORMAT that may be stored in between two products"},
    {"to", attribute_info::kind::choice, "",
     "FORMAT[:MODE][:POLICY...] that results are stored in, with :any by any faithful rounding; else that of --got"}};

/// What is shown, and where.
struct output_options {
  std::string report;
  bool json = false, quiet = false;

  void add_to(CLI::App& command) {
    command.add_option("--report", report, "Write one self-contained page of HTML with pictures")->type_name("FILE");
    command.add_flag("--json", json, "The verdict for machines");
    command.add_flag("-q,--quiet", quiet, "No output: the exit code is the verdict");
  }
};

/// How the judge looks.
struct judging_options {
  judge_options how;
  std::vector<std::string> suspects;
  bool rigorous = false;

  judging_options() { how.threads = 0; }
  void add_to(CLI::App& command) {
    command.add_option("--only", how.only, "Judge this one result, counted in C order from 0")
        ->type_name("N")
        ->group("Judging");
    command
        .add_flag("--diagnose", how.always_diagnose,
                  "Look for kernels that give these very bits even if the check passes")
        ->group("Judging");
    command
        .add_option(
            "--suspect", suspects,
            "When the check fails, also try this explanation, first: key=value of the kernel's attributes or of "
            "an arithmetic as `assay run` takes it; can be repeated")
        ->type_name("WORDS")
        ->take_all()
        ->group("Judging");
    command.add_option("--confidence", how.confidence, "Probability that an honest kernel fails the check, at most")
        ->type_name("P")
        ->check(CLI::Range(1e-300, 0.5))
        ->capture_default_str()
        ->group("Judging");
    command.add_flag("--rigorous", rigorous, "Only bounds that hold whatever the roundings do")->group("Judging");
    command.add_option("--sample", how.most_elements, "Judge a sample of about so many elements; 0 for all")
        ->type_name("N")
        ->capture_default_str()
        ->group("Judging");
    command.add_option("--seed", how.seed, "Seed of samples")->type_name("N")->capture_default_str()->group("Judging");
    command.add_option("--worst", how.worst, "How many failing elements to show")
        ->type_name("N")
        ->capture_default_str()
        ->group("Judging");
    command.add_option("--threads", how.threads, "Threads; 0 for all; results do not depend on it")
        ->type_name("N")
        ->capture_default_str();
  }
  /// With what was given on top of a spec's.
  void apply(judge_options& into) const {
    into.only = how.only;
    into.always_diagnose = how.always_diagnose;
    into.threads = how.threads;
    if (rigorous) into.statistical_bounds = false;
  }
};

struct check_options {
  explicit check_options(const kernel_info& info) : kernel(info), claim(info.name) {}

  kernel_options kernel;
  arithmetic_options claim;
  bool exact = false;
  named_texts got;
  integer_options integers;
  bool zero_y_inside = false;
  judging_options judging;
  output_options output;
};

exit_code show(const check_request& request, const output_options& output) {
  progress_line shown(std::string(request.kernel->name), !output.quiet);
  shown.say("reading files");
  const check_outcome outcome = carry_out(request);
  shown.end();
  if (!output.report.empty()) write_text(output.report, outcome_page(outcome));
  if (output.json) {
    nlohmann::ordered_json report = verdict_json(outcome.judged, outcome.context.results);
    if (!outcome.context.reproduce.empty()) report["reproduce"] = outcome.context.reproduce;
    fmt::print("{}\n", report.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  } else if (!output.quiet) {
    fmt::print("{}", outcome_text(outcome));
  }
  return outcome.judged.pass ? passed : failed;
}

std::string got_option(const kernel_info& kernel, const result_info& result) {
  return kernel.results.size() == 1 ? "--got" : "--got-" + option_name(result.name).substr(2);
}

/// The files of --got with the shapes of --shape, which names them as the options do.
named_texts got_files(const check_options& options) {
  const kernel_info& kernel = options.kernel.kernel();
  const auto name_of = [&](const result_info& r) {
    return kernel.results.size() == 1 ? "got" : "got_" + std::string(r.name);
  };
  named_texts by_option, got;
  for (const result_info& r : kernel.results) by_option[name_of(r)] = options.got.find(r.name)->second;
  by_option = options.kernel.with_shapes(by_option);
  for (const result_info& r : kernel.results) got[std::string(r.name)] = by_option[name_of(r)];
  return got;
}

/// The options of integer products, with an integer type in --to among them.
named_texts integers_of(const check_options& options) {
  named_texts all = options.integers.texts();
  if (options.zero_y_inside) all["zero_y_inside"] = "true";
  const std::string to = options.claim.value("to");
  const bool is_gemm = options.kernel.kernel().name == "gemm";
  if (is_gemm && (target_of(to) || (!to.empty() && all.contains("factor")))) all["to"] = to;
  return all;
}

/// The claim without a type that is an integer's.
std::string claim_of(const check_options& options, const named_texts& integers) {
  std::string text = options.claim.text();
  if (const auto to = integers.find("to"); to != integers.end()) {
    const std::string word = "to=" + to->second;
    const std::size_t at = text.rfind(word);
    text.erase(at, word.size());
    text.erase(0, text.find_first_not_of(' '));
    text.erase(text.find_last_not_of(' ') + 1);
  }
  return text;
}

/// What repeats the check, as words of the shell.
std::string command_of(const check_options& options, const named_texts& got) {
  const kernel_info& kernel = options.kernel.kernel();
  std::string line = "assay check " + std::string(kernel.name) +
                     option_words(kernel, options.kernel.inputs(), options.kernel.attributes());
  for (const result_info& r : kernel.results) {
    const std::string& file = got.find(r.name)->second;
    if (!file.empty()) line += fmt::format(" {} {}", got_option(kernel, r), shell_word(file));
  }
  for (const auto& [name, text] : options.integers.texts()) {
    line += fmt::format(" {}{}{}", option_name(name), text.starts_with('-') ? '=' : ' ', shell_word(text));
  }
  if (options.zero_y_inside) line += " --zero-y-inside";
  line += options.claim.words() + (options.exact ? " --exact" : "");
  const judge_options &how = options.judging.how, usual;
  if (how.confidence != usual.confidence) line += fmt::format(" --confidence {}", how.confidence);
  if (options.judging.rigorous) line += " --rigorous";
  if (how.most_elements != 0) line += fmt::format(" --sample {} --seed {}", how.most_elements, how.seed);
  return line;
}

exit_code run(const check_options& options) {
  const kernel_info& kernel = options.kernel.kernel();
  check_request request;
  request.kernel = &kernel;
  request.inputs = options.kernel.inputs();
  request.attributes = options.kernel.attributes();
  request.got = got_files(options);
  request.integers = integers_of(options);
  request.claim = claim_of(options, request.integers);
  if (options.exact) request.claim += request.claim.empty() ? "exact" : " exact";
  request.how = options.judging.how;
  request.how.statistical_bounds = !options.judging.rigorous;
  request.suspects = options.judging.suspects;
  request.command = command_of(options, request.got);
  if (std::all_of(options.got.begin(), options.got.end(), [](const auto& file) { return file.second.empty(); })) {
    throw usage_error(fmt::format("{} is required. See `assay check {} --help`.", got_option(kernel, kernel.results[0]),
                                  kernel.name));
  }
  return show(request, options.output);
}

std::string more_examples(const kernel_info& kernel) {
  if (kernel.name != "gemm") return "";
  return "\n"
         "  assay check gemm --a x.npy:uint8 --b w.npy --zero-a 128 --factor scales.npy --zero-y 3 --got y.npy \\\n"
         "      --to int8:ties_to_away --requantise exact";
}

void add_check_of(CLI::App& command, const kernel_info& kernel, action& chosen) {
  const auto options = std::make_shared<check_options>(kernel);
  options->kernel.add_to(command);
  for (const result_info& r : kernel.results) {
    command
        .add_option(got_option(kernel, r), options->got[std::string(r.name)],
                    fmt::format("{}: what the kernel gave", r.shape))
        ->type_name("FILE")
        ->required(kernel.results.size() == 1)
        ->group("Results");
  }
  command.add_flag("--exact", options->exact, "Nothing is left open: bits must be equal to the claimed arithmetic's")
      ->group("Claim");
  options->judging.add_to(command);
  options->output.add_to(command);
  options->claim.add_to(command, "--claim",
                        "What the kernel says it does: a preset's name or none, then key=value for any of the options "
                        "below; without a claim one is assumed from the inputs' formats",
                        claim_keys, "seed");
  if (kernel.name == "gemm") {
    options->integers.add_to(command, "exact|float_scale");
    command
        .add_flag("--zero-y-inside", options->zero_y_inside,
                  "The zero point of the result is added before rounding, which turns ties where it is odd")
        ->group("Integers");
  }
  std::string presets;
  for (const claim_preset& p : claim_presets) presets += fmt::format("\n  {:<20}{}", p.name, p.what);
  const std::string example = example_words(kernel) + " " + got_option(kernel, kernel.results[0]) + " got.npy";
  command.footer(
      fmt::format("Presets of --claim:{}\nAccumulators and orders: docs/accumulators-and-matrix-units.md.\n\n"
                  "Examples:\n"
                  "  assay check {} {}\n"
                  "  assay check {} {}:bfloat16 --claim tensor-core --report report.html\n"
                  "  assay check {} {} --accumulate floating:binary32 --order pairwise --exact{}",
                  presets, kernel.name, example, kernel.name, example, kernel.name, example, more_examples(kernel)));
  command.callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

/// check without a kernel: --spec or --suite.
struct spec_options {
  std::string spec, suite, junit;
  judging_options judging;
  output_options output;
};

exit_code run_spec(const spec_options& options) {
  if (!options.suite.empty()) {
    if (!options.spec.empty()) throw usage_error("--spec and --suite were both given; expected one of them.");
    if (!options.output.report.empty()) throw usage_error("--report is of one check; expected it with --spec.");
    return run_suite(
        {options.suite, options.junit, options.judging.how.threads, options.output.json, options.output.quiet});
  }
  if (options.spec.empty()) {
    throw usage_error("A kernel, --spec or --suite is required. See `assay check --help`.");
  }
  if (!options.junit.empty()) throw usage_error("--junit is of a suite; expected it with --suite.");
  check_request request = read_spec(options.spec);
  options.judging.apply(request.how);
  request.suspects.insert(request.suspects.end(), options.judging.suspects.begin(), options.judging.suspects.end());
  return show(request, options.output);
}

}  // namespace

void add_check(CLI::App& app, action& chosen) {
  auto* check = app.add_subcommand("check", "Judges a kernel's results: exit code 0 pass, 1 fail");
  const auto options = std::make_shared<spec_options>();
  check->require_subcommand(0, 1);
  check->add_option("--spec", options->spec, "A check as a JSON file: kernel, inputs, attributes, got, claim")
      ->type_name("FILE");
  check->add_option("--suite", options->suite, "Run every .json of a folder, in parallel, and print a table")
      ->type_name("FOLDER");
  check->add_option("--junit", options->junit, "Write the suite's results for continuous integration")
      ->type_name("FILE");
  options->judging.add_to(*check);
  options->output.add_to(*check);
  check->footer(
      "A spec is {\"kernel\": \"softmax\", \"inputs\": {\"x\": \"x.npy:bfloat16\"}, \"attributes\": {\"axis\": -1},\n"
      "\"got\": \"y.npy:bfloat16\", \"claim\": \"fp32-accumulate\"}; its files are relative to its folder.\n\n"
      "Examples:\n"
      "  assay check softmax --x x.npy:bfloat16 --got y.npy:bfloat16 --report report.html\n"
      "  assay check gemm --a a.npy --b b.npy --got d.npy --claim tensor-core\n"
      "  assay check --spec softmax.json\n"
      "  assay check --suite specs --junit results.xml");
  check->callback([check, options, &chosen] {
    if (check->get_subcommands().empty()) chosen = [options] { return run_spec(*options); };
    for (const CLI::Option* option : check->get_options()) {
      if (option->count() != 0 && !check->get_subcommands().empty()) {
        throw usage_error(
            fmt::format("{} is given before the kernel; expected it after, or no kernel.", option->get_name()));
      }
    }
  });
  add_kernels(*check, [&](CLI::App& one, const kernel_info& kernel) { add_check_of(one, kernel, chosen); });
}

}  // namespace assay::cli
