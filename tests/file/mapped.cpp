// Tensors that stay in the file: they are what a copy is, the file is never written to, and what happens to it is
// found.
#include <catch2/catch.hpp>

#include <chrono>
#include <csignal>
#include <new>

#include <sys/resource.h>

#include <assay/file/input_files.hpp>
#include <assay/file/npy.hpp>

#include "samples.hpp"

using namespace assay;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t megabyte = 1 << 20;

/// Bytes without any pattern of a page's size.
std::string some_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint64_t state = 1;
  for (char& byte : bytes) {
    state = state * 6364136223846793005 + 1442695040888963407;
    byte = static_cast<char>(state >> 56);
  }
  return bytes;
}

bool same(const tensor& x, const tensor& y) {
  return x.shape() == y.shape() && x.type().what == y.type().what && x.type().bytes() == y.type().bytes() &&
         std::equal(x.bytes().begin(), x.bytes().end(), y.bytes().begin(), y.bytes().end());
}

/// Reads the reference in both ways, which must agree, and says whether it was mapped.
bool is_mapped(const std::string& text) {
  INFO(text);
  const file_reference reference = parse_file_reference(text);
  input_files files;
  const tensor mapped = files.read(reference), copied = read_tensor(reference);
  CHECK(copied.owns_memory());
  CHECK(same(mapped, copied));
  CHECK_NOTHROW(files.check_unchanged());
  return !mapped.owns_memory();
}

/// A .npy with its data at such a remainder of 64.
std::string npy_at(std::size_t remainder, const std::string& descr, bool fortran, const std::string& shape,
                   const std::string& data) {
  std::string dictionary =
      "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + ", }";
  while ((10 + dictionary.size() + 1) % 64 != remainder) dictionary += ' ';
  return npy_file(dictionary + "\n", data);
}

/// So old that whatever writes to the file from now on gives it another time.
void make_old(const fs::path& path) { fs::last_write_time(path, fs::last_write_time(path) - std::chrono::hours(1)); }

void overwrite(const fs::path& path, std::uint64_t at, char byte) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
}

/// A .npy of so many floats, 1 to 2 megabytes, and where its data begins.
constexpr std::size_t floats = 400'000, header_bytes = 128;
void write_floats(const fs::path& path) {
  write_all(path, npy_at(0, "<f4", false, "(400000,)", some_bytes(4 * floats)));
  make_old(path);
}

}  // namespace

