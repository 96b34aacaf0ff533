// The truth against files of values that another arbitrary-precision package computed: see golden/README.md.
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <assay/reference/truth_of.hpp>

#include "wide.hpp"

using namespace assay;

namespace {

element_type element_type_of(const std::string& name) {
  if (name == "mask") return element_type::boolean();
  if (name == "int64") return element_type::integer(64, true);
  for (const named_format& f : named_formats) {
    if (f.name == name) return element_type::of(f.value);
  }
  throw std::invalid_argument("the golden file has an element type '" + name + "'");
}

/// TYPE SHAPE CODES, the shape as 3,4 or - for rank 0, the codes hexadecimal.
tensor read_tensor(std::istringstream& words) {
  std::string type, shape, extent, code;
  words >> type >> shape;
  std::vector<std::size_t> sizes;
  for (std::istringstream list(shape == "-" ? "" : shape); std::getline(list, extent, ',');) {
    sizes.push_back(std::stoul(extent));
  }
  tensor t(element_type_of(type), extents(sizes));
  for (std::size_t i = 0; i < t.size(); ++i) {
    if (!(words >> code)) throw std::invalid_argument("the golden file has too few codes");
    t.set(i, std::stoull(code, nullptr, 16));
  }
  return t;
}

/// One case: a call and the results that it should have.
struct golden_case {
  kernel_call call;

  void line(const std::string& text, const std::string& where, test::tally& tally) {
    std::istringstream words(text);
    std::string first, second, third;
    words >> first >> second;
    if (first == "set") {
      words >> third;
      call.set_text(second, third);
    } else if (first == "in") {
      call.set_input(second, read_tensor(words));
    } else if (first == "out") {
      const tensor expected = read_tensor(words);
      const auto truths = reference::truth_of(call, {.to = expected.type().layout});
      const auto& names = call.info().results;
      std::size_t k = 0;
      while (k < names.size() && names[k].name != second) ++k;
      REQUIRE(k < truths.size());
      const tensor& got = truths[k].value;
      REQUIRE(got.shape() == expected.shape());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        tally.expect(got[i] == expected[i], [&] {
          return test::text(where, ": ", call.name(), "'s ", second, ", element ", i, ": got ", test::hex(got[i]),
                            ", expected ", test::hex(expected[i]));
        });
      }
    } else {
      throw std::invalid_argument(where + ": '" + first + "'; expected set, in or out");
    }
  }
};

}  // namespace

TEST_CASE("the truth agrees with golden files to the last bit", "[reference][golden]") {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(ASSAY_GOLDEN_FILES)) {
    if (entry.path().extension() != ".txt") continue;
    test::tally tally;
    std::ifstream file(entry.path());
    std::optional<golden_case> now;
    std::size_t number = 0;
    for (std::string line; std::getline(file, line);) {
      ++number;
      if (line.empty() || line.front() == '#') continue;
      const std::string where = entry.path().filename().string() + ":" + std::to_string(number);
      if (line.starts_with("kernel ")) {
        now.emplace(golden_case{kernel_call(line.substr(7))});
      } else {
        REQUIRE(now.has_value());
        now->line(line, where, tally);
      }
    }
    tally.require();
    ++files;
  }
  REQUIRE(files > 0);
}
