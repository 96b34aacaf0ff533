// `assay check gemm` of integers behind a scale: what `run gemm` stores passes in the same words, faults are named.
#include <catch2/catch.hpp>

#include <assay/file/tensor_file.hpp>
#include <assay/number/convert.hpp>

#include "program.hpp"

using namespace assay;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// a.npy (uint8, 12 x 40), b.npy (int8, 40 x 16), bias.npy, factors.npy, and y.npy in the words of `words`.
struct requantised_files {
  scratch_folder folder;
  const std::string words =
      " --a a.npy:uint8 --b b.npy --bias bias.npy --zero-a 128 --factor factors.npy --zero-y=-3 --requantise "
      "float_scale "
      "--to int8 ";

  requantised_files() {
    std::uint64_t seed = 9;
    const auto next = [&] { return (seed = seed * 6364136223846793005 + 1442695040888963407) >> 40; };
    tensor a(element_type::integer(8, false), {12, 40}), b(element_type::integer(8, true), {40, 16});
    tensor bias(element_type::integer(32, true), {16}), factors(element_type::of(binary32), {16});
    for (std::size_t i = 0; i < a.size(); ++i) a.set(i, next() & 0xff);
    for (std::size_t i = 0; i < b.size(); ++i) b.set(i, next() & 0xff);
    for (std::size_t j = 0; j < 16; ++j) {
      bias.set(j, 500 * j);
      factors.set(j, encode(0.0015f + 0.0002f * static_cast<float>(j)).code);
    }
    write("a.npy", a), write("b.npy", b), write("bias.npy", bias), write("factors.npy", factors);
    REQUIRE(run(folder, "run gemm" + words + "-o y.npy -q").code == 0);
  }
  void write(const std::string& name, const tensor& x) const {
    write_tensor(parse_output_reference((folder / name).string()), x);
  }
  tensor read(const std::string& name) const { return read_tensor(parse_file_reference((folder / name).string())); }
};

}  // namespace

TEST_CASE(
    "check gemm passes the requantised integers of run gemm in the same words, and refuses one that is off by 1") {
  const requantised_files f;
  const outcome right = run(f.folder, "check gemm" + f.words + "--got y.npy");
  INFO(right.out << right.error);
  CHECK(right.code == 0);
  CHECK_THAT(right.out, StartsWith("PASS  gemm; claim: requantised in binary32") && Contains("stored as int8"));
  tensor y = f.read("y.npy");
  const std::int64_t due = static_cast<std::int8_t>(y[37]);
  y.set(37, static_cast<std::uint64_t>(due == 127 ? due - 1 : due + 1) & 0xff);
  f.write("wrong.npy", y);
  const outcome wrong = run(f.folder, "check gemm" + f.words + "--got wrong.npy");
  INFO(wrong.out << wrong.error);
  CHECK(wrong.code == 1);
  CHECK_THAT(wrong.out, Contains("(2, 5)") && Contains(", which is " + std::to_string(due)));
  const std::size_t at = wrong.out.find("reproduce: assay ") + 17;
  CHECK(run(f.folder, wrong.out.substr(at, wrong.out.find('\n', at) - at)).code == 1);
}

TEST_CASE("check gemm names what is wrong with requantised integers") {
  const requantised_files f;
  const auto named = [&](const std::string& instead, const std::string& with, const std::string& words) {
    std::string other = f.words;
    REQUIRE(other.find(instead) != std::string::npos);
    other.replace(other.find(instead), instead.size(), with);
    REQUIRE(run(f.folder, "run gemm" + other + "-o wrong.npy -q").code == 0);
    const outcome o = run(f.folder, "check gemm" + f.words + "--got wrong.npy");
    INFO(words << o.out << o.error);
    CHECK(o.code == 1);
    CHECK_THAT(o.out, Contains("100.0% of") && Contains(words));
  };
  named("--to int8", "--to int8:toward_zero", "results are truncated");
  named("--zero-y=-3", "--zero-y 0", "the result's zero point is not added");
  named("--zero-a 128", "--zero-a 0", "the zero point of a is not subtracted");
  named("--bias bias.npy", "", "the bias is not added");
  named("--zero-y=-3", "--zero-y=-3 --clamp=-3,127", "results below the zero point become the zero point");
}

