#include <catch2/catch.hpp>

#include <assay/tensor/describe.hpp>

#include "samples.hpp"

using namespace assay;
using namespace std::string_literals;
using Catch::Matchers::Contains;

namespace {

std::string file_of(const std::string& json, const std::string& data = "") {
  std::string file;
  for (std::size_t i = 0, length = json.size(); i < 8; ++i, length >>= 8) file += static_cast<char>(length & 0xff);
  return file + json + data;
}

std::string one(const std::string& dtype, const std::string& shape, std::size_t bytes) {
  return R"({"x":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":[0,)" + std::to_string(bytes) +
         "]}}";
}

void check_complaint(const std::string& file, const std::string& expected) {
  const std::string said = complaint(file, "f.safetensors");
  CHECK_THAT(said, Contains(expected));
  CHECK_THAT(said, Catch::Matchers::StartsWith("f.safetensors"));
  CHECK_THAT(said, Catch::Matchers::EndsWith("."));
}

}  // namespace

TEST_CASE("What safetensors writes for PyTorch's tensors is read, each in its own format") {
  const std::string file = sample("safetensors_torch");
  const auto read = [&](const std::string& name) { return parse(file, "f.safetensors#" + name); };
  CHECK(read("e4m3").type().layout == e4m3fn);
  CHECK(values_of(read("e4m3")) == std::vector<double>{0.5, -2, 448});
  CHECK(read("scale").type().layout == e8m0fnu);
  CHECK(values_of(read("scale")) == std::vector<double>{1, 4});
  CHECK(read("bf").type().layout == bfloat16);
  CHECK(read("bf").shape() == extents{2, 1});
  CHECK(values_of(read("bf")) == std::vector<double>{1.5, -2});
  CHECK(read("count").shape() == extents{});
  CHECK(values_of(read("count")) == std::vector<double>{7});
  // 0x21, 0xf3: codes 1, 2, 3, 15 of e2m1fn, the low half of a byte first.
  CHECK(read("fp4").type().layout == e2m1fn);
  CHECK(read("fp4").shape() == extents{1, 4});
  CHECK(values_of(read("fp4")) == std::vector<double>{0.5, 1, 1.5, -6});
  CHECK(parse_metadata(as_bytes(file), "f.safetensors") == file_metadata{{"format", "pt"}, {"by", "\"größe\""}});
}

TEST_CASE("Every dtype of the specification is read") {
  const std::vector<std::tuple<std::string, std::string, std::size_t>> dtypes{{"BOOL", "bool", 8},
                                                                              {"F4", "e2m1fn", 4},
                                                                              {"F6_E2M3", "e2m3fn", 6},
                                                                              {"F6_E3M2", "e3m2fn", 6},
                                                                              {"U8", "uint8", 8},
                                                                              {"I8", "int8", 8},
                                                                              {"F8_E5M2", "e5m2", 8},
                                                                              {"F8_E4M3", "e4m3fn", 8},
                                                                              {"F8_E8M0", "e8m0fnu", 8},
                                                                              {"F8_E4M3FNUZ", "e4m3fnuz", 8},
                                                                              {"F8_E5M2FNUZ", "e5m2fnuz", 8},
                                                                              {"I16", "int16", 16},
                                                                              {"U16", "uint16", 16},
                                                                              {"F16", "binary16", 16},
                                                                              {"BF16", "bfloat16", 16},
                                                                              {"I32", "int32", 32},
                                                                              {"U32", "uint32", 32},
                                                                              {"F32", "binary32", 32},
                                                                              {"F64", "binary64", 64},
                                                                              {"I64", "int64", 64},
                                                                              {"U64", "uint64", 64}};
  for (const auto& row : dtypes) {
    const std::size_t bytes = 4 * std::get<2>(row) / 8;
    std::string data(bytes, '\0');
    data[bytes - 1] = 1;
    const tensor t = parse(file_of(one(std::get<0>(row), "[2,2]", bytes), data), "f.safetensors");
    CHECK(to_string(t.type()) == std::get<1>(row));
    CHECK(t.shape() == extents{2, 2});
    // The last byte holds the last element's highest bits; its lowest bit is the 8th of 16 packed ones, the 16th of 24.
    const auto bits = std::get<2>(row);
    if (bits < 8) {
      CHECK(t[2] == (bits == 4 ? 1 : 1u << 4));
    } else {
      CHECK(t[3] == std::uint64_t{1} << (bits - 8));
    }
  }
  check_complaint(file_of(one("C64", "[1]", 8), std::string(8, '\0')), "complex numbers (C64)");
  check_complaint(file_of(one("F5", "[1]", 8), std::string(8, '\0')),
                  "the dtype 'F5', which the format does not define");
}

