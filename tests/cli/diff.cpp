// `assay diff`, as a user runs it.
#include <catch2/catch.hpp>

#include <cmath>

#include <assay/file/npy.hpp>
#include <assay/number/convert.hpp>

#include "program.hpp"

using namespace assay;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

tensor of_values(format f, std::initializer_list<double> values) {
  tensor x(element_type::of(f), {values.size()});
  std::size_t n = 0;
  for (const double v : values) x.set(n++, convert(v, f).code);
  return x;
}

}  // namespace

TEST_CASE("diff counts ulps of the second tensor, and classes apart from numbers") {
  const scratch_folder folder;
  write_npy(folder / "a.npy", of_values(binary16, {1, 1 + 3 * 0x1p-10, 2, NAN, INFINITY, 0.0, NAN, -4}));
  write_npy(folder / "b.npy", of_values(binary16, {1, 1, 2 - 0x1p-10, NAN, 65504, -0.0, 3, 4}));
  const outcome o = run(folder, "diff a.npy b.npy");
  CHECK(o.code == 1);
  // 3 ulps of 1; 1 ulp of the number below 2; twice 4 is 2048 ulps of 4.
  CHECK_THAT(o.out, StartsWith("DIFFERENT  5 of 8 elements apart by more than 0 ulps of binary16; "
                               "the largest distance is 2048"));
  CHECK_THAT(o.out, Contains("1 zeros of unequal signs, 1 NaNs in one only, 1 infinities in one only"));
  CHECK_THAT(o.out, Contains(": 3 apart") && Contains(": 1 apart") && Contains(": of different classes"));
  CHECK_THAT(run(folder, "diff a.npy b.npy --within 3").out, StartsWith("DIFFERENT  3 of 8"));
  CHECK(run(folder, "diff a.npy a.npy").code == 0);
  CHECK_THAT(run(folder, "diff a.npy a.npy").out, StartsWith("SAME  0 of 8") && Contains("8 of equal bits"));
  CHECK(run(folder, "diff a.npy b.npy -q").out.empty());
  CHECK_THAT(run(folder, "diff a.npy b.npy --json").out, Contains("\"beyond\": 5") && Contains("\"same\": false"));
}

TEST_CASE("diff of two formats counts in ulps of the coarser one, or of the one asked for") {
  const scratch_folder folder;
  write_npy(folder / "a.npy", of_values(binary32, {1.0625, 3}));
  write_npy(folder / "b.npy", of_values(e4m3fn, {1, 3}));
  CHECK_THAT(run(folder, "diff a.npy b.npy:e4m3fn").out, Contains("ulps of e4m3fn") && Contains("distance is 0.5"));
  CHECK_THAT(run(folder, "diff a.npy b.npy:e4m3fn --format bfloat16").out,
             Contains("ulps of bfloat16") && Contains("distance is 8"));
  CHECK(run(folder, "diff a.npy b.npy:e4m3fn --within 0.5").code == 0);
}

TEST_CASE("diff of integers counts in units") {
  const scratch_folder folder;
  tensor a(element_type::integer(32, true), {2}), b = a;
  a.set(0, static_cast<std::uint32_t>(-5));
  b.set(0, 2);
  write_npy(folder / "a.npy", a);
  write_npy(folder / "b.npy", b);
  CHECK_THAT(run(folder, "diff a.npy b.npy").out, Contains("-5 and 2: 7 apart"));
  CHECK(run(folder, "diff a.npy b.npy --within 7").code == 0);
}

TEST_CASE("diff refuses what cannot be compared in one sentence") {
  const scratch_folder folder;
  write_npy(folder / "a.npy", of_values(binary32, {1, 2}));
  write_npy(folder / "b.npy", of_values(binary32, {1, 2, 3}));
  write_npy(folder / "i.npy", tensor(element_type::integer(32, true), {2}));
  check_refusal(folder, "diff a.npy", "B is required");
  check_refusal(folder, "diff a.npy b.npy", "a.npy has shape (2,) and b.npy has (3,); expected equal shapes");
  check_refusal(folder, "diff a.npy i.npy", "expected floating-point codes in both, or integers in both");
  check_refusal(folder, "diff i.npy i.npy --format bfloat16", "--format is bfloat16, but the tensors hold integers");
  check_refusal(folder, "diff a.npy a.npy --format bfloat61", "Did you mean bfloat16?");
  check_refusal(folder, "diff a.npy a.npy --within nan", "--within is nan; expected 0 or more");
  check_refusal(folder, "diff a.npy none.npy", "none.npy: cannot be opened");
}
