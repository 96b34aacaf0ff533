#include "result_files.hpp"

namespace assay::cli {

std::filesystem::path with_name(const std::filesystem::path& path, std::string_view name) {
  std::filesystem::path file = path.parent_path() / path.stem();
  file += "." + std::string(name) + path.extension().string();
  return file;
}

std::filesystem::path result_path(const std::filesystem::path& path, const kernel_info& kernel, std::size_t result) {
  return kernel.results.size() == 1 ? path : with_name(path, kernel.results[result].name);
}

}  // namespace assay::cli
