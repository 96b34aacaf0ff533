// What happens to files while one works: they are cut, vanish, cannot be written, or are larger than memory.
#include <catch2/catch.hpp>

#include <csignal>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <assay/file/atomic_file.hpp>

#include "../../src/file/byte_source.hpp"
#include "samples.hpp"

using namespace assay;
using namespace std::string_literals;
using Catch::Matchers::Contains;

namespace {

tensor read(const std::filesystem::path& path, const std::string& rest = "") {
  return read_tensor(parse_file_reference(path.string() + rest));
}

const std::vector<std::string> written_kinds{".npy", ".npz", ".safetensors", ".bin"};

tensor some_numbers(std::size_t n) {
  tensor t(element_type::of(binary32), {n});
  for (std::size_t i = 0; i < n; ++i) t.set(i, i);
  return t;
}

}  // namespace

TEST_CASE("Names with spaces, colons, hashes and letters of any language are names") {
  const scratch_folder folder;
  for (const std::string& kind : written_kinds) {
    for (const char* stem : {"a b", "größe 大きさ", "x:bfloat16", "run#3", "-o", "'quoted' \"twice\""}) {
      const std::string path = (folder / (stem + kind)).string();
      file_reference to;
      to.path = path;
      write_tensor(to, some_numbers(3));
      INFO(path);
      if (kind == ".bin") {
        CHECK(read(path, ":binary32[3]")[2] == 2);
      } else {
        CHECK(read(path)[2] == 2);
      }
    }
  }
}

TEST_CASE("Empty tensors, scalars and tensors of NaNs are kept by every kind") {
  const scratch_folder folder;
  for (const std::string& kind : written_kinds) {
    for (const extents& shape : {extents{}, extents{0}, extents{3, 0, 2}, extents{7}}) {
      tensor t(element_type::of(binary16), shape);
      for (std::size_t i = 0; i < t.size(); ++i) t.set(i, 0xfc01 + i);  // signalling NaNs with payloads
      file_reference reference;
      reference.path = folder / ("t" + kind);
      write_tensor(reference, t);
      if (kind == ".bin") {
        reference.type = stated_type(binary16);
        reference.shape = shape;
      }
      const tensor back = read_tensor(reference);
      CHECK(back.shape() == shape);
      CHECK(std::equal(back.bytes().begin(), back.bytes().end(), t.bytes().begin(), t.bytes().end()));
    }
  }
}

