// docs/kernels.md lists every variant and every store of every kernel.
#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

#include <kernel/support.hpp>

namespace {

std::string page() {
  std::ifstream file(ASSAY_KERNELS_PAGE);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// A cell of a table.
std::string cell(std::string_view text) {
  std::string all;
  for (const char c : text) all += c == '|' ? "\\|" : std::string(1, c);
  return all;
}

/// Rows of a table, each with the kernels that have it, in the catalogue's order.
class table {
 public:
  void add(const std::string& row, std::string_view kernel) {
    for (auto& [text, kernels] : rows_) {
      if (text != row) continue;
      kernels += ", " + std::string(kernel);
      return;
    }
    rows_.emplace_back(row, kernel);
  }
  std::string text(std::string head) const {
    for (const auto& [row, kernels] : rows_) head += row + " " + kernels + " |\n";
    return head;
  }

 private:
  std::vector<std::pair<std::string, std::string>> rows_;
};

/// The words, the initial one first.
std::string words_of(const assay::attribute_info& v) {
  if (v.type != assay::attribute_info::kind::choice) return std::string(v.initial);
  std::string all = "`" + std::string(v.initial) + "`";
  assay::detail::for_each_word(v.choices, ' ', [&](std::string_view word) {
    if (word != v.initial) all += " `" + std::string(word) + "`";
  });
  return all;
}

}  // namespace

TEST_CASE("the page of kernels lists every variant and every store") {
  table variants, stores;
  for (const assay::kernel_info& k : assay::kernels) {
    for (const assay::attribute_info& v : assay::variants_of(k.name)) {
      variants.add("| `" + std::string(v.name) + "` | " + words_of(v) + " | " + cell(v.what) + " |", k.name);
    }
    for (const assay::store_info& s : assay::stores_of(k.name)) {
      stores.add("| `" + std::string(s.name) + "` | " + cell(s.what) + " |", k.name);
    }
  }
  const std::string text = page();
  const std::string due_variants = variants.text("| variant | words | what | kernels |\n| --- | --- | --- | --- |\n"),
                    due_stores = stores.text("| point | what | kernels |\n| --- | --- | --- |\n");
  INFO("the page should have these tables:\n" << due_variants << "\n" << due_stores);
  CHECK(text.find(due_variants) != std::string::npos);
  CHECK(text.find(due_stores) != std::string::npos);
}
