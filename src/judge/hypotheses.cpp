// The table of hypotheses. Rows are data: a name, words, and what is changed.
#include <assay/judge/hypothesis.hpp>

#include <algorithm>
#include <cmath>

#include <assay/accumulate/grammar.hpp>
#include <assay/accumulate/matrix_unit.hpp>
#include <assay/format/name.hpp>
#include <assay/judge/dot_bound.hpp>
#include <assay/kernel/run.hpp>
#include <assay/number/convert.hpp>

#include "slips.hpp"

namespace assay {
namespace {

using change_of_call = std::function<bool(kernel_call&)>;
using change_of_arithmetic = std::function<bool(const kernel_call&, arithmetic&)>;

bool has_input_named(const kernel_call& call, std::string_view name) {
  const auto inputs = call.info().inputs;
  return std::any_of(inputs.begin(), inputs.end(), [&](const input_info& in) { return in.name == name; }) &&
         call.has_input(name);
}
bool has_attribute_named(const kernel_call& call, std::string_view name) {
  const auto attributes = call.info().attributes;
  return std::any_of(attributes.begin(), attributes.end(), [&](const attribute_info& a) { return a.name == name; });
}
bool is_any(std::string_view kernel, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), kernel) != names.end();
}

format storage_format(const kernel_call& call) {
  for (const input_info& in : call.info().inputs) {
    if (in.elements == input_info::kind::real && call.has_input(in.name)) return call.input(in.name).type().layout;
  }
  return binary32;
}

/// Calls change(code) for the codes of an input.
template <class Change>
tensor changed_codes(const tensor& x, const Change& change) {
  tensor y = x;
  for (std::size_t i = 0; i < x.size(); ++i) y.set(i, change(x[i]));
  return y;
}

/// Calls change(code, position along that axis, element) where it returns the new code.
template <class Change>
tensor changed_along(const tensor& x, std::size_t axis, const Change& change) {
  tensor y = x;
  std::size_t inner = 1;
  for (std::size_t a = axis + 1; a < x.shape().rank(); ++a) inner *= x.shape()[a];
  const std::size_t n = x.shape()[axis];
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t k = i / inner % n;
    y.set(i, change(k, n, i, inner));
  }
  return y;
}

/// The axis along which products are summed, of each factor.
struct summed_axes {
  std::string_view left, right;
  std::size_t left_axis = 0, right_axis = 0;
  std::size_t length = 0;
};
std::optional<summed_axes> summed_axes_of(const kernel_call& call) {
  summed_axes s;
  if (call.name() == "gemm") {
    const std::size_t rank = call.input("a").shape().rank();
    const std::size_t b_rank = call.input("b").shape().rank();
    s = {"a", "b", rank - (call.flag("transpose_a") ? 2 : 1), b_rank - (call.flag("transpose_b") ? 1 : 2)};
  } else if (call.name() == "dot") {
    const std::size_t rank = call.input("a").shape().rank();
    s = {"a", "b", rank - 1, rank - 1};
  } else if (is_any(call.name(), {"all_reduce", "reduce_scatter"})) {
    s = {"x", "", 0, 0};
  } else if (is_any(call.name(), {"sum", "mean", "variance"})) {
    const std::size_t rank = call.input("x").shape().rank();
    if (rank == 0) return std::nullopt;
    s = {"x", "", rank - 1, 0};
  } else {
    return std::nullopt;
  }
  s.length = call.input(s.left).shape()[s.left_axis];
  return s;
}

/// The last n terms become what `code` says of (tensor, element, position, length, stride along the axis).
template <class Code>
change_of_call tail_change(std::size_t n, bool both, const Code& code) {
  return [n, both, code](kernel_call& call) {
    const auto axes = summed_axes_of(call);
    if (!axes || axes->length < 2 * n) return false;
    const auto change = [&](std::string_view name, std::size_t axis) {
      const tensor& x = call.input(name);
      call.set_input(name,
                     changed_along(x, axis, [&](std::size_t k, std::size_t length, std::size_t i, std::size_t inner) {
                       return k + n >= length ? code(x, i, n * inner) : x[i];
                     }));
    };
    change(axes->left, axes->left_axis);
    if (both && !axes->right.empty()) change(axes->right, axes->right_axis);
    return true;
  };
}

