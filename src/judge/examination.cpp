#include "examination.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <stdexcept>
#include <tuple>

#include <assay/format/containment.hpp>
#include <assay/format/name.hpp>
#include <assay/number/convert.hpp>
#include <assay/reference/truth_of.hpp>

#include "flushed_inputs.hpp"

namespace assay::detail {
namespace {

/// The largest finite magnitude of a tensor: codes of one sign are ordered as their values.
double largest_magnitude(const tensor& x) {
  const format f = x.type().layout;
  const std::uint64_t mask = f.magnitude_mask(), top = f.max_finite_code();
  std::uint64_t most = 0;
  const auto scan = [&](auto word) {
    using code = decltype(word);
    const auto* codes = reinterpret_cast<const code*>(x.bytes().data());
    const auto magnitudes = static_cast<code>(mask), last = static_cast<code>(top);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const auto magnitude = static_cast<code>(codes[i] & magnitudes);
      word = magnitude <= last ? std::max(word, magnitude) : word;
    }
    most = word;
  };
  switch (x.type().bytes()) {
    case 1: scan(std::uint8_t{}); break;
    case 2: scan(std::uint16_t{}); break;
    case 4: scan(std::uint32_t{}); break;
    default: scan(std::uint64_t{});
  }
  return std::abs(to_double(most, f));
}

double most_of(const kernel_call& call, std::initializer_list<std::string_view> names) {
  double most = 0;
  for (const input_info& in : call.info().inputs) {
    if (std::find(names.begin(), names.end(), in.name) == names.end() || !call.has_input(in.name)) continue;
    most = std::max(most, largest_magnitude(call.input(in.name)));
  }
  return most;
}

/// The two factors' formats of a kernel that sums products of inputs.
std::pair<format, format> factor_formats(const kernel_call& call) {
  std::vector<format> all;
  for (const input_info& in : call.info().inputs) {
    const bool factor = in.name == "a" || in.name == "b" || in.name == "x" || in.name == "weight" || in.name == "dy" ||
                        in.name == "q" || in.name == "k" || in.name == "v" || in.name == "w_ih" || in.name == "w_hh";
    if (factor && call.has_input(in.name)) all.push_back(call.input(in.name).type().layout);
  }
  format widest = binary32;
  if (all.empty()) return {widest, widest};
  if (call.name() == "dot" || call.name() == "gemm") return {all[0], all[1]};
  widest = all[0];
  for (const format f : all) {
    if (!holds_all_of(widest, f)) widest = holds_all_of(f, widest) ? f : binary64;
  }
  return {widest, widest};
}

/// How sums may err, of products of inputs or of what the kernel computes in the claim's compute format.
sum_errors::settings sums_of(const court& c, const kernel_call& part_call, format compute, conversion how) {
  const std::string_view kernel = c.call.name();
  const double least_normal = std::ldexp(1.0, compute.min_exponent());
  sum_errors::settings sums;
  sums.all = c.claimed.all_accumulators(c.call.storage_format());
  std::tie(sums.left, sums.right) = factor_formats(part_call);
  if ((kernel == "dot" || kernel == "gemm") && part_call.has_input("c")) {
    sums.addend = part_call.input("c").type().layout;
  }
  sums.most_left = most_of(part_call, {"a", "x", "q"});
  sums.most_right = most_of(part_call, {"b", "weight", "k"});
  sums.flushed = 2 * least_normal * (1 + most_of(part_call, {"dy", "v", "weight"}));
  if (kernel == "all_reduce" || kernel == "reduce_scatter") {
    // Ranks that send partial sums add them in the compute format.
    sums.all.push_back(accumulate::floating{compute, how, accumulate::multiplication::rounded});
  }
  // A plain product's sums are stored as they are.
  if (kernel == "dot" || kernel == "gemm" || kernel == "gemm_backward") return sums;
  const auto fits = [&](const accumulator& a) { return holds_sums_of(compute, a); };
  if (!std::all_of(sums.all.begin(), sums.all.end(), fits)) {
    sums.total = rounding_error::of(compute, how);
  } else if (flushes_outputs(how.on_subnormal)) {
    sums.total.eta = least_normal;
  }
  return sums;
}

/// Magnitudes below which an accumulator may take an input for zero: 0 where none does.
double flushed_factors_below(const sum_errors::settings& sums, const kernel_call& part_call, format compute) {
  if (!std::any_of(sums.all.begin(), sums.all.end(), takes_subnormals_for_zeros)) return 0;
  int exponent = compute.min_exponent();
  for (const auto& [name, x] : part_call.inputs()) {
    if (x.type().is_floating()) exponent = std::max(exponent, x.type().layout.min_exponent());
  }
  return std::ldexp(1.0, exponent);
}

/// The least normal number of what results are stored from.
double least_computed(const court& c) {
  return std::ldexp(1.0, c.claimed.base.resolved(c.call.storage_format()).compute->min_exponent());
}

}  // namespace

