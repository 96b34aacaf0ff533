// The engine: decides every element of a group, by balls, then by intervals of growing precision, then exactly.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include <assay/reference/truth.hpp>

#include "kernel.hpp"

namespace assay::reference {

/// An element whose narrow interval still holds a rounding boundary: it is likely to be that boundary itself, or closer
/// to it than any precision shows (1 - e^-1000000). Which side of it the element lies on decides.
struct candidate {
  std::size_t element;
  boundary near;
  ball::bounds_pair bounds;
  std::optional<int> side;  ///< the sign of the element - near.at, once it is known
};

/// Scratch memory of one thread.
struct workspace {
  std::vector<std::size_t> all, selected, open, still_open;
  std::vector<candidate> candidates;
  std::vector<double> values, radii;  ///< of a whole group
  std::vector<std::uint64_t> codes;

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

/// A whole group at once: what is undecided is stored again later.
template <class Store>
void store_line(const Store& store, const workspace& w) {
  if constexpr (requires { store.line(w); }) {
    store.line(w);
  } else {
    for (std::size_t i = 0; i < w.codes.size(); ++i) {
      if (w.codes[i] != output_rule::no_code) store(i, w.codes[i], ball(w.values[i], w.radii[i]).bounds());
    }
  }
}

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

/// The sign of element i - t, if exact arithmetic or reasoning proves it.
template <class Kernel>
std::optional<int> side_of(const Kernel& f, std::size_t i, const rational& t) {
  std::optional<int> side;
  if constexpr (has_comparison<Kernel>) {
    side = f.compare(i, t);
  } else if constexpr (has_exact_field<Kernel>) {
    using field = typename Kernel::exact_field;
    try {
      const std::size_t only[] = {i};
      f.template evaluate<field>(selection(only), [&](std::size_t, const field& y) { side = compare(y, t); });
    } catch (const std::domain_error&) {  // the element is not in the field
    }
  }
  return side;
}

/// Finds their sides: of all at once, so that what they share is computed once.
template <class Kernel>
void find_sides(const Kernel& f, std::vector<candidate>& all) {
  if constexpr (has_exact_field<Kernel> && !has_comparison<Kernel>) {
    using field = typename Kernel::exact_field;
    std::sort(all.begin(), all.end(), [](const candidate& a, const candidate& b) { return a.element < b.element; });
    std::vector<std::size_t> which;
    for (const candidate& c : all) which.push_back(c.element);
    try {
      f.template evaluate<field>(selection(which), [&](std::size_t i, const field& y) {
        const auto at = std::lower_bound(all.begin(), all.end(), i,
                                         [](const candidate& c, std::size_t element) { return c.element < element; });
        at->side = compare(y, at->near.at);
      });
      return;
    } catch (const std::domain_error&) {  // one of them is not in the field: the others may be
    }
  }
  for (candidate& c : all) {
    if (!c.side) c.side = side_of(f, c.element, c.near.at);
  }
}

/// Of an element whose interval overflowed, or is infinity - infinity: 1 or -1 when it lies beyond every format, 0 when
/// it is zero.
template <class Kernel>
std::optional<int> side_of_everything(const Kernel& f, std::size_t i) {
  const rational far = boost::multiprecision::mpz_int(1) << 1100;
  for (const int side : {1, -1}) {
    if (side_of(f, i, side * far) == side) return side;
  }
  return side_of(f, i, 0) == 0 ? std::optional(0) : std::nullopt;
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
      if (mpfi_bounded_p(y.get()) == 0 && bits == exact_from) {
        if (const auto side = side_of_everything(f, i)) {
          constexpr double most = std::numeric_limits<double>::max(),
                           infinity = std::numeric_limits<double>::infinity();
          const ball::bounds_pair bounds[] = {{-infinity, -most}, {0, 0}, {most, infinity}};
          store(i, rule.code_beyond(*side, sign), bounds[*side + 1]);
          ++made.exact;
          return;
        }
      }
      const auto near = rule.boundary_in(y);
      if (near && (near->alone || bits == exact_from)) {
        w.candidates.push_back({i, *near, bounds_of(y), {}});
      } else {
        w.still_open.push_back(i);
      }
    });
    if (!w.candidates.empty()) find_sides(f, w.candidates);
    for (const candidate& c : w.candidates) {
      if (c.side && (*c.side == 0 || c.near.alone)) {
        store(c.element,
              *c.side == 0 ? rule.code_of_boundary(c.near.at, sign_of(f, c.element))
                           : rule.code_beside(c.near.at, *c.side),
              c.bounds);
        ++made.exact;
      } else {
        w.still_open.push_back(c.element);
      }
    }
    w.candidates.clear();
    made.most_bits = std::max(made.most_bits, bits);
    std::swap(w.open, w.still_open);
  }
}

