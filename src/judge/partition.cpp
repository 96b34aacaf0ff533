#include "partition.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include <assay/tensor/describe.hpp>

namespace assay::detail {
namespace {

using role = partition::role;

std::vector<std::size_t> first_axes(std::size_t n) {
  std::vector<std::size_t> axes(n);
  std::iota(axes.begin(), axes.end(), std::size_t{0});
  return axes;
}
std::vector<std::size_t> all_but(std::size_t rank, std::size_t axis) {
  std::vector<std::size_t> axes = first_axes(rank);
  std::erase(axes, axis);
  return axes;
}

std::size_t normalised(std::int64_t axis, std::size_t rank) {
  return static_cast<std::size_t>(axis < 0 ? axis + static_cast<std::int64_t>(rank) : axis);
}

/// Rows of a, as they are multiplied, that share a row of its scales; 0 where the scales do not fit.
std::size_t rows_of_a_scale(const kernel_call& call) {
  const std::size_t rows = call.input("a").shape()[call.flag("transpose_a") ? 1 : 0],
                    scales = call.input("a_scale").shape()[0];
  if (scales == 0) return 0;
  const std::size_t block = std::max<std::size_t>(1, (rows + scales - 1) / scales);
  return (rows + block - 1) / block == scales ? block : 0;
}

bool has_rows_of_a_scale(const kernel_call& call) {
  return call.name() == "gemm" && call.input("a").shape().rank() == 2 && call.input("a_scale").shape().rank() == 2;
}

/// How the inputs and results of a call are cut. Without a unit axis anywhere the call is one unit; so is one whose
/// attributes or scales do not fit its inputs, which the truth refuses.
struct plan {
  std::vector<std::pair<std::string, role>> inputs;
  std::vector<role> results;
  std::vector<std::pair<std::string, attribute_value>> settings;
};

constexpr std::string_view elementwise[] = {"convert", "exp",        "exp2",     "expm1",         "log",
                                            "log2",    "log1p",      "tanh",     "erf",           "sqrt",
                                            "rsqrt",   "reciprocal", "sigmoid",  "gelu",          "gelu_tanh",
                                            "silu",    "relu",       "softplus", "gelu_backward", "silu_backward"};
constexpr std::string_view elementwise_losses[] = {"mse", "l1", "huber", "smooth_l1", "bce", "kl_div", "mse_backward"};
constexpr std::string_view along_an_axis[] = {
    "softmax", "log_softmax", "logsumexp", "softmax_backward", "log_softmax_backward", "sum", "mean", "variance"};
constexpr std::string_view first_axis_in_place[] = {"group_norm", "conv2d",   "max_pool2d", "avg_pool2d",
                                                    "lstm_cell",  "gru_cell", "rnn_cell"};

template <std::size_t N>
bool is_one_of(std::string_view kernel, const std::string_view (&names)[N]) {
  return std::find(std::begin(names), std::end(names), kernel) != std::end(names);
}

bool reduces(const kernel_call& call) {
  for (const attribute_info& a : call.info().attributes) {
    if (a.name == "reduction") return call.choice("reduction") != "none";
  }
  return false;
}

plan plan_of(const kernel_call& call, std::span<const tensor> results) {
  const std::string_view kernel = call.name();
  plan p;
  p.results.resize(results.size());
  const auto cut = [&](std::string_view name, role r) {
    if (call.has_input(name)) p.inputs.emplace_back(std::string(name), std::move(r));
  };
  const auto rank_of = [&](std::string_view name) { return call.input(name).shape().rank(); };

  if (is_one_of(kernel, elementwise) || (is_one_of(kernel, elementwise_losses) && !reduces(call))) {
    for (const auto& [name, x] : call.inputs()) cut(name, {first_axes(x.shape().rank())});
    for (std::size_t r = 0; r < results.size(); ++r) p.results[r] = {first_axes(results[r].shape().rank())};
  } else if (is_one_of(kernel, along_an_axis) && normalised(call.integer("axis"), rank_of("x")) < rank_of("x")) {
    const std::size_t rank = rank_of("x"), axis = normalised(call.integer("axis"), rank);
    for (const auto& [name, x] : call.inputs()) cut(name, {all_but(rank, axis)});
    for (std::size_t r = 0; r < results.size(); ++r) {
      const std::size_t kept = results[r].shape().rank();
      p.results[r] = {kept == rank ? all_but(rank, axis) : first_axes(kept), false, 0, true};
    }
    p.settings.emplace_back("axis", std::int64_t{-1});
    if (kernel == "sum" || kernel == "mean" || kernel == "variance" || kernel == "logsumexp") {
      p.settings.emplace_back("keepdim", false);
    }
  } else if (kernel == "layer_norm" || kernel == "rms_norm") {
    const auto axes = static_cast<std::size_t>(call.integer("axes"));
    const std::size_t rank = rank_of("x");
    if (rank > axes) {
      cut("x", {first_axes(rank - axes)});
      p.results[0] = {first_axes(rank - axes)};
    }
  } else if (kernel == "dot") {
    const std::size_t rank = rank_of("a");
    if (rank > 1) {
      cut("a", {first_axes(rank - 1)});
      cut("b", {first_axes(rank - 1)});
      cut("c", {first_axes(rank - 1)});
      p.results[0] = {first_axes(rank - 1)};
    }
  } else if (kernel == "gemm") {
    const std::size_t rank = rank_of("a");
    if (rank == 3) {  // a unit is a product of the batch
      for (const char* name : {"a", "b", "c"}) {
        if (call.has_input(name) && rank_of(name) == 3) cut(name, {{0}, true});
      }
      p.results[0] = {{0}, true};
    } else if (rank == 2 && rank_of("b") == 2 && (!has_rows_of_a_scale(call) || rows_of_a_scale(call) != 0)) {
      cut("a", {{call.flag("transpose_a") ? std::size_t{1} : std::size_t{0}}, true});
      cut("c", {{0}, true});
      p.results[0] = {{0}, true};
    }
  } else if (kernel == "attention") {
    const std::size_t rank = rank_of("q");
    const bool same_heads = rank >= 3 && call.input("k").shape()[rank - 3] == call.input("q").shape()[rank - 3];
    const std::size_t leading = rank < 3 ? 0 : same_heads ? rank - 2 : rank - 3;
    if (leading > 0) {
      for (const char* name : {"q", "k", "v"}) cut(name, {first_axes(leading), false, same_heads ? std::size_t{1} : 0});
      for (const char* name : {"mask", "bias"}) {
        if (call.has_input(name) && rank_of(name) > 2) {
          cut(name, {first_axes(leading), false, same_heads ? std::size_t{1} : 0});
        }
      }
      p.results[0] = {first_axes(leading), false, same_heads ? std::size_t{1} : 0};
    }
  } else if (kernel == "batch_norm") {
    cut("x", {{1}, true});
    for (const char* name : {"weight", "bias", "running_mean", "running_var"}) cut(name, {{0}, true});
    p.results[0] = {{1}, true};
    for (std::size_t r = 1; r < results.size(); ++r) {
      if (results[r].size() != 0) p.results[r] = {{0}, true};
    }
  } else if (is_one_of(kernel, first_axis_in_place)) {
    for (const char* name : {"x", "h", "c"}) cut(name, {{0}, true});
    for (role& r : p.results) r = {{0}, true};
  } else if (kernel == "cross_entropy" || kernel == "nll") {
    if (!reduces(call) && rank_of("x") > 1) {
      for (const char* name : {"x", "target", "target_probabilities"}) cut(name, {{0}, true});
      p.results[0] = {{0}, true};
    }
  } else if (kernel == "embedding") {
    cut("indices", {first_axes(rank_of("indices"))});
    p.results[0] = {first_axes(rank_of("indices"))};
  }
  // A unit needs axes.
  const bool none = std::any_of(p.inputs.begin(), p.inputs.end(), [](const auto& in) { return in.second.shared(); });
  if (none) p = {{}, std::vector<role>(results.size()), {}};
  return p;
}

/// How many numbers from the n-th on follow each other.
std::size_t run_length(std::span<const std::size_t> numbers, std::size_t n) {
  std::size_t run = 1;
  while (n + run < numbers.size() && numbers[n + run] == numbers[n] + run) ++run;
  return run;
}

std::size_t extent_product(const extents& shape, const std::vector<std::size_t>& axes) {
  std::size_t n = 1;
  for (const std::size_t axis : axes) n *= shape[axis];
  return n;
}

/// Of the inputs and results that are cut into units each must have all of them.
void require_units(std::string_view name, const extents& shape, const role& r, std::string_view first_name,
                   const extents& first_shape, const role& first) {
  if (r.shared()) return;
  if (r.unit_axes.size() != first.unit_axes.size()) {
    throw std::invalid_argument(std::string(name) + " has shape " + to_string(shape) + "; expected one that fits " +
                                std::string(first_name) + " of shape " + to_string(first_shape) + ".");
  }
  for (std::size_t i = 0; i < r.unit_axes.size(); ++i) {
    const std::size_t axis = r.unit_axes[i], due = first_shape[first.unit_axes[i]];
    if (axis < shape.rank() && shape[axis] == due) continue;
    throw std::invalid_argument(std::string(name) + " has shape " + to_string(shape) + "; expected " +
                                std::to_string(due) + " along axis " + std::to_string(axis) + ", for " +
                                std::string(first_name) + " of shape " + to_string(first_shape) + ".");
  }
}

}  // namespace

partition::partition(const kernel_call& call, std::span<const tensor> results) : call_(&call) {
  plan p = plan_of(call, results);
  inputs_ = std::move(p.inputs);
  results_ = std::move(p.results);
  settings_ = std::move(p.settings);
  for (const tensor& r : results) result_shapes_.push_back(r.shape());
  std::size_t size = 0;
  if (!inputs_.empty()) {
    const auto& [first, first_role] = inputs_.front();
    const extents& first_shape = call.input(first).shape();
    for (const auto& [name, r] : inputs_)
      require_units(name, call.input(name).shape(), r, first, first_shape, first_role);
    for (std::size_t r = 0; r < results.size(); ++r) {
      const bool is_given = results[r].size() != 0 || results[r].shape().rank() != 1;  // an empty one was not
      if (!is_given) continue;
      require_units("got's " + std::string(call.info().results[r].name), result_shapes_[r], results_[r], first,
                    first_shape, first_role);
    }
    units_ = extent_product(first_shape, first_role.unit_axes);
  }
  for (const auto& [name, r] : inputs_) size += call.input(name).size();
  for (const tensor& r : results) size += r.size();
  unit_size_ = std::max<std::size_t>(1, size / std::max<std::size_t>(1, units_));
}

std::vector<std::size_t> partition::places_of(const extents& shape, const role& r,
                                              std::span<const std::size_t> units) const {
  const std::size_t rank = shape.rank();
  std::vector<std::size_t> strides(rank, 1);
  for (std::size_t axis = rank; axis-- > 1;) strides[axis - 1] = strides[axis] * shape[axis];
  if (r.in_place) {
    const std::size_t axis = r.unit_axes[0], inner = strides[axis],
                      outer = shape.count() / std::max<std::size_t>(1, inner * shape[axis]);
    std::vector<std::size_t> places;
    places.reserve(outer * units.size() * inner);
    for (std::size_t o = 0; o < outer; ++o) {
      for (const std::size_t u : units) {
        for (std::size_t i = 0; i < inner; ++i) places.push_back((o * shape[axis] + u) * inner + i);
      }
    }
    return places;
  }
  std::vector<std::size_t> within;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    if (std::find(r.unit_axes.begin(), r.unit_axes.end(), axis) == r.unit_axes.end()) within.push_back(axis);
  }
  std::vector<std::size_t> offsets{0};
  for (const std::size_t axis : within) {
    std::vector<std::size_t> next;
    next.reserve(offsets.size() * shape[axis]);
    for (const std::size_t base : offsets) {
      for (std::size_t i = 0; i < shape[axis]; ++i) next.push_back(base + i * strides[axis]);
    }
    offsets = std::move(next);
  }
  std::vector<std::size_t> places;
  places.reserve(units.size() * offsets.size());
  for (std::size_t u : units) {
    std::size_t base = 0;
    for (std::size_t k = r.unit_axes.size(); k-- > 0;) {
      const std::size_t axis = r.unit_axes[k];
      base += u % shape[axis] * strides[axis];
      u /= shape[axis];
    }
    for (const std::size_t offset : offsets) places.push_back(base + offset);
  }
  return places;
}

