// assay check --suite DIR: all specs of a folder, a table, and a JUnit file for continuous integration.
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include <fmt/format.h>

#include "arguments.hpp"
#include "progress.hpp"
#include "spec.hpp"
#include "terminal.hpp"

namespace assay::cli {
namespace {

using json = nlohmann::ordered_json;

enum class ending { pass, fail, error };

struct suite_row {
  std::string name, kernel;
  ending how = ending::error;
  std::string sentence;  ///< the verdict's, or what is wrong with the spec
  std::string reproduce;
  double seconds = 0;
};

suite_row run_one(const std::filesystem::path& path) {
  suite_row row;
  row.name = path.filename().string();
  const auto start = std::chrono::steady_clock::now();
  try {
    const check_request request = read_spec(path);
    row.kernel = request.kernel->name;
    const check_outcome outcome = carry_out(request);
    row.how = outcome.judged.pass ? ending::pass : ending::fail;
    row.sentence = headline(outcome.judged);
    row.reproduce = outcome.context.reproduce;
    if (!outcome.judged.pass && !outcome.judged.diagnosis.empty()) {
      row.sentence += " Diagnosis: " + outcome.judged.diagnosis.front().explanation + ".";
    }
  } catch (const std::exception& error) {
    row.sentence = error.what();
  }
  row.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return row;
}

std::vector<suite_row> run_all(const std::vector<std::filesystem::path>& specs, unsigned threads, bool shows) {
  std::vector<suite_row> rows(specs.size());
  std::atomic<std::size_t> next = 0;
  const progress_line shown("", shows);
  progress_stage done("", "checks", specs.size());
  const auto work = [&] {
    for (std::size_t i = next++; i < specs.size(); i = next++) {
      rows[i] = run_one(specs[i]);
      done.add(1);
    }
  };
  const std::size_t wanted = threads != 0 ? threads : std::max(std::thread::hardware_concurrency(), 1u);
  std::vector<std::thread> others;
  for (std::size_t t = 1; t < std::min(wanted, specs.size()); ++t) others.emplace_back(work);
  work();
  for (std::thread& thread : others) thread.join();
  return rows;
}

std::string xml(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      default: escaped += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return escaped;
}

std::size_t count(const std::vector<suite_row>& rows, ending how) {
  return static_cast<std::size_t>(
      std::count_if(rows.begin(), rows.end(), [&](const suite_row& r) { return r.how == how; }));
}

void write_junit(const std::string& path, const std::string& suite, const std::vector<suite_row>& rows) {
  double seconds = 0;
  for (const suite_row& row : rows) seconds += row.seconds;
  std::string text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3f}\">\n",
      xml(suite), rows.size(), count(rows, ending::fail), count(rows, ending::error), seconds);
  for (const suite_row& row : rows) {
    text += fmt::format("  <testcase classname=\"assay.{}\" name=\"{}\" time=\"{:.3f}\"", xml(row.kernel),
                        xml(row.name), row.seconds);
    if (row.how == ending::pass) {
      text += "/>\n";
      continue;
    }
    const char* what = row.how == ending::fail ? "failure" : "error";
    text += fmt::format(">\n    <{0} message=\"{1}\">{2}</{0}>\n  </testcase>\n", what, xml(row.sentence),
                        xml(row.reproduce));
  }
  text += "</testsuite>\n";
  write_text(path, text);
}

std::string mark(ending how) {
  switch (how) {
    case ending::pass: return painted("pass ", colour::green);
    case ending::fail: return painted("FAIL ", colour::red);
    case ending::error: break;
  }
  return painted("ERROR", colour::yellow);
}

void print_table(const std::vector<suite_row>& rows) {
  std::size_t name = 0, kernel = 0;
  for (const suite_row& row : rows) {
    name = std::max(name, row.name.size());
    kernel = std::max(kernel, row.kernel.size());
  }
  for (const suite_row& row : rows) {
    fmt::print("{}  {:<{}}  {:<{}}  {:>7.2f} s  {}\n", mark(row.how), row.name, name, row.kernel, kernel, row.seconds,
               row.sentence);
  }
  fmt::print("\n{} checks: {} pass, {} fail, {} cannot be run\n", rows.size(), count(rows, ending::pass),
             count(rows, ending::fail), count(rows, ending::error));
  for (const suite_row& row : rows) {
    if (!row.reproduce.empty()) fmt::print("reproduce: {}\n", row.reproduce);
  }
}

void print_json(const std::vector<suite_row>& rows) {
  json checks = json::array();
  for (const suite_row& row : rows) {
    checks.push_back({{"name", row.name},
                      {"kernel", row.kernel},
                      {"result", row.how == ending::pass   ? "pass"
                                 : row.how == ending::fail ? "fail"
                                                           : "error"},
                      {"sentence", row.sentence},
                      {"reproduce", row.reproduce},
                      {"seconds", row.seconds}});
  }
  const json report{{"pass", count(rows, ending::pass)},
                    {"fail", count(rows, ending::fail)},
                    {"error", count(rows, ending::error)},
                    {"checks", checks}};
  fmt::print("{}\n", report.dump(2, ' ', false, json::error_handler_t::replace));
}

}  // namespace

exit_code run_suite(const suite_options& options) {
  const std::vector<suite_row> rows = run_all(specs_in(options.folder), options.threads, !options.quiet);
  if (!options.junit.empty()) write_junit(options.junit, options.folder.filename().string(), rows);
  if (options.json) {
    print_json(rows);
  } else if (!options.quiet) {
    print_table(rows);
  }
  if (count(rows, ending::error) != 0) return bad_usage;
  return count(rows, ending::fail) == 0 ? passed : failed;
}

}  // namespace assay::cli
