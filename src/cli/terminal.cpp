#include "terminal.hpp"

#include <array>
#include <charconv>
#include <cstdlib>
#include <system_error>

#include <unistd.h>

namespace assay::cli {
namespace {

bool wants_colour() {
  static const bool wanted = [] {
    const char* no_colour = std::getenv("NO_COLOR");
    const char* terminal = std::getenv("TERM");
    if (no_colour != nullptr && *no_colour != '\0') return false;
    if (terminal == nullptr || std::string_view(terminal) == "dumb") return false;
    return ::isatty(STDOUT_FILENO) == 1;
  }();
  return wanted;
}

std::string_view code_of(colour how) {
  switch (how) {
    case colour::green: return "\x1b[32m";
    case colour::red: return "\x1b[31m";
    case colour::yellow: return "\x1b[33m";
    case colour::bold: return "\x1b[1m";
    case colour::dim: break;
  }
  return "\x1b[2m";
}

}  // namespace

std::string painted(std::string_view text, colour how) {
  if (!wants_colour()) return std::string(text);
  return std::string(code_of(how)) + std::string(text) + "\x1b[0m";
}

std::string shortest(double x) {
  std::array<char, 40> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), x);
  return {buffer.data(), error == std::errc() ? end : buffer.data()};
}

}  // namespace assay::cli
