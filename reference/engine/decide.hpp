// The engine: decides every element of a group, by balls, then by intervals of growing precision, then exactly.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include <assay/reference/truth.hpp>

#include "kernel.hpp"

namespace assay::reference {

/// Scratch memory of one thread.
struct workspace {
  std::vector<std::size_t> all, selected, open, still_open;

  selection first(std::size_t count) {
    if (all.size() < count) {
      all.resize(count);
      std::iota(all.begin(), all.end(), std::size_t{0});
    }
    return selection(all).first(count);
  }
};

/// Takes what was decided: element i of the group has this code, and a real value between these.
template <class Store>
concept takes_elements = requires(const Store& store, std::size_t i, std::uint64_t code, ball::bounds_pair bounds) {
  store(i, code, bounds);
};

inline ball::bounds_pair bounds_of(const interval& y) {
  return {mpfr_get_d(y.lower(), MPFR_RNDD), mpfr_get_d(y.upper(), MPFR_RNDU)};
}
inline ball::bounds_pair bounds_of(special_value s) {
  const double magnitude = s.kind == value_class::nan        ? std::numeric_limits<double>::quiet_NaN()
                           : s.kind == value_class::infinity ? std::numeric_limits<double>::infinity()
                                                             : 0.0;
  const double value = s.negative ? -magnitude : magnitude;
  return {value, value};
}

/// One element that is a rounding boundary, if exact arithmetic proves it.
template <class Kernel>
bool is_exactly(const Kernel& f, std::size_t i, const rational& t) {
  bool proved = false;
  if constexpr (has_exact_field<Kernel>) {
    using field = typename Kernel::exact_field;
    try {
      const std::size_t only[] = {i};
      f.template evaluate<field>(selection(only), [&](std::size_t, const field& y) { proved = equals(y, t); });
    } catch (const std::domain_error&) {  // the element is not in the field
    }
  } else if constexpr (has_exact_values<Kernel>) {
    const std::optional<rational> value = f.exact_value(i);
    proved = value && *value == t;
  }
  return proved;
}

/// The elements of `open`, which balls could not decide.
template <class Kernel, takes_elements Store>
void decide_by_intervals(const Kernel& f, const output_rule& rule, const request& want, workspace& w,
                         const Store& store, decisions& made) {
  constexpr int first_bits = 96, exact_from = 192;
  for (int bits = first_bits; !w.open.empty(); bits *= 2) {
    if (bits > want.most_bits) {
      throw undecided("element " + std::to_string(w.open.front()) + " of a group of " + std::to_string(f.outputs()) +
                      " is undecided at " + std::to_string(want.most_bits) + " bits");
    }
    const working_precision precision(bits);
    w.still_open.clear();
    f.template evaluate<interval>(w.open, [&](std::size_t i, const interval& y) {
      const sign_knowledge sign = sign_of(f, i);
      if (const auto code = rule.decide(y, sign)) {
        store(i, *code, bounds_of(y));
        ++made.interval;
        return;
      }
      // Once the interval is narrow, a boundary that it still holds is likely to be the value itself.
      const auto boundary = bits == exact_from ? rule.boundary_in(y) : std::nullopt;
      if (boundary && is_exactly(f, i, *boundary)) {
        store(i, rule.code_of_boundary(*boundary, sign), bounds_of(y));
        ++made.exact;
        return;
      }
      w.still_open.push_back(i);
    });
    made.most_bits = std::max(made.most_bits, bits);
    std::swap(w.open, w.still_open);
  }
}

/// Decides every element of the group and hands it to `store`. Throws undecided.
template <class Kernel, takes_elements Store>
void decide(const Kernel& f, const output_rule& rule, const request& want, workspace& w, const Store& store,
            decisions& made) {
  selection ordinary = w.first(f.outputs());
  if constexpr (has_specials<Kernel>) {
    if (f.any_special()) {
      w.selected.clear();
      for (const std::size_t i : ordinary) {
        if (const auto s = f.special(i)) {
          store(i, rule.code_of(*s), bounds_of(*s));
          ++made.special;
        } else {
          w.selected.push_back(i);
        }
      }
      ordinary = w.selected;
    }
  }
  w.open.clear();
  if (!ordinary.empty()) {
    f.template evaluate<ball>(ordinary, [&](std::size_t i, const ball& y) {
      const ball::bounds_pair bounds = y.bounds();
      if (const auto code = rule.decide(bounds, sign_of(f, i))) [[likely]] {
        store(i, *code, bounds);
      } else {
        w.open.push_back(i);
      }
    });
  }
  made.fast += ordinary.size() - w.open.size();
  if (!w.open.empty()) decide_by_intervals(f, rule, want, w, store, made);
}

}  // namespace assay::reference
