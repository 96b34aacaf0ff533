// What a report says of the terms of a wrong matrix product.
#include <catch2/catch.hpp>

#include <assay/file/tensor_file.hpp>
#include <assay/number/convert.hpp>

#include "program.hpp"

using namespace assay;
using Catch::Matchers::Contains;

namespace {

void write(const scratch_folder& folder, const std::string& name, extents shape, const std::vector<float>& values) {
  tensor t(element_type::of(binary32), shape);
  for (std::size_t i = 0; i < values.size(); ++i) t.set(i, encode(values[i]).code);
  write_tensor(parse_output_reference((folder / name).string()), t);
}

}  // namespace

TEST_CASE("A product's worst element is shown with its ranges, its sum, what cancels, and the largest term") {
  const scratch_folder folder;
  write(folder, "a.npy", {2, 3}, {9, 9, 9, 1, 2, -4});
  write(folder, "b.npy", {3, 2}, {8, 3, 8, 1, 8, 0.5f});
  write(folder, "bt.npy", {2, 3}, {8, 8, 8, 3, 1, 0.5f});
  write(folder, "scale.npy", {2, 1}, {1, 10});
  write(folder, "wrong.npy", {2, 2}, {216, 40.5f, -8, 99});
  write(folder, "wrong_scaled.npy", {2, 2}, {216, 40.5f, -80, 99});
  const outcome o = run(folder, "check gemm --a a.npy --b b.npy --got wrong.npy");
  CHECK(o.code == 1);
  CHECK_THAT(o.out, Contains("of row 1 of a: -4 to 2, column 1 of b: 0.5 to 3\n") &&
                        Contains("sum of 3 products 3, of their magnitudes 7: 2.33 times the sum, which cancels\n") &&
                        Contains("largest product 3 at k = 0\n"));
  CHECK_THAT(o.out, !Contains("b: 6 of binary32"));
  const outcome scaled =
      run(folder, "check gemm --a a.npy --b bt.npy --transpose-b --a-scale scale.npy --got wrong_scaled.npy --json");
  CHECK(scaled.code == 1);
  CHECK_THAT(scaled.out, Contains("row 1 of a: -40 to 20, column 1 of b: 0.5 to 3") &&
                             Contains("sum of 3 products 30, of their magnitudes 70"));
  write(folder, "sums.npy", {2}, {144 + 72, 5});
  write(folder, "x.npy", {2, 3}, {9, 9, 9, 1, 2, 4});
  write(folder, "y.npy", {2, 3}, {8, 8, 8, 3, 1, 0.5f});
  const outcome dot = run(folder, "check dot --a x.npy --b y.npy --got sums.npy");
  CHECK(dot.code == 1);
  CHECK_THAT(dot.out, Contains("sum of 3 products 7, of their magnitudes 7: hardly any cancels"));
}