conversion court::store() const {
  conversion how = claimed.base.to_how;
  if (how.mode == rounding::stochastic) how.mode = rounding::ties_to_even;
  return how;
}

bound_function court::bound() const {
  if (const bound_function of = find_bound(call.name())) return of;
  throw std::invalid_argument("there is no bound for " + std::string(call.name()) +
                              " yet; only exact claims can be judged");
}

bool court::correctly_rounded() const { return claimed.exact && claimed.name.starts_with("correctly-rounded"); }

std::optional<roundings> court::roundings_for(const kernel_call& part_call) const {
  if (correctly_rounded()) return std::nullopt;
  const format storage = call.storage_format();
  const arithmetic base = claimed.base.resolved(storage);
  roundings::settings s;
  s.compute = *base.compute;
  s.storage = storage;
  s.how = base.how;
  s.load = base.load;
  s.function_ulps = claimed.function_ulps;
  s.lambda = statistical ? lambda : 1e100;
  for (const auto& [name, x] : part_call.inputs()) {
    if (x.type().is_floating() && !holds_all_of(s.compute, x.type().layout)) s.exact_loads = false;
  }
  if (claimed.operand && !holds_all_of(*claimed.operand, s.compute)) {
    const bool products = call.name() == "attention";
    bool inputs_fit = true;
    for (const auto& [name, x] : part_call.inputs()) {
      if (x.type().is_floating() && !holds_all_of(*claimed.operand, x.type().layout)) inputs_fit = false;
    }
    if (products || !inputs_fit) s.operand = rounding_error::of(*claimed.operand, {});
  }
  if (flushes_inputs(s.how.on_subnormal)) s.flushed_below = std::ldexp(1.0, s.compute.min_exponent());
  sum_errors::settings sums = sums_of(*this, part_call, s.compute, s.how);
  s.flushed_factors_below = flushed_factors_below(sums, part_call, s.compute);
  return roundings(s, sum_errors(std::move(sums)));
}

std::int64_t ordered(std::uint64_t code, format f) {
  const auto magnitude = static_cast<std::int64_t>(code & f.magnitude_mask());
  return (code & f.sign_mask()) != 0 ? -magnitude : magnitude;
}

void clamp_whole_numbers(const claim& claimed, tensor& results) {
  if (!claimed.whole_numbers) return;
  const auto [low, high] = *claimed.whole_numbers;
  // A code's magnitude is the number's.
  for (std::size_t i = 0; i < results.size(); ++i) {
    const std::int64_t n = std::clamp(ordered(results[i], whole_number_format), low, high);
    results.set(
        i, n < 0 ? static_cast<std::uint64_t>(-n) | whole_number_format.sign_mask() : static_cast<std::uint64_t>(n));
  }
}

namespace {

/// Clamping keeps the order of numbers and its ends are whole: it may come before the rounding or behind it.
void clamp_truth(const claim& claimed, reference::truth& t) {
  if (!claimed.whole_numbers) return;
  clamp_whole_numbers(claimed, t.value);
  const auto low = static_cast<double>(claimed.whole_numbers->low),
             high = static_cast<double>(claimed.whole_numbers->high);
  for (tensor* bound : {&t.lower, &t.upper}) {
    for (std::size_t i = 0; i < bound->size(); ++i) {
      bound->set(i, std::bit_cast<std::uint64_t>(std::clamp(double_at(*bound, i), low, high)));
    }
  }
}

}  // namespace

examined_result::examined_result(const court& c, reference::truth t, error_bounds b, format output)
    : output_(output),
      store_(c.store()),
      any_rounding_(c.any_rounding()),
      stored_as_zero_below_(flushes_inputs(store_.on_subnormal) ? least_computed(c) : 0),
      moves_(c.call.name() == "convert" || c.call.name() == "embedding"),
      smallest_normal_(std::ldexp(1.0, output.min_exponent())),
      clamp_(c.claimed.whole_numbers),
      truth_(std::move(t)),
      bounds_(std::move(b)) {}

