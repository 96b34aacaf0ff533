// What a dot-product kernel says it does. The verdict follows from it.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include <assay/accumulate/accumulator.hpp>
#include <assay/reference/dot.hpp>

namespace assay {

/// A kernel emulated to the bit: the code that it stores for one row.
using dot_model = std::function<std::uint64_t(const reference::dot_row&)>;

struct dot_claim {
  enum class kind {
    correctly_rounded,  ///< as if the sum were exact and rounded once, when it is stored
    any_order,          ///< sums rounded in one floating-point format, in whatever order, products rounded or fused
    model,              ///< this very arithmetic in this very order: bits must be equal
  };

  kind what = kind::any_order;
  std::string name;                   ///< as the user wrote it, for reports
  format accumulator = {8, 23, 127};  ///< of any_order
  conversion accumulate;              ///< of any_order: how products and sums are rounded into `accumulator`
  dot_model model;                    ///< of model
  format output = {8, 23, 127};
  conversion store;  ///< how the sum is rounded into `output`
};

/// A kernel that sums in this order with this accumulator. Throws std::invalid_argument, when called, where they do not
/// fit the row.
dot_model dot_model_of(accumulator with, summation_order in, format output, conversion store);

/// The loop that everybody writes: acc = c; for each i acc += a_i * b_i, each step rounded into `kept`; then one
/// rounding into the output. Fused: a_i * b_i + acc rounds once; else the product is rounded first.
dot_model sequential_dot(format kept, conversion accumulate, bool fused, format output, conversion store);

/// The claim that an accumulator makes. A floating-point accumulator without a stated order leaves the order open;
/// `exact` is a correctly rounded result whatever the order; everything else is a model, in sequence unless an order is
/// stated. The name is spelled in accumulate/grammar.hpp's words.
dot_claim claim_of(const accumulator& with, const std::optional<summation_order>& in, format output,
                   conversion store = {});

}  // namespace assay
