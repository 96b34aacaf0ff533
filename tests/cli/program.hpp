// Runs the built program and looks at how it ends.
#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>

#include <sys/wait.h>

#include "../file/support.hpp"

struct outcome {
  int code = -1;
  std::string out, error;
};

/// Runs `assay ARGUMENTS` in this folder.
inline outcome run(const scratch_folder& folder, const std::string& arguments) {
  const std::string command =
      "cd '" + folder.path().string() + "' && '" ASSAY_PROGRAM_PATH "' " + arguments + " > .out 2> .error";
  const int status = std::system(command.c_str());
  outcome o{WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_all(folder / ".out"), read_all(folder / ".error")};
  std::filesystem::remove(folder / ".out");
  std::filesystem::remove(folder / ".error");
  return o;
}

/// Exit code 2, and one line that says this.
inline void check_refusal(const scratch_folder& folder, const std::string& arguments, const std::string& sentence) {
  INFO("assay " << arguments);
  const outcome o = run(folder, arguments);
  CHECK(o.code == 2);
  CHECK(o.out.empty());
  CHECK_THAT(o.error, Catch::Matchers::Contains(sentence));
  CHECK_THAT(o.error, Catch::Matchers::StartsWith("assay: "));
  CHECK(std::count(o.error.begin(), o.error.end(), '\n') == 1);
}
