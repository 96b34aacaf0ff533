// What can be wrong with any input or attribute of any kernel: an index off by one, an axis taken for another, a slice
// left out, a sign, a value that was not passed on. Made from the catalogue; tables that know the kernel come first.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

#include <assay/format/name.hpp>
#include <assay/kernel/run.hpp>
#include <assay/number/convert.hpp>

#include "tables.hpp"

namespace assay::detail {
namespace {

constexpr std::size_t nothing = ~std::size_t{0};

/// x whose slice k along the axis is slice source(k, extent), or zeros for `nothing`.
template <class Source>
tensor with_slices(const tensor& x, std::size_t axis, const Source& source) {
  tensor y(x.type(), x.shape());
  std::size_t inner = static_cast<std::size_t>(x.type().bytes());
  for (std::size_t a = axis + 1; a < x.shape().rank(); ++a) inner *= x.shape()[a];
  const std::size_t n = x.shape()[axis];
  if (inner == 0 || n == 0) return y;
  const std::size_t outer = x.bytes().size() / (inner * n);
  for (std::size_t o = 0; o < outer; ++o) {
    for (std::size_t k = 0; k < n; ++k) {
      const std::size_t from = source(k, n);
      if (from == nothing) continue;
      std::memcpy(y.bytes().data() + (o * n + k) * inner, x.bytes().data() + (o * n + from) * inner, inner);
    }
  }
  return y;
}

/// x with two neighbouring axes exchanged; where their extents differ, the buffer is read in the wrong order.
tensor transposed(const tensor& x, std::size_t axis) {
  tensor y(x.type(), x.shape());
  std::size_t inner = static_cast<std::size_t>(x.type().bytes());
  for (std::size_t a = axis + 2; a < x.shape().rank(); ++a) inner *= x.shape()[a];
  const std::size_t rows = x.shape()[axis], columns = x.shape()[axis + 1];
  const std::size_t outer = x.bytes().size() / std::max<std::size_t>(1, inner * rows * columns);
  for (std::size_t o = 0; o < outer; ++o) {
    for (std::size_t i = 0; i < rows * columns; ++i) {
      const std::size_t from = i % columns * rows + i / columns;
      std::memcpy(y.bytes().data() + (o * rows * columns + i) * inner,
                  x.bytes().data() + (o * rows * columns + from) * inner, inner);
    }
  }
  return y;
}

bool same_bytes(const tensor& x, const tensor& y) {
  return std::equal(x.bytes().begin(), x.bytes().end(), y.bytes().begin(), y.bytes().end());
}

/// Replaces an input by change(input); false where nothing changes.
template <class Change>
change_of_call input_changed(std::string name, const Change& change) {
  return [name = std::move(name), change](kernel_call& call) {
    tensor y = change(call.input(name));
    if (same_bytes(y, call.input(name))) return false;
    call.set_input(name, std::move(y));
    return true;
  };
}

template <class Source>
void add_slices(hypotheses& all, const std::string& input, std::size_t axis, const char* suffix,
                const std::string& words, const Source& source) {
  hypothesis h{input + "_axis_" + std::to_string(axis) + "_" + suffix, words};
  h.change_whole_call = input_changed(input, [axis, source](const tensor& x) { return with_slices(x, axis, source); });
  all.push_back(std::move(h));
}

void add_indices(hypotheses& all, const std::string& name, const tensor& x) {
  for (std::size_t axis = 0; axis < x.shape().rank(); ++axis) {
    if (x.shape()[axis] < 2) continue;
    const std::string along = name + "'s index along axis " + std::to_string(axis);
    add_slices(all, name, axis, "plus_1", along + " is one too large, the last one kept",
               [](std::size_t k, std::size_t n) { return std::min(k + 1, n - 1); });
    add_slices(all, name, axis, "plus_1_wrapped", along + " is one too large and wraps around",
               [](std::size_t k, std::size_t n) { return (k + 1) % n; });
    add_slices(all, name, axis, "minus_1", along + " is one too small, the first one kept",
               [](std::size_t k, std::size_t) { return k == 0 ? 0 : k - 1; });
    add_slices(all, name, axis, "minus_1_wrapped", along + " is one too small and wraps around",
               [](std::size_t k, std::size_t n) { return (k + n - 1) % n; });
    add_slices(all, name, axis, "first", along + " is always 0",
               [](std::size_t, std::size_t) { return std::size_t{0}; });
    add_slices(all, name, axis, "reversed", along + " counts backward",
               [](std::size_t k, std::size_t n) { return n - 1 - k; });
    add_slices(all, name, axis, "last_missing",
               "the last slice of " + name + " along axis " + std::to_string(axis) + " is missing: zero",
               [](std::size_t k, std::size_t n) { return k + 1 == n ? nothing : k; });
    add_slices(all, name, axis, "first_missing",
               "the first slice of " + name + " along axis " + std::to_string(axis) + " is missing: zero",
               [](std::size_t k, std::size_t) { return k == 0 ? nothing : k; });
    if (axis + 1 < x.shape().rank() && x.shape()[axis + 1] > 1) {
      hypothesis h{name + "_axes_" + std::to_string(axis) + "_" + std::to_string(axis + 1) + "_transposed",
                   name + " is read with axes " + std::to_string(axis) + " and " + std::to_string(axis + 1) +
                       " exchanged: transposed"};
      h.change_whole_call = input_changed(name, [axis](const tensor& t) { return transposed(t, axis); });
      all.push_back(std::move(h));
    }
  }
}

/// Another value for each number: value(x).
hypothesis revalued(std::string name, std::string words, const std::string& input, double (*value)(double)) {
  return {std::move(name), std::move(words), input_changed(input, [value](const tensor& x) {
            const format f = x.type().layout;
            return changed_codes(x, [&](std::uint64_t code) { return convert(value(to_double(code, f)), f).code; });
          })};
}

void add_values(hypotheses& all, const input_info& in) {
  const std::string name(in.name);
  if (in.elements == input_info::kind::mask) {
    all.push_back({name + "_inverted", name + " is taken for its opposite", input_changed(name, [](const tensor& x) {
                     return changed_codes(x, [](std::uint64_t code) { return std::uint64_t{code == 0}; });
                   })});
    return;
  }
  if (in.elements != input_info::kind::real) return;
  all.push_back(revalued(name + "_negated", name + " has the other sign", name, [](double v) { return -v; }));
  all.push_back(
      revalued(name + "_absolute", name + " is taken without its sign", name, [](double v) { return std::abs(v); }));
  if (in.required) return;
  all.push_back(revalued(name + "_zero", name + " is not applied: taken as zero", name, [](double) { return 0.0; }));
  all.push_back(revalued(name + "_one", name + " is not applied: taken as one", name, [](double) { return 1.0; }));
  all.push_back(revalued(name + "_twice", name + " is applied twice: added", name, [](double v) { return 2 * v; }));
  all.push_back(
      revalued(name + "_squared", name + " is applied twice: multiplied", name, [](double v) { return v * v; }));
  all.push_back(revalued(name + "_inverse", "1 / " + name + " is applied", name, [](double v) { return 1 / v; }));
}

void add_value(hypotheses& all, const std::string& attribute, const std::string& value, attribute_value v) {
  hypothesis h{attribute + "_is_" + value, attribute + " is taken as " + value};
  h.change_whole_call = with_attribute(attribute, std::move(v));
  all.push_back(std::move(h));
}

void add_numbers(hypotheses& all, const kernel_call& call, const std::string& name) {
  const auto add = [&](double v) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", v);
    if (std::isfinite(v)) add_value(all, name, text, v);
  };
  for (const double v : {0.0, 1.0, -1.0}) add(v);
  double x = 0;
  if (call.has(name)) {
    x = call.number(name);
  } else if (call.name() == "attention" && name == "scale") {
    const extents& q = call.input("q").shape();
    x = 1 / std::sqrt(static_cast<double>(q[q.rank() - 1]));
  }
  if (x == 0) return;
  for (const double v : {-x, 1 / x, x * x, std::sqrt(std::abs(x)), 2 * x, x / 2, x * 1.4426950408889634,
                         x / 1.4426950408889634, 1 - x}) {
    add(v);
  }
}

}  // namespace

