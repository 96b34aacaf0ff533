// How help looks: CLI11's layout with descriptions wrapped beside their options.
#pragma once

#include <memory>

#include <CLI/CLI.hpp>

namespace assay::cli {

std::shared_ptr<CLI::Formatter> wrapped_help();

}  // namespace assay::cli
