// Bulk arithmetic against the scalar operations, which are proved elsewhere: every bit, on every instruction set.
#include <support/budget.hpp>

#include "support.hpp"

using namespace bulk_test;

namespace {

constexpr random_stream stream{77, 5};

enum class operation { add, subtract, multiply, fma };

rounded scalar(operation op, encoded a, encoded b, encoded c, conversion how, std::uint32_t word) {
  switch (op) {
    case operation::add: return add(a, b, a.in, how, word);
    case operation::subtract: return subtract(a, b, a.in, how, word);
    case operation::multiply: return multiply(a, b, a.in, how, word);
    case operation::fma: break;
  }
  return fma(a, b, c, a.in, how, word);
}

template <class Code>
void bulk(operation op, const std::vector<Code>& a, const std::vector<Code>& b, const std::vector<Code>& c,
          std::vector<Code>& out, format f, conversion how) {
  switch (op) {
    case operation::add: return add(a, b, out, f, how, stream);
    case operation::subtract: return subtract(a, b, out, f, how, stream);
    case operation::multiply: return multiply(a, b, out, f, how, stream);
    case operation::fma: return fma(a, b, c, out, f, how, stream);
  }
}

template <class Code>
void require_as_scalar(operation op, const std::vector<Code>& a, const std::vector<Code>& b, const std::vector<Code>& c,
                       format f, conversion how) {
  std::vector<Code> expected(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::uint32_t word = random_word(stream.seed, stream.first + i);
    expected[i] = static_cast<Code>(scalar(op, {a[i], f}, {b[i], f}, {c[i], f}, how, word).code);
  }
  on_every_target([&] {
    std::vector<Code> got(a.size());
    bulk(op, a, b, c, got, f, how);
    mismatches wrong;
    for (std::size_t i = 0; i < a.size(); ++i) {
      wrong.expect(got[i] == expected[i], [&] {
        std::ostringstream text;
        text << std::hex << "operation " << static_cast<int>(op) << " on " << +a[i] << ", " << +b[i] << ", " << +c[i]
             << " gives " << +got[i] << ", expected " << +expected[i];
        return text.str();
      });
    }
    INFO(describe(f, how));
    wrong.require_none();
  });
}

constexpr operation all_operations[] = {operation::add, operation::subtract, operation::multiply, operation::fma};

/// Codes of all kinds: random, near one another in magnitude so that sums cancel, small, special.
template <class Code>
Code biased_code(format f, std::mt19937_64& engine) {
  switch (engine() % 8) {
    case 0: return static_cast<Code>(engine() % 4 | (engine() & f.sign_mask()));
    case 1: return static_cast<Code>((f.max_finite_code() + 3 - engine() % 6) | (engine() & f.sign_mask()));
    case 2: {
      const std::uint64_t one = convert(1.0, f).code;
      return static_cast<Code>((one + engine() % 64 - 32) | (engine() & f.sign_mask()));
    }
    default: return static_cast<Code>(engine());
  }
}

}  // namespace

TEST_CASE("Bulk arithmetic gives the scalar operations' codes: all formats, modes and policies") {
  for (const format f : all_formats()) {
    with_storage(f, [&]<class Code>(Code) {
      std::mt19937_64 engine(11);
      std::vector<Code> a(400), b(a.size()), c(a.size());
      for (std::size_t i = 0; i < a.size(); ++i) {
        a[i] = biased_code<Code>(f, engine);
        b[i] = biased_code<Code>(f, engine);
        c[i] = biased_code<Code>(f, engine);
      }
      for (const conversion how : all_conversions())
        for (const operation op : all_operations) require_as_scalar(op, a, b, c, f, how);
    });
  }
}

