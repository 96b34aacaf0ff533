#include <catch2/catch.hpp>

#include <assay/tensor/describe.hpp>

#include "../../src/file/zip_archive.hpp"
#include "samples.hpp"

using namespace assay;
using namespace std::string_literals;
using Catch::Matchers::Contains;

namespace {

/// An archive as torch.save() makes it around this pickle, with one storage of 8 bytes.
std::string around(const std::string& pickle, const std::string& order = "little") {
  const std::string storage = "\x01\x02\x03\x04\x05\x06\x07\x08";
  std::vector<detail::zip_part> parts;
  parts.push_back({"m/data.pkl", {as_bytes(pickle)}});
  parts.push_back({"m/byteorder", {as_bytes(order)}});
  parts.push_back({"m/data/0", {as_bytes(storage)}});
  std::vector<std::string> scratch;
  std::string archive;
  for (const auto part : detail::zip_of(parts, scratch)) {
    archive.append(reinterpret_cast<const char*>(part.data()), part.size());
  }
  return archive;
}

/// BININT1 of each, in a tuple.
std::string numbers(const std::vector<int>& values) {
  std::string text = "(";
  for (const int value : values) {
    text += 'K';
    text += static_cast<char>(value);
  }
  return text + "t";
}

/// A pickle of one tensor over the storage of 8 bytes.
std::string tensor_pickle(int offset, const std::vector<int>& size, const std::vector<int>& stride,
                          const std::string& storage = "ByteStorage", int elements = 8) {
  return "\x80\x02"
         "ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\n"s +
         storage + "\nX\1\0\0\0"s + "0X\3\0\0\0"s + "cpuK" + static_cast<char>(elements) + "tQK" +
         static_cast<char>(offset) + numbers(size) + numbers(stride) + "\x89)tR.";
}

std::string says(const std::string& pickle) { return complaint(around(pickle), "m.pt"); }

}  // namespace

TEST_CASE("The tensors of an OrderedDict that PyTorch saved are read by name, whatever their strides") {
  const std::string file = sample("torch_dictionary");
  const auto read = [&](const std::string& name) { return parse(file, "m.pt#" + name); };
  CHECK(read("half").type().layout == binary16);
  CHECK(values_of(read("half")) == std::vector<double>{1, -2});
  CHECK(read("transposed").shape() == extents{3, 2});
  CHECK(values_of(read("transposed")) == std::vector<double>{0, 3, 1, 4, 2, 5});
  CHECK(to_string(read("part").type()) == "int16");
  CHECK(values_of(read("part")) == std::vector<double>{1, 2, 4, 5});
  CHECK(read("e4m3").type().layout == e4m3fn);
  CHECK(values_of(read("e4m3")) == std::vector<double>{0.5, -2, 448});
  CHECK(read("fp4").shape() == extents{4});
  CHECK(values_of(read("fp4")) == std::vector<double>{0.5, 1, 1.5, -6});
  CHECK_THAT(complaint(file, "m.pt#expanded"), Contains("repeats the 1 elements of its storage"));
  CHECK_THAT(complaint(file, "m.pt#complex"), Contains("complex numbers (torch.complex64)"));
  CHECK_THAT(complaint(file, "m.pt#halv"), Contains("Did you mean half?"));
  CHECK_THAT(complaint(file, "m.pt#half:bfloat16"), Contains("holds torch.float16, which is binary16"));
  const auto entries = parse_list(as_bytes(file), "m.pt");
  REQUIRE(entries.size() == 7);
  CHECK(entries[3].dtype == "torch.float8_e4m3fn");
}

TEST_CASE("Nested dictionaries and lists of a checkpoint give names with slashes; what is no tensor is passed over") {
  const std::string file = sample("torch_checkpoint");
  std::vector<std::string> names;
  for (const auto& entry : parse_list(as_bytes(file), "m.pth")) names.push_back(entry.name);
  CHECK(names == std::vector<std::string>{"model/weight", "model/bias", "extra/0"});
  CHECK(values_of(parse(file, "m.pth#model/weight")) == std::vector<double>{1, -3});
  CHECK(values_of(parse(file, "m.pth#extra/0")) == std::vector<double>{2.5});
}

TEST_CASE("A single tensor needs no name; its archive is known by its contents whatever it is called") {
  const std::string file = sample("torch_one");
  for (const char* name : {"m.pt", "pytorch_model.bin", "m"}) {
    CHECK(values_of(parse(file, name)) == std::vector<double>{1, 2});
  }
}

TEST_CASE("A pickle that wants to call anything but the rebuilding of a tensor is refused by what it names") {
  CHECK_THAT(complaint(sample("torch_module"), "m.pt"),
             Contains("refers to 'torch.nn.modules.linear.Identity', which is no part of a dictionary of tensors"));
  CHECK_THAT(says("\x80\x02"
                  "cos\nsystem\nX\4\0\0\0trueR."s),
             Contains("refers to 'os.system'") && Contains("nothing is ever executed"));
  CHECK_THAT(says("\x80\x04\x8c\x02os\x8c\x06system\x93."s), Contains("refers to 'os.system'"));
  CHECK_THAT(says("\x80\x02(S'true'\nios\nsystem\n."s), Contains("has the instruction 0x53 at its byte 3"));
  CHECK_THAT(says("\x80\x02"
                  "ctorch\nFloatStorage\n)R."s),
             Contains("is made by a call of 'torch.FloatStorage'"));
  CHECK_THAT(says("\x80\x02K\1)R."s), Contains("calls what is no global"));
  CHECK_THAT(complaint(sample("torch_old"), "m.pt"), Contains("PyTorch wrote such files before version 1.6"));
}