double examined_result::lower(std::size_t i) const { return double_at(truth_.lower, i); }
double examined_result::upper(std::size_t i) const { return double_at(truth_.upper, i); }
double examined_result::center(std::size_t i) const {
  const double low = lower(i), high = upper(i);
  return low == high ? low : low / 2 + high / 2;
}
double examined_result::scale(std::size_t i) const { return truth_.scale.size() == 0 ? 0 : double_at(truth_.scale, i); }

double examined_result::ulp(std::size_t i) const {
  const auto field = static_cast<int>(std::bit_cast<std::uint64_t>(center(i)) >> 52 & 0x7ff);
  const int exponent = field == 0x7ff ? output_.min_exponent() : field - 1023;
  const int place = std::clamp(exponent, output_.min_exponent(), output_.max_exponent()) - output_.fraction_bits;
  if (place < -1022) return std::ldexp(1.0, place);
  return std::bit_cast<double>(static_cast<std::uint64_t>(place + 1023) << 52);
}

double examined_result::value(std::uint64_t code) const {
  if (output_ == binary32) return std::bit_cast<float>(static_cast<std::uint32_t>(code));
  if (output_ == bfloat16) return std::bit_cast<float>(static_cast<std::uint32_t>(code << 16));
  if (output_ == binary64) return std::bit_cast<double>(code);
  return to_double(code, output_);
}

double examined_result::share_of(std::size_t i, double value, double error) const {
  const double step = std::max(ulp(i), std::ldexp(std::abs(value), -output_.fraction_bits));
  return std::min(1.0, std::abs(value - center(i)) / (error + (any_rounding_ ? 1 : 0.5) * step));
}

allowed_codes examined_result::allowed(std::size_t i, bool worst) const {
  allowed_codes a;
  const double e = worst ? worst_error(i) : error(i), l = lower(i), u = upper(i);
  // A step outward: what adding in double may lose.
  const double step = e == 0 ? 0 : (std::max(std::abs(l), std::abs(u)) + e) * 0x1p-52 + 0x1p-1074;
  conversion to_low = store_, to_high = store_;
  if (any_rounding_) {
    to_low.mode = rounding::downward;
    to_high.mode = rounding::upward;
  }
  const auto stored = [&](double value, conversion how) {
    return convert(std::abs(value) < stored_as_zero_below_ ? 0 * value : value, output_, how).code;
  };
  const std::uint64_t low = stored(l - e - step, to_low), high = stored(u + e + step, to_high);
  a.anything = !std::isfinite(e);
  const auto top = static_cast<std::int64_t>(output_.max_finite_code());
  // A format without infinities overflows to NaN, which has no place in the order.
  const bool low_nan = output_.is_nan_code(low), high_nan = output_.is_nan_code(high);
  a.nan = low_nan || high_nan;
  a.low = low_nan ? (output_.is_signed() ? -top : 0) : ordered(low, output_);
  a.high = high_nan ? top : ordered(high, output_);
  if (clamp_) {
    a.low = std::clamp(a.low, clamp_->low, clamp_->high);
    a.high = std::clamp(a.high, clamp_->low, clamp_->high);
  }
  // Where both ends overflow to one side there is no number in between.
  if (low_nan && high_nan && (l - e > 0 || u + e < 0)) {
    a.low = 1;
    a.high = 0;
  }
  return a;
}

bool examined_result::within_worst(std::size_t i, std::uint64_t got) const {
  if (!(worst_error(i) > error(i))) return false;
  const allowed_codes a = allowed(i, true);
  return a.anything || (ordered(got, output_) >= a.low && ordered(got, output_) <= a.high);
}

double examined_result::distance(std::size_t i, std::uint64_t got) const {
  const double v = value(got), low = lower(i);
  if (std::isfinite(v) && std::isfinite(low)) return (v - center(i)) / ulp(i);
  return (got == truth_code(i) && !std::isfinite(v)) || (std::isnan(low) && std::isnan(v))
             ? 0
             : std::numeric_limits<double>::quiet_NaN();
}

