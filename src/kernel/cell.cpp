// lstm_cell, gru_cell, rnn_cell.
#include <assay/kernel/cells.hpp>

#include "families.hpp"
#include "products.hpp"

namespace assay::kernel {

namespace {

/// A cell's shapes, checked: `gates` gates of `width` units each.
struct cell_shapes {
  std::size_t n, inputs, width, gates;

  cell_shapes(const kernel_call& call, std::size_t gates_of_cell) : gates(gates_of_cell) {
    const extents &x = call.input("x").shape(), &h = call.input("h").shape();
    if (x.rank() != 2) refuse("x", x, "(N, I)");
    if (h.rank() != 2 || h[0] != x[0]) refuse("h", h, "(" + std::to_string(x[0]) + ", H)");
    n = x[0], inputs = x[1], width = h[1];
    require(call, "c", {n, width});
    require(call, "w_ih", {gates * width, inputs});
    require(call, "w_hh", {gates * width, width});
    require(call, "b_ih", {gates * width});
    require(call, "b_hh", {gates * width});
  }

 private:
  [[noreturn]] static void refuse(std::string_view name, const extents& found, const std::string& due) {
    throw std::invalid_argument(std::string(name) + " has the shape " + to_string(found) + "; expected " + due + ".");
  }
  static void require(const kernel_call& call, std::string_view name, const extents& due) {
    const auto inputs = call.info().inputs;
    const bool known = std::any_of(inputs.begin(), inputs.end(), [&](const auto& in) { return in.name == name; });
    if (known && call.has_input(name) && call.input(name).shape() != due) {
      refuse(name, call.input(name).shape(), to_string(due));
    }
  }
};

/// The products of a cell's weights with its input and state, a row for each sample.
template <class A>
class cell_products {
 public:
  using value = typename A::value;

  cell_products(const kernel_call& call, const arithmetic& with, const cell_shapes& shapes)
      : shapes_(shapes), form_(choice<gate_form>(with, gate_variant)) {
    line_io<A> io(with);
    std::uint64_t stream = 0;
    const auto load = [&](const char* name) { return io.load_all(call.input(name), stream++); };
    const std::vector<value> x = load("x"), w_ih = load("w_ih"), w_hh = load("w_hh");
    h = load("h"), b_ih_ = load("b_ih"), b_hh_ = load("b_hh");
    products<A> multiply(with, 0);
    A a(with);
    a.begin(~std::uint64_t{0});
    const auto product = [&](const std::vector<value>& left, const std::vector<value>& weights, std::size_t k,
                             format left_in, format weights_in) {
      std::vector<value> y(shapes.n * shapes.gates * shapes.width);
      multiply(dense_matrix(left.data(), shapes.n, k, left_in),
               dense_matrix(weights.data(), shapes.gates * shapes.width, k, weights_in).transposed(), y);
      for (value& v : y) v = a.through(with.store_at("products"), v);
      return y;
    };
    const auto in = [&](const char* name) { return factor_format(call.input(name), with); };
    // A cell whose last gate needs both sides apart (gru's) has them besides the joined sums.
    if (form_ == gate_form::joined) {
      const auto both = [&](const std::vector<value>& left, const std::vector<value>& right, std::size_t rows) {
        std::vector<value> all;
        for (std::size_t r = 0; r < rows; ++r) {
          all.insert(all.end(), left.begin() + std::ptrdiff_t(r * shapes.inputs),
                     left.begin() + std::ptrdiff_t((r + 1) * shapes.inputs));
          all.insert(all.end(), right.begin() + std::ptrdiff_t(r * shapes.width),
                     right.begin() + std::ptrdiff_t((r + 1) * shapes.width));
        }
        return all;
      };
      const auto common = [&](format f, format g) { return f == g ? f : *with.compute; };
      joined_ = product(both(x, h, shapes.n), both(w_ih, w_hh, shapes.gates * shapes.width),
                        shapes.inputs + shapes.width, common(in("x"), in("h")), common(in("w_ih"), in("w_hh")));
    }
    from_x_ = product(x, w_ih, shapes.inputs, in("x"), in("w_ih"));
    from_h_ = product(h, w_hh, shapes.width, in("h"), in("w_hh"));
  }

  /// What the activation of a gate is taken of.
  value operator()(A& a, std::size_t sample, std::size_t unit, std::size_t which) const {
    const std::size_t row = which * shapes_.width + unit, at = place(sample, row);
    const auto& first = form_ == gate_form::joined ? joined_ : from_x_;
    return gate(a, gate_terms<value>{first[at], from_h_[at], bias(b_ih_, row), bias(b_hh_, row)}, form_);
  }
  /// The two sides of a gate, each with its bias.
  value side_of_x(A& a, std::size_t sample, std::size_t unit, std::size_t which) const {
    const std::size_t row = which * shapes_.width + unit;
    return with_bias(a, from_x_[place(sample, row)], bias(b_ih_, row));
  }
  value side_of_h(A& a, std::size_t sample, std::size_t unit, std::size_t which) const {
    const std::size_t row = which * shapes_.width + unit;
    return with_bias(a, from_h_[place(sample, row)], bias(b_hh_, row));
  }