/// The first n terms are missing.
change_of_call head_dropped(std::size_t n) {
  return [n](kernel_call& call) {
    const auto axes = summed_axes_of(call);
    if (!axes || axes->length < 2 * n) return false;
    const tensor& x = call.input(axes->left);
    call.set_input(axes->left,
                   changed_along(x, axes->left_axis, [&](std::size_t k, std::size_t, std::size_t i, std::size_t) {
                     return k < n ? 0 : x[i];
                   }));
    return true;
  };
}

void add_tails(std::vector<hypothesis>& all) {
  for (const std::size_t n : {1u, 8u, 16u, 32u}) {
    const std::string count = std::to_string(n);
    all.push_back({"k_head_" + count + "_dropped",
                   n == 1 ? "the first product of each sum is missing"
                          : "the first " + count + " products of each sum are missing",
                   head_dropped(n)});
  }
  for (const std::size_t n : {1u, 2u, 4u, 8u, 16u, 32u, 64u, 128u}) {
    const std::string count = std::to_string(n), last = n == 1 ? "the last product" : "the last " + count + " products";
    all.push_back({"k_tail_" + count + "_dropped",
                   last + (n == 1 ? " of each sum is missing" : " of each sum are missing"),
                   tail_change(n, false, [](const tensor&, std::size_t, std::size_t) { return std::uint64_t{0}; })});
  }
  for (const std::size_t n : {1u, 8u, 16u, 32u, 64u}) {
    const std::string count = std::to_string(n);
    all.push_back({"k_tail_" + count + "_stale",
                   "the last " + count + " products of each sum are those of the step before: a stale tail",
                   tail_change(n, true, [](const tensor& x, std::size_t i, std::size_t back) { return x[i - back]; })});
    all.push_back({"k_tail_" + count + "_twice", "the last " + count + " products of each sum are added twice",
                   tail_change(n, false, [](const tensor& x, std::size_t i, std::size_t) {
                     const format f = x.type().layout;
                     return convert(2 * to_double(x[i], f), f).code;
                   })});
  }
}

change_of_arithmetic accumulate_in(std::string text) {
  return [text = std::move(text)](const kernel_call&, arithmetic& with) {
    const accumulator other = parse_accumulator(text);
    if (with.accumulate == other) return false;
    with.accumulate = other;
    return true;
  };
}

void add_accumulators(std::vector<hypothesis>& all, const kernel_call& call, bool products) {
  struct row {
    const char *name, *accumulator, *words;
  };
  constexpr row rows[] = {
      {"bf16_accumulator", "floating:bfloat16", "sums are kept in bfloat16"},
      {"fp16_accumulator", "floating:binary16", "sums are kept in fp16"},
      {"bf16_accumulator_rounded", "floating:bfloat16:rounded", "sums are kept in bfloat16, products rounded first"},
      {"fp16_accumulator_rounded", "floating:binary16:rounded", "sums are kept in fp16, products rounded first"},
      {"fp32_truncated", "floating:binary32:toward_zero", "sums in fp32 are truncated instead of rounded"},
      {"fp32_accumulator", "floating:binary32", "sums are kept in fp32, rounded to nearest"},
      {"exact_sum", "exact", "sums are exact"},
  };
  for (const row& r : rows) all.push_back({r.name, r.words, {}, accumulate_in(r.accumulator)});
  if (!products) return;
  constexpr row units[] = {
      {"fp16_fused", "aligned:group=16,fraction=25,out=binary16,round=ties_to_even",
       "the matrix unit's result is fp16: sums are rounded to fp16 after each fused addition"},
      {"fp16_fused_8", "aligned:group=8,fraction=24,out=binary16,round=ties_to_even",
       "the matrix unit's result is fp16 (groups of 8): sums are rounded to fp16 after each fused addition"},
      {"unpromoted_14_bits", "aligned:group=32,fraction=13,out=binary32,kept=e8m13,round=toward_zero",
       "sums stay in the matrix unit's 14 bits and are never promoted to fp32"},
      {"unpromoted_14_bits_16", "aligned:group=16,fraction=13,out=binary32,kept=e8m13,round=toward_zero",
       "sums stay in 14 bits (groups of 16) and are never promoted to fp32"},
      {"pmaddubsw", "pmaddubsw", "pairs of 8-bit products are added in 16 bits, which saturate"},
      {"int32_wraps", "integer:32:wrap", "sums wrap around in 32 bits"},
      {"int16_wraps", "integer:16:wrap", "sums wrap around in 16 bits"},
  };
  for (const row& r : units) all.push_back({r.name, r.words, {}, accumulate_in(r.accumulator)});
  // Matrix units that compute alike are one row.
  std::vector<const accumulate::matrix_unit*> distinct;
  for (const accumulate::matrix_unit& unit : accumulate::matrix_units) {
    if (unit.has_scales() || !unit.takes(storage_format(call))) continue;
    const bool alike = std::any_of(distinct.begin(), distinct.end(), [&](const accumulate::matrix_unit* other) {
      return other->fused == unit.fused && other->compose == unit.compose;
    });
    if (!alike) distinct.push_back(&unit);
  }
  for (const accumulate::matrix_unit* unit : distinct) {
    const std::string name(unit->name);
    all.push_back({"unit_" + name, "it is the matrix unit " + name, {}, accumulate_in("unit:" + name)});
  }
  const auto axes = summed_axes_of(call);
  for (const char* wire : {"bfloat16", "binary16"}) {
    for (const std::size_t parts : {2u, 4u, 8u, 16u, 32u}) {
      if (!axes || axes->length < 2 * parts) continue;
      const std::size_t run = (axes->length + parts - 1) / parts;
      const std::string short_name = wire == std::string("bfloat16") ? "bf16" : "fp16";
      all.push_back({"split_k_" + std::to_string(parts) + "_" + short_name,
                     "partial sums of a split into " + std::to_string(parts) + " parts of k are added in " + wire,
                     {},
                     accumulate_in("floating:binary32/promote:" + std::to_string(run) + "/floating:" + wire)});
    }
  }
}

