// The random words: known answers, and the properties that chunked stochastic rounding rests on.
#include <set>

#include <catch2/catch.hpp>

#include <assay/bulk/random.hpp>

using namespace assay;

TEST_CASE("Philox gives the known answers of its authors' library") {
  // Random123 1.14, tests/kat_vectors: "philox4x32 7" and "philox4x32 10".
  using block = std::array<std::uint32_t, 4>;
  constexpr std::uint32_t ones = 0xFFFFFFFF;
  STATIC_REQUIRE(philox::block<7>({0, 0, 0, 0}, {0, 0}) == block{0x5f6fb709, 0x0d893f64, 0x4f121f81, 0x4f730a48});
  STATIC_REQUIRE(philox::block<10>({0, 0, 0, 0}, {0, 0}) == block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  STATIC_REQUIRE(philox::block<10>({ones, ones, ones, ones}, {ones, ones}) ==
                 block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
}

TEST_CASE("Every element has its own word: sixteen bits of a block for eight elements, and of another block") {
  constexpr std::size_t n = 256;
  std::set<std::uint32_t> words;
  for (std::size_t i = 0; i < n; ++i) words.insert(random_word(1, i));
  REQUIRE(words.size() == n);
  const auto lower = philox::block({3, 0, 0, 0}, {5, 0}), upper = philox::block({3, 0, 1, 0}, {5, 0});
  for (std::uint32_t part = 0; part < 8; ++part) {
    const auto of = [&](const auto& block) { return block[part / 2] >> (part % 2 * 16) & 0xFFFF; };
    REQUIRE(random_word(5, 24 + part) == (of(lower) | of(upper) << 16));
  }
  REQUIRE((random_word(std::uint64_t{5} << 32, 8) & 0xFFFF) == (philox::block({1, 0, 0, 0}, {0, 5})[0] & 0xFFFF));
  REQUIRE((random_word(0, std::uint64_t{1} << 40) & 0xFFFF) == (philox::block({0, 1 << 5, 0, 0}, {0, 0})[0] & 0xFFFF));
}

TEST_CASE("Words of a seed are what they were in every release since half words") {
  STATIC_REQUIRE(random_word(0, 0) == 0x1A9AB709);
  STATIC_REQUIRE(random_word(123456789, 1000) == 0x60750BD0);
}

TEST_CASE("Each bit of the words is set half of the time") {
  constexpr int n = 1 << 16;
  std::array<int, 32> set{};
  for (std::uint64_t i = 0; i < n; ++i)
    for (std::size_t bit = 0; bit < 32; ++bit) set[bit] += static_cast<int>(random_word(99, i) >> bit & 1);
  for (const int count : set) REQUIRE(std::abs(count - n / 2) < 6 * 128);  // six standard deviations
}
