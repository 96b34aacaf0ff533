#include <catch2/catch.hpp>

#include <zlib.h>

#include <assay/tensor/describe.hpp>

#include "samples.hpp"

using namespace assay;
using namespace std::string_literals;
using Catch::Matchers::Contains;

namespace {

std::string little(std::uint64_t value, int bytes) {
  std::string text;
  for (; bytes > 0; --bytes, value >>= 8) text += static_cast<char>(value & 0xff);
  return text;
}

/// What an archive says of its only entry, a.npy; each field may lie.
struct entry {
  std::string packed;
  std::uint64_t size = packed.size();
  unsigned method = 0, flags = 0;
  std::uint64_t crc = 0;
  std::string extra = {}, local_name = "a.npy";
};

std::string archive(const entry& e) {
  const std::string name = "a.npy";
  const auto fields = [&](const std::string& extra) {
    return little(20, 2) + little(e.flags, 2) + little(e.method, 2) + little(0, 4) + little(e.crc, 4) +
           little(e.packed.size(), 4) + little(e.size, 4) + little(name.size(), 2) + little(extra.size(), 2);
  };
  const std::string local = "PK\x03\x04" + fields("") + e.local_name + e.packed;
  const std::string directory =
      "PK\x01\x02" + little(20, 2) + fields(e.extra) + std::string(10, '\0') + little(0, 4) + name + e.extra;
  return local + directory + "PK\x05\x06" + little(0, 4) + little(1, 2) + little(1, 2) + little(directory.size(), 4) +
         little(local.size(), 4) + little(0, 2);
}

std::uint64_t crc_of(const std::string& bytes) {
  return ::crc32(0, reinterpret_cast<const ::Bytef*>(bytes.data()), static_cast<::uInt>(bytes.size()));
}

std::string deflated(const std::string& bytes) {
  ::z_stream state{};
  REQUIRE(::deflateInit2(&state, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(bytes.size() + 1000, '\0');
  state.next_in = reinterpret_cast<::Bytef*>(const_cast<char*>(bytes.data()));
  state.avail_in = static_cast<::uInt>(bytes.size());
  state.next_out = reinterpret_cast<::Bytef*>(out.data());
  state.avail_out = static_cast<::uInt>(out.size());
  REQUIRE(::deflate(&state, Z_FINISH) == Z_STREAM_END);
  out.resize(out.size() - state.avail_out);
  ::deflateEnd(&state);
  return out;
}

const std::string four = npy_file("|u1", false, "(4,)", "\x01\x02\x03\x04");

}  // namespace

TEST_CASE("What numpy.savez writes is read by name, in both byte orders") {
  const std::string file = sample("numpy_savez");
  const tensor x = parse(file, "s.npz#x");
  CHECK(x.type().layout == binary16);
  CHECK(x.shape() == extents{1, 3});
  CHECK(values_of(x) == std::vector<double>{1, -2, std::numeric_limits<double>::infinity()});
  CHECK(values_of(parse(file, "s.npz#größe")) == std::vector<double>{0, 1, 2, 3});
  const auto entries = parse_list(as_bytes(file), "s.npz");
  REQUIRE(entries.size() == 2);
  CHECK(entries[1].name == "größe");
  CHECK(entries[1].dtype == ">i4");
  CHECK(entries[1].shape == extents{4});
}

TEST_CASE("What numpy.savez_compressed writes is read without a name, since it is the only one") {
  const tensor a = parse(sample("numpy_savez_compressed"), "s.npz");
  REQUIRE(a.shape() == extents{20, 50});
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == (i == 157 ? 0x3fc00000u : 0u));
}

TEST_CASE("A missing name is answered by the names there are, a misspelt one by the closest") {
  const std::string file = sample("numpy_savez");
  CHECK(complaint(file, "s.npz") == "s.npz: holds 2 tensors: 'x' and 'größe'; name one, as in s.npz#x.");
  CHECK_THAT(complaint(file, "s.npz#grösse"), Contains("Did you mean größe? It holds 'x' and 'größe'."));
}

TEST_CASE("An archive cut anywhere, or with any byte changed, is read right or refused") {
  for (const char* name : {"numpy_savez", "numpy_savez_compressed"}) {
    const std::string file = sample(name);
    const auto entries = parse_list(as_bytes(file), "s.npz");
    for (const tensor_entry& one : entries) {
      const tensor right = parse(file, "s.npz#" + one.name);
      for (std::size_t length = 0; length < file.size(); ++length) {
        INFO("cut after " << length << " bytes");
        CHECK(complaint(file.substr(0, length), "s.npz#" + one.name) != "nothing");
      }
      for (std::size_t at = 0; at < file.size(); ++at) {
        std::string changed = file;
        changed[at] = static_cast<char>(changed[at] ^ 0x41);
        try {
          const tensor t = parse(changed, "s.npz#" + one.name);
          INFO("byte " << at);
          CHECK(std::equal(t.bytes().begin(), t.bytes().end(), right.bytes().begin(), right.bytes().end()));
        } catch (const file_error&) {
        }
      }
    }
  }
}

TEST_CASE("Stored and deflated entries are checked against their size and checksum") {
  CHECK(parse(archive({four, four.size(), 0, 0, crc_of(four)}), "a.npz")[3] == 4);
  const std::string packed = deflated(four);
  CHECK(parse(archive({packed, four.size(), 8, 0, crc_of(four)}), "a.npz")[3] == 4);
  const auto says = [](const entry& e) { return complaint(archive(e), "a.npz"); };
  CHECK_THAT(says({four, four.size(), 0, 0, 1}), Contains("another checksum"));
  CHECK_THAT(says({packed, four.size(), 8, 0, 1}), Contains("another checksum"));
  CHECK_THAT(says({four, four.size() + 1, 0, 0, crc_of(four)}), Contains("which they cannot"));
  CHECK_THAT(says({packed, four.size() + 1, 8, 0, crc_of(four)}), Contains("bytes too many"));
  CHECK_THAT(says({packed, four.size() - 1, 8, 0, crc_of(four)}), Contains("is truncated"));
  const std::string longer = deflated(four + "more");
  CHECK_THAT(says({longer, four.size(), 8, 0, crc_of(four)}), Contains("unpacks to more bytes than it claims"));
  const std::string shorter = deflated(four.substr(0, four.size() - 2));
  CHECK_THAT(says({shorter, four.size(), 8, 0, crc_of(four)}), Contains("unpacks to fewer bytes than it claims"));
  CHECK_THAT(says({packed.substr(0, packed.size() / 2), four.size(), 8, 0, crc_of(four)}), Contains("fewer bytes"));
  CHECK_THAT(says({std::string(40, '\xff'), four.size(), 8, 0, 0}), Contains("malformed"));
}

TEST_CASE("Encrypted, otherwise compressed and inconsistent entries are refused by what they are") {
  const auto says = [](const entry& e) { return complaint(archive(e), "a.npz"); };
  CHECK_THAT(says({four, four.size(), 0, 1, crc_of(four)}), Contains("'a.npy' is encrypted"));
  CHECK_THAT(says({four, four.size(), 12, 0, crc_of(four)}), Contains("compressed by method 12"));
  CHECK_THAT(says({four, four.size(), 0, 0, crc_of(four), "", "b.npy"}), Contains("another one by its own header"));
  CHECK_THAT(complaint("PK\x05\x06"s + std::string(18, '\0'), "a.npz"), Contains("without any array"));
  CHECK_THAT(complaint("PK\x03\x04 and nothing more", "a.npz"), Contains("no central directory"));
}

TEST_CASE("A bomb is refused before memory is taken for what it claims") {
  // A gigabyte and more, claimed by a few bytes; then 64 MB of zeros that are not the 640 MB of the shape.
  const std::string header = npy_file("|u1", false, "(1073741824,)", "");
  CHECK_THAT(complaint(archive({deflated(header), header.size() + (1u << 30), 8, 0, 0}), "a.npz"),
             Contains("which they cannot"));
  const std::string zeros = npy_file("|u1", false, "(640000000,)", std::string(64'000'000, '\0'));
  CHECK_THAT(complaint(archive({deflated(zeros), zeros.size(), 8, 0, crc_of(zeros)}), "a.npz"),
             Contains("is truncated: shape (640000000,) of |u1 needs 640000000 bytes of data"));
  const std::string claim = npy_file("|u1", false, "(60000000,)", "");
  CHECK_THAT(complaint(archive({deflated(claim + std::string(50'000'000, '\0')), claim.size() + 50'100'000, 8, 0, 0}),
                       "a.npz"),
             Contains("unpacks to fewer bytes"));
}

TEST_CASE("Sizes that need Zip64 are taken from its field") {
  entry e{four, 0xffffffff, 0, 0, crc_of(four)};
  e.extra = little(0x9999, 2) + little(2, 2) + "xx" + little(1, 2) + little(8, 2) + little(four.size(), 8);
  CHECK(parse(archive(e), "a.npz")[2] == 3);
  e.extra = little(1, 2) + little(8, 2) + little(~std::uint64_t{0}, 8);
  CHECK_THAT(complaint(archive(e), "a.npz"), Contains("which they cannot"));
  e.extra = little(1, 2) + little(9, 2) + little(four.size(), 8);
  CHECK_THAT(complaint(archive(e), "a.npz"), Contains("is malformed"));
}

TEST_CASE("What is written as .npz is read back, and by name") {
  const scratch_folder folder;
  std::vector<named_tensor> all;
  for (const element_type type : {element_type::of(binary16), element_type::of(e2m1fn), element_type::of(tf32),
                                  element_type::integer(64, true), element_type::boolean()}) {
    tensor t(type, {3, 5});
    for (std::size_t i = 0; i < t.size(); ++i) t.set(i, i % 2);
    all.push_back({to_string(type) + " ü", t});
  }
  write_tensors(folder / "all.npz", all);
  for (const named_tensor& one : all) {
    file_reference from{folder / "all.npz", one.name, std::nullopt, std::nullopt};
    if (one.values.type().is_floating()) from.type = one.values.type().layout;
    const tensor back = read_tensor(from);
    CHECK(to_string(back.type()) == to_string(one.values.type()));
    CHECK(back.shape() == one.values.shape());
    CHECK(std::equal(back.bytes().begin(), back.bytes().end(), one.values.bytes().begin()));
  }
  write_tensor(parse_output_reference((folder / "one.npz").string()), all[0].values);
  CHECK(list_tensors(folder / "one.npz").front().name == "arr_0");
}