change_of_arithmetic store_by(std::function<void(conversion&)> change) {
  return [change = std::move(change)](const kernel_call&, arithmetic& with) {
    const conversion before = with.to_how;
    change(with.to_how);
    return !(with.to_how == before);
  };
}

/// Results are stored in `middle` first.
hypothesis rounded_twice(format middle) {
  hypothesis h{"double_rounding_" + format_name(middle),
               "results are rounded twice: to " + format_name(middle) + ", then to the output"};
  h.change_results = [middle](const emulation& e, tensor& results) {
    const format out = results.type().layout;
    if (middle == out || holds_all_of(out, middle)) return false;
    arithmetic with = e.with;
    with.to = middle;
    with.to_how = {};
    const tensor first = std::move(run_kernel(e.call, with)[e.result]);
    for (std::size_t i = 0; i < results.size(); ++i) {
      results.set(i, convert(encoded{first[i], middle}, out, e.with.to_how).code);
    }
    return true;
  };
  return h;
}

void add_stores(std::vector<hypothesis>& all) {
  struct row {
    const char *name, *words;
    void (*change)(conversion&);
  };
  constexpr row rows[] = {
      {"truncating_store", "results are truncated when they are stored",
       [](conversion& c) { c.mode = rounding::toward_zero; }},
      {"ties_away", "ties are rounded away from zero instead of to even",
       [](conversion& c) { c.mode = rounding::ties_to_away; }},
      {"ties_to_even", "results are rounded to nearest", [](conversion& c) { c.mode = rounding::ties_to_even; }},
      {"saturating_store", "results saturate where infinity or NaN is due",
       [](conversion& c) { c.on_overflow = overflow::saturate_finite; }},
      {"overflowing_store", "results overflow to infinity or NaN where they should saturate",
       [](conversion& c) { c.on_overflow = overflow::ieee; }},
      {"nan_on_overflow", "results that overflow become NaN", [](conversion& c) { c.on_overflow = overflow::to_nan; }},
      {"flushed_results", "subnormal results are flushed to zero",
       [](conversion& c) { c.on_subnormal = subnormals::flush_outputs; }},
  };
  for (const row& r : rows) all.push_back({r.name, r.words, {}, store_by(r.change)});
  for (const format middle : {bfloat16, binary16, tf32}) all.push_back(rounded_twice(middle));
  all.push_back({"flushed_inputs", "subnormal inputs are flushed to zero", [](kernel_call& call) {
                   bool any = false;
                   for (const input_info& in : call.info().inputs) {
                     if (in.elements != input_info::kind::real || !call.has_input(in.name)) continue;
                     const tensor x = call.input(in.name);
                     const format f = x.type().layout;
                     call.set_input(in.name, changed_codes(x, [&](std::uint64_t code) {
                                      const bool flush = is_subnormal_in(decode(code, f), f);
                                      any = any || flush;
                                      return flush ? code & f.sign_mask() : code;
                                    }));
                   }
                   return any;
                 }});
  all.push_back({"flushed_operations",
                 "subnormal numbers are flushed to zero in every operation",
                 {},
                 [](const kernel_call&, arithmetic& with) {
                   with.how.on_subnormal = subnormals::flush_both;
                   return true;
                 }});
  all.push_back({"native",
                 "every operation is rounded to the inputs' own format",
                 {},
                 [](const kernel_call& call, arithmetic& with) {
                   if (with.compute == storage_format(call)) return false;
                   with.compute = storage_format(call);
                   with.accumulate.reset();
                   return true;
                 }});
  for (const format f : {bfloat16, binary16}) {
    all.push_back({"compute_" + format_name(f),
                   "every operation is rounded to " + format_name(f),
                   {},
                   [f](const kernel_call& call, arithmetic& with) {
                     if (with.compute == f || storage_format(call) == f) return false;
                     with.compute = f;
                     with.accumulate.reset();
                     return true;
                   }});
  }
}