TEST_CASE("Four codes of six bits lie in three bytes, low bits first") {
  // Codes 0x01, 0x3f, 0x20, 0x15: 000001 | 111111 | 100000 | 010101 from the lowest bit up.
  const std::string data = "\xc1\x0f\x56"s;
  const tensor t = parse(file_of(one("F6_E3M2", "[4]", 3), data), "f.safetensors");
  CHECK(t[0] == 0x01);
  CHECK(t[1] == 0x3f);
  CHECK(t[2] == 0x20);
  CHECK(t[3] == 0x15);
}

TEST_CASE("Integers of eight bits may be codes, or pairs of codes, when that is stated") {
  const std::string file = file_of(one("U8", "[1,2]", 2), "\x21\x7e");
  CHECK(values_of(parse(file, "f.safetensors:e4m3fn")) == std::vector<double>{0.140625, 448});
  const tensor pairs = parse(file, "f.safetensors:e2m1fn_x2");
  CHECK(pairs.shape() == extents{1, 4});
  CHECK(values_of(pairs) == std::vector<double>{0.5, 1, -4, 6});
  CHECK_THAT(complaint(file, "f.safetensors:e2m1fn"), Contains("element 0 is 0x21, which is no code of e2m1fn"));
  CHECK_THAT(complaint(file, "f.safetensors:bfloat16"), Contains("holds U8, but a code of bfloat16 takes 16 bits"));
  CHECK_THAT(complaint(file_of(one("F8_E4M3", "[1]", 1), "x"), "f.safetensors:e5m2"),
             Contains("holds F8_E4M3, which is e4m3fn, but e5m2 was stated"));
}

TEST_CASE("The rules of the specification are kept: no holes, no overlaps, no double keys, whole bytes, known keys") {
  const auto two = [](const std::string& a, const std::string& b) {
    return file_of(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":)" + a +
                       R"(},"b":{"dtype":"U8","shape":[2],"data_offsets":)" + b + "}}",
                   "1234");
  };
  CHECK(complaint(two("[2,4]", "[0,2]"), "f.safetensors#a") == "nothing");
  check_complaint(two("[0,2]", "[1,3]"), "'b' begins at byte 1; expected 2");
  check_complaint(two("[0,2]", "[3,5]"), "'b' begins at byte 3; expected 2");
  check_complaint(two("[0,2]", "[0,2]"), "begins at byte 0; expected 2");
  check_complaint(two("[0,2]", "[2,5]"), "needs 2 bytes, but its data_offsets are [2, 5]");
  check_complaint(two("[2,0]", "[2,4]"), "needs 2 bytes, but its data_offsets are [2, 0]");
  check_complaint(file_of(one("U8", "[3]", 3), "1234"), "has bytes too many: its tensors need 3 bytes");
  check_complaint(file_of(one("U8", "[3]", 3), "12"),
                  "is truncated: its tensors need 3 bytes of data, but there are 2");
  check_complaint(file_of(one("F4", "[3]", 2), "12"), "does not fill whole bytes");
  check_complaint(file_of(one("F64", "[4294967296,4294967296]", 8), "12345678"), "more bytes than any file can hold");
  const std::string x = R"("x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  check_complaint(file_of("{" + x + "," + x + "}"), "has 'x' twice");
  check_complaint(file_of("{\"__metadata__\":{},\"__metadata__\":{}}"), "has '__metadata__' twice");
  check_complaint(file_of("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}"), "__metadata__ has 'k' twice");
}

