#include "bus_error.hpp"

#include <atomic>
#include <csignal>
#include <string_view>

#include <unistd.h>

#include "command.hpp"

namespace assay::cli {
namespace {

constexpr std::string_view sentence =
    "assay: an input file became shorter while it was read, or its disk failed; expected files that nothing writes "
    "to.\n";

bool on_terminal = false;  ///< where a line of progress may stand, to be erased

void say(std::string_view text) {
  [[maybe_unused]] const ::ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

/// Only what a handler may call. Outputs need no care: what is written is read from a mapping by write(), which fails
/// in place of raising the signal, or was copied before a temporary file was made. Nothing of a verdict that was
/// printed halfway is left either, since _exit() drops what standard output holds back.
void on_bus_error(int, ::siginfo_t* info, void*) {
  if (info->si_code != BUS_ADRERR) {  // an error of this program: it ends as it would without a handler
    std::signal(SIGBUS, SIG_DFL);
    return;
  }
  static std::atomic_flag is_said = ATOMIC_FLAG_INIT;  // several threads may read the file
  if (is_said.test_and_set()) {
    for (;;) ::pause();
  }
  if (on_terminal) say("\r\x1b[K");
  say(sentence);
  ::_exit(bad_usage);
}

}  // namespace

void explain_bus_errors() {
  on_terminal = ::isatty(STDERR_FILENO) == 1;
  struct ::sigaction handling {};
  handling.sa_sigaction = on_bus_error;
  handling.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &handling, nullptr);
}

}  // namespace assay::cli
