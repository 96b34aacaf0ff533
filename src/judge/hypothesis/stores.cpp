// How results and intermediate results are rounded and stored.
#include <assay/format/containment.hpp>
#include <assay/format/name.hpp>
#include <assay/kernel/run.hpp>
#include <assay/number/convert.hpp>

#include "tables.hpp"

namespace assay::detail {
namespace {

change_of_arithmetic store_by(std::function<void(conversion&)> change) {
  return [change = std::move(change)](const kernel_call&, arithmetic& with) {
    const conversion before = with.to_how;
    change(with.to_how);
    return !(with.to_how == before);
  };
}

/// Whether sums, or what follows them, are kept in something wider than f.
bool computes_beyond(format f, const kernel_call& call, const arithmetic& with) {
  const arithmetic known = with.resolved(call.storage_format());
  const auto* sums = std::get_if<accumulate::floating>(&*known.accumulate);
  return !holds_all_of(f, *known.compute) || (sums != nullptr && !holds_all_of(f, sums->in));
}

/// Results are stored in `middle` first.
hypothesis rounded_twice(format middle) {
  hypothesis h{"double_rounding_" + format_name(middle),
               "results are rounded twice: to " + format_name(middle) + ", then to the output"};
  h.change_results = [middle](const emulation& e, tensor& results) {
    const format out = results.type().layout;
    if (middle == out || holds_all_of(out, middle) || !computes_beyond(middle, e.call, e.with)) return false;
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

/// False where sums are not kept in a floating-point format that keeps subnormal numbers.
bool flush_sums(subnormals policy, const kernel_call& call, arithmetic& with) {
  accumulator known = *with.resolved(call.storage_format()).accumulate;
  auto* sums = std::get_if<accumulate::floating>(&known);
  if (sums == nullptr || sums->how.on_subnormal != subnormals::keep) return false;
  sums->how.on_subnormal = policy;
  with.accumulate = known;
  return true;
}

/// An intermediate result passes through a format.
hypothesis stored(const store_info& point, format f) {
  const std::string name(point.name);
  return {"store_" + name + "_" + format_name(f),
          name + " pass through " + format_name(f) + " (" + std::string(point.what) + ")",
          {},
          [name, f](const kernel_call&, arithmetic& with) {
            if (with.stores.contains(name)) return false;
            with.stores[name] = {f, {}};
            return true;
          }};
}

}  // namespace

void add_stores(hypotheses& all, const kernel_call& of) {
  struct row {
    const char *name, *words;
    void (*change)(conversion&);
  };
  constexpr row rows[] = {
      {"truncating_store", "results are truncated when they are stored",
       [](conversion& c) { c.mode = rounding::toward_zero; }},
      {"upward_store", "results are rounded upward when they are stored",
       [](conversion& c) { c.mode = rounding::upward; }},
      {"downward_store", "results are rounded downward when they are stored",
       [](conversion& c) { c.mode = rounding::downward; }},
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
  for (const format middle : {bfloat16, binary16, tf32, binary32}) all.push_back(rounded_twice(middle));
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
                 [](const kernel_call& call, arithmetic& with) {
                   with.how.on_subnormal = subnormals::flush_both;
                   flush_sums(subnormals::flush_both, call, with);
                   return true;
                 }});
  all.push_back(
      {"flushed_sums",
       "sums that are subnormal are flushed to zero",
       {},
       [](const kernel_call& call, arithmetic& with) { return flush_sums(subnormals::flush_outputs, call, with); }});
  all.push_back(
      {"flushed_operands_of_sums",
       "subnormal products and partial sums are taken as zero where they are added",
       {},
       [](const kernel_call& call, arithmetic& with) { return flush_sums(subnormals::flush_inputs, call, with); }});
  all.push_back({"native",
                 "every operation is rounded to the inputs' own format",
                 {},
                 [](const kernel_call& call, arithmetic& with) {
                   if (with.compute == call.storage_format()) return false;
                   with.compute = call.storage_format();
                   with.accumulate.reset();
                   return true;
                 }});
  for (const format f : {bfloat16, binary16}) {
    all.push_back({"compute_" + format_name(f),
                   "every operation is rounded to " + format_name(f),
                   {},
                   [f](const kernel_call& call, arithmetic& with) {
                     if (with.compute == f || call.storage_format() == f) return false;
                     with.compute = f;
                     with.accumulate.reset();
                     return true;
                   }});
  }
  for (const store_info& point : stores_of(of.name())) {
    const bool early_cast = point.name == "normalised";  // norms.cpp says it for the storage format
    for (const format f : {bfloat16, binary16}) {
      if (!early_cast || !(f == of.storage_format())) all.push_back(stored(point, f));
    }
  }
}

}  // namespace assay::detail
