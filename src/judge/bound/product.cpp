// Dot products, matrix products and convolutions: c + sum of a b.
//
// The sum of K products in any order: sum_error.hpp, with S the truth's scale and s its value. What goes beyond it:
//
//   inputs that the compute format does not hold, or operands that the claim rounds first (tf32), err by u each: 2 u S,
//     at random independent of each other in each product
//   c, scaled or not, is one more term; so is a bias. alpha, beta and the scales of blocks are factors: each multiplies
//     sums of at most S in magnitude by a rounded product, u S each
//   block scales split the sum in K / block runs, which are merged in the compute format
//   an activation follows over bounded numbers, with the value before it recovered from its inputs: |s| <= S
//
// conv2d is the sum of C / groups R S products, fewer at the borders.
#include <assay/judge/claim.hpp>

#include "bounds.hpp"
#include "variance.hpp"

namespace assay::detail {
namespace {

struct product_shape {
  double terms = 0;      ///< products of an element, at most
  double additions = 0;  ///< of other things in the compute format
  double factors = 0;    ///< multiplications in the compute format
  double runs = 0;       ///< separately scaled runs
  double flushed = 0;    ///< of an addend that the accumulator may take for zero
};

/// The largest element of an input that is.
double flushed_addend(const bound_question& q, std::string_view name) {
  double most = 0;
  if (!q.how.flushes_factors()) return most;
  for (const double x : doubles(q.call, name)) most = std::max(most, q.how.flushed_product(x, 1));
  return most;
}

bounded sum_of_products(const bound_question& q, const product_shape& p, double value, double scale) {
  const roundings& r = q.how;
  const double u = r.u(), inputs = 2 * (r.load_error() + r.operand_error()) * scale;
  bounded y = r.sums().apply(p.terms + p.additions, value, scale, r.sums().exact_products() && r.exact_loads());
  y.worst += inputs + p.flushed;
  y.fixed += p.flushed;
  y.sigma += inputs;
  double steps = p.factors + p.additions + p.runs;
  if (steps > 0) {
    steps += 1;  // the sum may be rounded to the compute format first
    const double e = std::expm1(steps * u) * (scale + y.worst) + steps * r.eta();
    y.worst += e;
    if (r.random()) {
      y.sigma = std::hypot(y.sigma, std::sqrt(steps) * u * (scale + y.worst));
    } else {
      y.fixed += e;
    }
  }
  return y;
}

std::vector<error_bounds> bound_product(const bound_question& q, const product_shape& p) {
  error_bounds b;
  b.resize(q.elements());
  for (std::size_t i = 0; i < b.worst.size(); ++i)
    b.set(i, sum_of_products(q, p, q.truth(i), q.scale(i)), q.how.lambda());
  return one(std::move(b));
}

std::vector<error_bounds> dot(const bound_question& q) {
  const extents& a = q.call.input("a").shape();
  return bound_product(q, {.terms = static_cast<double>(a[a.rank() - 1]) + (q.call.has_input("c") ? 1 : 0)});
}

product_shape gemm_shape(const bound_question& q) {
  const kernel_call& call = q.call;
  const extents& a = call.input("a").shape();
  const std::size_t k = a[a.rank() - (call.flag("transpose_a") ? 2 : 1)];
  product_shape p{.terms = static_cast<double>(k)};
  p.factors = (call.number("alpha") != 1) + (call.has_input("c") && call.number("beta") != 1);
  p.additions = call.has_input("c") + call.has_input("bias");
  p.flushed = flushed_addend(q, "c") * std::abs(call.number("beta")) + flushed_addend(q, "bias");
  for (const char* scale : {"a_scale", "b_scale"}) {
    if (!call.has_input(scale)) continue;
    p.factors += 1;
    const extents& s = call.input(scale).shape();
    if (s.rank() == 2) {
      const std::size_t along_k = std::string_view(scale) == "a_scale" ? s[1] : s[0];
      p.runs = std::max(p.runs, static_cast<double>(along_k) - 1);
    }
  }
  return p;
}

/// A sum of integers is exact, and what follows errs in proportion to numbers that are known, not to S: converting the
/// sum and its product with the scale by u of it, the addition of t, a zero point, by u of what comes out. With s the
/// scaled sum, |s| <= |y| + |t|.
///
/// Where binary32 rounds nothing, nothing errs. So it is at every tie and every whole number: the odd part of the sum
/// divides that of s, which binary32 holds, and ties must fall as the claim says. Near them, and only there, sums are
/// made again, exactly; results that are certainly beyond an end of the range are that end.
class requantised_bounds {
 public:
  requantised_bounds(const bound_question& q, const product_shape& p)
      : q_(q), steps_(1 + p.factors + p.additions), relative_(std::expm1(steps_ * q.how.u())) {
    const std::vector<double> addends = doubles(q.call, "bias");
    if (!addends.empty()) addend_ = addends[0];
  }

  std::vector<error_bounds> operator()() {
    error_bounds b;
    b.resize(q_.elements());
    for (std::size_t i = 0; i < b.worst.size(); ++i) {
      const double y = q_.truth(i), e = error(y);
      const bool near = std::abs(y - std::nearbyint(2 * y) / 2) <= 2 * e;
      const double errs = near && is_certain(i) ? 0 : e;
      b.set(i, {y, errs, errs, 0}, q_.how.lambda());
    }
    return one(std::move(b));
  }

