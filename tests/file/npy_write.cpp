#include <catch2/catch.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <assay/file/atomic_file.hpp>
#include <assay/file/npy.hpp>
#include <assay/tensor/describe.hpp>

#include "support.hpp"

using namespace assay;
using namespace std::string_literals;
using Catch::Matchers::Contains;

TEST_CASE("A float16 tensor is written as NumPy writes it") {
  const scratch_folder folder;
  tensor t(element_type::of(binary16), {1, 2});
  t.set(0, 0x3c00);
  t.set(1, 0xfbff);
  write_npy(folder / "t.npy", t);
  const std::string file = read_all(folder / "t.npy");
  REQUIRE(file.size() == 128 + 4);
  CHECK(file.substr(0, 10) == "\x93NUMPY\x01\x00\x76\x00"s);
  CHECK(file.substr(10, 59) == "{'descr': '<f2', 'fortran_order': False, 'shape': (1, 2), }");
  CHECK(file[127] == '\n');
  CHECK(file.substr(128) == "\x00\x3c\xff\xfb"s);
}

TEST_CASE("What is written is read back, in every named format, integer type and rank") {
  const scratch_folder folder;
  std::vector<element_type> types{element_type::boolean()};
  for (const auto& row : named_formats) types.push_back(element_type::of(row.value));
  types.push_back(element_type::of(format{6, 9, 31}));
  for (const int bits : {8, 16, 32, 64}) {
    types.push_back(element_type::integer(bits, true));
    types.push_back(element_type::integer(bits, false));
  }
  for (const element_type& type : types) {
    for (const extents& shape :
         {extents{}, extents{0}, extents{7}, extents{2, 3}, extents{2, 1, 0}, extents{1, 2, 3, 1, 2, 1, 1, 2}}) {
      INFO(to_string(type) << " " << to_string(shape));
      tensor t(type, shape);
      const std::uint64_t mask = type.is_floating()                         ? type.layout.code_mask()
                                 : type.what == element_type::kind::boolean ? 1
                                                                            : ~std::uint64_t{0};
      std::uint64_t code = 0x9e3779b97f4a7c15;
      for (std::size_t i = 0; i < t.size(); ++i) t.set(i, (code *= 0xd1342543de82ef95) & mask);
      write_npy(folder / "t.npy", t);
      const tensor back = read_npy(folder / "t.npy", type.is_floating() ? std::optional(type.layout) : std::nullopt);
      CHECK(to_string(back.type()) == to_string(type));
      CHECK(back.shape() == shape);
      CHECK(std::equal(back.bytes().begin(), back.bytes().end(), t.bytes().begin(), t.bytes().end()));
    }
  }
}

TEST_CASE("Data begins at a multiple of 64 bytes whatever the shape") {
  const scratch_folder folder;
  for (std::size_t n = 1; n < 1'000'000'000'000; n *= 10) {
    write_npy(folder / "t.npy", tensor(element_type::of(e4m3fn), {0, n}));
    CHECK(read_all(folder / "t.npy").size() % 64 == 0);
  }
}

TEST_CASE("A failed write leaves the old file and nothing else") {
  const scratch_folder folder;
  CHECK_THROWS_AS(write_npy(folder / "no such folder/t.npy", tensor(element_type::of(e5m2), {1})), file_error);
  CHECK_THROWS_WITH(write_npy(folder.path(), tensor(element_type::of(e5m2), {1})), Contains("is a directory"));
  CHECK(folder.entries() == 0);
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_THROWS_WITH(write_npy(folder / "pipe", tensor(element_type::of(e5m2), {1})), Contains("not a regular file"));
  CHECK(std::filesystem::is_fifo(folder / "pipe"));
  std::filesystem::remove(folder / "pipe");

  if (::geteuid() != 0) {  // root may write everywhere
    // A folder that may not be written to.
    write_all(folder / "t.npy", "old");
    std::filesystem::permissions(folder.path(),
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    CHECK_THROWS_WITH(write_npy(folder / "t.npy", tensor(element_type::of(e5m2), {1})), Contains("cannot be created"));
    std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
    CHECK(read_all(folder / "t.npy") == "old");
    CHECK(folder.entries() == 1);
  }
}

TEST_CASE("A file that is replaced keeps its permissions, a link its target") {
  const scratch_folder folder;
  write_all(folder / "t.npy", "old");
  REQUIRE(::chmod((folder / "t.npy").c_str(), 0600) == 0);
  std::filesystem::create_symlink("t.npy", folder / "link.npy");
  write_npy(folder / "link.npy", tensor(element_type::of(e5m2), {1}));
  CHECK(std::filesystem::is_symlink(folder / "link.npy"));
  CHECK(read_npy(folder / "t.npy", e5m2).size() == 1);
  CHECK((std::filesystem::status(folder / "t.npy").permissions() & std::filesystem::perms::all) ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  CHECK(folder.entries() == 2);
}
