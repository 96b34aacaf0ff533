// The fast paths of softmax and its kin, of losses, gradients and functions of one number against their interval paths:
// all bits of all results.
#include <catch2/catch.hpp>

#include <assay/reference/activation_backward.hpp>
#include <assay/reference/loss_backward.hpp>
#include <assay/reference/pointwise.hpp>
#include <assay/reference/reduction.hpp>
#include <assay/reference/softmax_backward.hpp>

#include "lines.hpp"

using namespace assay;
using namespace assay::reference;
using test::wide;

namespace {

/// Lines that a fast path might get wrong: those of draw_line, ones whose elements differ by last places, ones of far
/// exponents, and any codes at all.
tensor draw(test::random_source& random, format f, const extents& shape) {
  const std::size_t n = shape.count();
  const oracle::limits limits(f);
  const std::uint64_t kind = random.below(8);
  if (kind < 5) {
    return test::tensor_of(f, shape, test::draw_line(random, n, std::ldexp(1.0, static_cast<int>(random.below(8)))));
  }
  tensor t(element_type::of(f), shape);
  const std::uint64_t common = wide(test::unit(random) * 20 - 10).rounded_to(f, {});
  for (std::size_t i = 0; i < n; ++i) {
    const double far = std::ldexp(test::unit(random), static_cast<int>(random.below(41)) - 30);
    t.set(i, kind == 5   ? common ^ random.below(4)
             : kind == 6 ? wide(far).rounded_to(f, {})
                         : test::biased_code(random, limits));
  }
  return t;
}

struct comparison {
  test::tally tally;
  decisions fast;

  template <class Kernel>
  void both(request want, const char* what, const Kernel& kernel) {
    truth quick, slow;
    try {
      want.intervals_only = false;
      quick = kernel(want);
      want.intervals_only = true;
      slow = kernel(want);
    } catch (const undecided& e) {
      throw std::runtime_error(
          test::text(what, " in ", test::describe(want.to), ", ", test::describe(want.how), ": ", e.what()));
    }
    fast += quick.decided;
    tally.expect(slow.decided.fast == 0 && slow.decided.elements() == quick.decided.elements(),
                 [&] { return test::text(what, ": ", slow.decided.fast, " elements were not decided by intervals"); });
    for (std::size_t i = 0; i < quick.value.size(); ++i) {
      tally.expect(quick.value[i] == slow.value[i], [&] {
        return test::text(what, ", element ", i, " of ", quick.value.size(), " in ", test::describe(want.to), ", ",
                          test::describe(want.how), ": ", test::hex(quick.value[i]), " and ", test::hex(slow.value[i]));
      });
    }
  }

  void round(test::random_source& random, format from, const request& want) {
    const std::size_t rows = 1 + random.below(3), n = 2 + random.below(120);
    const extents shape{rows, n};
    const tensor x = draw(random, from, shape), dy = draw(random, binary32, shape), z = draw(random, from, shape);
    tensor classes(element_type::integer(64, true), {rows});
    for (std::size_t i = 0; i < rows; ++i) classes.set(i, random.below(n));
    std::vector<std::uint8_t> keep(rows * n, 1);
    if (random.below(3) == 0) {
      for (auto& k : keep) k = random.below(3) != 0 ? 1 : 0;
    }
    const softmax_options options{.temperature = random.below(2) == 0 ? 1 : 0.7, .keep = keep};
    const double smoothing = random.below(2) == 0 ? 0 : 0.1;
    both(want, "softmax", [&](const request& r) { return softmax(x.view(), options, r); });
    both(want, "log_softmax", [&](const request& r) { return log_softmax(x.view(), options, r); });
    both(want, "logsumexp", [&](const request& r) { return logsumexp(x.view(), options, false, r); });
    both(want, "softmax_backward", [&](const request& r) { return softmax_backward(x.view(), dy.view(), options, r); });
    both(want, "log_softmax_backward",
         [&](const request& r) { return log_softmax_backward(x.view(), dy.view(), options, r); });
    for (const auto reduction : {loss_reduction::none, loss_reduction::mean}) {
      const cross_entropy_options how{-100, smoothing, reduction};
      both(want, "cross_entropy",
           [&](const request& r) { return cross_entropy(x.view(), {.classes = &classes}, how, r); });
      both(want, "cross_entropy_backward",
           [&](const request& r) { return cross_entropy_backward(x.view(), {.classes = &classes}, {}, how, r); });
      both(want, "mse", [&](const request& r) { return mse(x.view(), z.view(), reduction, r); });
      both(want, "huber", [&](const request& r) { return huber(x.view(), z.view(), 1, reduction, r); });
      both(want, "kl_div", [&](const request& r) { return kl_div(x.view(), z.view(), true, reduction, r); });
    }
    both(want, "mean", [&](const request& r) { return mean(x.view(), {}, r); });
    both(want, "variance", [&](const request& r) { return variance(x.view(), 1, {}, r); });
    both(want, "gelu_backward", [&](const request& r) { return gelu_backward(x.view(), dy.view(), r); });
    both(want, "silu_backward", [&](const request& r) { return silu_backward(x.view(), dy.view(), r); });
    for (int f = 0; f <= static_cast<int>(pointwise_function::relu); ++f) {
      both(want, "a function of one number",
           [&](const request& r) { return pointwise(static_cast<pointwise_function>(f), x.view(), r); });
    }
    both(want, "softplus", [&](const request& r) { return softplus(x.view(), 0.75, r); });
  }

  void run(std::uint64_t elements, std::uint64_t seed) {
    test::random_source random(seed);
    const auto outputs = test::formats_and_modes();
    constexpr format inputs[] = {bfloat16, binary16, e5m2, binary32};
    for (std::size_t i = 0; tally.checked() < elements; ++i) {
      const auto& output = outputs[random.below(outputs.size())];
      round(random, inputs[i % std::size(inputs)], {.to = output.first, .how = output.second});
    }
    tally.require();
    REQUIRE((fast.fast > 0 && fast.interval > 0 && fast.exact > 0 && fast.special > 0));
  }
};

}  // namespace

TEST_CASE("fast paths along lines give the interval path's bits", "[reference][line_paths]") {
  comparison().run(test::cases(100'000), 81);
}

TEST_CASE("fast paths along lines give the interval path's bits for twelve million elements",
          "[reference][line_paths][.prove]") {
  comparison all;
  all.run(12'000'000, 82);
  WARN(all.tally.checked() << " elements: " << all.fast.fast << " fast, " << all.fast.interval << " by intervals, "
                           << all.fast.exact << " exact, " << all.fast.special << " special; up to "
                           << all.fast.most_bits << " bits");
}
