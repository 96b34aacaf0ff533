// Sums: terms left out, stale or added twice, and what they are accumulated in.
#include <algorithm>
#include <vector>

#include <assay/accumulate/grammar.hpp>
#include <assay/accumulate/matrix_unit.hpp>
#include <assay/format/name.hpp>
#include <assay/kernel/run.hpp>
#include <assay/number/convert.hpp>

#include "tables.hpp"

namespace assay::detail {
namespace {

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

/// How many terms a loop leaves out at an end: powers of two, and what tiles leave of the length.
std::vector<std::size_t> usual_tails(std::size_t length) {
  std::vector<std::size_t> all;
  for (std::size_t n = 1; n <= 128; n *= 2) all.push_back(n);
  for (const std::size_t tile : {8u, 16u, 32u, 64u, 128u}) {
    if (length > tile && length % tile != 0) all.push_back(length % tile);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

void add_tails(hypotheses& all, std::size_t length) {
  const std::vector<std::size_t> dropped = usual_tails(length);
  for (const std::size_t n : dropped) {
    const std::string count = std::to_string(n);
    all.push_back({"k_head_" + count + "_dropped",
                   n == 1 ? "the first product of each sum is missing"
                          : "the first " + count + " products of each sum are missing",
                   head_dropped(n)});
  }
  for (const std::size_t n : dropped) {
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

void add_accumulators(hypotheses& all, const kernel_call& call, bool products) {
  struct row {
    const char *name, *accumulator, *words;
  };
  constexpr row rows[] = {
      {"bf16_accumulator", "floating:bfloat16", "sums are kept in bfloat16"},
      {"fp16_accumulator", "floating:binary16", "sums are kept in fp16"},
      {"bf16_accumulator_rounded", "floating:bfloat16:rounded", "sums are kept in bfloat16, products rounded first"},
      {"fp16_accumulator_rounded", "floating:binary16:rounded", "sums are kept in fp16, products rounded first"},
      {"bf16_accumulator_truncated", "floating:bfloat16:toward_zero", "sums are kept in bfloat16, truncated"},
      {"fp16_accumulator_truncated", "floating:binary16:toward_zero", "sums are kept in fp16, truncated"},
      {"fp32_truncated", "floating:binary32:toward_zero", "sums in fp32 are truncated instead of rounded"},
      {"fp32_accumulator", "floating:binary32", "sums are kept in fp32, rounded to nearest"},
      {"fp32_accumulator_rounded", "floating:binary32:rounded", "sums are kept in fp32, products rounded first"},
      {"exact_sum", "exact", "sums are exact"},
  };
  for (const row& r : rows) all.push_back({r.name, r.words, {}, accumulate_in(r.accumulator)});
  all.push_back({"output_accumulator",
                 "sums are kept in the format of the results",
                 {},
                 [](const kernel_call&, arithmetic& with) {
                   if (!with.to || !with.to->is_signed()) return false;
                   const accumulator other = accumulate::floating{*with.to};
                   if (with.accumulate == other) return false;
                   with.accumulate = other;
                   return true;
                 }});
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
  // Matrix units that compute alike are one row, which names them all.
  std::vector<std::pair<const accumulate::matrix_unit*, std::string>> distinct;
  for (const accumulate::matrix_unit& unit : accumulate::matrix_units) {
    if (unit.has_scales() || !unit.takes(call.storage_format())) continue;
    const auto alike = std::find_if(distinct.begin(), distinct.end(), [&](const auto& other) {
      return other.first->fused == unit.fused && other.first->compose == unit.compose;
    });
    if (alike == distinct.end()) {
      distinct.emplace_back(&unit, unit.name);
    } else {
      alike->second += ", " + std::string(unit.name);
    }
  }
  for (const auto& [unit, names] : distinct) {
    const std::string name(unit->name);
    all.push_back({"unit_" + name, "it is the matrix unit " + names, {}, accumulate_in("unit:" + name)});
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

/// Whether a product has nothing around it that must be done once, at its end.
bool is_bare(const kernel_call& call) {
  for (const char* name : {"c", "bias"}) {
    if (has_input_named(call, name)) return false;
  }
  return call.name() != "gemm" || (call.number("alpha") == 1 && call.choice("activation") == "none");
}

/// The left factors of all products become zero.
bool drop_products(kernel_call& call) {
  const auto axes = summed_axes_of(call);
  if (!axes || axes->right.empty() || !(has_input_named(call, "c") || has_input_named(call, "bias"))) return false;
  const tensor& x = call.input(axes->left);
  call.set_input(axes->left, tensor(x.type(), x.shape()));
  return true;
}

/// Each part of k is summed as claimed, its sum passes through a short format, and these are added in binary32.
hypothesis partial_sums_through(format wire, std::size_t parts) {
  hypothesis h{"split_k_" + std::to_string(parts) + "_through_" + format_name(wire),
               "partial sums of a split into " + std::to_string(parts) + " parts of k pass through " +
                   format_name(wire) + " before they are added"};
  h.change_results = [wire, parts](const emulation& e, tensor& results) {
    const auto axes = summed_axes_of(e.call);
    if (!axes || axes->length < 2 * parts || !is_bare(e.call) || wire == results.type().layout) return false;
    std::vector<float> sums(results.size());
    arithmetic with = e.with;
    with.to = binary32;
    with.to_how = {};
    for (std::size_t part = 0; part < parts; ++part) {
      const std::size_t first = axes->length * part / parts, last = axes->length * (part + 1) / parts;
      kernel_call call = e.call;
      const tensor& x = e.call.input(axes->left);
      call.set_input(axes->left,
                     changed_along(x, axes->left_axis, [&](std::size_t k, std::size_t, std::size_t i, std::size_t) {
                       return k < first || k >= last ? 0 : x[i];
                     }));
      const tensor partial = std::move(run_kernel(call, with)[e.result]);
      for (std::size_t i = 0; i < sums.size(); ++i) {
        sums[i] += to_float(convert(encoded{partial[i], binary32}, wire).code, wire);
      }
    }
    for (std::size_t i = 0; i < sums.size(); ++i) {
      results.set(i, convert(sums[i], results.type().layout, e.with.to_how).code);
    }
    return true;
  };
  return h;
}

}  // namespace

void add_sums(hypotheses& all, const kernel_call& call) {
  const bool products =
      is_any(call.name(), {"dot", "gemm", "conv2d", "attention", "lstm_cell", "gru_cell", "rnn_cell", "gemm_backward"});
  if (!is_any(call.name(), {"convert", "embedding", "relu", "max_pool2d"})) add_accumulators(all, call, products);
  const auto axes = summed_axes_of(call);
  if (!axes) return;
  add_tails(all, axes->length);
  all.push_back({"no_products", "no product is added: the results are what the sums start from", drop_products});
  for (const format wire : {bfloat16, binary16}) {
    for (const std::size_t parts : {2u, 4u, 8u, 16u}) all.push_back(partial_sums_through(wire, parts));
  }
}

}  // namespace assay::detail
