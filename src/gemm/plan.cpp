// From orders to plans: accumulate/dot.hpp has the definition that this follows.
#include "plan.hpp"

#include <algorithm>
#include <bit>

#include <assay/accumulate/dot.hpp>

namespace assay::gemm_kernels {

namespace {

using action = plan_step::action;

/// k that one stage should cover: panels of that length stay in the second-level cache.
constexpr std::size_t stage_length = 1024;
/// Partial tiles at a time that still fit a cache, and an index that fits its integers.
constexpr std::size_t most_slots = 1024, most_terms = std::size_t{1} << 31;

plan_step walk(std::size_t first, std::size_t count, tile_use use, std::size_t into) {
  return {action::walk, {first, count}, use, into, 0};
}
plan_step merge(std::size_t into, std::size_t from) { return {action::merge, {}, tile_use::resume, into, from}; }

/// One run from the start value on.
plan sequential_plan(std::size_t length, std::size_t group) {
  plan p;
  const std::size_t step = stage_length / group * group;
  for (std::size_t k = 0; k < length; k += step) {
    p.stages.push_back({walk(k, std::min(step, length - k), tile_use::resume, 0)});
  }
  return p;
}

/// Sums of n consecutive products, each from +0, added in turn to the start value.
plan blocked_plan(std::size_t length, std::size_t n) {
  plan p;
  std::size_t in_stage = stage_length;
  for (std::size_t k = 0; k < length;) {
    if (in_stage >= stage_length) {
      p.stages.emplace_back();
      in_stage = 0;
    }
    const std::size_t count = std::min(n, length - k);
    p.stages.back().push_back(walk(k, count, tile_use::join, 0));
    in_stage += count;
    k += count;
  }
  return p;
}

/// All terms summed into slot 1, which the start value receives at the end.
struct in_slots {
  plan p;
  std::size_t length;

  explicit in_slots(std::size_t n) : length(n) {
    p.stages.emplace_back();
    p.slots = 2;
  }
  std::vector<plan_step>& steps() { return p.stages.back(); }
  void use_slot(std::size_t slot) { p.slots = std::max(p.slots, slot + 1); }
  plan finished() {
    if (length == 0) return {};
    steps().push_back(merge(0, 1));
    return std::move(p);
  }
};

void add_pairs(in_slots& to, std::size_t block, std::size_t first, std::size_t last, std::size_t slot) {
  to.use_slot(slot);
  const std::size_t blocks = (last - first) / block + ((last - first) % block != 0 ? 1 : 0);
  if (blocks <= 1) {
    to.steps().push_back(walk(first, last - first, tile_use::fresh, slot));
    return;
  }
  const std::size_t middle = first + block * (std::bit_ceil(blocks) / 2);
  add_pairs(to, block, first, middle, slot);
  add_pairs(to, block, middle, last, slot + 1);
  to.steps().push_back(merge(slot, slot + 1));
}

struct planner {
  std::size_t length, join_every, group;

  std::optional<plan> run() const {
    return join_every == 0 ? sequential_plan(length, group) : blocked_plan(length, join_every);
  }
  std::optional<plan> indexed_run(std::vector<std::uint32_t> index) const {
    auto p = run();
    p->index = std::move(index);
    return p;
  }

  std::optional<plan> operator()(const order::sequential&) const { return run(); }
  std::optional<plan> operator()(const order::reversed&) const {
    std::vector<std::uint32_t> index(length);
    for (std::size_t k = 0; k < length; ++k) index[k] = static_cast<std::uint32_t>(length - 1 - k);
    return indexed_run(std::move(index));
  }
  std::optional<plan> operator()(const order::permuted& o) const {
    std::vector<std::uint32_t> index;
    for (const std::size_t i : accumulate::shuffled_indices(length, o.seed)) index.push_back(static_cast<std::uint32_t>(i));
    return indexed_run(std::move(index));
  }
  std::optional<plan> operator()(const order::blocked& o) const {
    if (join_every != 0) return {};
    return blocked_plan(length, o.size);
  }
  std::optional<plan> operator()(const order::pairwise& o) const {
    if (join_every != 0) return {};
    in_slots to(length);
    add_pairs(to, o.block, 0, length, 1);
    return to.finished();
  }
  std::optional<plan> operator()(const order::split_k& o) const {
    if (join_every != 0) return {};
    in_slots to(length);
    const std::size_t size = length / o.parts + (length % o.parts != 0 ? 1 : 0);
    for (std::size_t first = 0; first < length;) {
      const std::size_t count = std::min(size, length - first);
      to.steps().push_back(walk(first, count, first == 0 ? tile_use::fresh : tile_use::join, 1));
      first += count;
    }
    return to.finished();
  }
  /// Lane 0's result needs of each step of the butterfly only the lower half of the lanes: additions commute.
  std::optional<plan> operator()(const order::lanes& o) const {
    if (join_every != 0 || o.count >= most_slots) return {};
    in_slots to(length);
    to.use_slot(o.count);
    for (std::size_t lane = 0; lane < o.count; ++lane) {
      const std::size_t first = to.p.index.size();
      for (std::size_t k = lane; k < length; k += o.count) to.p.index.push_back(static_cast<std::uint32_t>(k));
      to.steps().push_back(walk(first, to.p.index.size() - first, tile_use::fresh, 1 + lane));
    }
    for (std::size_t half = o.count / 2; half > 0; half /= 2) {
      for (std::size_t lane = 0; lane < half; ++lane) to.steps().push_back(merge(1 + lane, 1 + lane + half));
    }
    return to.finished();
  }
  std::optional<plan> operator()(const order::tree& o) const {
    if (join_every != 0) return {};
    in_slots to(length);
    std::size_t top = 0;  // the slot on top of the stack
    for (const std::int64_t node : o.postfix) {
      if (node == order::tree::add) {
        --top;
        to.steps().push_back(merge(top, top + 1));
        continue;
      }
      if (++top >= most_slots) return {};
      to.use_slot(top);
      to.steps().push_back(walk(to.p.index.size(), 1, tile_use::fresh, top));
      to.p.index.push_back(static_cast<std::uint32_t>(node));
    }
    return to.finished();
  }
};

}  // namespace

std::optional<plan> make_plan(const summation_order& order, std::size_t length, std::size_t join_every,
                              std::size_t group) {
  if (length >= most_terms) return {};
  return std::visit(planner{length, join_every, group}, order);
}

plan any_order_plan(std::size_t length) { return sequential_plan(length, 1); }

}  // namespace assay::gemm_kernels
