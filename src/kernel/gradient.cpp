// gemm_backward, softmax_backward, log_softmax_backward, layer_norm_backward, rms_norm_backward,
// cross_entropy_backward, mse_backward, gelu_backward, silu_backward.
#include <assay/kernel/cross_entropy_backward.hpp>
#include <assay/kernel/norm_backward.hpp>
#include <assay/kernel/pointwise_backward.hpp>
#include <assay/kernel/softmax_backward.hpp>

#include "class_targets.hpp"
#include "forms.hpp"
#include "products.hpp"

namespace assay::kernel {

namespace {

/// Throws std::invalid_argument unless the input is a matrix.
void require_matrix(const kernel_call& call, std::string_view name) {
  if (call.input(name).shape().rank() == 2) return;
  throw std::invalid_argument(std::string(name) + " has the shape " + to_string(call.input(name).shape()) +
                              "; expected two axes.");
}

std::vector<tensor> run_gemm_backward(const kernel_call& call, const arithmetic& with, unsigned threads) {
  require_matrix(call, "a");
  require_matrix(call, "b");
  const extents &a = call.input("a").shape(), &b = call.input("b").shape();
  require_shape(call, "b", {a[1], b[1]});
  require_shape(call, "dy", {a[0], b[1]});
  std::vector<tensor> results{tensor(element_type::of(*with.to), a), tensor(element_type::of(*with.to), b)};
  tensor loaded[3];
  std::uint64_t stream = 0;
  const auto factor = [&](std::string_view name) -> matrix {
    const tensor& codes = as_factor(call.input(name), with, loaded[stream], stream);
    ++stream;
    return {.codes = codes.bytes().data(),
            .type = codes.type().layout,
            .rows = codes.shape()[0],
            .columns = codes.shape()[1]};
  };
  const matrix left = factor("a"), right = factor("b"), dy = factor("dy");
  const auto product = [&](const matrix& l, bool transpose_l, const matrix& r, bool transpose_r, tensor& y) {
    if (y.size() == 0) return;
    gemm_problem p;
    p.a = l, p.transpose_a = transpose_l, p.b = r, p.transpose_b = transpose_r;
    p.d = {.codes = y.bytes().data(), .type = *with.to, .rows = y.shape()[0], .columns = y.shape()[1]};
    p.with = *with.accumulate, p.order = with.order, p.to = with.to_how;
    p.seed = with.seed ^ (transpose_l ? 1 : 0), p.threads = threads;
    multiply(p);
  };
  product(dy, false, right, true, results[0]);
  product(left, true, dy, false, results[1]);
  return results;
}

/// dx of every line along the axis: gradient(a, x, dy), into x.
template <class Gradient>
std::vector<tensor> line_gradient(const kernel_call& call, const arithmetic& with, unsigned threads,
                                  const Gradient& gradient) {
  const tensor& x = call.input("x");
  const axis_lines lines = lines_along(x.shape(), call.integer("axis"));
  require_shape(call, "dy", x.shape());
  tensor dx(element_type::of(*with.to), x.shape());
  if (x.size() == 0) return only(std::move(dx));
  with_scalar(with, [&]<class A>(std::type_identity<A>) {
    for_each_line<A>(with, lines.count(), lines.length, threads, [&](A& a, line_io<A>& io, std::size_t l) {
      std::vector<typename A::value> v(lines.length), dy(lines.length);
      io.load(x, lines.first(l), lines.step(), v, 2 * l);
      io.load(call.input("dy"), lines.first(l), lines.step(), dy, 2 * l + 1);
      gradient(a, line_out<A>(v), line<A>(dy));
      io.store(v, dx, lines.first(l), lines.step(), l);
    });
  });
  return only(std::move(dx));
}

std::vector<tensor> run_softmax_backward(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const softmax_form form = softmax_form_of(with);
  const auto gradient = choice<softmax_gradient_form>(with, softmax_gradient_variant);
  const double temperature = temperature_of(call);
  return line_gradient(call, with, threads, [&]<class A>(A& a, std::span<typename A::value> x, line<A> dy) {
    probabilities<A>(a, x, x, form, probability_form::softmax, temperature, with.store_at("probabilities"));
    softmax_backward<A>(a, x, dy, x, gradient, temperature, form.temperature);
  });
}

std::vector<tensor> run_log_softmax_backward(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const softmax_form form = softmax_form_of(with);
  const auto from = choice<probability_form>(with, probability_variant);
  const double temperature = temperature_of(call);
  return line_gradient(call, with, threads, [&]<class A>(A& a, std::span<typename A::value> x, line<A> dy) {
    probabilities<A>(a, x, x, form, from, temperature, with.store_at("probabilities"));
    log_softmax_backward<A>(a, x, dy, x, temperature, form.temperature);
  });
}

std::vector<tensor> run_norm_backward(const kernel_call& call, const arithmetic& with, unsigned threads,
                                      bool has_mean) {
  const tensor &x = call.input("x"), &gradient = call.input("dy");
  const axis_lines lines = lines_of_last(x.shape(), call.integer("axes"));
  const extents of_line(std::span(x.shape().end() - call.integer("axes"), x.shape().end()));
  require_shape(call, "dy", x.shape());
  require_shape(call, "weight", of_line);
  normalise_form form;
  if (has_mean) form.statistics = statistics_form_of(with);
  form.statistics.mean = choice<mean_form>(with, mean_variant);
  form.eps = choice<normalise_form::eps_place>(with, eps_variant);
  form.inverse = choice<normalise_form::root>(with, root_variant);
  const auto end = choice<norm_gradient_form>(with, norm_gradient_variant);
  const double eps = eps_of(call);
  const cast* stored = with.store_at("normalised");

  const element_type type = element_type::of(*with.to);
  std::vector<tensor> results{tensor(type, x.shape()), tensor(type, of_line)};
  if (has_mean) results.emplace_back(type, of_line);
  with_scalar(with, [&]<class A>(std::type_identity<A>) {
    using value = typename A::value;
    const std::vector<value> weight = line_io<A>(with).load_all(call.input("weight"), ~std::uint64_t{0});
    std::vector<value> n(x.size()), dy(x.size());
    const std::size_t length = lines.length, count = length == 0 ? 0 : lines.count();
    for_each_line<A>(with, count, length, threads, [&](A& a, line_io<A>& io, std::size_t l) {
      std::vector<value> v(length);
      const std::span<value> g(dy.data() + l * length, length);
      io.load(x, l * length, 1, v, 2 * l);
      io.load(gradient, l * length, 1, g, 2 * l + 1);
      const auto of = has_mean ? layer_normalised(a, line<A>(v), eps, form, stored)
                               : rms_normalised(a, line<A>(v), eps, form, stored);
      std::copy(of.n.begin(), of.n.end(), n.begin() + static_cast<std::ptrdiff_t>(l * length));
      for (std::size_t i = 0; i < length; ++i) v[i] = weight.empty() ? g[i] : a.multiply(g[i], weight[i]);
      norm_backward<A>(a, of, v, v, has_mean, end, form.statistics.mean);
      io.store(v, results[0], l * length, 1, l);
    });
    for_each_line<A>(with, length, count, threads, [&](A& a, line_io<A>& io, std::size_t i) {
      a.begin(~i);
      const auto of = [&](const std::vector<value>& all) {
        return [&all, i, length](std::size_t l) { return all[l * length + i]; };
      };
      const value by_weight = a.dot(count, of(dy), of(n));
      io.store({&by_weight, 1}, results[1], i, 1, ~i);
      if (!has_mean) return;
      const value by_bias = a.sum(count, of(dy));
      io.store({&by_bias, 1}, results[2], i, 1, ~(i + length));
    });
  });
  return results;
}

/// What reaches the elements' losses from dy: dy's elements, or its only one, or one.
template <class A>
std::vector<typename A::value> loaded_gradient(const kernel_call& call, const arithmetic& with) {
  if (call.has_input("dy")) return line_io<A>(with).load_all(call.input("dy"), ~std::uint64_t{1});
  return {A(with).constant(1)};
}

std::vector<tensor> run_cross_entropy_backward(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const tensor &x = call.input("x"), &distribution = call.input("target_probabilities");
  const class_targets targets(call);
  const axis_lines& lines = targets.lines();
  const std::string reduction = call.choice("reduction");
  require_shape(call, "dy", reduction == "none" ? targets.shape() : extents{});
  softmax_form form;
  form.how = choice<softmax_form::algorithm>(with, algorithm_variant);
  form.exp = choice<softmax_form::exponential>(with, exp_variant);
  form.divide = choice<softmax_form::division>(with, divide_variant);
  form.chunk = count_of(with, part_variant);
  const auto from = choice<probability_form>(with, probability_variant);
  const auto end = choice<cross_entropy_gradient_form>(with, cross_entropy_gradient_variant);
  const double smoothing = call.number("label_smoothing");
  if (!(smoothing >= 0 && smoothing <= 1)) {
    throw std::invalid_argument("label_smoothing is " + to_string(attribute_value(smoothing)) + "; expected 0 to 1.");
  }
  tensor dx(element_type::of(*with.to), x.shape());
  if (x.size() == 0) return only(std::move(dx));
  with_scalar(with, [&]<class A>(std::type_identity<A>) {
    using value = typename A::value;
    const std::vector<value> weight = line_io<A>(with).load_all(call.input("weight"), ~std::uint64_t{0});
    std::vector<value> dy = loaded_gradient<A>(call, with);
    if (reduction == "mean") {
      A a(with);
      a.begin(~std::uint64_t{0});
      const value n = targets.divisor(a, line<A>(weight));
      const bool divides = choice<mean_form>(with, mean_variant) == mean_form::quotient;
      dy[0] = divides ? a.divide(dy[0], n) : a.multiply(dy[0], a.divide(a.constant(1), n));
    }
    for_each_line<A>(with, lines.count(), lines.length, threads, [&](A& a, line_io<A>& io, std::size_t l) {
      std::vector<value> v(lines.length, a.constant(0)), q = v;
      if (!targets.is_ignored(l)) {
        io.load(x, lines.first(l), lines.step(), v, 2 * l);
        probabilities<A>(a, v, v, form, from, 1, with.store_at("probabilities"));
        if (targets.has_classes()) {
          q[targets[l]] = a.constant(1);
        } else {
          io.load(distribution, lines.first(l), lines.step(), q, 2 * l + 1);
        }
        const auto rest = a.constant(1 - smoothing), share = a.constant(smoothing / static_cast<double>(q.size()));
        for (std::size_t c = 0; c < q.size(); ++c) {
          if (smoothing != 0) q[c] = a.add(a.multiply(q[c], rest), share);
          if (!weight.empty()) q[c] = a.multiply(q[c], weight[c]);
        }
        cross_entropy_backward<A>(a, v, q, dy[dy.size() == 1 ? 0 : l], v, end);
      }
      io.store(v, dx, lines.first(l), lines.step(), l);
    });
  });
  return only(std::move(dx));
}

/// dx of every element: gradient(a, x, target, dy); without targets x stands in for them. dy has one element, or as
/// many as x.
template <class Gradient>
std::vector<tensor> element_gradient(const kernel_call& call, const arithmetic& with, unsigned threads,
                                     const Gradient& gradient) {
  const tensor& x = call.input("x");
  tensor dx(element_type::of(*with.to), x.shape());
  constexpr std::size_t run = 4096;
  with_scalar(with, [&]<class A>(std::type_identity<A>) {
    using value = typename A::value;
    const std::vector<value> dy = loaded_gradient<A>(call, with);
    std::vector<value> target;
    if (call.name() == "mse_backward") target = line_io<A>(with).load_all(call.input("target"), ~std::uint64_t{0});
    for_each_line<A>(with, (x.size() + run - 1) / run, run, threads, [&](A& a, line_io<A>& io, std::size_t l) {
      std::vector<value> v(std::min(run, x.size() - l * run));
      io.load(x, l * run, 1, v, l);
      for (std::size_t i = 0; i < v.size(); ++i) {
        const std::size_t at = l * run + i;
        v[i] = gradient(a, v[i], target.empty() ? v[i] : target[at], dy[dy.size() == 1 ? 0 : at]);
      }
      io.store(v, dx, l * run, 1, l);
    });
  });
  return only(std::move(dx));
}

std::vector<tensor> run_gelu_backward(const kernel_call& call, const arithmetic& with, unsigned threads) {
  require_shape(call, "dy", call.input("x").shape());
  const auto end = choice<end_form>(with, gelu_backward_variants[0]);
  return element_gradient(call, with, threads,
                          [=](auto& a, auto x, auto, auto dy) { return gelu_backward(a, x, dy, end); });
}

std::vector<tensor> run_silu_backward(const kernel_call& call, const arithmetic& with, unsigned threads) {
  require_shape(call, "dy", call.input("x").shape());
  const auto form = choice<pointwise_form>(with, silu_backward_variants[0]);
  const auto end = choice<end_form>(with, silu_backward_variants[1]);
  return element_gradient(call, with, threads,
                          [=](auto& a, auto x, auto, auto dy) { return silu_backward(a, x, dy, form, end); });
}

std::vector<tensor> run_mse_backward(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const extents& shape = call.input("x").shape();
  const std::string reduction = call.choice("reduction");
  require_shape(call, "target", shape);
  require_shape(call, "dy", reduction == "none" ? shape : extents{});
  const double n = reduction == "mean" ? static_cast<double>(shape.count()) : 1;
  const auto order = choice<product_order>(with, mse_backward_variants[0]);
  const auto mean = choice<mean_form>(with, mean_variant);
  return element_gradient(call, with, threads, [=](auto& a, auto x, auto target, auto dy) {
    return mse_backward(a, x, target, dy, n, order, mean);
  });
}

constexpr kernel_row gradient_rows[] = {
    {"gemm_backward", {}, {}, run_gemm_backward},
    {"softmax_backward", softmax_backward_variants, softmax_backward_stores, run_softmax_backward},
    {"log_softmax_backward", log_softmax_backward_variants, softmax_backward_stores, run_log_softmax_backward},
    {"layer_norm_backward", layer_norm_backward_variants, norm_backward_stores,
     [](const kernel_call& call, const arithmetic& with, unsigned threads) {
       return run_norm_backward(call, with, threads, true);
     }},
    {"rms_norm_backward", rms_norm_backward_variants, norm_backward_stores,
     [](const kernel_call& call, const arithmetic& with, unsigned threads) {
       return run_norm_backward(call, with, threads, false);
     }},
    {"cross_entropy_backward", cross_entropy_backward_variants, softmax_backward_stores, run_cross_entropy_backward},
    {"mse_backward", mse_backward_variants, {}, run_mse_backward},
    {"gelu_backward", gelu_backward_variants, {}, run_gelu_backward},
    {"silu_backward", silu_backward_variants, {}, run_silu_backward},
};

}  // namespace

family gradient_family() { return gradient_rows; }

}  // namespace assay::kernel
