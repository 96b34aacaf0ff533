// Sums and dot products in any order with any accumulator.
#pragma once

#include <bit>
#include <stdexcept>
#include <string>
#include <utility>

#include <assay/accumulate/operand.hpp>
#include <assay/accumulate/order.hpp>
#include <assay/bits/uint128.hpp>
#include <assay/rounding/conversion.hpp>

namespace assay {

namespace accumulate {

/// The permutation of order::permuted.
inline std::vector<std::size_t> shuffled_indices(std::size_t n, std::uint64_t seed) {
  std::vector<std::size_t> index(n);
  for (std::size_t i = 0; i < n; ++i) index[i] = i;
  for (std::size_t i = n; i-- > 1;) {
    const uint128 scaled = uint128{stream_word(seed, n - 1 - i)} * (i + 1);
    std::swap(index[i], index[static_cast<std::size_t>(scaled >> 64)]);
  }
  return index;
}

/// Walks one order. `push(state, i)` adds term i to a run.
template <class Accumulator, class Push>
class walk {
 public:
  using state = typename Accumulator::state;

  walk(const Accumulator& accumulator, std::size_t n, operand c, Push push)
      : accumulator_(accumulator), n_(n), c_(c), push_(std::move(push)) {}

  state operator()(const order::sequential&) { return run(c_, 0, n_); }
  state operator()(const order::reversed&) {
    state s = start(c_);
    for (std::size_t i = n_; i-- > 0;) push_(s, i);
    return s;
  }
  state operator()(const order::permuted& o) {
    state s = start(c_);
    for (const std::size_t i : shuffled_indices(n_, o.seed)) push_(s, i);
    return s;
  }
  state operator()(const order::blocked& o) {
    state total = start(c_);
    for (std::size_t first = 0; first < n_;) {
      const std::size_t last = n_ - first > o.size ? first + o.size : n_;
      accumulator_.merge(total, run({}, first, last));
      first = last;
    }
    return total;
  }
  state operator()(const order::pairwise& o) {
    return added_to_c([&] { return pairs(o.block, 0, n_); });
  }
  state operator()(const order::split_k& o) {
    return added_to_c([&] {
      const std::size_t length = n_ / o.parts + (n_ % o.parts != 0 ? 1 : 0);
      state sum = run({}, 0, length);
      for (std::size_t first = length; first < n_;) {
        const std::size_t last = n_ - first > length ? first + length : n_;
        accumulator_.merge(sum, run({}, first, last));
        first = last;
      }
      return sum;
    });
  }
  state operator()(const order::lanes& o) {
    return added_to_c([&] {
      std::vector<state> lane;
      lane.reserve(o.count);
      for (std::size_t l = 0; l < o.count; ++l) {
        lane.push_back(start({}));
        for (std::size_t i = l; i < n_; i += o.count) push_(lane.back(), i);
      }
      for (std::size_t distance = o.count / 2; distance > 0; distance /= 2) {
        const std::vector<state> before = lane;
        for (std::size_t l = 0; l < o.count; ++l) accumulator_.merge(lane[l], before[l ^ distance]);
      }
      return lane[0];
    });
  }
  state operator()(const order::tree& o) {
    return added_to_c([&] {
      std::vector<state> stack;
      for (const std::int64_t node : o.postfix) {
        if (node != order::tree::add) {
          stack.push_back(start({}));
          push_(stack.back(), static_cast<std::size_t>(node));
        } else {
          const state right = std::move(stack.back());
          stack.pop_back();
          accumulator_.merge(stack.back(), right);
        }
      }
      return stack.back();
    });
  }

 private:
  state start(operand c) { return accumulator_.start(c, streams_++); }

  state run(operand c, std::size_t first, std::size_t last) {
    state s = start(c);
    for (std::size_t i = first; i < last; ++i) push_(s, i);
    return s;
  }

