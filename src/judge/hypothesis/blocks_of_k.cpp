// A block of products somewhere in the middle of each sum that is left out, or added twice.
//
// What an element lacks, due - got, is compared with the sums of its aligned blocks of products, in double. The block
// that fits most of the elements that are off is named.
#include <algorithm>
#include <cmath>
#include <map>

#include <assay/number/convert.hpp>

#include "../products.hpp"
#include "tables.hpp"

namespace assay::detail {
namespace {

struct block {
  std::size_t size, index;
  auto operator<=>(const block&) const = default;
};

/// sign: 1 for a block that is missing, -1 for one that was added twice.
hypothesis block_wrong(std::string name, std::string words, double sign) {
  hypothesis h{std::move(name), std::move(words)};
  h.local = true;
  h.weight = 0.96;  // fitted to the results: a change of the call that explains them within bounds comes first
  h.change_results = [sign](const emulation& e, tensor& results) {
    if (!products_of::can_tell(e.call)) return false;
    const format f = results.type().layout;
    const auto value = [&](std::uint64_t code) { return to_double(code & f.code_mask(), f); };
    const products_of products(e.call);
    std::vector<std::size_t> wrong;
    for (std::size_t i = 0; i < results.size(); ++i) {
      const double got = value(e.got[i]), due = value(results[i]);
      if (std::isfinite(got) && !(std::abs(got - due) <= std::abs(due) * std::ldexp(4.0, -f.fraction_bits)))
        wrong.push_back(i);
    }
    constexpr std::size_t fewest = 4, most = 64;
    if (wrong.size() < fewest || products.length() < 16) return false;
    const std::size_t step = (wrong.size() + most - 1) / most;
    std::map<block, std::vector<std::size_t>> votes;
    std::size_t asked = 0;
    for (std::size_t n = 0; n < wrong.size(); n += step, ++asked) {
      const std::size_t at = wrong[n];
      const std::vector<double> terms = products(at);
      const double lacks = sign * (value(results[at]) - value(e.got[at]));
      // Both are rounded to the output.
      const double size = std::max(std::abs(value(results[at])), std::abs(value(e.got[at])));
      const double slack = size * std::max(std::ldexp(1.0, -f.fraction_bits), 0x1p-16);
      for (std::size_t width = 4; width <= terms.size() / 2; width *= 2) {
        for (std::size_t b = 0; (b + 1) * width <= terms.size(); ++b) {
          double sum = 0;
          for (std::size_t k = b * width; k < (b + 1) * width; ++k) sum += terms[k];
          if (std::abs(sum - lacks) <= slack) votes[{width, b}].push_back(at);
        }
      }
    }
    const auto best = std::max_element(votes.begin(), votes.end(),
                                       [](const auto& x, const auto& y) { return x.second.size() < y.second.size(); });
    if (best == votes.end() || best->second.size() < std::max(fewest, asked * 3 / 4)) return false;
    const std::size_t first = best->first.index * best->first.size;
    e.found = "k = " + std::to_string(first) + " to " + std::to_string(first + best->first.size - 1);
    if (step == 1) {
      for (const std::size_t at : best->second) results.set(at, e.got[at]);
    } else {
      for (const std::size_t at : wrong) results.set(at, e.got[at]);
    }
    return true;
  };
  return h;
}

}  // namespace

void add_blocks_of_k(hypotheses& all) {
  all.push_back(block_wrong("k_block_missing", "a block of products is missing from the sums", 1));
  all.push_back(block_wrong("k_block_twice", "a block of products is added twice", -1));
}

}  // namespace assay::detail
