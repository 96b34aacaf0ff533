// What the program makes of inputs that stay in their files, and of what happens to these files meanwhile.
#include <catch2/catch.hpp>

#include <csignal>
#include <functional>

#include <fcntl.h>
#include <sys/resource.h>

#include <assay/file/npy.hpp>
#include <support/budget.hpp>

#include "program.hpp"

using namespace assay;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t elements = (test::is_sanitized ? 2 : 16)
                                 << 20;  // bytes too; what is done to them takes a good while

/// Of e4m3fn zeros, in a sparse file, and old.
void write_zeros(const fs::path& path) {
  write_all(path, npy_file("|u1", false, "(" + std::to_string(elements) + ",)", ""));
  fs::resize_file(path, fs::file_size(path) + elements);
  fs::last_write_time(path, fs::last_write_time(path) - std::chrono::hours(1));
}

bool has_mapped(::pid_t process, const fs::path& path) {
  return read_all("/proc/" + std::to_string(process) + "/maps").find(path.string()) != std::string::npos;
}

/// Runs the program on x.npy, holds it once it has mapped the file, does this, and lets it go on. An outcome with code
/// -1: the program was through before it could be held.
outcome run_and_meanwhile(const scratch_folder& folder, const std::vector<std::string>& arguments,
                          const std::function<void()>& meanwhile) {
  const fs::path x = fs::canonical(folder.path()) / "x.npy";
  const ::pid_t child = ::fork();
  if (child == 0) {
    std::vector<char*> words{const_cast<char*>("assay")};
    for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const int out = ::open((folder / ".out").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int error = ::open((folder / ".error").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (::chdir(folder.path().c_str()) != 0 || ::dup2(out, 1) < 0 || ::dup2(error, 2) < 0) ::_exit(98);
    ::execv(ASSAY_PROGRAM_PATH, words.data());
    ::_exit(99);
  }
  int status = 0;
  bool ended = false;
  while (!has_mapped(child, x) && !ended) ended = ::waitpid(child, &status, WNOHANG) == child;
  if (!ended) {
    ::kill(child, SIGSTOP);
    ::waitpid(child, &status, WUNTRACED);
    ended = !WIFSTOPPED(status);
    meanwhile();
    if (!ended) {
      ::kill(child, SIGCONT);
      ::waitpid(child, &status, 0);
    }
  }
  outcome o{ended               ? -1
            : WIFEXITED(status) ? WEXITSTATUS(status)
                                : 1000 + WTERMSIG(status),
            read_all(folder / ".out"), read_all(folder / ".error")};
  fs::remove(folder / ".out");
  fs::remove(folder / ".error");
  return o;
}

/// The same, again while the program was held too late, when it had read what it needs or was through.
outcome held(const scratch_folder& folder, const std::vector<std::string>& arguments,
             const std::function<void()>& meanwhile, const std::string& expected_error = "") {
  outcome o;
  for (int attempt = 0; attempt < 20 && (o.code == -1 || o.error != expected_error); ++attempt) {
    fs::remove(folder / "y.npy");
    write_zeros(folder / "x.npy");
    write_zeros(folder / "z.npy");
    o = run_and_meanwhile(folder, arguments, meanwhile);
  }
  return o;
}

/// Each opens x.npy last.
const std::vector<std::vector<std::string>> commands{
    {"convert", "x.npy:e4m3fn", "-o", "y.npy", "--to", "e5m2"},
    {"diff", "z.npy:e4m3fn", "x.npy:e4m3fn"},
    {"truth", "relu", "--x", "x.npy:e4m3fn", "-o", "y.npy", "--to", "e5m2"},
    {"run", "relu", "--x", "x.npy:e4m3fn", "-o", "y.npy"},
    {"check", "relu", "--x", "z.npy:e4m3fn", "--got", "x.npy:e4m3fn"},
};

}  // namespace

TEST_CASE("An input that another program cuts short ends every command in one sentence, exit code 2 and no output") {
  const scratch_folder folder;
  const std::string sentence =
      "assay: an input file became shorter while it was read, or its disk failed; expected files that nothing writes "
      "to.\n";
  for (const auto& command : commands) {
    INFO(command[0]);
    const outcome o = held(
        folder, command, [&] { fs::resize_file(folder / "x.npy", 5000); }, sentence);
    CHECK(o.code == 2);
    CHECK(o.out.empty());
    CHECK(o.error == sentence);
    CHECK(folder.entries() == 2);
  }
}

TEST_CASE("An input that another program overwrites gives an error in place of a result", "[slow]") {
  const scratch_folder folder;
  const std::string sentence = "assay: x.npy: changed while it was read; expected a file that nothing writes to.\n";
  const auto overwrite = [&] {
    std::fstream file(folder / "x.npy", std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(1'000'000);
    file.put('\x38');
  };
  for (const auto& command : commands) {
    INFO(command[0]);
    const outcome o = held(folder, command, overwrite, sentence);
    CHECK(o.code == 2);
    CHECK(o.out.empty());
    CHECK(o.error == sentence);
    CHECK(folder.entries() == 2);
  }
}

TEST_CASE("An input that is replaced by renaming, or removed, is read as it was", "[slow]") {
  const scratch_folder folder;
  const auto is_read = [&](const std::function<void()>& meanwhile) {
    const outcome o = held(folder, commands[0], meanwhile);
    CHECK(o.code == 0);
    CHECK(o.error.empty());
    CHECK(read_npy(folder / "y.npy").size() == elements);
    fs::remove(folder / "y.npy");
  };
  is_read([&] { write_npy(folder / "x.npy", tensor(element_type::of(binary16), {3})); });
  is_read([&] { fs::remove(folder / "x.npy"); });
  write_zeros(folder / "x.npy");
  CHECK(run(folder, "convert x.npy:e4m3fn -o x.npy --to binary16 -q").code == 0);
  CHECK(read_npy(folder / "x.npy").type().layout == binary16);
}

TEST_CASE("A few rows of a table of ten gigabytes are looked up without reading it") {
  const scratch_folder folder;
  const std::string header = npy_file("<f2", false, "(5000000, 1000)", "");
  const std::string padded = header.size() % 2 == 0 ? header : npy_file("<f2", false, "(5000000,  1000)", "");
  write_all(folder / "table.npy", padded);
  std::error_code error;
  fs::resize_file(folder / "table.npy", padded.size() + 10'000'000'000, error);
  if (error) {
    WARN("skipped: the file system has no room for sparse files");
    return;
  }
  tensor rows(element_type::integer(64, true), {3});
  rows.set(0, 4'999'999), rows.set(1, 7), rows.set(2, 4'000'000);
  write_npy(folder / "rows.npy", rows);
  const std::string command = "truth embedding --weight table.npy --indices rows.npy -o y.npy --to binary16 -q";
  CHECK(run(folder, command).code == 0);
  CHECK(read_npy(folder / "y.npy").shape() == extents{3, 1000});
  ::rusage used{};
  ::getrusage(RUSAGE_CHILDREN, &used);
  CHECK(used.ru_maxrss < 1'000'000);  // kilobytes, of the largest process so far
}
