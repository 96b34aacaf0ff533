// `assay check --report`: the page, in a browser where there is one.
#include <catch2/catch.hpp>

#include <regex>

#include <assay/file/npy.hpp>
#include <assay/number/convert.hpp>

#include "program.hpp"

using namespace assay;
using Catch::Matchers::Contains;

namespace {

std::size_t count_of(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

/// report.html of a softmax of 16 x 40 whose third row was left unwritten.
void write_report(const scratch_folder& folder) {
  tensor x(element_type::of(binary32), {16, 40});
  for (std::size_t i = 0; i < x.size(); ++i)
    x.set(i, convert(static_cast<double>(i * 7919 % 640) / 160, binary32).code);
  write_npy(folder / "x.npy", x);
  REQUIRE(run(folder, "run softmax --x x.npy -o y.npy --to binary32 -q").code == 0);
  tensor y = read_npy(folder / "y.npy");
  for (std::size_t i = 80; i < 120; ++i) y.set(i, 0);
  write_npy(folder / "<!--<script> y.npy", y);
  REQUIRE(run(folder, "check softmax --x x.npy --got '<!--<script> y.npy' --report report.html -q").code == 1);
}

}  // namespace

TEST_CASE("The report is one page that names no other place and breaks on no name of a file") {
  const scratch_folder folder;
  write_report(folder);
  const std::string page = read_all(folder / "report.html");
  CHECK_THAT(page, Contains("<title>Assay: softmax fails</title>") && Contains("40 of 640 results"));
  CHECK(count_of(page, "</script>") == 2);
  for (const char* reference : {"http://", "https://", "src=", "href=", "@import", "url("}) {
    INFO(reference);
    CHECK_THAT(page, !Contains(reference));
  }
  CHECK(count_of(page, "{{") == 0);
}

TEST_CASE("A browser draws the report's figures and asks for nothing") {
  if (std::system("command -v chromium > /dev/null") != 0) {
    WARN("skipped: there is no chromium here");
    return;
  }
  const scratch_folder folder;
  write_report(folder);
  const std::string at = folder.path().string();
  const std::string command = "cd '" + at +
                              "' && timeout 100 chromium --headless --no-sandbox --disable-gpu --no-first-run "
                              "--disable-background-networking --disable-component-update --user-data-dir=profile "
                              "--virtual-time-budget=3000 --log-net-log=net.json --dump-dom 'file://" +
                              at + "/report.html' > dom.html 2> log";
  const int status = std::system(command.c_str());
  INFO(read_all(folder / "log"));
  REQUIRE(status == 0);
  const std::string page = read_all(folder / "dom.html");
  CHECK_THAT(page, Contains("data-ready=\"true\""));
  CHECK_THAT(page, Contains("data-drawn=\"true\""));  // the map has more than one colour
  CHECK(count_of(page, "class=\"bar\"") >= 2);
  CHECK_THAT(page, Contains("FAIL</p>") && Contains("(2, ") && Contains("--only "));
  // What the browser asks for on its own account is its maker's.
  const std::string net = read_all(folder / "net.json");
  REQUIRE(!net.empty());
  const std::regex address(R"re("url":"[a-z]+://([^/:"]*))re");
  for (std::sregex_iterator it(net.begin(), net.end(), address), end; it != end; ++it) {
    const std::string host = (*it)[1];
    INFO(host);
    CHECK((host.empty() || host.ends_with("google.com") || host.ends_with("googleapis.com") ||
           host.ends_with("gvt1.com")));
  }
}
