// Which accumulators the floating-point kernels serve.
#include "routes.hpp"

#include <limits>

#include <assay/number/convert.hpp>

#include "amd_tile.hpp"
#include "workers.hpp"

namespace assay::gemm_kernels {

namespace {

using accumulate::aligned;
using accumulate::floating;
using accumulate::promotion;

/// The accumulator of each run, if it is of that kind, and after how many products it is joined to the sum (0: never).
/// Promotion is a join when the outer additions are those that the kernel joins with: see promotes_into.
template <class Accumulator>
const Accumulator* plain_or_promoted(const accumulator& with, std::size_t& join_every) {
  join_every = 0;
  if (const auto* a = std::get_if<Accumulator>(&with)) return a;
  const auto* p = std::get_if<promotion>(&with);
  if (p == nullptr) return nullptr;
  join_every = static_cast<std::size_t>(p->every);
  return std::get_if<Accumulator>(&p->inner.which);
}

/// Whether promoted sums are added in format f, ties to even, nothing flushed or saturated.
bool promotes_into(const accumulator& with, format f) {
  const auto* p = std::get_if<promotion>(&with);
  if (p == nullptr) return true;
  const auto* outer = std::get_if<floating>(&p->outer.which);
  return outer != nullptr && outer->in == f && outer->how == conversion{};
}

/// Runs a worker over the whole product. `sums` is the format that start values are rounded into.
template <class Worker>
void run(const batch& work, const Worker& worker, const plan& how, format sums, conversion rounding_of_start) {
  using lane = typename Worker::lane;
  const auto start = [&](std::size_t i, std::size_t j, std::size_t count, lane* to) {
    if (work.out.has_start()) work.out.start(i, j, count, sums, rounding_of_start, to);
  };
  const auto finish = [&](std::size_t i, std::size_t j, std::size_t count, const lane* from, bool served) {
    if (served) work.out.finish(i, j, count, from);
    else work.out.compute(i, j, count);
  };
  run_product(worker, work.a, work.b, how, work.threads, work.told, start, finish);
}

template <class Lane>
rounding_rule<Lane> rule_for(const floating& sum) {
  const format f = sum.in;
  const auto value = [&](std::uint64_t code) { return static_cast<Lane>(to_double(code, f)); };
  rounding_rule<Lane> rule{};
  rule.dropped_bits = (sizeof(Lane) == 4 ? 23 : 52) - f.fraction_bits;
  rule.min_normal = static_cast<Lane>(std::ldexp(1.0, f.min_exponent()));
  rule.largest = value(f.max_finite_code());
  rule.beyond = sum.how.on_overflow == overflow::saturate_finite ? rule.largest
                : f.has_infinity()                               ? std::numeric_limits<Lane>::infinity()
                                                                 : std::numeric_limits<Lane>::quiet_NaN();
  return rule;
}

template <class Lane>
rounded_worker<Lane> worker_for(const batch& work, const floating& sum) {
  rounded_worker<Lane> w{rounded_kernels(), rule_for<Lane>(sum)};
  w.fused = sum.multiply == accumulate::multiplication::fused;
  w.has_start = work.out.has_start();
  w.precision = sum.in.precision();
  w.min_ulp_exponent = sum.in.min_ulp_exponent();
  w.length = work.size.k;
  return w;
}

/// Whether binary32 lanes hold products of these ranges exactly, and have room above for the magic number.
bool narrow_products(const value_range& product, format sum) {
  const int lift = 24 - sum.fraction_bits;
  return product.digits <= 24 && product.lowest_bit >= -149 && product.below + lift <= 127 &&
         sum.max_exponent() + 1 + lift <= 127 && sum.min_ulp_exponent() >= -126;
}

}  // namespace

bool float_route(const batch& work) {
  std::size_t join_every = 0;
  const auto* sum = plain_or_promoted<floating>(work.problem.with, join_every);
  if (sum == nullptr || !(sum->how == conversion{}) || !promotes_into(work.problem.with, sum->in)) return false;
  const auto how = make_plan(work.problem.order, work.size.k, join_every);
  if (!how) return false;
  const bool fused = sum->multiply == accumulate::multiplication::fused;
  const value_range a = range_of(work.a.in), b = range_of(work.b.in);
  if (sum->in == binary32 && a.within(float_range) && b.within(float_range)) {
    run(work, float_worker<float>{float_kernels(), fused}, *how, binary32, {});
    return true;
  }
  if (sum->in == binary64 && a.within(double_range) && b.within(double_range)) {
    run(work, float_worker<double>{double_kernels(), fused}, *how, binary64, {});
    return true;
  }
  return false;
}

bool rounded_route(const batch& work) {
  const auto* sum = std::get_if<floating>(&work.problem.with);
  if (sum == nullptr || sum->how.mode != rounding::ties_to_even || sum->how.on_subnormal != subnormals::keep ||
      sum->how.on_overflow == overflow::to_nan) {
    return false;
  }
  const format f = sum->in;
  const value_range a = range_of(work.a.in), b = range_of(work.b.in), product = a.times(b);
  // The lanes have zeros of both signs and NaNs: so must the format.
  if (!f.has_negative_zero() || !f.has_nan() || f.precision() > 25 || f.precision() < 2 || f.min_ulp_exponent() < -500 ||
      f.max_exponent() > 500 || !a.within(float_range) || !b.within(float_range)) {
    return false;
  }
  const auto how = make_plan(work.problem.order, work.size.k);
  if (!how) return false;

  const bool fused = sum->multiply == accumulate::multiplication::fused;
  const value_range half_range = range_of(binary16);
  if (f == binary16 && sum->how.on_overflow == overflow::ieee && a.within(half_range) && b.within(half_range) &&
      half_kernels() != nullptr) {
    run(work, half_worker{*half_kernels(), fused, &work.b}, *how, f, sum->how);
    return true;
  }
  if (!fused && f.precision() <= 11) {
    const bool float_exponents = f.exponent_bits == 8 && f.bias == 127 && f.nonfinite == encoding::ieee &&
                                 sum->how.on_overflow == overflow::ieee;
    // bfloat16 products below binary32's normal range lose bits, harmlessly: a tie of a format of up to 8 digits is
    // at least 2^-134, and no product of two 8-digit numbers is so near to one that 2^-149 takes it there (that would be
    // 65535 * 2^-150, but 65535 = 255 * 257, or take 17 digits).
    const bool short_products = a.within(range_of(bfloat16)) && b.within(range_of(bfloat16)) && f.precision() <= 8;
    if (float_exponents && (short_products || (product.digits <= 24 && product.lowest_bit >= -149))) {
      auto worker = worker_for<float>(work, *sum);
      worker.by_carry = true;
      run(work, worker, *how, f, sum->how);
      return true;
    }
    if (narrow_products(product, f)) {
      run(work, worker_for<float>(work, *sum), *how, f, sum->how);
      return true;
    }
  }
  auto worker = worker_for<double>(work, *sum);
  worker.short_fma = product.digits + f.precision() <= 50;
  worker.safe_fma = worker.short_fma && f.min_ulp_exponent() >= f.max_exponent() - 50;
  run(work, worker, *how, f, sum->how);
  return true;
}

namespace {

/// A unit as the kernels know it, if they do.
struct known_unit {
  unit_rule rule;
  format out;
  unit_kernel kernel;
  unit_merge merge;
  bool tf32_inputs = false, flushes_subnormals = false, exact_groups = false;
};

std::optional<known_unit> known(const aligned& u, bool split_pairs) {
  const bool no_flush = u.output.on_subnormal == subnormals::keep;
  const bool floor_is_low = u.exponent_floor <= unit_lowest_exponent;
  if (u.alignment != rounding::toward_zero || u.addend != accumulate::addend::inside || !no_flush || !floor_is_low ||
      u.fraction_bits < 1 || u.fraction_bits > 25) {
    return {};
  }
  const bool to_float = u.out == binary32 && u.output.mode == rounding::toward_zero && u.kept.exponent_bits == 8 &&
                        u.kept.bias == 127 && u.kept.nonfinite == encoding::ieee && u.kept.fraction_bits >= 1;
  const bool to_half = u.out == binary16 && u.kept == binary16 && u.output == conversion{};
  if (!to_float && !to_half) return {};
  const unit_tiles& tiles = unit_kernels();
  if (tiles.to_float == nullptr) return {};
  return known_unit{{u.group, u.fraction_bits, to_float ? u.kept.fraction_bits : 0, split_pairs},
                    u.out,
                    !to_float                      ? tiles.to_half
                    : u.kept.fraction_bits < 23 ? tiles.to_short_float
                                                : tiles.to_float,
                    to_float ? tiles.merge_float : tiles.merge_half};
}

std::optional<known_unit> known_amd(const accumulate::matrix_unit& row) {
  using accumulate::composition;
  const aligned& u = row.fused;
  const bool usual = u.out == binary32 && u.kept == binary32 && u.output.mode == rounding::ties_to_even &&
                     u.output.on_overflow == overflow::ieee && u.fraction_bits == 24 &&
                     u.alignment == rounding::toward_zero;
  const bool flushes = u.output.on_subnormal == subnormals::flush_both;
  if (!usual || (!flushes && u.output.on_subnormal != subnormals::keep)) return {};
  known_unit known{{u.group, u.fraction_bits, 23, false}, u.out, nullptr, unit_kernels().merge_float};
  const amd_tiles& tiles = amd_kernels();
  if (row.compose == composition::late_addend && u.group <= 16 && !flushes) known.kernel = tiles.late_addend;
  if (row.compose == composition::even_odd && u.group <= 16 && !flushes) known.kernel = tiles.even_odd;
  if (row.compose == composition::rounded_pairs && (u.group == 2 || u.group == 4)) known.kernel = tiles.rounded_pairs;
  known.flushes_subnormals = flushes;
  known.exact_groups = row.compose == composition::exact_groups && u.group <= 4 && !flushes;
  return known.kernel != nullptr || known.exact_groups ? std::optional(known) : std::nullopt;
}

std::optional<known_unit> known(const accumulator& with, std::size_t& join_every) {
  if (const auto* u = plain_or_promoted<accumulate::unit>(with, join_every)) {
    const bool split = u->row.compose == accumulate::composition::split_pairs;
    const bool chained = u->row.compose == accumulate::composition::chained;
    auto found = split || chained ? known(u->row.fused, split) : known_amd(u->row);
    if (found) found->tf32_inputs = u->row.input == tf32;
    return found;
  }
  const auto* u = plain_or_promoted<aligned>(with, join_every);
  return u != nullptr ? known(*u, false) : std::nullopt;
}

/// Of every 32 products, those with k mod 4 < 2 first: the pairs of groups that Hopper's fp8 mma makes of them. Runs of
/// whole blocks only.
std::optional<plan> split_pairs_plan(plan how, std::size_t length, std::size_t block) {
  if (length % block != 0) return {};
  for (const auto& stage : how.stages) {
    for (const plan_step& step : stage) {
      if (step.what == plan_step::action::walk && (step.k.first % block != 0 || step.k.count % block != 0)) return {};
    }
  }
  std::vector<std::uint32_t> index(length);
  for (std::size_t k = 0; k < length; ++k) {
    const std::size_t in_block = k % block, half = block / 2, second = in_block / half, at = in_block % half;
    const std::size_t from = k - in_block + at / 2 * 4 + at % 2 + 2 * second;
    index[k] = how.index.empty() ? static_cast<std::uint32_t>(from) : how.index[from];
  }
  how.index = std::move(index);
  return how;
}

}  // namespace

bool unit_route(const batch& work) {
  std::size_t join_every = 0;
  const auto unit = known(work.problem.with, join_every);
  if (!unit || !promotes_into(work.problem.with, unit->out)) return false;
  const auto *a = std::get_if<format>(&work.a.in), *b = std::get_if<format>(&work.b.in);
  if (a == nullptr || b == nullptr || !range_of(*a).within(float_range) || !range_of(*b).within(float_range)) return false;
  const bool cut_a = unit->tf32_inputs && *a == binary32, cut_b = unit->tf32_inputs && *b == binary32;
  const int digits = (cut_a ? 11 : a->precision()) + (cut_b ? 11 : b->precision());
  // An addend of another format has another exponent to align by when it is subnormal.
  const bool other_addend = work.out.has_start() && !(std::get<format>(work.problem.c.type) == unit->out);
  if (digits > 24 || other_addend) return false;
  const std::size_t block = static_cast<std::size_t>(unit->rule.group) * (unit->rule.addend_after ? 2 : 1);
  auto how = make_plan(work.problem.order, work.size.k, join_every, block);
  if (how && unit->rule.addend_after) how = split_pairs_plan(std::move(*how), work.size.k, block);
  if (!how) return false;

  if (unit->exact_groups) {
    run(work, exact_group_worker{exact_group_kernels(), unit->rule, work.out.has_start(), work.size.k}, *how, unit->out, {});
    return true;
  }
  unit_worker worker{unit_kernels(), unit->rule, unit->kernel, unit->merge};
  worker.has_start = work.out.has_start();
  worker.left = {true, cut_a, unit->flushes_subnormals, a->min_exponent()};
  worker.right = {false, cut_b, unit->flushes_subnormals, b->min_exponent()};
  worker.right_vectors = &work.b;
  worker.length = work.size.k;
  run(work, worker, *how, unit->out, {});
  return true;
}

void element_route(const batch& work) {
  // Pieces of rows, so that few long rows spread over threads as well.
  constexpr std::size_t piece = 64;
  const std::size_t pieces = panels_of(work.size.n, piece);
  parallel_for(work.threads, work.size.m * pieces, [&](std::size_t task) {
    const std::size_t i = task / pieces, j = task % pieces * piece;
    const std::size_t count = std::min(piece, work.size.n - j);
    work.out.compute(i, j, count);
    work.told.add(count);
  });
}

}  // namespace assay::gemm_kernels
