#include "page.hpp"

#include "page_files.hpp"

namespace assay::cli {
namespace {

void replace(std::string& text, std::string_view mark, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos; at += with.size()) {
    text.replace(at, mark.size(), with);
  }
}

std::string escaped(std::string text) {
  replace(text, "&", "&amp;");
  replace(text, "<", "&lt;");
  replace(text, ">", "&gt;");
  return text;
}

}  // namespace

std::string page_of(const nlohmann::ordered_json& report, const std::string& title) {
  // Names of files may be any bytes; no text in the data may end the script element that holds it.
  std::string data = report.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  replace(data, "<", "\\u003c");
  std::string page(page_files::page_html);
  replace(page, "{{title}}", escaped(title));
  replace(page, "{{style}}", page_files::page_css);
  replace(page, "{{script}}", std::string(page_files::heat_map_js) + std::string(page_files::page_js));
  replace(page, "{{data}}", data);
  return page;
}

}  // namespace assay::cli
