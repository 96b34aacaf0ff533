#include <assay/judge/dot_claim.hpp>

#include <assay/accumulate/grammar.hpp>

namespace assay {

dot_model dot_model_of(accumulator with, summation_order in, format output, conversion store) {
  return [with = std::move(with), in = std::move(in), output, store](const reference::dot_row& row) {
    return dot(with, in, code_vector(row.a, row.a_format), code_vector(row.b, row.b_format),
               encoded{row.c, row.c_format}, output, store)
        .code;
  };
}

dot_model sequential_dot(format kept, conversion accumulate, bool fused, format output, conversion store) {
  // The template, not the run-time accumulator: diagnosis walks millions of products with this.
  const accumulate::floating sum{kept, accumulate,
                                 fused ? accumulate::multiplication::fused : accumulate::multiplication::rounded};
  return [sum, output, store](const reference::dot_row& row) {
    auto state = sum.start(accumulate::read(row.c, row.c_format));
    for (std::size_t i = 0; i < row.a.size(); ++i) {
      sum.multiply_add(state, accumulate::read(row.a[i], row.a_format), accumulate::read(row.b[i], row.b_format));
    }
    return sum.result(state, output, store).code;
  };
}

dot_claim claim_of(const accumulator& with, const std::optional<summation_order>& in, format output, conversion store) {
  dot_claim claim;
  claim.output = output;
  claim.store = store;
  claim.name = to_string(with);
  if (std::holds_alternative<accumulate::exact>(with)) {
    claim.what = dot_claim::kind::correctly_rounded;
    return claim;
  }
  const auto* floating = std::get_if<accumulate::floating>(&with);
  if (floating != nullptr && !in) {
    claim.what = dot_claim::kind::any_order;
    claim.accumulator = floating->in;
    claim.accumulate = floating->how;
    claim.name += ", any order";
    return claim;
  }
  claim.what = dot_claim::kind::model;
  claim.model = dot_model_of(with, in.value_or(order::sequential{}), output, store);
  if (in) claim.name += ", " + to_string(*in);
  return claim;
}

}  // namespace assay
