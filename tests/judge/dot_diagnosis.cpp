// The diagnosis names what a wrong dot product does: every accumulator, end and store that is often taken by mistake.
#include <catch2/catch.hpp>

#include "dot_batch.hpp"

using namespace assay;

namespace {

test::batch diagnosed_batch(format in, format out, std::size_t k, test::data how = test::data::ordinary,
                            format c = binary32) {
  std::mt19937_64 random(7);
  test::batch batch(in, in, c, out, 60, k);
  batch.fill(random, how);
  return batch;
}

test::dot_kernel kernel_named(const char* accumulator, format out) {
  return test::kernel_of(parse_accumulator(accumulator), order::sequential{}, out);
}

/// It fails, and the first explanation is the one that gives all failing elements bit for bit.
void check_named(const test::batch& batch, const std::string& claim, const std::string& explanation) {
  const verdict v = batch.judged(claim);
  INFO(summary(v));
  CHECK(!v.pass);
  REQUIRE(!v.diagnosis.empty());
  CHECK(v.diagnosis[0].explanation == explanation);
  CHECK(v.diagnosis[0].bit_for_bit);
  CHECK(v.diagnosis[0].failing_explained == v.diagnosis[0].failing);
  CHECK(v.diagnosis[0].others_explained == v.diagnosis[0].others);
}

const char* const any_fp32 = "accumulate=floating:binary32 order=any to=binary32";

}  // namespace

TEST_CASE("Sums in another accumulator are named after it", "[slow]") {
  struct row {
    const char *computed, *claimed, *explanation;
  };
  const row rows[]{
      {"floating:bfloat16", any_fp32, "sums are kept in bfloat16"},
      {"floating:bfloat16:rounded", any_fp32, "sums are kept in bfloat16, products rounded first"},
      {"floating:bfloat16:toward_zero", any_fp32, "sums are kept in bfloat16, truncated"},
      {"floating:binary16", any_fp32, "sums are kept in fp16"},
      {"floating:binary16:toward_zero", any_fp32, "sums are kept in fp16, truncated"},
      {"floating:tf32", any_fp32, "sums are kept in fp16"},  // the same digits, and no sum leaves fp16's range
      {"floating:binary32:toward_zero", any_fp32, "sums in fp32 are truncated instead of rounded"},
      {"floating:binary32", "accumulate=floating:binary64 order=any to=binary32",
       "sums are kept in fp32, rounded to nearest"},
      {"exact", "accumulate=floating:binary32 order=sequential to=binary32", "sums are exact"},
  };
  test::batch batch = diagnosed_batch(binary16, binary32, 128);
  for (const row& r : rows) {
    INFO(r.computed);
    batch.compute(kernel_named(r.computed, binary32));
    check_named(batch, r.claimed, r.explanation);
  }
  test::batch wide = diagnosed_batch(binary32, binary32, 128);
  wide.compute(kernel_named("floating:binary32:rounded", binary32));
  check_named(wide, "accumulate=floating:binary32 order=sequential to=binary32",
              "sums are kept in fp32, products rounded first");
  constexpr format e6m9{6, 9, 31};
  test::batch own = diagnosed_batch(e4m3fn, e6m9, 40);
  own.compute(kernel_named("floating:e6m9", e6m9));
  check_named(own, "accumulate=floating:binary32 order=any to=e6m9", "sums are kept in the format of the results");
}

TEST_CASE("What loops leave out at either end is counted: powers of two, and what tiles leave of the length",
          "[slow]") {
  struct row {
    std::size_t length, missing;
  };
  for (const row r : {row{100, 36}, row{100, 4}, row{130, 2}, row{75, 11}, row{75, 3}, row{128, 64}, row{12, 4}}) {
    for (const bool first : {false, true}) {
      test::batch batch = diagnosed_batch(binary16, binary32, r.length);
      const test::dot_kernel kernel = kernel_named("floating:binary32", binary32);
      batch.compute([&](test::dot_row row) {
        row.a = first ? row.a.subspan(r.missing) : row.a.first(r.length - r.missing);
        row.b = first ? row.b.subspan(r.missing) : row.b.first(r.length - r.missing);
        return kernel(row);
      });
      check_named(batch, any_fp32,
                  std::string(first ? "the first " : "the last ") + std::to_string(r.missing) +
                      " products of each sum are missing");
    }
  }
}

TEST_CASE("An addend that is subtracted, and results that are nothing else, are named", "[slow]") {
  test::batch batch = diagnosed_batch(binary16, binary32, 128);
  batch.compute([](const test::dot_row& row) { return row.c; });
  check_named(batch, any_fp32, "no product is added: the results are what the sums start from");
  const test::dot_kernel kernel = kernel_named("floating:binary32", binary32);
  batch.compute([&](test::dot_row row) {
    row.c ^= binary32.sign_mask();
    return kernel(row);
  });
  check_named(batch, any_fp32, "c is subtracted");
}

TEST_CASE("Sums that flush subnormal numbers are named, as they flush what is added or what comes out") {
  test::batch batch = diagnosed_batch(binary16, binary16, 32, test::data::small, binary16);
  for (std::size_t i = 0; i < batch.b.size(); ++i) batch.b.set(i, convert(1.0, binary16).code);
  const char* claim = "accumulate=floating:binary16 order=any to=binary16";
  batch.compute(kernel_named("floating:binary16:flush_both", binary16));
  check_named(batch, claim, "subnormal numbers are flushed to zero in every operation");
  batch.compute(kernel_named("floating:binary16:flush_outputs", binary16));
  check_named(batch, claim, "sums that are subnormal are flushed to zero");
}

TEST_CASE("Stores that truncate or round twice, through binary32, too, are named") {
  test::batch batch = diagnosed_batch(binary16, bfloat16, 128);
  batch.compute(
      test::kernel_of(accumulate::floating{binary32}, order::sequential{}, bfloat16, {rounding::toward_zero}));
  check_named(batch, "accumulate=floating:binary32 order=any to=bfloat16",
              "results are truncated when they are stored");
  // Sums next to a tie of the output, so near that binary32 takes them for one: above an even number, below an odd one.
  test::batch ties(binary16, binary16, binary32, binary16, 40, 3);
  for (std::size_t i = 0; i < 40; ++i) {
    const bool is_even = i % 2 == 0;
    const double sign = i < 20 ? 1 : -1, a[]{is_even ? 1 : 1 + 0x1p-10, 0x1p-11, is_even ? 0x1p-14 : -0x1p-14};
    const double b[]{1, 1, 0x1p-16};
    for (std::size_t k = 0; k < 3; ++k) {
      ties.a.set(3 * i + k, convert(sign * a[k], binary16).code);
      ties.b.set(3 * i + k, convert(b[k], binary16).code);
    }
  }
  const test::dot_kernel sums = kernel_named("floating:binary64", binary32);
  ties.compute([&](const test::dot_row& row) { return convert(encoded{sums(row), binary32}, binary16).code; });
  const char* claim = "accumulate=floating:binary64 order=any to=binary16";
  check_named(ties, claim, "results are rounded twice: to binary32, then to the output");
  ties.compute(kernel_named("floating:binary64", binary16));
  CHECK(ties.judged(claim).pass);
}
