// Bulk conversions against the scalar core, which is proved elsewhere: every bit, on every instruction set.
#include "support.hpp"

using namespace bulk_test;

namespace {

constexpr random_stream stream{0x123456789ABCDEF0, 12345};

std::uint32_t word(std::size_t i) { return random_word(stream.seed, stream.first + i); }

template <class Float>
void require_encodes_as_scalar(format f, const std::vector<Float>& inputs, conversion how) {
  with_storage(f, [&]<class Code>(Code) {
    std::vector<std::uint64_t> expected(inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) expected[i] = convert(inputs[i], f, how, word(i)).code;
    on_every_target([&] {
      std::vector<Code> got(inputs.size());
      convert(inputs, got, f, how, stream);
      mismatches wrong;
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        wrong.expect(got[i] == expected[i], [&] {
          std::ostringstream text;
          text << std::hexfloat << inputs[i] << std::hex << " (" << encode(inputs[i]).code << ") gives " << +got[i]
               << ", expected " << expected[i];
          return text.str();
        });
      }
      INFO(describe(f, how));
      wrong.require_none();
    });
  });
}

template <class Float>
void require_decodes_as_scalar(format f, conversion how) {
  constexpr format native = sizeof(Float) == 4 ? binary32 : binary64;
  using bits = std::conditional_t<sizeof(Float) == 4, std::uint32_t, std::uint64_t>;
  with_storage(f, [&]<class Code>(Code) {
    std::mt19937_64 engine(7);
    std::vector<Code> codes;
    const std::uint64_t all = f.width() <= 10 ? std::uint64_t{1} << f.width() : 600;
    for (std::uint64_t i = 0; i < all; ++i) {
      const std::uint64_t special = (engine() & 1 ? f.sign_mask() : 0) | (f.max_finite_code() - 20 + i % 40);
      codes.push_back(static_cast<Code>(f.width() <= 10 ? i : i < 200 ? special : i < 300 ? i - 200 : engine()));
    }
    std::vector<bits> expected;
    for (std::size_t i = 0; i < codes.size(); ++i)
      expected.push_back(static_cast<bits>(convert(encoded{codes[i], f}, native, how, word(i)).code));
    on_every_target([&] {
      std::vector<Float> got(codes.size());
      convert(codes, got, f, how, stream);
      mismatches wrong;
      for (std::size_t i = 0; i < codes.size(); ++i) {
        const auto got_bits = std::bit_cast<bits>(got[i]);
        wrong.expect(got_bits == expected[i], [&] {
          std::ostringstream text;
          text << std::hex << "code " << +codes[i] << " gives " << got_bits << ", expected " << expected[i];
          return text.str();
        });
      }
      INFO(describe(f, how));
      wrong.require_none();
    });
  });
}

}  // namespace

TEST_CASE("Bulk conversion of floats gives the scalar conversion's codes: all formats, modes and policies") {
  for (const format f : all_formats()) {
    const auto inputs = biased_inputs<float>(f, 100, 1);
    for (const conversion how : all_conversions()) require_encodes_as_scalar(f, inputs, how);
  }
}

TEST_CASE("Bulk conversion of doubles gives the scalar conversion's codes: all formats, modes and policies") {
  for (const format f : all_formats()) {
    const auto inputs = biased_inputs<double>(f, 50, 2);
    for (const conversion how : all_conversions()) require_encodes_as_scalar(f, inputs, how);
  }
}

TEST_CASE("Bulk conversion of codes gives the scalar conversion's floats and doubles") {
  for (const format f : all_formats()) {
    for (const conversion how : all_conversions()) {
      require_decodes_as_scalar<float>(f, how);
      require_decodes_as_scalar<double>(f, how);
    }
  }
}

TEST_CASE("Bulk conversion between formats rounds once") {
  const auto& formats = all_formats();
  const auto conversions = all_conversions();
  std::size_t turn = 0;
  for (const format from : formats) {
    for (const format to : formats) {
      // Every pair with three of the policies, all policies over the pairs.
      for (int i = 0; i < 3; ++i) {
        const conversion how = conversions[turn++ % conversions.size()];
        with_storage(from, [&]<class From>(From) {
          with_storage(to, [&]<class To>(To) {
            std::mt19937_64 engine(turn);
            std::vector<From> codes(test::is_sanitized ? 70 : 150);
            for (From& code : codes) code = static_cast<From>(engine());
            std::vector<std::uint64_t> expected;
            for (std::size_t k = 0; k < codes.size(); ++k)
              expected.push_back(convert(encoded{codes[k], from}, to, how, word(k)).code);
            on_every_target([&] {
              std::vector<To> got(codes.size());
              convert(codes, from, got, to, how, stream);
              mismatches wrong;
              for (std::size_t k = 0; k < codes.size(); ++k) {
                wrong.expect(got[k] == expected[k], [&] {
                  std::ostringstream text;
                  text << std::hex << "code " << +codes[k] << " gives " << +got[k] << ", expected " << expected[k];
                  return text.str();
                });
              }
              INFO(describe(from, how) << " to " << describe(to, how));
              wrong.require_none();
            });
          });
        });
      }
    }
  }
}

