#include "file_kind.hpp"

#include <algorithm>
#include <vector>

namespace assay::detail {
namespace {

struct ending {
  std::string_view text;
  file_kind kind;
  bool is_written;
};
constexpr ending endings[]{{".npy", file_kind::npy, true},
                           {".npz", file_kind::npz, true},
                           {".safetensors", file_kind::safetensors, true},
                           {".pt", file_kind::pytorch, false},
                           {".pth", file_kind::pytorch, false},
                           {".bin", file_kind::raw, true}};

std::string joined(bool only_written) {
  std::string text;
  for (const ending& row : endings) {
    if (only_written && !row.is_written) continue;
    if (!text.empty()) text += &row == std::end(endings) - 1 ? " or " : ", ";
    text += row.text;
  }
  return text;
}

}  // namespace

std::optional<file_kind> kind_of_name(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  for (const ending& row : endings) {
    if (row.text == extension) return row.kind;
  }
  return std::nullopt;
}

std::string kinds_to_read() { return joined(false); }
std::string kinds_to_write() { return joined(true); }

}  // namespace assay::detail
