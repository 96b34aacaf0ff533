// Sums of integers on fast kernels.
//
// With wrap-around a sum modulo 2^bits is the same in every order, so any kernel does that is exact modulo 2^bits. A
// sum that saturates is the exact one where no partial sum can reach the limits: |start| + sum |a||b| bounds them all,
// in every order and group. That is decided for the whole problem from the inputs' types and zero points, or, where
// that is not enough, for each element from the largest |a| of its row and the sum of |b| in its column. What remains
// goes element by element.
#include <cmath>
#include <limits>

#include "engine.hpp"
#include "integer_parts.hpp"
#include "integer_tile.hpp"
#include "routes.hpp"

namespace assay::gemm_kernels {

namespace {

using accumulate::fixed_overflow;

/// Of a vector's numbers after the zero point is taken away; whole numbers.
struct magnitudes {
  double largest = 0, sum = 0;
};

/// op(A) or op(B): its numbers are between these limits.
struct side {
  const vectors& v;
  const integer_vector& zeros;
  integer_format type;
  double lowest = 0, highest = 0;

  side(const vectors& of, const integer_vector& z) : v(of), zeros(z), type(std::get<integer_format>(of.in)) {
    std::int32_t low = 0, high = 0;
    for (std::size_t i = 0; i < z.size; ++i) {
      low = i == 0 ? z.values[i] : std::min(low, z.values[i]);
      high = i == 0 ? z.values[i] : std::max(high, z.values[i]);
    }
    // A narrow range does not keep its excluded code out of memory.
    const integer_format whole{type.bits, type.is_signed};
    lowest = static_cast<double>(whole.min()) - high;
    highest = static_cast<double>(whole.max()) - low;
  }
  double largest() const { return std::max(-lowest, highest); }
  bool fits_16_bits() const { return type.bits <= 16 && lowest >= -32768 && highest <= 32767; }
  std::int32_t zero(std::size_t i) const { return element_of(zeros, i); }

  /// Of every vector.
  std::vector<magnitudes> measure(std::size_t threads) const {
    std::vector<magnitudes> all(v.count);
    parallel_for(threads, v.count, [&](std::size_t i) {
      constexpr std::size_t chunk = 512;
      std::int64_t run[chunk];
      for (std::size_t k = 0; k < v.length; k += chunk) {
        const std::size_t n = std::min(chunk, v.length - k);
        decode_integer_run(v.codes, type, i * v.between + k * v.along, v.along, n, run);
        for (std::size_t x = 0; x < n; ++x) {
          const double magnitude = std::abs(static_cast<double>(run[x] - zero(i)));
          all[i].largest = std::max(all[i].largest, magnitude);
          all[i].sum += magnitude;
        }
      }
    });
    return all;
  }
};

/// Packs numbers less their zero points in pairs along k.
struct pair_worker {
  using lane = std::int32_t;
  const integer_tiles& tiles;
  const side &a, &b;

  std::size_t rows() const { return tiles.rows; }
  std::size_t columns() const { return tiles.columns; }
  std::size_t panel_size(std::size_t width, std::size_t length) const { return width * ((length + 1) / 2); }