/// Inputs of one format read as another's; only that input, where one is named.
change_of_call retyped(format from, format to, std::string_view only = {}) {
  return [from, to, only](kernel_call& call) {
    bool any = false;
    for (const input_info& in : call.info().inputs) {
      if (!call.has_input(in.name)) continue;
      const tensor& x = call.input(in.name);
      if (!x.type().is_floating() || !(x.type().layout == from) || (!only.empty() && in.name != only)) continue;
      tensor y(element_type::of(to), x.shape());
      for (std::size_t i = 0; i < x.size(); ++i) y.set(i, x[i]);
      call.set_input(in.name, std::move(y));
      any = true;
    }
    return any;
  };
}

void add_encodings(std::vector<hypothesis>& all) {
  const std::pair<format, format> pairs[] = {{e4m3fn, e4m3fnuz}, {e4m3fnuz, e4m3fn},   {e5m2, e5m2fnuz},
                                             {e5m2fnuz, e5m2},   {e4m3fn, e5m2},       {e5m2, e4m3fn},
                                             {e4m3fn, e4m3},     {binary16, bfloat16}, {bfloat16, binary16}};
  for (const auto& [from, to] : pairs) {
    all.push_back({format_name(from) + "_read_as_" + format_name(to),
                   format_name(from) + " inputs are read as " + format_name(to), retyped(from, to)});
    for (const char* only : {"a", "b", "x", "weight"}) {
      all.push_back({std::string(only) + "_" + format_name(from) + "_read_as_" + format_name(to),
                     std::string(only) + " is " + format_name(from) + ", but read as " + format_name(to),
                     retyped(from, to, only)});
    }
  }
  for (const bool to_nearest : {false, true}) {
    all.push_back({to_nearest ? "tf32_inputs" : "tf32_inputs_cut",
                   to_nearest ? "inputs are rounded to tf32" : "inputs are cut to tf32 toward zero",
                   [to_nearest](kernel_call& call) {
                     bool any = false;
                     for (const input_info& in : call.info().inputs) {
                       if (!call.has_input(in.name)) continue;
                       const tensor x = call.input(in.name);
                       if (!x.type().is_floating() || !(x.type().layout == binary32)) continue;
                       const conversion how{to_nearest ? rounding::ties_to_even : rounding::toward_zero};
                       call.set_input(in.name, changed_codes(x, [&](std::uint64_t code) {
                                        const rounded cut = convert(encoded{code, binary32}, tf32, how);
                                        return convert(encoded{cut.code, tf32}, binary32).code;
                                      }));
                       any = true;
                     }
                     return any;
                   }});
  }
}

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