  /// Split at the largest power of two of blocks below the length: what pairing neighbours level by level does.
  state pairs(std::size_t block, std::size_t first, std::size_t last) {
    const std::size_t blocks = (last - first) / block + ((last - first) % block != 0 ? 1 : 0);
    if (blocks <= 1) return run({}, first, last);
    const std::size_t middle = first + block * (std::bit_ceil(blocks) / 2);
    state left = pairs(block, first, middle);
    accumulator_.merge(left, pairs(block, middle, last));
    return left;
  }

  template <class Sum>
  state added_to_c(Sum sum) {
    state total = start(c_);
    if (n_ != 0) accumulator_.merge(total, sum());
    return total;
  }

  const Accumulator& accumulator_;
  std::size_t n_;
  operand c_;
  Push push_;
  std::uint64_t streams_ = 0;
};

}  // namespace accumulate

/// Why an order cannot sum n terms, or an empty string.
inline std::string unfit_order(const summation_order& o, std::size_t n) {
  if (const auto* p = std::get_if<order::pairwise>(&o); p != nullptr && p->block == 0)
    return "pairwise blocks have 0 terms; expected 1 or more";
  if (const auto* p = std::get_if<order::blocked>(&o); p != nullptr && p->size == 0)
    return "blocks have 0 terms; expected 1 or more";
  if (const auto* p = std::get_if<order::split_k>(&o); p != nullptr && p->parts == 0)
    return "split_k has 0 parts; expected 1 or more";
  if (const auto* p = std::get_if<order::lanes>(&o);
      p != nullptr && (!std::has_single_bit(p->count) || p->count > 65536))
    return "lanes are " + std::to_string(p->count) + "; expected a power of two up to 65536";
  const auto* tree = std::get_if<order::tree>(&o);
  if (tree == nullptr) return {};
  std::vector<bool> seen(n, false);
  std::size_t depth = 0, leaves = 0;
  for (const std::int64_t node : tree->postfix) {
    if (node == order::tree::add) {
      if (depth < 2) return "the tree adds where fewer than two sums are at hand";
      --depth;
      continue;
    }
    if (node < 0 || static_cast<std::uint64_t>(node) >= n)
      return "the tree names term " + std::to_string(node) + "; there are " + std::to_string(n) + " terms, from 0";
    if (seen[static_cast<std::size_t>(node)]) return "the tree names term " + std::to_string(node) + " twice";
    seen[static_cast<std::size_t>(node)] = true;
    ++depth, ++leaves;
  }
  if (leaves != n) return "the tree has " + std::to_string(leaves) + " terms; expected all " + std::to_string(n);
  if (n != 0 && depth != 1) return "the tree leaves " + std::to_string(depth) + " sums; expected one";
  return {};
}

/// c + sum of a(i) b(i), i from 0 to n - 1, in the order and accumulator given, rounded at the end into `out` by `how`.
/// a and b are called with an index and give accumulate::operand. Throws std::invalid_argument when the order does not
/// fit n.
template <class Accumulator, class A, class B>
rounded dot(const Accumulator& with, const summation_order& o, std::size_t n, A&& a, B&& b, accumulate::operand c,
            format out, conversion how = {}, std::uint32_t random = 0) {
  if (const std::string why = unfit_order(o, n); !why.empty()) throw std::invalid_argument(why);
  using state = typename Accumulator::state;
  const auto push = [&](state& s, std::size_t i) { with.multiply_add(s, a(i), b(i)); };
  accumulate::walk<Accumulator, decltype(push)> walk(with, n, c, push);
  return with.result(std::visit(walk, o), out, how, random);
}

/// c + sum of x(i). As dot; a matrix unit, which knows only products, multiplies each by one.
template <class Accumulator, class X>
rounded sum(const Accumulator& with, const summation_order& o, std::size_t n, X&& x, accumulate::operand c, format out,
            conversion how = {}, std::uint32_t random = 0) {
  if (const std::string why = unfit_order(o, n); !why.empty()) throw std::invalid_argument(why);
  using state = typename Accumulator::state;
  const auto push = [&](state& s, std::size_t i) { with.add(s, x(i)); };
  accumulate::walk<Accumulator, decltype(push)> walk(with, n, c, push);
  return with.result(std::visit(walk, o), out, how, random);
}

}  // namespace assay
