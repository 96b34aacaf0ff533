// docs/program.md and README.md name commands, options and kernels that there are, and their example of a spec is one.
#include <catch2/catch.hpp>

#include <regex>
#include <set>

#include <assay/catalogue/kernels.hpp>
#include <assay/file/tensor_file.hpp>
#include <assay/number/convert.hpp>

#include "program.hpp"

using namespace assay;
using Catch::Matchers::Contains;

namespace {

const std::vector<std::string> commands{"demo",  "check",   "run",     "truth",     "diff",
                                        "study", "convert", "formats", "completion"};

std::string page(const std::string& name) { return read_all(std::filesystem::path(ASSAY_SOURCE) / name); }

std::set<std::string> all_of(const std::string& text, const std::string& pattern, std::size_t group = 0) {
  std::set<std::string> found;
  const std::regex regex(pattern);
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) found.insert(at->str(group));
  return found;
}

/// The help of every command and of the kernels that the pages use.
std::string all_help(const scratch_folder& folder) {
  std::string help = run(folder, "--help").out;
  for (const std::string& command : commands) help += run(folder, command + " --help").out;
  for (const char* kernel : {"softmax", "gemm", "batch_norm"}) {
    for (const char* command : {"check", "run", "truth", "study"}) {
      help += run(folder, std::string(command) + " " + kernel + " --help").out;
    }
  }
  return help;
}

}  // namespace

TEST_CASE("The pages about the program name only commands and options that there are, and every command") {
  const scratch_folder folder;
  const std::string help = all_help(folder), text = page("docs/program.md");
  for (const std::string& command : commands) {
    INFO(command);
    CHECK_THAT(text, Contains("`assay " + command));
  }
  for (const char* name : {"docs/program.md", "README.md", "docs/gemm.md", "docs/file-formats.md"}) {
    const std::string words = page(name);
    for (const std::string& command : all_of(words, "[^./]assay ([a-z]+)[ `]", 1)) {
      INFO(name << ": assay " << command);
      if (words.find("`assay " + command) == std::string::npos && words.find("\nassay " + command) == std::string::npos)
        continue;  // prose
      CHECK(std::find(commands.begin(), commands.end(), command) != commands.end());
    }
    for (const std::string& line : all_of(words, "assay (check|run|truth|study|diff|convert)[^`\n]*(\\\\\n[^`\n]*)*")) {
      for (const std::string& option : all_of(line, "--[a-z][a-z_-]*")) {
        std::string dashed = option;
        std::replace(dashed.begin(), dashed.end(), '_', '-');
        INFO(name << ": " << line << ": " << option);
        CHECK((help.find(dashed + " ") != std::string::npos || help.find(dashed + ",") != std::string::npos ||
               help.find(dashed + "\n") != std::string::npos));
      }
    }
  }
  for (const std::string& option : all_of(text, "`(--[a-z][a-z_-]*)", 1)) {
    std::string dashed = option;
    std::replace(dashed.begin(), dashed.end(), '_', '-');
    INFO("docs/program.md: " << option);
    CHECK_THAT(help, Contains(dashed));
  }
}

TEST_CASE("The spec in docs/program.md is one: it has every key, and passes with files as it names them") {
  const scratch_folder folder;
  const std::string text = page("docs/program.md");
  const std::size_t start = text.find("```json\n") + 8;
  const std::string spec = text.substr(start, text.find("```", start) - start);
  write_all(folder / "gemm.json", spec);
  tensor x(element_type::of(bfloat16), {6, 40}), w(element_type::of(bfloat16), {9, 40}),
      bias(element_type::of(binary32), {9});
  std::uint64_t seed = 1;
  for (tensor* t : {&x, &w, &bias}) {
    for (std::size_t i = 0; i < t->size(); ++i) {
      seed = seed * 6364136223846793005 + 1442695040888963407;
      t->set(i, convert(static_cast<double>(seed >> 40) * 0x1p-23 - 1, t->type().layout).code);
    }
  }
  write_tensor(parse_output_reference((folder / "x.npy").string()), x);
  write_tensor(parse_output_reference((folder / "w.npy").string()), w);
  write_tensor(parse_output_reference((folder / "bias.npy").string()), bias);
  const outcome ran = run(folder,
                          "run gemm --a x.npy:bfloat16 --b w.npy:bfloat16 --bias bias.npy --transpose-b --alpha 0.5 "
                          "--activation relu -o y.npy --to bfloat16 --accumulate floating:binary32");
  INFO(ran.error);
  CHECK(ran.code == 0);
  const outcome judged = run(folder, "check --spec gemm.json");
  INFO(judged.out << judged.error);
  CHECK(judged.code == 0);
  const outcome unknown = run(folder, "check --spec gemm.json --junit x.xml");
  CHECK(unknown.code == 2);
  write_all(folder / "other.json", R"({"kernel": "gemm", "x": 1})");
  const outcome other = run(folder, "check --spec other.json");
  const std::size_t list = other.error.find("expected one of ") + 16;
  const std::string of_integers = text.substr(text.find("```json\n", start));
  for (const std::string& key : all_of(other.error.substr(list, other.error.find('.', list) - list), "[a-z]+")) {
    INFO(key);
    CHECK_THAT(key == "integers" ? of_integers : spec, Contains("\"" + key + "\":"));
  }
}
