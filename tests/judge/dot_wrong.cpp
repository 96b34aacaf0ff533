// Wrong dot products fail, the diagnosis names what is wrong with them, and the known holes are closed.
#include <catch2/catch.hpp>

#include <cmath>

#include "dot_batch.hpp"

using namespace assay;
using Catch::Matchers::Contains;

namespace {

constexpr const char* fp32_claim = "accumulate=floating:binary32 order=any to=binary32";

const test::dot_kernel fp32_kernel = test::kernel_of(accumulate::floating{binary32}, order::sequential{}, binary32);

test::batch ordinary_batch(format in, format out, std::size_t rows = 60, std::size_t k = 128) {
  std::mt19937_64 random(7);
  test::batch batch(in, in, binary32, out, rows, k);
  batch.fill(random, test::data::ordinary);
  return batch;
}

}  // namespace

TEST_CASE("A bfloat16 accumulator is not an fp32 one, and the diagnosis says so") {
  test::batch batch = ordinary_batch(bfloat16, bfloat16);
  batch.compute(test::kernel_of(accumulate::floating{bfloat16}, order::sequential{}, bfloat16));
  const verdict v = batch.judged("accumulate=floating:binary32 order=any to=bfloat16");
  CHECK(!v.pass);
  CHECK(v.bound_failures > 0);
  CHECK(v.largest_share > 1);
  REQUIRE(!v.diagnosis.empty());
  CHECK_THAT(v.diagnosis[0].explanation, Contains("sums are kept in bfloat16"));
  CHECK(v.diagnosis[0].bit_for_bit);
  CHECK(v.diagnosis[0].failing_explained == v.diagnosis[0].failing);
}

TEST_CASE("Missing products are found and counted, whatever the order of the sum", "[slow]") {
  // The judge emulates sums in sequence and in 32 lanes; of others it knows their bounds.
  for (const summation_order& in : {summation_order(order::lanes{32}), summation_order(order::pairwise{}),
                                    summation_order(order::permuted{5}), summation_order(order::split_k{3})}) {
    for (const std::size_t missing : {std::size_t{1}, std::size_t{8}, std::size_t{16}}) {
      test::batch batch = ordinary_batch(binary16, binary32);
      const test::dot_kernel honest = test::kernel_of(accumulate::floating{binary32}, in, binary32);
      batch.compute([&](test::dot_row row) {
        row.a = row.a.first(row.a.size() - missing);
        row.b = row.b.first(row.b.size() - missing);
        return honest(row);
      });
      const verdict v = batch.judged(fp32_claim);
      INFO(to_string(in) << ", " << missing << " missing: " << summary(v));
      CHECK(!v.pass);
      REQUIRE(!v.diagnosis.empty());
      CHECK_THAT(v.diagnosis[0].explanation,
                 Contains(missing == 1 ? "the last product of each sum is missing"
                                       : "the last " + std::to_string(missing) + " products of each sum are missing"));
      CHECK(v.diagnosis[0].failing_explained == v.diagnosis[0].failing);
      CHECK(v.diagnosis[0].bit_for_bit == std::holds_alternative<order::lanes>(in));
    }
  }
}

TEST_CASE("A forgotten addend and an unwritten output are named", "[slow]") {
  test::batch batch = ordinary_batch(binary16, binary32);
  batch.compute([&](test::dot_row row) {
    row.c = 0;
    return fp32_kernel(row);
  });
  verdict v = batch.judged(fp32_claim);
  CHECK(!v.pass);
  REQUIRE(!v.diagnosis.empty());
  CHECK(v.diagnosis[0].explanation == "c is not added");
  CHECK(v.diagnosis[0].bit_for_bit);

  batch.compute([](const test::dot_row&) { return std::uint64_t{0}; });
  v = batch.judged(fp32_claim);
  CHECK(!v.pass);
  REQUIRE(!v.diagnosis.empty());
  CHECK(v.diagnosis[0].explanation == "elements were not written: they are zero");
}

TEST_CASE("A matrix unit that poses as a sequential sum is recognised") {
  test::batch batch = ordinary_batch(binary16, binary32, 60, 32);
  batch.compute(test::kernel_of(parse_accumulator("unit:a100.mma.fp16.fp32"), order::sequential{}, binary32));
  const verdict v = batch.judged("accumulate=floating:binary32 order=sequential to=binary32");
  CHECK(!v.pass);
  REQUIRE(!v.diagnosis.empty());
  CHECK_THAT(v.diagnosis[0].explanation, Contains("matrix unit") && Contains("a100.mma.fp16.fp32"));
  CHECK(v.diagnosis[0].failing_explained == v.diagnosis[0].failing);
}

