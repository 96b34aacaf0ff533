// Where the kernels of one instruction set take shortcuts, all of them give the bits of dot(): sums beside which the
// addend is large or small, groups whose numbers lie far apart, products and sums at the ends of the range.
#include <catch2/catch.hpp>

#include <hwy/targets.h>

#include "same_as_dot.hpp"

using namespace gemm_test;

namespace {

/// Runs the body once per instruction set that this machine has.
template <class Body>
void on_every_machine(const Body& body) {
  const std::int64_t all = hwy::SupportedTargets();
  for (std::int64_t rest = all; rest != 0; rest &= rest - 1) {
    const std::int64_t target = rest & -rest;
    hwy::SetSupportedTargetsForTest(target);
    INFO("instruction set " << hwy::TargetName(target));
    body();
  }
  hwy::SetSupportedTargetsForTest(0);
}

/// Whole vectors of columns and some beyond, a last group that is not full.
trial small_trial(const std::string& accumulator, format in, format out) {
  return {.accumulator = accumulator, .a = in, .b = in, .c = out, .has_c = true, .d = out, .m = 5, .n = 69, .k = 21};
}

void set(owned_matrix& x, std::size_t i, std::size_t j, double value) {
  x.set(i, j, convert(value, std::get<format>(x.type)).code);
}

/// gemm() against dot() where A, B and C are given.
int wrong_elements(owned_matrix& a, owned_matrix& b, owned_matrix& c, format out, const std::string& accumulator) {
  owned_matrix d(out, a.rows, b.columns);
  gemm_problem p{.a = a.view(), .b = b.view(), .c = c.view()};
  p.d = d.output();
  p.with = parse_accumulator(accumulator);
  gemm(p);
  int wrong = 0;
  for (std::size_t i = 0; i < a.rows; ++i) {
    for (std::size_t j = 0; j < b.columns; ++j) {
      const encoded addend{c.get(i, j), std::get<format>(c.type)};
      wrong += d.get(i, j) == dot(p.with, p.order, a.line(i, true), b.line(j, false), addend, out).code ? 0 : 1;
    }
  }
  return wrong;
}

}  // namespace

TEST_CASE("A unit's sum is that of dot however large or small its addend is beside the products") {
  on_every_machine([] {
    std::mt19937 random(5);
    std::uint64_t seen = 0;
    for (const char* name :
         {"v100.mma.fp16.fp32", "a100.mma.tf32.fp32", "a100.mma.fp16.fp16", "h100.mma.fp16.fp32",
          "h100.wgmma.e4m3fn.fp32", "h100.mma.e4m3fn.fp16", "cdna1.mfma.fp16.fp32", "cdna1.mfma.bf16.fp32",
          "cdna2.mfma.bf16.fp32", "cdna3.mfma.fp16.fp32", "cdna3.mfma.bf16.fp32", "cdna3.mfma.xf32.fp32",
          "cdna3.mfma.e4m3fnuz.fp32", "cdna3.mfma.e5m2fnuz.fp32"}) {
      const accumulate::matrix_unit row = *accumulate::find_matrix_unit(name);
      for (const numbers kind : {numbers::ordinary, numbers::wide, numbers::cancelling, numbers::whole}) {
        for (const int exponent : {-33, -25, -14, -7, -3, 0, 4, 7, 8, 11, 26, 40}) {
          if (!test::taken(seen++)) continue;
          owned_matrix a(row.input, 5, 21), b(row.input, 21, 69), c(row.output(), 5, 69);
          a.fill(random, kind);
          b.fill(random, kind);
          c.fill(random, kind);
          for (std::size_t i = 0; i < 5; ++i) {
            for (std::size_t j = 0; j < 69; ++j) {
              set(c, i, j, std::ldexp(to_double(c.get(i, j), row.output()), exponent));
            }
          }
          INFO(name << ", numbers " << static_cast<int>(kind) << ", addends times 2^" << exponent);
          CHECK(wrong_elements(a, b, c, row.output(), "unit:" + std::string(name)) == 0);
        }
      }
    }
  });
}

TEST_CASE("A unit's sum is that of dot on hard numbers with every instruction set") {
  on_every_machine([] {
    std::vector<trial> trials;
    for (const accumulate::matrix_unit& row : accumulate::matrix_units) {
      if (row.has_scales() || row.name.starts_with("a30") || row.name.starts_with("a40")) continue;
      trials.push_back(small_trial("unit:" + std::string(row.name), row.input, row.output()));
    }
    expect_same(trials, hard);
  });
}

