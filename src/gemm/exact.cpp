// Exact sums through binary64 kernels, rounded once.
//
// Each row of A and column of B is a vector of integers times a power of two of its own. Cut into slices of s_a and s_b
// bits (Ozaki's idea), a product of two slices is an integer of at most 2^(s_a + s_b), and `chunk` of them sum to at
// most 2^53: every partial sum in binary64 is exact, in any order. One slice each is enough for 8-bit integers and for
// e4m3fn: its products are multiples of 2^-18 below 2^18, so that 2^17 of them stay within 2^53 steps. The slices' sums
// are joined in 128-bit integers. Vectors too wide for that, or with infinities or NaNs, go element by element.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include <assay/number/exact.hpp>
#include <assay/rounding/round.hpp>

#include "engine.hpp"
#include "routes.hpp"

namespace assay::gemm_kernels {

namespace {

/// Of one row of A or column of B.
struct scaled_vector {
  int lowest_bit = 0;  ///< elements are integers times 2^lowest_bit
  bool unserved = false;
};

/// All rows of A, or columns of B.
struct side {
  std::vector<scaled_vector> vectors;
  int width = 0;  ///< of the integers, in bits: the largest of those served
  int slices = 1, slice_bits = 0;
};

constexpr int most_exponent = 400;  ///< no product of such numbers leaves binary64's normal range

int ceiling(int a, int b) { return (a + b - 1) / b; }
int ceiling_log2(std::size_t n) { return n <= 1 ? 0 : bit_width(std::uint64_t{n - 1}); }

side measure(const vectors& v, std::size_t threads) {
  side s;
  s.vectors.resize(v.count);
  std::vector<int> widths(v.count);
  const int most_width = (125 - ceiling_log2(v.length)) / 2;  // sums of products fit 128 bits
  parallel_for(threads, v.count, [&](std::size_t i) {
    constexpr std::size_t chunk = 512;
    double x[chunk];
    panel_stats all;
    for (std::size_t k = 0; k < v.length; k += chunk) {
      const std::size_t n = std::min(chunk, v.length - k);
      decode_run(v.codes, v.in, i * v.between + k * v.along, v.along, n, x);
      all.include(stats_of(x, n));
    }
    if (all.below == -panel_stats::none && !all.special) return;  // zeros only
    const int width = all.below - all.lowest_bit;
    s.vectors[i].unserved =
        all.special || width > most_width || all.below > most_exponent || all.lowest_bit < -most_exponent;
    if (s.vectors[i].unserved) return;
    s.vectors[i].lowest_bit = all.lowest_bit;
    widths[i] = width;
  });
  for (const int width : widths) s.width = std::max(s.width, width);
  return s;
}

/// The fewest slice products, for the best length of exact partial sums, which is returned.
std::size_t choose_slices(side& a, side& b, std::size_t length) {
  constexpr std::size_t lengths[] = {std::size_t{1} << 20, std::size_t{1} << 17, 4096, 1024, 256};
  constexpr double join_cost = 50;  // multiply-adds that joining one partial sum takes
  double least = std::numeric_limits<double>::max();
  std::size_t best = 256;
  for (const std::size_t candidate : lengths) {
    const std::size_t chunk = std::min(candidate, std::max<std::size_t>(length, 1));
    const int bits = 53 - ceiling_log2(chunk);
    for (int slices = 1; slices <= 6; ++slices) {
      const int bits_a = ceiling(a.width, slices), bits_b = bits - bits_a;
      if (bits_b < 1 || bits_a > 50) continue;
      const int slices_b = std::max(ceiling(b.width, std::min(bits_b, 50)), 1);
      const double cost = slices * slices_b * (1 + join_cost / static_cast<double>(chunk));
      if (cost >= least) continue;
      least = cost;
      best = chunk;
      a.slices = slices, a.slice_bits = bits_a;
      b.slices = slices_b, b.slice_bits = ceiling(b.width, slices_b);
    }
  }
  return best;
}

/// Packs vectors as slices, the lowest first, each a panel of its own.
struct slicer {
  using lane = double;
  const float_tiles<double>& tiles;
  const side &a, &b;
  const vectors* right;

  std::size_t rows() const { return tiles.rows; }
  std::size_t columns() const { return tiles.columns; }
  const side& of(const vectors& v) const { return &v == right ? b : a; }
  /// Room enough for the side that has more slices.
  std::size_t panel_size(std::size_t width, std::size_t length) const {
    return padded(width * length) * static_cast<std::size_t>(std::max(a.slices, b.slices));
  }
  static std::size_t padded(std::size_t size) { return (size + 7) / 8 * 8; }

