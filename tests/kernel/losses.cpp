// Losses and functions in steps, bit for bit against loops of correctly rounded operations; sums that round once
// against the truth.
#include <catch2/catch.hpp>

#include <functional>

#include <kernel/scalars.hpp>

using namespace test;
using assay::attribute_value;
using assay::elementary;
using assay::kernel_call;

namespace {

using loss = std::function<num(scalars&, num x, num t)>;

num log(num x) { return x.of->call(elementary::log, x); }
num log1p(num x) { return x.of->call(elementary::log1p, x); }
num absolute(num x) { return x < (*x.of)(0) || (x.value() == 0 && std::signbit(x.value())) ? -x : x; }

tensor between(random_source& random, format f, extents shape, double low, double high) {
  tensor t(assay::element_type::of(f), shape);
  for (std::size_t i = 0; i < t.size(); ++i) {
    t.set(i, assay::convert(low + (high - low) * (uniform(random) + 1) / 2, f).code);
  }
  return t;
}

/// All reductions of a loss of elements, in all formats.
void check_loss(kernel_call call, double low, double high, const std::string& words, const loss& f) {
  random_source random(61);
  for (const auto& c : compute_formats) {
    scalars in(c.in);
    const tensor x = between(random, c.in, {5, 9}, low, high), t = between(random, c.in, {5, 9}, 0.05, 0.95);
    call.set_input("x", x);
    call.set_input("target", t);
    nums due;
    for (std::size_t i = 0; i < 45; ++i) due.push_back(f(in, in.load(x, i), in.load(t, i)));
    const std::string arithmetic = "compute=" + std::string(c.name) + " " + words;
    const num s = sum_of(in, due);
    CAPTURE(call.name(), arithmetic);
    call.set("reduction", "none");
    CHECK(differences(run(call, arithmetic), due) == 0);
    call.set("reduction", "sum");
    CHECK(differences(run(call, arithmetic), {s}) == 0);
    call.set("reduction", "mean");
    CHECK(differences(run(call, arithmetic), {s / in(45)}) == 0);
    CHECK(differences(run(call, arithmetic + " mean=reciprocal"), {s * (in(1) / in(45))}) == 0);
  }
}

void check_function(const char* kernel, const std::string& words, const std::function<num(scalars&, num)>& f) {
  random_source random(62);
  for (const auto& c : compute_formats) {
    scalars in(c.in);
    kernel_call call(kernel);
    tensor x = normal_tensor(random, c.in, {300}, 4);
    const oracle::limits limits(c.in);
    for (std::size_t i = 0; i < 100; ++i) x.set(i, biased_code(random, limits) & c.in.code_mask());
    call.set_input("x", x);
    nums due;
    for (std::size_t i = 0; i < x.size(); ++i) due.push_back(f(in, in.load(x, i)));
    CAPTURE(kernel, c.name, words);
    CHECK(differences(run(call, "compute=" + std::string(c.name) + " " + words), due) == 0);
  }
}

}  // namespace

