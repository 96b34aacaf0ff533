#include <assay/reference/embedding.hpp>

#include "agreement.hpp"

using namespace assay;

namespace {

tensor indices_of(std::initializer_list<std::int64_t> values, int bits = 64, bool is_signed = true) {
  tensor t(element_type::integer(bits, is_signed), {values.size()});
  std::size_t i = 0;
  for (const std::int64_t v : values) t.set(i++, static_cast<std::uint64_t>(v));
  return t;
}

}  // namespace

TEST_CASE("embedding gives the rows that the indices name, rounded once", "[reference][embedding]") {
  test::tally tally;
  test::random_source random(23);
  for (const auto& output : test::formats_and_modes()) {
    test::numbers draw(random);
    const tensor table = test::tensor_of(binary32, {5, 3}, draw(15));
    const auto all = test::wide_of(table);
    const bool narrow = random.below(2) == 0;
    const tensor indices = indices_of({4, 0, 2, 2}, narrow ? 8 : 32, !narrow);
    std::vector<test::wide> exact;
    for (const std::size_t row : {4U, 0U, 2U, 2U}) exact.insert(exact.end(), &all[3 * row], &all[3 * row] + 3);
    const auto truth =
        reference::embedding(table.view(), indices, {.to = output.first, .how = output.second, .enclosure = true});
    REQUIRE(truth.value.shape() == extents{4, 3});
    test::compare(tally, truth, exact, output.second, "embedding");
  }
  tally.require();
}

TEST_CASE("embedding keeps NaNs, infinities and the signs of zeros", "[reference][embedding]") {
  const tensor table = test::tensor_of(binary32, {2, 3}, std::vector<double>{0, -0.0, 1, NAN, HUGE_VAL, -HUGE_VAL});
  const auto y = reference::embedding(table.view(), indices_of({1, 0}));
  REQUIRE(std::isnan(test::value_of(y, 0)));
  REQUIRE(test::value_of(y, 1) == HUGE_VAL);
  REQUIRE(test::value_of(y, 2) == -HUGE_VAL);
  REQUIRE_FALSE(std::signbit(test::value_of(y, 3)));
  REQUIRE(test::is_negative_zero(test::value_of(y, 4)));
  REQUIRE(y.decided.special == 3);
}

TEST_CASE("embedding names the index that is out of range", "[reference][embedding]") {
  const tensor table = test::tensor_of(binary32, {2, 3}, std::vector<double>(6));
  const auto refuse = [&](const tensor& indices, const char* sentence) {
    REQUIRE_THROWS_WITH(reference::embedding(table.view(), indices), Catch::Contains(sentence));
  };
  refuse(indices_of({0, 1, 2}), "element 2 of indices is 2; expected 0 to 1");
  refuse(indices_of({-1}), "element 0 of indices is -1; expected 0 to 1");
  refuse(indices_of({0, -1}, 8, true), "element 1 of indices is -1");
  refuse(indices_of({255}, 8, false), "element 0 of indices is 255");
  refuse(table, "indices holds binary32; expected integers");
  const tensor none(element_type::of(binary32), {0, 3});
  REQUIRE_THROWS_WITH(reference::embedding(none.view(), indices_of({0})), Catch::Contains("weight has no rows"));
  REQUIRE(reference::embedding(table.view(), indices_of({})).value.shape() == extents{0, 3});
}
