#include "slips.hpp"

#include <algorithm>
#include <cmath>

#include <assay/format/name.hpp>
#include <assay/number/convert.hpp>

namespace assay::detail {
namespace {

/// A hypothesis about single elements: `is_so(got, due, format)` says which it explains.
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

/// The same call to another kernel that takes the same inputs.
hypothesis other_kernel(std::string_view of, std::string_view instead, std::string words) {
  hypothesis h{std::string(instead), std::move(words)};
  h.change_call = [of, instead](kernel_call& call) {
    if (call.name() != of) return false;
    kernel_call other(instead);
    for (const auto& [name, x] : call.inputs()) other.set_input(name, x);
    call = other;
    return true;
  };
  return h;
}

bool has_targets(const kernel_call& call) {
  for (const input_info& in : call.info().inputs) {
    if (in.name == "target" && in.elements == input_info::kind::index) return call.has_input("target");
  }
  return false;
}

hypothesis targets_moved(std::int64_t by) {
  hypothesis h{by > 0 ? "targets_plus_1" : "targets_minus_1", "the targets are off by one class"};
  h.change_call = [by](kernel_call& call) {
    if (!has_targets(call)) return false;
    tensor target = call.input("target");
    const extents& shape = call.input("x").shape();
    const auto classes = static_cast<std::int64_t>(shape.rank() == 1 ? shape[0] : shape[1]);
    const int unused = 64 - target.type().integer_bits;
    for (std::size_t i = 0; i < target.size(); ++i) {
      const std::int64_t t = static_cast<std::int64_t>(target[i] << unused) >> unused;
      if (t < 0 || t >= classes) continue;
      target.set(i, static_cast<std::uint64_t>((t + by + classes) % classes));
    }
    call.set_input("target", std::move(target));
    return true;
  };
  return h;
}

/// Whether a plain matrix product of whole numbers in the range of 8-bit integers.
bool is_product_of_bytes(const kernel_call& call) {
  if (call.name() != "gemm" || call.flag("transpose_a") || call.flag("transpose_b")) return false;
  for (const auto& [name, x] : call.inputs()) {
    if ((name != "a" && name != "b") || x.shape().rank() != 2) return false;
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double v = to_double(x[i], x.type().layout);
      if (!(v >= -128 && v <= 255) || v != std::floor(v)) return false;
    }
  }
  return true;
}

/// Sums of `group` products pass through integers of `bits` bits on their way: saturated, or wrapped around.
hypothesis integer_sums(std::string name, std::string words, std::size_t group, int bits, bool saturate) {
  hypothesis h{std::move(name), std::move(words)};
  h.change_results = [=](const emulation& e, tensor& results) {
    if (!is_product_of_bytes(e.call)) return false;
    const tensor &a = e.call.input("a"), &b = e.call.input("b");
    const std::size_t n = b.shape()[1], length = b.shape()[0];
    const double limit = std::ldexp(1.0, bits - 1);
    const auto kept = [&](double x) {
      if (saturate) return std::clamp(x, -limit, limit - 1);
      return x - 2 * limit * std::floor((x + limit) / (2 * limit));
    };
    for (std::size_t i = 0; i < results.size(); ++i) {
      double total = 0;
      for (std::size_t first = 0; first < length; first += group) {
        double sum = 0;
        for (std::size_t k = first; k < std::min(first + group, length); ++k) {
          sum += to_double(a[i / n * length + k], a.type().layout) * to_double(b[k * n + i % n], b.type().layout);
        }
        total += kept(sum);
      }
      results.set(i, convert(total, results.type().layout, e.with.to_how).code);
    }
    return true;
  };
  return h;
}

}  // namespace

void add_slips(std::vector<hypothesis>& all, const kernel_call& call) {
  all.push_back(of_elements("negative_zero_lost", "-0 is stored as +0", [](auto got, auto due, format f) {
    return got == 0 && due != 0 && due == f.sign_mask() && f.has_negative_zero();
  }));
  all.push_back(of_elements("nan_lost", "NaN is stored as zero", [](auto got, auto due, format f) {
    return f.is_nan_code(due) && decode(got, f).is_zero();
  }));
  all.push_back(of_elements("negated", "elements have the other sign", [](auto got, auto due, format f) {
    return got == (due ^ f.sign_mask()) && !decode(due, f).is_zero();
  }));
  all.push_back(other_kernel("gelu", "gelu_tanh", "gelu is computed by tanh"));
  all.push_back(other_kernel("gelu_tanh", "gelu", "gelu is computed by erf"));
  all.push_back(
      integer_sums("pair_sums_saturate", "sums of two 8-bit products saturate in 16 bits (pmaddubsw)", 2, 16, true));
  all.push_back(integer_sums("int16_products_wrap", "sums of two 8-bit products wrap around in 16 bits", 2, 16, false));
  if (has_targets(call)) {
    for (const std::int64_t by : {1, -1}) all.push_back(targets_moved(by));
  }
  for (const store_info& point : stores_of(call.name())) {
    if (point.name == "normalised") continue;  // "early_cast" says it better
    for (const format f : {bfloat16, binary16}) {
      all.push_back({"store_" + std::string(point.name) + "_" + format_name(f),
                     std::string(point.name) + " pass through " + format_name(f) + " (" + std::string(point.what) + ")",
                     {},
                     [name = std::string(point.name), f](const kernel_call&, arithmetic& with) {
                       if (with.stores.contains(name)) return false;
                       with.stores[name] = {f, {}};
                       return true;
                     }});
    }
  }
}

}  // namespace assay::detail