finding examined_result::judge(std::size_t i, std::uint64_t got, double& share) const {
  share = 0;
  const std::uint64_t due = truth_code(i);
  if (got == due) return finding::fine;
  // Nearly all honest results lie within the bound of the real value even as they are stored. Storing does not change
  // what the format holds, but for subnormal numbers, and keeps the order of numbers: so the claim allows them.
  const double v = this->value(got), e = error(i);
  if (v >= lower(i) - e && v <= upper(i) + e && std::abs(v) >= smallest_normal_ && std::isfinite(v) &&
      std::isfinite(e) && !moves_) {
    share = share_of(i, v, e);
    return finding::fine;
  }
  const auto value = decode(got, output_), expected = decode(due, output_);
  const double low = lower(i);
  if (std::isnan(low)) return value.is_nan() ? finding::fine : finding::number_for_a_nan;
  if (std::isinf(low)) {
    if (expected.is_nan()) return value.is_nan() ? finding::fine : finding::number_for_a_nan;
    if (value.is_nan()) return finding::nan_for_a_number;
    if (value.is_infinite()) return expected.is_infinite() ? finding::infinity_of_wrong_sign : finding::not_saturated;
    if (expected.is_infinite()) return finding::number_for_an_infinity;
    return finding::beyond_bound;
  }
  if (moves_ && !any_rounding_) {  // nothing may err: bits, but for NaN's
    if (value.is_nan()) return expected.is_nan() ? finding::fine : finding::nan_for_a_number;
    if (expected.is_nan()) return finding::saturated;
    if (value.is_zero() && expected.is_zero()) return finding::other_zero;
  }
  const allowed_codes a = allowed(i);
  if (a.anything) return finding::fine;
  if (value.is_nan()) return a.nan ? finding::fine : finding::nan_for_a_number;
  const std::int64_t place = ordered(got, output_);
  if (place >= a.low && place <= a.high) {
    // An infinity that is allowed has no distance.
    if (!value.is_infinite()) share = share_of(i, v, e);
    // Zeros compare equal: a sum that cancels may give either.
    return finding::fine;
  }
  share = std::max(1.0, std::abs(v - center(i)) / (e + 0.5 * ulp(i)));
  if (value.is_infinite()) {
    share = HUGE_VAL;
    if (expected.is_infinite()) return finding::infinity_of_wrong_sign;
    const bool saturates = store_.on_overflow == overflow::saturate_finite;
    return saturates && (value.negative ? a.low == -static_cast<std::int64_t>(output_.max_finite_code())
                                        : a.high == static_cast<std::int64_t>(output_.max_finite_code()))
               ? finding::not_saturated
               : finding::infinity_for_a_number;
  }
  const bool is_largest = (got & output_.magnitude_mask()) == output_.max_finite_code();
  if (is_largest && (expected.is_infinite() || expected.is_nan())) return finding::saturated;
  if (expected.is_nan()) return finding::number_for_a_nan;
  if (expected.is_infinite()) return finding::number_for_an_infinity;
  return finding::beyond_bound;
}

std::vector<reference::truth> truths_of(const court& c, const kernel_call& part_call, bool scales) {
  reference::request want;
  want.how = c.store();
  want.enclosure = true;
  want.scales = scales && !c.claimed.whole_numbers;
  want.threads = c.threads;
  want.to = c.outputs.empty() ? binary32 : c.outputs.front();
  const std::optional<kernel_call> flushed = with_flushed_inputs(c.claimed, part_call);
  const kernel_call& call = flushed ? *flushed : part_call;
  std::vector<reference::truth> truths = reference::truth_of(call, want);
  // Results of another format than the first are asked for again.
  for (std::size_t r = 1; r < truths.size() && r < c.outputs.size(); ++r) {
    if (c.outputs[r] == want.to || truths[r].value.size() == 0) continue;
    reference::request other = want;
    other.to = c.outputs[r];
    truths[r] = std::move(reference::truth_of(call, other)[r]);
  }
  for (reference::truth& t : truths) clamp_truth(c.claimed, t);
  return truths;
}

std::vector<examined_result> with_bounds(const court& c, const std::optional<roundings>& how,
                                         const kernel_call& part_call, std::vector<reference::truth> truths) {
  std::vector<error_bounds> bounds(truths.size());
  if (how) {
    const std::optional<kernel_call> flushed = with_flushed_inputs(c.claimed, part_call);
    bounds = c.bound()({flushed ? *flushed : part_call, truths, *how, c.claimed});
    bounds.resize(truths.size());
  }
  std::vector<examined_result> all;
  for (std::size_t r = 0; r < truths.size(); ++r) {
    all.emplace_back(c, std::move(truths[r]), std::move(bounds[r]),
                     r < c.outputs.size() ? c.outputs[r] : truths[r].value.type().layout);
  }
  return all;
}

std::vector<examined_result> examine(const court& c, const kernel_call& part_call) {
  return with_bounds(c, c.roundings_for(part_call), part_call, truths_of(c, part_call, true));
}

}  // namespace assay::detail
