#include <catch2/catch.hpp>

#include <assay/file/npy.hpp>
#include <assay/number/convert.hpp>
#include <assay/tensor/describe.hpp>

#include "samples.hpp"

using namespace assay;
using namespace std::string_literals;

namespace {

tensor parse(const std::string& file, std::optional<format> stated = std::nullopt) {
  return parse_npy(as_bytes(file), "test.npy", stated);
}

}  // namespace

TEST_CASE("The bytes that NumPy writes for a float16 array are read") {
  // numpy.save of numpy.array([[1, -2, inf]], dtype=float16), with its padding to 128 bytes.
  std::string dictionary = "{'descr': '<f2', 'fortran_order': False, 'shape': (1, 3), }";
  dictionary.append(128 - 10 - 1 - dictionary.size(), ' ');
  dictionary += '\n';
  const tensor t = parse(npy_file(dictionary, "\x00\x3c\x00\xc0\x00\x7c"s));
  REQUIRE(t.type().is_floating());
  CHECK(t.type().layout == binary16);
  CHECK(t.shape() == extents{1, 3});
  CHECK(t[0] == 0x3c00);
  CHECK(t[1] == 0xc000);
  CHECK(t[2] == 0x7c00);
}

TEST_CASE("Both byte orders give the same numbers") {
  const tensor little = parse(npy_file("<f4", false, "(2,)", "\x00\x00\x80\x3f\x00\x00\x20\xc1"s));
  const tensor big = parse(npy_file(">f4", false, "(2,)", "\x3f\x80\x00\x00\xc1\x20\x00\x00"s));
  for (const tensor& t : {little, big}) {
    CHECK(to_float(t[0], binary32) == 1.0f);
    CHECK(to_float(t[1], binary32) == -10.0f);
  }
  CHECK(parse(npy_file(">f8", false, "()", "\x40\x09\x21\xfb\x54\x44\x2d\x18"s))[0] == 0x400921fb54442d18);
  CHECK(parse(npy_file(">i2", false, "(1,)", "\x01\x02"s))[0] == 0x0102);
}

TEST_CASE("Fortran order is turned into C order") {
  // [[0, 1, 2], [3, 4, 5]], first axis fastest.
  const tensor matrix = parse(npy_file("|u1", true, "(2, 3)", "\x00\x03\x01\x04\x02\x05"s));
  for (std::size_t i = 0; i < 6; ++i) CHECK(matrix[i] == i);

  // (2, 3, 4): the element at (i, j, k) lies at i + 2 j + 6 k.
  std::string data(24 * 2, '\0');
  for (unsigned i = 0; i < 2; ++i)
    for (unsigned j = 0; j < 3; ++j)
      for (unsigned k = 0; k < 4; ++k) data[2 * (i + 2 * j + 6 * k)] = static_cast<char>(12 * i + 4 * j + k);
  const tensor cube = parse(npy_file("<u2", true, "(2, 3, 4)", data));
  for (std::size_t i = 0; i < 24; ++i) CHECK(cube[i] == i);
}

TEST_CASE("Every native dtype says what its elements are") {
  const auto type_of = [](const std::string& descr, std::size_t bytes) {
    return to_string(parse(npy_file(descr, false, "(1,)", std::string(bytes, '\0'))).type());
  };
  CHECK(type_of("<f2", 2) == "binary16");
  CHECK(type_of("<f4", 4) == "binary32");
  CHECK(type_of("<f8", 8) == "binary64");
  CHECK(type_of("=f8", 8) == "binary64");
  CHECK(type_of("|b1", 1) == "bool");
  CHECK(type_of("|i1", 1) == "int8");
  CHECK(type_of("<i2", 2) == "int16");
  CHECK(type_of(">i4", 4) == "int32");
  CHECK(type_of("<i8", 8) == "int64");
  CHECK(type_of("|u1", 1) == "uint8");
  CHECK(type_of("<u2", 2) == "uint16");
  CHECK(type_of("<u4", 4) == "uint32");
  CHECK(type_of(">u8", 8) == "uint64");
}

TEST_CASE("Raw bits become codes of the stated format") {
  for (const char* descr : {"|u1", "|i1", "|V1", "|f1"}) {
    const tensor t = parse(npy_file(descr, false, "(2,)", "\x7e\xfe"s), e4m3fn);
    CHECK(t.type().layout == e4m3fn);
    CHECK(to_double(t[0], e4m3fn) == 448);
    CHECK(to_double(t[1], e4m3fn) == -448);
  }
  for (const char* descr : {"<u2", "<i2", "<V2", "|V2"}) {
    CHECK(parse(npy_file(descr, false, "(1,)", "\x80\x3f"s), bfloat16)[0] == 0x3f80);
  }
  CHECK(parse(npy_file("<u4", false, "(1,)", "\x00\x00\x80\x3f"s), binary32)[0] == 0x3f800000);
  CHECK(parse(npy_file("<f2", false, "(1,)", "\x00\x3c"s), binary16)[0] == 0x3c00);
  CHECK(parse(npy_file("|u1", false, "(3,)", "\x00\x0f\x07"s), e2m1fn)[1] == 0x0f);
}

