// Scales of blocks: the wrong one, or wrongly applied.
#include <algorithm>
#include <cmath>

#include <assay/number/convert.hpp>

#include "tables.hpp"

namespace assay::detail {
namespace {

/// An input's scales, changed: code(scales, element, rows, columns).
template <class Code>
change_of_call scale_change(const char* name, const Code& code) {
  return [name, code](kernel_call& call) {
    if (!has_input_named(call, name)) return false;
    const tensor x = call.input(name);
    const std::size_t columns = x.shape().rank() == 0 ? 1 : x.shape()[x.shape().rank() - 1];
    const std::size_t rows = columns == 0 ? 0 : x.size() / columns;
    tensor y = x;
    bool changed = false;
    for (std::size_t i = 0; i < x.size(); ++i) {
      y.set(i, code(x, i, rows, columns));
      changed = changed || y[i] != x[i];
    }
    if (changed) call.set_input(name, std::move(y));
    return changed;
  };
}

/// NaN where a block that shares a scale is all zeros: 0 / 0 when it was quantised.
hypothesis nan_from_zero_block() {
  hypothesis h{"nan_from_zero_block", "results are NaN where a block of a is all zeros: its scale is 0 / 0"};
  h.local = true;
  h.change_results = [](const emulation& e, tensor& results) {
    if (!has_input_named(e.call, "a_scale") || e.call.flag("transpose_a")) return false;
    const tensor &a = e.call.input("a"), &scales = e.call.input("a_scale");
    if (a.shape().rank() != 2 || scales.shape().rank() != 2 || scales.shape()[1] == 0) return false;
    const std::size_t length = a.shape()[1], rows = a.shape()[0],
                      block = (length + scales.shape()[1] - 1) / scales.shape()[1];
    if (block == 0 || rows == 0) return false;
    const format f = results.type().layout;
    const std::size_t n = results.size() / rows;
    bool any = false;
    for (std::size_t i = 0; i < rows; ++i) {
      bool zeros = false;
      for (std::size_t first = 0; first < length && !zeros; first += block) {
        zeros = true;
        for (std::size_t k = first; k < std::min(first + block, length) && zeros; ++k) {
          zeros = decode(a[i * length + k], a.type().layout).is_zero();
        }
      }
      for (std::size_t j = i * n; zeros && j < (i + 1) * n; ++j) {
        if (!f.is_nan_code(e.got[j])) continue;
        results.set(j, e.got[j]);
        any = true;
      }
    }
    return any;
  };
  return h;
}

}  // namespace

void add_scales(hypotheses& all) {
  all.push_back(nan_from_zero_block());
  for (const char* name : {"a_scale", "b_scale"}) {
    const std::string n(name);
    const bool left = n == "a_scale";
    const auto along_k = [left](std::ptrdiff_t step) {
      return [left, step](const tensor& x, std::size_t i, std::size_t rows, std::size_t columns) {
        const auto r = static_cast<std::ptrdiff_t>(i / columns), c = static_cast<std::ptrdiff_t>(i % columns);
        const auto clamp = [](std::ptrdiff_t at, std::size_t size) {
          return static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(at, 0, static_cast<std::ptrdiff_t>(size) - 1));
        };
        const std::size_t row = left ? static_cast<std::size_t>(r) : clamp(r + step, rows);
        const std::size_t column = left ? clamp(c + step, columns) : static_cast<std::size_t>(c);
        return x[row * columns + column];
      };
    };
    all.push_back({n + "_index_plus_1", n + "'s index along k is one too large", scale_change(name, along_k(1))});
    all.push_back({n + "_index_minus_1", n + "'s index along k is one too small", scale_change(name, along_k(-1))});
    all.push_back({n + "_last_reused", "the last block of k takes the " + n + " of the block before",
                   scale_change(name, [left](const tensor& x, std::size_t i, std::size_t rows, std::size_t columns) {
                     const std::size_t r = i / columns, c = i % columns;
                     if (left) return c + 1 == columns && c > 0 ? x[i - 1] : x[i];
                     return r + 1 == rows && r > 0 ? x[i - columns] : x[i];
                   })});
    all.push_back({n + "_transposed", n + " is read transposed",
                   scale_change(name, [](const tensor& x, std::size_t i, std::size_t rows, std::size_t columns) {
                     // The buffer read with rows and columns exchanged.
                     const std::size_t r = i / columns, c = i % columns;
                     return x[c * rows + r];
                   })});
    all.push_back({n + "_inverse", n + " is divided by instead of multiplied with",
                   scale_change(name, [](const tensor& x, std::size_t i, std::size_t, std::size_t) {
                     const format f = x.type().layout;
                     return convert(1 / to_double(x[i], f), f).code;
                   })});
    all.push_back({n + "_missing", n + " is not applied",
                   scale_change(name, [](const tensor& x, std::size_t, std::size_t, std::size_t) {
                     return convert(1.0, x.type().layout).code;
                   })});
    all.push_back({n + "_first", "every block takes the first " + n,
                   scale_change(name, [](const tensor& x, std::size_t, std::size_t, std::size_t) { return x[0]; })});
    all.push_back({n + "_power_of_two", n + " is rounded down to a power of two",
                   scale_change(name, [](const tensor& x, std::size_t i, std::size_t, std::size_t) {
                     const format f = x.type().layout;
                     const double s = to_double(x[i], f);
                     return convert(std::exp2(std::floor(std::log2(s))), f).code;
                   })});
  }
}

}  // namespace assay::detail
