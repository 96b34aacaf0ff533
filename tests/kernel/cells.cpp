// Recurrent cells against loops of rounded operations.
#include <catch2/catch.hpp>

#include <kernel/scalars.hpp>

using namespace test;
using assay::bfloat16;
using assay::binary16;
using assay::binary32;
using assay::kernel_call;

namespace {

constexpr std::size_t samples = 3, inputs = 5, units = 4;
constexpr const char* gate_words[]{"separate", "biases_last", "joined"};

kernel_call cell_call(std::string_view name, std::size_t gates, random_source& random) {
  kernel_call call(name);
  call.set_input("x", normal_tensor(random, binary16, {samples, inputs}));
  call.set_input("h", normal_tensor(random, binary16, {samples, units}));
  if (name == "lstm_cell") call.set_input("c", normal_tensor(random, binary16, {samples, units}));
  call.set_input("w_ih", normal_tensor(random, binary16, {gates * units, inputs}));
  call.set_input("w_hh", normal_tensor(random, binary16, {gates * units, units}));
  call.set_input("b_ih", normal_tensor(random, binary16, {gates * units}));
  call.set_input("b_hh", normal_tensor(random, binary16, {gates * units}));
  return call;
}

/// The sums of one gate of one unit of one sample.
struct gate_sums {
  scalars& s;
  const kernel_call& call;
  std::size_t sample, row;

  num at(const char* name, std::size_t i) const { return s.load(call.input(name), i); }
  num of_x(num start) const {
    for (std::size_t k = 0; k < inputs; ++k)
      start = start + at("x", sample * inputs + k) * at("w_ih", row * inputs + k);
    return start;
  }
  num of_h(num start) const {
    for (std::size_t k = 0; k < units; ++k) start = start + at("h", sample * units + k) * at("w_hh", row * units + k);
    return start;
  }
  num side_x() const { return of_x(s(0)) + at("b_ih", row); }
  num side_h() const { return of_h(s(0)) + at("b_hh", row); }
  num operator()(std::string_view form) const {
    if (form == "separate") return side_x() + side_h();
    const num sum = form == "joined" ? of_h(of_x(s(0))) : of_x(s(0)) + of_h(s(0));
    return (sum + at("b_ih", row)) + at("b_hh", row);
  }
};

}  // namespace

TEST_CASE("an LSTM's gates come in the order i, f, g, o") {
  random_source random(41);
  for (const auto& compute : compute_formats) {
    scalars s(compute.in);
    const kernel_call call = cell_call("lstm_cell", 4, random);
    for (const char* gates : gate_words) {
      for (const bool fused : {false, true}) {
        nums h, c;
        for (std::size_t e = 0; e < samples * units; ++e) {
          const auto of = [&](std::size_t g) { return gate_sums{s, call, e / units, g * units + e % units}(gates); };
          const num i = sigmoid(of(0)), f = sigmoid(of(1)), g = tanh(of(2)), o = sigmoid(of(3));
          const num before = s.load(call.input("c"), e);
          c.push_back(fused ? fma(f, before, i * g) : f * before + i * g);
          h.push_back(o * tanh(c.back()));
        }
        CAPTURE(compute.name, gates, fused);
        const std::string with =
            std::string("to=binary32 compute=") + compute.name + " gates=" + gates + (fused ? " cell=fused" : "");
        const auto got = assay::run_kernel(call, assay::parse_arithmetic("lstm_cell", with), 2);
        CHECK(differences(got[0], h) == 0);
        CHECK(differences(got[1], c) == 0);
      }
    }
  }
}

TEST_CASE("a GRU's reset gate multiplies the state's side of n, bias included") {
  random_source random(42);
  for (const auto& compute : compute_formats) {
    scalars s(compute.in);
    const kernel_call call = cell_call("gru_cell", 3, random);
    for (const char* gates : gate_words) {
      nums weights, difference;
      for (std::size_t e = 0; e < samples * units; ++e) {
        const auto at = [&](std::size_t g) { return gate_sums{s, call, e / units, g * units + e % units}; };
        const num r = sigmoid(at(0)(gates)), z = sigmoid(at(1)(gates));
        const num n = tanh(at(2).side_x() + r * at(2).side_h()), h = s.load(call.input("h"), e);
        weights.push_back((s(1) - z) * n + z * h);
        difference.push_back(n + z * (h - n));
      }
      CAPTURE(compute.name, gates);
      const std::string with = std::string("to=binary32 compute=") + compute.name + " gates=" + gates;
      CHECK(differences(run(call, with), weights) == 0);
      CHECK(differences(run(call, with + " blend=difference"), difference) == 0);
    }
  }
}

TEST_CASE("an RNN's sum goes through tanh or relu, in one call or in steps, its products through a store") {
  random_source random(43);
  for (const auto& compute : compute_formats) {
    scalars s(compute.in);
    kernel_call call = cell_call("rnn_cell", 1, random);
    nums by_tanh, by_steps, by_relu, stored;
    for (std::size_t e = 0; e < samples * units; ++e) {
      const gate_sums at{s, call, e / units, e % units};
      const num sum = at("separate");
      by_tanh.push_back(tanh(sum));
      by_steps.push_back(s(1) - s(2) / (exp(s(2) * sum) + s(1)));
      by_relu.push_back(sum < s(0) ? s(0) : sum);
      const num x = s.through(at.of_x(s(0)), bfloat16), h = s.through(at.of_h(s(0)), bfloat16);
      stored.push_back(tanh((x + at.at("b_ih", e % units)) + (h + at.at("b_hh", e % units))));
    }
    CAPTURE(compute.name);
    const std::string with = std::string("to=binary32 compute=") + compute.name;
    CHECK(differences(run(call, with), by_tanh) == 0);
    CHECK(differences(run(call, with + " activation=steps"), by_steps) == 0);
    CHECK(differences(run(call, with + " store.products=bfloat16"), stored) == 0);
    call.set("nonlinearity", "relu");
    CHECK(differences(run(call, with), by_relu) == 0);
  }
}

TEST_CASE("cells whose shapes do not fit are refused in a sentence") {
  random_source random(44);
  kernel_call call = cell_call("gru_cell", 3, random);
  call.set_input("w_hh", normal_tensor(random, binary16, {4 * units, units}));
  CHECK_THROWS_WITH(run(call, ""), "w_hh has the shape (16, 4); expected (12, 4).");
  call = cell_call("lstm_cell", 4, random);
  call.set_input("c", normal_tensor(random, binary16, {samples, units + 1}));
  CHECK_THROWS_WITH(run(call, ""), "c has the shape (3, 5); expected (3, 4).");
}