TEST_CASE("Malformed headers are refused in words") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "does not begin with '{'"},
      {"[]", "does not begin with '{'"},
      {" {}", "does not begin with '{'"},
      {"{", "malformed JSON"},
      {"{}x", "malformed JSON"},
      {"{\"a\":1}", "has the number 1; expected an object with dtype, shape and data_offsets for 'a'"},
      {"{\"a\":{}}", "the tensor 'a' lacks its dtype"},
      {R"({"a":{"dtype":"U8","shape":[]}})", "lacks its data_offsets"},
      {R"({"a":{"dtype":8}})", "has the number 8; expected a text for dtype of 'a'"},
      {R"({"a":{"dtype":"U8","dtype":"U8"}})", "the key 'dtype'; expected dtype, shape and data_offsets, each once"},
      {R"({"a":{"strides":[1]}})", "the key 'strides'; expected"},
      {R"({"a":{"shape":[-1]}})", "has the number -1; expected whole numbers in shape"},
      {R"({"a":{"shape":[1e3]}})", "has the number '1e3'; expected whole numbers"},
      {R"({"a":{"shape":[[1]]}})", "has an array; expected whole numbers"},
      {R"({"a":{"shape":"1"}})", "has the text '1'; expected an array for shape"},
      {R"({"a":{"shape":[1,1,1,1,1,1,1,1,1]}})", "more than 8 axes"},
      {R"({"a":{"data_offsets":[0]}})", "has not two data_offsets"},
      {R"({"a":{"data_offsets":[0,0,0]}})", "more than two data_offsets"},
      {R"({"a":null})", "has null"},
      {R"({"__metadata__":{"k":1}})", "has the number 1; expected a text for 'k' in __metadata__"},
      {R"({"__metadata__":"k"})", "has the text 'k'; expected an object for __metadata__"},
      {"{\"\xff\":{}}", "is not UTF-8"},
      {"{}", "holds no tensor"},
      {std::string(100000, '[').insert(0, "{\"a\":"), "has an array; expected an object"},
  };
  for (const auto& [json, expected] : cases) check_complaint(file_of(json), expected);
  check_complaint("", "the file is empty");
  check_complaint("1234567", "ends inside its header, after 7 bytes");
  check_complaint("\x01\xe1\xf5\x05\0\0\0\0{}"s, "claims 100000001 bytes; the format allows 100 megabytes");
  check_complaint("\x00\xe1\xf5\x05\0\0\0\0{}"s, "claims 100000000 bytes, but the file has only 2");
}

TEST_CASE("A .safetensors file cut anywhere is refused") {
  const std::string file = sample("safetensors_torch");
  for (std::size_t length = 0; length < file.size(); ++length) {
    INFO("cut after " << length << " bytes");
    CHECK(complaint(file.substr(0, length), "f.safetensors#e4m3") != "nothing");
  }
}

TEST_CASE(
    "What is written as .safetensors is read back with its formats and its metadata, byte for byte the same file") {
  const std::string file = sample("safetensors_torch");
  const scratch_folder folder;
  std::vector<named_tensor> all;
  for (const tensor_entry& entry : parse_list(as_bytes(file), "f.safetensors")) {
    all.push_back({entry.name, parse(file, "f.safetensors#" + entry.name)});
  }
  std::reverse(all.begin(), all.end());
  write_tensors(folder / "again.safetensors", all, parse_metadata(as_bytes(file), "f.safetensors"));
  const std::string again = read_all(folder / "again.safetensors");
  // The metadata's order is the only freedom that the writer has: ours is sorted.
  CHECK(again.size() == file.size());
  CHECK(again.substr(again.find("\"count\"")) == file.substr(file.find("\"count\"")));
  CHECK(read_metadata(folder / "again.safetensors") == file_metadata{{"format", "pt"}, {"by", "\"größe\""}});
}

TEST_CASE("Formats that .safetensors has no name for are written as raw bits, others under their name") {
  const scratch_folder folder;
  const auto written = [&](const element_type& type) {
    tensor t(type, {4});
    for (std::size_t i = 0; i < 4; ++i) t.set(i, i);
    write_tensor(parse_output_reference((folder / "t.safetensors").string() + "#t"), t);
    const std::string dtype = list_tensors(folder / "t.safetensors").front().dtype;
    file_reference from{folder / "t.safetensors", std::nullopt, std::nullopt, std::nullopt};
    if (type.is_floating()) from.type = type.layout;
    const tensor back = read_tensor(from);
    CHECK(std::equal(back.bytes().begin(), back.bytes().end(), t.bytes().begin(), t.bytes().end()));
    return dtype;
  };
  CHECK(written(element_type::of(e2m1fn)) == "F4");
  CHECK(written(element_type::of(e2m3fn)) == "F6_E2M3");
  CHECK(written(element_type::of(e8m0fnu)) == "F8_E8M0");
  CHECK(written(element_type::of(bfloat16)) == "BF16");
  CHECK(written(element_type::of(tf32)) == "F32");
  CHECK(written(element_type::of(e4m3)) == "U8");
  CHECK(written(element_type::of(format{6, 9, 31})) == "U16");
  CHECK(written(element_type::integer(16, true)) == "I16");
  tensor odd(element_type::of(e2m1fn), {3});
  CHECK_THROWS_WITH(write_tensor(parse_output_reference((folder / "odd.safetensors").string()), odd),
                    Contains("the 3 elements of 'tensor' in F4 do not fill whole bytes"));
  CHECK(!std::filesystem::exists(folder / "odd.safetensors"));
}
