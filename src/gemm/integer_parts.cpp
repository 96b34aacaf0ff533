#include "integer_parts.hpp"

#include <cmath>
#include <string>

#include <assay/accumulate/dot.hpp>
#include <assay/format/name.hpp>

namespace assay::gemm_kernels {

namespace {

using std::to_string;

std::string name(const element& e) {
  if (const auto* f = std::get_if<format>(&e)) return format_name(*f);
  const auto i = std::get<integer_format>(e);
  return (i.is_signed ? "int" : "uint") + to_string(i.bits);
}

std::string range_text(integer_format f) { return to_string(f.min()) + " to " + to_string(f.max()); }

void check_zero_points(const integer_vector& v, const element& type, std::size_t lines, const char* what) {
  check_one_or_each(v, lines, what);
  const auto f = std::get<integer_format>(type);
  for (std::size_t i = 0; i < v.size; ++i) {
    if (v.values[i] < f.min() || v.values[i] > f.max()) {
      fail(std::string(what) + " number " + to_string(i) + " is " + to_string(v.values[i]) + "; expected a number of " +
           name(type) + ", " + range_text(f));
    }
  }
}

void check_factors(const gemm_requantisation& r, std::size_t n) {
  if (r.by == requantiser::float_scale) {
    check_one_or_each(r.scales, n, "requantisation scales");
    if (r.scales.values == nullptr)
      fail("requantisation by a float scale has no scales; expected 1 or " + to_string(n));
    for (std::size_t j = 0; j < r.scales.size; ++j) {
      if (!std::isfinite(r.scales.values[j])) {
        fail("requantisation scale number " + to_string(j) + " is not finite; expected a finite one");
      }
    }
    if (r.mode == rounding::stochastic) fail("requantisation rounds stochastically; expected another mode");
    return;
  }
  check_one_or_each(r.multipliers, n, "requantisation multipliers");
  check_one_or_each(r.shifts, n, "requantisation shifts");
  if (r.multipliers.values == nullptr || r.shifts.values == nullptr) {
    fail("requantisation by fixed point has no " + std::string(r.shifts.values == nullptr ? "shifts" : "multipliers") +
         "; expected 1 or " + to_string(n));
  }
  constexpr int low = fixed_point_multiplier::lowest_shift, high = fixed_point_multiplier::highest_shift;
  for (std::size_t j = 0; j < r.shifts.size; ++j) {
    if (r.shifts.values[j] < low || r.shifts.values[j] > high) {
      fail("requantisation shift number " + to_string(j) + " is " + to_string(r.shifts.values[j]) + "; expected " +
           to_string(low) + " to " + to_string(high));
    }
  }
}

void check_requantisation(const gemm_problem& p, int accumulator_bits, std::size_t n) {
  const auto* to = std::get_if<integer_format>(&p.d.type);
  if (to == nullptr || to->bits > 32) {
    fail("sums are requantised into " + name(p.d.type) + "; expected an integer format of up to 32 bits");
  }
  if (accumulator_bits > 32) {
    fail("requantised sums have " + to_string(accumulator_bits) + " bits; expected an accumulator of up to 32");
  }
  check_factors(p.requantise, n);
  const requantised_range& r = p.requantise.range;
  if (r.lowest > r.highest || r.lowest > to->max() || r.highest < to->min()) {
    fail("requantised sums are clamped to " + to_string(r.lowest) + " to " + to_string(r.highest) +
         "; expected a range that has numbers of " + name(p.d.type) + ", " + range_text(*to));
  }
}

}  // namespace

bool has_integer_parts(const gemm_problem& p) {
  return p.zero_a.size != 0 || p.zero_b.size != 0 || p.integer_bias.size != 0 || p.zero_a.values || p.zero_b.values ||
         p.integer_bias.values || p.requantise.by != requantiser::none ||
         std::holds_alternative<integer_format>(p.d.type) ||
         (p.c.codes != nullptr && std::holds_alternative<integer_format>(p.c.type));
}

void check_integer_parts(const gemm_problem& p, const shape& s) {
  const auto* with = std::get_if<accumulate::integer>(&p.with);
  if (with == nullptr) {
    fail(
        "zero points, an integer bias, an integer C or D, and requantisation need sums of integers; expected an "
        "integer "
        "accumulator such as integer:32");
  }
  for (const element& input : {p.a.type, p.b.type}) {
    if (!std::holds_alternative<integer_format>(input)) {
      fail("an integer GEMM has an input of " + name(input) + "; expected integers");
    }
  }
  check_zero_points(p.zero_a, p.a.type, s.m, "zero points of A");
  check_zero_points(p.zero_b, p.b.type, s.n, "zero points of B");
  check_one_or_each(p.integer_bias, s.n, "integer bias");
  if (p.c.codes != nullptr) {
    if (p.integer_bias.values != nullptr) fail("sums start from C and from an integer bias; expected one of them");
    if (const auto* c = std::get_if<integer_format>(&p.c.type)) {
      if (c->bits > 32) fail("C is " + name(p.c.type) + "; expected integers of up to 32 bits");
      if (p.c_in_epilogue)
        fail("C is " + name(p.c.type) + " and enters in the epilogue; expected a floating-point C there");
    } else if (!p.c_in_epilogue && !p.block_scales.is_on()) {
      fail("sums of integers start from a C of " + name(p.c.type) + "; expected integers, or c_in_epilogue");
    }
  }
  const auto* d = std::get_if<integer_format>(&p.d.type);
  if (p.requantise.by != requantiser::none) {
    check_requantisation(p, with->bits, s.n);
  } else if (d != nullptr && (!d->is_signed || d->bits < with->bits)) {
    fail("D is " + name(p.d.type) + " and takes sums of " + to_string(with->bits) +
         " bits with a sign; expected a signed format at least as wide, or requantisation");
  }
  if (d != nullptr && has_epilogue(p)) {
    fail("D is " + name(p.d.type) + " and there is an epilogue in binary32; expected a floating-point D");
  }
  const bool integer_c = p.c.codes != nullptr && std::holds_alternative<integer_format>(p.c.type);
  if (p.block_scales.is_on() && (d != nullptr || p.integer_bias.values != nullptr || integer_c)) {
    fail("sums with block scales are in binary32; expected neither an integer bias nor a C or D of integers");
  }
}

std::int64_t integer_sum(const gemm_problem& p, const vectors& a, const vectors& b, std::size_t i, std::size_t j,
                         std::int64_t start) {
  const auto& with = std::get<accumulate::integer>(p.with);
  const std::int64_t zero_a = element_of(p.zero_a, i), zero_b = element_of(p.zero_b, j);
  const code_vector left = one_vector(a, i), right = one_vector(b, j);
  const auto number = [](std::uint64_t code, const element& type, std::int64_t zero) {
    const auto f = std::get<integer_format>(type);
    const int unused = 64 - f.bits;
    code <<= unused;
    const std::int64_t x =
        f.is_signed ? static_cast<std::int64_t>(code) >> unused : static_cast<std::int64_t>(code >> unused);
    return accumulate::read(x - zero);
  };
  using state = accumulate::integer::state;
  const auto push = [&](state& s, std::size_t k) {
    with.multiply_add(s, number(left[k], a.in, zero_a), number(right[k], b.in, zero_b));
  };
  accumulate::walk<accumulate::integer, decltype(push)> walk(with, a.length, accumulate::read(start), push);
  return with.integer_value(std::visit(walk, p.order));
}

}  // namespace assay::gemm_kernels