  panel_stats pack(const vectors& v, std::size_t panel, std::size_t width, std::span<const std::uint32_t> index,
                   double* out) const {
    pack_panel(v, panel, width, index, out);
    const side& s = of(v);
    const std::size_t size = padded(width * v.length), first = panel * width;
    std::vector<double> scale(width, 1);
    for (std::size_t r = 0; r < width && first + r < v.count; ++r) {
      const scaled_vector& x = s.vectors[first + r];
      scale[r] = x.unserved ? 0.0 : std::ldexp(1.0, -x.lowest_bit);
    }
    std::vector<double> unit, inverse;
    for (int p = 0; p < s.slices; ++p) {
      unit.push_back(std::ldexp(1.0, p * s.slice_bits));
      inverse.push_back(std::ldexp(1.0, -p * s.slice_bits));
    }
    // Adding and subtracting this rounds to an integer: digits are signed, the lower ones of at most half the range.
    constexpr double to_integer = 0x1.8p52;
    for (std::size_t k = 0; k < v.length; ++k) {
      for (std::size_t r = 0; r < width; ++r) {
        const std::size_t at = k * width + r;
        double rest = scale[r] == 0 ? 0.0 : out[at] * scale[r];
        for (std::size_t p = unit.size() - 1; p > 0; --p) {
          const double digit = (rest * inverse[p] + to_integer) - to_integer;
          rest -= digit * unit[p];
          out[p * size + at] = digit;
        }
        out[at] = rest;
      }
    }
    return {};
  }
};

/// An exact sum: total * 2^exponent.
unpacked<uint128> value_of(int128 total, int exponent) {
  if (total == 0) return make_zero<uint128>(false);
  const bool negative = total < 0;
  return {value_class::finite, negative, exponent,
          negative ? uint128{0} - static_cast<uint128>(total) : static_cast<uint128>(total)};
}

double power_of_two(int exponent) { return std::bit_cast<double>(static_cast<std::uint64_t>(1023 + exponent) << 52); }

/// The sum in binary64, forced to odd where it does not fit: a later rounding that reads 50 digits or fewer, random
/// bits included, is that of the sum itself.
double to_odd_double(int128 total, int exponent) {
  if (total == 0) return 0;
  const bool negative = total < 0;
  uint128 magnitude = negative ? uint128{0} - static_cast<uint128>(total) : static_cast<uint128>(total);
  const int excess = std::max(bit_width(magnitude) - 53, 0);
  magnitude = shift_right_sticky(magnitude, excess);
  const auto integer = static_cast<double>(static_cast<std::uint64_t>(magnitude));
  return (negative ? -integer : integer) * power_of_two(exponent + excess);
}

class finisher {
 public:
  finisher(const batch& work, const side& a, const side& b) : work_(work), a_(a), b_(b), how_(work.problem.to) {
    const format to = std::get<format>(work.problem.d.type);
    // With an epilogue the sum is rounded to binary32 first.
    to_ = work.out.has_epilogue() ? binary32 : to;
    if (work.out.has_epilogue()) how_ = {};
    const int digits_read = to_.precision() + (how_.mode == rounding::stochastic ? how_.random_bits : 0);
    through_double_ = digits_read <= 50 && !work.out.has_start();
    for (const scaled_vector& v : b.vectors) any_unserved_column_ = any_unserved_column_ || v.unserved;
  }

  /// Sums that are binary64 integers: exact, and so after scaling.
  void operator()(std::size_t i, std::size_t j, std::size_t count, const double* sums) const {
    const auto total = [&](std::size_t x) { return static_cast<int128>(static_cast<std::int64_t>(sums[x])); };
    if (work_.out.has_start()) return one_by_one(i, j, count, total);
    run(
        i, j, count, [&](std::size_t x, int exponent) { return sums[x] * power_of_two(exponent); }, total);
  }
  void operator()(std::size_t i, std::size_t j, std::size_t count, const int128* sums) const {
    const auto total = [&](std::size_t x) { return sums[x]; };
    if (!through_double_) return one_by_one(i, j, count, total);
    run(
        i, j, count, [&](std::size_t x, int exponent) { return to_odd_double(sums[x], exponent); }, total);
  }

 private:
  int exponent(std::size_t i, std::size_t j) const { return a_.vectors[i].lowest_bit + b_.vectors[j].lowest_bit; }

