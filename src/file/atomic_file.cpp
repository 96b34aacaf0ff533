#include <assay/file/atomic_file.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <assay/file/error.hpp>

namespace assay {
namespace {

/// A file without a name where the file system has such (Linux's O_TMPFILE), so that not even a run that is killed
/// leaves anything behind; else one with a hidden name, unlinked unless it has been renamed away.
class temporary_file {
 public:
  explicit temporary_file(const std::filesystem::path& final_path) : final_(final_path) {
    const std::filesystem::path parent = final_path.parent_path(), folder = parent.empty() ? "." : parent;
    name_ = (folder / ".assay.XXXXXX").string();  // not of the final name, which may be as long as names can be
    if (::access("/proc/self/fd", F_OK) == 0) {   // by which it gets its name
      descriptor_ = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
      is_named_ = false;
    }
    if (descriptor_ >= 0) return;
    descriptor_ = ::mkostemp(name_.data(), O_CLOEXEC);
    is_named_ = descriptor_ >= 0;
    if (descriptor_ < 0) fail("cannot be created");
  }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  ~temporary_file() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (is_named_) ::unlink(name_.c_str());
  }

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      constexpr std::size_t most = std::size_t{1} << 30;  // Linux writes at most 2 GiB at once
      const ::ssize_t written = ::write(descriptor_, bytes.data(), std::min(bytes.size(), most));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0 && errno == EFAULT) {
        throw file_error(final_.string() +
                         ": cannot be written: what it is to hold is of a mapped file, which became shorter.");
      }
      if (written < 0) fail("cannot be written");
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }

  void rename_to_final() {
    if (::fchmod(descriptor_, permissions()) != 0) fail("cannot be given its permissions");
    if (!is_named_) give_name();
    const int closing = descriptor_;
    descriptor_ = -1;
    if (::close(closing) != 0) fail("cannot be written");
    if (::rename(name_.c_str(), final_.c_str()) != 0) fail("cannot be put in place");
    is_named_ = false;
  }

 private:
  /// A hidden name for a moment: linking cannot replace what is there, only renaming can.
  void give_name() {
    const std::string place = "/proc/self/fd/" + std::to_string(descriptor_);
    const std::string stem = name_.substr(0, name_.size() - 6) + std::to_string(::getpid()) + ".";
    for (int attempt = 0; attempt < 100 && !is_named_; ++attempt) {
      name_ = stem + std::to_string(attempt);
      is_named_ = ::linkat(AT_FDCWD, place.c_str(), AT_FDCWD, name_.c_str(), AT_SYMLINK_FOLLOW) == 0;
      if (!is_named_ && errno != EEXIST) break;
    }
    if (!is_named_) fail("cannot be put in place");
  }
  /// Those of the file that is replaced, else what a newly created file gets.
  ::mode_t permissions() const {
    struct ::stat old {};
    if (::stat(final_.c_str(), &old) == 0) return old.st_mode & 07777;
    const ::mode_t mask = ::umask(0);
    ::umask(mask);
    return 0666 & ~mask;
  }

  [[noreturn]] void fail(const char* what) const {
    throw file_error(final_.string() + ": " + what + ": " + std::strerror(errno) + ".");
  }

  std::filesystem::path final_;
  std::string name_;
  int descriptor_ = -1;
  bool is_named_ = false;
};

}  // namespace

void write_file(const std::filesystem::path& path, std::span<const std::span<const std::byte>> parts) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (path.filename().empty() || fs::is_directory(path, ignored)) {
    throw file_error(path.string() + ": is a directory; expected the name of a file to write.");
  }
  if (fs::exists(path, ignored) && !fs::is_regular_file(path, ignored)) {
    throw file_error(path.string() + ": exists and is not a regular file; it is left alone.");
  }
  const fs::path target = fs::is_symlink(path, ignored) ? fs::weakly_canonical(path, ignored) : path;
  temporary_file out(target);
  for (const auto part : parts) out.write(part);
  out.rename_to_final();
}

}  // namespace assay