extents partition::part_shape(const extents& shape, const role& r, std::size_t units) {
  std::vector<std::size_t> sizes;
  if (r.in_place) {
    sizes.assign(shape.begin(), shape.end());
    sizes[r.unit_axes[0]] = units;
    return extents(std::span<const std::size_t>(sizes));
  }
  sizes.push_back(units);
  sizes.insert(sizes.end(), r.ones, 1);
  for (std::size_t axis = 0; axis < shape.rank(); ++axis) {
    if (std::find(r.unit_axes.begin(), r.unit_axes.end(), axis) != r.unit_axes.end()) continue;
    if (!(r.drop_ones && shape[axis] == 1 && sizes.size() == 1 && shape.rank() == r.unit_axes.size() + 1)) {
      sizes.push_back(shape[axis]);
    }
  }
  return extents(std::span<const std::size_t>(sizes));
}

tensor partition::gather(const tensor& x, const role& r, std::span<const std::size_t> units) const {
  tensor out(x.type(), part_shape(x.shape(), r, units.size()));
  if (r.is_leading()) {
    std::size_t all = 1;
    for (const std::size_t axis : r.unit_axes) all *= x.shape()[axis];
    const std::size_t block = x.size() / std::max<std::size_t>(1, all) * static_cast<std::size_t>(x.type().bytes());
    for (std::size_t k = 0; k < units.size();) {
      const std::size_t run = run_length(units, k);
      std::copy_n(x.bytes().begin() + static_cast<std::ptrdiff_t>(units[k] * block), run * block,
                  out.bytes().begin() + static_cast<std::ptrdiff_t>(k * block));
      k += run;
    }
    return out;
  }
  const std::vector<std::size_t> places = places_of(x.shape(), r, units);
  const auto bytes = static_cast<std::size_t>(x.type().bytes());
  for (std::size_t i = 0; i < places.size();) {
    const std::size_t run = run_length(places, i);
    std::copy_n(x.bytes().begin() + static_cast<std::ptrdiff_t>(places[i] * bytes), run * bytes,
                out.bytes().begin() + static_cast<std::ptrdiff_t>(i * bytes));
    i += run;
  }
  return out;
}

