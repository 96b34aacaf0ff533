#include "examination.hpp"

#include <bit>
#include <cmath>
#include <stdexcept>

#include <assay/bulk/convert.hpp>
#include <assay/format/name.hpp>
#include <assay/judge/dot_bound.hpp>
#include <assay/number/convert.hpp>
#include <assay/reference/truth_of.hpp>

namespace assay::detail {
namespace {

std::span<const double> as_doubles(const tensor& t) {
  return {reinterpret_cast<const double*>(t.bytes().data()), t.size()};
}

/// The largest finite magnitude of a tensor: codes of one sign are ordered as their values.
double largest_magnitude(const tensor& x) {
  const format f = x.type().layout;
  const std::uint64_t mask = f.magnitude_mask(), top = f.max_finite_code();
  std::uint64_t most = 0;
  const auto scan = [&](auto word) {
    const auto* codes = reinterpret_cast<const decltype(word)*>(x.bytes().data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const std::uint64_t magnitude = codes[i] & mask;
      most = magnitude <= top ? std::max(most, magnitude) : most;
    }
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

format first_format(const kernel_call& call) {
  for (const input_info& in : call.info().inputs) {
    if (in.elements == input_info::kind::real && call.has_input(in.name)) return call.input(in.name).type().layout;
  }
  return binary32;
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

void store_doubles(std::span<const double> values, tensor& into, conversion how) {
  std::byte* data = into.bytes().data();
  const format f = into.type().layout;
  const std::size_t n = into.size();
  switch (into.type().bytes()) {
    case 1: convert(values, std::span(reinterpret_cast<std::uint8_t*>(data), n), f, how); break;
    case 2: convert(values, std::span(reinterpret_cast<std::uint16_t*>(data), n), f, how); break;
    case 4: convert(values, std::span(reinterpret_cast<std::uint32_t*>(data), n), f, how); break;
    default: convert(values, std::span(reinterpret_cast<std::uint64_t*>(data), n), f, how);
  }
}

}  // namespace

conversion court::store() const {
  conversion how = claimed.base.to_how;
  if (how.mode == rounding::stochastic) how.mode = rounding::ties_to_even;
  return how;
}

bool court::correctly_rounded() const { return claimed.exact && claimed.name.starts_with("correctly-rounded"); }

roundings court::roundings_for(const kernel_call& part_call) const {
  const format storage = first_format(call);
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
  const auto [left, right] = factor_formats(part_call);
  return roundings(s, sum_errors(claimed.all_accumulators(storage), left, right, most_of(part_call, {"a", "x", "q"}),
                                 most_of(part_call, {"b", "weight", "k"})));
}

std::int64_t ordered(std::uint64_t code, format f) {
  const auto magnitude = static_cast<std::int64_t>(code & f.magnitude_mask());
  return (code & f.sign_mask()) != 0 ? -magnitude : magnitude;
}

examined_result::examined_result(const court& c, reference::truth t, error_bounds b, format output)
    : output_(output),
      store_(c.store()),
      any_rounding_(c.any_rounding()),
      moves_(c.call.name() == "convert" || c.call.name() == "embedding"),
      truth_(std::move(t)),
      bounds_(std::move(b)) {
  prepare();
}

double examined_result::lower(std::size_t i) const { return double_at(truth_.lower, i); }
double examined_result::upper(std::size_t i) const { return double_at(truth_.upper, i); }
double examined_result::center(std::size_t i) const {
  const double low = lower(i), high = upper(i);
  return low == high ? low : low / 2 + high / 2;
}
double examined_result::scale(std::size_t i) const { return truth_.scale.size() == 0 ? 0 : double_at(truth_.scale, i); }

double examined_result::ulp(std::size_t i) const {
  const double x = std::abs(center(i));
  const int exponent = x > 0 && std::isfinite(x) ? std::ilogb(x) : output_.min_exponent();
  return std::ldexp(1.0, std::clamp(exponent, output_.min_exponent(), output_.max_exponent()) - output_.fraction_bits);
}

void examined_result::prepare() {
  std::vector<double> down(size()), up(size());
  const std::span<const double> lows = as_doubles(truth_.lower), highs = as_doubles(truth_.upper);
  for (std::size_t i = 0; i < size(); ++i) {
    const double e = bounds_.worst.empty() ? 0 : bounds_.likely[i], l = lows[i], u = highs[i];
    // A step outward: what subtracting in double may lose.
    const double step = e == 0 ? 0 : (std::max(std::abs(l), std::abs(u)) + e) * 0x1p-52 + 0x1p-1074;
    down[i] = l - e - step;
    up[i] = u + e + step;
  }
  low_ = tensor(element_type::of(output_), truth_.value.shape());
  high_ = low_;
  conversion to_low = store_, to_high = store_;
  if (any_rounding_) {
    to_low.mode = rounding::downward;
    to_high.mode = rounding::upward;
  }
  store_doubles(down, low_, to_low);
  store_doubles(up, high_, to_high);
}

allowed_codes examined_result::allowed(std::size_t i, bool worst) const {
  allowed_codes a;
  std::uint64_t low = low_[i], high = high_[i];
  if (worst) {
    const double e = worst_error(i);
    conversion to_low = store_, to_high = store_;
    if (any_rounding_) {
      to_low.mode = rounding::downward;
      to_high.mode = rounding::upward;
    }
    low = convert(std::nextafter(lower(i) - e, -HUGE_VAL), output_, to_low).code;
    high = convert(std::nextafter(upper(i) + e, HUGE_VAL), output_, to_high).code;
  }
  a.anything = !std::isfinite(worst ? worst_error(i) : error(i));
  const auto top = static_cast<std::int64_t>(output_.max_finite_code());
  // A format without infinities overflows to NaN, which has no place in the order.
  const bool low_nan = output_.is_nan_code(low), high_nan = output_.is_nan_code(high);
  a.nan = low_nan || high_nan;
  a.low = low_nan ? (output_.is_signed() ? -top : 0) : ordered(low, output_);
  a.high = high_nan ? top : ordered(high, output_);
  // Where both ends overflow there is no number in between.
  if (low_nan && high_nan) {
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

std::vector<double> examined_result::distances(const tensor& got) const {
  std::vector<double> all = doubles(got);
  const std::span<const double> lows = as_doubles(truth_.lower), highs = as_doubles(truth_.upper);
  const std::int64_t least = output_.min_exponent(), most = output_.max_exponent();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double center = lows[i] == highs[i] ? lows[i] : lows[i] / 2 + highs[i] / 2;
    const auto field = static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(center) >> 52 & 0x7ff) - 1023;
    const std::int64_t ulp_exponent = std::clamp(field, least, most) - output_.fraction_bits;
    // Infinities and NaNs give NaN; 2^-ulp_exponent would leave double's range only for binary64 itself.
    all[i] = ulp_exponent > -1000 && ulp_exponent < 1000
                 ? (all[i] - center) * std::bit_cast<double>(static_cast<std::uint64_t>(1023 - ulp_exponent) << 52)
                 : (all[i] - center) / std::ldexp(1.0, static_cast<int>(ulp_exponent));
  }
  return all;
}

double examined_result::distance(std::size_t i, std::uint64_t got) const {
  const auto value = decode(got, output_);
  const double low = lower(i);
  if (got == truth_code(i) && !value.is_finite()) return 0;
  if (std::isnan(low) && value.is_nan()) return 0;
  if (!std::isfinite(low) || !value.is_finite()) return std::numeric_limits<double>::quiet_NaN();
  return (to_double(got, output_) - center(i)) / ulp(i);
}

finding examined_result::judge(std::size_t i, std::uint64_t got, double& share) const {
  share = 0;
  const std::uint64_t due = truth_code(i);
  if (got == due) return finding::fine;
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
    if (!value.is_infinite()) {
      const double v = to_double(got, output_);
      const double step = std::max(ulp(i), std::ldexp(std::abs(v), -output_.fraction_bits));
      share = std::min(1.0, std::abs(v - center(i)) / (error(i) + (any_rounding_ ? 1 : 0.5) * step));
    }
    // Zeros compare equal: a sum that cancels may give either.
    return finding::fine;
  }
  const double center_value = center(i), reach = error(i) + 0.5 * ulp(i);
  share = std::max(1.0, std::abs(to_double(got, output_) - center_value) / reach);
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

std::vector<examined_result> examine(const court& c, const kernel_call& part_call) {
  std::vector<examined_result> all;
  reference::request want;
  want.how = c.store();
  want.enclosure = true;
  want.scales = true;
  want.threads = c.threads;
  want.to = c.outputs.empty() ? binary32 : c.outputs.front();
  std::vector<reference::truth> truths = reference::truth_of(part_call, want);
  // Results of another format than the first are asked for again.
  for (std::size_t r = 1; r < truths.size() && r < c.outputs.size(); ++r) {
    if (c.outputs[r] == want.to || truths[r].value.size() == 0) continue;
    reference::request other = want;
    other.to = c.outputs[r];
    truths[r] = std::move(reference::truth_of(part_call, other)[r]);
  }
  std::vector<error_bounds> bounds(truths.size());
  if (!c.correctly_rounded()) {
    const bound_function of = find_bound(part_call.name());
    if (of == nullptr) {
      throw std::invalid_argument("there is no bound for " + std::string(part_call.name()) +
                                  " yet; only exact claims can be judged");
    }
    const roundings how = c.roundings_for(part_call);
    bounds = of({part_call, truths, how, c.claimed});
    bounds.resize(truths.size());
  }
  for (std::size_t r = 0; r < truths.size(); ++r) {
    all.emplace_back(c, std::move(truths[r]), std::move(bounds[r]), r < c.outputs.size() ? c.outputs[r] : want.to);
  }
  return all;
}

}  // namespace assay::detail