TEST_CASE("Bulk arithmetic of the core formats under the default policy survives many random operands") {
  for (const format f : {binary16, bfloat16, e4m3fn, e5m2, e4m3fnuz, tf32, binary32}) {
    with_storage(f, [&]<class Code>(Code) {
      std::mt19937_64 engine(13);
      std::vector<Code> a(test::fewer(30'000)), b(a.size()), c(a.size());
      for (std::size_t i = 0; i < a.size(); ++i) {
        a[i] = biased_code<Code>(f, engine);
        b[i] = biased_code<Code>(f, engine);
        c[i] = biased_code<Code>(f, engine);
        if (i % 3 == 0) c[i] = static_cast<Code>(multiply({a[i], f}, {b[i], f}, f).code ^ f.sign_mask());  // cancels
      }
      for (const operation op : all_operations) require_as_scalar(op, a, b, c, f, {});
    });
  }
}

TEST_CASE("Products of binary32's exponent range that underflow round once") {
  for (const format f : {bfloat16, tf32}) {
    with_storage(f, [&]<class Code>(Code) {
      std::mt19937_64 engine(17);
      std::vector<Code> a(40'000), b(a.size()), c(a.size());
      const int emin = f.min_ulp_exponent() - 3;
      for (std::size_t i = 0; i < a.size(); ++i) {
        const auto fraction = [&] { return engine() & f.fraction_mask(); };
        const int exponent_a = static_cast<int>(engine() % 260) - 134;
        const int exponent_b = emin + static_cast<int>(engine() % 12) - exponent_a;
        a[i] = static_cast<Code>(scalbn({convert(1.0, f).code | fraction(), f}, exponent_a, f).code);
        b[i] = static_cast<Code>(scalbn({convert(1.0, f).code | fraction(), f}, exponent_b, f).code);
        c[i] = static_cast<Code>(engine() % 16 | (engine() & f.sign_mask()));
      }
      require_as_scalar(operation::multiply, a, b, c, f, {});
      require_as_scalar(operation::fma, a, b, c, f, {});
    });
  }
}

TEST_CASE("All pairs of the 8-bit formats add and multiply as the scalar operations do") {
  for (const format f : {e4m3fn, e5m2, e4m3, e4m3fnuz, e5m2fnuz, e2m1fn}) {
    std::vector<std::uint8_t> a, b;
    const unsigned codes = 1U << f.width();
    for (unsigned i = 0; i < codes; ++i) {
      for (unsigned j = 0; j < codes; ++j) {
        a.push_back(static_cast<std::uint8_t>(i));
        b.push_back(static_cast<std::uint8_t>(j));
      }
    }
    for (const operation op : {operation::add, operation::multiply}) require_as_scalar(op, a, b, b, f, {});
  }
}

TEST_CASE("Every product of 8-bit numbers and every sum with it is rounded once") {
  // Binary32 holds each product, but not each sum: of e4m3fn's it rounds only such that a second rounding does not show.
  for (const format f : {e4m3fn, e5m2}) {
    std::vector<std::uint8_t> a(1 << 16), b(a.size()), c(a.size()), got(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      a[i] = static_cast<std::uint8_t>(i);
      b[i] = static_cast<std::uint8_t>(i >> 8);
    }
    mismatches wrong;
    for (unsigned addend = 0; addend < 256; addend += test::stride) {
      c.assign(c.size(), static_cast<std::uint8_t>(addend));
      fma(a, b, c, got, f);
      for (std::size_t i = 0; i < a.size(); i += test::stride) {
        const std::uint64_t expected = fma({a[i], f}, {b[i], f}, {c[i], f}, f).code;
        wrong.expect(got[i] == expected, [&] {
          return std::to_string(a[i]) + " * " + std::to_string(b[i]) + " + " + std::to_string(c[i]) + " gives " +
                 std::to_string(got[i]) + ", expected " + std::to_string(expected);
        });
      }
    }
    wrong.require_none();
  }
}

TEST_CASE("The output of bulk arithmetic may be an input") {
  for (const format f : {binary16, e4m3fn, binary32}) {
    with_storage(f, [&]<class Code>(Code) {
      std::mt19937_64 engine(19);
      std::vector<Code> a(333), b(a.size()), expected(a.size());
      for (Code& code : a) code = biased_code<Code>(f, engine);
      for (Code& code : b) code = biased_code<Code>(f, engine);
      fma(a, b, a, expected, f);
      fma(a, b, a, a, f);
      REQUIRE(a == expected);
    });
  }
}
