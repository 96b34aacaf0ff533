// The built program, run as a user runs it.
#include <catch2/catch.hpp>

#include <cmath>

#include <assay/accumulate/accumulator.hpp>
#include <assay/file/npy.hpp>
#include <assay/number/convert.hpp>

#include "program.hpp"

using namespace assay;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

/// a.npy, b.npy (raw bfloat16), c.npy (float32), right.npy and wrong.npy (float32): 20 dot products of length 64.
void write_problem(const scratch_folder& folder) {
  tensor a(element_type::of(bfloat16), {20, 64}), b = a, c(element_type::of(binary32), {20}), right = c, wrong = c;
  std::uint64_t seed = 1;
  const auto next = [&] {
    return static_cast<double>((seed = seed * 6364136223846793005 + 1442695040888963407) >> 40) * 0x1p-23 - 1;
  };
  for (std::size_t i = 0; i < a.size(); ++i) {
    a.set(i, convert(next(), bfloat16).code);
    b.set(i, convert(next(), bfloat16).code);
  }
  for (std::size_t i = 0; i < 20; ++i) c.set(i, convert(next(), binary32).code);
  std::vector<std::uint64_t> x(64), y(64);
  for (std::size_t i = 0; i < 20; ++i) {
    a.view().copy_line(i, x);
    b.view().copy_line(i, y);
    const auto sum_in = [&](format kept) {
      return dot(accumulate::floating{kept}, order::sequential{}, code_vector(x, bfloat16), code_vector(y, bfloat16),
                 encoded{c[i], binary32}, binary32, {})
          .code;
    };
    right.set(i, sum_in(binary32));
    wrong.set(i, sum_in(bfloat16));
  }
  write_npy(folder / "a.npy", a);
  write_npy(folder / "b.npy", b);
  write_npy(folder / "c.npy", c);
  write_npy(folder / "right.npy", right);
  write_npy(folder / "wrong.npy", wrong);
}

const std::string inputs = "check dot --a a.npy:bfloat16 --b b.npy:bfloat16 --c c.npy ";

}  // namespace

TEST_CASE("Every command has help with examples") {
  const scratch_folder folder;
  for (const char* command : {"", "demo", "formats", "convert", "check", "check dot", "run", "run dot", "run gemm",
                              "truth", "diff", "study", "study gemm", "completion"}) {
    INFO(command);
    const outcome o = run(folder, std::string(command) + " --help");
    CHECK(o.code == 0);
    CHECK_THAT(o.out, Contains("Usage: "));
    if (*command != 0) CHECK_THAT(o.out, Contains("Example"));
    CHECK(o.error.empty());
  }
  CHECK_THAT(run(folder, "--version").out, StartsWith("assay "));
}

TEST_CASE("The demonstration passes the right kernel, fails the wrong one, and names its fault") {
  const scratch_folder folder;
  for (const char* seed : {"", " --seed 12345"}) {
    const outcome o = run(folder, std::string("demo") + seed);
    CHECK(o.code == 0);
    CHECK_THAT(o.out, Contains("PASS") && Contains("FAIL") && Contains("sums are kept in fp16"));
    CHECK_THAT(o.out, !Contains("\x1b["));
    CHECK(o.error.empty());
  }
}

TEST_CASE("A right kernel ends in exit code 0, a wrong one in 1") {
  const scratch_folder folder;
  write_problem(folder);
  const outcome right = run(folder, inputs + "--got right.npy --accumulate floating:binary32");
  CHECK(right.code == 0);
  CHECK_THAT(right.out, StartsWith("PASS"));
  const outcome wrong = run(folder, inputs + "--got wrong.npy --accumulate floating:binary32");
  CHECK(wrong.code == 1);
  CHECK_THAT(wrong.out, StartsWith("FAIL") && Contains("kept in bfloat16") && Contains("beyond the bound"));
  CHECK(run(folder, inputs + "--got wrong.npy --accumulate floating:bfloat16 --order sequential --exact").code == 0);
  CHECK(run(folder, inputs + "--got right.npy --accumulate floating:binary32 --order sequential --exact").code == 0);
  CHECK(run(folder, inputs + "--got right.npy --accumulate floating:binary32 --order reversed --exact").code == 1);
  const outcome quiet = run(folder, inputs + "--got wrong.npy -q");
  CHECK(quiet.code == 1);
  CHECK(quiet.out.empty());
}

