// The files of the report's page, embedded by embed.cmake.
#pragma once

#include <string_view>

namespace assay::cli::page_files {

extern const std::string_view page_html, page_css, heat_map_js, page_js;

}  // namespace assay::cli::page_files