TEST_CASE("tf32 is read as the binary32 that it lies in") {
  // 1.5 is 0x3fc00000; its tf32 code is the upper 19 bits.
  for (const char* descr : {"<u4", "<f4"}) {
    const tensor t = parse(npy_file(descr, false, "(1,)", "\x00\x00\xc0\x3f"s), tf32);
    CHECK(t[0] == 0x3fc00000u >> 13);
    CHECK(to_double(t[0], tf32) == 1.5);
  }
}

TEST_CASE("Empty and rank-0 arrays are arrays") {
  CHECK(parse(npy_file("<f4", false, "()", "\x00\x00\x80\x3f"s)).size() == 1);
  CHECK(parse(npy_file("<f4", false, "(0,)", "")).size() == 0);
  // A zero extent makes it empty however large the others are.
  const tensor empty = parse(npy_file("<f8", false, "(18446744073709551615, 0, 18446744073709551615)", ""));
  CHECK(empty.size() == 0);
  CHECK(empty.shape().rank() == 3);
}

TEST_CASE("Headers of versions 1, 2 and 3, in any order and with Python 2's integers, are read") {
  const std::string dictionary = "{ \"shape\" :(2 ,),'fortran_order':False , 'descr':'|u1'}";
  CHECK(parse(npy_file(dictionary, "\x05\x06"s))[1] == 6);
  CHECK(parse(npy_file("{'descr': '|u1', 'fortran_order': False, 'shape': (1L, 2L), }", "\x05\x06"s)).shape() ==
        extents{1, 2});
  for (const char version : {'\x02', '\x03'}) {
    std::string file = "\x93NUMPY";
    file += version;
    file += '\0';
    file += static_cast<char>(dictionary.size());
    file += "\0\0\0"s;
    CHECK(parse(file + dictionary + "\x05\x06"s)[0] == 5);
  }
}

TEST_CASE("A file on disk reads as the same bytes in memory do") {
  const scratch_folder folder;
  const std::string bytes = npy_file("<f4", false, "(2,)", "\x00\x00\x80\x3f\x00\x00\x20\xc1"s);
  write_all(folder / "x y.npy", bytes);
  const tensor t = read_npy(folder / "x y.npy");
  CHECK(t.shape() == extents{2});
  CHECK(t[0] == 0x3f800000);
}

TEST_CASE("What NumPy writes for the types of ml_dtypes is read when its format is stated") {
  for (const auto& [name, stated] : {std::pair<std::string, format>{"bfloat16", bfloat16},
                                     {"float8_e4m3fn", e4m3fn},
                                     {"float8_e5m2", e5m2},
                                     {"float4_e2m1fn", e2m1fn},
                                     {"float6_e3m2fn", e3m2fn}}) {
    INFO(name);
    const std::string file = sample("ml_dtypes_" + name);
    const tensor t = parse_npy(as_bytes(file), name, stated);
    CHECK(t.type().layout == stated);
    CHECK(values_of(t) == std::vector<double>{0.5, -2, 4});
    // Only float8_e5m2 has a dtype of its own, f1; the others are void elements.
    if (name == "float8_e5m2") {
      CHECK(parse_npy(as_bytes(file), name).type().layout == e5m2);
    } else {
      CHECK_THROWS_WITH(parse_npy(as_bytes(file), name), Catch::Matchers::Contains("state their format"));
    }
  }
  CHECK(values_of(parse(sample("ml_dtypes_int4"), "x.npy:int4")) == std::vector<double>{1, -1, -8});
}

TEST_CASE("Pairs of codes in a byte double the last axis, in Fortran order too") {
  // Bytes [[0x21, 0x43], [0x65, 0x07]], first axis fastest.
  const tensor t = parse(npy_file("|u1", true, "(2, 2)", "\x21\x65\x43\x07"s), "x.npy:e2m1fn_x2");
  CHECK(t.shape() == extents{2, 4});
  for (std::size_t i = 0; i < 8; ++i) CHECK(t[i] == (i + 1) % 8);
  CHECK_THROWS_WITH(parse(npy_file("|u1", false, "()", "\x21"s), "x.npy:e2m1fn_x2"),
                    Catch::Matchers::Contains("expected an axis"));
}