TEST_CASE("Every length and alignment gives the same codes and touches nothing else") {
  std::mt19937_64 engine(3);
  std::vector<float> inputs(300);
  for (float& x : inputs) x = static_cast<float>(static_cast<std::int64_t>(engine())) * 0x1p-60F;
  for (const conversion how : {conversion{}, conversion{rounding::upward},
                               conversion{rounding::stochastic, overflow::ieee, subnormals::keep, 10}}) {
    for (const format f : {binary16, bfloat16, e4m3fn, e5m2, tf32}) {
      with_storage(f, [&]<class Code>(Code) {
        on_every_target([&] {
          mismatches wrong;
          for (std::size_t offset = 0; offset < 5; ++offset) {
            for (std::size_t n = 0; n <= 70; ++n) {
              constexpr Code guard = 0xA5;
              std::vector<Code> got(n + offset + 100, guard);
              const random_stream from{9, 1000 * n + offset};
              convert(std::span(inputs).subspan(offset, n), std::span(got).subspan(offset, n), f, how, from);
              for (std::size_t i = 0; i < got.size(); ++i) {
                const bool inside = i >= offset && i < offset + n;
                const std::uint64_t expected =
                    inside ? convert(inputs[i], f, how, random_word(9, from.first + i - offset)).code : guard;
                wrong.expect(got[i] == expected, [&] { return "element " + std::to_string(i); });
              }
              std::vector<float> back(n + 100, 42.0F);
              convert(std::span(got).subspan(offset, n), std::span(back).subspan(0, n), f);
              for (std::size_t i = 0; i < back.size(); ++i) {
                const float expected = i < n ? to_float(got[offset + i], f) : 42.0F;
                wrong.expect(back[i] == expected, [&] { return "element " + std::to_string(i) + " back"; });
              }
            }
          }
          wrong.require_none();
        });
      });
    }
  }
}

TEST_CASE("Conversion in place is exact where elements have the same size") {
  std::vector<float> inputs = biased_inputs<float>(tf32, 100, 5);
  std::vector<std::uint32_t> expected(inputs.size());
  convert(inputs, expected, tf32);
  // A number of binary32 is a float's bits.
  std::vector<std::uint32_t> in_place(inputs.size());
  convert(inputs, in_place, binary32);
  convert(in_place, binary32, in_place, tf32);
  REQUIRE(in_place == expected);
}

TEST_CASE("A stochastic conversion in chunks gives the bits of one in one go") {
  std::vector<float> inputs(5000);
  for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i] = std::sin(static_cast<float>(i));
  const conversion how{rounding::stochastic, overflow::ieee, subnormals::keep, 16};
  std::vector<std::uint8_t> whole(inputs.size()), pieces(inputs.size());
  convert(inputs, whole, e4m3fn, how, {42, 7});
  for (std::size_t i = 0, step = 1; i < inputs.size(); i += step, step = step % 97 + 13) {
    const std::size_t n = std::min(step, inputs.size() - i);
    convert(std::span(inputs).subspan(i, n), std::span(pieces).subspan(i, n), e4m3fn, how, {42, 7 + i});
  }
  REQUIRE(pieces == whole);
}

TEST_CASE("A call too large for the caches gives the codes of its parts, at any alignment") {
  constexpr std::size_t n = (48 << 20) / 5 + 5000, offset = 3;
  std::vector<float> inputs(n);
  for (std::size_t i = 0; i < n; ++i) inputs[i] = i < 1000 ? std::sin(static_cast<float>(i)) : inputs[i - 999];
  std::vector<std::uint8_t> whole(n + offset, 0xA5), part(70'000);
  convert(inputs, std::span(whole).subspan(offset), e4m3fn);
  std::vector<float> back(n);
  convert(std::span(whole).subspan(offset), back, e4m3fn);
  mismatches wrong;
  for (std::size_t i = 0; i < n; i += part.size()) {
    const std::size_t now = std::min(part.size(), n - i);
    convert(std::span(inputs).subspan(i, now), std::span(part).subspan(0, now), e4m3fn);
    for (std::size_t k = 0; k < now; ++k) {
      const bool agrees = whole[offset + i + k] == part[k] && back[i + k] == to_float(part[k], e4m3fn);
      wrong.expect(agrees, [&] { return "element " + std::to_string(i + k); });
    }
  }
  wrong.require_none();
  REQUIRE(whole[offset - 1] == 0xA5);
}

TEST_CASE("Numbers are codes") {
  const std::vector<float> inputs{1.0F, 2.5F, -448.0F};
  std::vector<number<e4m3fn>> numbers(3);
  convert(inputs, numbers, e4m3fn);
  REQUIRE(numbers[2].bits() == 0xFE);
  std::vector<float> back(3);
  convert(numbers, back, e4m3fn);
  REQUIRE(back == inputs);
}

TEST_CASE("Arguments that do not fit are refused, with what was found and what was expected") {
  std::vector<float> floats(4);
  std::vector<std::uint8_t> bytes(4), too_few(3);
  std::vector<std::uint16_t> words(4);
  using Catch::Matchers::Message;
  REQUIRE_THROWS_AS(convert(floats, too_few, e4m3fn), std::invalid_argument);
  REQUIRE_THROWS_MATCHES(convert(floats, too_few, e4m3fn), std::invalid_argument,
                         Message("input has 4 elements, but output has 3"));
  REQUIRE_THROWS_MATCHES(convert(floats, bytes, binary16), std::invalid_argument,
                         Message("output stores a code in 1 bytes, but a code of binary16 takes 2"));
  REQUIRE_THROWS_MATCHES(convert(words, floats, e5m2), std::invalid_argument,
                         Message("input stores a code in 2 bytes, but a code of e5m2 takes 1"));
  REQUIRE_THROWS_MATCHES(convert(floats, bytes, e4m3fn, {rounding::stochastic}), std::invalid_argument,
                         Message("stochastic rounding has 0 random bits, expected 1 to 32"));
  REQUIRE_THROWS_AS(convert(floats, bytes, format{0, 3, 1}), std::invalid_argument);
  REQUIRE_THROWS_AS(add(bytes, too_few, bytes, e4m3fn), std::invalid_argument);
  REQUIRE_THROWS_AS(add(words, words, bytes, e4m3fn), std::invalid_argument);
}
