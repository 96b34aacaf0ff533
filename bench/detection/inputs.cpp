#include <cmath>

#include <assay/number/convert.hpp>

#include "trial.hpp"

namespace detection {

double random_source::normal() {  // Box and Muller's
  const double u = 1 - unit(), angle = 2 * std::acos(-1.0) * unit();
  return std::sqrt(-2 * std::log(u)) * std::cos(angle);
}

namespace {

/// A number that tends to show what is wrong: whole halves that tie, cancelling neighbours, extremes of the format.
double adversarial(random_source& random, double before) {
  switch (random.below(6)) {
    case 0: return static_cast<double>(random.below(17)) - 8 + 0.5 * static_cast<double>(random.below(2));
    case 1: return -before;
    case 2: return std::ldexp(1 + random.unit(), static_cast<int>(random.below(13)) - 6);
    case 3: return random.below(8) == 0 ? 0.0 : random.normal();
    case 4: return std::ldexp(random.normal(), -12);
    default: return random.normal() * 4;
  }
}

}  // namespace

tensor draw(format f, extents shape, distribution inputs, random_source& random, double scale) {
  tensor x(element_type::of(f), shape);
  const std::size_t channels = shape.rank() == 0 ? 1 : shape[shape.rank() - 1];
  double before = 1;
  for (std::size_t i = 0; i < x.size(); ++i) {
    double v = 0;
    switch (inputs) {
      case distribution::normal: v = random.normal(); break;
      case distribution::uniform_positive: v = random.unit(); break;
      case distribution::heavy_tailed:
        v = random.normal() * (accumulate::stream_word(7, i % channels) % 32 == 0 ? 20 : 1);
        break;
      case distribution::adversarial: v = adversarial(random, before); break;
    }
    before = v;
    x.set(i, convert(v * scale, f, {.on_overflow = overflow::saturate_finite}).code);
  }
  return x;
}

std::vector<tensor> run_honest(const trial& t, const std::string& more) {
  return run_kernel(t.call, parse_arithmetic(t.call.name(), t.honest + (more.empty() ? "" : " " + more)));
}

}  // namespace detection