TEST_CASE("A .npy is mapped where its elements lie as in memory, else read, and the tensor is the same") {
  const scratch_folder folder;
  const std::string x = (folder / "x.npy").string(), data = some_bytes(2 * megabyte + 16);
  const auto written = [&](std::size_t remainder, const char* descr, bool fortran, const char* shape,
                           std::size_t bytes = 2 * megabyte) {
    write_all(x, npy_at(remainder, descr, fortran, shape, data.substr(0, bytes)));
  };
  written(0, "<f4", false, "(1024, 512)");
  CHECK(is_mapped(x));
  written(4, "<f4", false, "(524288,)");
  CHECK(is_mapped(x));
  for (const std::size_t remainder : {1u, 2u, 63u}) {
    written(remainder, "<f4", false, "(1024, 512)");
    CHECK_FALSE(is_mapped(x));
    written(remainder, "|u1", false, "(2097152,)");
    CHECK(is_mapped(x));
    CHECK(is_mapped(x + ":e4m3fn"));
    CHECK(is_mapped(x + ":int8"));
  }
  written(0, ">f4", false, "(1024, 512)");
  CHECK_FALSE(is_mapped(x));
  written(0, "<f4", true, "(1024, 512)");
  CHECK_FALSE(is_mapped(x));
  written(0, "<f4", true, "(524288,)");  // one axis has no order
  CHECK(is_mapped(x));
  written(2, "<u2", false, "(1024, 1024)");
  CHECK(is_mapped(x + ":bfloat16"));
  written(0, "<i8", false, "(262146,)", 2 * megabyte + 16);  // the last page is not full
  CHECK(is_mapped(x));
  CHECK(is_mapped((folder.path() / "." / "x.npy").string()));
  written(0, "|u1", false, "(2097152,)");
  CHECK_FALSE(is_mapped(x + ":uint4_x2"));  // two in a byte
  written(0, "<f4", false, "(1024, 0)", 0);
  CHECK_FALSE(is_mapped(x));
  written(0, "<f4", false, "(100, 100)", 40'000);
  CHECK_FALSE(is_mapped(x));
}

TEST_CASE("Elements of which not all bits are codes are read and checked, not mapped") {
  const scratch_folder folder;
  const std::string x = (folder / "x.npy").string();
  write_all(x, npy_at(0, "|b1", false, "(2097152,)", std::string(2 * megabyte, '\1')));
  CHECK_FALSE(is_mapped(x));
  write_all(x, npy_at(0, "<f4", false, "(524288,)", std::string(2 * megabyte, '\0')));
  CHECK_FALSE(is_mapped(x + ":tf32"));
  write_all(x, npy_at(0, "|u1", false, "(2097152,)", std::string(2 * megabyte, '\3')));
  CHECK_FALSE(is_mapped(x + ":e2m1fn"));
  CHECK_FALSE(is_mapped(x + ":int4"));
  overwrite(x, header_bytes + megabyte, '\x10');
  input_files files;
  CHECK_THROWS_WITH(files.read(parse_file_reference(x + ":e2m1fn")), Contains("which is no code of e2m1fn"));
}

TEST_CASE("Raw and .safetensors files are mapped, archives are read and their checksums checked") {
  const scratch_folder folder;
  const std::string data = some_bytes(4 * megabyte);
  write_all(folder / "x.bin", data);
  const std::string x = (folder / "x.bin").string();
  CHECK(is_mapped(x + ":bfloat16"));
  CHECK(is_mapped(x + ":binary64[2,262144]"));
  CHECK_FALSE(is_mapped(x + ":e2m1fn[8388608]"));  // packed

  tensor words(element_type::of(binary32), {floats}), bytes(element_type::integer(8, false), {megabyte + 3});
  tensor halves(element_type::of(binary16), {5, megabyte / 8}), packed(element_type::of(e2m1fn), {2 * megabyte});
  for (tensor* t : {&words, &bytes, &halves}) {
    std::copy_n(std::as_bytes(std::span(data)).begin(), t->bytes().size(), t->bytes().begin());
  }
  const std::vector<named_tensor> all{{"words", words}, {"bytes", bytes}, {"halves", halves}, {"packed", packed}};
  write_tensors(folder / "m.safetensors", all);
  write_tensors(folder / "m.npz", all);
  const std::string safetensors = (folder / "m.safetensors").string() + "#";
  for (const char* name : {"words", "bytes", "halves"}) {
    CHECK(is_mapped(safetensors + name));
    CHECK_FALSE(is_mapped((folder / "m.npz").string() + "#" + name));
  }
  CHECK_FALSE(is_mapped(safetensors + "packed"));

  // Other writers need not align tensors, and a header may have any length.
  std::string header =
      R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"F32","shape":[400000],"data_offsets":[3,1600003]}})";
  for (int spaces = 0; spaces < 4; ++spaces, header += ' ') {
    std::string length(8, '\0');
    length[0] = static_cast<char>(header.size());
    write_all(folder / "u.safetensors", length + header + data.substr(0, 1'600'003));
    CHECK(is_mapped((folder / "u.safetensors").string() + "#b") == ((8 + header.size() + 3) % 4 == 0));
  }
  write_all(folder / "one.pt", sample("torch_one"));
  CHECK_FALSE(is_mapped((folder / "one.pt").string()));
}