 private:
  double error(double y) const { return relative_ * (std::abs(y) + std::abs(addend_)) + steps_ * q_.how.eta(); }

  /// Whether binary32 gives the real value of element i itself, or a number beyond the range as the real value is.
  bool is_certain(std::size_t i) {
    if (a_.empty()) read();
    const std::size_t column = i % columns_, row = i / columns_ % rows_, batch = i / columns_ / rows_;
    const double* left = &a_[a_batched_ ? (batch * rows_ + row) * length_ : row * length_];
    const double* right = &b_[(b_batched_ ? batch * length_ * columns_ : 0) + column];
    double sum = 0, scale = scales_[scales_.size() == 1 ? 0 : column];
    for (std::size_t k = 0; k < length_; ++k) sum += left[k] * right[k * columns_];
    const auto is_held = [](double x) { return static_cast<double>(static_cast<float>(x)) == x; };
    const double scaled = sum * scale, y = scaled + addend_;  // below 2^24 times 24 bits: exact where the sum is held
    if (is_held(sum) && is_held(scaled) && y - addend_ == scaled && is_held(y)) return true;
    const auto [low, high] = *q_.claimed.whole_numbers;
    const double reach = error(y) * (1 + 0x1p-20);
    return y - reach > static_cast<double>(high) || y + reach < static_cast<double>(low);
  }
  void read() {
    const extents &a = q_.call.input("a").shape(), &b = q_.call.input("b").shape();
    a_ = doubles(q_.call, "a"), b_ = doubles(q_.call, "b"), scales_ = doubles(q_.call, "b_scale");
    rows_ = a[a.rank() - 2], length_ = a[a.rank() - 1], columns_ = b[b.rank() - 1];
    a_batched_ = a.rank() == 3, b_batched_ = b.rank() == 3;
    if (length_ == 0) a_.resize(1), b_.resize(columns_);
  }

  const bound_question& q_;
  double steps_, relative_, addend_ = 0;
  std::vector<double> a_, b_, scales_;
  std::size_t rows_ = 0, length_ = 0, columns_ = 0;
  bool a_batched_ = false, b_batched_ = false;
};

/// With an activation, y = f(s) and s is not known from y: its error, for |s| <= S, passes through |f'| <= 1.13.
std::vector<error_bounds> gemm(const bound_question& q) {
  const product_shape p = gemm_shape(q);
  if (q.claimed.whole_numbers) return requantised_bounds(q, p)();
  const std::string activation = q.call.choice("activation");
  if (activation == "none") return bound_product(q, p);
  error_bounds b;
  b.resize(q.elements());
  constexpr double steepest = 1.13;
  for (std::size_t i = 0; i < b.worst.size(); ++i) {
    const double scale = q.scale(i), y = q.truth(i);
    bounded s = sum_of_products(q, p, scale, scale);
    const double slope = activation == "sigmoid" ? 0.25 : activation == "relu" || activation == "tanh" ? 1 : steepest;
    const bounded passed{y, slope * s.worst, slope * s.fixed, slope * s.sigma};
    if (activation == "relu") {
      b.set(i, passed, q.how.lambda());
      continue;
    }
    // The functions' own error: largest, relative to |y| or to |s| where the formula cancels.
    const double size = std::max(std::abs(y), activation == "tanh" || activation == "sigmoid" ? std::abs(y) : scale);
    const double own = (4 * q.how.u() + 2 * q.how.function_error()) * size + 4 * q.how.eta();
    b.set(i, {y, passed.worst + own, passed.fixed + own, passed.sigma}, q.how.lambda());
  }
  return one(std::move(b));
}

std::vector<error_bounds> conv2d(const bound_question& q) {
  const extents& w = q.call.input("weight").shape();
  return bound_product(q, {.terms = static_cast<double>(w[1] * w[2] * w[3]),
                           .additions = q.call.has_input("bias") ? 1.0 : 0,
                           .flushed = flushed_addend(q, "bias")});
}

/// da = dy b^T, db = a^T dy.
std::vector<error_bounds> gemm_backward(const bound_question& q) {
  const extents& dy = q.call.input("dy").shape();
  std::vector<error_bounds> all;
  for (std::size_t r = 0; r < q.truths.size(); ++r) {
    error_bounds b;
    b.resize(q.elements(r));
    const product_shape p{.terms = static_cast<double>(dy[dy.rank() - (r == 0 ? 1 : 2)])};
    for (std::size_t i = 0; i < b.worst.size(); ++i) {
      b.set(i, sum_of_products(q, p, q.truth(i, r), q.scale(i, r)), q.how.lambda());
    }
    all.push_back(std::move(b));
  }
  return all;
}

constexpr bound_row product_rows[] = {
    {"dot", dot}, {"gemm", gemm}, {"conv2d", conv2d}, {"gemm_backward", gemm_backward}};

}  // namespace

bound_family product_bounds() { return product_rows; }

}  // namespace assay::detail
