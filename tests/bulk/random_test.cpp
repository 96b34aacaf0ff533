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

TEST_CASE("Every element has its own word of its own block") {
  constexpr std::size_t n = 4 * philox::words_per_group;
  std::set<std::uint32_t> words;
  for (std::size_t i = 0; i < n; ++i) words.insert(random_word(1, i));
  REQUIRE(words.size() == n);
  REQUIRE(random_word(5, 0) == philox::block({0, 0, 0, 0}, {5, 0})[0]);
  REQUIRE(random_word(5, 17) == philox::block({1, 0, 0, 0}, {5, 0})[1]);
  REQUIRE(random_word(std::uint64_t{5} << 32, 64) == philox::block({16, 0, 0, 0}, {0, 5})[0]);
  REQUIRE(random_word(0, std::uint64_t{1} << 40) == philox::block({0, 1 << 6, 0, 0}, {0, 0})[0]);
}

TEST_CASE("Each bit of the words is set half of the time") {
  constexpr int n = 1 << 16;
  std::array<int, 32> set{};
  for (std::uint64_t i = 0; i < n; ++i)
    for (std::size_t bit = 0; bit < 32; ++bit) set[bit] += static_cast<int>(random_word(99, i) >> bit & 1);
  for (const int count : set) REQUIRE(std::abs(count - n / 2) < 6 * 128);  // six standard deviations
}