  template <class Double, class Total>
  void run(std::size_t i, std::size_t j, std::size_t count, const Double& number, const Total& total) const {
    constexpr std::size_t most = 64;
    double values[most];
    bool simple = count <= most && !any_unserved_column_ && !a_.vectors[i].unserved;
    for (std::size_t x = 0; x < count && simple; ++x) {
      values[x] = number(x, exponent(i, j + x));
      simple = values[x] != 0 || how_.mode != rounding::downward;
    }
    if (simple)
      work_.out.finish(i, j, count, values);
    else
      one_by_one(i, j, count, total);
  }

  template <class Total>
  void one_by_one(std::size_t i, std::size_t j, std::size_t count, const Total& total) const {
    for (std::size_t x = 0; x < count; ++x) {
      const std::size_t column = j + x;
      const encoded addend = work_.out.addend(i, column);
      const unpacked<std::uint64_t> c = decode(addend.code, addend.in);
      auto sum = value_of(total(x), exponent(i, column));
      // What the definition says of a zero's sign needs the terms' signs.
      const bool zero = sum.is_zero() && c.is_zero() && (c.negative || how_.mode == rounding::downward);
      if (zero || a_.vectors[i].unserved || b_.vectors[column].unserved) {
        work_.out.compute(i, column, 1);
        continue;
      }
      sum = add_exact(sum, widen<uint128>(c), how_.mode).value;
      const std::uint64_t code = round_to_format(sum, to_, how_, work_.out.random(i, column)).code;
      if (work_.out.has_epilogue())
        work_.out.finish_value(i, column, std::bit_cast<float>(static_cast<std::uint32_t>(code)));
      else
        work_.out.store_code(i, column, code);
    }
  }

  const batch& work_;
  const side &a_, &b_;
  conversion how_;
  format to_;
  bool through_double_ = false, any_unserved_column_ = false;
};

}  // namespace

bool exact_route(const batch& work) {
  if (!std::holds_alternative<accumulate::exact>(work.problem.with)) return false;
  if (!range_of(work.a.in).within(double_range) || !range_of(work.b.in).within(double_range)) return false;
  side a = measure(work.a, work.threads), b = measure(work.b, work.threads);
  const std::size_t length = work.size.k, chunk = choose_slices(a, b, length);
  const float_tiles<double>& tiles = double_kernels();
  const slicer slices{tiles, a, b, &work.b};
  const finisher finish(work, a, b);
  const bool one_sum = a.slices == 1 && b.slices == 1 && length <= chunk;
  const std::size_t tile_size = tiles.rows * tiles.columns;
  const std::size_t size_a = slicer::padded(tiles.rows * length), size_b = slicer::padded(tiles.columns * length);

  const auto compute = [&](const packed<slicer>& left, const packed<slicer>& above, const block& where) {
    const aligned_buffer<double> sums(tile_size);
    std::vector<int128> totals(one_sum ? 0 : tile_size);
    for (std::size_t q = where.first_column; q < where.first_column + where.columns; ++q) {
      for (std::size_t p = where.first_row; p < where.first_row + where.rows; ++p) {
        std::fill(totals.begin(), totals.end(), int128{0});
        if (length == 0) std::fill_n(sums.data(), tile_size, 0.0);
        for (std::size_t k = 0; k < length; k += chunk) {
          for (int x = 0; x < a.slices; ++x) {
            for (int y = 0; y < b.slices; ++y) {
              tiles.fused(left.panel(p) + static_cast<std::size_t>(x) * size_a,
                          above.panel(q) + static_cast<std::size_t>(y) * size_b, {k, std::min(chunk, length - k)},
                          tile_use::fresh, sums.data());
              if (one_sum) continue;
              const int shift = x * a.slice_bits + y * b.slice_bits;
              for (std::size_t e = 0; e < tile_size; ++e) {
                totals[e] += static_cast<int128>(static_cast<std::int64_t>(sums[e])) * (int128{1} << shift);
              }
            }
          }
        }
        for (std::size_t r = 0; r < tiles.rows; ++r) {
          const std::size_t i = p * tiles.rows + r, j = q * tiles.columns;
          if (i >= work.size.m) break;
          const std::size_t count = std::min(tiles.columns, work.size.n - j);
          if (one_sum)
            finish(i, j, count, sums.data() + r * tiles.columns);
          else
            finish(i, j, count, totals.data() + r * tiles.columns);
        }
      }
    }
  };
  for_each_block(slices, work.a, work.b, {}, work.threads, work.told, compute);
  return true;
}

}  // namespace assay::gemm_kernels