TEST_CASE("The reproducer of a failure fails alone") {
  const scratch_folder folder;
  write_problem(folder);
  const std::string out = run(folder, inputs + "--got wrong.npy").out;
  const std::string mark = "reproduce: assay ";
  const std::size_t at = out.find(mark);
  REQUIRE(at != std::string::npos);
  const std::string line = out.substr(at + mark.size(), out.find('\n', at) - at - mark.size());
  CHECK_THAT(line, Contains("--only "));
  const outcome again = run(folder, line);
  CHECK(again.code == 1);
  CHECK_THAT(again.out, Contains("results  1: "));
}

TEST_CASE("JSON holds the verdict") {
  const scratch_folder folder;
  write_problem(folder);
  const outcome o = run(folder, inputs + "--got wrong.npy --json");
  CHECK(o.code == 1);
  CHECK_THAT(o.out,
             StartsWith("{") && Contains("\"pass\": false") && Contains("\"histogram\"") && Contains("\"reproduce\""));
  CHECK_THAT(run(folder, "formats e4m3fn --json").out, Contains("\"max\": \"448\""));
}

TEST_CASE("Misspelt names are refused with a hint") {
  const scratch_folder folder;
  write_problem(folder);
  check_refusal(folder, "", "A subcommand is required");
  check_refusal(folder, "chek", "Did you mean check?");
  check_refusal(folder, "check dto", "Did you mean dot?");
  check_refusal(folder, inputs + "--gto right.npy", "Did you mean --got?");
  check_refusal(folder, "formats e4m3fnn", "There is no format 'e4m3fnn'. Did you mean e4m3fn?");
  check_refusal(folder, "convert c.npy -o x.npy --to bfloat61", "Did you mean bfloat16?");
  check_refusal(folder, "convert c.npy -o x.npy --to e5m2 --rounding ties_to_evn", "Did you mean ties_to_even?");
  check_refusal(folder, "convert c.npy:binary23 -o x.npy --to e5m2", "Did you mean binary32?");
  check_refusal(folder, inputs + "--got right.npy --accumulate floatng:binary32", "floating");
  check_refusal(folder, inputs + "--got right.npy --order sideways", "sideways");
}

TEST_CASE("Bad input is refused in one sentence, and no output file appears") {
  const scratch_folder folder;
  write_problem(folder);
  check_refusal(folder, "check dot --a a.npy --b b.npy --got right.npy",
                "a.npy: holds uint16; if these are the raw bits");
  check_refusal(folder, "check dot --a a.npy:bfloat16 --b b.npy:bfloat16", "--got is required");
  check_refusal(folder, inputs + "--got missing.npy", "missing.npy: cannot be opened");
  check_refusal(folder, inputs + "--got a.npy:bfloat16", "has shape (20, 64); expected (20,)");
  check_refusal(folder, inputs + "--got right.npy --only 20", "--only is 20, but there are 20 results");
  const std::string whole = read_all(folder / "c.npy");
  write_all(folder / "cut.npy", whole.substr(0, whole.size() - 3));
  check_refusal(folder, "convert cut.npy -o x.npy --to e5m2", "is truncated");
  check_refusal(folder, "convert c.npy -o 'no such folder/x.npy' --to e5m2", "cannot be created");
  check_refusal(folder, "convert c.npy -o x.npy --to e5m2 --rounding stochastic --random-bits 33", "expected 1 to 32");
  check_refusal(folder, "formats binary32 --codes", "up to 16 bits");
  CHECK(!std::filesystem::exists(folder / "x.npy"));
}

