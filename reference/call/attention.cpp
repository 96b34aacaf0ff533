#include <assay/reference/attention.hpp>

#include <assay/tensor/describe.hpp>

#include "families.hpp"

namespace assay::reference {

namespace {

causality causality_of(std::string_view word) {
  if (word == "none") return causality::none;
  return word == "top_left" ? causality::top_left : causality::bottom_right;
}

/// A mask or a bias is (L, S), or has the leading axes of q in front of these.
void check_shape(const kernel_call& call, std::string_view name) {
  if (!call.has_input(name)) return;
  const extents &found = call.input(name).shape(), &q = call.input("q").shape(), &k = call.input("k").shape();
  if (q.rank() < 2 || k.rank() < 2) return;  // said by attention() itself
  std::vector<std::size_t> all(q.begin(), q.end());
  all.back() = k[k.rank() - 2];
  const extents matrix{all[all.size() - 2], all.back()}, full{std::span<const std::size_t>(all)};
  if (found == matrix || found == full) return;
  throw std::invalid_argument(std::string(name) + " has shape " + to_string(found) + "; expected " + to_string(matrix) +
                              " or " + to_string(full));
}

constexpr call_row attention_rows[] = {
    {"attention",
     [](const kernel_call& call, const request& want) {
       check_shape(call, "mask");
       check_shape(call, "bias");
       const bool has_scale = call.has("scale");
       return only(attention(call.view("q"), call.view("k"), call.view("v"), call.view("bias"),
                             {.scale = has_scale ? std::optional(call.number("scale")) : std::nullopt,
                              .causal = causality_of(call.choice("causal")),
                              .keep = mask_of(call)},
                             want));
     }},
};

}  // namespace

family attention_family() { return attention_rows; }

}  // namespace assay::reference
