#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <assay/file/npy.hpp>

#include "support.hpp"

using namespace assay;
using namespace std::string_literals;
using Catch::Matchers::Contains;

namespace {

/// What is said about this file.
std::string complaint(const std::string& file, std::optional<format> stated = std::nullopt) {
  try {
    parse_npy(as_bytes(file), "bad.npy", stated);
  } catch (const file_error& error) {
    return error.what();
  }
  return "nothing";
}

/// One sentence that begins with the file's name.
void check_complaint(const std::string& file, const std::string& expected,
                     std::optional<format> stated = std::nullopt) {
  const std::string said = complaint(file, stated);
  CHECK_THAT(said, Contains(expected));
  CHECK_THAT(said, Catch::Matchers::StartsWith("bad.npy: "));
  CHECK_THAT(said, Catch::Matchers::EndsWith("."));
}

const std::string good = npy_file("<f4", false, "(3,)", std::string(12, '\x01'));

}  // namespace

TEST_CASE("A file cut anywhere is refused") {
  for (std::size_t length = 0; length < good.size(); ++length) {
    INFO("cut after " << length << " bytes");
    CHECK(complaint(good.substr(0, length)) != "nothing");
  }
  check_complaint("", "the file is empty");
  check_complaint(good.substr(0, 7), "ends inside its header, after 7 bytes");
  check_complaint(good.substr(0, 30), "it is truncated");
  check_complaint(good.substr(0, good.size() - 1),
                  "is truncated: shape (3,) of <f4 needs 12 bytes of data, but there are 11");
}

TEST_CASE("Trailing bytes are refused") { check_complaint(good + "x", "has 1 bytes too many"); }

TEST_CASE("What is not a .npy file is refused") {
  check_complaint("PK\x03\x04 this is a zip archive", "does not begin with \\x93NUMPY");
  std::string version = good;
  version[6] = '\x04';
  check_complaint(version, "has .npy version 4.0; expected 1.0, 2.0 or 3.0");
}

TEST_CASE("A header length beyond the file is refused before memory is taken") {
  std::string file = "\x93NUMPY\x02"s + "\0"s + "\xff\xff\xff\xff"s + "{}";
  check_complaint(file, "claims 4294967295 bytes, but the file has only 2");
}

TEST_CASE("Shapes whose size overflows or exceeds the file are refused before memory is taken") {
  for (const char* shape : {"(4294967296, 4294967296, 4294967296)", "(18446744073709551615,)",
                            "(9223372036854775808, 2)", "(4611686018427387904,)", "(1000000000000,)"}) {
    check_complaint(npy_file("<f4", false, shape, "1234"), "is truncated");
  }
  check_complaint(npy_file("<f4", false, "(18446744073709551616,)", ""), "expected an extent");
  check_complaint(npy_file("<f4", false, "(-1,)", ""), "expected an extent");
  check_complaint(npy_file("|u1", false, "(1, 1, 1, 1, 1, 1, 1, 1, 1)", "1"), "more than 8 axes");
}

TEST_CASE("Dtypes that are not numbers here are refused by name") {
  for (const char* descr : {"<c8", "|O", "<U3", "<M8[ns]", "<f16", "|S5", "<i3", "", "<", "|b2", "<V3"}) {
    check_complaint(npy_file(descr, false, "(1,)", std::string(16, '\0')), "the dtype is '"s + descr + "'");
  }
  check_complaint(npy_file("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,), }", "1234"),
                  "structured dtypes");
}

TEST_CASE("Malformed dictionaries are refused") {
  for (const char* dictionary :
       {"", "{", "{}", "[]", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "{'descr': '<f4', 'fortran_order': False, 'shape': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1}", "{'descr': '<f4' 'fortran_order': False}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr: '<f4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4, 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (,)}"}) {
    INFO(dictionary);
    const std::string said = complaint(npy_file(dictionary, "1234"));
    CHECK(said != "nothing");
    CHECK_THAT(said, Contains("header") || Contains("dtype"));
  }
}

TEST_CASE("A stated format must fit what the file holds") {
  check_complaint(npy_file("|V2", false, "(1,)", "12"), "state their format, as in FILE:bfloat16");
  check_complaint(npy_file("<u2", false, "(1,)", "12"), "holds uint16, but a code of e4m3fn takes 8 bits", e4m3fn);
  check_complaint(npy_file("<f2", false, "(1,)", "12"), "holds float16, which is binary16, but bfloat16 was stated",
                  bfloat16);
  check_complaint(npy_file("<f4", false, "(1,)", "1234"), "holds float32, which is binary32, but binary16 was stated",
                  binary16);
  check_complaint(npy_file("|b1", false, "(1,)", "\1"), "holds bool", e4m3fn);
}

TEST_CASE("Bits that no code of the format has are refused") {
  check_complaint(npy_file("|u1", false, "(2,)", "\x0f\x1f"s), "element 1 is 0x1f, which is no code of e2m1fn", e2m1fn);
  check_complaint(npy_file("|u1", false, "(1,)", "\x40"s), "which is no code of e3m2fn", e3m2fn);
  check_complaint(npy_file("<f4", false, "(1,)", "\x01\x00\x80\x3f"s), "expected a binary32 with 13 zero bits", tf32);
  check_complaint(npy_file("|b1", false, "(1,)", "\x02"s), "expected a bool");
}

TEST_CASE("Files that cannot be read are refused in words") {
  const scratch_folder folder;
  CHECK_THROWS_WITH(read_npy(folder / "missing.npy"), Contains("cannot be opened: No such file"));
  CHECK_THROWS_WITH(read_npy(folder.path()), Contains("is a directory"));
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);  // nobody writes: reading it would wait for ever
  CHECK_THROWS_WITH(read_npy(folder / "pipe"), Contains("is not a regular file"));
}

TEST_CASE("A sparse file of ten gigabytes with the wrong shape costs no memory") {
  const scratch_folder folder;
  write_all(folder / "huge.npy", npy_file("<f4", false, "(1, 3)", ""));
  std::error_code error;
  std::filesystem::resize_file(folder / "huge.npy", 10'000'000'000, error);
  if (error) {
    WARN("skipped: the file system has no room for a sparse file");
    return;
  }
  CHECK_THROWS_WITH(read_npy(folder / "huge.npy"), Contains("bytes too many"));
}
