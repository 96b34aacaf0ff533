// Elements and lines that were not written, or wrongly: what is wrong lies with the store, not with the arithmetic.
#include <cstdio>

#include <assay/number/convert.hpp>

#include "tables.hpp"

namespace assay::detail {
namespace {

/// About single elements: `is_so(got, due, format)` says which it explains.
template <class IsSo>
hypothesis of_elements(std::string name, std::string words, const IsSo& is_so) {
  hypothesis h{std::move(name), std::move(words)};
  h.local = true;
  h.change_results = [is_so](const emulation& e, tensor& results) {
    const format f = results.type().layout;
    bool any = false;
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (!is_so(e.got[i] & f.code_mask(), results[i] & f.code_mask(), f)) continue;
      results.set(i, e.got[i]);
      any = true;
    }
    return any;
  };
  return h;
}

/// About whole lines of the result's last axis: `is_so(codes got, format)`.
template <class IsSo>
hypothesis of_lines(std::string name, std::string words, const IsSo& is_so) {
  hypothesis h{std::move(name), std::move(words)};
  h.local = true;
  h.change_results = [is_so](const emulation& e, tensor& results) {
    const extents& shape = e.whole.shape();
    const std::size_t n = shape.rank() < 2 ? 0 : shape[shape.rank() - 1];
    if (n < 2 || results.size() % n != 0) return false;
    bool any = false;
    for (std::size_t line = 0; line < results.size() / n; ++line) {
      const auto got = e.got.subspan(line * n, n);
      if (!is_so(got, results.type().layout)) continue;
      for (std::size_t i = 0; i < n; ++i) results.set(line * n + i, got[i]);
      any = true;
    }
    return any;
  };
  return h;
}

std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

hypothesis repeated(std::size_t tile, bool columns) {
  hypothesis h{std::string("repeated_") + (columns ? "columns_" : "rows_") + std::to_string(tile),
               "elements repeat those " + std::to_string(tile) + (columns ? " columns" : " rows") +
                   " away: a tile or line was stored twice"};
  h.local = true;
  h.change_results = [tile, columns](const emulation& e, tensor& results) {
    const extents& shape = e.whole.shape();
    const std::size_t n = shape.rank() < 2 ? 0 : shape[shape.rank() - 1];
    if (n == 0) return false;
    const std::size_t step = columns ? tile : tile * n;
    const std::optional<std::uint64_t> often = most_frequent_code(e.got, results.type().layout);
    bool any = false;
    for (std::size_t i = 0; i < results.size(); ++i) {
      const std::size_t at = e.places[i];
      const auto value = decode(e.got[i], results.type().layout);
      if (value.is_zero() || !value.is_finite() || e.got[i] == often) continue;  // these repeat for many reasons
      const auto same = [&](std::size_t other) {
        const bool inside = other < e.whole.size() && (!columns || other / n == at / n);
        return inside && e.whole[other] == e.got[i];
      };
      if (!same(at - step) && !same(at + step)) continue;
      results.set(i, e.got[i]);
      any = true;
    }
    return any;
  };
  return h;
}

}  // namespace

void add_places(hypotheses& all) {
  all.push_back(of_lines("row_zero", "whole lines of the result are zero", [](auto got, format f) {
    return std::all_of(got.begin(), got.end(), [&](std::uint64_t code) { return decode(code, f).is_zero(); });
  }));
  hypothesis floor{"negative_zeroed", "results below zero are zero: a maximum that starts from 0, or a relu"};
  floor.change_results = [](const emulation&, tensor& results) {
    const format f = results.type().layout;
    bool any = false;
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (f.is_nan_code(results[i]) || !(to_double(results[i], f) < 0)) continue;
      results.set(i, 0);
      any = true;
    }
    return any;
  };
  all.push_back(std::move(floor));
  // Where a subnormal number, a zero or a NaN is due, a zero says something else.
  all.push_back(of_elements("unwritten", "elements were not written: they are zero", [](auto got, auto due, format f) {
    const std::uint64_t magnitude = due & f.magnitude_mask();
    return decode(got, f).is_zero() && magnitude >= f.min_normal_code() && !f.is_nan_code(due);
  }));
  for (const std::size_t tile : {1u, 8u, 16u, 32u, 64u, 128u, 256u}) {
    for (const bool columns : {true, false}) all.push_back(repeated(tile, columns));
  }
  all.push_back(of_elements("negative_zero_lost", "-0 is stored as +0", [](auto got, auto due, format f) {
    return got == 0 && due != 0 && due == f.sign_mask() && f.has_negative_zero();
  }));
  all.push_back(of_elements("nan_lost", "NaN is stored as zero", [](auto got, auto due, format f) {
    return f.is_nan_code(due) && decode(got, f).is_zero();
  }));
  hypothesis replaced =
      of_elements("nan_replaced", "a number is stored where NaN is due",
                  [](auto got, auto due, format f) { return f.is_nan_code(due) && !f.is_nan_code(got); });
  replaced.weight = 0.9;  // it says what is there, not why
  all.push_back(std::move(replaced));
  all.push_back(of_elements("negated", "elements have the other sign", [](auto got, auto due, format f) {
    return got == (due ^ f.sign_mask()) && !decode(due, f).is_zero();
  }));
  hypothesis constant{"constant", "elements hold one and the same number"};
  constant.local = true;
  constant.weight = 0.95;  // it says what is there, not why
  constant.change_results = [](const emulation& e, tensor& results) {
    const format f = results.type().layout;
    const std::optional<std::uint64_t> one = most_frequent_code(e.got, f);
    if (!one) return false;
    bool any = false;
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (e.got[i] != *one) continue;
      results.set(i, *one);
      any = true;
    }
    e.found = number_text(to_double(*one, f));
    return any;
  };
  all.push_back(std::move(constant));
  hypothesis nan = of_lines("nan_lines", "whole lines of the result are NaN", [](auto got, format f) {
    return std::all_of(got.begin(), got.end(), [&](std::uint64_t code) { return f.is_nan_code(code); });
  });
  nan.weight = 0.8;  // it says what is there, not why
  all.push_back(std::move(nan));
}

}  // namespace assay::detail
