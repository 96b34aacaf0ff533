#include "byte_source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.hpp"

namespace assay::detail {
namespace {

/// To copy and sum so much takes 76 microseconds, to map and sum it 48; below 256 KiB a mapping takes longer. Small
/// files are also the ones that are written anew all the time.
constexpr std::uint64_t least_mapped = std::uint64_t{1} << 20;

std::uint64_t page_bytes() {
  static const auto bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}

/// The pages from that of the first byte on.
void unmap(std::span<std::byte> bytes) noexcept {
  const auto before = reinterpret_cast<std::uintptr_t>(bytes.data()) % page_bytes();
  ::munmap(bytes.data() - before, bytes.size() + before);
}

}  // namespace

void memory_source::read_at(std::uint64_t offset, std::span<std::byte> out) const {
  if (offset > bytes_.size() || out.size() > bytes_.size() - offset) fail(name(), "ends before its data does.");
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
}

file_source::file_source(const std::filesystem::path& path, reading how) : byte_source(path.string()), how_(how) {
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
  modified_ = status.st_mtim;
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

std::optional<tensor_storage> file_source::lend(std::uint64_t offset, std::uint64_t size, std::size_t alignment) const {
  if (how_ == reading::copied || size < least_mapped || offset % alignment != 0) return std::nullopt;
  const auto before = static_cast<std::size_t>(offset % page_bytes());
  // Without a reserve: the pages are the file's own and are taken back where memory is short, so that a tensor may be
  // larger than it. Nobody writes to them but who writes to an input.
  void* const pages = ::mmap(nullptr, static_cast<std::size_t>(size) + before, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_NORESERVE, descriptor_, static_cast<::off_t>(offset - before));
  if (pages == MAP_FAILED) return std::nullopt;  // a file system that maps nothing, a limit: it is read
  return tensor_storage({static_cast<std::byte*>(pages) + before, static_cast<std::size_t>(size)}, unmap);
}

void file_source::check_unchanged() const {
  struct ::stat now {};
  if (::fstat(descriptor_, &now) != 0) fail(name(), std::string("cannot be read: ") + std::strerror(errno) + ".");
  const bool same = static_cast<std::uint64_t>(now.st_size) == size_ && now.st_mtim.tv_sec == modified_.tv_sec &&
                    now.st_mtim.tv_nsec == modified_.tv_nsec;
  if (!same) fail(name(), "changed while it was read; expected a file that nothing writes to.");
}

}  // namespace assay::detail