TEST_CASE("CDNA1's exact groups are those of dot when their products lie far apart") {
  on_every_machine([] {
    for (const format in : {binary16, bfloat16}) {
      const std::string unit = in == binary16 ? "unit:cdna1.mfma.fp16.fp32" : "unit:cdna1.mfma.bf16.fp32";
      std::mt19937 random(7);
      owned_matrix a(in, 6, 22), b(in, 22, 70), c(binary32, 6, 70);
      const int lowest = in == binary16 ? -24 : -38;  // products within 100 places
      const std::uint32_t spread = in == binary16 ? 40 : 42;
      const auto spread_out = [&](owned_matrix& x) {
        for (std::size_t i = 0; i < x.rows; ++i) {
          for (std::size_t j = 0; j < x.columns; ++j) {
            const double sign = random() % 2 == 0 ? 1 : -1,
                         fraction = 1 + (random() % 3 == 0 ? 0 : static_cast<double>(random() % 128) / 128);
            set(x, i, j, sign * std::ldexp(fraction, lowest + static_cast<int>(random() % spread)));
          }
        }
      };
      spread_out(a);
      spread_out(b);
      for (std::size_t i = 0; i < 6; ++i) {
        for (std::size_t j = 0; j < 70; ++j) {
          set(c, i, j,
              std::ldexp(1 + static_cast<double>(random() % 4) * 0x1p-23, static_cast<int>(random() % 60) - 30));
        }
      }
      CHECK(wrong_elements(a, b, c, binary32, unit) == 0);
      // One product, then one that cancels it but for its last bits, then one far below that decides a tie.
      for (std::size_t j = 0; j < 70; ++j) {
        set(b, 1, j, -to_double(b.get(0, j), in));
        for (std::size_t i = 0; i < 6; ++i) a.set(i, 1, a.get(i, 0) ^ (random() % 2));
      }
      CHECK(wrong_elements(a, b, c, binary32, unit) == 0);
    }
  });
}

TEST_CASE("CDNA1's exact groups are -0 only where the addend and all products are") {
  on_every_machine([] {
    owned_matrix a(binary16, 4, 6), b(binary16, 6, 64), c(binary32, 4, 64);
    for (std::size_t i = 0; i < 4; ++i) {
      for (std::size_t k = 0; k < 6; ++k)
        set(a, i, k, i == 0 ? 0.0 : i == 1 ? -0.0 : i == 2 ? 1.0 : k % 2 == 0 ? 1.0 : -1.0);
      for (std::size_t j = 0; j < 64; ++j) set(c, i, j, j % 4 == 0 ? 0.0 : -0.0);
    }
    for (std::size_t k = 0; k < 6; ++k) {
      for (std::size_t j = 0; j < 64; ++j) set(b, k, j, j % 3 == 0 ? -0.0 : j % 3 == 1 ? 0.0 : 2.0);
    }
    CHECK(wrong_elements(a, b, c, binary32, "unit:cdna1.mfma.fp16.fp32") == 0);
  });
}

TEST_CASE("A sum rounded after each operation is that of dot at the ends of the range with every instruction set") {
  on_every_machine([] {
    std::vector<trial> trials;
    for (const char* sum : {"binary16", "bfloat16", "e5m2", "tf32"}) {
      for (const char* multiply : {"", ":rounded"}) {
        for (const format in : {binary16, bfloat16, e5m2, e4m3fn}) {
          const format out = sum == std::string("bfloat16") ? bfloat16 : binary16;
          for (const char* order : {"sequential", "pairwise:4", "blocked:5"}) {
            trials.push_back(small_trial("floating:" + std::string(sum) + multiply, in, out));
            trials.back().order = order;
          }
        }
      }
    }
    expect_same(trials, hard);
  });
}

TEST_CASE("Products of which some are subnormal are rounded as dot does") {
  on_every_machine([] {
    for (const format in : {binary16, bfloat16}) {
      for (const char* multiply : {"", ":rounded"}) {
        std::mt19937 random(11);
        owned_matrix a(in, 8, 40), b(in, 40, 70), c(in, 8, 70);
        // Around the smallest normal number and half of the smallest number.
        const int middle = (in.min_exponent() - 4) / 2;
        const auto fill = [&](owned_matrix& x) {
          for (std::size_t i = 0; i < x.rows; ++i) {
            for (std::size_t j = 0; j < x.columns; ++j) {
              const double fraction = 1 + static_cast<double>(random() % 128) / 128;
              set(x, i, j,
                  (random() % 2 == 0 ? 1 : -1) * std::ldexp(fraction, middle + static_cast<int>(random() % 9) - 4));
            }
          }
        };
        fill(a);
        fill(b);
        CHECK(wrong_elements(a, b, c, in,
                             "floating:" + std::string(in == binary16 ? "binary16" : "bfloat16") + multiply) == 0);
      }
    }
  });
}
