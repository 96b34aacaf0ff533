// Records and names: what is a format, what is not, and what it is called.
#include <support/tally.hpp>

#include <assay/format/formats.hpp>

using namespace assay;

TEST_CASE("A record with fields out of range is no format") {
  CHECK(format{5, 10, 15}.is_valid());
  CHECK_FALSE(format{0, 10, 15}.is_valid());
  CHECK_FALSE(format{-1, 10, 15}.is_valid());
  CHECK_FALSE(format{12, 10, 15}.is_valid());
  CHECK_FALSE(format{5, -1, 15}.is_valid());
  CHECK_FALSE(format{5, 53, 15}.is_valid());
  CHECK(format{11, 52, 1023}.is_valid());
  CHECK(format{5, 10, format::max_bias}.is_valid());
  CHECK(format{5, 10, -format::max_bias}.is_valid());
  CHECK_FALSE(format{5, 10, format::max_bias + 1}.is_valid());
  CHECK_FALSE(format{5, 10, -format::max_bias - 1}.is_valid());
  CHECK_FALSE(format{8, 1, 127, encoding::fnu}.is_valid());
  CHECK(format{8, 0, 127, encoding::fnu}.is_valid());
}

TEST_CASE("A record without a number besides zero is no format") {
  CHECK_FALSE(format{1, 0, 0, encoding::ieee}.is_valid());  // codes: 0, infinity
  CHECK_FALSE(format{1, 0, 0, encoding::fn}.is_valid());    // codes: 0, NaN
  CHECK(format{1, 0, 0, encoding::fnuz}.is_valid());
  CHECK(format{1, 0, 0, encoding::finite}.is_valid());
  CHECK(format{1, 1, 0, encoding::ieee}.is_valid());
  CHECK(format{1, 1, 0, encoding::fn}.is_valid());
}

TEST_CASE("Every format has one name, found by it and by its aliases") {
  CHECK(named_formats.size() == 16);
  for (const named_format& row : named_formats) {
    INFO(row.name);
    CHECK(find_named_format(row.name) == row.value);
    CHECK(name_of(row.value) == row.name);
    CHECK(row.value.is_valid());
    CHECK_FALSE(row.summary.empty());
  }
  for (const format_alias& alias : format_aliases) {
    INFO(alias.name);
    CHECK(find_named_format(alias.name) == find_named_format(alias.means));
    CHECK(find_named_format(alias.name).has_value());
  }
  CHECK(find_named_format("fp8_e4m3") == e4m3fn);
  CHECK(find_named_format("bf16") == bfloat16);
  CHECK_FALSE(find_named_format("").has_value());
  CHECK_FALSE(find_named_format("FP16").has_value());
  CHECK_FALSE(find_named_format("e4m3fnx").has_value());
  CHECK(name_of(format{6, 9, 31}).empty());
  CHECK(name_of(format{4, 3, 7, encoding::finite}).empty());
}

TEST_CASE("A code is stored in the least unsigned integer that holds it") {
  STATIC_REQUIRE(sizeof(storage_of<e2m1fn>) == 1);
  STATIC_REQUIRE(sizeof(storage_of<e5m2>) == 1);
  STATIC_REQUIRE(sizeof(storage_of<binary16>) == 2);
  STATIC_REQUIRE(sizeof(storage_of<tf32>) == 4);
  STATIC_REQUIRE(sizeof(storage_of<binary64>) == 8);
  for (const named_format& row : named_formats) {
    CHECK(8 * storage_bytes(row.value) >= row.value.width());
    CHECK((storage_bytes(row.value) == 1 || 4 * storage_bytes(row.value) < row.value.width()));
  }
}