TEST_CASE("losses of elements are the loops that their words describe") {
  check_loss(kernel_call("mse"), -3, 3, "", [](scalars&, num x, num t) { return (x - t) * (x - t); });
  check_loss(kernel_call("l1"), -3, 3, "", [](scalars&, num x, num t) { return absolute(x - t); });
  check_loss(kernel_call("huber"), -3, 3, "", [](scalars& in, num x, num t) {
    const num d = absolute(x - t);
    return in(1) < d ? in(1) * (d - in(0.5) * in(1)) : (in(0.5) * d) * d;
  });
  check_loss(kernel_call("smooth_l1"), -3, 3, "", [](scalars& in, num x, num t) {
    const num d = absolute(x - t);
    return d < in(1) ? ((in(0.5) * d) * d) / in(1) : d - in(0.5) * in(1);
  });
  for (const bool difference : {false, true}) {
    check_loss(kernel_call("bce"), 0.05, 0.95, difference ? "complement=difference" : "complement=log1p",
               [=](scalars& in, num x, num t) {
                 const num other = difference ? log(in(1) - x) : log1p(-x);
                 return (t - in(1)) * other - t * log(x);
               });
  }
  check_loss(kernel_call("bce_with_logits"), -3, 3, "form=stable", [](scalars& in, num x, num t) {
    const num log_sigmoid = (in(0) < x ? in(0) : x) - log1p(exp(-absolute(x)));
    return (in(1) - t) * x - log_sigmoid;
  });
  check_loss(kernel_call("bce_with_logits"), -2, 2, "form=sigmoid", [](scalars& in, num x, num t) {
    const num s = sigmoid(x);
    return -(t * log(s) + (in(1) - t) * log(in(1) - s));
  });
  check_loss(kernel_call("kl_div"), -3, 0, "form=factored", [](scalars&, num x, num t) { return t * (log(t) - x); });
  check_loss(kernel_call("kl_div"), -3, 0, "form=split", [](scalars&, num x, num t) { return t * log(t) - t * x; });
}

TEST_CASE("cross_entropy with smoothing is the loop that its words describe") {
  random_source random(63);
  for (const auto& c : compute_formats) {
    scalars in(c.in);
    kernel_call call("cross_entropy");
    const tensor x = normal_tensor(random, c.in, {6, 10}, 2);
    tensor target(assay::element_type::integer(64, true), {6});
    for (std::size_t l = 0; l < 6; ++l) target.set(l, l * 7 % 10);
    call.set_input("x", x);
    call.set_input("target", target);
    for (const double smoothing : {0.0, 0.1}) {
      call.set("label_smoothing", attribute_value(smoothing));
      nums losses;
      for (std::size_t l = 0; l < 6; ++l) {
        num m = in.load(x, l * 10), s = in(0), all = in(0);
        for (std::size_t i = 1; i < 10; ++i) m = m < in.load(x, l * 10 + i) ? in.load(x, l * 10 + i) : m;
        for (std::size_t i = 0; i < 10; ++i) s = s + exp(in.load(x, l * 10 + i) - m);
        const auto log_p = [&](std::size_t i) { return (in.load(x, l * 10 + i) - m) - log(s); };
        for (std::size_t i = 0; i < 10; ++i) all = all + log_p(i);
        const num own = -log_p(l * 7 % 10);
        losses.push_back(smoothing == 0 ? own : in(1 - smoothing) * own + in(smoothing / 10) * -all);
      }
      const num total = sum_of(in, losses);
      CAPTURE(c.name, smoothing);
      CHECK(differences(run(call, "compute=" + std::string(c.name)), {total / in(6)}) == 0);
    }
  }
}

TEST_CASE("functions in steps are those steps") {
  check_function("sigmoid", "form=steps", [](scalars& in, num x) { return in(1) / (in(1) + exp(-x)); });
  check_function("silu", "form=steps", [](scalars& in, num x) { return x / (in(1) + exp(-x)); });
  check_function("silu", "form=product", [](scalars&, num x) { return x * sigmoid(x); });
  check_function("rsqrt", "form=steps", [](scalars& in, num x) { return in(1) / sqrt(x); });
  check_function("reciprocal", "", [](scalars& in, num x) { return in(1) / x; });
  check_function("tanh", "form=steps", [](scalars& in, num x) { return in(1) - in(2) / (exp(in(2) * x) + in(1)); });
  check_function("gelu", "form=steps", [](scalars& in, num x) {
    return (x * in(0.5)) * (in(1) + in.call(elementary::erf, x * in(M_SQRT1_2)));
  });
  check_function("gelu_tanh", "", [](scalars& in, num x) {
    const num inner = x + in(0.044715) * ((x * x) * x);
    return (in(0.5) * x) * (in(1) + tanh(in(M_SQRT2 * M_2_SQRTPI / 2) * inner));
  });
}