void add_scales(std::vector<hypothesis>& all) {
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

change_of_call without_input(const char* name) {
  return [name](kernel_call& call) {
    if (!has_input_named(call, name)) return false;
    const tensor& x = call.input(name);
    call.set_input(name, changed_codes(x, [&](std::uint64_t) { return std::uint64_t{0}; }));
    return true;
  };
}

change_of_call with_attribute(const char* name, attribute_value value) {
  return [name, value](kernel_call& call) {
    if (!has_attribute_named(call, name) || (call.has(name) && call.value(name) == value)) return false;
    call.set(name, value);
    return true;
  };
}

void add_products(std::vector<hypothesis>& all) {
  all.push_back({"c_missing", "c is not added", without_input("c")});
  all.push_back({"bias_missing", "the bias is not added", without_input("bias")});
  all.push_back({"alpha_missing", "alpha is not applied", with_attribute("alpha", 1.0)});
  all.push_back({"beta_missing", "beta is not applied", with_attribute("beta", 1.0)});
  all.push_back({"c_subtracted", "c is subtracted", [](kernel_call& call) {
                   if (!has_input_named(call, "c")) return false;
                   const tensor x = call.input("c");
                   call.set_input(
                       "c", changed_codes(x, [&](std::uint64_t code) { return code ^ x.type().layout.sign_mask(); }));
                   return true;
                 }});
  all.push_back({"b_transposed", "b is read transposed", [](kernel_call& call) {
                   if (call.name() != "gemm") return false;
                   const extents& b = call.input("b").shape();
                   if (b[b.rank() - 1] != b[b.rank() - 2]) return false;
                   call.set("transpose_b", attribute_value(!call.flag("transpose_b")));
                   return true;
                 }});
  for (const char* f : {"none", "relu", "gelu", "gelu_tanh", "silu"}) {
    all.push_back({std::string("activation_") + f, std::string("the activation is ") + f,
                   with_attribute("activation", std::string(f))});
  }
}

void add_softmax(std::vector<hypothesis>& all) {
  const auto variant = [](const char* key, const char* value) -> change_of_arithmetic {
    return [key, value](const kernel_call& call, arithmetic& with) {
      for (const attribute_info& v : variants_of(call.name())) {
        if (v.name != key || v.choices.find(value) == std::string_view::npos) continue;
        with.variants[key] = value;
        return true;
      }
      return false;
    };
  };
  all.push_back({"no_max_subtraction",
                 "the line's maximum is not subtracted before the exponentials",
                 {},
                 variant("algorithm", "naive")});
  // log2 e = 1.4427 is 1.4453 in bfloat16: the same as a temperature that much lower.
  all.push_back({"log2e_in_bf16", "log2 e is rounded to bfloat16", [](kernel_call& call) {
                   constexpr double ratio = 1.4426950408889634 / 1.4453125;
                   if (has_attribute_named(call, "temperature")) {
                     call.set("temperature", attribute_value(call.number("temperature") * ratio));
                     return true;
                   }
                   if (call.name() != "attention" || has_input_named(call, "bias")) return false;
                   const extents& q = call.input("q").shape();
                   const double scale =
                       call.has("scale") ? call.number("scale") : 1 / std::sqrt(static_cast<double>(q[q.rank() - 1]));
                   call.set("scale", attribute_value(scale / ratio));
                   return true;
                 }});
  hypothesis padded{"padded_lane", "one padded element of value 0 is counted in each line"};
  padded.change_call = [](kernel_call& call) {
    if (!is_any(call.name(), {"softmax", "log_softmax", "logsumexp"})) return false;
    const tensor x = call.input("x");
    if (x.shape().rank() == 0) return false;
    std::vector<std::size_t> sizes(x.shape().begin(), x.shape().end());
    const std::size_t n = sizes.back();
    sizes.back() = n + 1;
    const extents wider{std::span<const std::size_t>(sizes)};
    const auto widen = [&](const tensor& t, std::uint64_t pad) {
      tensor y(t.type(), wider);
      for (std::size_t i = 0; i < y.size(); ++i) {
        const std::size_t line = i / (n + 1), k = i % (n + 1);
        y.set(i, k < n ? t[line * n + k] : pad);
      }
      return y;
    };
    if (has_input_named(call, "mask")) call.set_input("mask", widen(tensor(call.input("mask")), 1));
    call.set_input("x", widen(x, 0));
    return true;
  };
  padded.change_results = [](const emulation& e, tensor& results) {
    const std::size_t n = e.call.input("x").shape()[e.call.input("x").shape().rank() - 1];
    if (results.size() == e.got.size()) return true;  // logsumexp
    tensor narrower(results.type(), {results.size() / n, n - 1});
    for (std::size_t i = 0; i < narrower.size(); ++i) narrower.set(i, results[i / (n - 1) * n + i % (n - 1)]);
    results = std::move(narrower);
    return true;
  };
  all.push_back(std::move(padded));
  all.push_back({"mask_missing", "the mask is not applied", [](kernel_call& call) {
                   if (!has_input_named(call, "mask")) return false;
                   const tensor x = call.input("mask");
                   call.set_input("mask", changed_codes(x, [](std::uint64_t) { return std::uint64_t{1}; }));
                   return true;
                 }});
  all.push_back({"temperature_missing", "the temperature is not applied", with_attribute("temperature", 1.0)});
}

/// Replaces causal masking by an explicit mask whose diagonal is moved.
change_of_call causal_moved(std::ptrdiff_t by) {
  return [by](kernel_call& call) {
    if (call.name() != "attention" || call.choice("causal") == "none" || has_input_named(call, "mask")) return false;
    const extents &q = call.input("q").shape(), &k = call.input("k").shape();
    const std::size_t l = q[q.rank() - 2], s = k[k.rank() - 2];
    const std::ptrdiff_t shift =
        by +
        (call.choice("causal") == "bottom_right" ? static_cast<std::ptrdiff_t>(s) - static_cast<std::ptrdiff_t>(l) : 0);
    tensor mask(element_type::boolean(), {l, s});
    for (std::size_t i = 0; i < l; ++i) {
      for (std::size_t j = 0; j < s; ++j) {
        mask.set(i * s + j, static_cast<std::ptrdiff_t>(j) <= static_cast<std::ptrdiff_t>(i) + shift ? 1 : 0);
      }
    }
    call.set("causal", "none");
    call.set_input("mask", std::move(mask));
    return true;
  };
}

void add_attention(std::vector<hypothesis>& all) {
  all.push_back({"causal_plus_1", "the causal mask lets one key too many through", causal_moved(1)});
  all.push_back({"causal_minus_1", "the causal mask hides one key too many", causal_moved(-1)});
  all.push_back({"causal_missing", "the causal mask is not applied", with_attribute("causal", std::string("none"))});
  all.push_back(
      {"causal_top_left", "the causal mask starts at the top left", with_attribute("causal", std::string("top_left"))});
  all.push_back({"causal_bottom_right", "the causal mask ends at the bottom right",
                 with_attribute("causal", std::string("bottom_right"))});
  all.push_back({"scale_missing", "the scale is not applied", with_attribute("scale", 1.0)});
  for (const format f : {e4m3fn, e5m2, bfloat16, binary16}) {
    all.push_back({"probabilities_" + format_name(f),
                   "probabilities are stored in " + format_name(f),
                   {},
                   [f](const kernel_call& call, arithmetic& with) {
                     const auto points = stores_of(call.name());
                     if (points.empty()) return false;
                     for (const store_info& p : points) with.stores[std::string(p.name)] = {f, {}};
                     return true;
                   }});
  }
}

/// v (n / (n - 1)) for the variance, exactly: eps and the factors change accordingly.
bool unbiased(kernel_call& call) {
  const tensor& x = call.input("x");
  std::size_t n = 1;
  const extents& shape = x.shape();
  std::size_t channels = 0;
  if (call.name() == "layer_norm") {
    const auto axes = static_cast<std::size_t>(call.integer("axes"));
    for (std::size_t a = shape.rank() - axes; a < shape.rank(); ++a) n *= shape[a];
    channels = n;
  } else if (call.name() == "batch_norm" && call.flag("training")) {
    channels = shape[1];
    n = x.size() / std::max<std::size_t>(1, channels);
  } else if (call.name() == "group_norm") {
    channels = shape[1];
    n = x.size() / std::max<std::size_t>(1, shape[0] * static_cast<std::size_t>(call.integer("groups")));
  } else {
    return false;
  }
  if (n < 2) return false;
  const double c = static_cast<double>(n) / static_cast<double>(n - 1);
  std::vector<std::size_t> sizes{channels};
  tensor weight(element_type::of(binary32), {channels});
  if (call.name() == "layer_norm") {
    sizes.assign(shape.end() - call.integer("axes"), shape.end());
    weight = tensor(element_type::of(binary32), extents(std::span<const std::size_t>(sizes)));
  }
  for (std::size_t i = 0; i < channels; ++i) {
    const double w =
        has_input_named(call, "weight") ? to_double(call.input("weight")[i], call.input("weight").type().layout) : 1;
    weight.set(i, convert(w / std::sqrt(c), binary32).code);
  }
  call.set_input("weight", std::move(weight));
  call.set("eps", attribute_value(call.number("eps") / c));
  return true;
}

change_of_arithmetic variant_of(const char* key, const char* value) {
  return [key, value](const kernel_call& call, arithmetic& with) {
    for (const attribute_info& v : variants_of(call.name())) {
      if (v.name != key ||
          (" " + std::string(v.choices) + " ").find(" " + std::string(value) + " ") == std::string::npos)
        continue;
      with.variants[key] = value;
      return true;
    }
    return false;
  };
}

void add_norms(std::vector<hypothesis>& all) {
  all.push_back({"eps_outside", "eps is added outside of the root", {}, variant_of("eps", "outside")});
  all.push_back(
      {"one_pass_variance", "the variance is E[x^2] - E[x]^2, in one pass", {}, variant_of("variance", "one_pass")});
  all.push_back({"unbiased_variance", "the variance is divided by n - 1 instead of n", unbiased});
  all.push_back({"biased_variance", "the variance is divided by n", with_attribute("correction", 0.0)});
  all.push_back({"corrected_variance", "the variance is divided by n - 1", with_attribute("correction", 1.0)});
  all.push_back({"early_cast",
                 "the normalised values are cast to the storage format before weight and bias",
                 {},
                 [](const kernel_call& call, arithmetic& with) {
                   bool any = false;
                   for (const store_info& p : stores_of(call.name())) {
                     if (p.name != "normalised") continue;
                     with.stores["normalised"] = {storage_format(call), {}};
                     any = true;
                   }
                   return any;
                 }});
  for (const double eps : {0.0, 1e-12, 1e-8, 1e-6, 1e-5, 1e-3}) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", eps);
    all.push_back({std::string("eps_") + text, std::string("eps is ") + text, with_attribute("eps", eps)});
  }
  all.push_back({"weight_missing", "the weight is not applied", [](kernel_call& call) {
                   if (!has_input_named(call, "weight") || is_any(call.name(), {"conv2d", "embedding"})) return false;
                   const tensor x = call.input("weight");
                   call.set_input("weight",
                                  changed_codes(x, [&](std::uint64_t) { return convert(1.0, x.type().layout).code; }));
                   return true;
                 }});
  all.push_back({"weight_plus_1", "the weight is taken as 1 + weight", [](kernel_call& call) {
                   if (!has_input_named(call, "weight") || call.name() != "rms_norm") return false;
                   const tensor x = call.input("weight");
                   call.set_input("weight", changed_codes(x, [&](std::uint64_t code) {
                                    return convert(1 + to_double(code, x.type().layout), x.type().layout).code;
                                  }));
                   return true;
                 }});
}