TEST_CASE("One wrong element among many is found") {
  test::batch batch = ordinary_batch(binary16, binary32, 500, 16);
  batch.compute(fp32_kernel);
  batch.got.set(321, batch.got[321] ^ 0x4000);  // a middle bit of the fraction
  const verdict v = batch.judged(fp32_claim);
  CHECK(!v.pass);
  CHECK(v.bound_failures == 1);
  REQUIRE(v.worst.size() == 1);
  CHECK(v.worst[0].index == 321);
}

TEST_CASE("NaN results never pass for numbers, nor numbers for NaN") {
  test::batch batch = ordinary_batch(binary16, binary32, 3, 8);
  batch.compute(fp32_kernel);
  const std::uint64_t good = batch.got[1];
  for (const std::uint64_t nan : {0x7fc00000u, 0x7fffffffu, 0xffc00000u, 0x7f800001u}) {
    batch.got.set(1, nan);
    for (const char* claim :
         {fp32_claim, "accumulate=exact to=binary32", "accumulate=floating:binary32 order=sequential to=binary32"}) {
      const verdict v = batch.judged(claim, {.diagnose = false});
      CHECK(!v.pass);
      CHECK(v.class_failures == 1);
      REQUIRE(!v.worst.empty());
      CHECK(v.worst[0].what == finding::nan_for_a_number);
    }
  }
  batch.got.set(1, good);
  batch.a.set(8, 0x7e00);  // a NaN enters row 1
  const verdict v = batch.judged(fp32_claim, {.diagnose = false});
  CHECK(v.worst.at(0).what == finding::number_for_a_nan);
  batch.got.set(1, 0xffffffff);  // any NaN is one
  CHECK(batch.judged(fp32_claim).pass);
}

TEST_CASE("Infinity never passes for a number, nor the reverse, nor one of the wrong sign") {
  test::batch batch = ordinary_batch(binary16, binary32, 2, 8);
  batch.compute(fp32_kernel);
  const auto found = [&](std::uint64_t got) {
    batch.got.set(0, got);
    const verdict v = batch.judged(fp32_claim, {.diagnose = false});
    CHECK(v.pass == v.worst.empty());
    return v.pass ? finding::fine : v.worst[0].what;
  };
  CHECK(found(0x7f800000) == finding::infinity_for_a_number);
  CHECK(found(0xff800000) == finding::infinity_for_a_number);
  batch.a.set(0, 0x7c00);
  batch.b.set(0, 0x3c00);
  CHECK(found(0x7f800000) == finding::fine);
  CHECK(found(0xff800000) == finding::infinity_of_wrong_sign);
  CHECK(found(0x7f7fffff) == finding::number_for_an_infinity);
  CHECK(found(0x7fc00000) == finding::nan_for_a_number);
}

TEST_CASE("Half-precision overflow does not hide: 60000 is not 10000, nor infinity") {
  test::batch batch(binary16, binary16, binary32, binary16, 1, 1);
  batch.a.set(0, convert(100.0, binary16).code);
  batch.b.set(0, convert(100.0, binary16).code);
  constexpr const char* claim = "accumulate=floating:binary32 order=any to=binary16";
  batch.got.set(0, convert(10000.0, binary16).code);
  CHECK(batch.judged(claim).pass);
  for (const double wrong : {60000.0, 10008.0, 9992.0, -10000.0, 65504.0}) {
    batch.got.set(0, convert(wrong, binary16).code);
    CHECK(!batch.judged(claim).pass);
  }
  batch.got.set(0, binary16.infinity_code());
  CHECK(!batch.judged(claim).pass);
}

TEST_CASE("Twice the truth, a shifted row and zeroed rows fail") {
  test::batch batch = ordinary_batch(binary16, binary32, 256, 64);
  batch.compute(fp32_kernel);
  REQUIRE(batch.judged(fp32_claim).pass);
  const tensor good = batch.got;
  for (std::size_t i = 0; i < 256; ++i) batch.got.set(i, good[i] + 0x800000);
  CHECK(batch.judged(fp32_claim, {.diagnose = false}).bound_failures > 250);
  for (std::size_t i = 0; i < 256; ++i) batch.got.set(i, good[(i + 1) % 256]);
  CHECK(batch.judged(fp32_claim, {.diagnose = false}).bound_failures > 250);
  batch.got = good;
  for (std::size_t i = 40; i < 48; ++i) batch.got.set(i, 0);
  const verdict v = batch.judged(fp32_claim);
  CHECK(v.bound_failures == 8);
  REQUIRE(!v.diagnosis.empty());
  CHECK_THAT(v.diagnosis[0].explanation, Contains("zero"));
}

