// Wrong kernels: what each does wrong, and which explanations of the judge's name that.
//
// Every mutation has a legitimate twin, the workload's honest kernel on the same inputs. A run counts when its results
// differ from the twin's in at least one bit: else there is nothing to find.
#pragma once

#include <optional>

#include "trial.hpp"

namespace detection {

struct mutation {
  std::string_view name, workload;
  std::string_view causes;  ///< beginnings of the names of right diagnoses, one space between them
  /// The wrong results; nothing where the mutation does not apply.
  std::function<std::optional<std::vector<tensor>>(const trial&, random_source&)> run;
  /// Changes the inputs into some that show it, where plain ones do not.
  std::function<void(trial&, random_source&)> trigger = {};
};

const std::vector<mutation>& mutations();

void add_product_mutations(std::vector<mutation>& all);
void add_block_mutations(std::vector<mutation>& all);
void add_storage_mutations(std::vector<mutation>& all);
void add_softmax_mutations(std::vector<mutation>& all);
void add_norm_mutations(std::vector<mutation>& all);
void add_loss_mutations(std::vector<mutation>& all);
void add_other_mutations(std::vector<mutation>& all);

using results = std::optional<std::vector<tensor>>;

// ---- what mutations are made of ----

/// The kernel in another arithmetic: words after the honest ones replace those.
auto inline with_arithmetic(std::string words) {
  return [words = std::move(words)](const trial& t, random_source&) -> results {
    // In binary32 "native" is what every claim here allows.
    if (words.starts_with("native") && t.call.view("x").layout() == binary32) return std::nullopt;
    return run_honest(t, words);
  };
}

/// The kernel on another call: change(call) returns false where it does not apply.
template <class Change>
auto with_call(Change change) {
  return [change](const trial& t, random_source& random) -> results {
    trial other = t;
    if (!change(other.call, random)) return std::nullopt;
    return run_honest(other);
  };
}

/// The honest results, changed.
template <class Change>
auto with_results(Change change) {
  return [change](const trial& t, random_source& random) -> results {
    std::vector<tensor> all = run_honest(t);
    if (!change(all[0], random)) return std::nullopt;
    return all;
  };
}

/// A matrix's code at (i, j), the last two axes of its first batch.
inline std::size_t columns_of(const tensor& x) { return x.shape()[x.shape().rank() - 1]; }
inline std::size_t rows_of(const tensor& x) { return x.shape().rank() < 2 ? 1 : x.shape()[x.shape().rank() - 2]; }

/// x with each element's code replaced by change(row, column, code) in a matrix.
template <class Change>
tensor mapped(const tensor& x, const Change& change) {
  tensor y = x;
  const std::size_t n = columns_of(x);
  for (std::size_t i = 0; i < x.size(); ++i) y.set(i, change(i / n, i % n, x[i]));
  return y;
}

}  // namespace detection
