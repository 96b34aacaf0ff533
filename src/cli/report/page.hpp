// The report: one page of HTML that holds everything it shows.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace assay::cli {

/// The page about this report (report_json). Throws nothing but std::bad_alloc.
std::string page_of(const nlohmann::ordered_json& report, const std::string& title);

}  // namespace assay::cli
