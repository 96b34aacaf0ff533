#include <assay/reference/embedding.hpp>
#include <assay/reference/pool.hpp>

#include "families.hpp"

namespace assay::reference {

namespace {

pair2d pair_of(const kernel_call& call, std::string_view name) {
  const std::vector<std::int64_t> all = call.integers(name);
  if (all.size() != 2 || all[0] < 0 || all[1] < 0) {
    throw std::invalid_argument(std::string(name) + " is " + to_string(call.value(name)) +
                                "; expected one or two integers of at least 0");
  }
  return {static_cast<std::size_t>(all[0]), static_cast<std::size_t>(all[1])};
}

std::optional<pair2d> stride_of(const kernel_call& call) {
  return call.has("stride") ? std::optional(pair_of(call, "stride")) : std::nullopt;
}

std::optional<std::int64_t> divisor_of(const kernel_call& call) {
  return call.has("divisor_override") ? std::optional(call.integer("divisor_override")) : std::nullopt;
}

constexpr call_row pool_rows[] = {
    {"max_pool2d",
     [](const kernel_call& call, const request& want) {
       return only(max_pool2d(call.view("x"),
                              {.window = pair_of(call, "window"),
                               .stride = stride_of(call),
                               .padding = pair_of(call, "padding"),
                               .dilation = pair_of(call, "dilation"),
                               .ceil_mode = call.flag("ceil_mode")},
                              want));
     }},
    {"avg_pool2d",
     [](const kernel_call& call, const request& want) {
       return only(avg_pool2d(call.view("x"),
                              {.window = pair_of(call, "window"),
                               .stride = stride_of(call),
                               .padding = pair_of(call, "padding"),
                               .ceil_mode = call.flag("ceil_mode"),
                               .count_include_pad = call.flag("count_include_pad"),
                               .divisor_override = divisor_of(call)},
                              want));
     }},
    {"embedding",
     [](const kernel_call& call, const request& want) {
       return only(embedding(call.view("weight"), call.input("indices"), want));
     }},
};

}  // namespace

family pool_family() { return pool_rows; }

}  // namespace assay::reference