part partition::whole() const {
  part p{call_, std::nullopt, std::vector<std::size_t>(units_), {}, {}};
  std::iota(p.units.begin(), p.units.end(), std::size_t{0});
  return p;
}

std::vector<part::run> part::runs(std::size_t result, std::size_t size) const {
  std::vector<run> all;
  if (size == 0) return all;
  const std::size_t block = blocks.empty() ? 0 : blocks[result];
  if (block != 0) {
    for (std::size_t k = 0; k < units.size();) {
      const std::size_t count = run_length(units, k);
      all.push_back({k * block, units[k] * block, count * block});
      k += count;
    }
  } else if (!blocks.empty() && !places[result].empty()) {
    for (std::size_t i = 0; i < size;) {
      const std::size_t count = run_length(places[result], i);
      all.push_back({i, places[result][i], count});
      i += count;
    }
  } else {
    all.push_back({0, 0, size});
  }
  return all;
}

std::optional<std::size_t> partition::elements_of_unit(const part& p, std::size_t result, std::size_t size) const {
  if (inputs_.empty() || results_[result].shared() || results_[result].in_place_behind() || p.units.empty()) {
    return std::nullopt;
  }
  return size / p.units.size();
}

std::size_t partition::unit_of_element(const part& p, std::size_t result, std::size_t i, std::size_t size) const {
  if (inputs_.empty() || results_[result].shared() || p.units.empty()) return 0;
  const role& r = results_[result];
  if (!r.in_place) return i / std::max<std::size_t>(1, size / p.units.size());
  std::size_t inner = 1;
  for (std::size_t axis = r.unit_axes[0] + 1; axis < result_shapes_[result].rank(); ++axis) {
    inner *= result_shapes_[result][axis];
  }
  return i / std::max<std::size_t>(1, inner) % p.units.size();
}

