// `assay completion`: the scripts, in the shells that are there.
#include <catch2/catch.hpp>

#include "program.hpp"

using Catch::Matchers::Contains;

namespace {

bool has(const std::string& shell) { return std::system(("command -v " + shell + " > /dev/null").c_str()) == 0; }

/// What this shell says to these lines, in a folder with the completion script in `script`.
std::string said_by(const scratch_folder& folder, const std::string& shell, const std::string& lines) {
  write_all(folder / "lines", lines);
  const std::string command = "cd '" + folder.path().string() + "' && " + shell + " lines > said 2>&1";
  const int status = std::system(command.c_str());
  const std::string said = read_all(folder / "said");
  INFO(said);
  CHECK(status == 0);
  return said;
}

}  // namespace

TEST_CASE("bash completes commands, kernels, options, formats and words") {
  const scratch_folder folder;
  write_all(folder / "script", run(folder, "completion bash").out);
  const std::string said = said_by(folder, "bash", R"(
source ./script
complete_words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _assay; echo "$*=> ${COMPREPLY[*]}"; }
complete_words assay conv
complete_words assay truth soft
complete_words assay truth softmax --temp
complete_words assay truth softmax --to bfl
complete_words assay truth nll --reduction ''
complete_words assay truth softmax --x scr
)");
  CHECK_THAT(said, Contains("assay conv=> convert\n"));
  CHECK_THAT(said, Contains("assay truth soft=> ") && Contains("softmax_backward"));
  CHECK_THAT(said, Contains("--temp=> --temperature\n"));
  CHECK_THAT(said, Contains("--to bfl=> bfloat16\n"));
  CHECK_THAT(said, Contains("--reduction => none mean sum\n"));
  CHECK_THAT(said, Contains("--x scr=> script\n"));
}

TEST_CASE("fish completes the same") {
  if (!has("fish")) {
    WARN("skipped: there is no fish here");
    return;
  }
  const scratch_folder folder;
  write_all(folder / "script", run(folder, "completion fish").out);
  const std::string said = said_by(folder, "fish", R"(
source ./script
complete -C 'assay truth soft'
complete -C 'assay truth softmax --temp'
complete -C 'assay truth nll --reduction m'
)");
  CHECK_THAT(said, Contains("softmax_backward\t") && Contains("--temperature\t") && Contains("mean\t"));
}

TEST_CASE("zsh can read its script") {
  if (!has("zsh")) {
    WARN("skipped: there is no zsh here");
    return;
  }
  const scratch_folder folder;
  write_all(folder / "script", run(folder, "completion zsh").out);
  said_by(folder, "zsh", "zsh -n script\n");
}

TEST_CASE("A shell that there is no completion for is refused") {
  const scratch_folder folder;
  check_refusal(folder, "completion", "SHELL is required");
  check_refusal(folder, "completion bsh", "expected bash, zsh or fish. Did you mean bash?");
}
