// What moves numbers and adds few of them: embedding does not err; collectives add one number of each rank.
//
// Collectives. Partial sums that travel are rounded to the claim's operand format at every hop, where it has one: at
// most ranks - 1 roundings of partial sums besides the additions', each of at most M = (S + |s|) / 2.
#include "bounds.hpp"

namespace assay::detail {
namespace {

std::vector<error_bounds> embedding(const bound_question& q) {
  error_bounds b;
  b.resize(q.elements());
  return one(std::move(b));
}

std::vector<error_bounds> sum_over_ranks(const bound_question& q) {
  const roundings& r = q.how;
  const std::vector<double> x = doubles(q.call, "x");
  const extents& shape = q.call.input("x").shape();
  const std::size_t ranks = shape[0], each = ranks == 0 ? 0 : x.size() / ranks;
  error_bounds b;
  b.resize(q.elements());
  for (std::size_t i = 0; i < b.worst.size(); ++i) {
    sum_of sum(r);
    for (std::size_t rank = 0; rank < ranks; ++rank) sum.add(r.load(x[rank * each + i]));
    bounded y = sum.total();
    const double hops = static_cast<double>(ranks), m = (sum.scale() + std::abs(y.value)) / 2 + y.worst;
    const double wire = std::expm1(hops * r.operand_error()) * m + hops * r.operand_eta();
    y.worst += wire;
    y.sigma = std::hypot(y.sigma, std::sqrt(hops) * r.operand_error() * m * (1 + wire / std::max(m, 1e-300)));
    b.set(i, y, r.lambda());
  }
  return one(std::move(b));
}

constexpr bound_row moving_rows[] = {
    {"embedding", embedding}, {"all_reduce", sum_over_ranks}, {"reduce_scatter", sum_over_ranks}};

}  // namespace

bound_family moving_bounds() { return moving_rows; }

}  // namespace assay::detail