TEST_CASE("An exact claim, a rounding and a zero point inside are said by options or in a spec") {
  const requantised_files f;
  // A factor of a power of two has ties, and -3 is odd.
  const std::string halves = " --a a.npy:uint8 --b b.npy --factor 0.25 --zero-a 128 --zero-y=-3 --to int16 ";
  REQUIRE(run(f.folder, "run gemm" + halves + "--requantise float_scale -o ties.npy -q").code == 0);
  CHECK(run(f.folder, "check gemm" + halves + "--got ties.npy").code == 0);
  CHECK(run(f.folder, "check gemm" + halves + "--got ties.npy --exact").code == 0);
  const outcome inside = run(f.folder, "check gemm" + halves + "--got ties.npy --zero-y-inside");
  CHECK(inside.code == 1);
  CHECK_THAT(inside.out, Contains("the zero point is added behind the rounding"));
  const std::string exact =
      "check gemm --a a.npy:uint8 --b b.npy --bias bias.npy --zero-a 128 --factor factors.npy "
      "--zero-y=-3 --got y.npy ";
  CHECK(run(f.folder, exact + "--exact").code == 0);
  CHECK(run(f.folder, exact + "--requantise exact --to int8:ties_to_even").code == 0);
  CHECK(run(f.folder, exact + "--to int8:toward_zero").code == 1);
  const std::string spec = R"({"kernel": "gemm", "inputs": {"a": "a.npy:uint8", "b": "b.npy", "bias": "bias.npy"},
    "integers": {"zero_a": 128, "factor": "factors.npy", "zero_y": -3, "to": "int8"}, "got": "y.npy")";
  write_all(f.folder / "right.json", spec + "}");
  write_all(f.folder / "exact.json", spec + R"(, "claim": "exact"})");
  write_all(f.folder / "wrong.json", spec + R"(, "integer": {}})");
  CHECK(run(f.folder, "check --spec right.json").code == 0);
  CHECK(run(f.folder, "check --spec exact.json").code == 0);
  check_refusal(f.folder, "check --spec wrong.json", "Did you mean integers?");
}

TEST_CASE("Zero points are taken off products of integers that stay as they are") {
  const requantised_files f;
  const std::string words = " --a a.npy:uint8 --b b.npy --zero-a 128 ";
  REQUIRE(run(f.folder, "run gemm" + words + "-o sums.npy --to int32 -q").code == 0);
  CHECK(run(f.folder, "check gemm" + words + "--got sums.npy").code == 0);
  CHECK(run(f.folder, "check gemm --a a.npy:uint8 --b b.npy --got sums.npy").code == 1);
}

TEST_CASE("Wrong options of requantised checks are refused in a sentence") {
  const requantised_files f;
  const std::string call = "check gemm --a a.npy:uint8 --b b.npy --got y.npy ";
  check_refusal(f.folder, call + "--zero-y 3", "--factor is missing");
  check_refusal(f.folder, call + "--to int8", "--factor is missing");
  check_refusal(f.folder, call + "--factor 0.1 --to uint8:up", "rounding mode 'up'");
  check_refusal(f.folder, call + "--factor 0.1 --to bfloat16", "expected an integer type of up to 16 bits");
  check_refusal(f.folder, call + "--factor 0.1 --requantise exakt", "Did you mean exact?");
  check_refusal(f.folder, call + "--factor 0.1 --requantise float_scale --exact", "expected one of them");
  check_refusal(f.folder, call + "--factor 0.1 --claim tensor-core", "--requantise exact or float_scale");
  check_refusal(f.folder, call + "--factor 0.1 --activation relu", "expected --clamp");
  check_refusal(f.folder, call + "--factor 0.1 --alpha 2", "expected it in --factor");
  check_refusal(f.folder, call + "--factor 1e60", "expected numbers of binary32");
  check_refusal(f.folder, call + "--factor 0.1 --zero-y 300", "the result's zero point is 300");
  check_refusal(f.folder, call + "--factor 0.1 --clamp 5", "expected two integers");
  check_refusal(f.folder, call + "--factor 0.1 --only 192", "--only is 192, but there are 192 results");
  check_refusal(f.folder, "check gemm --a a.npy:uint8 --b b.npy --got y.npy --factor 0.1 --to int16",
                "got is int8; expected int16");
}

TEST_CASE("Where nothing is claimed products of integers have exact sums, and narrower results need their scale") {
  const requantised_files f;
  REQUIRE(run(f.folder, "run gemm --a a.npy:uint8 --b b.npy --accumulate integer:32 --to int32 -o sums.npy -q").code ==
          0);
  const outcome sums = run(f.folder, "check gemm --a a.npy:uint8 --b b.npy --got sums.npy");
  INFO(sums.out << sums.error);
  CHECK(sums.code == 0);
  CHECK_THAT(sums.out, StartsWith("PASS  gemm; claim: no claim was made; assumed: int8"));
  const outcome narrow = run(f.folder, "check gemm --a a.npy:uint8 --b b.npy --got y.npy");
  CHECK(narrow.code == 2);
  CHECK(narrow.error ==
        "assay: y.npy: holds int8, but products of integers are summed in 32 bits; state what the sums were "
        "requantised by, with --factor, or claim an arithmetic.\n");
}