/// The elements of `which`, ball by ball; the undecided are in w.open.
template <class Kernel, takes_elements Store>
void decide_by_balls(const Kernel& f, selection which, const output_rule& rule, workspace& w, const Store& store) {
  w.open.clear();
  if (which.empty()) return;
  f.template evaluate<ball>(which, [&](std::size_t i, const ball& y) {
    const ball::bounds_pair bounds = y.bounds();
    if (const auto code = rule.decide(bounds, sign_of(f, i))) [[likely]] {
      store(i, *code, bounds);
    } else {
      w.open.push_back(i);
    }
  });
}

/// All elements of a group in loops over the whole of it; the undecided are in w.open.
template <class Kernel, takes_elements Store>
void decide_line(const Kernel& f, const output_rule& rule, workspace& w, const Store& store) {
  const std::size_t n = f.outputs();
  w.values.resize(n);
  w.radii.resize(n);
  w.codes.resize(n);
  if constexpr (has_estimate<Kernel>) {
    f.estimate(w.values, w.radii);
  } else {
    f.template evaluate<ball>(w.first(n), [&](std::size_t i, const ball& y) {
      w.values[i] = y.value;
      w.radii[i] = y.radius;
    });
  }
  w.open.clear();
  if (rule.decide_line(w.values, w.radii, w.codes)) {
    for (std::size_t i = 0; i < n; ++i) {
      if (w.codes[i] != output_rule::no_code) continue;
      if (const auto code = rule.decide(ball(w.values[i], w.radii[i]).bounds(), sign_of(f, i))) {
        w.codes[i] = *code;
      } else {
        w.open.push_back(i);
      }
    }
  }
  store_line(store, w);
}

/// The elements of w.selected by the kernel's estimates; what they leave open is selected still.
template <class Kernel, takes_elements Store>
void decide_estimated(const Kernel& f, const output_rule& rule, workspace& w, const Store& store) {
  if (w.selected.empty()) return;
  w.values.resize(f.outputs());
  w.radii.resize(f.outputs());
  f.estimate(w.values, w.radii);
  std::erase_if(w.selected, [&](std::size_t i) {
    const ball::bounds_pair bounds = ball(w.values[i], w.radii[i]).bounds();
    const auto code = rule.decide(bounds, sign_of(f, i));
    if (code) store(i, *code, bounds);
    return code.has_value();
  });
}

/// Decides every element of the group and hands it to `store`. Throws undecided.
template <class Kernel, takes_elements Store>
void decide(const Kernel& f, const output_rule& rule, const request& want, workspace& w, const Store& store,
            decisions& made) {
  std::size_t ordinary = f.outputs();
  bool has_special = false;
  if constexpr (has_specials<Kernel>) has_special = f.any_special();
  if (ordinary == 0) return;
  if (!has_special) {
    if (want.intervals_only) {
      const selection all = w.first(ordinary);
      w.open.assign(all.begin(), all.end());
    } else {
      decide_line(f, rule, w, store);
      if (has_estimate<Kernel> && !w.open.empty()) {
        std::swap(w.open, w.selected);
        decide_by_balls(f, w.selected, rule, w, store);
      }
    }
  } else if constexpr (has_specials<Kernel>) {
    w.selected.clear();
    for (std::size_t i = 0; i < f.outputs(); ++i) {
      if (const auto s = f.special(i)) {
        store(i, rule.code_of(*s), bounds_of(*s));
        ++made.special;
      } else {
        w.selected.push_back(i);
      }
    }
    ordinary = w.selected.size();
    if (want.intervals_only) {
      w.open = w.selected;
    } else {
      if constexpr (estimates_beside_specials<Kernel>) decide_estimated(f, rule, w, store);
      decide_by_balls(f, w.selected, rule, w, store);
    }
  }
  made.fast += ordinary - w.open.size();
  if (!w.open.empty()) decide_by_intervals(f, rule, want, w, store, made);
}

}  // namespace assay::reference
