// Colour where it helps: on a terminal that wants it. https://no-color.org
#pragma once

#include <string>
#include <string_view>

namespace assay::cli {

enum class colour { green, red, yellow, bold, dim };

/// The text, coloured if standard output is a terminal, NO_COLOR is unset or empty, and TERM is not "dumb".
std::string painted(std::string_view text, colour how);

/// A double, short: the shortest decimal that reads back as the same double.
std::string shortest(double x);

}  // namespace assay::cli