part partition::take(std::span<const std::size_t> units) const {
  if (inputs_.empty()) return whole();
  part p{call_, kernel_call(call_->name()), {units.begin(), units.end()}, {}, {}};
  kernel_call& call = *p.own_call;
  for (const auto& [name, value] : call_->attributes()) call.set(name, value);
  for (const auto& [name, value] : settings_) call.set(name, value);
  for (const auto& input : call_->inputs()) {
    const std::string& name = input.first;  // structured bindings cannot be captured by clang 14
    const tensor& x = input.second;
    const auto cut = std::find_if(inputs_.begin(), inputs_.end(), [&](const auto& in) { return in.first == name; });
    if (cut != inputs_.end()) {
      call.set_input(name, gather(x, cut->second, units));
    } else if (name == "a_scale" && has_rows_of_a_scale(*call_)) {
      // Each row of the part brings its own row of scales.
      const std::size_t block = rows_of_a_scale(*call_);
      std::vector<std::size_t> rows;
      for (const std::size_t u : units) rows.push_back(u / block);
      call.set_input(name, gather(x, {{0}, true}, rows));
    } else {
      call.set_input(name, x);
    }
  }
  for (std::size_t r = 0; r < results_.size(); ++r) {
    const bool leading = !results_[r].shared() && results_[r].is_leading();
    std::size_t all = 1;
    for (const std::size_t axis : results_[r].unit_axes) all *= result_shapes_[r][axis];
    p.blocks.push_back(leading ? result_shapes_[r].count() / std::max<std::size_t>(1, all) : 0);
    const bool gathered = !results_[r].shared() && !leading;
    p.places.push_back(gathered ? places_of(result_shapes_[r], results_[r], units) : std::vector<std::size_t>());
  }
  return p;
}

}  // namespace assay::detail
