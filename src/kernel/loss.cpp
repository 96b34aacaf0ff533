// cross_entropy, nll, mse, l1, huber, smooth_l1, bce, bce_with_logits, kl_div.
#include <assay/kernel/losses.hpp>

#include "class_targets.hpp"
#include "forms.hpp"
#include "lines.hpp"

namespace assay::kernel {

namespace {

constexpr attribute_info mean_variants[]{mean_variant};
constexpr attribute_info bce_variants[]{complement_variant, mean_variant};
constexpr attribute_info bce_with_logits_variants[]{logits_variant, mean_variant};
constexpr attribute_info kl_div_variants[]{divergence_variant, mean_variant};
constexpr attribute_info cross_entropy_variants[]{algorithm_variant, exp_variant,  log_end_variant,
                                                  divide_variant,    part_variant, mean_variant};
constexpr store_info loss_stores[]{{"losses", "each element's loss, before they are summed"}};
constexpr store_info cross_entropy_stores[]{{"log_probabilities", "ln softmax, before it meets the target"},
                                            loss_stores[0]};

constexpr std::uint64_t reduction_stream = ~std::uint64_t{0};

/// What the reduction makes of all losses: themselves, their sum, or that over `count`, a number or a value.
template <class A>
class loss_result {
 public:
  using value = typename A::value;

  loss_result(const kernel_call& call, const arithmetic& with, std::size_t n)
      : with_(with), reduction_(call.choice("reduction")), losses_(n) {}

  std::span<value> losses() { return losses_; }

  template <class Count>
  tensor finish(const extents& shape, const Count& count) {
    A a(with_);
    line_io<A> io(with_);
    a.begin(reduction_stream);
    const bool kept = reduction_ == "none";
    tensor y(element_type::of(*with_.to), kept ? shape : extents{});
    if (kept) {
      io.store(losses_, y, 0, 1, reduction_stream);
      return y;
    }
    value s = sum(a, line<A>(losses_));
    if (reduction_ != "sum") {
      const value n = count(a);
      const bool divides = choice<mean_form>(with_, mean_variant) == mean_form::quotient;
      s = divides ? a.divide(s, n) : a.multiply(s, a.divide(a.constant(1), n));
    }
    io.store({&s, 1}, y, 0, 1, reduction_stream);
    return y;
  }

