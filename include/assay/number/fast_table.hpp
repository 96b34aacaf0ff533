// Sums and products of formats of up to 8 bits by table: one load is shorter than any arithmetic.
#pragma once

#include <cstddef>

#include <assay/number/fast_arithmetic.hpp>

namespace assay::fast {

template <format F>
inline constexpr bool is_tabulated = computes_in_float(F) && F.width() <= 8;

/// Results for all pairs of codes: 256 bytes for 4-bit, 4 KiB for 6-bit, 64 KiB for 8-bit formats.
template <format F>
struct pair_table {
  std::uint8_t results[std::size_t{1} << (2 * F.width())];

  std::uint8_t operator()(std::uint32_t a, std::uint32_t b) const { return results[(b << F.width()) | a]; }
};

/// Not constexpr: a compiler must not try to fill it while it compiles.
template <format F, std::uint32_t (*Operation)(std::uint32_t, std::uint32_t)>
ASSAY_NEVER_INLINE pair_table<F> make_table() {
  pair_table<F> table;
  constexpr std::uint32_t codes = 1U << F.width();
  for (std::uint32_t b = 0; b < codes; ++b)
    for (std::uint32_t a = 0; a < codes; ++a)
      table.results[(b << F.width()) | a] = static_cast<std::uint8_t>(Operation(a, b));
  return table;
}

/// Filled at the first use, in some tens of microseconds; programs that do not use it pay nothing.
template <format F, std::uint32_t (*Operation)(std::uint32_t, std::uint32_t)>
ASSAY_ALWAYS_INLINE inline const pair_table<F>& table_of() {
  static const pair_table<F> table = make_table<F, Operation>();
  return table;
}

}  // namespace assay::fast