TEST_CASE("A file that another program cuts short while it is read ends in file_error, not in a signal") {
  const scratch_folder folder;
  write_all(folder / "x", std::string(100'000, 'x'));
  const detail::file_source source(folder / "x");
  std::filesystem::resize_file(folder / "x", 10);
  std::vector<std::byte> bytes(50'000);
  CHECK_THROWS_WITH(source.read_at(20, bytes), Contains("became shorter while it was read"));
}

TEST_CASE("A file that is removed once it is open is read to its end") {
  const scratch_folder folder;
  write_all(folder / "x", "content");
  const detail::file_source source(folder / "x");
  std::filesystem::remove(folder / "x");
  std::string text(7, '\0');
  source.read_at(0, std::as_writable_bytes(std::span(text)));
  CHECK(text == "content");
  CHECK_THROWS_WITH(read(folder / "x"), Contains("cannot be opened: No such file"));
}

TEST_CASE("Sparse files of ten gigabytes are refused at once where their header is wrong, whatever their kind") {
  const scratch_folder folder;
  const auto grow = [&](const char* name, const std::string& start) {
    write_all(folder / name, start);
    std::filesystem::resize_file(folder / name, 10'000'000'000);
  };
  const std::string header = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  std::string safetensors(8, '\0');
  safetensors[0] = static_cast<char>(header.size());
  try {
    grow("x.npy", npy_file("<f4", false, "(1, 3)", ""));
    grow("x.npz", sample("numpy_savez"));
    grow("x.safetensors", safetensors + header);
    grow("y.safetensors", "\xff\xff\xff\xff\x01\0\0\0{"s);
    grow("x.pt", sample("torch_one"));
    grow("x.bin", "");
  } catch (const std::filesystem::filesystem_error&) {
    WARN("skipped: the file system has no room for sparse files");
    return;
  }
  // Were memory taken for what the files claim, there would not be enough: 4 GB and what sanitizers reserve.
  CHECK_THROWS_WITH(read(folder / "x.npy"), Contains("bytes too many"));
  CHECK_THROWS_WITH(read(folder / "x.npz"), Contains("no central directory"));
  CHECK_THROWS_WITH(read(folder / "x.safetensors"), Contains("bytes too many"));
  CHECK_THROWS_WITH(read(folder / "y.safetensors"), Contains("the format allows 100 megabytes"));
  CHECK_THROWS_WITH(read(folder / "x.pt"), Contains("no central directory"));
  CHECK_THROWS_WITH(read(folder / "x.bin", ":bfloat16[5]"), Contains("needs 10 bytes, but the file has 10000000000"));
  CHECK(list_tensors(folder / "x.npy").front().shape == extents{1, 3});
}

TEST_CASE("A sound file whose tensor no memory could hold is refused, and takes none") {
  const scratch_folder folder;
  const std::filesystem::path path = folder / "x.npy";
  const std::string header = npy_file("<f4", false, "(1099511627776,)", "");
  write_all(path, header);
  std::error_code error;
  std::filesystem::resize_file(path, header.size() + (std::uint64_t{4} << 40), error);
  if (error || ::sysconf(_SC_PHYS_PAGES) > (1 << 30)) {
    WARN("skipped: no sparse file of four terabytes here, or memory for it");
    return;
  }
  CHECK_THROWS_WITH(read(path), Contains("of binary32 does not fit the memory there is"));
  CHECK(list_tensors(path).front().shape == extents{std::size_t{1} << 40});
}

TEST_CASE("A full disk leaves the old file as it was, and no other") {
  const scratch_folder folder;
  for (const std::string& kind : written_kinds) {
    file_reference to;
    to.path = folder / ("t" + kind);
    write_tensor(to, some_numbers(10));
    const std::string before = read_all(to.path);
    const int code = in_a_child([&] {
      const ::rlimit most{5000, 5000};  // a write beyond gives EFBIG, as ENOSPC on a full disk
      ::setrlimit(RLIMIT_FSIZE, &most);
      std::signal(SIGXFSZ, SIG_IGN);
      try {
        write_tensor(to, some_numbers(10'000));
      } catch (const file_error& error) {
        return std::string(error.what()).find("cannot be written: File too large.") != std::string::npos ? 7 : 8;
      }
      return 9;
    });
    CHECK(code == 7);
    CHECK(read_all(to.path) == before);
  }
  CHECK(folder.entries() == written_kinds.size());
}

TEST_CASE("A run that is killed while it writes leaves the old file as it was") {
  const scratch_folder folder;
  file_reference to;
  to.path = folder / "t.bin";
  write_tensor(to, some_numbers(10));
  const std::string before = read_all(to.path);
  const tensor large = some_numbers(2'000'000);
  const std::vector<std::span<const std::byte>> parts(2, large.bytes());
  for (int delay = 0; delay < 20; ++delay) {  // milliseconds: some strike before, some during, some after a write
    const ::pid_t child = ::fork();
    if (child == 0) {
      for (;;) write_file(to.path, parts);
    }
    ::usleep(static_cast<::useconds_t>(1000 * delay));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const auto size = std::filesystem::file_size(to.path);
    CHECK((size == before.size() || size == 16'000'000));
  }
}

TEST_CASE("A folder that may not be written to is named, and what it holds stays") {
  const scratch_folder folder;
  namespace fs = std::filesystem;
  write_all(folder / "t.npz", "old");
  fs::permissions(folder.path(),
                  fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read | fs::perms::others_exec);
  const int code = in_a_child([&] {
    constexpr ::uid_t nobody = 65534;
    if (::geteuid() == 0 && ::setuid(nobody) != 0) return 7;  // root may write everywhere
    try {
      file_reference to;
      to.path = folder / "t.npz";
      write_tensor(to, some_numbers(1));
    } catch (const file_error& error) {
      return std::string(error.what()).find("cannot be created: Permission denied.") != std::string::npos ? 7 : 8;
    }
    return 9;
  });
  CHECK(code == 7);
  fs::permissions(folder.path(), fs::perms::owner_all);
  CHECK(read_all(folder / "t.npz") == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE(
    "Outputs of no kind, of a kind that is only read, and names where there are none are refused before writing") {
  const scratch_folder folder;
  const auto write = [&](const std::string& name) {
    write_tensor(parse_output_reference((folder / name).string()), some_numbers(1));
  };
  CHECK_THROWS_WITH(write("x"), Contains("its ending names no kind of file; expected a name that ends in .npy, .npz"));
  CHECK_THROWS_WITH(write("x.txt"), Contains("its ending names no kind"));
  CHECK_THROWS_WITH(write("x.pt"), Contains("PyTorch's files are read, not written"));
  CHECK_THROWS_WITH(write("x.safetensors#__metadata__"), Contains("may be named __metadata__"));
  CHECK_THROWS_WITH(write("x.safetensors#\xff"), Contains("is not UTF-8"));
  const std::vector<named_tensor> twice{{"a", some_numbers(1)}, {"a", some_numbers(2)}};
  CHECK_THROWS_WITH(write_tensors(folder / "x.npz", twice), Contains("two tensors to be written are named 'a'"));
  CHECK_THROWS_WITH(write_tensors(folder / "x.npy", twice), Contains("holds one tensor without a name"));
  CHECK(folder.entries() == 0);
}
