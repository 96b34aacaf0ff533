// Recurrent cells: gates taken for each other, biases on the wrong side of the reset gate.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include <assay/number/convert.hpp>

#include "tables.hpp"

namespace assay::detail {
namespace {

constexpr std::string_view stacked[] = {"w_ih", "w_hh", "b_ih", "b_hh"};  ///< by gates along the first axis

std::string_view gates_of(std::string_view kernel) {
  return kernel == "lstm_cell" ? "ifgo" : kernel == "gru_cell" ? "rzn" : "";
}

double number_at(const tensor& x, std::size_t i) { return to_double(x[i], x.type().layout); }

/// Gate g is read from the block that is due to gate from[g].
change_of_call gates_from(std::vector<std::size_t> from) {
  return [from = std::move(from)](kernel_call& call) {
    for (const std::string_view name : stacked) {
      if (!has_input_named(call, name)) continue;
      const tensor x = call.input(name);
      const std::size_t block = x.size() / from.size();
      tensor y = x;
      for (std::size_t i = 0; i < y.size(); ++i) y.set(i, x[from[i / block] * block + i % block]);
      call.set_input(std::string(name), std::move(y));
    }
    return true;
  };
}

/// sigmoid(-x) is 1 - sigmoid(x): the update gate with all its weights negated.
bool update_gate_complemented(kernel_call& call) {
  for (const std::string_view name : stacked) {
    if (!has_input_named(call, name)) continue;
    const tensor x = call.input(name);
    const std::size_t block = x.size() / 3;
    tensor y = x;
    for (std::size_t i = block; i < 2 * block; ++i) y.set(i, x[i] ^ x.type().layout.sign_mask());
    call.set_input(std::string(name), std::move(y));
  }
  return true;
}

bool forget_bias_raised(kernel_call& call) {
  for (const char* name : {"b_ih", "b_hh"}) {
    if (!has_input_named(call, name)) continue;
    const tensor x = call.input(name);
    const std::size_t block = x.size() / 4;
    tensor y = x;
    for (std::size_t i = block; i < 2 * block; ++i) y.set(i, convert(number_at(x, i) + 1, x.type().layout).code);
    call.set_input(name, std::move(y));
    return true;
  }
  return false;
}

/// What of n's product with h the reset gate does not reach.
enum class reset { before_the_product, before_the_bias };

/// A GRU whose reset gate stands elsewhere, in binary64: h' = (1 - z) n + z h.
bool gru_with_reset(reset where, const emulation& e, tensor& results) {
  const tensor &x = e.call.input("x"), &h = e.call.input("h"), &wi = e.call.input("w_ih"), &wh = e.call.input("w_hh");
  const bool has_bi = has_input_named(e.call, "b_ih"), has_bh = has_input_named(e.call, "b_hh");
  if (where == reset::before_the_bias && !has_bh) return false;
  const std::size_t lines = x.shape()[0], inputs = x.shape()[1], n = h.shape()[1];
  if (results.size() != lines * n) return false;
  const auto product = [&](const tensor& w, std::size_t row, const auto& vector) {
    const std::size_t length = w.shape()[1];
    double sum = 0;
    for (std::size_t k = 0; k < length; ++k) sum += number_at(w, row * length + k) * vector(k);
    return sum;
  };
  const auto sigmoid = [](double v) { return 1 / (1 + std::exp(-v)); };
  for (std::size_t line = 0; line < lines; ++line) {
    const auto input = [&](std::size_t k) { return number_at(x, line * inputs + k); };
    const auto state = [&](std::size_t k) { return number_at(h, line * n + k); };
    const auto bias_i = [&](std::size_t row) { return has_bi ? number_at(e.call.input("b_ih"), row) : 0.0; };
    const auto bias_h = [&](std::size_t row) { return has_bh ? number_at(e.call.input("b_hh"), row) : 0.0; };
    std::vector<double> r(n);
    const auto gate = [&](std::size_t row) {
      return sigmoid(product(wi, row, input) + bias_i(row) + product(wh, row, state) + bias_h(row));
    };
    for (std::size_t j = 0; j < n; ++j) r[j] = gate(j);
    for (std::size_t j = 0; j < n; ++j) {
      const std::size_t row = 2 * n + j;
      const double of_h = where == reset::before_the_product
                              ? product(wh, row, [&](std::size_t k) { return r[k] * state(k); })
                              : r[j] * product(wh, row, state);
      const double z = gate(n + j), fresh = std::tanh(product(wi, row, input) + bias_i(row) + of_h + bias_h(row));
      const double y = (1 - z) * fresh + z * state(j);
      results.set(line * n + j, convert(y, results.type().layout, e.with.to_how).code);
    }
  }
  return true;
}

}  // namespace

void add_cells(hypotheses& all, const kernel_call& call) {
  const std::string_view gates = gates_of(call.name());
  if (gates.empty()) return;
  const auto listed = [](const std::string& letters) {
    std::string text;
    for (const char gate : letters) text += (text.empty() ? "" : ", ") + std::string(1, gate);
    return text;
  };
  std::vector<std::size_t> from(gates.size());
  std::iota(from.begin(), from.end(), std::size_t{0});
  while (std::next_permutation(from.begin(), from.end())) {
    std::string order(gates.size(), ' ');
    for (std::size_t g = 0; g < from.size(); ++g) order[from[g]] = gates[g];
    all.push_back({"gates_" + order,
                   "the gates are taken in the order " + listed(order) + " instead of " + listed(std::string(gates)),
                   gates_from(from)});
  }
  if (call.name() == "lstm_cell") {
    all.push_back({"forget_bias_plus_1", "1 is added to the forget gate's bias", forget_bias_raised});
    return;
  }
  all.push_back({"update_gate_complemented", "z and 1 - z are exchanged", update_gate_complemented});
  for (const auto& [where, name, words] :
       {std::tuple{reset::before_the_product, "reset_before_product",
                   "the reset gate is applied to h before its product with n's weights"},
        std::tuple{reset::before_the_bias, "reset_before_bias", "n's b_hh is added outside of the reset gate"}}) {
    hypothesis other{name, words};
    other.change_results = [where = where](const emulation& e, tensor& results) {
      return gru_with_reset(where, e, results);
    };
    all.push_back(std::move(other));
  }
}

}  // namespace assay::detail
