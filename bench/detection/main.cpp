// The detection benchmark: which wrong kernels each way of judging finds, and which right ones it accuses.
//
//   assay_detection [--runs N] [--honest N] [--threads N] [--only WORDS] [--page FILE]
//
// --runs: draws for each mutation; --honest: legitimate runs in all; --only: mutations and workloads whose names
// hold these words; --page writes the report as Markdown.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include <assay/format/name.hpp>
#include <assay/judge/judge.hpp>
#include <assay/number/convert.hpp>
#include <assay/reference/truth_of.hpp>

#include "method.hpp"
#include "mutation.hpp"

namespace {

using namespace detection;

struct options {
  std::size_t runs = 48, honest = 100000;
  unsigned threads = std::max(1u, std::thread::hardware_concurrency());
  std::string only, page;
};

const std::size_t method_count = peer_methods().size() + 1;  // the judge is the last

std::vector<double> numbers(const tensor& t) {
  std::vector<double> x(t.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = to_double(t[i], t.type().layout);
  return x;
}

std::size_t length_of(const kernel_call& call) {
  for (const char* name : {"a", "x", "q"}) {
    if (call.info().inputs[0].name == name) return columns_of(call.input(name));
  }
  return 1;
}

struct decision {
  std::vector<bool> accepted;  ///< by each method, the judge last
  verdict judged;
};

decision decide(const trial& t, const std::vector<tensor>& got) {
  decision d;
  const auto truths = reference::truth_of(t.call, {.to = got[0].type().layout, .enclosure = true});
  const std::vector<double> x = numbers(got[0]);
  std::vector<double> r = numbers(truths[0].lower);
  const std::vector<double> upper = numbers(truths[0].upper);
  for (std::size_t i = 0; i < r.size(); ++i) r[i] = r[i] == upper[i] ? r[i] : r[i] / 2 + upper[i] / 2;
  if (t.honest.find("saturate_finite") != std::string::npos) {
    const format f = got[0].type().layout;
    const double most = to_double(f.max_finite_code(), f);
    for (double& v : r) v = std::clamp(v, -most, most);
  }
  std::vector<double> native;
  try {
    native = numbers(run_honest(t, "native " + t.honest.substr(t.honest.rfind("to=")))[0]);
  } catch (const std::invalid_argument&) {  // no such arithmetic for this kernel
  }
  const comparison c{x, r, native, got[0].type().layout, length_of(t.call)};
  for (const method& m : peer_methods()) d.accepted.push_back(m.accepts(c));
  d.judged = judge(t.call, got, parse_claim(t.call.name(), t.claim), {.worst = 1});
  d.accepted.push_back(d.judged.pass);
  return d;
}

const workload& workload_named(std::string_view name) {
  for (const workload& w : workloads()) {
    if (w.name == name) return w;
  }
  throw std::logic_error("no workload " + std::string(name));
}

setting draw_setting(const workload& w, std::size_t n, std::uint64_t stream) {
  setting s;
  s.storage = w.storage[n % w.storage.size()];
  s.inputs = static_cast<distribution>(n / w.storage.size() % 4);
  s.size = n / (4 * w.storage.size()) % 4;
  s.seed = accumulate::stream_word(stream, n);
  return s;
}

std::string in_words(const workload& w, const setting& s) {
  return std::string(w.name) + ", " + format_name(s.storage) + ", " +
         std::string(distribution_names[static_cast<std::size_t>(s.inputs)]) + ", size " + std::to_string(s.size) +
         ", seed " + std::to_string(s.seed);
}

/// Why the judge had nothing to say: how little the wrong results are.
std::string smallness(const std::vector<tensor>& wrong, const std::vector<tensor>& honest, const verdict& v) {
  std::size_t differ = 0;
  for (std::size_t i = 0; i < wrong[0].size(); ++i) differ += wrong[0][i] != honest[0][i];
  char text[128];
  std::snprintf(
      text, sizeof text,
      ": %zu of %zu results differ from the honest kernel's, the largest error is %.3g%% of what the claim allows",
      differ, wrong[0].size(), 100 * v.largest_share);
  return text;
}

/// Calls work(n) for n in [0, count) on several threads.
template <class Work>
void in_parallel(std::size_t count, unsigned threads, const Work& work) {
  std::atomic<std::size_t> next = 0;
  std::vector<std::thread> all;
  for (unsigned t = 0; t < threads; ++t) {
    all.emplace_back([&] {
      for (std::size_t n = next++; n < count; n = next++) work(n);
    });
  }
  for (std::thread& t : all) t.join();
}

struct tally {
  std::size_t present = 0, named_first = 0, failed = 0;
  std::vector<std::size_t> found = std::vector<std::size_t>(method_count);
  std::map<std::string, std::size_t> named;
  std::vector<std::string> missed;
};

bool is_right_cause(std::string_view causes, std::string_view name) {
  std::istringstream words{std::string(causes)};
  for (std::string word; words >> word;) {
    if (name.starts_with(word)) return true;
  }
  return false;
}

bool same_codes(const std::vector<tensor>& x, const std::vector<tensor>& y) {
  return std::equal(x[0].bytes().begin(), x[0].bytes().end(), y[0].bytes().begin(), y[0].bytes().end());
}

tally try_mutation(const mutation& m, const options& o) {
  const workload& w = workload_named(m.workload);
  tally total;
  std::mutex mutex;
  in_parallel(o.runs, o.threads, [&](std::size_t n) {
    const setting s = draw_setting(w, n, std::hash<std::string_view>()(m.name));
    trial t = w.make(s);
    random_source random(s.seed + 99);
    if (m.trigger) m.trigger(t, random);
    const results wrong = m.run(t, random);
    const std::vector<tensor> honest = run_honest(t);
    if (!wrong || same_codes(*wrong, honest)) return;
    const decision d = decide(t, *wrong);
    const std::lock_guard lock(mutex);
    ++total.present;
    for (std::size_t k = 0; k < method_count; ++k) total.found[k] += !d.accepted[k];
    if (d.judged.pass) {
      total.missed.push_back(in_words(w, s) + smallness(*wrong, honest, d.judged));
      return;
    }
    ++total.failed;
    const std::string name = d.judged.diagnosis.empty() ? "nothing" : d.judged.diagnosis[0].name;
    ++total.named[name];
    total.named_first += is_right_cause(m.causes, name);
  });
  return total;
}

struct false_alarms {
  std::size_t runs = 0;
  std::vector<std::size_t> accused = std::vector<std::size_t>(method_count);
  std::vector<std::string> accused_by_judge;
};

false_alarms try_honest(const options& o) {
  false_alarms total;
  std::vector<const workload*> chosen;
  for (const workload& w : workloads()) {
    if (std::string(w.name).find(o.only) != std::string::npos) chosen.push_back(&w);
  }
  if (chosen.empty()) return total;
  std::mutex mutex;
  in_parallel(o.honest, o.threads, [&](std::size_t n) {
    const workload& w = *chosen[n % chosen.size()];
    const std::size_t turn = n / chosen.size();
    const setting s = draw_setting(w, turn / w.twins.size(), 4242);
    const trial t = w.make(s);
    const std::string& twin = w.twins[turn % w.twins.size()];
    const decision d = decide(t, run_honest(t, twin));
    const std::lock_guard lock(mutex);
    ++total.runs;
    for (std::size_t k = 0; k < method_count; ++k) total.accused[k] += !d.accepted[k];
    if (!d.judged.pass) total.accused_by_judge.push_back(in_words(w, s) + (twin.empty() ? "" : ", " + twin));
  });
  return total;
}

std::string percent(std::size_t part, std::size_t whole) {
  if (whole == 0) return "-";
  char text[16];
  std::snprintf(text, sizeof text, "%.*f%%", part == 0 || part == whole ? 0 : 1,
                100 * static_cast<double>(part) / static_cast<double>(whole));
  return text;
}

/// What the judge named instead, most often first.
std::string names_of(const tally& t) {
  std::vector<std::pair<std::size_t, std::string>> all;
  for (const auto& [name, count] : t.named) all.emplace_back(count, name);
  std::sort(all.rbegin(), all.rend());
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(all.size(), 2); ++i) {
    text += (i == 0 ? "" : ", ") + all[i].second + " " + std::to_string(all[i].first);
  }
  return text;
}

std::string report(const std::vector<std::pair<const mutation*, tally>>& found, const false_alarms& honest,
                   const options& o, double seconds) {
  std::ostringstream page;
  page << "# Detection\n\nWritten by `./dev detect`; do not edit. " << found.size() << " mutations, " << o.runs
       << " draws each over the workload's formats, four input distributions and four sizes; a draw counts when the\n"
          "wrong results differ from the honest kernel's in at least one bit. Where plain data cannot show a mutation "
          "(a flushed\n"
          "subnormal, another eps, a lost maximum), its inputs are drawn so that they can. "
       << honest.runs << " legitimate runs: other orders, algorithms and units\nwithin the claim. Computed in "
       << static_cast<long>(seconds) << " s on " << o.threads
       << " threads.\n\n## Methods\n\n| method | definition |\n| --- | --- |\n";
  for (const method& m : peer_methods()) {
    std::string definition(m.definition);
    for (std::size_t at = 0; (at = definition.find('|', at)) != std::string::npos; at += 2) definition.insert(at, "\\");
    page << "| " << m.name << " | " << definition << " |\n";
  }
  page << "| Assay | the verdict of `judge()` under the workload's claim, at confidence 1e-6 |\n\n";

  tally all;
  for (const auto& [m, t] : found) {
    all.present += t.present;
    all.failed += t.failed;
    all.named_first += t.named_first;
    for (std::size_t k = 0; k < method_count; ++k) all.found[k] += t.found[k];
  }
  page << "## In all\n\n| method | mutated runs found | legitimate runs accused |\n| --- | --- | --- |\n";
  for (std::size_t k = 0; k < method_count; ++k) {
    const std::string_view name = k + 1 == method_count ? "Assay" : peer_methods()[k].name;
    page << "| " << name << " | " << percent(all.found[k], all.present) << " of " << all.present << " | "
         << honest.accused[k] << " of " << honest.runs << " |\n";
  }
  page << "\nOf the " << all.failed << " runs that Assay failed, its first explanation was a right one in "
       << percent(all.named_first, all.failed) << ".\n\n## By mutation\n\n| kernel | mutation | present |";
  for (const method& m : peer_methods()) page << ' ' << m.name << " |";
  page << " Assay | right cause first | named |\n| --- | --- | --- |";
  for (std::size_t k = 0; k < method_count; ++k) page << " --- |";
  page << " --- | --- |\n";
  for (const auto& [m, t] : found) {
    page << "| " << m->workload << " | " << m->name << " | " << t.present << " |";
    for (std::size_t k = 0; k < method_count; ++k) page << ' ' << percent(t.found[k], t.present) << " |";
    page << ' ' << percent(t.named_first, t.failed) << " | " << names_of(t) << " |\n";
  }
  page << "\n## What Assay missed\n\nRuns whose every result lies within what the claim allows, and in which the "
          "errors of all results together are too\n"
          "few or too small for statistics. A claim that leaves less open (a stated order, an exact accumulator) finds "
          "them.\n\n";
  std::size_t shown = 0;
  for (const auto& [m, t] : found) {
    for (std::size_t i = 0; i < std::min<std::size_t>(t.missed.size(), 3); ++i, ++shown) {
      page << "- " << m->name << ": " << t.missed[i] << (t.missed.size() > 3 && i == 2 ? ", and others" : "") << "\n";
    }
  }
  if (shown == 0) page << "Nothing.\n";
  page << "\n## What Assay accused wrongly\n\n";
  for (const std::string& text : honest.accused_by_judge) page << "- " << text << "\n";
  if (honest.accused_by_judge.empty()) page << "Nothing.\n";
  return page.str();
}

options parse(int argc, char** argv) {
  options o;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--runs")
      o.runs = std::strtoull(value, nullptr, 10);
    else if (name == "--honest")
      o.honest = std::strtoull(value, nullptr, 10);
    else if (name == "--threads")
      o.threads = static_cast<unsigned>(std::strtoul(value, nullptr, 10));
    else if (name == "--only")
      o.only = value;
    else if (name == "--page")
      o.page = value;
    else
      throw std::invalid_argument("unknown option " + std::string(name));
  }
  if (argc % 2 == 0) throw std::invalid_argument("options take a value each");
  return o;
}

}  // namespace

int main(int argc, char** argv) try {
  const options o = parse(argc, argv);
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::pair<const mutation*, tally>> found;
  for (const mutation& m : mutations()) {
    if ((std::string(m.workload) + " " + std::string(m.name)).find(o.only) == std::string::npos) continue;
    found.emplace_back(&m, try_mutation(m, o));
    const tally& t = found.back().second;
    std::fprintf(stderr, "%-14s %-48s present %3zu found %s cause %s  %s\n", std::string(m.workload).c_str(),
                 std::string(m.name).c_str(), t.present, percent(t.found.back(), t.present).c_str(),
                 percent(t.named_first, t.failed).c_str(), names_of(t).c_str());
  }
  const false_alarms honest = try_honest(o);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const std::string page = report(found, honest, o, seconds.count());
  if (o.page.empty()) {
    std::fputs(page.c_str(), stdout);
  } else {
    std::ofstream(o.page) << page;
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "assay_detection: %s\n", error.what());
  return 2;
}
