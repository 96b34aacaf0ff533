#include "class_targets.hpp"

#include "integers.hpp"

namespace assay::kernel {

class_targets::class_targets(const kernel_call& call) {
  const extents& x = call.input("x").shape();
  if (x.rank() == 0) throw std::invalid_argument("x has the shape (); expected (N, C, ...) or (C,).");
  const std::int64_t axis = x.rank() == 1 ? 0 : 1;
  lines_ = lines_along(x, axis);
  shape_ = reduced_shape(x, axis, false);
  require_shape(call, "weight", extents{lines_.length});

  has_classes_ = call.has_input("target");
  const bool has_distributions = call.has_input("target_probabilities");
  if (has_classes_ == has_distributions) {
    throw std::invalid_argument(std::string(call.name()) + " needs target or target_probabilities; found " +
                                (has_classes_ ? "both." : "neither."));
  }
  counted_ = lines_.count();
  if (!has_classes_) {
    require_shape(call, "target_probabilities", x);
    return;
  }

  const tensor& target = call.input("target");
  require_shape(call, "target", shape_);
  const std::int64_t ignored = call.integer("ignore_index");
  classes_.resize(target.size());
  for (std::size_t l = 0; l < classes_.size(); ++l) {
    const std::int64_t c = integer_at(target, l);
    classes_[l] = c == ignored ? -1 : c;
    if (c == ignored) --counted_;
    if (c != ignored && (c < 0 || static_cast<std::uint64_t>(c) >= lines_.length)) {
      throw std::invalid_argument("target " + std::to_string(l) + " is " + std::to_string(c) + "; expected 0 to " +
                                  std::to_string(static_cast<std::int64_t>(lines_.length) - 1) + " or ignore_index, " +
                                  std::to_string(ignored) + ".");
    }
  }
}

}  // namespace assay::kernel
