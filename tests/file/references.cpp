#include <catch2/catch.hpp>

#include <assay/file/file_reference.hpp>
#include <assay/tensor/describe.hpp>

using namespace assay;
using Catch::Matchers::Contains;

namespace {

/// Read where only these files exist.
file_reference parse_where(const std::string& text, std::vector<std::string> files = {}) {
  return parse_file_reference(text, [files](const std::filesystem::path& path) {
    return std::find(files.begin(), files.end(), path.string()) != files.end();
  });
}

std::string described(const file_reference& r) {
  return r.path.string() + " | " + r.tensor.value_or("-") + " | " + (r.type ? to_string(*r.type) : "-") + " | " +
         (r.shape ? to_string(*r.shape) : "-");
}

}  // namespace

TEST_CASE("A reference has a file, and may have a tensor, a type and a shape") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"x.npy", "x.npy | - | - | -"},
      {"x.npy:bf16", "x.npy | - | bfloat16 | -"},
      {"x.npy:e5m10b3", "x.npy | - | e5m10b3 | -"},
      {"m.safetensors#layer.weight", "m.safetensors | layer.weight | - | -"},
      {"m.safetensors#layer.weight:e4m3fn", "m.safetensors | layer.weight | e4m3fn | -"},
      {"x.bin:bfloat16[128,64]", "x.bin | - | bfloat16 | (128, 64)"},
      {"x.bin:int8[ 3 , 4 ]", "x.bin | - | int8 | (3, 4)"},
      {"x.bin:uint64[]", "x.bin | - | uint64 | ()"},
      {"x.bin:bool[0]", "x.bin | - | bool | (0,)"},
      {"x.npy:e2m1fn_x2", "x.npy | - | e2m1fn_x2 | -"},
      {"x.npy:float4_e2m1fn_x2", "x.npy | - | e2m1fn_x2 | -"},
      {"x.npy:int4_x2", "x.npy | - | int4_x2 | -"},
      {"m.pt#", "m.pt |  | - | -"},
      {"m.npz#dense/kernel:0", "m.npz | dense/kernel:0 | - | -"},
      {"m.npz#dense/kernel:0:binary16", "m.npz | dense/kernel:0 | binary16 | -"},
  };
  for (const auto& [text, expected] : cases) CHECK(described(parse_where(text)) == expected);
}

TEST_CASE("A file that exists is that file, whatever colons and hashes its name has") {
  CHECK(described(parse_where("a:bfloat16", {"a:bfloat16"})) == "a:bfloat16 | - | - | -");
  CHECK(described(parse_where("run #3/größe.npy", {"run #3/größe.npy"})) == "run #3/größe.npy | - | - | -");
  CHECK(described(parse_where("run#3/m.npz#w#1:e5m2", {"run#3/m.npz"})) == "run#3/m.npz | w#1 | e5m2 | -");
  CHECK(described(parse_where("run#3/x.npy:e5m2", {"run#3/x.npy"})) == "run#3/x.npy | - | e5m2 | -");
}

TEST_CASE("Misspelt types and malformed shapes are explained") {
  CHECK_THROWS_WITH(parse_where("x.npy:bfloat61"), "There is no format 'bfloat61'. Did you mean bfloat16?");
  CHECK_THROWS_WITH(parse_where("x.npy:uint88"), Contains("Did you mean uint8?"));
  CHECK_THROWS_WITH(parse_where("x.npy:zzzzzzzzz"), Contains("`assay formats` lists"));
  CHECK_THROWS_WITH(parse_where("x.npy:e5m2_x2"), Contains("There is no format 'e5m2_x2'"));
  for (const char* shape : {"3,", ",", "3 4", "-1", "3;4", "99999999999999999999", "1.5"}) {
    CHECK_THROWS_WITH(parse_where("x.bin:e5m2[" + std::string(shape) + "]"), Contains("expected extents such as"));
  }
  CHECK_THROWS_WITH(parse_where("x.bin:e5m2[1,1,1,1,1,1,1,1,1]"), Contains("more than 8 axes"));
}

TEST_CASE("An output may name its tensor where the kind has names") {
  CHECK(described(parse_output_reference("a.npz#w")) == "a.npz | w | - | -");
  CHECK(described(parse_output_reference("a#b.safetensors#w:1")) == "a#b.safetensors | w:1 | - | -");
  CHECK(described(parse_output_reference("a#b.npy")) == "a#b.npy | - | - | -");
}
