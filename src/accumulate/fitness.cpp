// What an accumulator can take: everything is checked before any work.
#include <assay/accumulate/accumulator.hpp>
#include <assay/format/name.hpp>

namespace assay {

namespace {

using namespace accumulate;

struct request {
  element left, right;
  std::optional<format> addend;
  std::size_t n;
};

std::string name(const element& e) {
  if (const auto* f = std::get_if<format>(&e)) return format_name(*f);
  const integer_format i = std::get<integer_format>(e);
  return (i.is_signed ? "int" : "uint") + std::to_string(i.bits);
}

/// A format that sums can be kept in: with a sign and a zero.
std::string unfit_sum_format(format f) {
  if (!f.is_valid())
    return "the accumulator's format is not valid; expected 1 to 11 exponent and 0 to 52 fraction bits";
  if (!f.is_signed()) return "sums cannot be kept in " + format_name(f) + "; expected a format with a sign and a zero";
  return {};
}

std::string unfit(const floating& a, const request&) {
  if (!a.how.is_valid())
    return "stochastic rounding takes " + std::to_string(a.how.random_bits) + " bits; expected 1 to 32";
  return unfit_sum_format(a.in);
}

std::string unfit(const compensated& a, const request&) {
  if (a.mode == rounding::stochastic) return "a compensated sum cannot round stochastically; expected another mode";
  return unfit_sum_format(a.in);
}

std::string unfit(const aligned& a, const request&) {
  if (a.group < 1 || a.group > aligned::max_group) {
    return "an aligned group has " + std::to_string(a.group) + " products; expected 1 to " +
           std::to_string(aligned::max_group);
  }
  if (a.fraction_bits < 0 || a.fraction_bits > aligned::max_fraction_bits) {
    return "an aligned addition keeps " + std::to_string(a.fraction_bits) + " fraction bits; expected 0 to " +
           std::to_string(aligned::max_fraction_bits);
  }
  if (std::string why = unfit_sum_format(a.out); !why.empty()) return why;
  if (std::string why = unfit_sum_format(a.kept); !why.empty()) return why;
  if (!a.is_valid()) {
    return "an aligned addition rounded to " + format_name(a.kept) + " for output as " + format_name(a.out) +
           "; expected a rounded format that the output format contains, and no stochastic mode";
  }
  return {};
}

std::string takes_text(const matrix_unit& row) {
  std::string text = format_name(row.input);
  if (row.input == tf32) text += " (or binary32, cut to it)";
  if (row.mix == input_mix::fp8) text = "e4m3fn or e5m2";
  if (row.mix == input_mix::fp8_fp6_fp4) text = "e4m3fn, e5m2, e3m2fn, e2m3fn or e2m1fn";
  return text;
}

std::string unfit(const unit& a, const request& r) {
  for (const element& e : {r.left, r.right}) {
    const auto* f = std::get_if<format>(&e);
    if (f == nullptr || !a.row.takes(*f)) {
      return "unit " + std::string(a.row.name) + " does not take " + name(e) + "; expected " + takes_text(a.row);
    }
  }
  if (r.addend && *r.addend != a.row.output()) {
    return "unit " + std::string(a.row.name) + " does not take an addend of " + format_name(*r.addend) + "; expected " +
           format_name(a.row.output());
  }
  return {};
}

std::string unfit(const fixed& a, const request&) {
  if (a.is_valid()) return {};
  return "a fixed-point sum of " + std::to_string(a.integer_bits) + " integer and " + std::to_string(a.fraction_bits) +
         " fraction bits; expected 1 to 63 in all (a sign bit is added), and no stochastic mode";
}

std::string unfit(const integer& a, const request& r) {
  if (a.bits < 8 || a.bits > 64) {
    return "an integer accumulator of " + std::to_string(a.bits) + " bits; expected 8 to 64";
  }
  if (a.group < 1 || a.group > 1024) return "a group of " + std::to_string(a.group) + " products; expected 1 to 1024";
  if (a.group_bits != 0 && (a.group_bits < 8 || a.group_bits > 64)) {
    return "a group sum of " + std::to_string(a.group_bits) + " bits; expected 8 to 64, or 0 for an exact one";
  }
  const auto is_whole = [](const element& e) {
    if (const auto* i = std::get_if<integer_format>(&e)) return i->bits <= 32;
    return std::get<format>(e).min_ulp_exponent() >= 0;
  };
  for (const element& e : {r.left, r.right}) {
    if (!is_whole(e)) return "an integer accumulator does not take " + name(e) + "; expected integers of up to 32 bits";
  }
  return {};
}

std::string unfit(const exact& a, const request& r) {
  if (r.n >= std::size_t{1} << 31) {
    return "an exact sum of " + std::to_string(r.n) + " products; expected fewer than 2^31";
  }
  const auto as_format = [](const element& e) {
    const auto* f = std::get_if<format>(&e);
    return f != nullptr ? *f : format{7, 52, -51};  // multiples of 1, up to beyond 64 bits
  };
  const bool holds = a.holds_products(as_format(r.left), as_format(r.right));
  if (holds && (!r.addend || a.holds_numbers(*r.addend))) return {};
  return "an exact sum from 2^" + std::to_string(a.lowest_exponent) + " up does not hold products of " + name(r.left) +
         " and " + name(r.right) + (r.addend ? " with an addend of " + format_name(*r.addend) : "") +
         "; expected another lowest exponent";
}

std::string unfit(const promotion& a, const request& r) {
  if (a.every < 1) return "promotion every " + std::to_string(a.every) + " products; expected 1 or more";
  const auto why_of = [](const plain& x, const request& q) {
    return std::visit([&](const auto& y) { return unfit(y, q); }, x.which);
  };
  if (std::string why = why_of(a.inner, {r.left, r.right, std::nullopt, r.n}); !why.empty()) return why;
  const format carried = carrier_of(a.inner);
  if (std::holds_alternative<integer>(a.outer.which)) {
    if (std::holds_alternative<integer>(a.inner.which)) return why_of(a.outer, {int8, int8, r.addend, r.n});
    return "promotion into an integer accumulator; expected an integer one before it";
  }
  return why_of(a.outer, {carried, carried, r.addend, r.n});
}

}  // namespace

std::string unfit_accumulator(const accumulator& a, element left, element right, std::optional<format> addend,
                              std::size_t n) {
  return std::visit([&](const auto& x) { return unfit(x, request{left, right, addend, n}); }, a);
}

}  // namespace assay