TEST_CASE("Saturation is demanded where it is claimed, and refused where it is not") {
  test::batch batch(e4m3fn, e4m3fn, binary32, e5m2, 1, 4);
  for (std::size_t i = 0; i < 4; ++i) {
    batch.a.set(i, e4m3fn.max_finite_code());
    batch.b.set(i, e4m3fn.max_finite_code());
  }
  constexpr const char* plain = "accumulate=floating:binary32 order=any to=e5m2";
  constexpr const char* saturating = "accumulate=floating:binary32 order=any to=e5m2:saturate_finite";
  batch.got.set(0, e5m2.infinity_code());
  CHECK(batch.judged(plain).pass);
  CHECK(batch.judged(saturating).worst.at(0).what == finding::not_saturated);
  batch.got.set(0, e5m2.max_finite_code());
  CHECK(!batch.judged(plain).pass);
  CHECK(batch.judged(saturating).pass);
  batch.got.set(0, e5m2.max_finite_code() - 1);
  CHECK(!batch.judged(saturating).pass);
  batch.got.set(0, e5m2.max_finite_code() | e5m2.sign_mask());
  CHECK(!batch.judged(saturating).pass);
}

TEST_CASE("An accumulator that may overflow is allowed to, and no other") {
  // 4 products of 60000 leave binary16, and their exact sum is small again.
  test::batch batch(binary16, binary16, binary32, binary32, 1, 8);
  for (std::size_t i = 0; i < 8; ++i) {
    batch.a.set(i, convert(i < 4 ? 60000.0 : -60000.0, binary16).code);
    batch.b.set(i, convert(1.0, binary16).code);
  }
  batch.got.set(0, 0x7f800000);
  CHECK(!batch.judged(fp32_claim).pass);
  const verdict v = batch.judged("accumulate=floating:binary16 order=any to=binary32");
  CHECK(v.pass);
  CHECK(v.overflow_allowed == 1);
}

TEST_CASE("Shapes and formats that do not fit are refused in words") {
  const test::batch batch = ordinary_batch(binary16, binary32, 4, 8), other = ordinary_batch(binary16, binary32, 5, 8);
  const auto refusal = [](const tensor& a, const tensor& b, const tensor& c, const tensor& got, const char* claim) {
    kernel_call call("dot");
    call.set_input("a", a);
    call.set_input("b", b);
    call.set_input("c", c);
    try {
      judge(call, std::span(&got, 1), parse_claim("dot", claim));
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  const test::batch& good = batch;
  CHECK_THAT(refusal(good.a, other.b, good.c, good.got, fp32_claim),
             Contains("b has shape (5, 8); expected 4 along axis 0, for a of shape (4, 8)"));
  CHECK_THAT(refusal(good.a, good.b, other.c, good.got, fp32_claim),
             Contains("c has shape (5,); expected 4 along axis 0, for a of shape (4, 8)"));
  CHECK_THAT(refusal(good.a, good.b, good.c, other.got, fp32_claim),
             Contains("got's y has shape (5,); expected 4 along axis 0, for a of shape (4, 8)"));
  CHECK_THAT(refusal(good.a, good.b, good.c, good.got, "accumulate=floating:binary32 order=any to=binary16"),
             Contains("got is binary32; expected binary16"));
}

TEST_CASE("No rows and no products are judged too") {
  const verdict empty = test::batch(binary16, binary16, binary32, binary32, 0, 4).judged(fp32_claim);
  CHECK(empty.pass);
  CHECK(empty.elements == 0);
  test::batch only_c(binary16, binary16, binary32, binary32, 2, 0);
  only_c.c.set(1, 0x3f800000);
  only_c.got.set(1, 0x3f800000);
  CHECK(only_c.judged(fp32_claim).pass);
  only_c.got.set(0, 1);
  CHECK(!only_c.judged(fp32_claim).pass);
}

TEST_CASE("Every result falls into one bucket of the histogram, by its distance") {
  CHECK(ulp_histogram::bucket_of(0) == 0);
  CHECK(ulp_histogram::bucket_of(0.5) == 1);
  CHECK(ulp_histogram::bucket_of(0.51) == 2);
  CHECK(ulp_histogram::bucket_of(1) == 2);
  CHECK(ulp_histogram::bucket_of(1.01) == 3);
  CHECK(ulp_histogram::bucket_of(1e300) == ulp_histogram::beyond);
  CHECK(ulp_histogram::bucket_of(std::nan("")) == ulp_histogram::other_class);
  CHECK(ulp_histogram::label(3) == "<= 2");
  CHECK(ulp_histogram::label(ulp_histogram::beyond) == "> 536870912");
}