  panel_stats pack(const vectors& v, std::size_t panel, std::size_t width, std::span<const std::uint32_t>,
                   std::int32_t* out) const {
    constexpr std::size_t chunk = 128, widest = 64;
    const side& s = &v == &b.v ? b : a;
    const std::size_t first = panel * width, here = std::min(width, v.count - first);
    std::int32_t zeros[widest];
    for (std::size_t r = 0; r < here; ++r) zeros[r] = s.zero(first + r);
    if (here < width) std::fill_n(out, panel_size(width, v.length), 0);
    const auto pair = [](std::int32_t lower, std::int32_t upper) {
      return static_cast<std::int32_t>((static_cast<std::uint32_t>(upper) << 16) |
                                       (static_cast<std::uint32_t>(lower) & 0xffffu));
    };
    if (v.between == 1) {
      std::int32_t lower[widest], upper[widest];
      for (std::size_t k = 0; k < v.length; k += 2) {
        decode_integer_run(v.codes, s.type, first + k * v.along, 1, here, lower);
        if (k + 1 < v.length)
          decode_integer_run(v.codes, s.type, first + (k + 1) * v.along, 1, here, upper);
        else
          std::copy_n(zeros, here, upper);
        std::int32_t* const to = out + k / 2 * width;
        for (std::size_t r = 0; r < here; ++r) to[r] = pair(lower[r] - zeros[r], upper[r] - zeros[r]);
      }
      return {};
    }
    // Runs along k, transposed while they are in the nearest cache.
    std::int32_t runs[widest][chunk];
    for (std::size_t k = 0; k < v.length; k += chunk) {
      const std::size_t n = std::min(chunk, v.length - k);
      for (std::size_t r = 0; r < here; ++r) {
        decode_integer_run(v.codes, s.type, (first + r) * v.between + k * v.along, v.along, n, runs[r]);
        for (std::size_t x = 0; x < n; ++x) runs[r][x] -= zeros[r];
        if (n % 2 != 0) runs[r][n] = 0;
      }
      for (std::size_t x = 0; x < n; x += 2) {
        std::int32_t* const to = out + (k + x) / 2 * width;
        for (std::size_t r = 0; r < here; ++r) to[r] = pair(runs[r][x], runs[r][x + 1]);
      }
    }
    return {};
  }
  int choose(const panel_stats&, const panel_stats&, const std::int32_t*) const { return 0; }
  void walk(int, const std::int32_t* left, const std::int32_t* above, k_walk k, tile_use, std::int32_t* tile) const {
    tiles.walk(left, above, k, tile);
  }
  void merge(int, std::int32_t*, const std::int32_t*) const {}  // sums in one run have nothing to merge
};

/// Integers in binary64, where every partial sum is exact.
struct double_worker {
  using lane = double;
  const float_tiles<double>& tiles;
  const side &a, &b;

  std::size_t rows() const { return tiles.rows; }
  std::size_t columns() const { return tiles.columns; }
  std::size_t panel_size(std::size_t width, std::size_t length) const { return width * length; }
  panel_stats pack(const vectors& v, std::size_t panel, std::size_t width, std::span<const std::uint32_t> index,
                   double* out) const {
    const side& s = &v == &b.v ? b : a;
    pack_panel(v, panel, width, index, out);
    const std::size_t first = panel * width, here = std::min(width, v.count - first);
    for (std::size_t k = 0; k < v.length && s.zeros.size != 0; ++k) {
      for (std::size_t r = 0; r < here; ++r) out[k * width + r] -= s.zero(first + r);
    }
    return {};
  }
  int choose(const panel_stats&, const panel_stats&, const double*) const { return 0; }
  void walk(int, const double* left, const double* above, k_walk k, tile_use use, double* tile) const {
    tiles.fused(left, above, k, use, tile);
  }
  void merge(int, double* into, const double* from) const { tiles.merge(into, from); }
};

/// The low bits of a sum as a number with a sign.
std::int64_t wrapped(std::int64_t sum, int bits) {
  const int unused = 64 - bits;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) << unused) >> unused;
}

struct bounds {
  const accumulate::integer& with;
  double limit, group_limit;

  explicit bounds(const accumulate::integer& w)
      : with(w),
        limit(std::ldexp(1.0, w.bits - 1) - 1),
        group_limit(w.group_bits == 0 ? std::numeric_limits<double>::infinity()
                                      : std::ldexp(1.0, w.group_bits - 1) - 1) {}
  /// Whether the accumulator gives the exact sum, or that modulo 2^bits. The bounds are whole numbers, and far from the
  /// limits where binary64 rounds them.
  bool serve(double start, double largest_product, double sum_of_products) const {
    return largest_product * with.group <= group_limit &&
           (with.on_overflow == fixed_overflow::wrap || start + sum_of_products <= limit);
  }
};

}  // namespace

