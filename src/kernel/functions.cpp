// Function models: as text, and evaluated.
#include <assay/kernel/functions.hpp>

#include <cmath>
#include <limits>

#include <assay/accumulate/operand.hpp>
#include <assay/kernel/quick_functions.hpp>
#include <assay/number/convert.hpp>

#include "accumulate/words.hpp"
#include "wide_functions.hpp"

namespace assay {

namespace {

rounded correctly_rounded(elementary f, encoded x, format out, conversion how, std::uint32_t random) {
  if (has_elementary_functions(x.in) && has_elementary_functions(out)) return evaluate(f, x, out, how, random);
  const auto v = detail::operand<std::uint64_t>(x, how);
  if (out.precision() <= 24 && how.mode != rounding::stochastic && v.kind == value_class::finite &&
      x.in.precision() <= 53) {
    // Both ends of an interval that holds f(x), when they are the same code, settle it.
    const double y = kernel::quick_value(f, std::bit_cast<double>(round_to_format(v, binary64).code));
    if (std::abs(y) > 0x1p-1000 && std::abs(y) < 0x1p1000) {
      const rounded low = round_to_format(decode(y * (1 - kernel::quick_error)), out, how);
      const rounded high = round_to_format(decode(y * (1 + kernel::quick_error)), out, how);
      if (low.code == high.code) return low;
    }
  }
  return detail::finish(kernel::wide_value(f, v), out, how, random);
}

rounded approximate(const function_model& model, elementary f, encoded x, format out, conversion how,
                    std::uint32_t random) {
  if (model.flushes_subnormals) {
    how.on_subnormal = subnormals::flush_both;
    if (is_subnormal_in(decode(x.code, x.in), x.in)) x.code &= x.in.sign_mask();
  }
  // Far below the model's own error the quick value is as good as the right one.
  double y = model.relative_error > 0x1p-34 ? kernel::quick_value(f, to_double(x.code, x.in)) : 0;
  if (!(std::abs(y) > 0x1p-1000 && std::abs(y) < 0x1p1000)) {
    y = to_double(correctly_rounded(f, x, binary64, {}, 0).code, binary64);
  }
  const std::uint64_t word = accumulate::stream_word(static_cast<std::uint64_t>(f), x.code);
  const double share = static_cast<double>(static_cast<std::int64_t>(word)) * 0x1p-63;  // -1 to 1
  return convert(y * (1 + model.relative_error * share), out, how, random);
}

/// Between the two nearest operands of table_bits digits, a straight line.
rounded interpolated(const function_model& model, elementary f, encoded x, format out, conversion how,
                     std::uint32_t random) {
  const double v = to_double(x.code, x.in);
  const auto exact_at = [&](double at) {
    return to_double(correctly_rounded(f, encode(at), binary64, {}, 0).code, binary64);
  };
  if (!std::isfinite(v) || v == 0) return convert(exact_at(v), out, how, random);
  int exponent = 0;
  std::frexp(v, &exponent);
  const double step = std::ldexp(1.0, exponent - model.table_bits);
  const double low = std::floor(v / step) * step;
  const double share = (v - low) / step;
  const double y = share == 0 ? exact_at(low) : exact_at(low) * (1 - share) + exact_at(low + step) * share;
  return convert(y, out, how, random);
}

}  // namespace

rounded evaluate(const function_model& model, elementary f, encoded x, format out, conversion how,
                 std::uint32_t random) {
  switch (model.what) {
    case function_model::kind::correctly_rounded: break;
    case function_model::kind::approximate: return approximate(model, f, x, out, how, random);
    case function_model::kind::table: return interpolated(model, f, x, out, how, random);
    case function_model::kind::custom: return convert(model.call(f, to_double(x.code, x.in)), out, how, random);
  }
  return correctly_rounded(f, x, out, how, random);
}

function_model parse_functions(std::string_view text) {
  const auto pieces = words::split(text, ":,");
  const auto fail = [&](std::string_view found, const std::string& expected) {
    words::fail("functions", text, found, expected);
  };
  function_model m;
  std::size_t most = 1;
  if (pieces[0] == "correctly_rounded") {
    m.what = function_model::kind::correctly_rounded;
  } else if (pieces[0] == "approximate") {
    m.what = function_model::kind::approximate;
    most = 3;
    if (pieces.size() < 2) fail("nothing more", "a relative error such as 2^-22 or 1e-3");
    std::string_view number = pieces[1];
    const bool power = number.starts_with("2^");
    if (power) number.remove_prefix(2);
    const auto value = words::number<double>(number);
    m.relative_error = value ? power ? std::exp2(*value) : *value : -1;
    if (!(m.relative_error >= 0 && m.relative_error < 1)) fail(pieces[1], "a relative error such as 2^-22, below 1");
    if (pieces.size() > 2 && pieces[2] != "flush") fail(pieces[2], "flush, or nothing");
    m.flushes_subnormals = pieces.size() > 2;
  } else if (pieces[0] == "table") {
    m.what = function_model::kind::table;
    most = 2;
    if (pieces.size() < 2) fail("nothing more", "the operands' digits, 1 to 16");
    const auto bits = words::number<int>(pieces[1]);
    if (!bits || *bits < 1 || *bits > 16) fail(pieces[1], "the operands' digits, 1 to 16");
    m.table_bits = *bits;
  } else {
    fail(pieces[0], "correctly_rounded, approximate:ERROR[:flush] or table:BITS");
  }
  if (pieces.size() > most) fail(pieces[most], "nothing more");
  return m;
}

std::string to_string(const function_model& model) {
  switch (model.what) {
    case function_model::kind::correctly_rounded: return "correctly_rounded";
    case function_model::kind::approximate: {
      char text[32];
      const std::string error(text, std::to_chars(text, text + sizeof text, model.relative_error).ptr);
      return "approximate:" + error + (model.flushes_subnormals ? ":flush" : "");
    }
    case function_model::kind::table: return "table:" + std::to_string(model.table_bits);
    case function_model::kind::custom: break;
  }
  return "custom";
}

}  // namespace assay
