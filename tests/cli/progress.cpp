// The line that shows how far a long command is, on a pseudo-terminal.
#include <catch2/catch.hpp>

#include <regex>
#include <thread>

#include <assay/file/npy.hpp>
#include <assay/number/convert.hpp>

#include "program.hpp"

#include <fcntl.h>
#include <unistd.h>

using namespace assay;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;

namespace {

const std::string erased = "\r\x1b[K";

/// Containers without /dev/pts have none.
bool has_terminals() {
  const int screen = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (screen < 0) {
    WARN("skipped: there are no pseudo-terminals here");
    return false;
  }
  ::close(screen);
  return true;
}

/// A terminal that nobody sees, and all that was written on it.
class terminal {
 public:
  terminal() : screen_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    REQUIRE(screen_ >= 0);
    REQUIRE(::grantpt(screen_) == 0);
    REQUIRE(::unlockpt(screen_) == 0);
    name_ = ::ptsname(screen_);
    line_ = ::open(name_.c_str(), O_RDWR | O_NOCTTY);
    REQUIRE(line_ >= 0);
    reading_ = std::thread([this] {
      char buffer[4096];
      for (ssize_t n = 0; (n = ::read(screen_, buffer, sizeof buffer)) > 0;) {
        seen_.append(buffer, static_cast<std::size_t>(n));
      }
    });
  }
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;
  ~terminal() {
    text();
    ::close(screen_);
  }

  const std::string& name() const { return name_; }
  /// All of it; nothing is to be written any more.
  const std::string& text() {
    if (reading_.joinable()) {
      ::close(line_);
      reading_.join();
    }
    return seen_;
  }

 private:
  int screen_, line_ = -1;
  std::string name_, seen_;
  std::thread reading_;
};

/// `assay ARGUMENTS` with standard error on a terminal, and what is seen there.
outcome run_on_terminal(const scratch_folder& folder, const std::string& arguments,
                        const std::string& environment = "TERM=xterm ASSAY_PROGRESS_AFTER=0") {
  terminal shown;
  const std::string command = "cd '" + folder.path().string() + "' && " + environment + " '" ASSAY_PROGRAM_PATH "' " +
                              arguments + " > .out 2> " + shown.name();
  const int status = std::system(command.c_str());
  outcome o{WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_all(folder / ".out"), shown.text()};
  std::filesystem::remove(folder / ".out");
  return o;
}

/// x.npy: binary32 numbers whose softmax in binary64, which takes intervals, lasts some tenths of a second.
void write_much(const scratch_folder& folder) {
  tensor x(element_type::of(binary32), {512, 256});
  std::uint64_t seed = 1;
  for (std::size_t i = 0; i < x.size(); ++i) {
    seed = seed * 6364136223846793005 + 1442695040888963407;
    x.set(i, encode(static_cast<float>(seed >> 40) * 0x1p-22f - 2).code);
  }
  write_npy(folder / "x.npy", x);
}

const std::string truth = "truth softmax --x x.npy -o y.npy --to binary64 --threads 1";

}  // namespace

TEST_CASE("A long truth on a terminal shows its share, its rate and the time left, and erases the line") {
  if (!has_terminals()) return;
  const scratch_folder folder;
  write_much(folder);
  const outcome o = run_on_terminal(folder, truth);
  CHECK(o.code == 0);
  INFO(o.error);
  CHECK(std::regex_search(o.error,
                          std::regex("truth of softmax: [0-9]+%, [0-9.e+]+ elements a second, [1-9][0-9]* s left")));
  CHECK_THAT(o.error, EndsWith(erased));
  CHECK_THAT(o.out, StartsWith("y.npy: the truth of softmax"));
}

TEST_CASE("Nothing is shown in a pipe, in the first second, when quiet, or on a terminal that cannot erase", "[slow]") {
  if (!has_terminals()) return;
  const scratch_folder folder;
  write_much(folder);
  CHECK(run_on_terminal(folder, truth + " -q").error.empty());
  CHECK(run_on_terminal(folder, truth, "TERM=dumb ASSAY_PROGRESS_AFTER=0").error.empty());
  CHECK(run_on_terminal(folder, truth, "TERM=xterm ASSAY_PROGRESS_AFTER=1000").error.empty());
  CHECK(run_on_terminal(folder, "convert x.npy -o z.npy --to bfloat16", "TERM=xterm").error.empty());
  ::setenv("ASSAY_PROGRESS_AFTER", "0", 1);
  CHECK(run(folder, truth).error.empty());
  ::unsetenv("ASSAY_PROGRESS_AFTER");
}

TEST_CASE("A message stands on a line of its own, behind the erased one") {
  if (!has_terminals()) return;
  const scratch_folder folder;
  write_much(folder);
  const outcome o =
      run_on_terminal(folder, "truth softmax --x x.npy -o 'no such folder/y.npy' --to binary64 --threads 1");
  CHECK(o.code == 2);
  CHECK_THAT(o.error, Contains("truth of softmax") && Contains(erased + "assay: no such folder"));
}

TEST_CASE("A suite shows how many checks are done, not how far each is", "[slow]") {
  if (!has_terminals()) return;
  const scratch_folder folder;
  write_much(folder);
  REQUIRE(run(folder, "run softmax --x x.npy -o y.npy --to bfloat16").code == 0);
  std::filesystem::create_directory(folder / "specs");
  for (const char* name : {"a", "b", "c"}) {
    write_all(folder / ("specs/" + std::string(name) + ".json"),
              R"({"kernel": "softmax", "inputs": {"x": "../x.npy"}, "got": "../y.npy:bfloat16"})");
  }
  const outcome o = run_on_terminal(folder, "check --suite specs --threads 2");
  CHECK(o.code == 0);
  CHECK_THAT(o.error, Contains(" of 3 checks") && EndsWith(erased));
  CHECK_THAT(o.error, !Contains("softmax"));
  const outcome one = run_on_terminal(folder, "check --spec specs/a.json");
  CHECK(one.code == 0);
  CHECK_THAT(one.error, Contains(" of softmax: ") && EndsWith(erased));
}
