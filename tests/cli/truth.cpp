// `assay truth`, as a user runs it.
#include <catch2/catch.hpp>

#include <assay/catalogue/kernels.hpp>
#include <assay/file/npy.hpp>
#include <assay/number/convert.hpp>

#include "program.hpp"

using namespace assay;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// x.npy: float32, 2 x 4, one row of equal values and one of random ones; t.npy: int64 classes of two rows.
void write_inputs(const scratch_folder& folder) {
  tensor x(element_type::of(binary32), {2, 4}), t(element_type::integer(64, true), {2});
  const float values[]{3, 3, 3, 3, -1.5f, 0.3f, 2.25f, -0.1f};
  for (std::size_t i = 0; i < 8; ++i) x.set(i, encode(values[i]).code);
  t.set(0, 2);
  write_npy(folder / "x.npy", x);
  write_npy(folder / "t.npy", t);
}

}  // namespace

TEST_CASE("truth has a command for every kernel of the catalogue, with its inputs and attributes in the help",
          "[slow]") {
  const scratch_folder folder;
  for (const kernel_info& kernel : kernels) {
    const outcome o = run(folder, "truth " + std::string(kernel.name) + " --help");
    INFO(kernel.name);
    CHECK(o.code == 0);
    CHECK_THAT(o.out, Contains(std::string(kernel.formula)) && Contains("Examples:"));
    for (const input_info& in : kernel.inputs) {
      std::string name = "--" + std::string(in.name);
      std::replace(name.begin(), name.end(), '_', '-');
      CHECK_THAT(o.out, Contains(name + " FILE" + (in.required ? " REQUIRED" : "")));
    }
    for (const result_info& r : kernel.results) {
      if (kernel.results.size() > 1) CHECK_THAT(o.out, Contains("out." + std::string(r.name) + ".npy"));
    }
  }
}

TEST_CASE("truth writes the real result rounded once, and bounds that enclose it") {
  const scratch_folder folder;
  write_inputs(folder);
  const outcome o = run(folder, "truth softmax --x x.npy -o y.npy --to bfloat16 --enclosure b.npy");
  CHECK(o.code == 0);
  CHECK_THAT(o.out, StartsWith("y.npy: the truth of softmax, bfloat16 of shape (2, 4); "));
  const tensor y = read_npy(folder / "y.npy", bfloat16), lower = read_npy(folder / "b.lower.npy"),
               upper = read_npy(folder / "b.upper.npy");
  REQUIRE(y.shape() == extents{2, 4});
  for (std::size_t i = 0; i < 8; ++i) {
    const double low = std::bit_cast<double>(lower[i]), high = std::bit_cast<double>(upper[i]);
    CHECK(low <= high);
    CHECK(convert(low, bfloat16).code == y[i]);
    CHECK(convert(high, bfloat16).code == y[i]);
    if (i < 4) CHECK((low <= 0.25 && 0.25 <= high));
  }
}

TEST_CASE("Attributes take underscores or dashes, and change the result") {
  const scratch_folder folder;
  write_inputs(folder);
  CHECK(run(folder, "truth softmax --x x.npy -o y.npy --to binary32 --axis 0 --temperature 2 -q").out.empty());
  CHECK(run(folder, "truth softmax --x x.npy -o z.npy --to binary32 --axis=-2 --temperature 2").code == 0);
  CHECK(run(folder, "truth softmax --x x.npy -o w.npy --to binary32").code == 0);
  CHECK(read_all(folder / "y.npy") == read_all(folder / "z.npy"));
  CHECK(read_all(folder / "y.npy") != read_all(folder / "w.npy"));
}

TEST_CASE("JSON says how the elements were decided") {
  const scratch_folder folder;
  write_inputs(folder);
  const outcome o = run(folder, "truth softmax --x x.npy -o y.npy --to bfloat16 --json");
  CHECK(o.code == 0);
  CHECK_THAT(o.out, StartsWith("{") && Contains("\"decided\"") && Contains("\"elements\": 8"));
  CHECK_THAT(run(folder, "truth softmax --x x.npy -o y.npy --to bfloat16 --stats").out, Contains("elements a second"));
}

TEST_CASE("truth refuses what it cannot prove in one sentence, and writes nothing") {
  const scratch_folder folder;
  write_inputs(folder);
  check_refusal(folder, "truth", "A subcommand is required");
  check_refusal(folder, "truth sotfmax --x x.npy", "There is no kernel 'sotfmax'. Did you mean softmax?");
  check_refusal(folder, "truth softmax -o y.npy --to bfloat16", "--x is required");
  check_refusal(folder, "truth softmax --x x.npy --to bfloat16", "--output is required");
  check_refusal(folder, "truth softmax --x x.npy -o y.npy", "--to is required");
  check_refusal(folder, "truth softmax --x none.npy -o y.npy --to bfloat16", "none.npy: cannot be opened");
  check_refusal(folder, "truth softmax --x t.npy -o y.npy --to bfloat16", "t.npy: holds int64");
  check_refusal(folder, "truth softmax --x x.npy -o y.npy --to bfloat61", "Did you mean bfloat16?");
  check_refusal(folder, "truth softmax --x x.npy -o y.npy --to bfloat16 --axis last", "--axis is 'last'");
  check_refusal(folder, "truth softmax --x x.npy -o y.npy --to bfloat16 --axis 2", "axis");
  check_refusal(folder, "truth softmax --x x.npy -o y.npy --to bfloat16 --temprature 2", "Did you mean --temperature?");
  check_refusal(folder, "truth softmax --x x.npy -o y.npy --to bfloat16 --rounding stochastic", "stochastic");
  check_refusal(folder, "truth nll --x x.npy --target x.npy -o y.npy --to bfloat16",
                "target holds binary32; expected integers");
  check_refusal(folder, "truth nll --x x.npy --target t.npy -o y.npy --to bfloat16 --reduction men",
                "--reduction is 'men'; expected one of none, mean, sum. Did you mean mean?");
  CHECK(!std::filesystem::exists(folder / "y.npy"));
}