void add_losses(std::vector<hypothesis>& all) {
  all.push_back({"smoothing_over_others", "label smoothing is spread over K - 1 classes", [](kernel_call& call) {
                   if (!has_attribute_named(call, "label_smoothing")) return false;
                   const double s = call.number("label_smoothing");
                   const extents& shape = call.input("x").shape();
                   const double k = static_cast<double>(shape.rank() == 1 ? shape[0] : shape[1]);
                   if (s == 0 || k < 2 || s * k / (k - 1) > 1) return false;
                   call.set("label_smoothing", attribute_value(s * k / (k - 1)));
                   return true;
                 }});
  all.push_back({"smoothing_missing", "labels are not smoothed", with_attribute("label_smoothing", 0.0)});
  hypothesis ignored{"ignored_counted", "ignored tokens count in the mean"};
  ignored.change_results = [](const emulation& e, tensor& results) {
    if (!has_input_named(e.call, "target") || !has_attribute_named(e.call, "ignore_index") ||
        e.call.choice("reduction") != "mean")
      return false;
    if (has_input_named(e.call, "weight")) return false;
    const tensor& target = e.call.input("target");
    const int bits = target.type().integer_bits;
    const auto ignored_code = static_cast<std::uint64_t>(e.call.integer("ignore_index"));
    const std::uint64_t mask = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
    std::size_t counted = 0;
    for (std::size_t i = 0; i < target.size(); ++i) counted += target[i] != (ignored_code & mask);
    if (counted == target.size() || counted == 0) return false;
    // The mean, once more in double and rounded: what fp32 rounds on the way is not known.
    const format f = results.type().layout;
    arithmetic wide = e.with;
    wide.to = binary64;
    const tensor mean = std::move(run_kernel(e.call, wide)[e.result]);
    for (std::size_t i = 0; i < results.size(); ++i) {
      const double y = to_double(mean[i], binary64) * static_cast<double>(counted) / static_cast<double>(target.size());
      results.set(i, convert(y, f, e.with.to_how).code);
    }
    return true;
  };
  all.push_back(std::move(ignored));
  for (const char* r : {"mean", "sum", "none"}) {
    all.push_back({std::string("reduction_") + r, std::string("the reduction is ") + r,
                   with_attribute("reduction", std::string(r))});
  }
}

