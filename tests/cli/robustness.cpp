// The program where names, disks and folders are unkind.
#include <catch2/catch.hpp>

#include <assay/file/tensor_file.hpp>
#include <assay/number/convert.hpp>

#include "program.hpp"

using namespace assay;
using Catch::Matchers::Contains;

namespace {

void write_numbers(const scratch_folder& folder, const std::string& name) {
  tensor x(element_type::of(binary32), {8, 30});
  for (std::size_t i = 0; i < x.size(); ++i) x.set(i, encode(static_cast<float>(i * 37 % 101) / 16).code);
  write_tensor(parse_output_reference((folder / name).string()), x);
}

}  // namespace

TEST_CASE("Names with spaces, quotes and letters of any language go through run, check, report and reproducer") {
  const scratch_folder folder;
  write_numbers(folder, "größe λ 数据 'x'.npy");
  const std::string x = "--x \"größe λ 数据 'x'.npy\" ";
  REQUIRE(run(folder, "run softmax " + x + "-o 'é y.safetensors#ü v' --compute bfloat16 -q").code == 0);
  const outcome o = run(folder, "check softmax " + x + "--got 'é y.safetensors#ü v' --report 'bericht ß.html'");
  INFO(o.out << o.error);
  REQUIRE(o.code == 1);
  CHECK_THAT(read_all(folder / "bericht ß.html"), Contains("größe λ 数据 'x'.npy"));
  const std::string mark = "reproduce: assay ";
  const std::size_t at = o.out.find(mark);
  REQUIRE(at != std::string::npos);
  CHECK(run(folder, o.out.substr(at + mark.size(), o.out.find('\n', at) - at - mark.size())).code == 1);
}

TEST_CASE("A report that cannot be written, and output into a full device, end in exit code 2") {
  const scratch_folder folder;
  write_numbers(folder, "x.npy");
  REQUIRE(run(folder, "run softmax --x x.npy -o y.npy -q").code == 0);
  check_refusal(folder, "check softmax --x x.npy --got y.npy -q --report none/report.html",
                "none/report.html: cannot be created");
  if (!std::filesystem::exists("/dev/full")) return;
  const auto into_full = [&](const std::string& arguments) {
    const std::string command =
        "cd '" + folder.path().string() + "' && '" ASSAY_PROGRAM_PATH "' " + arguments + " > /dev/full 2> error";
    const int status = std::system(command.c_str());
    INFO(arguments << ": " << read_all(folder / "error"));
    CHECK(WEXITSTATUS(status) == 2);
    CHECK_THAT(read_all(folder / "error"), Contains("assay: ") && Contains("."));
  };
  into_full("check softmax --x x.npy --got y.npy");
  into_full("check softmax --x x.npy --got y.npy --json");
  into_full("formats e5m10 --codes");
  into_full("diff x.npy y.npy");
}
