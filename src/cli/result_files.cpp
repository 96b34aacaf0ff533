#include "result_files.hpp"

#include <filesystem>

#include <fmt/format.h>

#include "arguments.hpp"

namespace assay::cli {
namespace {

bool holds_several(const std::filesystem::path& path) {
  return path.extension() == ".safetensors" || path.extension() == ".npz";
}

}  // namespace

std::string with_name(const std::string& file, std::string_view name) {
  const std::filesystem::path path(file);
  if (holds_several(path)) return file + "#" + std::string(name);
  std::filesystem::path named = path.parent_path() / path.stem();
  named += "." + std::string(name) + path.extension().string();
  return named.string();
}

std::string result_file(const std::string& file, const kernel_info& kernel, std::size_t result) {
  return kernel.results.size() == 1 ? file : with_name(file, kernel.results[result].name);
}

void write_named(const std::string& file, std::vector<named_tensor> tensors) {
  if (holds_several(file) && !tensors.empty() && !tensors.front().name.empty()) return write_tensors(file, tensors);
  for (const named_tensor& t : tensors) write_output(t.name.empty() ? file : with_name(file, t.name), t.values);
}

void write_results(const std::string& file, const kernel_info& kernel, std::vector<tensor> results) {
  std::vector<named_tensor> named;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!was_asked_for(results[i])) continue;
    named.push_back({kernel.results.size() == 1 ? "" : std::string(kernel.results[i].name), std::move(results[i])});
  }
  write_named(file, std::move(named));
}

std::string result_files_help(const kernel_info& kernel) {
  if (kernel.results.size() == 1) return "";
  std::string files;
  for (const result_info& r : kernel.results) files += (files.empty() ? "" : ", ") + with_name("out.npy", r.name);
  return fmt::format("-o out.npy writes {}; -o out.safetensors and out.npz hold them all.\n", files);
}

}  // namespace assay::cli
