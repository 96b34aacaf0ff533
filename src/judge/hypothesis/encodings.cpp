// Inputs read as codes of another format, or cut to a shorter one.
#include <assay/format/containment.hpp>
#include <assay/format/name.hpp>
#include <assay/number/convert.hpp>

#include "tables.hpp"

namespace assay::detail {
namespace {

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

/// Inputs of longer formats pass through a shorter one.
change_of_call shortened(format narrow, rounding mode) {
  return [narrow, mode](kernel_call& call) {
    bool any = false;
    for (const input_info& in : call.info().inputs) {
      if (!call.has_input(in.name)) continue;
      const tensor& x = call.input(in.name);
      if (!x.type().is_floating() || holds_all_of(narrow, x.type().layout)) continue;
      const format f = x.type().layout;
      call.set_input(in.name, changed_codes(x, [&](std::uint64_t code) {
                       const rounded cut = convert(encoded{code, f}, narrow, {mode});
                       return convert(encoded{cut.code, narrow}, f).code;
                     }));
      any = true;
    }
    return any;
  };
}

}  // namespace

void add_encodings(hypotheses& all) {
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
  struct narrower {
    format f;
    const char *name, *words;
  };
  constexpr narrower narrow[] = {
      {tf32, "tf32", "tf32"}, {bfloat16, "bf16", "bfloat16"}, {binary16, "fp16", "fp16"}, {e4m3fn, "e4m3fn", "e4m3fn"}};
  for (const narrower& n : narrow) {
    const std::string name(n.name), words(n.words);
    all.push_back({name + "_inputs", "inputs are rounded to " + words, shortened(n.f, rounding::ties_to_even)});
    all.push_back(
        {name + "_inputs_cut", "inputs are cut to " + words + " toward zero", shortened(n.f, rounding::toward_zero)});
  }
}

}  // namespace assay::detail
