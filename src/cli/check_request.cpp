#include "check_request.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <assay/tensor/describe.hpp>
#include <assay/tensor/whole_numbers.hpp>

#include "arguments.hpp"
#include "arithmetic_options.hpp"
#include "check_integers.hpp"
#include "product_terms.hpp"
#include "run_integers.hpp"

namespace assay::cli {
namespace {

/// Sums of products of integers take 32 bits: narrower results were scaled, and by what has to be said.
void require_sums(const check_request& request, const kernel_call& call, const tensor& got, const std::string& file) {
  const bool is_integer_product =
      request.kernel->name == "gemm" && call.was_integer("a") && call.was_integer("b") && request.claim.empty();
  if (!is_integer_product || got.type().is_floating() || got.type().integer_bits >= 32) return;
  throw usage_error(
      fmt::format("{}: holds {}, but products of integers are summed in 32 bits; state what the sums were "
                  "requantised by, with --factor, or claim an arithmetic.",
                  file, to_string(got.type())));
}

/// The kernel's results in the catalogue's order; those that were not given are empty.
std::vector<tensor> read_results(input_files& files, const check_request& request, const kernel_call& call) {
  std::vector<tensor> results;
  for (const result_info& r : request.kernel->results) {
    const auto file = request.got.find(r.name);
    const bool given = file != request.got.end() && !file->second.empty();
    if (!given) {
      results.emplace_back(element_type::of(binary32), extents{0});
      continue;
    }
    tensor got = file_argument::parse(from_folder(request.folder, file->second)).read_numbers(files);
    require_sums(request, call, got, file->second);
    results.push_back(as_numbers(std::move(got)));
  }
  // The judge takes an empty result among others for one that was not given.
  const bool some = std::any_of(results.begin(), results.end(), [](const tensor& t) { return t.size() != 0; });
  for (std::size_t r = 0; r < results.size(); ++r) {
    const auto file = request.got.find(request.kernel->results[r].name);
    if (!some || results[r].size() != 0 || file == request.got.end() || file->second.empty()) continue;
    throw usage_error(fmt::format("{}: has shape {} and holds nothing; expected results, as the other files hold.",
                                  file->second, to_string(results[r].shape())));
  }
  return results;
}

/// An element's inputs in short, with a product's terms in place of the ranges of a and b.
std::string with_terms(const kernel_call& call, const element_report& e) {
  const std::vector<std::string> terms = product_terms(call, e.index);
  if (terms.empty()) return e.inputs;
  std::string text;
  const auto append = [&](const std::string& line) { text += (text.empty() ? "" : "; ") + line; };
  for (const std::string& line : terms) append(line);
  for (std::size_t at = 0; at < e.inputs.size();) {
    const std::size_t end = std::min(e.inputs.find("; ", at), e.inputs.size());
    const std::string line = e.inputs.substr(at, end - at);
    if (!line.starts_with("a: ") && !line.starts_with("b: ")) append(line);
    at = end + 2;
  }
  return text;
}

/// The worst element's result, else the first that was given.
std::size_t result_to_show(const verdict& v, const std::vector<tensor>& results) {
  if (!v.worst.empty()) return v.worst.front().result;
  for (std::size_t r = 0; r < results.size(); ++r) {
    if (results[r].size() != 0) return r;
  }
  return 0;
}

report_context context_of(const check_request& request, const kernel_call& call, const std::vector<tensor>& results) {
  report_context context;
  context.kernel = request.kernel->name;
  context.formula = request.kernel->formula;
  for (const input_info& in : request.kernel->inputs) {
    if (!call.has_input(in.name)) continue;
    const tensor& t = call.input(in.name);
    context.tensors.push_back(
        {std::string(in.name), to_string(t.type()), to_string(t.shape()), request.inputs.find(in.name)->second});
  }
  for (std::size_t r = 0; r < results.size(); ++r) {
    const result_info& info = request.kernel->results[r];
    context.results.push_back({std::string(info.name), results[r].shape(), results[r].type().layout});
    if (results[r].size() == 0) continue;
    const std::string name = results.size() == 1 ? "got" : fmt::format("got, {}", info.name);
    context.tensors.push_back(
        {name, to_string(results[r].type()), to_string(results[r].shape()), request.got.find(info.name)->second});
  }
  for (const auto& [name, value] : call.attributes()) context.attributes.push_back({name, to_string(value)});
  return context;
}

/// The request's own command, cut down to the worst element where one fails alone.
std::string reproducer(const check_request& request, const verdict& v) {
  if (v.pass) return "";
  const bool alone = !v.worst.empty() && v.worst.front().result == 0;
  return request.command + (alone ? fmt::format(" --only {}", v.worst.front().index) : "");
}

/// The call over numbers, zero points taken off.
kernel_call numbers_call(input_files& opened, const check_request& request) {
  kernel_call call = make_call(opened, *request.kernel, request.inputs, request.attributes, request.folder);
  if (request.integers.empty()) return call;
  named_texts files;
  for (const auto& [name, file] : request.inputs) {
    if (!file.empty()) files[name] = from_folder(request.folder, file);
  }
  const auto zero = [&](std::string_view name) {
    const auto found = request.integers.find(name);
    return found == request.integers.end() ? std::string() : found->second;
  };
  move_zero_points(opened, call, files, zero("zero_a"), zero("zero_b"));
  return call;
}

void check_only(const check_request& request, const tensor& first) {
  if (!request.how.only || *request.how.only < first.size()) return;
  throw usage_error(
      fmt::format("--only is {}, but there are {} results, counted from 0.", *request.how.only, first.size()));
}

}  // namespace

check_outcome carry_out(const check_request& request) {
  input_files opened;
  check_outcome outcome;
  std::vector<hypothesis> suspects;
  judge_options how = request.how;
  how.keep_elements = true;
  as_usage([&] {
    for (const std::string& text : request.suspects) suspects.push_back(parse_hypothesis(request.kernel->name, text));
    return 0;
  });
  if (!suspects.empty()) how.hypotheses = &suspects;
  std::optional<kernel_call> call;
  std::vector<tensor> results;
  if (is_requantised(request)) {
    requantised_files files = read_requantised(opened, request);
    check_only(request, files.got);
    outcome.judged = as_usage([&] {
      call = files.product.call();
      return judge(files.product, files.got, how);
    });
    outcome.context = requantised_context(request, files);
    results.push_back(std::move(files.got));
  } else {
    call = numbers_call(opened, request);
    results = read_results(opened, request, *call);
    check_only(request, results.front());
    const std::string claim = request.claim.empty() && !request.integers.empty() ? "int8" : request.claim;
    outcome.judged = as_usage([&] {
      return claim.empty() ? judge(*call, results, how)
                           : judge(*call, results, parse_claim(request.kernel->name, claim), how);
    });
    outcome.context = context_of(request, *call, results);
  }
  for (element_report& e : outcome.judged.worst) e.inputs = with_terms(*call, e);
  for (error_picture& p : outcome.judged.pictures) {
    outcome.errors.push_back({results[p.result].shape(), std::move(p.distances), std::move(p.fails)});
  }
  outcome.context.errors_of = result_to_show(outcome.judged, results);
  outcome.context.reproduce = reproducer(request, outcome.judged);
  opened.check_unchanged();
  return outcome;
}

std::string outcome_text(const check_outcome& outcome) {
  std::string text = verdict_text(outcome.judged, "", outcome.context.results);
  if (outcome.judged.pass) return text;
  const std::size_t judged = outcome.judged.judged;
  const std::string map = judged < 2 ? "" : map_text(outcome.errors[outcome.context.errors_of], 64, 16, "  ");
  if (!map.empty()) text += "\nwhere\n" + map;
  return text + fmt::format("\nreproduce: {}\n", outcome.context.reproduce);
}

std::string outcome_page(const check_outcome& outcome) {
  report_context context = outcome.context;
  context.errors = &outcome.errors[context.errors_of];
  return verdict_page(outcome.judged, context);
}

}  // namespace assay::cli