TEST_CASE("Formats are listed, described, and enumerated") {
  const scratch_folder folder;
  const outcome table = run(folder, "formats");
  CHECK(table.code == 0);
  for (const auto& row : named_formats) CHECK_THAT(table.out, Contains(std::string(row.name)));
  const std::string codes = run(folder, "formats e4m3fn --codes").out;
  CHECK_THAT(codes, Contains("0x7e") && Contains("448") && Contains("0x7f"));
  CHECK(std::count(codes.begin(), codes.end(), '\n') > 256);
  CHECK_THAT(run(folder, "formats e6m9b-3").out, Contains("e6m9b-3"));
  CHECK_THAT(run(folder, "formats e8m7b200000").out, Contains("largest"));
}

TEST_CASE("Conversions round once, by the policy asked, into files that read back") {
  const scratch_folder folder;
  tensor x(element_type::of(binary64), {3});
  // The tie above 448; just above half of the smallest e4m3fn subnormal, which float32 would round to the half;
  // overflow.
  const double values[]{464, 0x1.0000000000001p-10, 1e6};
  for (std::size_t i = 0; i < 3; ++i) x.set(i, encode(values[i]).code);
  write_npy(folder / "x y.npy", x);
  const outcome o = run(folder, "convert 'x y.npy' -o y.npy --to fp8_e4m3");
  CHECK(o.code == 0);
  CHECK_THAT(o.out, Contains("3 inexact, 1 underflowed, 1 overflowed"));
  tensor y = read_npy(folder / "y.npy", e4m3fn);
  CHECK(y[0] == 0x7e);
  CHECK(y[1] == 0x01);
  CHECK(y[2] == 0x7f);
  CHECK(run(folder, "convert 'x y.npy' -o y.npy --to e4m3fn --overflow saturate_finite --rounding upward -q")
            .out.empty());
  y = read_npy(folder / "y.npy", e4m3fn);
  CHECK(y[0] == 0x7e);
  CHECK(y[2] == 0x7e);
  CHECK(run(folder, "convert y.npy:e4m3fn -o z.npy --to binary32").code == 0);
  CHECK(to_float(read_npy(folder / "z.npy")[0], binary32) == 448);

  tensor whole(element_type::integer(64, true), {2});
  whole.set(0, static_cast<std::uint64_t>(std::int64_t{-3}));
  whole.set(1, 0x7fffffffffffffff);
  write_npy(folder / "i.npy", whole);
  CHECK(run(folder, "convert i.npy -o f.npy --to binary32").code == 0);
  const tensor f = read_npy(folder / "f.npy");
  CHECK(to_float(f[0], binary32) == -3);
  CHECK(to_float(f[1], binary32) == 0x1p63f);
}

TEST_CASE("Stochastic conversion repeats with its seed and differs with another") {
  const scratch_folder folder;
  tensor x(element_type::of(binary32), {500});
  for (std::size_t i = 0; i < 500; ++i) x.set(i, encode(1.0f + 0.0625f / 3).code);
  write_npy(folder / "x.npy", x);
  const auto bytes = [&](const std::string& seed) {
    CHECK(run(folder, "convert x.npy -o y.npy --to e4m3fn --rounding stochastic --seed " + seed).code == 0);
    return read_all(folder / "y.npy");
  };
  CHECK(bytes("7") == bytes("7"));
  CHECK(bytes("7") != bytes("8"));
  const tensor y = read_npy(folder / "y.npy", e4m3fn);
  std::size_t up = 0;
  for (std::size_t i = 0; i < y.size(); ++i) up += y[i] == 0x39;
  // The distance is a sixth of an ulp; six standard deviations around it.
  CHECK(std::abs(static_cast<double>(up) - 500.0 / 6) < 6 * std::sqrt(500.0 * 5 / 36));
}