 private:
  const arithmetic& with_;
  std::string reduction_;
  std::vector<value> losses_;
};

/// Losses of elements: f(a, x, target, index). `batch` is what batchmean divides by.
template <class Loss>
std::vector<tensor> elementwise_loss(const kernel_call& call, const arithmetic& with, unsigned threads,
                                     const Loss& loss) {
  const tensor& x = call.input("x");
  const tensor& target = call.input("target");
  require_shape(call, "target", x.shape());
  const cast* point = with.store_at("losses");
  constexpr std::size_t run = 4096;
  tensor y;
  with_scalar(with, [&]<class A>(std::type_identity<A>) {
    using value = typename A::value;
    loss_result<A> result(call, with, x.size());
    const auto element_loss = loss(std::type_identity<A>{});
    for_each_line<A>(with, (x.size() + run - 1) / run, run, threads, [&](A& a, line_io<A>& io, std::size_t l) {
      std::vector<value> v(std::min(run, x.size() - l * run)), t(v.size());
      io.load(x, l * run, 1, v, 2 * l);
      io.load(target, l * run, 1, t, 2 * l + 1);
      for (std::size_t i = 0; i < v.size(); ++i) {
        result.losses()[l * run + i] = a.through(point, element_loss(a, v[i], t[i], l * run + i));
      }
    });
    const bool by_batch = call.choice("reduction") == "batchmean";
    const auto n = static_cast<double>(by_batch ? x.shape().rank() == 0 ? 1 : x.shape()[0] : x.size());
    y = result.finish(x.shape(), [n](A& a) { return a.constant(n); });
  });
  return only(std::move(y));
}

/// Losses that need nothing but x and target.
template <class Loss>
std::vector<tensor> pair_loss(const kernel_call& call, const arithmetic& with, unsigned threads, const Loss& loss) {
  return elementwise_loss(call, with, threads, [&]<class A>(std::type_identity<A>) {
    return [&](A& a, typename A::value x, typename A::value t, std::size_t) { return loss(a, x, t); };
  });
}

std::vector<tensor> run_bce(const kernel_call& call, const arithmetic& with, unsigned threads) {
  require_shape(call, "weight", call.input("x").shape());
  const auto form = choice<complement_form>(with, complement_variant);
  return elementwise_loss(call, with, threads, [&]<class A>(std::type_identity<A>) {
    auto weight = line_io<A>(with).load_all(call.input("weight"));
    return [form, weight = std::move(weight)](A& a, typename A::value x, typename A::value t, std::size_t i) {
      const auto loss = binary_cross_entropy(a, x, t, form);
      return weight.empty() ? loss : a.multiply(loss, weight[i]);
    };
  });
}

std::vector<tensor> run_bce_with_logits(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const extents& shape = call.input("x").shape();
  const std::size_t classes = shape.rank() == 0 ? 1 : shape[shape.rank() - 1];
  require_shape(call, "weight", shape);
  require_shape(call, "pos_weight", extents{classes});
  const auto form = choice<logits_form>(with, logits_variant);
  return elementwise_loss(call, with, threads, [&]<class A>(std::type_identity<A>) {
    line_io<A> io(with);
    auto weight = io.load_all(call.input("weight")), positive = io.load_all(call.input("pos_weight"));
    return [=, weight = std::move(weight), positive = std::move(positive)](A& a, typename A::value x,
                                                                           typename A::value t, std::size_t i) {
      const auto loss =
          binary_cross_entropy_with_logits(a, x, t, positive.empty() ? nullptr : &positive[i % classes], form);
      return weight.empty() ? loss : a.multiply(loss, weight[i]);
    };
  });
}

std::vector<tensor> run_kl_div(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const auto form = choice<divergence_form>(with, divergence_variant);
  const bool log_target = call.flag("log_target");
  return pair_loss(call, with, threads,
                   [=](auto& a, auto x, auto t) { return kl_divergence(a, x, t, log_target, form); });
}

/// Losses by class: `loss_of(a, io, values of the classes, weights, l, target)` for the lines that count, where
/// target is negative when distributions are given.
template <class Loss>
std::vector<tensor> class_loss(const kernel_call& call, const arithmetic& with, unsigned threads, const Loss& loss_of) {
  const tensor& x = call.input("x");
  const class_targets targets(call);
  const axis_lines& lines = targets.lines();
  const cast* point = with.store_at("losses");
  tensor y;
  with_scalar(with, [&]<class A>(std::type_identity<A>) {
    using value = typename A::value;
    const std::vector<value> weight = line_io<A>(with).load_all(call.input("weight"));
    loss_result<A> result(call, with, lines.count());
    for_each_line<A>(with, lines.count(), lines.length, threads, [&](A& a, line_io<A>& io, std::size_t l) {
      value& loss = result.losses()[l];
      loss = a.constant(0);
      if (targets.is_ignored(l)) return;
      std::vector<value> v(lines.length);
      io.load(x, lines.first(l), lines.step(), v, l);
      loss = a.through(point, loss_of(a, io, std::span<value>(v), std::span<const value>(weight), l, targets));
    });
    y = result.finish(targets.shape(), [&](A& a) { return targets.divisor(a, line<A>(weight)); });
  });
  return only(std::move(y));
}

std::vector<tensor> run_nll(const kernel_call& call, const arithmetic& with, unsigned threads) {
  return class_loss(
      call, with, threads,
      []<class A>(A& a, line_io<A>&, auto x, line<A> weight, std::size_t l, const class_targets& targets) {
        const auto loss = a.negate(x[targets[l]]);
        return weight.empty() ? loss : a.multiply(loss, weight[targets[l]]);
      });
}

/// The loss of a line whose log-probabilities are known: PyTorch's order, the smoothing's share apart.
template <class A>
typename A::value smoothed(A& a, line<A> log_p, line<A> weight, std::size_t target, double smoothing) {
  const auto weighted = [&](std::size_t c) { return weight.empty() ? log_p[c] : a.multiply(log_p[c], weight[c]); };
  const auto own = a.negate(weighted(target));
  if (smoothing == 0) return own;
  const auto others = a.negate(a.sum(log_p.size(), weighted));
  const double share = smoothing / static_cast<double>(log_p.size());
  return a.add(a.multiply(a.constant(1 - smoothing), own), a.multiply(a.constant(share), others));
}

std::vector<tensor> run_cross_entropy(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const log_softmax_form form = log_softmax_form_of(with);
  const double smoothing = call.number("label_smoothing");
  if (!(smoothing >= 0 && smoothing <= 1)) {
    throw std::invalid_argument("label_smoothing is " + to_string(attribute_value(smoothing)) + "; expected 0 to 1.");
  }
  const cast* point = with.store_at("log_probabilities");
  const tensor& distribution = call.input("target_probabilities");
  return class_loss(
      call, with, threads,
      [&]<class A>(A& a, line_io<A>& io, auto x, line<A> weight, std::size_t l, const class_targets& targets) {
        exponentials<A> e(a, form.softmax, 1);
        for (auto& v : x) v = e.logit(v);
        log_probability<A> log(a, e, line<A>(x), form);
        if (targets.has_classes() && smoothing == 0) {
          const std::size_t t = targets[l];
          const auto loss = a.negate(a.through(point, log(x[t])));
          return weight.empty() ? loss : a.multiply(loss, weight[t]);
        }
        for (auto& v : x) v = a.through(point, log(v));
        if (targets.has_classes()) return smoothed(a, line<A>(x), weight, targets[l], smoothing);
        std::vector<typename A::value> p(x.size());
        const axis_lines& lines = targets.lines();
        io.load(distribution, lines.first(l), lines.step(), p, l);
        if (smoothing != 0) {
          const auto rest = a.constant(1 - smoothing), share = a.constant(smoothing / static_cast<double>(p.size()));
          for (auto& v : p) v = a.add(a.multiply(v, rest), share);
        }
        for (std::size_t c = 0; c < x.size() && !weight.empty(); ++c) x[c] = a.multiply(x[c], weight[c]);
        return a.negate(a.dot(
            x.size(), [&](std::size_t c) { return x[c]; }, [&](std::size_t c) { return p[c]; }));
      });
}

using call_of = const kernel_call&;
using arithmetic_of = const arithmetic&;

constexpr kernel_row loss_rows[] = {
    {"cross_entropy", cross_entropy_variants, cross_entropy_stores, run_cross_entropy},
    {"nll", mean_variants, loss_stores, run_nll},
    {"mse", mean_variants, loss_stores,
     [](call_of call, arithmetic_of with, unsigned threads) {
       return pair_loss(call, with, threads, [](auto& a, auto x, auto t) { return squared_error(a, x, t); });
     }},
    {"l1", mean_variants, loss_stores,
     [](call_of call, arithmetic_of with, unsigned threads) {
       return pair_loss(call, with, threads, [](auto& a, auto x, auto t) { return absolute_error(a, x, t); });
     }},
    {"huber", mean_variants, loss_stores,
     [](call_of call, arithmetic_of with, unsigned threads) {
       const double delta = call.number("delta");
       return pair_loss(call, with, threads, [=](auto& a, auto x, auto t) { return huber(a, x, t, delta); });
     }},
    {"smooth_l1", mean_variants, loss_stores,
     [](call_of call, arithmetic_of with, unsigned threads) {
       const double beta = call.number("beta");
       return pair_loss(call, with, threads, [=](auto& a, auto x, auto t) { return smooth_l1(a, x, t, beta); });
     }},
    {"bce", bce_variants, loss_stores, run_bce},
    {"bce_with_logits", bce_with_logits_variants, loss_stores, run_bce_with_logits},
    {"kl_div", kl_div_variants, loss_stores, run_kl_div},
};

}  // namespace

family loss_family() { return loss_rows; }

}  // namespace assay::kernel
