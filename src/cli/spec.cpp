#include "spec.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include <assay/file/error.hpp>

#include "arguments.hpp"
#include "check_integers.hpp"

namespace assay::cli {
namespace {

using json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 11> keys{"kernel",     "inputs", "attributes", "got",   "claim",   "integers",
                                                "confidence", "seed",   "sample",     "worst", "suspects"};

/// One spec as it is read; every refusal names its file.
class spec_reader {
 public:
  spec_reader(const std::filesystem::path& path, const json& all) : path_(path), all_(all) {}

  check_request request() {
    if (!all_.is_object()) refuse("the file", found(all_), "an object");
    for (const auto& [key, value] : all_.items()) {
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) refuse_name("key", key, keys);
    }
    check_request r;
    r.name = path_.filename().string();
    r.folder = path_.parent_path();
    r.kernel = kernel();
    r.inputs = texts("inputs", names(r.kernel->inputs));
    if (all_.contains("attributes")) r.attributes = texts("attributes", names(r.kernel->attributes));
    if (all_.contains("integers")) {
      if (r.kernel->name != "gemm") refuse("integers", "there", "it with the kernel gemm only");
      r.integers = texts("integers", {std::begin(integer_keys), std::end(integer_keys)});
    }
    read_got(r);
    if (all_.contains("claim")) r.claim = claim();
    if (all_.contains("suspects")) read_suspects(r);
    number("confidence", r.how.confidence, 0, 1);
    number("seed", r.how.seed, 0, 1.8e19);
    number("sample", r.how.most_elements, 0, 1e18);
    number("worst", r.how.worst, 0, 1e6);
    r.command = "assay check --spec " + shell_word(path_.string());
    return r;
  }

 private:
  [[noreturn]] void refuse(const std::string& key, const std::string& what, const std::string& expected) const {
    throw usage_error(fmt::format("{}: {} is {}; expected {}.", path_.string(), key, what, expected));
  }
  template <class Names>
  [[noreturn]] void refuse_name(std::string_view what, const std::string& name, const Names& known) const {
    std::string list;
    for (const std::string_view one : known) list += (list.empty() ? "" : ", ") + std::string(one);
    throw usage_error(fmt::format("{}: there is no {} '{}'; expected one of {}.{}", path_.string(), what, name,
                                  list.empty() ? "none" : list,
                                  did_you_mean(name, std::span<const std::string_view>(known))));
  }

  static std::string found(const json& value) {
    const std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
    return text.size() <= 60 ? text : text.substr(0, 57) + "...";
  }
  const json& need(const std::string& key) const {
    if (!all_.contains(key)) refuse(key, "missing", key == "kernel" ? "a kernel's name" : "files by name");
    return all_[key];
  }
  template <class Rows>
  static std::vector<std::string_view> names(const Rows& rows) {
    std::vector<std::string_view> all;
    for (const auto& row : rows) all.push_back(row.name);
    return all;
  }

  const kernel_info* kernel() const {
    const json& name = need("kernel");
    if (!name.is_string()) refuse("kernel", found(name), "a kernel's name");
    if (const kernel_info* info = find_kernel(name.get<std::string>())) return info;
    const auto known = names(kernels);
    throw usage_error(fmt::format("{}: there is no kernel {}.{}", path_.string(), found(name),
                                  did_you_mean(name.get<std::string>(), known)));
  }

  /// What an option of the shell would be given: strings as they are, numbers and booleans as text, lists with commas.
  std::string text(const std::string& key, const json& value) const {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_number() || value.is_boolean()) return value.dump();
    if (!value.is_array() || value.empty()) refuse(key, found(value), "a string, a number, true, false or a list");
    std::string list;
    for (const json& one : value) list += (list.empty() ? "" : ",") + text(key, one);
    return list;
  }
  named_texts texts(const std::string& key, const std::vector<std::string_view>& known) const {
    const json& all = need(key);
    if (!all.is_object()) refuse(key, found(all), "an object");
    named_texts result;
    for (const auto& [name, value] : all.items()) {
      if (std::find(known.begin(), known.end(), name) == known.end())
        refuse_name(key == "inputs" ? "input" : key == "got" ? "result" : key.substr(0, key.size() - 1), name, known);
      if (key != "attributes" && key != "integers" && !value.is_string())
        refuse(key + "." + name, found(value), "a file's name");
      result[name] = text(key + "." + name, value);
    }
    return result;
  }

  void read_got(check_request& r) const {
    const json& got = need("got");
    if (got.is_object()) {
      r.got = texts("got", names(r.kernel->results));
    } else if (!got.is_string()) {
      refuse("got", found(got), "a file's name, or files by the results' names");
    } else if (r.kernel->results.size() != 1) {
      std::string list;
      for (const result_info& one : r.kernel->results) list += (list.empty() ? "" : ", ") + std::string(one.name);
      refuse("got", found(got), "an object of files by the results' names, " + list);
    } else {
      r.got[std::string(r.kernel->results[0].name)] = got.get<std::string>();
    }
  }

  std::string claim() const {
    const json& value = all_["claim"];
    if (value.is_string()) return value.get<std::string>();
    if (!value.is_object()) refuse("claim", found(value), "a text, or an object of a claim's keys");
    std::string words;
    for (const auto& [key, one] : value.items()) {
      const bool word = one.is_boolean() && one.get<bool>();
      if (one.is_boolean() && !word) continue;
      words += (words.empty() ? "" : " ") + key + (word ? "" : "=" + text("claim." + key, one));
    }
    return words;
  }

  void read_suspects(check_request& r) const {
    const json& all = all_["suspects"];
    if (!all.is_array()) refuse("suspects", found(all), "a list of texts");
    for (const json& one : all) {
      if (!one.is_string()) refuse("suspects", found(one), "a text of key=value");
      r.suspects.push_back(one.get<std::string>());
    }
  }

  template <class Number>
  void number(const std::string& key, Number& into, double least, double most) const {
    if (!all_.contains(key)) return;
    const json& value = all_[key];
    const bool whole = std::is_integral_v<Number>;
    const bool fits = (whole ? value.is_number_unsigned() : value.is_number()) && value.get<double>() >= least &&
                      value.get<double>() <= most;
    if (!fits) {
      refuse(key, found(value), whole ? "an integer from 0" : fmt::format("a number from {} to {}", least, most));
    }
    into = value.get<Number>();
  }

  const std::filesystem::path& path_;
  const json& all_;
};

}  // namespace

check_request read_spec(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) throw file_error(path.string() + ": cannot be opened.");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  json all;
  try {
    all = json::parse(text);
  } catch (const json::parse_error& error) {
    const std::size_t end = std::min<std::size_t>(error.byte, text.size());
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n');
    throw usage_error(
        fmt::format("{}: line {} is not JSON; expected an object with kernel, inputs and got.", path.string(), line));
  }
  return spec_reader(path, all).request();
}

std::vector<std::filesystem::path> specs_in(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> specs;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".json") specs.push_back(entry.path());
  }
  if (error) throw usage_error(fmt::format("--suite is {}: {}.", folder.string(), error.message()));
  if (specs.empty()) throw usage_error(fmt::format("--suite is {}, which holds no .json file.", folder.string()));
  std::sort(specs.begin(), specs.end());
  return specs;
}

}  // namespace assay::cli