TEST_CASE("What is written to a mapped tensor stays in memory") {
  const scratch_folder folder;
  write_floats(folder / "x.npy");
  const std::string before = read_all(folder / "x.npy");
  input_files files;
  tensor x = files.read(parse_file_reference((folder / "x.npy").string()));
  const tensor original = x;
  CHECK(original.owns_memory());
  REQUIRE_FALSE(x.owns_memory());
  CHECK(same(x, original));
  for (std::size_t i = 0; i < x.size(); i += 1000) x.set(i, 7);
  CHECK(x[399'000] == 7);
  CHECK(x[399'001] == original[399'001]);
  CHECK_FALSE(same(x, original));
  CHECK(read_all(folder / "x.npy") == before);
  CHECK_NOTHROW(files.check_unchanged());
}

TEST_CASE("A mapped tensor can be moved, and outlives its file's name and what read it") {
  const scratch_folder folder;
  write_floats(folder / "x.npy");
  const tensor copied = read_npy(folder / "x.npy");
  std::vector<tensor> kept;
  {
    input_files files;
    tensor x = files.read(parse_file_reference((folder / "x.npy").string()));
    tensor moved(std::move(x));
    CHECK(x.bytes().empty());  // NOLINT(bugprone-use-after-move): it is empty
    CHECK(x.owns_memory());
    kept.push_back(std::move(moved));
    kept.emplace_back();
    kept.back() = std::move(kept.front());
  }
  fs::remove(folder / "x.npy");
  CHECK(same(kept.back(), copied));
  CHECK_FALSE(kept.back().owns_memory());
  kept.back() = copied;
  CHECK(kept.back().owns_memory());
}

TEST_CASE("Lent memory is given back once, whoever holds it last") {
  static int given_back = 0;
  static std::byte memory[8]{};
  given_back = 0;
  {
    tensor_storage lent(memory, [](std::span<std::byte> bytes) noexcept {
      given_back += bytes.data() == memory && bytes.size() == 8 ? 1 : 100;
    });
    const tensor_storage copy = lent;
    CHECK_FALSE(copy.is_lent());
    tensor x(element_type::of(binary32), {2}, std::move(lent));
    CHECK_FALSE(lent.is_lent());  // NOLINT(bugprone-use-after-move): it is empty
    x.set(1, 5);
    tensor y(element_type::of(binary32), {3});
    y = std::move(x);
    CHECK(y[1] == 5);
    CHECK(y.bytes().data() == memory);
    CHECK(given_back == 0);
    y = tensor();
    CHECK(given_back == 1);
  }
  CHECK(given_back == 1);
  CHECK_THROWS_AS(tensor(element_type::of(binary32), {2}, tensor_storage(7)), std::invalid_argument);
}

TEST_CASE("A sparse file of ten gigabytes is a tensor at once, and takes memory only where it is looked at") {
  const scratch_folder folder;
  const fs::path path = folder / "x.npy";
  const std::string header = npy_at(0, "<f4", false, "(2500000, 1000)", "");
  write_all(path, header);
  std::error_code error;
  fs::resize_file(path, header.size() + 10'000'000'000, error);
  if (error) {
    WARN("skipped: the file system has no room for sparse files");
    return;
  }
  overwrite(path, header.size() + 9'999'999'996, 9);
  const auto peak = [] {
    ::rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return used.ru_maxrss;  // kilobytes
  };
  const auto before = peak();
  input_files files;
  const tensor x = files.read(parse_file_reference(path.string()));
  if (x.owns_memory()) {
    WARN("skipped: there are not so many addresses here");
    return;
  }
  CHECK(x.size() == 2'500'000'000);
  CHECK(x[0] == 0);
  CHECK(x[1'234'567'890] == 0);
  CHECK(x[2'499'999'999] == 9);
  CHECK(peak() - before < 50'000);
}

TEST_CASE("A mapped file that is written to, grows or shrinks before the result is complete is found") {
  const scratch_folder folder;
  const fs::path path = folder / "x.npy";
  const auto complaint_after = [&](const auto& change) {
    write_floats(path);
    input_files files;
    const tensor x = files.read(parse_file_reference(path.string()));
    CHECK_NOTHROW(files.check_unchanged());
    change();
    try {
      files.check_unchanged();
    } catch (const file_error& found) {
      return std::string(found.what());
    }
    return std::string();
  };
  const std::string expected = path.string() + ": changed while it was read; expected a file that nothing writes to.";
  CHECK(complaint_after([&] { overwrite(path, header_bytes, 'x'); }) == expected);
  CHECK(complaint_after([&] { fs::resize_file(path, 100); }) == expected);
  CHECK(complaint_after([&] { std::ofstream(path, std::ios::app) << "more"; }) == expected);
  CHECK(complaint_after([] {}).empty());
  CHECK(complaint_after([&] { fs::remove(path); }).empty());
  CHECK(complaint_after([&] { write_npy(path, tensor(element_type::of(binary16), {3})); }).empty());
}

TEST_CASE("A mapped file that is replaced by renaming stays what it was") {
  const scratch_folder folder;
  write_floats(folder / "x.npy");
  const tensor before = read_npy(folder / "x.npy");
  input_files files;
  const tensor x = files.read(parse_file_reference((folder / "x.npy").string()));
  write_npy(folder / "x.npy", tensor(element_type::of(binary64), {1000}));
  CHECK(same(x, before));
  CHECK(read_npy(folder / "x.npy").size() == 1000);
}

TEST_CASE("Writing elements whose mapped file became shorter ends in file_error, and no output appears") {
  const scratch_folder folder;
  write_floats(folder / "x.npy");
  input_files files;
  const tensor x = files.read(parse_file_reference((folder / "x.npy").string()));
  REQUIRE_FALSE(x.owns_memory());
  fs::resize_file(folder / "x.npy", 5000);
  CHECK_THROWS_WITH(write_npy(folder / "y.npy", x), Contains("y.npy: cannot be written: what it is to hold"));
  CHECK(folder.entries() == 1);
}

TEST_CASE("Elements that a mapped file has lost end the process with SIGBUS, a copy's do not") {
  const scratch_folder folder;
  const auto read_after_cut = [&](bool mapped) {
    write_floats(folder / "x.npy");
    return in_a_child([&] {
      std::signal(SIGBUS, SIG_DFL);  // not what sanitizers and test runners make of it
      const file_reference reference = parse_file_reference((folder / "x.npy").string());
      input_files files;
      const tensor x = mapped ? files.read(reference) : read_tensor(reference);
      fs::resize_file(folder / "x.npy", 5000);
      return x[floats - 1] != 0 ? 7 : 8;
    });
  };
  CHECK(read_after_cut(true) == 1000 + SIGBUS);
  CHECK(read_after_cut(false) == 7);
}