TEST_CASE("Tensors lie in their storage, from the first element to the last") {
  CHECK(values_of(parse(around(tensor_pickle(1, {2, 2}, {3, 1})), "m.pt")) == std::vector<double>{2, 3, 5, 6});
  CHECK(values_of(parse(around(tensor_pickle(7, {1, 1}, {99, 99})), "m.pt")) == std::vector<double>{8});
  CHECK(parse(around(tensor_pickle(99, {0, 3}, {3, 1})), "m.pt").size() == 0);
  CHECK(to_string(parse(around(tensor_pickle(0, {2}, {1}, "ShortStorage", 4)), "m.pt:bfloat16").type()) == "bfloat16");
  CHECK(parse(around(tensor_pickle(0, {2}, {1}, "ShortStorage", 4), "big"), "m.pt")[0] == 0x0102);
  CHECK_THAT(says(tensor_pickle(0, {9}, {1})), Contains("does not fit its storage of 8 elements"));
  CHECK_THAT(says(tensor_pickle(8, {1}, {1})), Contains("of shape (1,) from element 8 on does not fit"));
  CHECK_THAT(says(tensor_pickle(0, {2, 2}, {7, 1})), Contains("does not fit its storage"));
  CHECK_THAT(says(tensor_pickle(0, {3, 3}, {1, 1})), Contains("repeats the 8 elements of its storage"));
  CHECK_THAT(says(tensor_pickle(0, {2}, {1, 1})), Contains("not as many strides as axes"));
  CHECK_THAT(says(tensor_pickle(0, {1, 1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1, 1, 1})),
             Contains("more than 8 axes"));
  CHECK_THAT(says(tensor_pickle(0, {2}, {1}, "FloatStorage", 2)), Contains("nothing"));
  CHECK_THAT(says(tensor_pickle(0, {2}, {1}, "FloatStorage", 3)), Contains("has 8 bytes; expected 12"));
  CHECK_THAT(says(tensor_pickle(0, {2}, {1}, "OtherStorage")), Contains("refers to 'torch.OtherStorage'"));
  CHECK_THAT(complaint(around(tensor_pickle(0, {2}, {1}), "pdp"), "m.pt"), Contains("byte order 'pdp'"));
}

TEST_CASE("Malformed pickles are refused in words") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "is cut short"},
      {"\x80\x02"s, "is cut short"},
      {"\x80\x01N."s, "has protocol 1; expected 2 to 5"},
      {"\x80\x02N"s, "is cut short"},
      {"\x80\x02."s, "leaves more than one value"},
      {"\x80\x02NN."s, "leaves more than one value"},
      {"\x80\x02N.N"s, "goes on after its end"},
      {"\x80\x02N."s, "holds no tensor"},
      {"\x80\x02}."s, "holds no tensor"},
      {"\x80\x02t."s, "a mark that is not there"},
      {"\x80\x02(\x85."s, "takes a value that is not there"},
      {"\x80\x02h\x05."s, "recalls a value that it did not store"},
      {"\x80\x02}(Nu."s, "has a key without a value"},
      {"\x80\x02]NNs."s, "adds items to what is no list or dictionary"},
      {"\x80\x02X\xff\xff\xff\xff."s, "is cut short"},
      {"\x80\x02\x8a\x09"s + std::string(9, '\1') + ".", "an integer of 9 bytes"},
      {"\x80\x02"
       "ccollections\nOrderedDict\nK\1\x85R."s,
       "an OrderedDict with arguments"},
      {"\x80\x02NNb."s, "sets attributes of what is no dictionary"},
  };
  for (const auto& [pickle, expected] : cases) {
    INFO(expected);
    CHECK_THAT(says(pickle), Contains(expected) && Catch::Matchers::StartsWith("m.pt: "));
  }
}

TEST_CASE("A pickle that holds itself, or repeats itself without end, is finite all the same") {
  // A list that is its own item; 40 lists, each twice in the next.
  CHECK_THAT(says("\x80\x02]q\0h\0a."s), Contains("holds no tensor"));
  std::string doubling = "\x80\x02(]q\0K\1a"s;
  for (char i = 0; i < 40; ++i) doubling += "]q"s + static_cast<char>(i + 1) + "(h" + i + "h" + i + "e";
  CHECK_THAT(says(doubling + "t."), Contains("holds no tensor"));
  std::string deep = "\x80\x02";
  for (int i = 0; i < 100; ++i) deep += "]";
  deep += "N";
  for (int i = 0; i < 100; ++i) deep += "a";
  CHECK_THAT(says(deep + "."), Contains("nested more than 32 levels deep"));
}

TEST_CASE("A PyTorch file cut anywhere, or with any byte changed, is read right or refused") {
  const std::string file = sample("torch_one");
  const tensor right = parse(file, "m.pt");
  for (std::size_t length = 0; length < file.size(); ++length) {
    INFO("cut after " << length << " bytes");
    CHECK(complaint(file.substr(0, length), "m.pt") != "nothing");
  }
  for (std::size_t at = 0; at < file.size(); ++at) {
    std::string changed = file;
    changed[at] = static_cast<char>(changed[at] ^ 0x41);
    try {
      const tensor t = parse(changed, "m.pt");
      INFO("byte " << at);
      CHECK(std::equal(t.bytes().begin(), t.bytes().end(), right.bytes().begin(), right.bytes().end()));
    } catch (const file_error&) {
    }
  }
}
