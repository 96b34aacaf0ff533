#include "class_inputs.hpp"

#include <stdexcept>
#include <string>

namespace assay::reference {

class_inputs::class_inputs(const code_view& x_view, const cross_entropy_targets& targets,
                           const cross_entropy_options& options)
    : x(x_view, "x"),
      of(x_view.shape()),
      weight(finite_weights(targets.weight, of.classes(), "weight")),
      smoothing(options.label_smoothing) {
  if (!(smoothing >= 0 && smoothing <= 1)) {
    throw std::invalid_argument("label_smoothing is " + std::to_string(smoothing) + "; expected 0 to 1");
  }
  const bool has_classes = targets.classes != nullptr, has_probabilities = targets.probabilities.has_data();
  if (has_classes == has_probabilities) {
    throw std::invalid_argument(has_classes ? "both classes and probabilities are targets; expected one of them"
                                            : "there are no targets; expected classes or probabilities");
  }
  if (has_classes) {
    classes.emplace(*targets.classes, of, options.ignore_index);
  } else {
    check_same_shape(targets.probabilities.shape(), "target_probabilities", x_view.shape(), "x");
    probabilities.emplace(targets.probabilities, "target_probabilities");
  }
}

bool class_inputs::load(std::size_t n, std::span<double> line, std::vector<double>& distribution,
                        class_factors& q) const {
  q = {smoothing, weight, {}, classes ? (*classes)[n] : 0, of.classes()};
  if (q.target == class_targets::ignored) return false;
  x.read(of.lines.first(n), of.lines.step(), line);
  if (probabilities) {
    distribution.resize(line.size());
    probabilities->read(of.lines.first(n), of.lines.step(), distribution);
    q.probabilities = distribution;
  }
  return true;
}

}  // namespace assay::reference