TEST_CASE("what rounds once is the truth, bit for bit") {
  random_source random(64);
  for (const format f : {assay::binary16, assay::bfloat16, assay::binary32, assay::e4m3fn}) {
    CAPTURE(f.exponent_bits, f.fraction_bits);
    kernel_call sum("sum");
    sum.set_input("x", normal_tensor(random, f, {20, 100}));
    CHECK(differences(run(sum, "native accumulate=exact"), truth(sum, f)) == 0);
    for (const char* kernel : {"exp", "tanh", "erf", "gelu", "silu", "sigmoid", "sqrt", "expm1"}) {
      kernel_call call(kernel);
      call.set_input("x", normal_tensor(random, f, {500}, 2));
      if (std::string_view(kernel) == "sqrt") call.set_input("x", between(random, f, {500}, 0, 9));
      CAPTURE(kernel);
      CHECK(differences(run(call, "native"), truth(call, f)) == 0);
    }
  }
}

TEST_CASE("threads do not change a bit, stochastic rounding included") {
  random_source random(65);
  kernel_call call("softmax");
  call.set_input("x", normal_tensor(random, assay::binary16, {50, 700}, 2));
  for (const char* arithmetic : {"", "native", "native rounding=stochastic random_bits=8 seed=5",
                                 "to=bfloat16:stochastic=16 seed=7", "native accumulate=binary16:stochastic=10"}) {
    CAPTURE(arithmetic);
    CHECK(differences(run(call, arithmetic, 3), run(call, arithmetic, 1)) == 0);
  }
  CHECK(differences(run(call, "native rounding=stochastic seed=1"), run(call, "native rounding=stochastic seed=2")) >
        100);
}

TEST_CASE("a function of the caller's own takes the place of the model") {
  kernel_call call("softmax");
  call.set_input("x", tensor_of(assay::binary32, {1, 2}, {0, 1}));
  assay::arithmetic with;
  with.functions = assay::function_model::custom([](elementary, double x) { return x == 0 ? 3.0 : 1.0; });
  const tensor y = assay::run_kernel(call, with)[0];
  CHECK(value_at(y, 0) == 0.25);
  CHECK(value_at(y, 1) == 0.75);
}

TEST_CASE("what an arithmetic says is read back, and what it cannot say is refused in a sentence") {
  const auto same = [](const char* kernel, const std::string& text) {
    return to_string(assay::parse_arithmetic(kernel, text)) == text;
  };
  CHECK(same("softmax", ""));
  CHECK(same("softmax",
             "compute=bfloat16 rounding=stochastic random_bits=12 overflow=saturate_finite subnormals=flush_both "
             "load=toward_zero accumulate=exact order=pairwise functions=table:8 store.exponentials=binary16:upward "
             "to=e4m3fn:saturate_finite seed=9 algorithm=online chunk=64 exp=exp2"));
  CHECK(assay::parse_arithmetic("softmax", "native").compute == std::nullopt);
  CHECK(assay::parse_arithmetic("softmax", "upcast:tf32").compute == assay::tf32);
  for (const char* text : {"algorithm=fast", "compute=float99", "colour=red", "store.weights=binary16",
                           "random_bits=40", "accumulate=nothing", "chunk=0.5", "functions=approximate", "seed=-1",
                           "rounding=", "to=binary16:sideways", "halfway"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(assay::parse_arithmetic("softmax", text), std::invalid_argument);
  }
  kernel_call call("softmax");
  CHECK_THROWS_AS(assay::run_kernel(call), std::invalid_argument);
  call.set_input("x", tensor_of(assay::binary32, {2, 2}, {0, 1}));
  call.set("axis", 2);
  CHECK_THROWS_AS(assay::run_kernel(call), std::invalid_argument);
  assay::arithmetic wrong;
  wrong.variants["chunk"] = "0";
  call.set("axis", 0);
  CHECK_THROWS_AS(assay::run_kernel(call, wrong), std::invalid_argument);
}