bool integer_route(const batch& work) {
  const gemm_problem& p = work.problem;
  const auto* with = std::get_if<accumulate::integer>(&p.with);
  if (with == nullptr || !std::holds_alternative<integer_format>(work.a.in) ||
      !std::holds_alternative<integer_format>(work.b.in)) {
    return false;
  }
  if (work.out.has_start() && !std::holds_alternative<integer_format>(p.c.type)) return false;

  const side a(work.a, p.zero_a), b(work.b, p.zero_b);
  const bounds bound(*with);
  const bool has_start = work.out.has_start() || p.integer_bias.size != 0;
  // Of every start value.
  double most_start = work.out.has_start() ? std::ldexp(1.0, std::get<integer_format>(p.c.type).bits) : 0;
  for (std::size_t j = 0; j < p.integer_bias.size; ++j) {
    most_start = std::max(most_start, std::abs(static_cast<double>(p.integer_bias.values[j])));
  }
  const double largest = a.largest() * b.largest(), most = largest * static_cast<double>(work.size.k);
  const bool all_served = bound.serve(most_start, largest, most);
  const bool in_32_bits = with->bits <= 32 || most_start + most <= 0x1p31 - 1;
  const bool by_pairs = a.fits_16_bits() && b.fits_16_bits() && in_32_bits;
  if (!by_pairs && (most_start + most > 0x1p53 || a.type.bits > 32 || b.type.bits > 32)) return false;

  std::vector<magnitudes> rows, columns;
  if (!all_served) {
    rows = a.measure(work.threads);
    columns = b.measure(work.threads);
  }
  const auto is_served = [&](std::size_t i, std::size_t j) {
    if (all_served) return true;
    std::int64_t from = 0;
    work.out.integer_start(i, j, 1, &from);
    return bound.serve(std::abs(static_cast<double>(from)), rows[i].largest * columns[j].largest,
                       rows[i].largest * columns[j].sum);
  };
  const auto start = [&](std::size_t i, std::size_t j, std::size_t count, auto* sums) {
    if (!has_start) return;
    using lane = std::remove_pointer_t<decltype(sums)>;
    std::int64_t values[64];
    for (std::size_t done = 0; done < count; done += 64) {
      const std::size_t here = std::min<std::size_t>(64, count - done);
      work.out.integer_start(i, j + done, here, values);
      for (std::size_t x = 0; x < here; ++x) {
        const bool fits = std::abs(static_cast<double>(values[x])) <= bound.limit;
        sums[done + x] = static_cast<lane>(fits ? values[x] : with->start(accumulate::read(values[x])).sum);
      }
    }
  };
  const auto finish = [&](std::size_t i, std::size_t j, std::size_t count, const auto* sums, bool) {
    std::size_t served = 0;
    while (served < count && is_served(i, j + served)) ++served;
    using lane = std::remove_cvref_t<decltype(*sums)>;
    if constexpr (std::is_same_v<lane, std::int32_t>) {
      if (served == count && with->bits >= 32) return work.out.finish_integers(i, j, count, sums);
    }
    for (std::size_t x = 0; x < count; ++x) {
      if (x >= served && !is_served(i, j + x)) {
        work.out.compute(i, j + x, 1);
        continue;
      }
      const std::int64_t sum = wrapped(static_cast<std::int64_t>(sums[x]), with->bits);
      work.out.finish_integers(i, j + x, 1, &sum);
    }
  };
  const plan how = any_order_plan(work.size.k);
  if (by_pairs)
    run_product(pair_worker{integer_kernels(), a, b}, work.a, work.b, how, work.threads, work.told, start, finish);
  else
    run_product(double_worker{double_kernels(), a, b}, work.a, work.b, how, work.threads, work.told, start, finish);
  return true;
}

}  // namespace assay::gemm_kernels
