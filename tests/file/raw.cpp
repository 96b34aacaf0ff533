#include <catch2/catch.hpp>

#include <assay/tensor/describe.hpp>

#include "samples.hpp"

using namespace assay;
using namespace std::string_literals;
using Catch::Matchers::Contains;

TEST_CASE("A raw file is what its reference says") {
  const tensor t = parse("\x80\x3f\x00\xc0\x00\x00\x01\x00"s, "x.bin:bfloat16[2,2]");
  CHECK(t.shape() == extents{2, 2});
  CHECK(values_of(t) == std::vector<double>{1, -2, 0, 0x1p-133});
  CHECK(parse("\x80\x3f\x00\xc0"s, "x.bin:bfloat16").shape() == extents{2});
  CHECK(parse("\x80\x3f\x00\xc0"s, "dump:bfloat16[2]").shape() == extents{2});
  CHECK(to_string(parse("\1\0\1"s, "x.bin:bool[3]").type()) == "bool");
  CHECK(values_of(parse("\xff\x7f"s, "x.bin:int8[2]")) == std::vector<double>{-1, 127});
  CHECK(parse("", "x.bin:int8[0,5]").size() == 0);
}

TEST_CASE("Codes below eight bits are read one a byte or packed, as the file's size says") {
  CHECK(values_of(parse("\x01\x02\x03\x0f"s, "x.bin:e2m1fn[4]")) == std::vector<double>{0.5, 1, 1.5, -6});
  CHECK(values_of(parse("\x21\xf3"s, "x.bin:e2m1fn[4]")) == std::vector<double>{0.5, 1, 1.5, -6});
  CHECK(values_of(parse("\x21\x03"s, "x.bin:e2m1fn[3]")) == std::vector<double>{0.5, 1, 1.5});
  CHECK(values_of(parse("\x81\x7f"s, "x.bin:int4[4]")) == std::vector<double>{1, -8, -1, 7});
  CHECK(values_of(parse("\x01\x0f\xff\xf8"s, "x.bin:int4[4]")) == std::vector<double>{1, -1, -1, -8});
  CHECK(parse("\x21\xf3"s, "x.bin:e2m1fn_x2").shape() == extents{4});
  CHECK_THAT(complaint("\x21\xf3"s, "x.bin:e2m1fn"), Contains("state the shape"));
  CHECK_THAT(complaint("\x10"s, "x.bin:int4[1]"), Contains("element 0 is 0x10"));
  CHECK_THAT(complaint("\x10\x01"s, "x.bin:int4[2]"), Contains("element 0 is 0x10, which is no code of int4"));
}

TEST_CASE("A raw file of the wrong size, or without a type, is refused") {
  CHECK_THAT(complaint("123", "x.bin"), Contains("raw bytes do not say what they are"));
  CHECK_THAT(complaint("123", "x.bin:bfloat16"), Contains("has 3 bytes, which is no multiple of the 2"));
  CHECK_THAT(complaint("1234", "x.bin:bfloat16[3]"),
             Contains("shape (3,) of bfloat16 needs 6 bytes, but the file has 4"));
  CHECK_THAT(complaint("1234", "x.bin:e2m1fn[3]"), Contains("needs 3 bytes (packed 2), but the file has 4"));
  CHECK_THAT(complaint("1234", "x.bin:binary64[4611686018427387904]"), Contains("more bytes than any file can hold"));
  CHECK_THAT(complaint("12", "x.bin#a:int8"), Contains("has no name"));
  CHECK_THAT(complaint("12", "x.dat"), Contains("is of no known kind") && Contains(".safetensors"));
}

TEST_CASE("What is written raw is read back, packed below eight bits") {
  const scratch_folder folder;
  for (const element_type type :
       {element_type::of(binary64), element_type::of(tf32), element_type::of(e2m1fn), element_type::of(e3m2fn),
        element_type::of(format{2, 2, 1}), element_type::integer(32, true), element_type::boolean()}) {
    tensor t(type, {3, 5});
    for (std::size_t i = 0; i < t.size(); ++i)
      t.set(i, type.is_floating() ? (11 * i) & type.layout.code_mask() : i % 2);
    const std::string path = (folder / "t.bin").string();
    write_tensor(parse_output_reference(path), t);
    const tensor back = read_tensor(parse_file_reference(path + ":" + to_string(type) + "[3,5]"));
    CHECK(to_string(back.type()) == to_string(type));
    CHECK(std::equal(back.bytes().begin(), back.bytes().end(), t.bytes().begin(), t.bytes().end()));
  }
  CHECK(std::filesystem::file_size(folder / "t.bin") == 15);
  write_tensor(parse_output_reference((folder / "p.bin").string()), tensor(element_type::of(e2m1fn), {3, 5}));
  CHECK(std::filesystem::file_size(folder / "p.bin") == 8);
}
