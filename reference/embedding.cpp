#include <assay/reference/embedding.hpp>

#include <cmath>
#include <stdexcept>
#include <string>

#include <assay/tensor/describe.hpp>

#include "engine/check.hpp"
#include "engine/groups.hpp"

namespace assay::reference {

namespace {

struct copied_line {
  std::span<const double> x;

  std::size_t outputs() const { return x.size(); }
  bool any_special() const { return !all_finite(x); }
  std::optional<special_value> special(std::size_t i) const {
    return std::isfinite(x[i]) ? std::nullopt : special_from(x[i]);
  }
  bool zero_is_negative(std::size_t i) const { return std::signbit(x[i]); }
  template <class Real, class Emit>
  void evaluate(selection which, const Emit& emit) const {
    for (const std::size_t i : which) emit(i, Real(x[i]));
  }
};

/// The rows' numbers.
std::vector<std::size_t> rows_of(const tensor& indices, std::size_t rows) {
  const element_type type = indices.type();
  if (type.is_floating() || type.what == element_type::kind::boolean) {
    throw std::invalid_argument("indices holds " + to_string(type) + "; expected integers");
  }
  const int unused = 64 - type.integer_bits;
  std::vector<std::size_t> all(indices.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool is_signed = type.what == element_type::kind::signed_integer;
    const std::int64_t extended = static_cast<std::int64_t>(indices[i] << unused) >> unused;
    all[i] = is_signed ? static_cast<std::size_t>(extended) : indices[i];
    if (all[i] < rows) continue;
    throw std::invalid_argument("element " + std::to_string(i) + " of indices is " +
                                (is_signed ? std::to_string(extended) : std::to_string(all[i])) +
                                (rows == 0 ? "; weight has no rows" : "; expected 0 to " + std::to_string(rows - 1)));
  }
  return all;
}

}  // namespace

truth embedding(const code_view& weight, const tensor& indices, const request& want) {
  const reader values(weight, "weight");
  const extents& table = weight.shape();
  if (table.rank() != 2) throw std::invalid_argument("weight has shape " + to_string(table) + "; expected (V, D)");
  const std::vector<std::size_t> rows = rows_of(indices, table[0]);
  const std::size_t width = table[1];
  std::vector<std::size_t> shape(indices.shape().begin(), indices.shape().end());
  shape.push_back(width);

  const output_rule rule(want.to, want.how);
  truth result = make_truth(want, extents(shape));
  result.decided = in_parallel(rows.size(), want.threads, result.value.size(),
                               [&](std::size_t first, std::size_t last, workspace& w, decisions& made) {
                                 std::vector<double> line(width);
                                 for (std::size_t n = first; n < last; ++n) {
                                   values.read(rows[n] * width, 1, line);
                                   decide(copied_line{line}, rule, want, w, line_of_truth(result, n * width, 1), made);
                                 }
                               });
  return result;
}

}  // namespace assay::reference