  std::vector<value> h;

 private:
  static const value* bias(const std::vector<value>& b, std::size_t row) { return b.empty() ? nullptr : &b[row]; }
  std::size_t place(std::size_t sample, std::size_t row) const { return sample * shapes_.gates * shapes_.width + row; }

  const cell_shapes& shapes_;
  gate_form form_;
  std::vector<value> b_ih_, b_hh_, from_x_, from_h_, joined_;
};

/// next(a, products, sample, unit) for every unit, into a tensor (N, H).
template <class Next>
std::vector<tensor> run_units(const kernel_call& call, const arithmetic& with, unsigned threads, std::size_t gates,
                              const Next& next) {
  const cell_shapes shapes(call, gates);
  tensor y(element_type::of(*with.to), {shapes.n, shapes.width});
  with_scalar(with, [&]<class A>(std::type_identity<A>) {
    const cell_products<A> products(call, with, shapes);
    for_each_line<A>(with, shapes.n, shapes.width, threads, [&](A& a, line_io<A>& io, std::size_t sample) {
      std::vector<typename A::value> v(shapes.width);
      for (std::size_t unit = 0; unit < v.size(); ++unit) {
        v[unit] = next(a, products, sample, unit, products.h[sample * shapes.width + unit]);
      }
      io.store(v, y, sample * shapes.width, 1, sample);
    });
  });
  return only(std::move(y));
}

std::vector<tensor> run_lstm_cell(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const cell_shapes shapes(call, 4);
  const auto form = choice<pointwise_form>(with, activation_variant);
  const auto sum = choice<sum_form>(with, cell_variant);
  const cast* cell = with.store_at("cell");
  const element_type type = element_type::of(*with.to);
  std::vector<tensor> results{tensor(type, {shapes.n, shapes.width}), tensor(type, {shapes.n, shapes.width})};
  with_scalar(with, [&]<class A>(std::type_identity<A>) {
    const cell_products<A> gates(call, with, shapes);
    for_each_line<A>(with, shapes.n, shapes.width, threads, [&](A& a, line_io<A>& io, std::size_t sample) {
      std::vector<typename A::value> h(shapes.width), c(shapes.width);
      io.load(call.input("c"), sample * shapes.width, 1, c, ~sample);
      for (std::size_t unit = 0; unit < shapes.width; ++unit) {
        const auto of = [&](std::size_t which) { return gates(a, sample, unit, which); };
        const auto i = of(0), f = of(1), g = of(2), o = of(3);
        const auto next = lstm_cell(a, i, f, g, o, c[unit], form, sum, cell);
        h[unit] = next.h, c[unit] = next.c;
      }
      io.store(h, results[0], sample * shapes.width, 1, 2 * sample);
      io.store(c, results[1], sample * shapes.width, 1, 2 * sample + 1);
    });
  });
  return results;
}

std::vector<tensor> run_gru_cell(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const auto form = choice<pointwise_form>(with, activation_variant);
  const auto blend = choice<blend_form>(with, blend_variant);
  return run_units(call, with, threads, 3,
                   [&](auto& a, const auto& gates, std::size_t sample, std::size_t unit, auto h) {
                     const auto r = gates(a, sample, unit, 0), z = gates(a, sample, unit, 1);
                     const auto from_x = gates.side_of_x(a, sample, unit, 2);
                     const auto from_h = gates.side_of_h(a, sample, unit, 2);
                     return gru_cell(a, r, z, from_x, from_h, h, form, blend);
                   });
}

std::vector<tensor> run_rnn_cell(const kernel_call& call, const arithmetic& with, unsigned threads) {
  const auto form = choice<pointwise_form>(with, activation_variant);
  const bool is_relu = call.choice("nonlinearity") == "relu";
  return run_units(call, with, threads, 1, [&](auto& a, const auto& gates, std::size_t sample, std::size_t unit, auto) {
    const auto sum = gates(a, sample, unit, 0);
    return is_relu ? relu(a, sum) : tanh(a, sum, form);
  });
}

constexpr kernel_row cell_rows[] = {
    {"lstm_cell", lstm_cell_variants, lstm_cell_stores, run_lstm_cell},
    {"gru_cell", gru_cell_variants, gru_cell_stores, run_gru_cell},
    {"rnn_cell", rnn_cell_variants, gru_cell_stores, run_rnn_cell},
};

}  // namespace

family cell_family() { return cell_rows; }

}  // namespace assay::kernel