void add_places(std::vector<hypothesis>& all) {
  hypothesis zero{"unwritten", "elements were not written: they are zero"};
  zero.local = true;
  zero.change_results = [](const emulation& e, tensor& results) {
    bool any = false;
    for (std::size_t i = 0; i < results.size(); ++i) {
      // Where a subnormal number, a zero or a NaN is due, a zero says something else.
      const format f = results.type().layout;
      const std::uint64_t due = results[i] & f.magnitude_mask();
      if (!decode(e.got[i], f).is_zero() || due < f.min_normal_code() || f.is_nan_code(results[i])) continue;
      results.set(i, e.got[i]);
      any = true;
    }
    return any;
  };
  hypothesis row{"row_zero", "whole lines of the result are zero"};
  row.local = true;
  row.change_results = [](const emulation& e, tensor& results) {
    const extents& shape = e.whole.shape();
    const std::size_t n = shape.rank() < 2 ? 0 : shape[shape.rank() - 1];
    if (n < 2 || results.size() % n != 0) return false;
    bool any = false;
    for (std::size_t line = 0; line < results.size() / n; ++line) {
      bool all_zero = true;
      for (std::size_t i = 0; i < n; ++i)
        all_zero = all_zero && decode(e.got[line * n + i], results.type().layout).is_zero();
      if (!all_zero) continue;
      for (std::size_t i = 0; i < n; ++i) results.set(line * n + i, e.got[line * n + i]);
      any = true;
    }
    return any;
  };
  all.push_back(std::move(row));
  all.push_back(std::move(zero));
  for (const std::size_t tile : {1u, 8u, 16u, 32u, 64u, 128u, 256u}) {
    for (const bool columns : {true, false}) {
      hypothesis h{std::string("repeated_") + (columns ? "columns_" : "rows_") + std::to_string(tile),
                   "elements repeat those " + std::to_string(tile) + (columns ? " columns" : " rows") +
                       " away: a tile or line was stored twice"};
      h.local = true;
      h.change_results = [tile, columns](const emulation& e, tensor& results) {
        const extents& shape = e.whole.shape();
        const std::size_t n = shape.rank() < 2 ? 0 : shape[shape.rank() - 1];
        if (n == 0) return false;
        const std::size_t step = columns ? tile : tile * n;
        bool any = false;
        for (std::size_t i = 0; i < results.size(); ++i) {
          const std::size_t at = e.places[i];
          const auto same = [&](std::size_t other) {
            const bool inside = other < e.whole.size() && (!columns || other / n == at / n);
            return inside && e.whole[other] == e.got[i] && !decode(e.got[i], results.type().layout).is_zero();
          };
          if (!same(at - step) && !same(at + step)) continue;
          results.set(i, e.got[i]);
          any = true;
        }
        return any;
      };
      all.push_back(std::move(h));
    }
  }
}

}  // namespace

std::vector<hypothesis> known_hypotheses(const kernel_call& call, const claim& /*claimed*/) {
  std::vector<hypothesis> all;
  const std::string_view kernel = call.name();
  const bool products =
      is_any(kernel, {"dot", "gemm", "conv2d", "attention", "lstm_cell", "gru_cell", "rnn_cell", "gemm_backward"});
  add_places(all);
  detail::add_slips(all, call);
  add_stores(all);
  if (!is_any(kernel, {"convert", "embedding", "relu", "max_pool2d"})) add_accumulators(all, call, products);
  add_encodings(all);
  if (summed_axes_of(call)) add_tails(all);
  if (products) add_products(all);
  if (kernel == "gemm") add_scales(all);
  if (kernel.find("softmax") != std::string_view::npos || is_any(kernel, {"attention", "logsumexp", "cross_entropy"}))
    add_softmax(all);
  if (kernel == "attention") add_attention(all);
  if (kernel.find("norm") != std::string_view::npos || kernel == "variance") add_norms(all);
  add_losses(all);
  return all;
}

}  // namespace assay
