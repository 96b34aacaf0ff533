// Trials of many kinds of numbers, of which every element must have the bits of dot().
#pragma once

#include <catch2/catch.hpp>

#include <support/budget.hpp>

#include "problems.hpp"

namespace gemm_test {

inline void expect_same(const std::vector<trial>& trials, std::initializer_list<numbers> kinds) {
  int wrong = 0;
  std::string first, here;
  std::uint32_t seed = 1;
  for (const trial& t : trials) {
    for (const numbers kind : kinds) {
      const std::uint32_t own = seed++;
      if (!test::taken(own - 1)) continue;
      if (const int bad = mismatches(t, kind, own, here); bad != 0) {
        if (wrong == 0) first = here;
        wrong += bad;
      }
    }
  }
  INFO(first);
  CHECK(wrong == 0);
}

inline constexpr auto hard = {numbers::ordinary, numbers::wide,  numbers::cancelling, numbers::tiny,
                              numbers::huge,     numbers::whole, numbers::any_bits};

}  // namespace gemm_test