void add_inputs(hypotheses& all, const kernel_call& call) {
  for (const input_info& in : call.info().inputs) {
    if (!call.has_input(in.name)) continue;
    add_values(all, in);
    add_indices(all, std::string(in.name), call.input(in.name));
  }
}

void add_attributes(hypotheses& all, const kernel_call& call) {
  using kind = attribute_info::kind;
  for (const attribute_info& a : call.info().attributes) {
    const std::string name(a.name);
    if (a.type == kind::number) {
      add_numbers(all, call, name);
    } else if (a.type == kind::flag && call.has(name)) {
      const bool other = !call.flag(name);
      add_value(all, name, other ? "true" : "false", other);
    } else if (a.type == kind::integer && call.has(name)) {
      const std::int64_t n = call.integer(name);
      const auto rank = static_cast<std::int64_t>(call.info().inputs.empty() ? 0 : call.input("x").shape().rank());
      const bool axis = name == "axis";
      for (std::int64_t v = axis ? -rank : n - 1; v <= (axis ? -1 : n + 1); ++v) {
        if (v != n) add_value(all, name, std::to_string(v), v);
      }
      if (!axis && (n < 0 || n > 2)) add_value(all, name, "1", std::int64_t{1});  // 0 and 2 have it beside them
    } else if (a.type == kind::choice) {
      for_each_word(a.choices, ' ',
                    [&](std::string_view word) { add_value(all, name, std::string(word), std::string(word)); });
    } else if (a.type == kind::integers && call.has(name)) {
      const std::vector<std::int64_t> v = call.integers(name);
      if (v.size() == 2 && v[0] != v[1]) add_value(all, name, "exchanged", std::vector<std::int64_t>{v[1], v[0]});
    }
  }
}

}  // namespace assay::detail
