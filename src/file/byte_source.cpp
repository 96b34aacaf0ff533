#include "byte_source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.hpp"

namespace assay::detail {

void memory_source::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  if (offset > bytes_.size() || out.size() > bytes_.size() - offset) fail(name(), "ends before its data does.");
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
}

file_source::file_source(const std::filesystem::path& path) : byte_source(path.string()) {
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // do not wait for a pipe's writer
  struct ::stat status {};
  if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) {
    const int error = errno;
    if (descriptor_ >= 0) ::close(descriptor_);
    fail(name(), std::string("cannot be opened: ") + std::strerror(error) + ".");
  }
  if (!S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    fail(name(), S_ISDIR(status.st_mode) ? "is a directory; expected a file of tensors."
                                         : "is not a regular file; expected a file of tensors.");
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

file_source::~file_source() { ::close(descriptor_); }

void file_source::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    constexpr std::size_t most = std::size_t{1} << 30;
    const ::ssize_t got = ::pread(descriptor_, out.data(), std::min(out.size(), most), static_cast<::off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(name(), std::string("cannot be read: ") + std::strerror(errno) + ".");
    if (got == 0) fail(name(), "became shorter while it was read.");
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
}

}  // namespace assay::detail
